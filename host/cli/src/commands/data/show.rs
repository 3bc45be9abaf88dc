//! `sluice data show`

use crate::args::DataShow;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::Numbers;
use serde::Serialize;
use sluice_market::BarRow;

/// A bar as it is printed.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Line(BarRow);

impl Item for Line {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["time", "open", "high", "low", "close", "volume"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let known = |number: f64| Some(number).filter(|number| !number.is_nan());
        let BarRow { time, open, high, low, close, volume } = self.0;
        let mut row = vec![time.to_string()];
        // every digit that was imported: whoever looks at bars looks for what is wrong
        row.extend([open, high, low, close].map(|price| Numbers::Exact.number(known(price), 0)));
        row.push(match numbers {
            Numbers::Rounded if volume.fract() == 0.0 && (0.0..1e18).contains(&volume) => shares(volume),
            Numbers::Rounded | Numbers::Exact => Numbers::Exact.number(known(volume), 0),
        });
        vec![row]
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole and within 0 to 1e18, as checked"
)]
fn shares(volume: f64) -> String {
    Numbers::Rounded.count(volume as u64)
}

/// Prints the bars of one instrument.
pub fn run(home: &Home, options: &DataShow, out: &mut Output) -> anyhow::Result<Exit> {
    let span = super::span(&options.span)?;
    let market = super::imported(home)?;
    let snapshot = super::snapshot(&market, &options.sight)?;
    let view = super::view(&market, snapshot.as_ref(), &options.sight);
    let position = super::positions(view, std::slice::from_ref(&options.symbol))?;
    let mut bars: Vec<BarRow> = view.rows(&position, &span)?.into_iter().flatten().collect();
    if let Some(last) = options.last {
        bars.drain(..bars.len().saturating_sub(usize::try_from(last).unwrap_or(usize::MAX)));
    }
    let lines: Vec<Line> = bars.into_iter().map(Line).collect();
    out.list(&lines, &format!("no {} bar of {} is there", span.timeframe, options.symbol))?;
    Ok(Exit::Done)
}

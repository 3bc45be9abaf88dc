//! `sluice data list`

use crate::args::DataList;
use crate::commands::paging;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{NONE, Numbers};
use anyhow::bail;
use serde::Serialize;
use sluice_market::{BarView, Holding, Instrument, holdings};

/// An instrument with its bars.
#[derive(Debug, Serialize)]
struct Line {
    symbol: String,
    id: String,
    name: String,
    mic: String,
    kind: String,
    status: String,
    timeframes: Vec<Holding>,
}

impl Item for Line {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["symbol", "id", "timeframe", "bars", "first", "last", "source", "adjustment"]
    }

    /// One row for each timeframe.
    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let row = |rest: [String; 6]| -> Vec<String> {
            [self.symbol.clone(), self.id.clone()].into_iter().chain(rest).collect()
        };
        if self.timeframes.is_empty() {
            return vec![row([
                NONE.to_owned(),
                numbers.count(0),
                NONE.into(),
                NONE.into(),
                NONE.into(),
                NONE.into(),
            ])];
        }
        let of = |holding: &Holding| {
            let mut adjustments: Vec<&str> = holding.sources.iter().map(|source| source.adjustment).collect();
            adjustments.sort_unstable();
            adjustments.dedup();
            let sources: Vec<&str> = holding.sources.iter().map(|source| source.source.as_str()).collect();
            row([
                holding.timeframe.to_string(),
                numbers.count(holding.bars),
                holding.first.to_string(),
                holding.last.to_string(),
                sources.join(", "),
                adjustments.join(", "),
            ])
        };
        self.timeframes.iter().map(of).collect()
    }
}

/// Lists the instruments of the set, by symbol.
pub fn run(home: &Home, options: &DataList, out: &mut Output) -> anyhow::Result<Exit> {
    let market = home.market()?;
    let wanted = super::positions(BarView::Imported(&market), &options.symbols)?;
    let instruments = market.instruments();
    let id = |position: &usize| instruments.get(*position).map(|instrument| &instrument.id);
    let first = match &options.after {
        None => 0,
        Some(after) => match wanted.iter().position(|position| id(position) == Some(after)) {
            Some(before) => before + 1,
            None => bail!(Usage(format!("--after {after} is none of the instruments of this list"))),
        },
    };
    let rest = wanted.get(first..).unwrap_or_default();
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let mut list = out.list_writer::<Line>();
    for position in rest.iter().take(limit) {
        let Some(instrument) = instruments.get(*position) else { continue };
        list.push(&line(instrument, holdings(&market, *position)?))?;
    }
    let last = rest.get(..limit).filter(|_| rest.len() > limit).and_then(|shown| shown.last());
    let more = last.and_then(id).map(paging::more);
    list.finish("nothing was imported yet", more.as_ref())?;
    Ok(Exit::Done)
}

fn line(instrument: &Instrument, timeframes: Vec<Holding>) -> Line {
    Line {
        symbol: instrument.symbol.to_string(),
        id: instrument.id.to_string(),
        name: instrument.name.clone(),
        mic: instrument.mic.clone(),
        kind: instrument.kind.as_str().to_owned(),
        status: instrument.status.as_str().to_owned(),
        timeframes,
    }
}

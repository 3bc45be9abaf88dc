//! `sluice data check`

use crate::args::{DataCheck, Format};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::Numbers;
use serde::Serialize;
use sluice_market::{BarTime, BarView, Check, Instant, InstrumentFaults};
use std::collections::BTreeMap;

/// Bars that a row of a table names.
const NAMED: usize = 3;

/// An instrument with something wrong.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Line(InstrumentFaults);

impl Item for Line {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["symbol", "timeframe", "fault", "count", "bars", "first"]
    }

    /// One row for each kind of fault.
    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let rows = self.0.faults.iter().map(|faults| {
            let mut bars: Vec<String> = faults.bars.iter().take(NAMED).map(BarTime::to_string).collect();
            if faults.bars.len() > NAMED {
                bars.push("…".to_owned());
            }
            vec![
                self.0.symbol.clone(),
                faults.timeframe.to_string(),
                faults.kind.as_str().to_owned(),
                numbers.count(faults.count),
                bars.join(" "),
                faults.detail.clone(),
            ]
        });
        rows.collect()
    }
}

/// Lists the instruments with something wrong; the exit code tells whether there are any.
pub fn run(home: &Home, options: &DataCheck, out: &mut Output) -> anyhow::Result<Exit> {
    let market = super::imported(home)?;
    let instruments = super::positions(BarView::Imported(&market), &options.symbols)?;
    let (mut bars, mut faulty) = (0, 0_u64);
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let out_format = out.format();
    let mut list = out.list_writer::<Line>();
    for found in Check::new(&market, &instruments, Instant::now()) {
        let found = found?;
        bars += found.bars;
        if found.faults.is_empty() {
            continue;
        }
        faulty += 1;
        for faults in &found.faults {
            *counts.entry(faults.kind.as_str()).or_default() += faults.count;
        }
        list.push(&Line(found))?;
    }
    let table = out_format == Format::Table;
    // nothing found: the line below says so, without an empty table above it
    if faulty > 0 || !table {
        list.finish("", None)?;
    }
    if table {
        let count = |value: u64| Numbers::Rounded.count(value);
        let looked = format!("{} instruments, {} bars", count(instruments.len() as u64), count(bars));
        match counts.is_empty() {
            true => out.line(format_args!("nothing is wrong ({looked})"))?,
            false => {
                let kinds = counts.iter().map(|(kind, times)| format!("{} {kind}", count(*times)));
                let kinds = kinds.collect::<Vec<_>>().join(", ");
                out.line(format_args!("faults in {} of {looked}: {kinds}", count(faulty)))?;
            }
        }
    }
    Ok(if counts.is_empty() { Exit::Done } else { Exit::Found })
}

//! Parquet and Arrow IPC (Feather): bars by the same column names as tables of text.
//!
//! A file without prices (a directory, events) is turned into text and read by whatever reader sees that, up to a
//! size. Packed files and members of archives are held whole, up to a size too: both formats are read from their
//! end.

mod arrow_check;
mod as_text;
mod batches;
mod cells;

use std::path::Path;

use arrow_array::RecordBatch;

use super::bar_table::{CLOSE, Conventions, HIGH, Known, LOW, OPEN, Plan, Reading, VOLUME, with_header};
use super::generic::{STAMP, SYMBOL};
use super::names;
use crate::import::error::ImportError;
use crate::import::faults::{FaultKind, Place};
use crate::import::marks::Marks;
use crate::import::reader::{Input, Reader};
use crate::import::sink::{Origin, Sink, Stamped};
use crate::import::steps::Steps;
use crate::import::table::{plain_name, rename};
use crate::set::NUMBERS;
use crate::symbol::printable;
use batches::{Batches, Kind};
use cells::{Numbers, Texts, Times};

/// Distances between stamps that settle a timeframe.
const ENOUGH_STEPS: u64 = 1000;
const ARROW_FILE: &[u8] = b"ARROW1";
/// An Arrow stream begins with the length of a message behind this mark.
const ARROW_STREAM: &[u8] = &[0xff, 0xff, 0xff, 0xff];

/// Parquet.
pub(super) const PARQUET: Reader = Reader {
    name: "parquet",
    title: "Parquet",
    sees: |head| head.bytes.starts_with(b"PAR1"),
    read: |input, sink| read(input, sink, Kind::Parquet),
};

/// Arrow IPC, as file or as stream.
pub(super) const ARROW: Reader = Reader {
    name: "arrow",
    title: "Arrow IPC (Feather)",
    sees: |head| head.bytes.starts_with(ARROW_FILE) || head.bytes.starts_with(ARROW_STREAM),
    read: |input, sink| {
        let kind = if input.head.bytes.starts_with(ARROW_FILE) { Kind::ArrowFile } else { Kind::ArrowStream };
        read(input, sink, kind)
    },
};

/// Positions of the columns of bars; none in a file without.
struct Columns {
    symbol: Option<usize>,
    stamp: usize,
    numbers: [Option<usize>; NUMBERS],
}

impl Columns {
    fn find(plain: &[String]) -> Option<Self> {
        let find =
            |names: &[&str]| names.iter().find_map(|name| plain.iter().position(|column| column == name));
        let numbers = [OPEN, HIGH, LOW, CLOSE, VOLUME].map(find);
        let prices = numbers.iter().take(4).all(Option::is_some);
        // what pandas calls an index without a name
        let stamp = find(STAMP).or_else(|| find(&["tsevent", "windowstart", "indexlevel0"]));
        prices.then_some(Self { symbol: find(SYMBOL), stamp: stamp?, numbers })
    }

    /// All of them, in the order of the file, as a projection keeps it.
    fn used(&self) -> Vec<usize> {
        let mut used: Vec<usize> =
            [self.symbol, Some(self.stamp)].into_iter().chain(self.numbers).flatten().collect();
        used.sort_unstable();
        used.dedup();
        used
    }
}

fn read(input: &mut Input<'_>, sink: &mut dyn Sink, kind: Kind) -> Result<(), ImportError> {
    let known = Known::of(input);
    let batches = Batches::of(input, kind)?;
    let header = batches.header()?;
    let names = rename(&header, &known.said.columns).map_err(|missing| {
        let reason = format!("it has no column \"{}\"", printable(&missing, 40));
        ImportError::content(known.path, reason, "name one of its columns in --map")
    })?;
    let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
    let Some(columns) = Columns::find(&plain) else {
        return as_text::read(&batches, &header, input, sink);
    };
    let one = match columns.symbol {
        Some(_) => None,
        None => Some(names::symbol(known.path, known.said, names::no_rule)?),
    };
    let timeframe = match known.said.timeframe {
        Some(timeframe) => timeframe,
        None => steps(&batches, &columns, &known)?.decided(known.path)?,
    };
    let used = columns.used();
    let others = header.iter().enumerate().filter(|(index, _)| !used.contains(index));
    let ignored = others.map(|(_, name)| printable(name, 40)).collect();
    let plan = Plan::of("columnar", kind.layout(), columns.stamp, Vec::new());
    sink.begin(Origin {
        source: plan.source,
        layout: plan.layout,
        timeframe,
        stamped: Stamped::Open,
        adjustment: plan.adjustment,
        mic: None,
        pages: false,
        ignored,
    });
    let inferred = known.said.timeframe.is_none();
    let conventions = Conventions { marks: Marks::Plain, order: None, timeframe, inferred, whole: true };
    let mut reading = Reading::new(&known, with_header, &plan, conventions);
    let mut rows = 0;
    let whole = known.content.on_disk().and_then(|path| path.metadata().ok()).map_or(0, |file| file.len());
    let mut told = 0;
    batches.each(Some(&used), &mut |_, batch| {
        // a columnar file is read from its end: rows tell how far it is
        let done = share(whole, rows, batches.rows.get());
        known.content.count(done - told);
        told = done;
        take(batch, &columns, one.as_deref(), &mut reading, &mut rows, sink, known.path)?;
        sink.progress(rows)?;
        Ok(true)
    })?;
    reading.finish(sink)
}

/// Bytes of a file that so many of its rows stand for.
fn share(bytes: u64, rows: u64, all: u64) -> u64 {
    let share = u128::from(bytes) * u128::from(rows) / u128::from(all.max(1));
    u64::try_from(share).unwrap_or(bytes).min(bytes)
}

/// Where a column of the file is in a batch of the used ones.
fn position(used: &[usize], column: usize) -> usize {
    used.iter().filter(|other| **other < column).count()
}

fn take(
    batch: &RecordBatch,
    columns: &Columns,
    one: Option<&str>,
    reading: &mut Reading<'_>,
    rows: &mut u64,
    sink: &mut dyn Sink,
    path: &Path,
) -> Result<(), ImportError> {
    if batch.num_rows() == 0 {
        return Ok(());
    }
    let used = columns.used();
    let at = |column: usize| position(&used, column);
    let symbols = columns.symbol.map(|column| Texts::of(path, batch, at(column))).transpose()?;
    let times = Times::of(path, batch, at(columns.stamp))?;
    let mut numbers = Vec::with_capacity(NUMBERS);
    for column in columns.numbers {
        numbers.push(column.map(|column| Numbers::of(path, batch, at(column))).transpose()?);
    }
    for row in 0..batch.num_rows() {
        *rows += 1;
        let place = Place::Row(*rows);
        let symbol = symbols.as_ref().map_or(one, |symbols| symbols.get(row)).unwrap_or_default();
        let time = match times.get(row) {
            Ok(time) => time,
            Err(text) => {
                sink.fault(FaultKind::Date, place, &mut || format!("{text} is no time"));
                continue;
            }
        };
        let mut values = [f64::NAN; NUMBERS];
        for (value, column) in values.iter_mut().zip(&numbers) {
            *value = column.as_ref().map_or(f64::NAN, |column| column.get(row));
        }
        if values.iter().any(|value| value.is_infinite()) {
            sink.fault(FaultKind::Number, place, &mut || "a number is infinite".to_owned());
            continue;
        }
        reading.give(place, symbol.as_bytes(), time, values, sink)?;
    }
    Ok(())
}

/// Looks at the stamps until they tell the timeframe.
fn steps(batches: &Batches<'_>, columns: &Columns, known: &Known<'_>) -> Result<Steps, ImportError> {
    let mut used: Vec<usize> = columns.symbol.into_iter().chain([columns.stamp]).collect();
    used.sort_unstable();
    let mut steps = Steps::default();
    batches.each(Some(&used), &mut |_, batch| {
        if batch.num_rows() == 0 {
            return Ok(true);
        }
        let at = |column: usize| position(&used, column);
        let symbols = columns.symbol.map(|column| Texts::of(known.path, batch, at(column))).transpose()?;
        let times = Times::of(known.path, batch, at(columns.stamp))?;
        for row in 0..batch.num_rows() {
            let Ok(time) = times.get(row) else { continue };
            let symbol = symbols.as_ref().and_then(|symbols| symbols.get(row)).unwrap_or_default();
            let (millis, midnight) = known.step(time);
            steps.see(symbol.as_bytes(), millis, midnight);
        }
        Ok(steps.seen() < ENOUGH_STEPS)
    })?;
    Ok(steps)
}

#[cfg(test)]
mod tests;

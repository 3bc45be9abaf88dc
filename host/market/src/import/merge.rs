//! The imported bars and entries merged into the set, instrument by instrument.

use std::collections::HashMap;
use std::ops::Range;

use super::directory::{Directory, Entry};
use super::faults::{FaultExample, FaultKind, Faults, Place};
use super::rows::BarRows;
use super::{ImportProgress, ImportStep};
use crate::bars::Timeframe;
use crate::calendar::{Calendar, ticker_space};
use crate::days::date_of;
use crate::error::MarketError;
use crate::instrument::Instrument;
use crate::market::{Market, MarketSet, Series};
use crate::set::{NUMBERS, Rows, SetWriter};
use crate::symbol::Symbol;

/// Rows of the old set that are read at a time: 5 MB.
const OLD_ROWS: u64 = 131_072;
/// Instruments between two progress reports.
const PROGRESS_INSTRUMENTS: usize = 64;

/// What a merge did.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) added: u64,
    pub(crate) replaced: u64,
    pub(crate) unchanged: u64,
    pub(crate) instruments: u64,
    pub(crate) instruments_added: u64,
    pub(crate) instruments_changed: u64,
}

/// An instrument of the new set: where its bars come from.
struct Plan {
    instrument: Instrument,
    old: Option<usize>,
    new: Option<usize>,
    changed: bool,
}

/// Writes the old set with the imported bars and entries into a new generation; the caller commits it.
pub(crate) fn merge(
    old: &Market,
    rows: &mut BarRows,
    directory: &Directory,
    mic: &str,
    writer: &mut SetWriter,
    origins: &[u32],
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<Merged, MarketError> {
    let plans = plans(&old.set, rows, directory, mic);
    let order = Order::new(rows);
    let mut merged = Merged { instruments: plans.len() as u64, ..Merged::default() };
    let mut reader = OldBars::new(&old.set, origins);
    let origin = origins.last().copied().unwrap_or_default();
    let mut bars = Bars::default();
    let total = plans.len();
    for (done, plan) in plans.into_iter().enumerate() {
        let before = match plan.old {
            Some(position) => reader.bars(position)?,
            None => Rows { keys: &[], numbers: [&[]; NUMBERS], origins: &[] },
        };
        let imported = plan.new.map_or(&[][..], |symbol| order.of(symbol));
        let calendar = old.calendars().for_mic(&plan.instrument.mic)?;
        writer.push(plan.instrument.clone(), calendar.tz());
        if imported.is_empty() {
            writer.append(Timeframe::Day, before)?;
        } else {
            bars.merge(before, rows, imported, origin, &mut merged);
            bars.count_missing(&calendar, &plan.instrument, rows, imported);
            writer.append(Timeframe::Day, bars.rows())?;
        }
        merged.instruments_added += u64::from(plan.old.is_none());
        merged.instruments_changed += u64::from(plan.old.is_some() && plan.changed);
        if done % PROGRESS_INSTRUMENTS == 0 || done + 1 == total {
            progress(ImportProgress { step: ImportStep::Write, done: done as u64 + 1, total: total as u64 });
        }
    }
    Ok(merged)
}

/// All instruments of the new set, by symbol, then id.
fn plans(old: &MarketSet, rows: &BarRows, directory: &Directory, mic: &str) -> Vec<Plan> {
    let mut plans: Vec<Plan> = old
        .instruments
        .iter()
        .enumerate()
        .map(|(position, instrument)| Plan {
            instrument: instrument.clone(),
            old: Some(position),
            new: None,
            changed: false,
        })
        .collect();
    let mut known: HashMap<(Symbol, String), usize> = HashMap::new();
    for (index, plan) in plans.iter().enumerate() {
        let key = (plan.instrument.symbol.clone(), ticker_space(&plan.instrument.mic).to_owned());
        known.entry(key).or_insert(index);
    }
    let mut plan_of = |plans: &mut Vec<Plan>, symbol: &Symbol, mic: &str| -> usize {
        let key = (symbol.clone(), ticker_space(mic).to_owned());
        *known.entry(key).or_insert_with(|| {
            let instrument = Instrument::listed(symbol.clone(), mic);
            plans.push(Plan { instrument, old: None, new: None, changed: false });
            plans.len() - 1
        })
    };
    for (number, symbol) in rows.symbols.iter().enumerate() {
        let index = plan_of(&mut plans, symbol, mic);
        if let Some(plan) = plans.get_mut(index) {
            plan.new = Some(number);
        }
    }
    for entry in &directory.entries {
        let index = plan_of(&mut plans, &entry.symbol, entry.mic.as_deref().unwrap_or(mic));
        if let Some(plan) = plans.get_mut(index) {
            apply(entry, plan);
        }
    }
    plans.sort_by(|a, b| {
        (&a.instrument.symbol, &a.instrument.id).cmp(&(&b.instrument.symbol, &b.instrument.id))
    });
    plans
}

fn apply(entry: &Entry, plan: &mut Plan) {
    let mut instrument = plan.instrument.clone();
    entry.apply(&mut instrument);
    // NaN lots and ticks never equal themselves: compare their bits.
    let sizes = |instrument: &Instrument| (instrument.lot.to_bits(), instrument.tick.to_bits());
    let texts = |instrument: &Instrument| Instrument { lot: 0.0, tick: 0.0, ..instrument.clone() };
    plan.changed |=
        sizes(&instrument) != sizes(&plan.instrument) || texts(&instrument) != texts(&plan.instrument);
    plan.instrument = instrument;
}

/// Imported rows by ticker and date; equal dates in the order of the files.
struct Order {
    rows: Vec<u32>,
    starts: Vec<usize>,
}

impl Order {
    fn new(bars: &BarRows) -> Self {
        let mut rows: Vec<u32> = (0..bars.len()).filter_map(|row| u32::try_from(row).ok()).collect();
        let key = |row: &u32| {
            let row_index = *row as usize;
            (bars.symbol.get(row_index).copied(), bars.day.get(row_index).copied(), *row)
        };
        if !rows.is_sorted_by_key(key) {
            rows.sort_unstable_by_key(key);
        }
        let mut starts = vec![0; bars.symbols.len() + 1];
        for symbol in &bars.symbol {
            if let Some(count) = starts.get_mut(*symbol as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self { rows, starts }
    }

    fn of(&self, symbol: usize) -> &[u32] {
        match (self.starts.get(symbol), self.starts.get(symbol + 1)) {
            (Some(start), Some(end)) => self.rows.get(*start..*end).unwrap_or_default(),
            _ => &[],
        }
    }
}

/// The merged bars of one instrument.
#[derive(Default)]
struct Bars {
    keys: Vec<i64>,
    numbers: [Vec<f64>; NUMBERS],
    origins: Vec<u32>,
}

impl Bars {
    fn rows(&self) -> Rows<'_> {
        Rows { keys: &self.keys, numbers: self.numbers.each_ref().map(Vec::as_slice), origins: &self.origins }
    }

    fn push(&mut self, key: i64, values: [f64; NUMBERS], origin: u32) {
        self.keys.push(key);
        self.origins.push(origin);
        for (column, value) in self.numbers.iter_mut().zip(values) {
            column.push(value);
        }
    }

    /// Merges two ascending lists; an imported bar takes the place of an old one of the same date.
    fn merge(
        &mut self,
        old: Rows<'_>,
        rows: &mut BarRows,
        imported: &[u32],
        origin: u32,
        merged: &mut Merged,
    ) {
        self.keys.clear();
        self.origins.clear();
        self.numbers.iter_mut().for_each(Vec::clear);
        let old_values =
            |index: usize| old.numbers.map(|column| column.get(index).copied().unwrap_or(f64::NAN));
        let old_origin = |index: usize| old.origins.get(index).copied().unwrap_or_default();
        let mut next_old = 0;
        let mut imported = imported.iter().map(|row| *row as usize).peekable();
        while let Some(row) = imported.next() {
            let day = rows.day.get(row).copied().unwrap_or_default();
            if let Some(later) = imported.peek()
                && rows.day.get(*later) == Some(&day)
            {
                count_duplicate(rows, row, *later);
                continue;
            }
            let key = i64::from(day);
            while let Some(old_key) = old.keys.get(next_old).filter(|old_key| **old_key < key) {
                self.push(*old_key, old_values(next_old), old_origin(next_old));
                next_old += 1;
            }
            let values = rows.numbers.each_ref().map(|column| column.get(row).copied().unwrap_or(f64::NAN));
            if old.keys.get(next_old) == Some(&key) {
                let same = old_values(next_old)
                    .iter()
                    .zip(&values)
                    .all(|(a, b)| a == b || (a.is_nan() && b.is_nan()));
                *(if same { &mut merged.unchanged } else { &mut merged.replaced }) += 1;
                next_old += 1;
            } else {
                merged.added += 1;
            }
            self.push(key, values, origin);
        }
        for (index, old_key) in old.keys.iter().enumerate().skip(next_old) {
            self.push(*old_key, old_values(index), old_origin(index));
        }
    }

    /// Counts the sessions without a bar between the imported bars and to their neighbours in the set.
    fn count_missing(
        &self,
        calendar: &Calendar,
        instrument: &Instrument,
        rows: &mut BarRows,
        imported: &[u32],
    ) {
        let day_of_row = |row: Option<&u32>| row.and_then(|row| rows.day.get(*row as usize)).copied();
        let (Some(first), Some(last)) = (day_of_row(imported.first()), day_of_row(imported.last())) else {
            return;
        };
        let days: Vec<i32> = self.keys.iter().map(|key| i32::try_from(*key).unwrap_or_default()).collect();
        let start = days.partition_point(|day| *day < first).saturating_sub(1);
        let end = days.partition_point(|day| *day <= last);
        let known = days.get(start..(end + 1).min(days.len())).unwrap_or_default();
        let mut missing = Vec::new();
        for (before, after) in known.iter().zip(known.iter().skip(1)) {
            let between = before + 1..*after;
            missing.extend(between.filter(|day| matches!(calendar.session(date_of(*day)), Ok(Some(_)))));
        }
        let Some(first) = missing.first().copied() else { return };
        let file = imported.last().map_or(String::new(), |row| rows.place(*row as usize).0.to_owned());
        let count = missing.len() as u64;
        rows.faults.add(FaultKind::MissingSession, count, || {
            let plural = if count == 1 { "session has" } else { "sessions have" };
            let detail = format!("{count} {plural} no bar, the first on {}", date_of(first));
            FaultExample::new(&file, Place::Nowhere, detail).of(instrument.symbol.as_str(), Some(first))
        });
    }
}

fn count_duplicate(rows: &mut BarRows, row: usize, later: usize) {
    let (file, place) = rows.place(row);
    let (file, (later_file, later_place)) = (file.to_owned(), rows.place(later));
    let later = match later_place {
        Place::Line(line) => format!("line {line}"),
        Place::Row(row) => format!("row {row}"),
        Place::Nowhere => "a later row".to_owned(),
    };
    let detail = if later_file == file {
        format!("{later} is kept instead")
    } else {
        format!("{later} of {later_file} is kept instead")
    };
    let symbol = rows.symbol.get(row).and_then(|symbol| rows.symbols.get(*symbol as usize)).cloned();
    let day = rows.day.get(row).copied();
    let faults: &mut Faults = &mut rows.faults;
    faults.add(FaultKind::Duplicate, 1, || {
        FaultExample::new(&file, place, detail).of(symbol.as_ref().map_or("", Symbol::as_str), day)
    });
}

/// Bars of the old set, read in stretches as the merge walks through it in order.
struct OldBars<'a> {
    series: Option<&'a Series>,
    rows: Range<u64>,
    keys: Vec<i64>,
    numbers: [Vec<f64>; NUMBERS],
    origins: Vec<u32>,
    /// By the number in the old set: the number in the new one.
    origin_of: &'a [u32],
}

impl<'a> OldBars<'a> {
    fn new(set: &'a MarketSet, origin_of: &'a [u32]) -> Self {
        Self {
            series: set.series(Timeframe::Day),
            origin_of,
            rows: 0..0,
            keys: Vec::new(),
            numbers: Default::default(),
            origins: Vec::new(),
        }
    }

    fn bars(&mut self, position: usize) -> Result<Rows<'_>, MarketError> {
        let span = self.series.and_then(|series| series.spans.get(position)).copied().unwrap_or_default();
        let wanted = span.first..span.first + span.rows;
        if !wanted.is_empty() && (wanted.start < self.rows.start || wanted.end > self.rows.end) {
            self.load(wanted.clone())?;
        }
        let local = |row: u64| usize::try_from(row.saturating_sub(self.rows.start)).unwrap_or(usize::MAX);
        let local = local(wanted.start)..local(wanted.end);
        Ok(Rows {
            keys: self.keys.get(local.clone()).unwrap_or_default(),
            numbers: self.numbers.each_ref().map(|column| column.get(local.clone()).unwrap_or_default()),
            origins: self.origins.get(local).unwrap_or_default(),
        })
    }

    /// Loads at least the wanted rows.
    fn load(&mut self, wanted: Range<u64>) -> Result<(), MarketError> {
        let Some(Series { file, .. }) = self.series else { return Ok(()) };
        let end = wanted.end.max(file.rows().min(wanted.start + OLD_ROWS));
        self.rows = wanted.start..end;
        let ranges = std::slice::from_ref(&self.rows);
        self.keys.clear();
        file.read_keys(ranges, &mut self.keys)?;
        for (number, column) in self.numbers.iter_mut().enumerate() {
            column.clear();
            file.read_numbers(number, ranges, column)?;
        }
        let mut origins = Vec::new();
        file.read_origins(ranges, &mut origins)?;
        self.origins.clear();
        let known =
            |origin: &i32| usize::try_from(*origin).ok().and_then(|origin| self.origin_of.get(origin));
        self.origins.extend(origins.iter().map(|origin| known(origin).copied().unwrap_or_default()));
        Ok(())
    }
}

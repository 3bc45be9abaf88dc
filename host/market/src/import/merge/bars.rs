//! The bars of one instrument after the other: those of the old set, and the imported ones in their place.

use std::collections::HashMap;
use std::ops::Range;

use super::super::FileSummary;
use super::super::bar_row::{BarRow, group_of};
use super::super::error::ImportError;
use super::super::faults::{FaultExample, FaultKind, Faults, Place};
use super::super::identity::{ALWAYS, Plan};
use super::super::intake::venues::{DayKind, Venue, Venues};
use super::super::taken::Section;
use super::Changes;
use super::old_bars::{OldBars, OldRows};
use super::origins::Origins;
use super::routes::Route;
use crate::bars::Timeframe;
use crate::calendar::local_midnight;
use crate::days::date_of;
use crate::market::MarketSet;
use crate::set::{NUMBERS, Rows, SetWriter};
use crate::spool::{Group, Sequence, Spool};

/// Rows that are handed to the writer at a time: 4 MB.
const OUT_ROWS: usize = 65_536;

/// Merges instrument by instrument, in the order of the set.
pub(super) struct BarMerge<'a> {
    set: &'a MarketSet,
    /// Old bars by timeframe.
    old: HashMap<Timeframe, OldBars<'a>>,
    new: &'a Spool<BarRow>,
    origins: Origins,
    venues: &'a mut Venues,
    faults: &'a mut Faults,
    names: Names<'a>,
    out: Out,
}

/// What faults are said of.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) files: &'a [FileSummary],
    pub(super) sections: &'a [Section],
}

/// Merged rows that wait for the writer.
#[derive(Default)]
struct Out {
    keys: Vec<i64>,
    numbers: [Vec<f64>; NUMBERS],
    origins: Vec<u32>,
}

/// What is being merged.
struct Target<'a> {
    symbol: &'a str,
    venue: usize,
    timeframe: Timeframe,
}

impl<'a> BarMerge<'a> {
    pub(super) fn new(
        set: &'a MarketSet,
        new: &'a Spool<BarRow>,
        origins: Origins,
        venues: &'a mut Venues,
        faults: &'a mut Faults,
        names: Names<'a>,
    ) -> Self {
        let old = set.series.iter().map(|series| (series.timeframe, OldBars::new(series))).collect();
        Self { set, old, new, origins, venues, faults, names, out: Out::default() }
    }

    /// Writes an instrument with its bars of all timeframes.
    pub(super) fn write(
        &mut self,
        plan: Plan,
        routes: &[Route],
        writer: &mut SetWriter,
        changes: &mut Changes,
    ) -> Result<(), ImportError> {
        let zone = self.venues.calendar(&plan.instrument.mic)?.tz();
        let venue = self.venues.number(&plan.instrument.mic).unwrap_or_default();
        let symbol = plan.instrument.symbol.clone();
        writer.push(plan.instrument, zone);
        for timeframe in Timeframe::ALL.iter().copied() {
            let keys_of = |days: &Range<i32>| keys_of(zone, timeframe, days);
            let pieces: Vec<(Group, Range<i64>)> = routes
                .iter()
                .map(|route| (group_of(route.ticker, timeframe), keys_of(&route.days)))
                .collect();
            let mut imported = self.new.rows(&pieces)?;
            if let [(position, days)] = plan.old.as_slice()
                && *days == ALWAYS
                && imported.peek().is_none()
            {
                self.copy(timeframe, *position, writer)?;
                continue;
            }
            let old: Vec<(usize, Range<i64>)> =
                plan.old.iter().map(|(position, days)| (*position, keys_of(days))).collect();
            let target = Target { symbol: symbol.as_str(), venue, timeframe };
            self.merge(&target, &old, &mut imported, writer, changes)?;
        }
        Ok(())
    }

    /// Writes the bars of an instrument as they are.
    fn copy(
        &mut self,
        timeframe: Timeframe,
        position: usize,
        writer: &mut SetWriter,
    ) -> Result<(), ImportError> {
        let Some(bars) = self.old.get_mut(&timeframe) else { return Ok(()) };
        let span = bars.span(position);
        let newest = self.venues_day(timeframe, span.keys.map_or(0, |keys| keys.1));
        let Some(bars) = self.old.get_mut(&timeframe) else { return Ok(()) };
        let mut next = span.first;
        let end = span.first + span.rows;
        while next < end {
            let columns = bars.columns(next..end)?;
            if columns.keys.is_empty() {
                break;
            }
            next += columns.keys.len() as u64;
            self.out.origins.clear();
            for run in columns.origins.chunk_by(|a, b| a == b) {
                let Some(number) = run.first() else { continue };
                let origin = self.origins.of_old(self.set, *number, newest, writer);
                self.out.origins.extend(std::iter::repeat_n(origin, run.len()));
            }
            let rows = Rows { keys: columns.keys, numbers: columns.numbers, origins: &self.out.origins };
            writer.append(timeframe, rows)?;
        }
        self.out.origins.clear();
        Ok(())
    }

    /// The day of a key; only daily bars are ever asked for, as the first format had no others.
    fn venues_day(&self, timeframe: Timeframe, key: i64) -> i32 {
        if timeframe.millis().is_some() { 0 } else { i32::try_from(key).unwrap_or_default() }
    }

    /// Merges two ascending sequences; an imported bar takes the place of an old one.
    fn merge(
        &mut self,
        target: &Target<'_>,
        old: &[(usize, Range<i64>)],
        imported: &mut Sequence<'_, BarRow>,
        writer: &mut SetWriter,
        changes: &mut Changes,
    ) -> Result<(), ImportError> {
        let mut missing = Missing::default();
        let mut last_section = 0;
        let mut rows = match self.old.get_mut(&target.timeframe) {
            Some(bars) => OldRows::new(bars, old)?,
            None => OldRows::default(),
        };
        loop {
            let before = rows.peek();
            let next = imported.peek().map(|row| row.key);
            let is_old = match (before, next) {
                (None, None) => break,
                (Some((bar, _)), Some(next)) => bar.key < next,
                (Some(_), None) => true,
                (None, Some(_)) => false,
            };
            if is_old {
                let Some((bar, newest)) = before else { break };
                self.step(target.timeframe, &mut rows)?;
                // joined series may have the same bar twice: the later one stays
                if rows.peek().is_some_and(|(next, _)| next.key == bar.key) {
                    continue;
                }
                let newest = self.venues_day(target.timeframe, newest);
                let origin = self.origins.of_old(self.set, bar.origin, newest, writer);
                missing.follow(bar.key, false, next.is_some(), self.venues.get_mut(target.venue));
                self.push(target.timeframe, bar.key, bar.values, origin, writer)?;
                continue;
            }
            let Some(row) = self.newest(target, imported)? else { break };
            let mut same = None;
            while let Some((bar, _)) = rows.peek().filter(|(bar, _)| bar.key == row.key) {
                same = Some(bar.values);
                self.step(target.timeframe, &mut rows)?;
            }
            match same {
                None => changes.added += 1,
                Some(values) if equal(&values, &row.values) => changes.unchanged += 1,
                Some(_) => changes.replaced += 1,
            }
            let origin = self.origins.of(row.ticker(), row.section, writer);
            last_section = row.section;
            missing.follow(row.key, true, imported.peek().is_some(), self.venues.get_mut(target.venue));
            self.push(target.timeframe, row.key, row.values, origin, writer)?;
        }
        self.flush(target.timeframe, writer)?;
        if target.timeframe == Timeframe::Day {
            self.report_missing(target, &missing, last_section);
        }
        Ok(())
    }

    fn step(&mut self, timeframe: Timeframe, rows: &mut OldRows) -> Result<(), ImportError> {
        self.old.get_mut(&timeframe).map_or(Ok(()), |bars| rows.step(bars))
    }

    /// The next imported bar; of several for the same time the last one, the others are counted.
    fn newest(
        &mut self,
        target: &Target<'_>,
        imported: &mut Sequence<'_, BarRow>,
    ) -> Result<Option<BarRow>, ImportError> {
        let failed = |error| ImportError::io("read", self.new.folder())(error);
        let Some(mut row) = imported.take().map_err(failed)? else { return Ok(None) };
        while imported.peek().is_some_and(|later| later.key == row.key) {
            let Some(later) = imported.take().map_err(failed)? else { break };
            let day = self.day_of(target, row.key);
            let (file, later_file) = (self.names.file(row.section), self.names.file(later.section));
            self.faults.add(FaultKind::Duplicate, 1, || {
                let place = match later.place() {
                    Place::Line(line) => format!("line {line}"),
                    Place::Row(row) => format!("row {row}"),
                    Place::Nowhere => "a later one".to_owned(),
                };
                let detail = if later_file == file {
                    format!("{place} is kept instead")
                } else {
                    format!("{place} of {later_file} is kept instead")
                };
                FaultExample::new(file, row.place(), detail).of(target.symbol, Some(day))
            });
            row = later;
        }
        Ok(Some(row))
    }

    /// The venue's day of a key.
    fn day_of(&mut self, target: &Target<'_>, key: i64) -> i32 {
        if target.timeframe.millis().is_none() {
            return i32::try_from(key).unwrap_or_default();
        }
        self.venues.get_mut(target.venue).map_or(0, |venue| venue.day(key))
    }

    fn push(
        &mut self,
        timeframe: Timeframe,
        key: i64,
        values: [f64; NUMBERS],
        origin: u32,
        writer: &mut SetWriter,
    ) -> Result<(), ImportError> {
        self.out.keys.push(key);
        self.out.origins.push(origin);
        for (column, value) in self.out.numbers.iter_mut().zip(values) {
            column.push(value);
        }
        if self.out.keys.len() >= OUT_ROWS { self.flush(timeframe, writer) } else { Ok(()) }
    }

    fn flush(&mut self, timeframe: Timeframe, writer: &mut SetWriter) -> Result<(), ImportError> {
        let rows = Rows {
            keys: &self.out.keys,
            numbers: self.out.numbers.each_ref().map(Vec::as_slice),
            origins: &self.out.origins,
        };
        writer.append(timeframe, rows)?;
        self.out.keys.clear();
        self.out.origins.clear();
        self.out.numbers.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    fn report_missing(&mut self, target: &Target<'_>, missing: &Missing, section: u32) {
        let (Some(first), count) = (missing.first, missing.count) else { return };
        let file = self.names.file(section);
        self.faults.add(FaultKind::MissingSession, count, || {
            let plural = if count == 1 { "session has" } else { "sessions have" };
            let detail = format!("{count} {plural} no bar, the first on {}", date_of(first));
            FaultExample::new(file, Place::Nowhere, detail).of(target.symbol, Some(first))
        });
    }
}

impl<'a> Names<'a> {
    fn file(self, section: u32) -> &'a str {
        let file = self.sections.get(section as usize).and_then(|section| self.files.get(section.file));
        file.map_or("", |file| file.name.as_str())
    }
}

/// Sessions without a bar between imported bars, and from them to their neighbours in the set.
#[derive(Default)]
struct Missing {
    first: Option<i32>,
    count: u64,
    /// The day before, and whether its bar was imported.
    before: Option<(i32, bool)>,
    imported: bool,
}

impl Missing {
    /// The next bar of the merged sequence: whether it is imported, and whether imported ones follow.
    fn follow(&mut self, key: i64, imported: bool, more: bool, venue: Option<&mut Venue>) {
        let Ok(day) = i32::try_from(key) else { return };
        let before = self.before.replace((day, imported));
        let counts = before.filter(|(_, before)| imported || *before || (self.imported && more)).zip(venue);
        self.imported |= imported;
        let Some(((before, _), venue)) = counts else { return };
        for between in before + 1..day {
            if venue.kind(between) == DayKind::Session {
                self.first = self.first.or(Some(between));
                self.count += 1;
            }
        }
    }
}

fn equal(a: &[f64; NUMBERS], b: &[f64; NUMBERS]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

/// The keys of bars that begin on some days.
fn keys_of(zone: chrono_tz::Tz, timeframe: Timeframe, days: &Range<i32>) -> Range<i64> {
    let key = |day: i32| match (day, timeframe.millis()) {
        (i32::MIN, _) => i64::MIN,
        (i32::MAX, _) => i64::MAX,
        (day, None) => i64::from(day),
        (day, Some(_)) => local_midnight(zone, date_of(day)).millis(),
    };
    key(days.start)..key(days.end)
}

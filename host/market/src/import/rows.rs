//! Imported bars as compact columns, checked row by row as they come.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::faults::{FaultExample, FaultKind, Faults, Place, quoted};
use crate::calendar::Calendar;
use crate::days::{date_of, day_of};
use crate::instant::Instant;
use crate::parse::DateFault;
use crate::set::NUMBERS;
use crate::symbol::Symbol;

/// 1900-01-01: an older date is a misread number.
const OLDEST_DAY: i32 = -25_567;
/// Names of the price columns for messages.
const PRICES: [&str; 4] = ["open", "high", "low", "close"];
const MISSING: [FaultKind; NUMBERS] = [
    FaultKind::MissingOpen,
    FaultKind::MissingHigh,
    FaultKind::MissingLow,
    FaultKind::MissingClose,
    FaultKind::MissingVolume,
];

/// Bars of all files of an import, 52 bytes each.
pub(crate) struct BarRows {
    /// The distinct tickers in the order of their first row.
    pub(crate) symbols: Vec<Symbol>,
    pub(crate) symbol: Vec<u32>,
    pub(crate) day: Vec<i32>,
    pub(crate) numbers: [Vec<f64>; NUMBERS],
    line: Vec<u32>,
    files: Vec<SourceFile>,
    by_name: HashMap<Box<str>, u32>,
    newest_day: Vec<i32>,
    days: DayChecks,
    pub(crate) faults: Faults,
}

struct SourceFile {
    name: String,
    first_row: usize,
    parquet: bool,
}

impl BarRows {
    pub(crate) fn new(calendar: Calendar, now: Instant) -> Self {
        Self {
            symbols: Vec::new(),
            symbol: Vec::new(),
            day: Vec::new(),
            numbers: Default::default(),
            line: Vec::new(),
            files: Vec::new(),
            by_name: HashMap::new(),
            newest_day: Vec::new(),
            days: DayChecks::new(calendar, now),
            faults: Faults::default(),
        }
    }

    /// Number of bars.
    pub(crate) fn len(&self) -> usize {
        self.day.len()
    }

    /// The venue's zone, in which dates are understood.
    pub(crate) fn zone(&self) -> Tz {
        self.days.calendar.tz()
    }

    /// The next rows come from this file.
    pub(crate) fn start_file(&mut self, name: &str, parquet: bool) {
        self.files.push(SourceFile { name: name.to_owned(), first_row: self.len(), parquet });
        self.newest_day.fill(i32::MIN);
    }

    /// Name and place of a row.
    pub(crate) fn place(&self, row: usize) -> (&str, Place) {
        let after = self.files.partition_point(|file| file.first_row <= row);
        let line = self.line.get(row).copied().map_or(0, u64::from);
        match after.checked_sub(1).and_then(|index| self.files.get(index)) {
            Some(file) if file.parquet => (&file.name, Place::Row(line)),
            Some(file) => (&file.name, Place::Line(line)),
            None => ("", Place::Nowhere),
        }
    }

    /// The index of a ticker; none, and a fault, when it is none.
    pub(crate) fn symbol_index(&mut self, place: Place, text: &[u8]) -> Option<u32> {
        let previous = self.symbol.last().copied();
        if let Some(index) = previous
            && self.symbols.get(index as usize).is_some_and(|symbol| symbol.as_str().as_bytes() == text)
        {
            return Some(index);
        }
        let text = String::from_utf8_lossy(text);
        let text = text.trim();
        if let Some(index) = self.by_name.get(text) {
            return Some(*index);
        }
        match Symbol::try_from(text) {
            Ok(symbol) => {
                let index = u32::try_from(self.symbols.len()).ok()?;
                self.by_name.insert(Box::from(symbol.as_str()), index);
                self.symbols.push(symbol);
                self.newest_day.push(i32::MIN);
                Some(index)
            }
            Err(error) => {
                self.skip(FaultKind::Symbol, place, || error.to_string());
                None
            }
        }
    }

    /// Counts a row that is left out.
    pub(crate) fn skip(&mut self, kind: FaultKind, place: Place, detail: impl FnOnce() -> String) {
        let file = self.files.last().map_or("", |file| file.name.as_str());
        self.faults.add(kind, 1, || FaultExample::new(file, place, detail()));
    }

    /// Counts an unreadable date.
    pub(crate) fn skip_date(&mut self, place: Place, text: &[u8], fault: DateFault) {
        self.skip(FaultKind::Date, place, || match fault {
            DateFault::Unreadable => format!("{} is no date: want one like 2018-02-07", quoted(text)),
            DateFault::TimeOfDay => {
                format!("{} has a time of day: only daily bars can be imported", quoted(text))
            }
        });
    }

    /// Adds a bar. Values are kept as they are; what is odd about them is counted.
    pub(crate) fn push(&mut self, place: Place, symbol: u32, day: i32, values: [f64; NUMBERS]) {
        if day < OLDEST_DAY {
            self.skip(FaultKind::Date, place, || format!("{} is before 1900", date_of(day)));
            return;
        }
        if day > self.days.newest_complete {
            let name =
                self.symbols.get(symbol as usize).map_or_else(String::new, |symbol| symbol.to_string());
            let file = self.files.last().map_or("", |file| file.name.as_str());
            self.faults.add(FaultKind::Future, 1, || {
                FaultExample::new(file, place, "its session had not closed when it was imported".to_owned())
                    .of(&name, Some(day))
            });
            return;
        }
        self.check(place, symbol, day, &values);
        self.symbol.push(symbol);
        self.day.push(day);
        for (column, value) in self.numbers.iter_mut().zip(values) {
            column.push(value);
        }
        let (Place::Line(line) | Place::Row(line)) = place else {
            self.line.push(0);
            return;
        };
        self.line.push(u32::try_from(line).unwrap_or(u32::MAX));
    }

    fn check(&mut self, place: Place, symbol: u32, day: i32, values: &[f64; NUMBERS]) {
        let kind = self.days.kind(day);
        let newest = self.newest_day.get_mut(symbol as usize);
        let before = newest.as_deref().copied().unwrap_or(i32::MIN);
        if let Some(newest) = newest {
            *newest = day.max(before);
        }
        let [open, high, low, close, volume] = *values;
        let sound = kind == DayKind::Session
            && day >= before
            && low > 0.0
            && volume > 0.0
            && low <= open.min(close)
            && high >= open.max(close)
            && !open.is_nan()
            && !close.is_nan();
        if !sound {
            self.report(place, symbol, day, values, kind, before);
        }
    }

    #[cold]
    fn report(
        &mut self,
        place: Place,
        symbol: u32,
        day: i32,
        values: &[f64; NUMBERS],
        kind: DayKind,
        before: i32,
    ) {
        let [.., volume] = *values;
        let name = self.symbols.get(symbol as usize).map_or_else(String::new, |symbol| symbol.to_string());
        let file = self.files.last().map_or("", |file| file.name.as_str());
        let faults = &mut self.faults;
        let mut add = |kind: FaultKind, detail: String| {
            faults.add(kind, 1, || FaultExample::new(file, place, detail).of(&name, Some(day)));
        };
        for (kind, value) in MISSING.iter().zip(values) {
            if value.is_nan() {
                add(*kind, "no value".to_owned());
            }
        }
        if let Some((column, price)) = PRICES.iter().zip(values).find(|(_, price)| **price <= 0.0) {
            add(FaultKind::NonPositivePrice, format!("{column} is {price}"));
        }
        if volume < 0.0 {
            add(FaultKind::NegativeVolume, format!("volume is {volume}"));
        } else if volume == 0.0 {
            add(FaultKind::ZeroVolume, "volume is 0".to_owned());
        }
        if let Some(detail) = contradiction(values) {
            add(FaultKind::Inconsistent, detail);
        }
        if day < before {
            add(FaultKind::Unsorted, format!("a bar of {} came before it", date_of(before)));
        }
        match kind {
            DayKind::Session => {}
            DayKind::Closed => add(FaultKind::NotASession, "the venue was closed".to_owned()),
            DayKind::NotCovered => {
                add(
                    FaultKind::NotCovered,
                    "the venue's calendar does not say whether it was open".to_owned(),
                );
            }
        }
    }
}

/// Two prices of a bar that cannot both be right.
fn contradiction(values: &[f64; NUMBERS]) -> Option<String> {
    let [open, high, low, close, _] = *values;
    let pairs = [
        ("low", low, "high", high),
        ("low", low, "open", open),
        ("low", low, "close", close),
        ("open", open, "high", high),
        ("close", close, "high", high),
    ];
    pairs.iter().find(|(_, small, _, large)| small > large).map(|(small_name, small, large_name, large)| {
        format!("{small_name} {small} is above {large_name} {large}")
    })
}

/// What the calendar says of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DayKind {
    Session,
    Closed,
    NotCovered,
}

/// The calendar's answers, each asked for once.
struct DayChecks {
    calendar: Calendar,
    /// The newest day whose bar is complete.
    newest_complete: i32,
    known: HashMap<i32, DayKind>,
    last: Option<(i32, DayKind)>,
}

impl DayChecks {
    fn new(calendar: Calendar, now: Instant) -> Self {
        let newest_complete = calendar
            .local_date(now)
            .map_or(i32::MAX, |today| day_of(today) - i32::from(calendar.known_at(today) > now));
        Self { calendar, newest_complete, known: HashMap::new(), last: None }
    }

    fn kind(&mut self, day: i32) -> DayKind {
        if let Some((last, kind)) = self.last
            && last == day
        {
            return kind;
        }
        let calendar = &self.calendar;
        let kind = *self.known.entry(day).or_insert_with(|| match calendar.session(date_of(day)) {
            Ok(Some(_)) => DayKind::Session,
            Ok(None) => DayKind::Closed,
            Err(_) => DayKind::NotCovered,
        });
        self.last = Some((day, kind));
        kind
    }
}

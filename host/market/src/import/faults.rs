//! What is wrong in imported rows: counted by kind, with a few examples each.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use crate::days::date_of;
use crate::symbol::printable;

/// Examples that are kept of each kind.
pub(crate) const MAX_EXAMPLES: usize = 10;

/// Kinds of faults in imported rows. Values are kept as they are unless the row is said to be skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A row with another number of fields than the header; skipped.
    Fields,
    /// No ticker; the row is skipped.
    Symbol,
    /// No date; the row is skipped.
    Date,
    /// No number where one should be; the row is skipped.
    Number,
    /// A listing, action, event, fact or quote without something that it needs, or that cannot be; skipped.
    Entry,
    /// Nobody says when something became known; a later time is taken.
    KnownAt,
    /// A local time that clocks showed twice; the earlier one is taken.
    LocalTime,
    /// A bar without any price; skipped.
    NoPrices,
    /// A bar that was not complete yet at the import; skipped.
    Future,
    /// A venue that has no calendar; its bars are skipped, an instrument keeps the venue that it had.
    Venue,
    /// Another bar of the same instrument and date follows; the last one is kept.
    Duplicate,
    /// Open is missing.
    MissingOpen,
    /// High is missing.
    MissingHigh,
    /// Low is missing.
    MissingLow,
    /// Close is missing.
    MissingClose,
    /// Volume is missing.
    MissingVolume,
    /// A price of zero or less.
    NonPositivePrice,
    /// Volume is negative.
    NegativeVolume,
    /// Volume is zero.
    ZeroVolume,
    /// Low above another price, or high below one; a bid above its ask, which is skipped.
    Inconsistent,
    /// Turns around the order of the rows before it of the same instrument; a file may run backwards.
    Unsorted,
    /// The venue had no session on that date.
    NotASession,
    /// The venue's calendar does not cover that date.
    NotCovered,
    /// A session inside an instrument's span without a bar.
    MissingSession,
    /// A close far from the one before, as after a split that nobody adjusted for.
    Jump,
    /// No trading at the end: the venue's other instruments go on, or equal flat bars stand there.
    StaleTail,
}

impl FaultKind {
    /// Lower-case words joined by hyphens.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fields => "wrong-number-of-fields",
            Self::Symbol => "unreadable-symbol",
            Self::Date => "unreadable-date",
            Self::Number => "unreadable-number",
            Self::Entry => "incomplete-entry",
            Self::KnownAt => "known-at-assumed",
            Self::LocalTime => "ambiguous-time",
            Self::NoPrices => "no-prices",
            Self::Future => "not-complete-yet",
            Self::Venue => "unknown-venue",
            Self::Duplicate => "duplicate",
            Self::MissingOpen => "missing-open",
            Self::MissingHigh => "missing-high",
            Self::MissingLow => "missing-low",
            Self::MissingClose => "missing-close",
            Self::MissingVolume => "missing-volume",
            Self::NonPositivePrice => "non-positive-price",
            Self::NegativeVolume => "negative-volume",
            Self::ZeroVolume => "zero-volume",
            Self::Inconsistent => "inconsistent-prices",
            Self::Unsorted => "unsorted",
            Self::NotASession => "not-a-session",
            Self::NotCovered => "calendar-not-covered",
            Self::MissingSession => "missing-session",
            Self::Jump => "price-jump",
            Self::StaleTail => "stale-tail",
        }
    }
}

impl Serialize for FaultKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// How often one kind of fault occurred.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultCount {
    /// The kind.
    pub kind: FaultKind,
    /// Rows; for missing sessions, sessions.
    pub count: u64,
    /// The first ones.
    pub examples: Vec<FaultExample>,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultExample {
    /// The file's name.
    pub file: String,
    /// Line of a text file, counted from 1, the header included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Row of a Parquet file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The ticker, where it could be read.
    pub symbol: Option<String>,
    /// The date, where it could be read.
    pub date: Option<NaiveDate>,
    /// What is wrong, in a few words.
    pub detail: String,
}

/// Where a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A line of a text file, counted from 1.
    Line(u64),
    /// A row of a Parquet file or an item of a JSON document, counted from 1.
    Row(u64),
    /// Nowhere in particular.
    Nowhere,
}

/// Collects faults.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    kinds: BTreeMap<FaultKind, (u64, Vec<FaultExample>)>,
}

/// Longest text of a file that an example repeats.
const MAX_EXAMPLE_TEXT: usize = 60;

impl Faults {
    /// Counts a fault; the example is only made when it will be kept.
    pub(crate) fn add(&mut self, kind: FaultKind, count: u64, example: impl FnOnce() -> FaultExample) {
        let (total, examples) = self.kinds.entry(kind).or_default();
        *total += count;
        if examples.len() < MAX_EXAMPLES {
            examples.push(example());
        }
    }

    /// The first example of a file, by kind.
    pub(crate) fn first_of(&self, file: &str) -> Option<&FaultExample> {
        self.kinds.values().flat_map(|(_, examples)| examples).find(|example| example.file == file)
    }

    pub(crate) fn into_counts(self) -> Vec<FaultCount> {
        self.kinds.into_iter().map(|(kind, (count, examples))| FaultCount { kind, count, examples }).collect()
    }
}

impl FaultExample {
    pub(crate) fn new(file: &str, place: Place, detail: String) -> Self {
        let (line, row) = match place {
            Place::Line(line) => (Some(line), None),
            Place::Row(row) => (None, Some(row)),
            Place::Nowhere => (None, None),
        };
        Self { file: file.to_owned(), line, row, symbol: None, date: None, detail }
    }

    pub(crate) fn of(mut self, symbol: &str, day: Option<i32>) -> Self {
        self.symbol = Some(symbol.to_owned());
        self.date = day.map(date_of);
        self
    }
}

/// Text of a file for a message: escaped, cut.
pub(crate) fn quoted(text: &[u8]) -> String {
    format!("\"{}\"", printable(&String::from_utf8_lossy(text), MAX_EXAMPLE_TEXT))
}

//! Tables of bars, whoever made them: a vendor's file says where what is ([`Plan`]), the rest is the same for all.
//!
//! What a table means is settled before its first bar is handed on ([`Conventions`]): marks of numbers, order of
//! dates, timeframe. Its first rows settle it when they can, otherwise the whole file is looked at first.

mod check;
mod conventions;
mod reading;

use std::path::Path;

use chrono::NaiveTime;
use chrono_tz::Tz;

use crate::bars::Timeframe;
use crate::import::content::Content;
use crate::import::error::ImportError;
use crate::import::reader::{Input, Said};
use crate::import::sink::{Adjusted, Origin, Sink, Stamped};
use crate::import::stamp::Time;
use crate::import::table::Table;
use crate::set::NUMBERS;

pub(super) use conventions::Conventions;
pub(super) use reading::{Reading, day};

/// Opens a table up to its first row of data.
pub(super) type Open = for<'a, 'i> fn(&'a mut Input<'i>) -> Result<Table<'a>, ImportError>;

/// A table with one row of headers.
pub(super) fn with_header<'a>(input: &'a mut Input<'_>) -> Result<Table<'a>, ImportError> {
    Table::open(input)
}

/// Where a table has what, and what its vendor is known for.
pub(super) struct Plan {
    pub(super) source: &'static str,
    pub(super) layout: &'static str,
    /// One, or one for each ticker in a table with columns by ticker.
    pub(super) groups: Vec<Group>,
    pub(super) stamp: usize,
    /// Time of day in a column of its own.
    pub(super) clock: Option<usize>,
    /// The timeframe that the vendor or the file's name tells.
    pub(super) timeframe: Option<Timeframe>,
    /// A column that tells the timeframe, and how to read it.
    pub(super) told: Option<Told>,
    pub(super) stamped: Stamped,
    pub(super) adjustment: Adjusted,
    pub(super) mic: Option<String>,
    /// A column that must say the same in all rows, as it would be another instrument.
    pub(super) same: Option<usize>,
    /// Prices are integers of 10⁻⁹.
    pub(super) billionths: bool,
    /// Bars of a day are those of a day in UTC.
    pub(super) utc_days: bool,
    /// Why nobody knows in which zone clocks without an offset are.
    pub(super) zone_unknown: Option<&'static str>,
    /// Columns that are known and need not be named as unused.
    pub(super) known: Vec<usize>,
}

/// A column of timeframes and how to read it.
pub(super) type Told = (usize, fn(&[u8]) -> Option<Timeframe>);

/// The columns of a ticker, or of all tickers.
pub(super) struct Group {
    pub(super) who: Who,
    /// Open, high, low, close, volume.
    pub(super) numbers: [Option<usize>; NUMBERS],
    pub(super) dividend: Option<usize>,
    pub(super) split: Option<usize>,
}

/// Whose bars.
pub(super) enum Who {
    /// A column of tickers, and the part of each that is the ticker.
    Column(usize, fn(&[u8]) -> &[u8]),
    /// One ticker.
    One(String),
}

/// What is known of a file beside its rows.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) path: &'a Path,
    pub(super) head: &'a [u8],
    pub(super) content: &'a Content,
    pub(super) said: &'a Said,
}

/// Names of the number columns, by [`crate::import::table::plain_name`].
pub(super) const OPEN: &[&str] = &["open", "openprice"];
pub(super) const HIGH: &[&str] = &["high", "highprice"];
pub(super) const LOW: &[&str] = &["low", "lowprice"];
pub(super) const CLOSE: &[&str] = &["close", "closeprice", "last"];
pub(super) const VOLUME: &[&str] = &["volume", "vol"];

impl Plan {
    /// A plan for the common case: bars of one kind of columns, stamped at their open.
    pub(super) fn new(source: &'static str, layout: &'static str, stamp: usize, group: Group) -> Self {
        Self::of(source, layout, stamp, vec![group])
    }

    /// The same with columns of several tickers.
    pub(super) fn of(source: &'static str, layout: &'static str, stamp: usize, groups: Vec<Group>) -> Self {
        Self {
            source,
            layout,
            groups,
            stamp,
            clock: None,
            timeframe: None,
            told: None,
            stamped: Stamped::Open,
            adjustment: Adjusted::Unknown,
            mic: None,
            same: None,
            billionths: false,
            utc_days: false,
            zone_unknown: None,
            known: Vec::new(),
        }
    }

    /// Positions of the columns that are used.
    fn used(&self) -> Vec<usize> {
        let groups = self.groups.iter().flat_map(|group| {
            let who = match &group.who {
                Who::Column(column, _) => Some(*column),
                Who::One(_) => None,
            };
            group.numbers.into_iter().chain([who, group.dividend, group.split]).flatten()
        });
        let own = [Some(self.stamp), self.clock, self.told.map(|(column, _)| column)];
        groups.chain(own.into_iter().flatten()).chain(self.known.iter().copied()).collect()
    }

    fn origin(&self, timeframe: Timeframe, table: &Table<'_>) -> Origin {
        Origin {
            source: self.source,
            layout: self.layout,
            timeframe,
            stamped: self.stamped,
            adjustment: self.adjustment,
            mic: self.mic.clone(),
            pages: false,
            ignored: table.others(&self.used()),
        }
    }
}

impl Group {
    /// Open, high, low, close and volume by their usual names; none without the prices.
    pub(super) fn usual(table: &Table<'_>, who: Who) -> Option<Self> {
        let numbers = [OPEN, HIGH, LOW, CLOSE, VOLUME].map(|names| table.find(names));
        let prices = numbers.iter().take(4).all(Option::is_some);
        prices.then_some(Self { who, numbers, dividend: None, split: None })
    }
}

impl Who {
    /// A column of tickers as they are.
    pub(super) fn column(position: usize) -> Self {
        Self::Column(position, |text| text)
    }
}

impl<'i> Known<'i> {
    pub(super) fn of(input: &Input<'i>) -> Self {
        Self { path: input.head.path, head: input.head.bytes, content: input.content, said: input.said }
    }

    /// What `Steps::see` wants of a time: milliseconds, and whether that is midnight, as it is written or in the
    /// zone that the user says, else in New York.
    pub(super) fn step(&self, time: Time) -> (i64, bool) {
        let zone = self.said.zone.unwrap_or(Tz::America__New_York);
        let exact = time.exact();
        let millis = exact.map_or_else(|| time.written().and_utc().timestamp_millis(), |at| at.millis());
        let local = exact.and_then(|at| at.to_utc()).map(|at| at.with_timezone(&zone).time());
        (millis, time.at_midnight() || local == Some(NaiveTime::MIN))
    }
}

/// Reads a table of bars.
///
/// # Errors
/// A file that is something else, does not tell what it means, or contradicts itself.
pub(super) fn read(
    input: &mut Input<'_>,
    sink: &mut dyn Sink,
    open: Open,
    plan: &dyn Fn(&Table<'_>, &Known<'_>) -> Result<Plan, ImportError>,
) -> Result<(), ImportError> {
    let known = Known::of(input);
    let mut table = open(input)?;
    let plan = plan(&table, &known)?;
    let conventions = Conventions::of(&known, open, &plan)?;
    sink.begin(plan.origin(conventions.timeframe, &table));
    let mut reading = Reading::new(&known, open, &plan, conventions);
    while let Some(row) = table.next(sink)? {
        reading.row(&row, sink)?;
    }
    reading.finish(sink)
}

/// A table that lacks a column.
pub(super) fn no_column(known: &Known<'_>, table: &Table<'_>, what: &str) -> ImportError {
    let found = crate::import::table::listed(table.names());
    let reason = format!("it has no column {what}: its columns are {found}");
    ImportError::content(known.path, reason, format!("name it with --map {what}=NAME"))
}

#[cfg(test)]
mod tests;

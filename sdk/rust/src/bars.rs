//! Bars as columns: a view on the rows of one instrument.
//!
//! A column that was not asked for is an empty slice, and so is every column of an instrument without bars; the
//! first read of a column or timeframe that the needs do not name is logged as a warning.

use std::cell::RefCell;
use std::ops::Range;

use crate::bindings::types as raw;
use crate::column::Numbers;
use crate::venue::{Session, Venue};
use crate::{Instant, log};

/// All bars of one timeframe, of every instrument. Starts and lengths are the host's word: every access is checked.
#[derive(Debug)]
pub(crate) struct Table {
    timeframe: String,
    starts: Vec<u32>,
    time: Vec<Instant>,
    columns: Vec<Numbers>,
    warned: RefCell<Vec<String>>,
}

impl Table {
    pub(crate) fn new(bars: raw::Bars) -> Self {
        Self {
            timeframe: bars.timeframe,
            starts: bars.starts,
            time: bars.time,
            columns: bars.columns.into_iter().map(Numbers::new).collect(),
            warned: RefCell::new(Vec::new()),
        }
    }

    pub(crate) fn timeframe(&self) -> &str {
        &self.timeframe
    }

    /// The rows of the instrument at `index`; empty when the starts make no sense.
    fn rows(&self, index: usize) -> Range<usize> {
        let start = self.starts.get(index).copied().unwrap_or(0) as usize;
        let end = self.starts.get(index + 1).copied().unwrap_or(0) as usize;
        start..end.max(start)
    }

    fn warn_once(&self, what: &str) {
        let Ok(mut warned) = self.warned.try_borrow_mut() else { return };
        if !warned.iter().any(|known| known == what) {
            log::warn(format!("bars {} have no {what}: ask for it in needs()", self.timeframe));
            warned.push(what.to_owned());
        }
    }
}

/// The bars of one instrument at one timeframe, oldest first. Prices in the instrument's currency, volume in shares,
/// NaN: missing. Only bars that were complete at the as-of instant are here.
#[derive(Debug, Clone, Copy)]
pub struct Bars<'a> {
    table: Option<&'a Table>,
    start: usize,
    end: usize,
    venue: Venue<'a>,
    as_of: Instant,
}

impl<'a> Bars<'a> {
    pub(crate) fn of(table: Option<&'a Table>, instrument: usize, venue: Venue<'a>, as_of: Instant) -> Self {
        let rows = table.map_or(0..0, |table| table.rows(instrument));
        Self { table, start: rows.start, end: rows.end, venue, as_of }
    }

    /// How many bars there are.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// No bars at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// First price of each bar.
    pub fn open(&self) -> &'a [f64] {
        self.column("open")
    }

    /// Highest price of each bar.
    pub fn high(&self) -> &'a [f64] {
        self.column("high")
    }

    /// Lowest price of each bar.
    pub fn low(&self) -> &'a [f64] {
        self.column("low")
    }

    /// Last price of each bar.
    pub fn close(&self) -> &'a [f64] {
        self.column("close")
    }

    /// Shares traded in each bar.
    pub fn volume(&self) -> &'a [f64] {
        self.column("volume")
    }

    /// Any column by its name: vwap, trades…
    pub fn column(&self, name: &str) -> &'a [f64] {
        let Some(table) = self.table else { return &[] };
        match table.columns.iter().find(|column| column.name == name) {
            Some(column) => column.values.get(self.start..self.end).unwrap_or(&[]),
            None => {
                table.warn_once(name);
                &[]
            }
        }
    }

    /// When each bar opens; empty unless the needs asked for `time`.
    pub fn time(&self) -> &'a [Instant] {
        let Some(table) = self.table else { return &[] };
        if table.time.is_empty() && !self.is_empty() {
            table.warn_once("time");
        }
        table.time.get(self.start..self.end).unwrap_or(&[])
    }

    /// Close of the newest bar; none without bars and when it is NaN.
    pub fn last_close(&self) -> Option<f64> {
        self.close().last().copied().filter(|close| !close.is_nan())
    }

    /// Only the bars that open within `[from, to]`.
    pub(crate) fn between(&self, from: Instant, to: Instant) -> Self {
        let time = self.time();
        let (skipped, kept) = (time.partition_point(|&t| t < from), time.partition_point(|&t| t <= to));
        Self { start: self.start + skipped, end: self.start + kept.max(skipped), ..*self }
    }

    pub(crate) fn venue(&self) -> Venue<'a> {
        self.venue
    }

    pub(crate) fn as_of(&self) -> Instant {
        self.as_of
    }

    /// Only the newest `count` bars.
    pub fn last(&self, count: usize) -> Self {
        Self { start: self.end - self.len().min(count), ..*self }
    }

    /// All but the newest `count` bars.
    pub fn before_last(&self, count: usize) -> Self {
        Self { end: self.end - self.len().min(count), ..*self }
    }

    /// Only the bars of the venue's newest `count` sessions: a stock that did not trade in them has none, however
    /// many older bars it has. The needs must ask for `time` and for so many sessions. Where the calendar does not
    /// reach that far, the bars of the sessions that it has. None: the venue's sessions, or the times, are unknown.
    pub fn since_session(&self, count: u32) -> Option<Self> {
        let time = self.time();
        if time.is_empty() && !self.is_empty() {
            return None;
        }
        let from = self.venue.session_start(count)?;
        let skipped = time.partition_point(|&opens| opens < from);
        Some(Self { start: self.start + skipped, ..*self })
    }

    /// How many sessions of the venue were completed since the newest bar opened, its own not counted: 0 is fresh, 1
    /// means that the newest session has no bar. Never more than the needs asked for sessions. None: there is no bar,
    /// or the times or the venue's sessions are unknown.
    pub fn sessions_old(&self) -> Option<usize> {
        let newest = *self.time().last()?;
        self.venue.newest_session()?;
        let missed = |session: &Session<'_>| session.pre_opens() > newest && session.closes() <= self.as_of;
        Some(
            self.venue
                .sessions()
                .rev()
                .take_while(|session| session.pre_opens() > newest)
                .filter(missed)
                .count(),
        )
    }

    /// The venue's newest session, completed by now, has no bar: the newest bar that there is is old, e.g. of a stock
    /// that is halted. False where nobody can tell. The needs must ask for `time` and for 2 sessions or more.
    pub fn misses_newest_session(&self) -> bool {
        self.sessions_old().is_some_and(|sessions| sessions > 0)
    }
}

//! What is wrong with the bars of a set: looked for instrument by instrument, in every timeframe.
//!
//! Bars are looked at as they were imported; a jump that a known split explains is none. Whatever an import has refused
//! or replaced is not in the set: its own summary tells of that.

mod rules;
mod series;

use std::collections::{BTreeMap, VecDeque};

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use crate::bars::Timeframe;
use crate::calendar::Calendar;
use crate::data::{BarTime, Own, Stored};
use crate::days::date_of;
use crate::error::MarketError;
use crate::import::FaultKind;
use crate::instant::Instant;
use crate::instrument::{Instrument, Status};
use crate::market::{Market, Series as StoredSeries};
use crate::periods::known_at;
use crate::set::{ActionRecord, ActionRecordKind};
use rules::STALE_SESSIONS;
use series::Series;

/// Instruments that are read at a time.
const INSTRUMENTS: usize = 32;

/// What is wrong with the bars of one instrument.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InstrumentFaults {
    /// Its ticker.
    pub symbol: String,
    /// Its permanent identity.
    pub id: String,
    /// Bars that were looked at.
    pub bars: u64,
    /// What is wrong, by timeframe and kind; empty: nothing.
    pub faults: Vec<BarFaults>,
}

/// One kind of fault of one instrument and timeframe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BarFaults {
    /// The kind.
    pub kind: FaultKind,
    /// The span of a bar.
    #[serde(serialize_with = "text")]
    pub timeframe: Timeframe,
    /// How often.
    pub count: u64,
    /// Which bars, or which sessions without one.
    pub bars: Vec<BarTime>,
    /// What is wrong with the first of them.
    pub detail: String,
}

fn text<S: Serializer>(timeframe: &Timeframe, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(timeframe.as_str())
}

/// Faults of a series while it is being checked.
#[derive(Debug, Default)]
pub(crate) struct Faults(BTreeMap<FaultKind, (Vec<BarTime>, String)>);

impl Faults {
    /// Adds one; the detail is only made for the first of its kind.
    pub(crate) fn add(&mut self, kind: FaultKind, bar: BarTime, detail: impl FnOnce() -> String) {
        let (bars, _) = self.0.entry(kind).or_insert_with(|| (Vec::new(), detail()));
        bars.push(bar);
    }

    fn into_faults(self, timeframe: Timeframe) -> impl Iterator<Item = BarFaults> {
        self.0.into_iter().map(move |(kind, (mut bars, detail))| {
            bars.sort_unstable();
            BarFaults { kind, timeframe, count: bars.len() as u64, bars, detail }
        })
    }
}

/// Looks at instruments one after the other; each is an item, also when nothing is wrong with it.
#[derive(Debug)]
pub struct Check {
    market: Market,
    now: Instant,
    /// By timeframe and venue, in the order of the set: the newest key of all its instruments.
    newest: Vec<Vec<Option<i64>>>,
    /// Positions, in reverse.
    left: Vec<usize>,
    ready: VecDeque<InstrumentFaults>,
}

impl Check {
    /// Looks at some instruments, given by ascending positions in [`Market::instruments`]. Bars that are not complete
    /// at `now` are faults.
    #[must_use]
    pub fn new(market: &Market, instruments: &[usize], now: Instant) -> Self {
        let set = &market.set;
        let newest = |series: &StoredSeries| {
            let mut newest = vec![None; set.venues.len()];
            for (span, venue) in series.spans.iter().zip(&set.venue_of) {
                if let Some(newest) = newest.get_mut(*venue as usize) {
                    *newest = span.keys.map(|(_, last)| last).max(*newest);
                }
            }
            newest
        };
        Self {
            newest: set.series.iter().map(newest).collect(),
            market: market.clone(),
            now,
            left: instruments.iter().rev().copied().collect(),
            ready: VecDeque::new(),
        }
    }

    fn look(&mut self) -> Result<(), MarketError> {
        let some = self.left.split_off(self.left.len().saturating_sub(INSTRUMENTS));
        let some: Vec<usize> = some.into_iter().rev().collect();
        let set = &self.market.set;
        let mut found: Vec<InstrumentFaults> = some
            .iter()
            .map(|position| {
                let instrument = set.instruments.get(*position);
                InstrumentFaults {
                    symbol: instrument.map(|instrument| instrument.symbol.to_string()).unwrap_or_default(),
                    id: instrument.map(|instrument| instrument.id.to_string()).unwrap_or_default(),
                    bars: 0,
                    faults: Vec::new(),
                }
            })
            .collect();
        for (series, newest) in set.series.iter().zip(&self.newest) {
            let stored = Stored::read(series, &some, |_| i64::MIN..i64::MAX)?;
            for ((position, found), own) in some.iter().zip(&mut found).zip(stored.instruments()) {
                self.look_at(series.timeframe, newest, *position, own, found)?;
            }
        }
        self.ready.extend(found);
        Ok(())
    }

    fn look_at(
        &self,
        timeframe: Timeframe,
        newest: &[Option<i64>],
        position: usize,
        own: Own<'_>,
        found: &mut InstrumentFaults,
    ) -> Result<(), MarketError> {
        let set = &self.market.set;
        let (Some(instrument), Some(venue)) = (set.instruments.get(position), set.venue(position)) else {
            return Ok(());
        };
        let calendar = &venue.calendar;
        let times: Vec<BarTime> = own.keys.iter().map(|key| BarTime::of(timeframe, *key)).collect();
        let mut faults = Faults::default();
        // a close of a week or a month may well be far from the one before
        let jumps = !matches!(timeframe, Timeframe::Week | Timeframe::Month);
        let splits = if jumps { self.splits(position)? } else { Vec::new() };
        let split = |before: BarTime, after: BarTime| {
            let (before, after) = (before.date(calendar), after.date(calendar));
            let between = splits.iter().filter(|(date, _)| before < *date && *date <= after);
            between.map(|(_, ratio)| ratio).product()
        };
        Series { times: &times, columns: own.columns }.check(jumps.then_some(&split), &mut faults);
        if timeframe == Timeframe::Day {
            sessions(calendar, &times, &mut faults);
        }
        if jumps && is_alive(instrument) {
            let newest =
                set.venue_of.get(position).and_then(|venue| newest.get(*venue as usize)).copied().flatten();
            tail(calendar, &times, newest.map(|key| BarTime::of(timeframe, key)), &mut faults);
        }
        let incomplete = own.keys.iter().zip(&times).rev();
        for (key, bar) in incomplete.take_while(|(key, _)| known_at(calendar, timeframe, **key) > self.now) {
            let known = known_at(calendar, timeframe, *key);
            faults.add(FaultKind::Future, *bar, || format!("it is complete at {known}"));
        }
        found.bars += times.len() as u64;
        found.faults.extend(faults.into_faults(timeframe));
        Ok(())
    }

    /// Known splits of an instrument: ex-date, and new shares for each old one.
    fn splits(&self, position: usize) -> Result<Vec<(NaiveDate, f64)>, MarketError> {
        let actions = self.market.set.actions.of(position)?.iter();
        let split = |action: &ActionRecord| match action.kind {
            ActionRecordKind::Split(ratio) => Some((date_of(action.ex_day), ratio)),
            _ => None,
        };
        Ok(actions.filter_map(split).collect())
    }
}

/// An instrument that ends before its venue's others.
fn tail(calendar: &Calendar, times: &[BarTime], newest: Option<BarTime>, faults: &mut Faults) {
    let (Some(last), Some(newest)) = (times.last(), newest) else { return };
    let newest = newest.date(calendar);
    let between = last.date(calendar).iter_days().skip(1).take_while(|date| *date <= newest);
    let behind = between.filter(|date| calendar.counts_as_session(*date)).count();
    if behind > STALE_SESSIONS {
        faults.add(FaultKind::StaleTail, *last, || {
            format!("{} has bars up to {newest}, {behind} sessions later", calendar.mic())
        });
    }
}

impl Iterator for Check {
    type Item = Result<InstrumentFaults, MarketError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.left.is_empty() {
            if let Err(error) = self.look() {
                self.left.clear();
                return Some(Err(error));
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

fn is_alive(instrument: &Instrument) -> bool {
    instrument.delisted.is_none() && instrument.status != Status::Delisted
}

/// Bars of days without session, and sessions without a bar between two bars, as far as the calendar knows.
fn sessions(calendar: &Calendar, times: &[BarTime], faults: &mut Faults) {
    let mut before: Option<NaiveDate> = None;
    for bar in times {
        let date = bar.date(calendar);
        if calendar.session(date) == Ok(None) {
            faults.add(FaultKind::NotASession, *bar, || format!("{} was closed", calendar.mic()));
        }
        let between =
            before.into_iter().flat_map(|before| before.iter_days().skip(1)).take_while(|day| *day < date);
        for day in between.filter(|day| matches!(calendar.session(*day), Ok(Some(_)))) {
            faults.add(FaultKind::MissingSession, BarTime::Day(day), || {
                format!("{} had a session", calendar.mic())
            });
        }
        before = Some(date);
    }
}

#[cfg(test)]
mod tests;

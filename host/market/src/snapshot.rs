//! The market as it was known at an instant.
//!
//! ```text
//! known      which bars are known, and which of them are fresh
//! view       the instruments as they were on the day
//! read       bars: which rows are visible, which of them were asked for
//! rows       the same bars for people
//! adjust     splits and dividends, as arithmetic
//! told       events, facts, memberships
//! quotes     what was bid and asked
//! ```

mod adjust;
mod adjusted;
pub(crate) mod known;
mod layout;
mod quotes;
mod read;
mod rows;
mod told;
mod view;

use std::borrow::Cow;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::as_of::AsOf;
use crate::bars::Timeframe;
use crate::calendar::{Calendar, DayChange};
use crate::error::MarketError;
use crate::instant::Instant;
use crate::instrument::Instrument;
use crate::market::{MarketSet, Series, Venue};
use crate::periods;
use crate::symbol::Symbol;
pub use known::MAX_STALE_SESSIONS;
pub use quotes::Quote;
pub use told::{Event, EventRequest};
use view::{Presence, View};

/// The market as it was known at an instant. Cloning is cheap; reads may run on many threads at once.
///
/// There is no way from here to anything that was not known at the instant. Positions of instruments are the
/// snapshot's own: in the order of the tickers of the day.
#[derive(Debug, Clone)]
pub struct Snapshot {
    set: Arc<MarketSet>,
    as_of: Instant,
    /// By venue: the local date just before the instant.
    todays: Arc<[NaiveDate]>,
    /// By series, then by venue: the newest key that a visible bar may have.
    known: Arc<[Vec<Option<i64>>]>,
    view: Arc<View>,
    /// Those that have visible bars.
    timeframes: Arc<[Timeframe]>,
    data_until: Option<Instant>,
    stale_sessions: u32,
    quotes: Arc<quotes::Newest>,
}

/// The newest bar of some.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Newest {
    known_at: Instant,
    venue: usize,
    /// The last day that it covers.
    day: i32,
}

impl Snapshot {
    pub(crate) fn new(set: Arc<MarketSet>, as_of: &AsOf, now: Instant) -> Result<Self, MarketError> {
        let no_bars = || MarketError::NoBars { path: set.dir.clone() };
        let as_of = match as_of {
            AsOf::At(instant) => *instant,
            AsOf::Now => now,
            AsOf::Latest => latest(&set).ok_or_else(no_bars)?,
            AsOf::Date(date) => {
                let closes = set.venues.iter().map(|venue| venue.calendar.known_at(*date));
                closes.max().ok_or_else(no_bars)?
            }
        };
        // at midnight the day that ends counts still: the next one has brought nothing yet
        let instant = Instant::from_millis(as_of.millis().saturating_sub(1));
        let today = |venue: &Venue| venue.calendar.local_date(instant).unwrap_or_default();
        let todays: Arc<[NaiveDate]> = set.venues.iter().map(today).collect();
        let known: Arc<[Vec<Option<i64>>]> =
            set.series.iter().map(|series| newest_known(&set, series, as_of)).collect();
        let view = View::new(&set.instruments, |position| Presence {
            today: set
                .venue_of
                .get(position)
                .and_then(|venue| todays.get(*venue as usize))
                .copied()
                .unwrap_or_default(),
            has_only_later_bars: has_only_later_bars(&set, &known, position),
        });
        let mut snapshot = Self {
            set,
            as_of,
            todays,
            known,
            view: Arc::new(view),
            timeframes: Arc::new([]),
            data_until: None,
            stale_sessions: 0,
            quotes: Arc::default(),
        };
        let by_series = snapshot.newest()?;
        snapshot.timeframes = by_series.iter().map(|(timeframe, _)| *timeframe).collect();
        let newest = by_series.into_iter().map(|(_, newest)| newest).max();
        snapshot.data_until = newest.map(|newest| newest.known_at);
        snapshot.stale_sessions = newest.map_or(0, |newest| {
            let venue = snapshot.set.venues.get(newest.venue);
            venue.map_or(0, |venue| known::sessions_since(&venue.calendar, newest.day, as_of))
        });
        Ok(snapshot)
    }

    /// The instant; for [`AsOf::Latest`] the one at which the newest bar became known.
    #[must_use]
    pub fn as_of(&self) -> Instant {
        self.as_of
    }

    /// SHA-256 of the set's content, lower-case hex: with the same one, the same instant and the same calendars a
    /// snapshot has the same bars.
    #[must_use]
    pub fn market_digest(&self) -> &str {
        &self.set.digest
    }

    /// The days that the user changed in the calendars.
    #[must_use]
    pub fn calendar_changes(&self) -> &[DayChange] {
        self.set.all_calendars.changes()
    }

    /// When the newest visible bar of the whole market became known.
    #[must_use]
    pub fn data_until(&self) -> Option<Instant> {
        self.data_until
    }

    /// Sessions that were completed after [`Snapshot::data_until`] and up to the instant, at the venue of the
    /// newest bar; 0 is fresh. Counted up to [`MAX_STALE_SESSIONS`], which means so many or more.
    #[must_use]
    pub fn stale_sessions(&self) -> u32 {
        self.stale_sessions
    }

    /// All instruments of the set, also those that were not listed, with the tickers of the day: sorted by symbol,
    /// then id.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        self.view.instruments(&self.set.instruments)
    }

    /// The same instruments in the same order, as the set has them today: with today's tickers and status.
    pub fn today_instruments(&self) -> impl Iterator<Item = &Instrument> {
        let of = |position| self.set.instruments.get(self.view.set_position(position));
        (0..self.set.instruments.len()).filter_map(of)
    }

    /// Ascending positions of the instruments that were listed at the instant. One that nobody told the listing of
    /// counts from its first bar on.
    #[must_use]
    pub fn listed(&self) -> &[usize] {
        self.view.listed()
    }

    /// The position of a symbol: that of the instrument that had the ticker on the day, else the one that is found
    /// by it or by one of its other spellings today.
    #[must_use]
    pub fn find(&self, symbol: &Symbol) -> Option<usize> {
        self.view
            .find(&self.set.instruments, symbol)
            .or_else(|| self.set.find(symbol).and_then(|position| self.view.position_of(position)))
    }

    /// The distinct venues, by code.
    #[must_use]
    pub fn calendars(&self) -> &[Calendar] {
        &self.set.calendars
    }

    /// Index into [`Snapshot::calendars`] of an instrument's venue; 0 for a position that does not exist.
    #[must_use]
    pub fn venue_of(&self, instrument: usize) -> usize {
        self.set.venue_of.get(self.view.set_position(instrument)).map_or(0, |venue| *venue as usize)
    }

    /// Timeframes that have visible bars, shortest first.
    #[must_use]
    pub fn timeframes(&self) -> &[Timeframe] {
        &self.timeframes
    }

    /// The set, and where an instrument stands in it; beyond its end for a position that does not exist.
    pub(crate) fn place(&self, position: usize) -> (&MarketSet, usize) {
        (&self.set, self.view.set_position(position))
    }

    /// The position in the set of an instrument.
    fn checked(&self, position: usize) -> Result<usize, MarketError> {
        let count = self.set.instruments.len();
        Some(self.view.set_position(position))
            .filter(|own| *own < count)
            .ok_or(MarketError::Position { position, count })
    }

    /// The positions in the set of some instruments.
    fn all_checked<'a>(&self, positions: &'a [usize]) -> Result<Cow<'a, [usize]>, MarketError> {
        if self.view.has_own_positions() {
            return positions.iter().map(|position| self.checked(*position)).collect();
        }
        positions.iter().try_for_each(|position| self.checked(*position).map(drop))?;
        Ok(Cow::Borrowed(positions))
    }

    /// The local date of an instrument's venue, by position in the set; at midnight that of the day that ends.
    fn today(&self, set_position: usize) -> NaiveDate {
        let venue = self.set.venue_of.get(set_position);
        venue.and_then(|venue| self.todays.get(*venue as usize)).copied().unwrap_or_default()
    }

    /// The newest visible bar of each timeframe that has one.
    fn newest(&self) -> Result<Vec<(Timeframe, Newest)>, MarketError> {
        let mut newest = Vec::new();
        for (series, known) in self.set.series.iter().zip(self.known.iter()) {
            let found = match series.timeframe.millis() {
                None => newest_day(&self.set, series, known),
                Some(span) => self.newest_within_days(series, known, span)?,
            };
            newest.extend(found.map(|found| (series.timeframe, found)));
        }
        Ok(newest)
    }
}

/// The newest of the bars that are told by days.
fn newest_day(set: &MarketSet, series: &Series, known: &[Option<i64>]) -> Option<Newest> {
    let of_venue = |(venue, key): (usize, &Option<i64>)| {
        let day = i32::try_from((*key)?).ok()?;
        let calendar = &set.venues.get(venue)?.calendar;
        let known_at = periods::known_at(calendar, series.timeframe, i64::from(day));
        Some(Newest { known_at, venue, day: known::last_day_of(series.timeframe, day) })
    };
    known.iter().enumerate().filter_map(of_venue).max()
}

/// By venue, the newest key of a series that was known.
fn newest_known(set: &MarketSet, series: &Series, as_of: Instant) -> Vec<Option<i64>> {
    let of_venue = |(venue, days): (&Venue, &crate::market::BarDays)| {
        known::newest_known(&venue.calendar, series.timeframe, days.days(), as_of)
    };
    set.venues.iter().zip(&series.days).map(of_venue).collect()
}

/// When the newest bar of all became known.
fn latest(set: &MarketSet) -> Option<Instant> {
    let of_series = |series: &Series| {
        if series.timeframe.millis().is_none() {
            let days = set.venues.iter().zip(&series.days);
            let known = days.filter_map(|(venue, days)| {
                Some(periods::known_at(&venue.calendar, series.timeframe, i64::from(*days.days().last()?)))
            });
            return known.max();
        }
        // within a venue the instants ascend with the keys
        let mut newest = vec![None; set.venues.len()];
        for (keys, venue) in series.spans.iter().zip(&set.venue_of) {
            if let (Some((_, last)), Some(known)) = (keys.keys, newest.get_mut(*venue as usize)) {
                *known = (*known).max(Some(last));
            }
        }
        let known = newest.iter().zip(&set.venues).filter_map(|(open, venue)| {
            open.map(|open| periods::known_at(&venue.calendar, series.timeframe, open))
        });
        known.max()
    };
    set.series.iter().filter_map(of_series).max()
}

/// Whether an instrument has bars of which none is visible.
fn has_only_later_bars(set: &MarketSet, known: &[Vec<Option<i64>>], position: usize) -> bool {
    let venue = set.venue_of.get(position).map_or(usize::MAX, |venue| *venue as usize);
    let mut later = false;
    for (series, known) in set.series.iter().zip(known) {
        let Some((oldest, _)) = series.spans.get(position).and_then(|span| span.keys) else { continue };
        if known.get(venue).copied().flatten().is_some_and(|newest| oldest <= newest) {
            return false;
        }
        later = true;
    }
    later
}

#[cfg(test)]
mod tests;

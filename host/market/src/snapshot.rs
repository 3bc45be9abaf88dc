//! The market as it was known at an instant.

use std::ops::Range;
use std::sync::Arc;

use crate::as_of::AsOf;
use crate::bars::{BarColumn, BarRequest, Bars, Timeframe};
use crate::calendar::Calendar;
use crate::days::{date_of, day_of};
use crate::error::MarketError;
use crate::instant::Instant;
use crate::instrument::Instrument;
use crate::market::{MarketSet, Venue};
use crate::set::{BarFile, Span};

/// The market as it was known at an instant. Cloning is cheap; reads may run on many threads at once.
///
/// There is no way from here to a bar that was not complete at the instant.
#[derive(Debug, Clone)]
pub struct Snapshot {
    set: Arc<MarketSet>,
    as_of: Instant,
    /// By venue: the newest day with a bar that was known at the instant.
    newest_days: Arc<[Option<i32>]>,
    data_until: Option<Instant>,
    stale_sessions: u32,
}

/// Beyond a year nobody asks how old data is exactly, and every year of a calendar takes milliseconds to work out.
pub const MAX_STALE_SESSIONS: u32 = 250;

/// The visible rows of one instrument of a request.
#[derive(Debug, Clone)]
struct Visible {
    rows: Range<u64>,
    newest_day: Option<i32>,
}

impl Snapshot {
    pub(crate) fn new(set: Arc<MarketSet>, as_of: &AsOf, now: Instant) -> Result<Self, MarketError> {
        let as_of = match as_of {
            AsOf::At(instant) => *instant,
            AsOf::Now => now,
            AsOf::Latest => {
                latest_close(&set).ok_or_else(|| MarketError::NoBars { path: set.dir.clone() })?
            }
            AsOf::Date(date) => set
                .venues
                .iter()
                .map(|venue| venue.calendar.known_at(*date))
                .max()
                .ok_or_else(|| MarketError::NoBars { path: set.dir.clone() })?,
        };
        let newest_days: Arc<[_]> = set.venues.iter().map(|venue| newest_known_day(venue, as_of)).collect();
        let newest = set
            .venues
            .iter()
            .zip(newest_days.iter())
            .filter_map(|(venue, day)| Some((venue.calendar.known_at(date_of((*day)?)), venue, (*day)?)))
            .max_by_key(|(close, ..)| *close);
        let data_until = newest.map(|(close, ..)| close);
        let stale_sessions = newest.map_or(0, |(_, venue, day)| sessions_since(&venue.calendar, day, as_of));
        Ok(Self { set, as_of, newest_days, data_until, stale_sessions })
    }

    /// The instant; for [`AsOf::Latest`] the close of the newest bar.
    #[must_use]
    pub fn as_of(&self) -> Instant {
        self.as_of
    }

    /// Close of the newest visible bar of the whole market.
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

    /// All instruments, sorted by symbol, then id.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.set.instruments
    }

    /// The distinct venues, by code.
    #[must_use]
    pub fn calendars(&self) -> &[Calendar] {
        &self.set.calendars
    }

    /// Index into [`Snapshot::calendars`] of an instrument's venue; 0 for a position that does not exist.
    #[must_use]
    pub fn venue_of(&self, instrument: usize) -> usize {
        self.set.venue_of.get(instrument).map_or(0, |venue| *venue as usize)
    }

    /// The newest visible bars of some instruments, given by position in any order. May be called from many
    /// threads at once.
    ///
    /// # Errors
    /// A timeframe that is not stored, a position that does not exist, more rows than `u32` counts, a file that
    /// cannot be read.
    pub fn read(&self, instruments: &[usize], request: &BarRequest<'_>) -> Result<Bars, MarketError> {
        if request.timeframe != Timeframe::Day {
            return Err(MarketError::Timeframe { timeframe: request.timeframe });
        }
        let mut visible = self.visible(instruments)?;
        let stale = self.drop_stale(instruments, &mut visible, request.max_age);
        let ranges: Vec<Range<u64>> = visible
            .into_iter()
            .map(|visible| {
                let start = visible.rows.end.saturating_sub(u64::from(request.lookback));
                start.max(visible.rows.start)..visible.rows.end
            })
            .collect();
        let starts = starts_of(&ranges)?;
        let layout = Layout::new(&ranges, &starts);
        let mut bars = Bars {
            columns: vec![Vec::new(); request.columns.len()],
            starts: Vec::new(),
            time: Vec::new(),
            stale,
        };
        if let Some(file) = self.daily() {
            for (column, values) in request.columns.iter().zip(&mut bars.columns) {
                *values = layout.read(|ranges, out| file.read_numbers(number_of(*column), ranges, out))?;
            }
            if request.time {
                bars.time = self.times(instruments, file, &layout, &starts)?;
            }
        }
        bars.starts = starts;
        Ok(bars)
    }

    fn daily(&self) -> Option<&BarFile> {
        self.set.series(Timeframe::Day).map(|series| &series.file)
    }

    /// The rows of each instrument up to the newest bar that was known.
    fn visible(&self, instruments: &[usize]) -> Result<Vec<Visible>, MarketError> {
        let count = self.set.instruments.len();
        let spans = self.set.series(Timeframe::Day).map_or(&[][..], |series| &series.spans);
        let mut visible = Vec::with_capacity(instruments.len());
        let mut partly = Vec::new();
        for (index, position) in instruments.iter().copied().enumerate() {
            let outside = MarketError::Position { position, count };
            if position >= count {
                return Err(outside);
            }
            let span = spans.get(position).copied().unwrap_or_default();
            let newest_known = self.newest_days.get(self.venue_of(position)).copied().flatten();
            let all = span.first..span.first + span.rows;
            visible.push(match (days_of(span), newest_known) {
                (Some((_, last)), Some(known)) if last <= known => {
                    Visible { rows: all, newest_day: Some(last) }
                }
                (Some((first, _)), Some(known)) if first <= known => {
                    partly.push((index, known));
                    Visible { rows: all, newest_day: None }
                }
                _ => Visible { rows: span.first..span.first, newest_day: None },
            });
        }
        self.cut(&mut visible, &partly)?;
        Ok(visible)
    }

    /// Cuts the rows of instruments that have both visible and invisible bars, given as (index, newest day).
    fn cut(&self, visible: &mut [Visible], partly: &[(usize, i32)]) -> Result<(), MarketError> {
        let Some(file) = self.daily().filter(|_| !partly.is_empty()) else { return Ok(()) };
        let ranges: Vec<Range<u64>> = partly
            .iter()
            .filter_map(|(index, _)| visible.get(*index))
            .map(|visible| visible.rows.clone())
            .collect();
        let starts = starts_of(&ranges)?;
        let days = Layout::new(&ranges, &starts).read(|ranges, out| file.read_days(ranges, out))?;
        for ((index, known), window) in partly.iter().zip(starts.windows(2)) {
            let own = window_of(&days, window);
            let count = own.partition_point(|day| day <= known);
            if let Some(visible) = visible.get_mut(*index) {
                visible.rows.end = visible.rows.start + count as u64;
                visible.newest_day = count.checked_sub(1).and_then(|newest| own.get(newest).copied());
            }
        }
        Ok(())
    }

    /// Takes the rows from instruments whose newest bar is too old; returns their positions.
    fn drop_stale(&self, instruments: &[usize], visible: &mut [Visible], max_age: Option<u32>) -> Vec<u32> {
        let Some(max_age) = max_age else { return Vec::new() };
        let oldest: Vec<i32> = self
            .set
            .venues
            .iter()
            .map(|venue| oldest_fresh_day(&venue.calendar, self.as_of, max_age))
            .collect();
        let mut stale = Vec::new();
        for (index, (position, visible)) in instruments.iter().zip(visible).enumerate() {
            let oldest = oldest.get(self.venue_of(*position)).copied().unwrap_or(i32::MIN);
            if visible.newest_day.is_some_and(|day| day < oldest) {
                visible.rows.end = visible.rows.start;
                stale.extend(u32::try_from(index));
            }
        }
        stale
    }

    /// Bar opens of the rows of a layout.
    fn times(
        &self,
        instruments: &[usize],
        file: &BarFile,
        layout: &Layout<'_>,
        starts: &[u32],
    ) -> Result<Vec<i64>, MarketError> {
        let days = layout.read(|ranges, out| file.read_days(ranges, out))?;
        let mut times = Vec::with_capacity(days.len());
        for (position, window) in instruments.iter().zip(starts.windows(2)) {
            let Some(venue) = self.set.venue(*position) else { continue };
            let opens = venue.opens();
            let of_day = |day: &i32| {
                opens.at(*day).unwrap_or_else(|| venue.calendar.bar_opens(date_of(*day)).millis())
            };
            times.extend(window_of(&days, window).iter().map(of_day));
        }
        Ok(times)
    }
}

/// Row ranges in the order of the request, and the order in which the file has them.
struct Layout<'a> {
    ranges: &'a [Range<u64>],
    starts: &'a [u32],
    /// The order of the file; none when it is that of the request.
    order: Option<Vec<usize>>,
}

impl<'a> Layout<'a> {
    fn new(ranges: &'a [Range<u64>], starts: &'a [u32]) -> Self {
        let order = (!ranges.is_sorted_by_key(|range| range.start)).then(|| {
            let mut order: Vec<usize> = (0..ranges.len()).collect();
            order.sort_by_key(|index| ranges.get(*index).map(|range| range.start));
            order
        });
        Self { ranges, starts, order }
    }

    /// Reads a column with a function that wants ascending ranges; the answer is in the order of the request.
    fn read<T: Copy + Default>(
        &self,
        read: impl FnOnce(&[Range<u64>], &mut Vec<T>) -> Result<(), MarketError>,
    ) -> Result<Vec<T>, MarketError> {
        let mut values = Vec::new();
        let Some(order) = &self.order else {
            read(self.ranges, &mut values)?;
            return Ok(values);
        };
        let ascending: Vec<Range<u64>> =
            order.iter().filter_map(|index| self.ranges.get(*index).cloned()).collect();
        read(&ascending, &mut values)?;
        let mut placed = vec![T::default(); values.len()];
        let mut rest = values.as_slice();
        for (index, range) in order.iter().zip(&ascending) {
            let length = usize::try_from(range.end - range.start).unwrap_or_default();
            let Some((own, after)) = rest.split_at_checked(length) else { break };
            rest = after;
            let start = self.starts.get(*index).map_or(0, |start| *start as usize);
            if let Some(target) = placed.get_mut(start..start + length) {
                target.copy_from_slice(own);
            }
        }
        Ok(placed)
    }
}

/// The days of an instrument's oldest and newest daily bar.
fn days_of(span: Span) -> Option<(i32, i32)> {
    let (oldest, newest) = span.keys?;
    Some((i32::try_from(oldest).ok()?, i32::try_from(newest).ok()?))
}

fn number_of(column: BarColumn) -> usize {
    match column {
        BarColumn::Open => 0,
        BarColumn::High => 1,
        BarColumn::Low => 2,
        BarColumn::Close => 3,
        BarColumn::Volume => 4,
    }
}

fn starts_of(ranges: &[Range<u64>]) -> Result<Vec<u32>, MarketError> {
    let mut starts = Vec::with_capacity(ranges.len() + 1);
    let mut rows = 0_u64;
    starts.push(0);
    for range in ranges {
        rows += range.end - range.start;
        let limit = u64::from(u32::MAX);
        starts.push(u32::try_from(rows).map_err(|_| MarketError::TooManyRows { rows, limit })?);
    }
    Ok(starts)
}

fn window_of<'a, T>(values: &'a [T], window: &[u32]) -> &'a [T] {
    match window {
        [start, end] => values.get(*start as usize..*end as usize).unwrap_or_default(),
        _ => &[],
    }
}

fn latest_close(set: &MarketSet) -> Option<Instant> {
    let close = |venue: &Venue| venue.bar_days.last().map(|day| venue.calendar.known_at(date_of(*day)));
    set.venues.iter().filter_map(close).max()
}

/// The newest day with bars that was known: closes ascend with the dates.
fn newest_known_day(venue: &Venue, as_of: Instant) -> Option<i32> {
    let known = venue.bar_days.partition_point(|day| venue.calendar.known_at(date_of(*day)) <= as_of);
    known.checked_sub(1).and_then(|newest| venue.bar_days.get(newest).copied())
}

/// Sessions after a day that were completed at an instant, counted up to [`MAX_STALE_SESSIONS`].
fn sessions_since(calendar: &Calendar, day: i32, as_of: Instant) -> u32 {
    let Some(today) = calendar.local_date(as_of) else { return 0 };
    let completed = date_of(day)
        .iter_days()
        .skip(1)
        .take_while(|date| *date <= today)
        .filter(|date| calendar.counts_as_session(*date) && calendar.known_at(*date) <= as_of)
        .take(MAX_STALE_SESSIONS as usize);
    u32::try_from(completed.count()).unwrap_or(u32::MAX)
}

/// The oldest day whose bar has an age of at most so many completed sessions.
fn oldest_fresh_day(calendar: &Calendar, as_of: Instant, max_age: u32) -> i32 {
    let Some(today) = calendar.local_date(as_of) else { return i32::MIN };
    let mut date = today;
    let mut newer = 0_u32;
    loop {
        if calendar.counts_as_session(date) && calendar.known_at(date) <= as_of {
            if newer == max_age {
                return day_of(date);
            }
            newer += 1;
        }
        match date.pred_opt() {
            Some(before) if newer <= max_age && day_of(before) > OLDEST_DAY => date = before,
            _ => return i32::MIN,
        }
    }
}

/// 1900-01-01 in days since the epoch: imports refuse older bars.
const OLDEST_DAY: i32 = -25_567;

#[cfg(test)]
mod tests;

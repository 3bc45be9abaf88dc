//! Bars of a snapshot: which rows are visible, which of them were asked for, and their columns.

use std::ops::Range;

use super::known;
use super::layout::{Layout, starts_of, window_of};
use super::{Newest, Snapshot};
use crate::bars::{BarColumn, BarRequest, Bars, Timeframe};
use crate::days::LocalDays;
use crate::error::MarketError;
use crate::market::Series;
use crate::periods;
use crate::set::BarFile;

/// Instruments with more rows are first searched by single rows, so that not all of a long history is read to find
/// where it is cut.
const SEARCHED_ROWS: u64 = 16_384;
/// Rows to which such a search comes down: one page.
const READ_ROWS: u64 = 4_096;
/// Bars within a day open at multiples of this or of their span, in milliseconds: half an hour.
const GRID: i64 = 1_800_000;

/// A series as the snapshot sees it, with instruments by their positions in the set.
pub(super) struct Window<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) series: &'a Series,
    /// By venue: the newest key that a visible bar may have.
    pub(super) known: &'a [Option<i64>],
}

/// The visible rows of one instrument of a request.
#[derive(Debug, Clone)]
pub(super) struct Visible {
    pub(super) rows: Range<u64>,
    /// Key of the newest of them.
    newest: Option<i64>,
}

/// What tells bars of a series.
trait Key: Copy + Default + PartialOrd {
    fn read(file: &BarFile, ranges: &[Range<u64>], out: &mut Vec<Self>) -> Result<(), MarketError>;
    fn value(self) -> i64;
}

/// A day.
impl Key for i32 {
    fn read(file: &BarFile, ranges: &[Range<u64>], out: &mut Vec<Self>) -> Result<(), MarketError> {
        file.read_days(ranges, out)
    }

    fn value(self) -> i64 {
        i64::from(self)
    }
}

/// The millisecond of the open.
impl Key for i64 {
    fn read(file: &BarFile, ranges: &[Range<u64>], out: &mut Vec<Self>) -> Result<(), MarketError> {
        file.read_starts(ranges, out)
    }

    fn value(self) -> i64 {
        self
    }
}

impl Snapshot {
    /// The newest visible bars of some instruments, given by position in any order; none of a timeframe without
    /// visible bars. May be called from many threads at once.
    ///
    /// # Errors
    /// A position that does not exist, more rows than `u32` counts, a file that cannot be read.
    pub fn read(&self, instruments: &[usize], request: &BarRequest<'_>) -> Result<Bars, MarketError> {
        let positions = self.all_checked(instruments)?;
        let Some(window) = self.window(request.timeframe) else {
            let starts = vec![0; instruments.len() + 1];
            return Ok(Bars { starts, columns: vec![Vec::new(); request.columns.len()], ..Bars::default() });
        };
        let mut visible = window.visible(&positions)?;
        let stale = window.drop_stale(&positions, &mut visible, request.max_age);
        let ranges: Vec<Range<u64>> = visible
            .into_iter()
            .map(|visible| {
                let start = visible.rows.end.saturating_sub(u64::from(request.lookback));
                start.max(visible.rows.start)..visible.rows.end
            })
            .collect();
        let starts = starts_of(&ranges)?;
        let layout = Layout::new(&ranges, &starts);
        let file = &window.series.file;
        let read = |column: &BarColumn| {
            layout.read(|ranges, out| file.read_numbers(number_of(*column), ranges, out))
        };
        let mut columns = request.columns.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        window.adjust(&positions, &ranges, &starts, request, &mut columns)?;
        let time = if request.time { window.times(&positions, &layout, &starts)? } else { Vec::new() };
        Ok(Bars { starts, time, columns, stale })
    }

    /// None when no bar of the timeframe is visible.
    pub(super) fn window(&self, timeframe: Timeframe) -> Option<Window<'_>> {
        let mut windows = self.set.series.iter().zip(self.known.iter());
        let (series, known) = windows.find(|(series, _)| series.timeframe == timeframe)?;
        self.timeframes.contains(&timeframe).then_some(Window { snapshot: self, series, known })
    }

    /// The newest visible bar of a series that is told by instants.
    pub(super) fn newest_within_days(
        &self,
        series: &Series,
        known: &[Option<i64>],
        span: i64,
    ) -> Result<Option<Newest>, MarketError> {
        let window = Window { snapshot: self, series, known };
        let mut best: Vec<Option<i64>> = vec![None; self.set.venues.len()];
        let mut partly = Vec::new();
        for (position, own) in series.spans.iter().enumerate() {
            let (Some((oldest, newest)), Some(limit)) = (own.keys, window.limit(position)) else { continue };
            let Some(best) = best.get_mut(self.set.venue_index(position)) else { continue };
            if newest <= limit {
                *best = (*best).max(Some(newest));
            } else if oldest <= limit {
                partly.push(position);
            }
        }
        // those that trade most have probably one of the newest bars, beyond which none can be
        partly.sort_by_key(|position| std::cmp::Reverse(series.spans.get(*position).map(|span| span.rows)));
        for position in partly {
            let (Some(own), Some(limit)) = (series.spans.get(position), window.limit(position)) else {
                continue;
            };
            let Some(best) = best.get_mut(self.set.venue_index(position)) else { continue };
            if best.is_some_and(|best| best >= limit - limit.rem_euclid(span.min(GRID))) {
                continue;
            }
            let block = narrow::<i64>(&series.file, own.first..own.first + own.rows, limit)?;
            let mut opens = Vec::new();
            series.file.read_starts(&[block], &mut opens)?;
            let newest = opens.partition_point(|open| *open <= limit).checked_sub(1);
            *best = (*best).max(newest.and_then(|newest| opens.get(newest)).copied());
        }
        let newest = best.iter().enumerate().filter_map(|(venue, open)| {
            let calendar = &self.set.venues.get(venue)?.calendar;
            let day = LocalDays::new(calendar.tz()).day((*open)?);
            Some(Newest { known_at: periods::known_at(calendar, series.timeframe, (*open)?), venue, day })
        });
        Ok(newest.max())
    }
}

impl Window<'_> {
    /// The newest key that a visible bar of an instrument may have.
    fn limit(&self, position: usize) -> Option<i64> {
        self.known.get(self.snapshot.set.venue_index(position)).copied().flatten()
    }

    /// The rows of each instrument up to the newest bar that was known.
    pub(super) fn visible(&self, positions: &[usize]) -> Result<Vec<Visible>, MarketError> {
        let mut visible = Vec::with_capacity(positions.len());
        let mut partly = Vec::new();
        for (index, position) in positions.iter().copied().enumerate() {
            let span = self.series.spans.get(position).copied().unwrap_or_default();
            let all = span.first..span.first + span.rows;
            visible.push(match (span.keys, self.limit(position)) {
                (Some((_, newest)), Some(limit)) if newest <= limit => {
                    Visible { rows: all, newest: Some(newest) }
                }
                (Some((oldest, _)), Some(limit)) if oldest <= limit => {
                    partly.push((index, limit));
                    Visible { rows: all, newest: None }
                }
                _ => Visible { rows: span.first..span.first, newest: None },
            });
        }
        if !partly.is_empty() {
            match self.series.timeframe.millis() {
                Some(_) => self.cut::<i64>(&mut visible, &partly)?,
                None => self.cut::<i32>(&mut visible, &partly)?,
            }
        }
        Ok(visible)
    }

    /// Cuts the rows of instruments that have both visible and invisible bars, given as (index, newest key).
    fn cut<K: Key>(&self, visible: &mut [Visible], partly: &[(usize, i64)]) -> Result<(), MarketError> {
        let file = &self.series.file;
        let mut blocks = Vec::with_capacity(partly.len());
        for (index, limit) in partly {
            let rows = visible.get(*index).map_or(0..0, |visible| visible.rows.clone());
            blocks.push(narrow::<K>(file, rows, *limit)?);
        }
        let starts = starts_of(&blocks)?;
        let keys = Layout::new(&blocks, &starts).read(|ranges, out| K::read(file, ranges, out))?;
        for (((index, limit), block), window) in partly.iter().zip(&blocks).zip(starts.windows(2)) {
            let own = window_of(&keys, window);
            let count = own.partition_point(|key| key.value() <= *limit);
            if let Some(visible) = visible.get_mut(*index) {
                visible.rows.end = block.start + count as u64;
                visible.newest =
                    count.checked_sub(1).and_then(|newest| own.get(newest)).map(|key| key.value());
            }
        }
        Ok(())
    }

    /// Takes the rows from instruments whose newest bar is too old; returns their places in the request.
    fn drop_stale(&self, positions: &[usize], visible: &mut [Visible], max_age: Option<u32>) -> Vec<u32> {
        let Some(max_age) = max_age else { return Vec::new() };
        let (set, as_of) = (&self.snapshot.set, self.snapshot.as_of);
        let oldest: Vec<i64> = set
            .venues
            .iter()
            .map(|venue| known::oldest_fresh(&venue.calendar, self.series.timeframe, as_of, max_age))
            .collect();
        let mut stale = Vec::new();
        for (index, (position, visible)) in positions.iter().zip(visible).enumerate() {
            let oldest = oldest.get(set.venue_index(*position)).copied().unwrap_or(i64::MIN);
            if visible.newest.is_some_and(|newest| newest < oldest) {
                visible.rows.end = visible.rows.start;
                stale.extend(u32::try_from(index));
            }
        }
        stale
    }

    /// Bar opens of the rows of a layout.
    fn times(
        &self,
        positions: &[usize],
        layout: &Layout<'_>,
        starts: &[u32],
    ) -> Result<Vec<i64>, MarketError> {
        let (series, set) = (self.series, &self.snapshot.set);
        if series.timeframe.millis().is_some() {
            return layout.read(|ranges, out| series.file.read_starts(ranges, out));
        }
        let days = layout.read(|ranges, out| series.file.read_days(ranges, out))?;
        let mut times = Vec::with_capacity(days.len());
        for (position, window) in positions.iter().zip(starts.windows(2)) {
            let venue = set.venue_index(*position);
            let (Some(own), Some(bar_days)) = (set.venues.get(venue), series.days.get(venue)) else {
                continue;
            };
            let opens = bar_days.opens(&own.calendar, series.timeframe);
            let of_day = |day: &i32| {
                opens
                    .at(*day)
                    .unwrap_or_else(|| known::day_opens_at(&own.calendar, series.timeframe, *day).millis())
            };
            times.extend(window_of(&days, window).iter().map(of_day));
        }
        Ok(times)
    }
}

/// Rows among which the last one is whose key is at most `limit`; the rows before them are all visible. The first
/// row is visible, the last one is not.
fn narrow<K: Key>(file: &BarFile, mut rows: Range<u64>, limit: i64) -> Result<Range<u64>, MarketError> {
    if rows.end - rows.start <= SEARCHED_ROWS {
        return Ok(rows);
    }
    let mut key = Vec::new();
    while rows.end - rows.start > READ_ROWS {
        let middle = rows.start + (rows.end - rows.start) / 2;
        key.clear();
        K::read(file, std::slice::from_ref(&(middle..middle + 1)), &mut key)?;
        if key.first().is_some_and(|key| key.value() <= limit) {
            rows.start = middle;
        } else {
            rows.end = middle;
        }
    }
    Ok(rows)
}

/// Which number column of the bar file it is.
pub(super) fn number_of(column: BarColumn) -> usize {
    match column {
        BarColumn::Open => 0,
        BarColumn::High => 1,
        BarColumn::Low => 2,
        BarColumn::Close => 3,
        BarColumn::Volume => 4,
    }
}

//! Bars of a snapshot as rows, for people and for other programs.

use std::ops::Range;

use super::Snapshot;
use super::layout::{Layout, starts_of, window_of};
use crate::bars::{Adjustment, BarColumn, BarRequest};
use crate::data::{BarRow, BarSpan, BarTime};
use crate::error::MarketError;

/// In the order of a row.
const COLUMNS: [BarColumn; 5] =
    [BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close, BarColumn::Volume];

impl Snapshot {
    /// Known bars of instruments within a span, adjusted as of the instant: one list for each of them, oldest first.
    ///
    /// # Errors
    /// As [`Snapshot::read`], and a timeframe without visible bars.
    pub(crate) fn rows(
        &self,
        instruments: &[usize],
        span: &BarSpan,
        adjustment: Adjustment,
    ) -> Result<Vec<Vec<BarRow>>, MarketError> {
        let positions = self.all_checked(instruments)?;
        let timeframe = span.timeframe;
        let Some(window) = self.window(timeframe) else {
            return Err(MarketError::Timeframe { timeframe, known: self.timeframes.to_vec() });
        };
        let file = &window.series.file;
        let visible: Vec<Range<u64>> =
            window.visible(&positions)?.into_iter().map(|visible| visible.rows).collect();
        let starts = starts_of(&visible)?;
        let keys = Layout::new(&visible, &starts).read(|ranges, out| file.read_keys(ranges, out))?;
        let wanted =
            |position: usize| self.set.venue(position).map_or(0..0, |venue| span.keys(&venue.calendar));
        // what comes after the span is read as well: dividends in it are reckoned by its closes
        let mut ranges = Vec::with_capacity(visible.len());
        let mut counts = Vec::with_capacity(visible.len());
        for ((position, visible), own) in positions.iter().zip(&visible).zip(starts.windows(2)) {
            let (own, wanted) = (window_of(&keys, own), wanted(*position));
            let first = own.partition_point(|key| *key < wanted.start);
            counts.push(own.partition_point(|key| *key < wanted.end).saturating_sub(first));
            ranges.push(visible.start + first as u64..visible.end);
        }
        let starts = starts_of(&ranges)?;
        let layout = Layout::new(&ranges, &starts);
        let keys = layout.read(|ranges, out| file.read_keys(ranges, out))?;
        let numbers = 0..COLUMNS.len();
        let read = |number| layout.read(|ranges, out| file.read_numbers(number, ranges, out));
        let mut columns = numbers.map(read).collect::<Result<Vec<Vec<f64>>, _>>()?;
        let request = BarRequest {
            timeframe,
            columns: &COLUMNS,
            time: false,
            lookback: u32::MAX,
            max_age: None,
            adjustment,
        };
        window.adjust(&positions, &ranges, &starts, &request, &mut columns)?;
        let of_instrument = |(own, count): (&[u32], usize)| {
            let keys = window_of(&keys, own);
            let columns = columns.iter().map(|column| window_of(column, own)).collect::<Vec<_>>();
            let value = |column: usize, row: usize| {
                columns.get(column).and_then(|values| values.get(row)).copied().unwrap_or(f64::NAN)
            };
            let row = |(row, key): (usize, &i64)| BarRow {
                time: BarTime::of(timeframe, *key),
                open: value(0, row),
                high: value(1, row),
                low: value(2, row),
                close: value(3, row),
                volume: value(4, row),
            };
            keys.iter().enumerate().take(count).map(row).collect()
        };
        Ok(starts.windows(2).zip(counts).map(of_instrument).collect())
    }
}

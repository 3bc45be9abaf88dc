//! The average true range of daily bars, as of the scan's instant.

use sluice_market::{Adjustment, BarColumn, BarRequest, MarketError, Snapshot, Timeframe};

/// Bars that are read for each bar of the period: Wilder's smoothing has then forgotten all but e⁻⁸ of its seed.
const MEMORY: u32 = 8;

/// The newest close and the range at it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    /// In the instrument's currency; NaN when unknown.
    pub(super) close: f64,
    /// In the instrument's currency; NaN when unknown.
    pub(super) atr: f64,
}

impl Range {
    /// Of an instrument without bars.
    pub(super) const UNKNOWN: Self = Self { close: f64::NAN, atr: f64::NAN };

    /// Of daily bars, oldest first.
    fn of(high: &[f64], low: &[f64], close: &[f64], period: usize) -> Self {
        Self { close: close.last().copied().unwrap_or(f64::NAN), atr: average(high, low, close, period) }
    }
}

/// Of each of these instruments, in their order. All are unknown in a market without daily bars.
pub(super) fn ranges(
    snapshot: &Snapshot,
    instruments: &[usize],
    period: u32,
) -> Result<Vec<Range>, MarketError> {
    if instruments.is_empty() || !snapshot.timeframes().contains(&Timeframe::Day) {
        return Ok(vec![Range::UNKNOWN; instruments.len()]);
    }
    let bars = snapshot.read(
        instruments,
        &BarRequest {
            timeframe: Timeframe::Day,
            columns: &[BarColumn::High, BarColumn::Low, BarColumn::Close],
            time: false,
            lookback: period.saturating_mul(MEMORY) + 1,
            max_age: None,
            adjustment: Adjustment::Split,
        },
    )?;
    let column = |at: usize, rows: &std::ops::Range<usize>| {
        bars.columns.get(at).and_then(|column| column.get(rows.clone())).unwrap_or_default()
    };
    let range = |pair: &[u32]| match pair {
        [start, end] => {
            let rows = *start as usize..*end as usize;
            Range::of(column(0, &rows), column(1, &rows), column(2, &rows), period as usize)
        }
        _ => Range::UNKNOWN,
    };
    Ok(bars.starts.windows(2).map(range).collect())
}

/// Wilder's average (1978): the mean of the first `period` true ranges, of which the first is that of the second bar,
/// then (average · (period − 1) + range) / period. NaN with fewer bars; a bar without its prices is left out.
fn average(high: &[f64], low: &[f64], close: &[f64], period: usize) -> f64 {
    let whole = high.iter().zip(low).zip(close).map(|((high, low), close)| (*high, *low, *close));
    let mut before = f64::NAN;
    let (mut average, mut count) = (0.0, 0_usize);
    for (high, low, close) in whole.filter(|(high, low, close)| (high + low + close).is_finite()) {
        if !before.is_nan() {
            let range = (high - low).max((high - before).abs()).max((low - before).abs());
            let weight = (count + 1).min(period) as f64;
            average += (range - average) / weight;
            count += 1;
        }
        before = close;
    }
    if count >= period { average } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True ranges 1 (left out: the first bar has none before it), 2, 2, 2, 3, 2.5.
    const HIGH: [f64; 6] = [10.0, 11.0, 12.0, 13.0, 15.0, 14.0];
    const LOW: [f64; 6] = [9.0, 9.0, 10.0, 11.0, 12.0, 12.0];
    const CLOSE: [f64; 6] = [9.5, 10.5, 11.5, 12.5, 14.5, 12.5];

    #[test]
    fn the_average_is_wilders_and_begins_with_the_second_bar() {
        let of = |bars: usize| average(&HIGH[..bars], &LOW[..bars], &CLOSE[..bars], 3);
        assert!(of(3).is_nan());
        assert_eq!(of(4), 2.0);
        assert!((of(5) - 7.0 / 3.0).abs() < 1e-12);
        assert!((of(6) - (2.0 * 7.0 / 3.0 + 2.5) / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_bar_without_its_prices_is_left_out() {
        let with = |values: &[f64]| [&values[..2], &[f64::NAN], &values[2..]].concat();
        let spoilt = average(&with(&HIGH), &with(&LOW), &with(&CLOSE), 3);
        assert_eq!(spoilt.to_bits(), average(&HIGH, &LOW, &CLOSE, 3).to_bits());
    }
}

//! How much a price moves: true range, ATR, Bollinger bands.

use super::averages::{Smoother, sma, sma_last};
use super::missing::{RUN, all_known, is_known, known, padded, same_length};
use super::rolling::{rolling_std, rolling_std_last};

/// True range (Wilder 1978), in price units: the bar's range, widened to the previous close. NaN on the first row,
/// which has no previous close.
pub fn true_range(high: &[f64], low: &[f64], close: &[f64]) -> Vec<f64> {
    let mut previous = f64::NAN;
    let bars = high.iter().zip(low).zip(close);
    padded(
        bars.map(|((&high, &low), &close)| next_range(high, low, close, &mut previous)),
        [high, low, close],
    )
}

/// Average true range (Wilder 1978), in price units: seeded with the plain mean of the first `period` true ranges, of
/// which the first is that of row 1, then Wilder's smoothing. First value at row `period`.
pub fn atr(high: &[f64], low: &[f64], close: &[f64], period: usize) -> Vec<f64> {
    let mut state = AverageRange::new(period);
    let bars = high.iter().zip(low).zip(close);
    let rows = bars.map(|((&high, &low), &close)| {
        state.push(high, low, close);
        state.average.mean()
    });
    padded(rows, [high, low, close])
}

/// The newest value of [`atr`].
pub fn atr_last(high: &[f64], low: &[f64], close: &[f64], period: usize) -> f64 {
    let mut state = AverageRange::new(period);
    if same_length([high, low, close]) {
        let ((highs, high), (lows, low), (closes, close)) =
            (high.as_chunks::<RUN>(), low.as_chunks::<RUN>(), close.as_chunks::<RUN>());
        for ((high, low), close) in highs.iter().zip(lows).zip(closes) {
            state.push_run(high, low, close);
        }
        for ((&high, &low), &close) in high.iter().zip(low).zip(close) {
            state.push(high, low, close);
        }
    }
    state.average.mean()
}

/// The state of an ATR.
struct AverageRange {
    previous: f64,
    average: Smoother,
}

impl AverageRange {
    fn new(period: usize) -> Self {
        Self { previous: f64::NAN, average: Smoother::wilder(period) }
    }

    #[inline]
    fn push(&mut self, high: f64, low: f64, close: f64) {
        let range = next_range(high, low, close, &mut self.previous);
        if !range.is_nan() {
            self.average.push(range);
        } else if self.previous.is_nan() {
            self.average.restart();
        }
    }

    #[inline]
    fn push_run(&mut self, high: &[f64; RUN], low: &[f64; RUN], close: &[f64; RUN]) {
        let bars = high.iter().zip(low).zip(close);
        let steady = self.average.is_ready() && is_known(self.previous);
        if !(steady && all_known(high) && all_known(low) && all_known(close)) {
            bars.for_each(|((&high, &low), &close)| self.push(high, low, close));
            return;
        }
        for ((&high, &low), &close) in bars {
            self.average.advance(true_range_of(high, low, self.previous));
            self.previous = close;
        }
    }
}

/// The true range against the previous close, which is then replaced by this one; a missing bar has neither.
#[inline]
fn next_range(high: f64, low: f64, close: f64, previous: &mut f64) -> f64 {
    if !(is_known(high) && is_known(low) && is_known(close)) {
        *previous = f64::NAN;
        return f64::NAN;
    }
    let before = std::mem::replace(previous, close);
    if before.is_nan() { f64::NAN } else { true_range_of(high, low, before) }
}

/// All numbers are known.
#[inline]
pub(super) fn true_range_of(high: f64, low: f64, previous_close: f64) -> f64 {
    // Not `f64::max`, which is a call in WebAssembly; nothing is NaN here.
    let larger = |a: f64, b: f64| if a > b { a } else { b };
    larger(larger(high - low, (high - previous_close).abs()), (low - previous_close).abs())
}

/// Three price lines. `T` is a column, or a number for the newest row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bollinger<T = Vec<f64>> {
    /// Middle plus the deviations.
    pub upper: T,
    /// Simple moving average.
    pub middle: T,
    /// Middle minus the deviations.
    pub lower: T,
}

/// Bollinger bands: the [`sma`] of `period` closes, and `deviations` population standard deviations above and below
/// it. All three on the same price when the closes are equal. First value at row `period − 1`; usual are 20 bars and
/// 2 deviations.
///
/// ```
/// use sluice_sdk::indicators::bollinger;
/// let bands = bollinger(&[1.0, 3.0], 2, 2.0);
/// assert_eq!((bands.lower[1], bands.middle[1], bands.upper[1]), (0.0, 2.0, 4.0));
/// ```
pub fn bollinger(close: &[f64], period: usize, deviations: f64) -> Bollinger {
    let middle = sma(close, period);
    let mut upper = rolling_std(close, period);
    let mut lower = Vec::with_capacity(close.len());
    for (upper, &middle) in upper.iter_mut().zip(&middle) {
        let row = bands(middle, *upper, deviations);
        *upper = row.upper;
        lower.push(row.lower);
    }
    Bollinger { upper, middle, lower }
}

/// The newest row of [`bollinger`].
pub fn bollinger_last(close: &[f64], period: usize, deviations: f64) -> Bollinger<f64> {
    bands(sma_last(close, period), rolling_std_last(close, period), deviations)
}

#[inline]
fn bands(middle: f64, deviation: f64, deviations: f64) -> Bollinger<f64> {
    let width = deviations * deviation;
    Bollinger { upper: known(middle + width), middle, lower: known(middle - width) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIGH: [f64; 6] = [10.0, 11.0, 12.0, 13.0, 15.0, 14.0];
    const LOW: [f64; 6] = [9.0, 9.0, 10.0, 11.0, 12.0, 12.0];
    const CLOSE: [f64; 6] = [9.5, 10.5, 11.5, 12.5, 14.5, 12.5];

    #[test]
    fn the_true_range_needs_a_previous_close_and_reaches_to_it() {
        let out = true_range(&HIGH, &LOW, &CLOSE);
        assert!(out[0].is_nan());
        assert_eq!(out[1..], [2.0, 2.0, 2.0, 3.0, 2.5]);
    }

    #[test]
    fn the_atr_leaves_out_the_first_bar_and_smooths_as_wilder_did() {
        let out = atr(&HIGH, &LOW, &CLOSE, 3);
        assert!(out[..3].iter().all(|value| value.is_nan()));
        let expected = [2.0, 7.0 / 3.0, 43.0 / 18.0];
        assert!(
            out[3..].iter().zip(expected).all(|(value, expected)| (value - expected).abs() < 1e-14),
            "{out:?}"
        );
    }

    #[test]
    fn the_atr_starts_anew_after_a_gap_and_keeps_what_was_before() {
        let mut holed = [HIGH, HIGH, HIGH].concat();
        let (low, close) = ([LOW; 3].concat(), [CLOSE; 3].concat());
        let whole = atr(&holed, &low, &close, 3);
        let after = atr(&holed[9..], &low[9..], &close[9..], 3);
        holed[8] = f64::NAN;
        let out = atr(&holed, &low, &close, 3);
        assert_eq!(out[3..8], whole[3..8]);
        assert!(out[8..12].iter().all(|value| value.is_nan()));
        assert_eq!(out[12..], after[3..]);
        let ranges = true_range(&holed, &low, &close);
        assert!(ranges[8].is_nan() && ranges[9].is_nan() && ranges[10].is_finite());
    }

    #[test]
    fn the_bands_use_the_deviation_of_the_population() {
        let close: Vec<f64> = (1..=20).map(f64::from).collect();
        let out = bollinger_last(&close, 20, 2.0);
        assert!(
            (out.upper - 22.0326).abs() < 5e-5 && out.middle == 10.5 && (out.lower + 1.0326).abs() < 5e-5
        );
    }

    #[test]
    fn the_bands_of_equal_closes_lie_on_the_close() {
        let out = bollinger(&[0.25; 30], 20, 2.0);
        for line in [&out.upper, &out.middle, &out.lower] {
            assert!(
                line[..19].iter().all(|value| value.is_nan())
                    && line[19..].iter().all(|&value| value == 0.25)
            );
        }
        assert!(bollinger_last(&[0.25; 30], 20, f64::INFINITY).upper.is_nan());
    }

    #[test]
    fn impossible_periods_and_differing_lengths_give_nan() {
        for period in [0, 6, usize::MAX] {
            assert!(atr(&HIGH, &LOW, &CLOSE, period).iter().all(|value| value.is_nan()));
            assert!(atr_last(&HIGH, &LOW, &CLOSE, period).is_nan());
        }
        let out = atr(&HIGH, &LOW[..5], &CLOSE, 3);
        assert!(out.len() == 6 && out[4].is_finite() && out[5].is_nan());
        assert!(atr_last(&HIGH, &LOW[..5], &CLOSE, 3).is_nan() && true_range(&HIGH, &[], &CLOSE).len() == 6);
    }
}

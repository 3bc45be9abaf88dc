//! Moving averages: simple, exponential, and the smoothing that the other families are built on.

use super::missing::is_known;
use super::window::{Sum, fold, fold_last};

/// Simple moving average: the mean of the newest `period` values. First value at row `period − 1`.
///
/// ```
/// use sluice_sdk::indicators::sma;
/// assert_eq!(sma(&[1.0, 2.0, 3.0, 6.0], 2)[1..], [1.5, 2.5, 4.5]);
/// ```
pub fn sma(values: &[f64], period: usize) -> Vec<f64> {
    let mut out = fold::<Sum>(values, period);
    let count = period as f64;
    out.iter_mut().for_each(|sum| *sum /= count);
    out
}

/// The newest value of [`sma`].
pub fn sma_last(values: &[f64], period: usize) -> f64 {
    fold_last::<Sum>(values, period) / period as f64
}

/// Exponential moving average with the weight 2 / (`period` + 1), seeded with the mean of the first `period` values.
/// First value at row `period − 1`.
pub fn ema(values: &[f64], period: usize) -> Vec<f64> {
    let mut average = Smoother::exponential(period);
    values.iter().map(|&value| average.follow(value)).collect()
}

/// The newest value of [`ema`].
pub fn ema_last(values: &[f64], period: usize) -> f64 {
    let mut average = Smoother::exponential(period);
    values.iter().fold(f64::NAN, |_, &value| average.follow(value))
}

/// A mean that forgets: seeded with the plain mean of its first `period` values, then moved towards each new value by
/// a fixed share of the distance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Smoother {
    period: usize,
    weight: f64,
    seen: usize,
    /// The sum while warming up, then the mean.
    state: f64,
}

impl Smoother {
    /// As in an EMA: weight 2 / (period + 1).
    pub(super) fn exponential(period: usize) -> Self {
        Self { period, weight: 2.0 / (period as f64 + 1.0), seen: 0, state: 0.0 }
    }

    /// Wilder's: weight 1 / period.
    pub(super) fn wilder(period: usize) -> Self {
        Self { period, weight: 1.0 / period as f64, seen: 0, state: 0.0 }
    }

    /// Takes a value that is known.
    #[inline]
    pub(super) fn push(&mut self, value: f64) {
        if self.seen == self.period {
            self.advance(value);
            return;
        }
        self.state += value;
        self.seen += 1;
        if self.seen == self.period {
            self.state /= self.period as f64;
        }
    }

    /// Takes a value that is known after the warm-up.
    #[inline]
    pub(super) fn advance(&mut self, value: f64) {
        self.state += (value - self.state) * self.weight;
    }

    /// Takes any value, starts anew after a missing one, and tells the mean.
    #[inline]
    fn follow(&mut self, value: f64) -> f64 {
        if is_known(value) {
            self.push(value);
        } else {
            self.restart();
        }
        self.mean()
    }

    /// Forgets everything.
    pub(super) fn restart(&mut self) {
        self.seen = 0;
        self.state = 0.0;
    }

    /// Has it seen enough? Never with a period of 0.
    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        self.seen == self.period && self.period > 0
    }

    /// NaN while warming up.
    #[inline]
    pub(super) fn mean(&self) -> f64 {
        if self.is_ready() { self.state } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ema_is_seeded_with_the_plain_mean() {
        let out = ema(&[1.0, 2.0, 2.0, 1.0, 4.0], 4);
        assert!(out[..3].iter().all(|value| value.is_nan()));
        assert_eq!(out[3..], [1.5, 2.5]);
    }

    #[test]
    fn one_missing_value_costs_the_simple_mean_exactly_its_window() {
        let mut values: Vec<f64> = (0..40).map(f64::from).collect();
        values[6] = f64::NAN;
        let out = sma(&values, 5);
        for (row, value) in out.iter().enumerate().skip(4) {
            assert_eq!(value.is_nan(), (6..11).contains(&row), "row {row}");
        }
        assert_eq!((out[5], out[11]), (3.0, 9.0));
    }

    #[test]
    fn the_ema_starts_anew_after_a_gap_and_keeps_what_was_before() {
        let whole: Vec<f64> = (0..30).map(|row| f64::from(row * row % 17)).collect();
        let mut holed = whole.clone();
        holed[10] = f64::NAN;
        let out = ema(&holed, 4);
        assert_eq!(out[3..10], ema(&whole, 4)[3..10]);
        assert!(out[10..14].iter().all(|value| value.is_nan()));
        assert_eq!(out[14..], ema(&whole[11..], 4)[3..]);
    }

    #[test]
    fn a_period_of_one_is_the_input_and_impossible_periods_give_nan() {
        let values = [3.0, 1.0, 2.0];
        assert_eq!((sma(&values, 1), ema(&values, 1)), (values.to_vec(), values.to_vec()));
        for period in [0, 4, usize::MAX] {
            assert!(sma(&values, period).iter().chain(&ema(&values, period)).all(|value| value.is_nan()));
            assert!(sma_last(&values, period).is_nan() && ema_last(&values, period).is_nan());
        }
        assert!(sma(&[], 3).is_empty() && sma_last(&[], 0).is_nan());
    }
}

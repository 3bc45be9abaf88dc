//! Statistics of a rolling window: extremes, mean, standard deviation, z-score.

use super::averages::sma;
use super::window::{Largest, Smallest, Spread, fold, fold_last, spread_last, spreads};

/// Largest of the newest `period` values. First value at row `period − 1`; NaN while a missing value is in the window.
pub fn rolling_max(values: &[f64], period: usize) -> Vec<f64> {
    fold::<Largest>(values, period)
}

/// Smallest of the newest `period` values; else as [`rolling_max`].
pub fn rolling_min(values: &[f64], period: usize) -> Vec<f64> {
    fold::<Smallest>(values, period)
}

/// Largest of the newest `period` values of the column: the last row of [`rolling_max`].
///
/// ```
/// use sluice_sdk::indicators::highest;
/// assert_eq!(highest(&[9.0, 2.0, 4.0, 3.0], 3), 4.0);
/// ```
pub fn highest(values: &[f64], period: usize) -> f64 {
    fold_last::<Largest>(values, period)
}

/// Smallest of the newest `period` values of the column: the last row of [`rolling_min`].
pub fn lowest(values: &[f64], period: usize) -> f64 {
    fold_last::<Smallest>(values, period)
}

/// Mean of the newest `period` values; another name of [`sma`].
pub fn rolling_mean(values: &[f64], period: usize) -> Vec<f64> {
    sma(values, period)
}

/// Population standard deviation (divided by n, not n − 1) of the newest `period` values. First value at row
/// `period − 1`.
pub fn rolling_std(values: &[f64], period: usize) -> Vec<f64> {
    spreads(values, period, |spread| spread.deviation)
}

/// The newest value of [`rolling_std`].
pub fn rolling_std_last(values: &[f64], period: usize) -> f64 {
    spread_last(values, period).deviation
}

/// How many population standard deviations the value is above the mean of the newest `period` values, itself
/// included. 0 when all of them are equal. First value at row `period − 1`.
pub fn z_score(values: &[f64], period: usize) -> Vec<f64> {
    spreads(values, period, score)
}

/// The newest value of [`z_score`].
pub fn z_score_last(values: &[f64], period: usize) -> f64 {
    score(spread_last(values, period))
}

#[inline]
fn score(spread: Spread) -> f64 {
    if spread.deviation == 0.0 { 0.0 } else { spread.offset / spread.deviation }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_cover_the_newest_bars_including_this_one() {
        let values = [3.0, 1.0, 2.0, 5.0, 4.0];
        assert_eq!(rolling_max(&values, 3)[2..], [3.0, 5.0, 5.0]);
        assert_eq!(rolling_min(&values, 3)[2..], [1.0, 1.0, 2.0]);
        assert_eq!((highest(&values, 2), lowest(&values, 2)), (5.0, 4.0));
    }

    #[test]
    fn a_missing_value_hides_the_extremes_of_its_windows_only() {
        let values = [3.0, f64::NAN, 2.0, 5.0, 4.0];
        assert!(rolling_max(&values, 2)[1].is_nan() && rolling_max(&values, 2)[2].is_nan());
        assert_eq!(rolling_max(&values, 2)[3..], [5.0, 5.0]);
        assert!(lowest(&values, 4).is_nan());
    }

    #[test]
    fn the_standard_deviation_is_that_of_the_population() {
        // 1..=20: variance (20² − 1) / 12.
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert!((rolling_std_last(&values, 20) - 33.25_f64.sqrt()).abs() < 1e-14);
        assert!((z_score_last(&values, 20) - 9.5 / 33.25_f64.sqrt()).abs() < 1e-14);
    }

    #[test]
    fn a_flat_window_has_no_deviation_and_a_z_score_of_zero() {
        assert_eq!(rolling_std(&[0.1; 9], 3)[2..], [0.0; 7]);
        assert_eq!(z_score(&[0.1; 9], 3)[2..], [0.0; 7]);
        assert!(z_score(&[0.1; 9], 3)[..2].iter().all(|value| value.is_nan()));
    }
}

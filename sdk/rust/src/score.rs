//! Scores from figures. Each helper says where 0 and where 100 lie and clamps between; NaN stays NaN, so that a
//! missing figure is seen instead of passing as a number.
//!
//! Nothing else in the SDK clamps a score: the host refuses one outside 0..100.

/// The greatest score.
pub const FULL: f64 = 100.0;

/// Straight line: 0 at `zero`, 100 at `full`, clamped. `full` may be the smaller one. NaN when both are equal.
///
/// ```
/// # use sluice_sdk::score;
/// assert_eq!(score::linear(15.0, 10.0, 20.0), 50.0);
/// assert_eq!(score::linear(25.0, 20.0, 10.0), 0.0);
/// ```
pub fn linear(value: f64, zero: f64, full: f64) -> f64 {
    clamp(FULL * (value - zero) / (full - zero))
}

/// Share of `full`: `linear` from 0, so `min(value / full, 1) · 100` for what is not negative.
pub fn ratio(value: f64, full: f64) -> f64 {
    linear(value, 0.0, full)
}

/// Logarithmic: 0 at `zero`, 100 at `full` (both positive), clamped: `100 · ln(value/zero) / ln(full/zero)`.
/// A value of nothing or less has 0.
///
/// ```
/// # use sluice_sdk::score;
/// assert_eq!(score::log(1e6, 1e4, 1e8), 50.0);
/// ```
pub fn log(value: f64, zero: f64, full: f64) -> f64 {
    if value <= 0.0 {
        return 0.0;
    }
    clamp(FULL * (value / zero).ln() / (full / zero).ln())
}

/// Several signals as one: `100 · (1 − Π(1 − sᵢ/100))`. One strong signal stands, several add up, never above 100;
/// none at all is 0.
pub fn noisy_or(scores: impl IntoIterator<Item = f64>) -> f64 {
    let none = scores.into_iter().map(|score| 1.0 - score / FULL).product::<f64>();
    FULL * (1.0 - none)
}

/// Into 0..100; NaN stays.
pub fn clamp(score: f64) -> f64 {
    score.clamp(0.0, FULL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_hit_their_ends_and_clamp_beyond() {
        assert_eq!(linear(10.0, 10.0, 20.0), 0.0);
        assert_eq!(linear(99.0, 10.0, 20.0), 100.0);
        assert_eq!(log(5e4, 5e4, 5e9), 0.0);
        assert_eq!(log(5e9, 5e4, 5e9), 100.0);
        assert_eq!(log(-1.0, 5e4, 5e9), 0.0);
        assert_eq!(ratio(2.5, 5.0), 50.0);
        assert_eq!(ratio(-2.5, 5.0), 0.0);
    }

    #[test]
    fn a_missing_figure_never_becomes_a_score() {
        assert!(linear(f64::NAN, 0.0, 1.0).is_nan());
        assert!(log(f64::NAN, 1.0, 10.0).is_nan());
        assert!(ratio(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn noisy_or_of_two_halves_is_three_quarters_and_of_nothing_is_nothing() {
        assert_eq!(noisy_or([50.0, 50.0]), 75.0);
        assert_eq!(noisy_or([100.0, 3.0]), 100.0);
        assert_eq!(noisy_or([]), 0.0);
    }
}

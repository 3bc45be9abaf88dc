//! How fast a price moves: rate of change, RSI, stochastic.

use super::averages::{Smoother, sma};
use super::missing::{RUN, all_known, is_known, known, padded};
use super::rolling::{rolling_max, rolling_min};

/// Value of an oscillator from 0 to 100 in a market that does not move.
pub(super) const NEUTRAL: f64 = 50.0;

/// Percent from one number to another: 100 → 103 is 3. NaN when a number is missing or `from` is 0.
///
/// ```
/// use sluice_sdk::indicators::percent_change;
/// assert_eq!(percent_change(80.0, 100.0), 25.0);
/// assert!(percent_change(0.0, 100.0).is_nan());
/// ```
#[inline]
pub fn percent_change(from: f64, to: f64) -> f64 {
    let ratio = known(to) / known(from);
    known((ratio - 1.0) * 100.0)
}

/// Rate of change: percent since `period` bars ago. First value at row `period`; only the two bars that are compared
/// need to be there.
pub fn roc(values: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    if period > 0 {
        let changes = values.iter().zip(values.iter().skip(period));
        for (slot, (&from, &to)) in out.iter_mut().skip(period).zip(changes) {
            *slot = percent_change(from, to);
        }
    }
    out
}

/// The newest value of [`roc`].
pub fn roc_last(values: &[f64], period: usize) -> f64 {
    match (values.last(), values.iter().rev().nth(period)) {
        (Some(&to), Some(&from)) if period > 0 => percent_change(from, to),
        _ => f64::NAN,
    }
}

/// Relative strength index, 0 to 100: 100 · mean gain / (mean gain + mean loss), by Wilder's smoothing (New Concepts
/// in Technical Trading Systems, 1978), seeded with the plain means of the first `period` changes. First value at row
/// `period`. No losses: 100; no changes at all: 50.
pub fn rsi(close: &[f64], period: usize) -> Vec<f64> {
    let mut strength = Strength::new(period);
    let rows = close.iter().map(|&close| {
        strength.push(close);
        strength.index()
    });
    rows.collect()
}

/// The newest value of [`rsi`].
pub fn rsi_last(close: &[f64], period: usize) -> f64 {
    let mut strength = Strength::new(period);
    let (runs, rest) = close.as_chunks::<RUN>();
    runs.iter().for_each(|run| strength.push_run(run));
    rest.iter().for_each(|&close| strength.push(close));
    strength.index()
}

/// The state of an RSI.
struct Strength {
    previous: f64,
    gains: Smoother,
    losses: Smoother,
}

impl Strength {
    fn new(period: usize) -> Self {
        Self { previous: f64::NAN, gains: Smoother::wilder(period), losses: Smoother::wilder(period) }
    }

    #[inline]
    fn push(&mut self, close: f64) {
        if !is_known(close) {
            self.gains.restart();
            self.losses.restart();
        } else if is_known(self.previous) {
            let (gain, loss) = moves(close - self.previous);
            self.gains.push(gain);
            self.losses.push(loss);
        }
        self.previous = close;
    }

    #[inline]
    fn push_run(&mut self, run: &[f64; RUN]) {
        let steady = self.gains.is_ready() && self.losses.is_ready() && is_known(self.previous);
        if !(steady && all_known(run)) {
            run.iter().for_each(|&close| self.push(close));
            return;
        }
        for &close in run {
            let (gain, loss) = moves(close - self.previous);
            self.gains.advance(gain);
            self.losses.advance(loss);
            self.previous = close;
        }
    }

    #[inline]
    fn index(&self) -> f64 {
        let (gain, loss) = (self.gains.mean(), self.losses.mean());
        if gain + loss == 0.0 { NEUTRAL } else { 100.0 * (gain / (gain + loss)) }
    }
}

/// What a change adds to gains and to losses: exactly max(±change, 0), without a call (`f64::max`) or a branch in
/// WebAssembly.
#[inline]
fn moves(change: f64) -> (f64, f64) {
    (0.5 * (change.abs() + change), 0.5 * (change.abs() - change))
}

/// The two lines of a slow stochastic, 0 to 100 each.
#[derive(Debug, Clone, PartialEq)]
pub struct Stochastic {
    /// Slow %K: the smoothed [`fast_k`].
    pub k: Vec<f64>,
    /// Slow %D: the smoothed %K.
    pub d: Vec<f64>,
}

/// Fast %K: where the close is between the lowest low (0) and the highest high (100) of the newest `period` bars. 50
/// when these are equal (TA-Lib: 0). First value at row `period − 1`. Beyond 0 and 100 only when the close is beyond
/// the bar's own low and high.
pub fn fast_k(high: &[f64], low: &[f64], close: &[f64], period: usize) -> Vec<f64> {
    let extremes = rolling_max(high, period).into_iter().zip(rolling_min(low, period));
    let rows = extremes.zip(close).map(|((top, bottom), &close)| {
        let position = if top == bottom { NEUTRAL } else { 100.0 * ((close - bottom) / (top - bottom)) };
        if is_known(close) { known(position) } else { f64::NAN }
    });
    padded(rows, [high, low, close])
}

/// Slow stochastic (G. Lane): %K is the [`sma`] over `slow_k` bars of [`fast_k`] over `fast_k` bars, %D the [`sma`] of
/// %K over `slow_d` bars. Both begin at row `fast_k + slow_k + slow_d − 3`: %K is held back until %D is there.
pub fn stochastic(
    high: &[f64],
    low: &[f64],
    close: &[f64],
    fast_k: usize,
    slow_k: usize,
    slow_d: usize,
) -> Stochastic {
    let mut k = sma(&self::fast_k(high, low, close, fast_k), slow_k);
    let d = sma(&k, slow_d);
    for (k, d) in k.iter_mut().zip(&d) {
        if d.is_nan() {
            *k = f64::NAN;
        }
    }
    Stochastic { k, d }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wilder's RSI of these closes is 70.4641, then 66.2496; with simple means the second would be 70.0210.
    const CLOSES: [f64; 16] = [
        44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28,
        46.28, 46.00,
    ];

    #[test]
    fn the_rsi_is_smoothed_as_wilder_did() {
        let out = rsi(&CLOSES, 14);
        assert!(out[..14].iter().all(|value| value.is_nan()));
        assert!((out[14] - 70.4641).abs() < 5e-5 && (out[15] - 66.2496).abs() < 5e-5, "{:?}", &out[14..]);
    }

    #[test]
    fn the_rsi_is_100_without_losses_0_without_gains_and_50_without_changes() {
        let rising: Vec<f64> = (1..=15).map(f64::from).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        assert_eq!(
            (rsi_last(&rising, 14), rsi_last(&falling, 14), rsi_last(&[7.0; 15], 14)),
            (100.0, 0.0, 50.0)
        );
    }

    #[test]
    fn the_rsi_starts_anew_after_a_gap_and_keeps_what_was_before() {
        let mut holed = [CLOSES, CLOSES, CLOSES].concat();
        holed[20] = f64::NAN;
        let out = rsi(&holed, 5);
        let whole = [CLOSES, CLOSES, CLOSES].concat();
        assert_eq!(out[5..20], rsi(&whole, 5)[5..20]);
        assert!(out[20..26].iter().all(|value| value.is_nan()));
        assert_eq!(out[26..], rsi(&whole[21..], 5)[5..]);
    }

    #[test]
    fn the_rate_of_change_is_in_percent_and_undefined_from_zero() {
        let out = roc(&[100.0, 0.0, 103.0, 50.0, f64::NAN, 25.0], 2);
        assert!((out[2] - 3.0).abs() < 1e-12 && out[3].is_nan() && out[4].is_nan());
        assert_eq!(out[5], -50.0);
        assert_eq!(roc_last(&[50.0, 25.0], 1), -50.0);
        assert!(roc(&[1.0, 2.0], 0).iter().all(|value| value.is_nan()) && roc_last(&[1.0], 1).is_nan());
        assert!(roc(&[1.0, 2.0], usize::MAX).iter().all(|value| value.is_nan()));
    }

    #[test]
    fn a_stochastic_without_any_range_is_in_the_middle() {
        let flat = [7.0; 12];
        let out = stochastic(&flat, &flat, &flat, 5, 3, 3);
        assert!(out.k[..8].iter().chain(&out.d[..8]).all(|value| value.is_nan()));
        assert_eq!((&out.k[8..], &out.d[8..]), (&[50.0; 4][..], &[50.0; 4][..]));
    }

    #[test]
    fn the_fast_line_is_the_position_in_the_range() {
        let out = fast_k(&[10.0, 12.0, 11.0], &[8.0, 9.0, 9.0], &[9.0, 12.0, 9.0], 3);
        assert_eq!(out[2], 25.0);
        let out = fast_k(&[10.0, 12.0], &[8.0, 9.0], &[9.0, f64::INFINITY], 1);
        assert!(out[0] == 50.0 && out[1].is_nan());
    }

    #[test]
    fn columns_of_differing_lengths_end_in_nan() {
        let out = stochastic(&[2.0; 9], &[1.0; 12], &[1.5; 10], 2, 2, 2);
        assert_eq!((out.k.len(), out.d.len(), out.d[8]), (12, 12, 50.0));
        assert!(out.k[9..].iter().chain(&out.d[9..]).all(|value| value.is_nan()));
    }
}

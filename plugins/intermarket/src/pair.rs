//! Two series side by side.

use sluice_sdk::Bars;

/// Two bars are of the same day when they begin less than so long apart.
const SAME_DAY_MS: i64 = 12 * 3_600_000;

/// How two series move together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    /// Correlation of the newest changes.
    pub(crate) now: f64,
    /// Correlation of those before.
    pub(crate) before: f64,
    /// Deviations of the newest ratio from the mean of those before; none when these are all the same.
    pub(crate) divergence: Option<f64>,
}

impl Pair {
    /// Of closes side by side; none when one of the series does not move, which leaves a correlation undefined.
    pub(crate) fn of(base: &[f64], other: &[f64], now: usize) -> Option<Self> {
        let (base_changes, other_changes) = (changes(base), changes(other));
        let split = base_changes.len().checked_sub(now)?;
        let (base_before, base_now) = base_changes.split_at_checked(split)?;
        let (other_before, other_now) = other_changes.split_at_checked(split)?;
        let ratios: Vec<f64> = other.iter().zip(base).map(|(other, base)| other / base).collect();
        Some(Self {
            now: correlation(base_now, other_now)?,
            before: correlation(base_before, other_before)?,
            divergence: divergence(&ratios),
        })
    }
}

/// The newest `count` closes of the days that both have; none when there are fewer, when the newest day of one is not
/// that of the other, or a close is missing.
pub(crate) fn aligned(a: &Bars<'_>, b: &Bars<'_>, count: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let rows =
        |bars: &Bars<'_>| bars.time().iter().copied().zip(bars.close().iter().copied()).collect::<Vec<_>>();
    let (mut a, mut b) = (rows(a), rows(b));
    let same = |a: i64, b: i64| (a - b).abs() < SAME_DAY_MS;
    if !same(a.last()?.0, b.last()?.0) {
        return None;
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    while let (Some(&(a_time, a_close)), Some(&(b_time, b_close))) = (a.last(), b.last()) {
        if left.len() == count {
            break;
        }
        let both = same(a_time, b_time);
        if both {
            left.push(a_close);
            right.push(b_close);
        }
        if both || a_time > b_time {
            a.pop();
        }
        if both || b_time > a_time {
            b.pop();
        }
    }
    left.reverse();
    right.reverse();
    let good = |closes: &[f64]| closes.iter().all(|close| close.is_finite() && *close > 0.0);
    (left.len() == count && good(&left) && good(&right)).then_some((left, right))
}

/// As a share of the close before.
fn changes(close: &[f64]) -> Vec<f64> {
    close.iter().zip(close.iter().skip(1)).map(|(before, close)| close / before - 1.0).collect()
}

/// Pearson's; none when one of both does not vary.
fn correlation(a: &[f64], b: &[f64]) -> Option<f64> {
    let count = a.len() as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        both += (a - mean_a) * (b - mean_b);
        of_a += (a - mean_a).powi(2);
        of_b += (b - mean_b).powi(2);
    }
    let correlation = both / (of_a * of_b).sqrt();
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

fn divergence(ratios: &[f64]) -> Option<f64> {
    let (newest, before) = ratios.split_last()?;
    let count = before.len() as f64;
    let mean = before.iter().sum::<f64>() / count;
    let variance = before.iter().map(|ratio| (ratio - mean).powi(2)).sum::<f64>() / count;
    let deviations = (newest - mean) / variance.sqrt();
    deviations.is_finite().then_some(deviations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlation_is_one_with_itself_and_undefined_with_what_stands_still() {
        let a = [0.01, -0.02, 0.03];
        assert!((correlation(&a, &a).unwrap() - 1.0).abs() < 1e-12);
        assert!((correlation(&a, &a.map(|a| -2.0 * a)).unwrap() + 1.0).abs() < 1e-12);
        assert_eq!(correlation(&a, &[0.0; 3]), None);
        // by hand: deviations -1 0 1 and -1 1 0: 1 / 2
        assert!((correlation(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]).unwrap() - 0.5).abs() < 1e-12);
    }

    #[test]
    fn divergence_counts_deviations_of_the_ratios_before() {
        assert_eq!(divergence(&[1.0, 3.0, 1.0, 3.0, 5.0]), Some(3.0));
        assert_eq!(divergence(&[1.0, 1.0, 1.0]), None);
    }
}

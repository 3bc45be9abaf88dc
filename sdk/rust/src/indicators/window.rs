//! Sliding windows in O(1) per bar, without subtraction.
//!
//! The column is cut into blocks as long as the window. A window is then the tail of one block plus the head of the
//! next, and tails and heads are folded step by step. Nothing is ever taken out again, so rounding errors can't pile
//! up, and a NaN is in exactly the windows that contain it. Blocks are counted from the first bar: a row depends on
//! nothing later, and the last row alone can be had from the last window alone, to the last bit.

use super::missing::known;

/// A way to combine numbers. `combine` gives NaN when either number is NaN.
pub(super) trait Fold {
    /// Leaves its partner as it is.
    const IDENTITY: f64;
    /// Both in one.
    fn combine(a: f64, b: f64) -> f64;
}

/// Sum of a window.
pub(super) struct Sum;

impl Fold for Sum {
    const IDENTITY: f64 = 0.0;
    #[inline]
    fn combine(a: f64, b: f64) -> f64 {
        a + b
    }
}

/// Largest number of a window.
pub(super) struct Largest;

impl Fold for Largest {
    const IDENTITY: f64 = f64::NEG_INFINITY;
    #[inline]
    fn combine(a: f64, b: f64) -> f64 {
        if a > b || a.is_nan() { a } else { b }
    }
}

/// Smallest number of a window.
pub(super) struct Smallest;

impl Fold for Smallest {
    const IDENTITY: f64 = f64::INFINITY;
    #[inline]
    fn combine(a: f64, b: f64) -> f64 {
        if a < b || a.is_nan() { a } else { b }
    }
}

/// Can a window of `period` bars be filled at all?
pub(super) fn fits(values: &[f64], period: usize) -> bool {
    (1..=values.len()).contains(&period)
}

/// Per row the fold of the newest `period` values; NaN where one is missing or the window isn't full.
pub(super) fn fold<F: Fold>(values: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    if !fits(values, period) {
        return out;
    }
    let mut older: &[f64] = &[];
    for (block, slots) in values.chunks(period).zip(out.chunks_mut(period)) {
        tails::<F>(older, slots);
        if let Some(whole_block) = slots.get_mut(period - 1) {
            *whole_block = F::IDENTITY;
        }
        let mut head = F::IDENTITY;
        for (slot, &value) in slots.iter_mut().zip(block) {
            head = F::combine(head, known(value));
            *slot = F::combine(*slot, head);
        }
        older = block;
    }
    out
}

/// Puts into slot r the fold of what row r still needs of the older block: all after its r-th value.
fn tails<F: Fold>(older: &[f64], slots: &mut [f64]) {
    let needed = older.get(1..).unwrap_or_default();
    let (written, unwritten) = needed.split_at(needed.len().min(slots.len()));
    let mut tail = F::IDENTITY;
    for &value in unwritten.iter().rev() {
        tail = F::combine(known(value), tail);
    }
    for (slot, &value) in slots.iter_mut().zip(written).rev() {
        tail = F::combine(known(value), tail);
        *slot = tail;
    }
}

/// The last row of [`fold`].
pub(super) fn fold_last<F: Fold>(values: &[f64], period: usize) -> f64 {
    if !fits(values, period) {
        return f64::NAN;
    }
    let (before, block) = values.split_at((values.len() - 1) / period * period);
    let tail = before.iter().rev().take(period - block.len());
    let tail = tail.fold(F::IDENTITY, |tail, &value| F::combine(known(value), tail));
    let head = block.iter().fold(F::IDENTITY, |head, &value| F::combine(head, known(value)));
    F::combine(tail, head)
}

/// Where the newest value of a window stands in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    /// The newest value minus the mean.
    pub(super) offset: f64,
    /// Population standard deviation.
    pub(super) deviation: f64,
}

impl Spread {
    const UNKNOWN: Self = Self { offset: f64::NAN, deviation: f64::NAN };
}

/// Sums over distances from an origin that is itself in the window. Then the squared mean distance is at most
/// `period` times the variance, so that little is lost when it is subtracted, wherever the prices are.
#[derive(Debug, Clone, Copy)]
struct Moments {
    sum: f64,
    squares: f64,
}

impl Moments {
    const NONE: Self = Self { sum: 0.0, squares: 0.0 };
    const UNKNOWN: Self = Self { sum: f64::NAN, squares: f64::NAN };

    #[inline]
    fn with(self, distance: f64) -> Self {
        Self { sum: self.sum + distance, squares: self.squares + distance * distance }
    }

    /// `newest`: distance of the newest value; `share`: 1 / period.
    #[inline]
    fn spread(self, other: Self, newest: f64, share: f64) -> Spread {
        let mean = (self.sum + other.sum) * share;
        let variance = (self.squares + other.squares) * share - mean * mean;
        // Rounding can leave a variance of zero slightly negative; NaN must stay NaN.
        let deviation = if variance < 0.0 { 0.0 } else { variance.sqrt() };
        Spread { offset: newest - mean, deviation }
    }
}

/// Per row what `pick` makes of the spread of the newest `period` values.
pub(super) fn spreads(values: &[f64], period: usize, pick: impl Fn(Spread) -> f64) -> Vec<f64> {
    let mut out = vec![f64::NAN; values.len()];
    if !fits(values, period) {
        return out;
    }
    let share = 1.0 / period as f64;
    let mut tails = vec![Moments::UNKNOWN; period];
    if let Some(whole_block) = tails.last_mut() {
        *whole_block = Moments::NONE;
    }
    let mut older: &[f64] = &[];
    for (block, slots) in values.chunks(period).zip(out.chunks_mut(period)) {
        let origin = block.first().map_or(f64::NAN, |&value| known(value));
        let mut tail = Moments::NONE;
        let needed = older.get(1..).unwrap_or_default();
        for (slot, &value) in tails.iter_mut().zip(needed).rev() {
            tail = tail.with(known(value) - origin);
            *slot = tail;
        }
        let mut head = Moments::NONE;
        for ((slot, &value), tail) in slots.iter_mut().zip(block).zip(&tails) {
            let distance = known(value) - origin;
            head = head.with(distance);
            *slot = pick(tail.spread(head, distance, share));
        }
        older = block;
    }
    out
}

/// The last row of [`spreads`].
pub(super) fn spread_last(values: &[f64], period: usize) -> Spread {
    if !fits(values, period) {
        return Spread::UNKNOWN;
    }
    let (before, block) = values.split_at((values.len() - 1) / period * period);
    let origin = block.first().map_or(f64::NAN, |&value| known(value));
    let tail = before.iter().rev().take(period - block.len());
    let tail = tail.fold(Moments::NONE, |tail, &value| tail.with(known(value) - origin));
    let head = block.iter().fold(Moments::NONE, |head, &value| head.with(known(value) - origin));
    let newest = block.last().map_or(f64::NAN, |&value| known(value) - origin);
    tail.spread(head, newest, 1.0 / period as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Window by window, as the definition says.
    fn plain(values: &[f64], period: usize, of: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        let full = values
            .windows(period)
            .map(|window| if window.iter().any(|v| v.is_nan()) { f64::NAN } else { of(window) });
        vec![f64::NAN; period - 1].into_iter().chain(full).collect()
    }

    fn same(left: &[f64], right: &[f64]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
    }

    /// Whole numbers, so that sums are exact; a hole; lengths around the block borders.
    fn holed(length: usize) -> Vec<f64> {
        (0..length).map(|row| if row == 7 { f64::NAN } else { (row * 37 % 23) as f64 - 9.0 }).collect()
    }

    #[test]
    fn folds_equal_the_definition_at_every_length_and_period() {
        for length in 1..40 {
            let values = holed(length);
            for period in 1..=length {
                assert!(same(&fold::<Sum>(&values, period), &plain(&values, period, |w| w.iter().sum())));
                assert!(same(
                    &fold::<Largest>(&values, period),
                    &plain(&values, period, |w| w.iter().copied().fold(f64::MIN, f64::max))
                ));
                assert!(same(
                    &fold::<Smallest>(&values, period),
                    &plain(&values, period, |w| w.iter().copied().fold(f64::MAX, f64::min))
                ));
            }
        }
    }

    #[test]
    fn the_last_row_alone_is_the_last_row_to_the_bit() {
        let values: Vec<f64> = holed(60).iter().map(|v| v * 1.1 + 0.3).collect();
        for length in 1..values.len() {
            for period in 0..=length + 1 {
                let values = &values[..length];
                let bits = |value: Option<&f64>| {
                    value.map(|v| if v.is_nan() { f64::NAN.to_bits() } else { v.to_bits() })
                };
                assert_eq!(
                    bits(fold::<Sum>(values, period).last()),
                    bits(Some(&fold_last::<Sum>(values, period)))
                );
                let last = spread_last(values, period);
                assert_eq!(bits(spreads(values, period, |s| s.offset).last()), bits(Some(&last.offset)));
                assert_eq!(
                    bits(spreads(values, period, |s| s.deviation).last()),
                    bits(Some(&last.deviation))
                );
            }
        }
    }

    #[test]
    fn a_huge_value_leaves_no_trace_once_it_is_out_of_the_window() {
        let mut values = vec![1.25; 30];
        values[4] = 9e99;
        assert!(fold::<Sum>(&values, 5)[9..].iter().all(|&sum| sum == 6.25));
        assert!(spreads(&values, 5, |s| s.deviation)[9..].iter().all(|&deviation| deviation == 0.0));
    }

    #[test]
    fn an_infinity_is_missing_in_its_windows_and_nowhere_else() {
        let mut values = vec![2.0; 20];
        values[6] = f64::INFINITY;
        for row in 4..20 {
            assert_eq!(fold::<Sum>(&values, 5)[row].is_nan(), (6..11).contains(&row), "row {row}");
            assert_eq!(fold::<Largest>(&values, 5)[row].is_nan(), (6..11).contains(&row), "row {row}");
            assert_eq!(
                spreads(&values, 5, |s| s.deviation)[row].is_nan(),
                (6..11).contains(&row),
                "row {row}"
            );
        }
    }

    #[test]
    fn a_small_deviation_survives_a_large_level() {
        // 1, 2, 3 … on top of 1e9: population variance of n consecutive whole numbers is (n² − 1) / 12.
        let values: Vec<f64> = (0..100).map(|row| 1e9 + f64::from(row)).collect();
        let expected = (399.0_f64 / 12.0).sqrt();
        for deviation in &spreads(&values, 20, |s| s.deviation)[19..] {
            assert!((deviation / expected - 1.0).abs() < 1e-14, "{deviation} is not {expected}");
        }
    }
}

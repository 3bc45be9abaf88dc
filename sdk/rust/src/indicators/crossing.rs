//! One column crossing another.

use super::missing::{is_known, longest, same_length};

/// Per row: is `fast` above `slow` here, and was it not above on the row before? False where one of the four numbers
/// is missing, so also on the first row.
///
/// ```
/// use sluice_sdk::indicators::crosses_above;
/// assert_eq!(crosses_above(&[1.0, 2.0, 3.0, 4.0], &[2.0; 4]), [false, false, true, false]);
/// ```
pub fn crosses_above(fast: &[f64], slow: &[f64]) -> Vec<bool> {
    crossings(fast, slow, above)
}

/// Per row: is `fast` below `slow` here, and was it not below on the row before? Else as [`crosses_above`].
pub fn crosses_below(fast: &[f64], slow: &[f64]) -> Vec<bool> {
    crossings(fast, slow, below)
}

/// The newest row of [`crosses_above`].
pub fn crosses_above_last(fast: &[f64], slow: &[f64]) -> bool {
    crossing_last(fast, slow, above)
}

/// The newest row of [`crosses_below`].
pub fn crosses_below_last(fast: &[f64], slow: &[f64]) -> bool {
    crossing_last(fast, slow, below)
}

/// A row of both columns: (fast, slow).
type Pair = (f64, f64);

fn above(before: Pair, now: Pair) -> bool {
    before.0 <= before.1 && now.0 > now.1
}

fn below(before: Pair, now: Pair) -> bool {
    before.0 >= before.1 && now.0 < now.1
}

fn are_known(pair: Pair) -> bool {
    is_known(pair.0) && is_known(pair.1)
}

fn crossings(fast: &[f64], slow: &[f64], crosses: impl Fn(Pair, Pair) -> bool) -> Vec<bool> {
    let mut before = (f64::NAN, f64::NAN);
    let pairs = fast.iter().copied().zip(slow.iter().copied());
    let mut out: Vec<bool> = pairs
        .map(|now| {
            let before = std::mem::replace(&mut before, now);
            are_known(before) && are_known(now) && crosses(before, now)
        })
        .collect();
    out.resize(longest([fast, slow]), false);
    out
}

fn crossing_last(fast: &[f64], slow: &[f64], crosses: impl Fn(Pair, Pair) -> bool) -> bool {
    let (&[.., fast_before, fast_now], &[.., slow_before, slow_now]) = (fast, slow) else { return false };
    let (before, now) = ((fast_before, slow_before), (fast_now, slow_now));
    same_length([fast, slow]) && are_known(before) && are_known(now) && crosses(before, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touching_is_not_crossing_but_leaving_the_touch_is() {
        let fast = [1.0, 2.0, 2.0, 3.0, 2.0, 1.0];
        let slow = [2.0; 6];
        assert_eq!(crosses_above(&fast, &slow), [false, false, false, true, false, false]);
        assert_eq!(crosses_below(&fast, &slow), [false, false, false, false, false, true]);
        assert!(crosses_above_last(&fast[..4], &slow[..4]) && crosses_below_last(&fast, &slow));
    }

    #[test]
    fn a_missing_number_is_no_crossing() {
        assert_eq!(crosses_above(&[1.0, f64::NAN, 3.0, 4.0], &[2.0; 4]), [false; 4]);
        assert_eq!(crosses_above(&[1.0, f64::INFINITY], &[2.0; 2]), [false; 2]);
        assert!(!crosses_above_last(&[3.0], &[2.0]) && !crosses_below_last(&[], &[]));
    }

    #[test]
    fn rows_beyond_the_shorter_column_are_no_crossing() {
        assert_eq!(crosses_above(&[1.0, 3.0, 1.0], &[2.0, 2.0]), [false, true, false]);
        assert!(!crosses_above_last(&[1.0, 3.0, 5.0], &[2.0, 2.0]));
    }
}

//! What counts as missing, and the few helpers for columns that have holes.

/// Largest number that counts as data. Beyond it a number is missing, so that a product of two, and the sum of any
/// number of such products, stays finite.
pub(super) const LARGEST: f64 = 1e100;

/// Is this number data? False for NaN, infinities and numbers beyond [`LARGEST`].
#[inline]
pub(super) fn is_known(value: f64) -> bool {
    value.abs() <= LARGEST
}

/// Rows that the newest-value functions take at once where nothing is missing and the warm-up is over: the checks of
/// every row, and WebAssembly's own at every turn of a loop, are then made once per run. The results are the same.
pub(super) const RUN: usize = 8;

/// Is every number of a run data?
#[inline]
pub(super) fn all_known(run: &[f64; RUN]) -> bool {
    run.iter().fold(true, |known, &value| known & is_known(value))
}

/// The number, or NaN when it is missing.
#[inline]
pub(super) fn known(value: f64) -> f64 {
    if is_known(value) { value } else { f64::NAN }
}

/// Rows as long as the longest of the columns that they come from: what is short is filled with NaN.
pub(super) fn padded<const N: usize>(rows: impl Iterator<Item = f64>, columns: [&[f64]; N]) -> Vec<f64> {
    let mut out: Vec<f64> = rows.collect();
    out.resize(longest(columns), f64::NAN);
    out
}

/// Length of the longest column.
pub(super) fn longest<const N: usize>(columns: [&[f64]; N]) -> usize {
    columns.iter().map(|column| column.len()).max().unwrap_or(0)
}

/// Have all columns the same length?
pub(super) fn same_length<const N: usize>(columns: [&[f64]; N]) -> bool {
    columns.iter().all(|column| column.len() == longest(columns))
}

/// The value of the newest row; none when there are no rows or it is missing.
///
/// ```
/// use sluice_sdk::indicators::{newest, sma};
/// assert_eq!(newest(&sma(&[1.0, 2.0, 3.0], 2)), Some(2.5));
/// assert_eq!(newest(&sma(&[1.0, 2.0, 3.0], 4)), None);
/// ```
pub fn newest(values: &[f64]) -> Option<f64> {
    values.last().copied().filter(|&value| is_known(value))
}

/// The newest value that is not missing, however old it is.
pub fn last_valid(values: &[f64]) -> Option<f64> {
    values.iter().rev().copied().find(|&value| is_known(value))
}

/// The row of the newest value that is not missing, counted from 0 at the oldest.
pub fn last_valid_index(values: &[f64]) -> Option<usize> {
    values.iter().rposition(|&value| is_known(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAPS: [f64; 5] = [1.0, f64::INFINITY, 3.0, f64::NAN, -1e101];

    #[test]
    fn only_finite_numbers_of_a_sane_size_are_known() {
        assert!(GAPS.map(is_known).iter().eq(&[true, false, true, false, false]));
        assert!(is_known(0.0) && is_known(-1e100));
    }

    #[test]
    fn the_newest_value_is_none_when_it_is_missing() {
        assert_eq!(newest(&GAPS), None);
        assert_eq!(newest(&GAPS[..3]), Some(3.0));
        assert_eq!(newest(&[]), None);
    }

    #[test]
    fn the_last_valid_value_is_found_behind_missing_ones() {
        assert_eq!((last_valid(&GAPS), last_valid_index(&GAPS)), (Some(3.0), Some(2)));
        assert_eq!((last_valid(&[f64::NAN]), last_valid_index(&[])), (None, None));
    }

    #[test]
    fn short_rows_are_filled_up_to_the_longest_column() {
        let out = padded([7.0].into_iter(), [&[1.0], &[1.0, 2.0]]);
        assert_eq!(out.len(), 2);
        assert!(out[0] == 7.0 && out[1].is_nan());
        assert!(!same_length([&[1.0], &[]]) && same_length([&[1.0], &[2.0]]));
    }
}

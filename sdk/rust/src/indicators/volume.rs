//! Indicators that weigh prices by what was traded.

use super::averages::{sma, sma_last};
use super::missing::{is_known, known, padded};
use super::momentum::NEUTRAL;
use super::window::{Sum, fold};

/// Changes of a typical price up to this share of it are rounding, not movement: (high + low + close) / 3 of bars with
/// the same sum can differ in its last digits.
const TYPICAL_PRICE_TIE: f64 = 1e-13;

/// On-balance volume (J. Granville 1963), in shares: starts with the first bar's volume, adds the volume of a bar that
/// closes higher than the bar before, subtracts that of one that closes lower. A missing bar is stepped over: NaN on
/// its row, no restart, and the next bar compares with the last one that was there.
pub fn obv(close: &[f64], volume: &[f64]) -> Vec<f64> {
    let mut total = 0.0;
    let mut previous = f64::NAN;
    let rows = close.iter().zip(volume).map(|(&close, &volume)| {
        if !(is_known(close) && is_known(volume)) {
            return f64::NAN;
        }
        let direction = f64::from(close > previous) - f64::from(close < previous);
        total += if previous.is_nan() { volume } else { direction * volume };
        previous = close;
        total
    });
    padded(rows, [close, volume])
}

/// Volume of a bar against the mean volume of the `period` bars *before* it: 1 is usual, 3 is three times as much.
/// NaN when these bars had no volume at all. First value at row `period`.
///
/// ```
/// use sluice_sdk::indicators::relative_volume;
/// assert_eq!(relative_volume(&[100.0, 300.0, 500.0], 2)[2], 2.5);
/// ```
pub fn relative_volume(volume: &[f64], period: usize) -> Vec<f64> {
    let mut out = vec![f64::NAN; volume.len()];
    let usual = sma(volume, period);
    for ((slot, &volume), &usual) in out.iter_mut().zip(volume).skip(1).zip(&usual) {
        *slot = ratio(volume, usual);
    }
    out
}

/// The newest value of [`relative_volume`].
pub fn relative_volume_last(volume: &[f64], period: usize) -> f64 {
    match volume.split_last() {
        Some((&newest, before)) => ratio(newest, sma_last(before, period)),
        None => f64::NAN,
    }
}

/// `of / to`; NaN when one is missing or `to` is 0.
#[inline]
fn ratio(of: f64, to: f64) -> f64 {
    if to == 0.0 { f64::NAN } else { known(known(of) / to) }
}

/// Typical price of a bar; NaN when a number is missing.
#[inline]
fn typical(high: f64, low: f64, close: f64) -> f64 {
    (known(high) + known(low) + known(close)) / 3.0
}

/// Per bar: typical price × volume.
fn money(high: &[f64], low: &[f64], close: &[f64], volume: &[f64]) -> Vec<f64> {
    let bars = high.iter().zip(low).zip(close).zip(volume);
    bars.map(|(((&high, &low), &close), &volume)| typical(high, low, close) * known(volume)).collect()
}

/// Volume-weighted average price of the newest `period` bars, in price units: Σ(typical price · volume) / Σ volume,
/// with (high + low + close) / 3 as typical price. NaN when nothing was traded. First value at row `period − 1`.
pub fn vwap(high: &[f64], low: &[f64], close: &[f64], volume: &[f64], period: usize) -> Vec<f64> {
    let sums = fold::<Sum>(&money(high, low, close, volume), period);
    let rows = sums.into_iter().zip(fold::<Sum>(volume, period));
    padded(rows.map(|(money, traded)| ratio(money, traded)), [high, low, close, volume])
}

/// Volume-weighted average price of all bars so far, e.g. of one session's; NaN until something was traded. A missing
/// bar is stepped over: NaN on its row, and the sums go on.
pub fn vwap_cumulative(high: &[f64], low: &[f64], close: &[f64], volume: &[f64]) -> Vec<f64> {
    let (mut sum, mut traded) = (0.0, 0.0);
    let rows = money(high, low, close, volume).into_iter().zip(volume).map(|(money, &volume)| {
        if !is_known(money) {
            return f64::NAN;
        }
        sum += money;
        traded += volume;
        ratio(sum, traded)
    });
    padded(rows, [high, low, close, volume])
}

/// Money flow index (G. Quong, A. Soudack 1989), 0 to 100: the share of the money, typical price × volume, that went
/// through bars with a rising typical price, of all that went through rising and falling ones, over `period` bars.
/// 50 when there is none of either (TA-Lib: 0 below 1 unit of money). First value at row `period`.
pub fn mfi(high: &[f64], low: &[f64], close: &[f64], volume: &[f64], period: usize) -> Vec<f64> {
    let (rising, falling) = flows(high, low, close, volume);
    let sums = fold::<Sum>(&rising, period).into_iter().zip(fold::<Sum>(&falling, period));
    let rows = sums.map(|(rising, falling)| {
        let all = rising + falling;
        if all == 0.0 { NEUTRAL } else { known(100.0 * (rising / all)) }
    });
    padded(rows, [high, low, close, volume])
}

/// Per bar the money of a rising and of a falling typical price, one of them 0; NaN where this bar or the one before
/// is missing.
fn flows(high: &[f64], low: &[f64], close: &[f64], volume: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let mut previous = f64::NAN;
    let bars = high.iter().zip(low).zip(close).zip(volume);
    bars.map(|(((&high, &low), &close), &volume)| {
        let price = if is_known(volume) { typical(high, low, close) } else { f64::NAN };
        let change = price - std::mem::replace(&mut previous, price);
        if change.is_nan() {
            return (f64::NAN, f64::NAN);
        }
        // Two choices without branches: which way a price goes can't be predicted.
        let (money, tie) = (price * volume, TYPICAL_PRICE_TIE * price.abs());
        (if change > tie { money } else { 0.0 }, if change < -tie { money } else { 0.0 })
    })
    .unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f64 = f64::NAN;

    fn same(left: &[f64], right: &[f64]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
    }

    #[test]
    fn the_balance_follows_the_direction_of_the_close() {
        let out = obv(&[10.0, 11.0, 11.0, 9.0, 9.5], &[100.0, 20.0, 30.0, 40.0, 50.0]);
        assert_eq!(out, [100.0, 120.0, 120.0, 80.0, 130.0]);
    }

    #[test]
    fn the_balance_steps_over_a_missing_bar_without_a_jump() {
        let out = obv(&[10.0, NONE, 11.0, 12.0, 9.0], &[100.0, 20.0, 30.0, NONE, 50.0]);
        assert!(same(&out, &[100.0, NONE, 130.0, NONE, 80.0]), "{out:?}");
    }

    #[test]
    fn relative_volume_leaves_the_bar_itself_out_of_the_mean() {
        let out = relative_volume(&[10.0, 30.0, 60.0, 0.0, 0.0, 5.0], 2);
        assert!(same(&out, &[NONE, NONE, 3.0, 0.0, 0.0, NONE]), "{out:?}");
        assert_eq!(relative_volume_last(&[10.0, 30.0, 60.0], 2), 3.0);
        assert!(relative_volume_last(&[], 2).is_nan() && relative_volume_last(&[1.0, 2.0], 0).is_nan());
    }

    #[test]
    fn relative_volume_is_missing_for_a_missing_bar_and_the_windows_before_which_it_stands() {
        let out = relative_volume(&[2.0, 2.0, 2.0, NONE, 2.0, 2.0, 2.0, 6.0], 2);
        assert!(same(&out, &[NONE, NONE, 1.0, NONE, NONE, NONE, 1.0, 3.0]), "{out:?}");
    }

    #[test]
    fn the_weighted_price_weighs_by_volume_and_needs_some() {
        let price = [3.0, 6.0, 9.0, 9.0];
        let out = vwap(&price, &price, &price, &[1.0, 2.0, 0.0, 0.0], 2);
        assert!(same(&out, &[NONE, 5.0, 6.0, NONE]), "{out:?}");
        let out = vwap_cumulative(&price, &price, &price, &[0.0, 2.0, NONE, 1.0]);
        assert!(same(&out, &[NONE, 6.0, NONE, 7.0]), "{out:?}");
    }

    #[test]
    fn the_typical_price_is_the_mean_of_high_low_and_close() {
        assert_eq!(vwap(&[9.0], &[3.0], &[6.0], &[5.0], 1), [6.0]);
    }

    #[test]
    fn the_money_flow_is_100_when_all_rises_0_when_all_falls_50_when_nothing_moves() {
        let rising: Vec<f64> = (1..=12).map(f64::from).collect();
        let falling: Vec<f64> = rising.iter().rev().copied().collect();
        let newest = |price: &[f64], volume| mfi(price, price, price, &[volume; 12], 5)[11];
        assert_eq!(
            (newest(&rising, 7.0), newest(&falling, 7.0), newest(&[4.0; 12], 7.0)),
            (100.0, 0.0, 50.0)
        );
        assert_eq!(newest(&rising, 0.0), 50.0);
    }

    #[test]
    fn the_money_flow_of_small_amounts_counts_too() {
        let rising: Vec<f64> = (1..=12).map(|row| f64::from(row) * 1e-6).collect();
        assert_eq!(mfi(&rising, &rising, &rising, &[0.5; 12], 5)[11], 100.0);
    }

    #[test]
    fn a_typical_price_that_differs_by_rounding_only_has_not_moved() {
        // 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in the last digit.
        let (high, low, close) = ([0.3, 0.1], [0.2, 0.2], [0.1, 0.3]);
        assert_eq!(mfi(&high, &low, &close, &[10.0; 2], 1)[1], 50.0);
    }

    #[test]
    fn the_money_flow_is_back_when_the_gap_has_left_the_window() {
        let price: Vec<f64> = (0..30).map(|row| f64::from(row * 7 % 10)).collect();
        let mut volume = vec![3.0; 30];
        volume[10] = NONE;
        let out = mfi(&price, &price, &price, &volume, 4);
        for (row, value) in out.iter().enumerate().skip(4) {
            assert_eq!(value.is_nan(), (10..15).contains(&row), "row {row}");
        }
    }

    #[test]
    fn impossible_periods_and_differing_lengths_give_nan() {
        let column = [1.0, 2.0, 3.0];
        for period in [0, 4, usize::MAX] {
            let out = [
                vwap(&column, &column, &column, &column, period),
                mfi(&column, &column, &column, &column, period),
            ];
            assert!(out.concat().iter().chain(&relative_volume(&column, period)).all(|value| value.is_nan()));
        }
        assert!(same(&obv(&column, &column[..2]), &[1.0, 3.0, NONE]));
        assert!(same(&vwap(&column, &column, &column[..2], &column, 1), &[1.0, 2.0, NONE]));
        assert_eq!(mfi(&column, &[], &column, &column, 2).len(), 3);
    }
}

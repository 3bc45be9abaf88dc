use super::*;
use crate::bars::Timeframe;
use crate::check::BarFaults;

/// Bars of consecutive days from 2024-07-01 on: open, high, low, close, volume.
fn faults(bars: &[[f64; 5]]) -> Vec<BarFaults> {
    let days: Vec<u32> = (1..=bars.len()).map(|day| u32::try_from(day).unwrap()).collect();
    faults_on(&days, bars)
}

fn faults_on(days: &[u32], bars: &[[f64; 5]]) -> Vec<BarFaults> {
    faults_with(days, bars, &|_, _| 1.0)
}

fn faults_with(days: &[u32], bars: &[[f64; 5]], split: &dyn Fn(BarTime, BarTime) -> f64) -> Vec<BarFaults> {
    let times: Vec<BarTime> = days
        .iter()
        .map(|day| BarTime::Day(chrono::NaiveDate::from_ymd_opt(2024, 7, *day).unwrap()))
        .collect();
    let columns: [Vec<f64>; 5] = std::array::from_fn(|column| bars.iter().map(|bar| bar[column]).collect());
    let mut faults = Faults::default();
    Series { times: &times, columns: columns.each_ref().map(Vec::as_slice) }.check(Some(split), &mut faults);
    faults.into_faults(Timeframe::Day).collect()
}

fn told(bars: &[[f64; 5]]) -> Vec<(&'static str, u64, String)> {
    faults(bars).into_iter().map(|found| (found.kind.as_str(), found.count, found.detail)).collect()
}

fn close(price: f64) -> [f64; 5] {
    [price, price * 1.01, price * 0.99, price, 1000.0]
}

#[test]
fn sound_bars_have_no_fault() {
    assert_eq!(faults(&[[10.0, 11.0, 9.0, 10.5, 1000.0], [10.5, 10.5, 10.5, 10.5, 1.0]]), []);
    assert_eq!(faults(&[]), []);
}

#[test]
fn numbers_that_cannot_be_right_are_told() {
    let nan = f64::NAN;
    assert_eq!(
        told(&[[nan, 11.0, 9.0, 10.0, 0.0], [10.0, 11.0, 9.0, 10.0, -5.0], [10.0, 11.0, 0.0, 10.0, nan]]),
        [
            ("missing-open", 1, "no value".to_owned()),
            ("missing-volume", 1, "no value".to_owned()),
            ("non-positive-price", 1, "low is 0".to_owned()),
            ("negative-volume", 1, "volume is -5".to_owned()),
            ("zero-volume", 1, "volume is 0".to_owned()),
        ]
    );
    assert_eq!(
        told(&[[35.19, 35.785, 35.085, 17.87, 1.0]]),
        [("inconsistent-prices", 1, "low 35.085 is above close 17.87".to_owned())]
    );
}

#[test]
fn a_bar_without_prices_is_missing_them_and_the_next_is_compared_with_the_one_before() {
    let nan = f64::NAN;
    let told = told(&[close(10.0), [nan, nan, nan, nan, 6527.0], close(10.2)]);
    let kinds: Vec<&str> = told.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds, ["missing-open", "missing-high", "missing-low", "missing-close"]);
}

#[test]
fn a_jump_says_what_it_looks_like() {
    assert_eq!(
        told(&[close(404.0), close(101.0)]),
        [(
            "price-jump",
            1,
            "close 101 after 404: -75.0 %, like a split of 4 for 1 that nobody adjusted for".to_owned()
        )]
    );
    assert_eq!(
        told(&[close(4.98), close(498.0), close(500.0)])[0].2,
        "close 498 after 4.98: +9900.0 %, like a change of unit by 100, as between pounds and pence"
    );
    assert_eq!(told(&[close(10.0), close(16.0)])[0].2, "close 16 after 10: +60.0 %");
    assert_eq!(told(&[close(10.0), close(12.9), close(9.2)]), []);
}

#[test]
fn bars_of_one_time_or_out_of_order_are_told() {
    let twice = faults_on(&[1, 1, 3, 2], &[close(10.0), close(10.1), close(10.2), close(10.3)]);
    let kinds: Vec<(&str, &str)> =
        twice.iter().map(|found| (found.kind.as_str(), found.detail.as_str())).collect();
    assert_eq!(
        kinds,
        [("duplicate", "another bar stands before it"), ("unsorted", "a bar of 2024-07-03 stands before it")]
    );
}

#[test]
fn a_price_that_is_carried_on_is_a_stale_tail_and_four_equal_days_are_not() {
    let flat = [7.0, 7.0, 7.0, 7.0, 500.0];
    assert_eq!(told(&[close(7.1), flat, flat, flat, flat]), []);
    assert_eq!(
        told(&[close(7.1), flat, flat, flat, flat, flat]),
        [("stale-tail", 1, "the last 5 bars are the same, all at 7".to_owned())]
    );
}

#[test]
fn a_split_that_is_known_is_no_jump_and_one_that_explains_nothing_is_no_excuse() {
    let bars = [close(404.0), close(101.0)];
    assert_eq!(faults_with(&[1, 2], &bars, &|_, _| 4.0), []);
    assert_eq!(faults_with(&[1, 2], &bars, &|_, _| 2.0).len(), 1);
}

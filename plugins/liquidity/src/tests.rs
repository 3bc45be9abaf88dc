//! What is liquid, seen through the test kit.

use sluice_sdk::Outcome::{Abstain, Drop, Keep};
use sluice_sdk::testkit::{Market, Series};

use super::Liquidity;

/// One instrument with these bars.
fn market(series: Series) -> Market {
    Market::new().instrument("X", |i| i.bars("1d", series))
}

#[test]
fn five_million_a_day_is_kept_at_forty_points() {
    let scan = market(Series::flat(30, 50.0, 100_000.0)).scan::<Liquidity>();
    let verdict = scan.verdict("X");
    assert_eq!((verdict.outcome, verdict.reason.as_str()), (Keep, "trades enough"));
    assert!((verdict.score - 40.0).abs() < 1e-9, "{}", verdict.score);
    assert_eq!(verdict.measure("dollar-volume"), 5e6);
    assert_eq!(verdict.measure("price"), 50.0);
    assert_eq!(verdict.measure("bars"), 20.0);
}

#[test]
fn scores_end_at_fifty_thousand_and_at_five_billion_a_day() {
    let score = |volume| market(Series::flat(20, 10.0, volume)).scan::<Liquidity>().verdict("X").score;
    assert_eq!([score(1e3), score(5e3), score(5e8), score(1e11)], [0.0, 0.0, 100.0, 100.0]);
}

#[test]
fn too_little_too_cheap_and_too_dear_are_dropped_with_the_reason() {
    let reason = |price, volume| {
        let scan = market(Series::flat(20, price, volume)).scan::<Liquidity>();
        let verdict = scan.verdict("X");
        (verdict.outcome, verdict.reason.clone())
    };
    assert_eq!(reason(10.0, 499_999.0), (Drop, "mean dollar volume below 5000000".to_owned()));
    assert_eq!(reason(0.99, 1e8), (Drop, "mean close below 1".to_owned()));
    assert_eq!(reason(2001.0, 1e8), (Drop, "mean close above 2000".to_owned()));
    assert_eq!(reason(2000.0, 1e8), (Keep, "trades enough".to_owned()));
}

#[test]
fn the_window_is_sessions_not_bars() {
    let stale = Series::flat(60, 50.0, 1e6).sessions_ago((0..60).rev().map(|ago| ago + 11));
    let scan = market(stale).scan::<Liquidity>();
    let verdict = scan.verdict("X");
    assert_eq!(verdict.outcome, Abstain);
    assert_eq!(verdict.reason, "fewer than 10 traded bars in 20 sessions");
    assert_eq!(verdict.measure("bars"), 9.0);
    let fresher = Series::flat(60, 50.0, 1e6).sessions_ago((0..60).rev().map(|ago| ago + 10));
    assert_eq!(market(fresher).scan::<Liquidity>().verdict("X").measure("bars"), 10.0);
}

#[test]
fn bars_without_a_price_or_a_volume_count_for_nothing() {
    let mut close = vec![50.0; 20];
    let mut volume = vec![100_000.0; 20];
    (close[19], close[3], volume[7], volume[8]) = (f64::NAN, 0.0, 0.0, f64::NAN);
    let scan = market(Series::closes(&close).volume(&volume)).scan::<Liquidity>();
    let verdict = scan.verdict("X");
    assert_eq!((verdict.outcome, verdict.measure("bars")), (Keep, 16.0));
    assert_eq!(verdict.measure("dollar-volume"), 5e6);
}

#[test]
fn no_bars_is_no_opinion() {
    let scan = Market::new().instrument("X", |i| i).scan::<Liquidity>();
    assert_eq!((scan.verdict("X").outcome, scan.verdict("X").reason.as_str()), (Abstain, "no daily bars"));
}

#[test]
fn bars_stand_in_for_sessions_that_nobody_knows_and_the_log_says_so() {
    let old = Series::flat(30, 50.0, 1e6).sessions_ago((0..30).rev().map(|ago| ago + 100));
    let scan = market(old).without_calendar().scan::<Liquidity>();
    assert_eq!((scan.verdict("X").outcome, scan.verdict("X").measure("bars")), (Keep, 20.0));
    assert_eq!(scan.log().len(), 1);
    assert!(scan.log()[0].1.contains("sessions of venue \"XNYS\" are unknown"), "{:?}", scan.log());
}

#[test]
fn settings_that_do_not_fit_together_are_refused_by_name() {
    let market = market(Series::flat(5, 50.0, 1e6));
    let refused = market.try_scan::<Liquidity>(&[
        ("min-price", 10.0.into()),
        ("max-price", 9.0.into()),
        ("lookback", 5.into()),
    ]);
    assert_eq!(
        refused.unwrap_err(),
        "settings refused: max-price: must be at least min-price, 10; min-bars: must be at most lookback, 5: a session \
         has one daily bar"
    );
    let refused = market.try_scan::<Liquidity>(&[("lookback", 0.into())]).unwrap_err();
    assert_eq!(refused, "settings refused: lookback: 0 is below the least allowed, 1 sessions");
}

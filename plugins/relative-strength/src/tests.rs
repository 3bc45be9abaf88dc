//! Strength against a reference, seen through the test kit.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Judged, Market, Series};

use super::RelativeStrength;

/// Twenty bars at a price, then one at another.
fn step(from: f64, to: f64) -> Series {
    Series::flat(21, from, 1e6).newest("close", to)
}

fn against(reference: Option<Series>, series: Series, settings: &[(&str, Value)]) -> Judged {
    let market = Market::new().instrument("X", |i| i.bars("1d", series));
    let market = match reference {
        Some(bars) => market.reference("SPY", |i| i.bars("1d", bars)),
        None => market,
    };
    let mut all: Vec<(&str, Value)> = vec![("lookback", 20_u32.into())];
    all.extend(settings.iter().cloned());
    market.scan_with::<RelativeStrength>(&all).verdict("X").clone()
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, judged.score, judged.reason.as_str())
}

#[test]
fn ten_points_ahead_of_the_reference_score_forty() {
    let strong = against(Some(step(400.0, 408.0)), step(50.0, 56.0), &[]);
    assert_eq!((strong.outcome, strong.reason.as_str()), (Keep, "ahead of SPY"));
    assert!((strong.measure("change") - 12.0).abs() < 1e-9);
    assert!((strong.measure("reference-change") - 2.0).abs() < 1e-9);
    assert!((strong.measure("excess") - 10.0).abs() < 1e-9);
    assert!((strong.score - 40.0).abs() < 1e-9, "{}", strong.score);
    let alert = &strong.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.side), ("MOMENTUM", Some(Side::Long)));
    assert_eq!(alert.message, "10.0 percentage points ahead of SPY in 20 bars");
}

#[test]
fn what_falls_less_than_the_market_is_strong() {
    let strong = against(Some(step(100.0, 80.0)), step(100.0, 95.0), &[]);
    assert!((strong.measure("excess") - 15.0).abs() < 1e-9);
    assert!((strong.score - 60.0).abs() < 1e-9, "{}", strong.score);
}

#[test]
fn what_gains_less_than_the_market_is_dropped() {
    let weak = against(Some(step(100.0, 110.0)), step(100.0, 114.0), &[]);
    assert_eq!(opinion(&weak), (Drop, 0.0, "not 5 % ahead of SPY"));
    assert!(weak.alerts.is_empty());
}

#[test]
fn the_reference_is_taken_of_the_same_days_although_the_stock_missed_some() {
    // the stock traded 21 times in the newest 31 sessions; the reference doubled in the first of them
    let ago = [30].into_iter().chain((0..20).rev());
    let stock = step(100.0, 200.0).sessions_ago(ago);
    let mut closes = vec![100.0; 31];
    closes.extend([200.0; 11]);
    let mut reference = closes[11..].to_vec();
    reference[0] = 100.0;
    let judged = against(Some(Series::closes(&reference)), stock, &[]);
    assert_eq!(judged.measure("reference-change"), 100.0);
    assert_eq!(opinion(&judged), (Drop, 0.0, "not 5 % ahead of SPY"));
}

#[test]
fn missing_data_is_no_opinion() {
    let reason = |reference, series| {
        let judged = against(reference, series, &[]);
        assert_eq!(judged.outcome, Abstain);
        judged.reason
    };
    let spy = || Some(step(400.0, 408.0));
    assert_eq!(reason(None, step(50.0, 60.0)), "the market has no reference SPY");
    assert_eq!(reason(spy(), Series::flat(20, 50.0, 1e6)), "fewer than 21 daily bars");
    assert_eq!(reason(spy(), step(50.0, f64::NAN)), "a close is missing");
    assert_eq!(reason(spy(), step(50.0, 60.0).sessions_ago((1..22).rev())), "no bar in the newest session");
    let late = Some(Series::flat(10, 400.0, 1e6));
    assert_eq!(reason(late, step(50.0, 60.0)), "SPY has no bar on the same days");
    let hole = Some(step(400.0, f64::NAN));
    assert_eq!(reason(hole, step(50.0, 60.0)), "SPY has no bar on the same days");
}

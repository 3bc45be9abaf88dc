//! What is a gap, seen through the test kit.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Judged, Market, Series};

use super::Gap;

fn judged_with(series: Series, settings: &[(&str, Value)]) -> Judged {
    let market = Market::new().instrument("X", |i| i.bars("1d", series));
    market.scan_with::<Gap>(settings).verdict("X").clone()
}

fn judged(series: Series) -> Judged {
    judged_with(series, &[])
}

/// A close of 100, then a bar with these prices.
fn after_100(open: f64, high: f64, low: f64, close: f64) -> Series {
    Series::closes(&[100.0, close]).newest("open", open).newest("high", high).newest("low", low)
}

/// To nine digits behind the point: percentages are quotients.
fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, rounded(judged.score), judged.reason.as_str())
}

#[test]
fn a_gap_up_of_four_percent_that_holds_scores_forty_four_and_is_long() {
    let up = judged(after_100(104.0, 106.0, 101.0, 105.0));
    assert_eq!(opinion(&up), (Keep, 44.0, "gap up"));
    assert_eq!((rounded(up.measure("gap")), up.measure("held")), (4.0, 1.0));
    let alert = &up.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.side, alert.entry), ("MOMENTUM", Some(Side::Long), Some(105.0)));
    assert_eq!((rounded(alert.confidence), alert.message.as_str()), (0.44, "Gap up of 4.0 %, held"));
}

#[test]
fn a_gap_down_counts_as_much_and_is_short() {
    let down = judged(after_100(94.0, 101.0, 93.0, 95.0));
    assert_eq!(opinion(&down), (Keep, 60.0, "gap down"));
    assert_eq!((rounded(down.measure("gap")), down.measure("held")), (-6.0, 0.0), "the high closed it");
    assert_eq!((down.alerts[0].side, down.alerts[0].entry), (Some(Side::Short), Some(95.0)));
    let held = judged(after_100(94.0, 97.0, 93.0, 95.0));
    assert!((held.score - 66.0).abs() < 1e-9, "{}", held.score);
}

#[test]
fn the_score_never_passes_a_hundred() {
    assert_eq!(judged(after_100(130.0, 140.0, 120.0, 135.0)).score, 100.0);
}

#[test]
fn only_gaps_in_the_wanted_direction_are_kept() {
    let with = |direction: &str, open: f64| {
        let series = after_100(open, open + 1.0, open - 1.0, open);
        judged_with(series, &[("direction", direction.into())]).outcome
    };
    assert_eq!([with("up", 103.0), with("up", 97.0)], [Keep, Drop]);
    assert_eq!([with("down", 103.0), with("down", 97.0)], [Drop, Keep]);
}

#[test]
fn less_than_the_least_gap_is_none() {
    assert_eq!(opinion(&judged(after_100(102.0, 103.0, 101.0, 102.0))).0, Keep, "just two percent");
    assert_eq!(opinion(&judged(after_100(101.9, 103.0, 101.0, 102.0))), (Drop, 0.0, "no gap"));
    assert_eq!(opinion(&judged(after_100(98.1, 99.0, 97.0, 98.0))), (Drop, 0.0, "no gap"));
}

#[test]
fn cheap_stocks_are_dropped() {
    let cheap = Series::closes(&[4.0, 4.5]).newest("open", 4.5);
    assert_eq!(opinion(&judged(cheap)), (Drop, 0.0, "close below 5"));
}

#[test]
fn missing_data_is_no_opinion() {
    let reason = |series| {
        let judged = judged(series);
        assert_eq!((judged.outcome, judged.alerts.len()), (Abstain, 0));
        judged.reason
    };
    assert_eq!(reason(Series::closes(&[100.0])), "fewer than 2 daily bars");
    assert_eq!(reason(Series::closes(&[0.0, 110.0])), "a price is missing", "no change from a close of 0");
    for column in ["open", "high", "low", "close"] {
        assert_eq!(
            reason(after_100(110.0, 111.0, 109.0, 110.0).newest(column, f64::NAN)),
            "a price is missing"
        );
    }
    let halted = after_100(110.0, 111.0, 109.0, 110.0).sessions_ago([2, 1]);
    assert_eq!(reason(halted), "no bar in the newest session");
}

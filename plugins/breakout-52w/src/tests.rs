//! What is a new high, seen through the test kit.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::testkit::{Judged, Market, Series};

use super::Breakout;

fn judged(series: Series) -> Judged {
    Market::new().instrument("X", |i| i.bars("1d", series)).scan::<Breakout>().verdict("X").clone()
}

/// 252 bars with a high of 100, then a close; a million shares each.
fn after_year(close: f64) -> Series {
    Series::flat(253, 100.0, 1e6).newest("close", close).newest("high", close)
}

/// To nine digits behind the point: percentages are quotients.
fn rounded(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, rounded(judged.score), judged.reason.as_str())
}

#[test]
fn one_percent_above_the_high_scores_sixty_and_eighty_on_volume() {
    let quiet = judged(after_year(101.0));
    assert_eq!(opinion(&quiet), (Keep, 60.0, "new high"));
    assert_eq!((rounded(quiet.measure("above-high")), quiet.measure("old-high")), (1.0, 100.0));
    let loud = judged(after_year(101.0).newest("volume", 1.5e6));
    assert_eq!(opinion(&loud), (Keep, 80.0, "new high on high volume"));
    assert_eq!(loud.measure("relative-volume"), 1.5);
    let alert = &loud.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.side), ("TECHNICAL_BREAKOUT", Some(Side::Long)));
    assert_eq!((alert.entry, rounded(alert.confidence)), (Some(101.0), 0.8));
}

#[test]
fn the_price_alone_scores_at_most_eighty() {
    assert_eq!(judged(after_year(150.0)).score, 80.0);
    assert_eq!(judged(after_year(150.0).newest("volume", 9e6)).score, 100.0);
}

#[test]
fn the_old_high_itself_is_not_passed_and_the_bar_is_not_its_own_high() {
    assert_eq!(opinion(&judged(after_year(100.0))), (Drop, 0.0, "below its old high"));
    // a day's high above the old one is no close above it
    let wick = judged(after_year(99.0).newest("high", 120.0));
    assert_eq!((wick.outcome, rounded(wick.measure("above-high"))), (Drop, -1.0));
}

#[test]
fn a_high_of_more_than_a_year_ago_does_not_count() {
    let mut high = vec![100.0; 254];
    high[0] = 500.0;
    let series = Series::flat(254, 100.0, 1e6).high(&high).newest("close", 102.0);
    assert_eq!(judged(series).outcome, Keep);
    high[1] = 500.0;
    let series = Series::flat(254, 100.0, 1e6).high(&high).newest("close", 102.0);
    assert_eq!(judged(series).outcome, Drop);
}

#[test]
fn missing_data_is_no_opinion() {
    let reason = |series| {
        let judged = judged(series);
        assert_eq!(judged.outcome, Abstain);
        judged.reason
    };
    assert_eq!(reason(Series::flat(252, 100.0, 1e6)), "fewer than 253 daily bars");
    assert_eq!(reason(after_year(f64::NAN)), "a price is missing");
    let mut high = vec![100.0; 253];
    high[100] = f64::NAN;
    assert_eq!(reason(after_year(110.0).high(&high)), "a price is missing");
    assert_eq!(reason(after_year(110.0).sessions_ago((1..254).rev())), "no bar in the newest session");
    let no_volume = judged(after_year(101.0).newest("volume", f64::NAN));
    assert_eq!(opinion(&no_volume), (Keep, 60.0, "new high"), "what is unknown confirms nothing");
}

//! What insiders do, seen through the test kit. Events are as the reader of Form 4 gives them.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::Side;
use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Happening, Judged, Listing, Market, session_opens};

use super::Insider;

/// A transaction so many days before the newest session.
fn trade(code: &str, owner: &str, days_ago: i64, shares: f64, price: f64) -> Happening {
    let at = session_opens(0) - days_ago * 86_400_000;
    Happening::new("insider", at)
        .attribute("code", code)
        .attribute("owner-cik", owner)
        .number("shares", shares)
        .number("price", price)
        .number("value", shares * price)
        .number("sign", if code == "P" { 1.0 } else { -1.0 })
}

fn judged_with(trades: &[Happening], settings: &[(&str, Value)]) -> Judged {
    let market = Market::new().instrument("X", |i| trades.iter().cloned().fold(i, Listing::event));
    market.scan_with::<Insider>(settings).verdict("X").clone()
}

fn judged(trades: &[Happening]) -> Judged {
    judged_with(trades, &[])
}

fn opinion(judged: &Judged) -> (Outcome, f64, &str) {
    (judged.outcome, judged.score, judged.reason.as_str())
}

#[test]
fn two_buyers_in_a_week_are_a_cluster() {
    // net 750,000: 30; one cluster of three: 10; two buyers of five: 12
    let both = judged(&[trade("P", "1", 10, 10_000.0, 50.0), trade("P", "2", 4, 5_000.0, 50.0)]);
    assert!((both.score - 52.0).abs() < 1e-9, "{}", both.score);
    assert_eq!((both.outcome, both.reason.as_str()), (Keep, "insiders buy in clusters"));
    assert_eq!(
        (both.measure("buyers"), both.measure("clusters"), both.measure("net-value")),
        (2.0, 1.0, 750_000.0)
    );
    let alert = &both.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.side), ("INSIDER_BUYING", Some(Side::Long)));
    assert_eq!(alert.message, "2 insiders bought for 0.8 M USD net");
    assert_eq!(alert.evidence, ["X-0", "X-1"], "oldest first");
}

#[test]
fn one_buyer_alone_is_no_cluster_however_often() {
    let alone = judged(&[trade("P", "1", 5, 8_000.0, 50.0), trade("P", "1", 4, 8_000.0, 50.0)]);
    assert_eq!((alone.measure("clusters"), alone.measure("buyers")), (0.0, 1.0));
    assert!((alone.score - 32.0).abs() < 1e-9, "800,000 net and nothing else: {}", alone.score);
    assert_eq!(alone.reason, "insiders buy");
}

#[test]
fn purchases_too_far_apart_or_too_small_are_no_cluster() {
    let clusters = |days_apart: i64, shares: f64| {
        let trades = [trade("P", "1", 20, shares, 50.0), trade("P", "2", 20 - days_apart, shares, 50.0)];
        judged(&trades).measure("clusters")
    };
    assert_eq!([clusters(7, 5_000.0), clusters(8, 5_000.0), clusters(7, 4_999.0)], [1.0, 0.0, 0.0]);
}

#[test]
fn who_sells_is_no_buyer_and_sales_are_taken_off() {
    let mixed = judged(&[
        trade("P", "1", 9, 20_000.0, 50.0),
        trade("S", "2", 8, 5_000.0, 50.0),
        trade("S", "3", 7, 5_000.0, 50.0),
    ]);
    assert_eq!((mixed.measure("buyers"), mixed.measure("sellers")), (1.0, 2.0));
    assert_eq!((mixed.measure("bought"), mixed.measure("sold")), (1e6, 500_000.0));
    // 500,000 net: 20, and one buyer alone adds nothing
    assert_eq!(opinion(&mixed), (Drop, 20.0, "insiders bought little"));
}

#[test]
fn heavy_selling_is_dropped_and_says_so_as_selling() {
    let sold = judged(&[trade("S", "1", 9, 40_000.0, 50.0), trade("P", "2", 9, 1_000.0, 50.0)]);
    assert_eq!(opinion(&sold), (Drop, 0.0, "insiders sold as much as they bought, or more"));
    assert_eq!(sold.alerts.len(), 1);
    let alert = &sold.alerts[0];
    assert_eq!((alert.kind.as_str(), alert.side), ("INSIDER_SELLING", None));
    assert_eq!(
        (alert.numbers.as_slice(), alert.evidence.as_slice()),
        ([("net-value".to_owned(), -1.95e6)].as_slice(), ["X-0".to_owned()].as_slice())
    );
    assert!(judged(&[trade("S", "1", 9, 100.0, 50.0)]).alerts.is_empty(), "a little is no alert");
}

#[test]
fn grants_exercises_derivatives_and_plans_are_no_purchases() {
    let nothing = judged(&[
        trade("A", "1", 9, 1e6, 50.0),
        trade("M", "2", 9, 1e6, 50.0),
        trade("F", "3", 9, 1e6, 50.0),
        trade("P", "4", 9, 1e6, 50.0).attribute("derivative", "true"),
        trade("S", "5", 9, 1e6, 50.0).attribute("plan-10b5-1", "true"),
    ]);
    assert_eq!(opinion(&nothing), (Drop, 0.0, "insiders neither bought nor sold"));
    let planned = [trade("P", "5", 9, 1e6, 50.0).attribute("plan-10b5-1", "true")];
    assert_eq!(judged_with(&planned, &[("count-plans", true.into())]).outcome, Keep);
}

#[test]
fn an_amendment_that_repeats_a_purchase_counts_once() {
    let first = trade("P", "1", 9, 20_000.0, 50.0);
    let twice = judged(&[first.clone(), first.attribute("amendment", "true")]);
    assert_eq!(twice.measure("bought"), 1e6);
}

#[test]
fn missing_data_is_no_opinion() {
    assert_eq!(
        (judged(&[]).outcome, judged(&[]).reason.as_str()),
        (Abstain, "no transaction of an insider is known in 90 days")
    );
    let no_price = Happening::new("insider", session_opens(3)).attribute("code", "P").number("shares", 100.0);
    let unknown = judged(&[no_price]);
    assert_eq!(
        (unknown.outcome, unknown.reason.as_str()),
        (Abstain, "its insiders' transactions have no value")
    );
    let old = judged(&[trade("P", "1", 91, 20_000.0, 50.0)]);
    assert_eq!(old.outcome, Abstain);
}

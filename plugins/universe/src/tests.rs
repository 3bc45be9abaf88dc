//! What is let in, seen through the test kit.

use sluice_sdk::Outcome::{Drop, Keep};
use sluice_sdk::log::Level;
use sluice_sdk::testkit::{Market, Scan};

use super::Universe;

fn market() -> Market {
    Market::new()
        .instrument("CVX", |i| i)
        .instrument("BABA", |i| i.kind("adr"))
        .instrument("QQQ", |i| i.kind("etf").mic("XNAS"))
        .instrument("PLAIN", |i| i.kind("warrant"))
        .instrument("ZVZZT", |i| i.status("test"))
        .instrument("STOP", |i| i.status("halted"))
        .instrument("GONE", |i| i.status("delisted"))
        .instrument("PINK", |i| i.mic("PINX"))
        .instrument("NEW", |i| i.kind("unknown"))
        .instrument("DIM", |i| i.status("unknown"))
        .instrument("NOWHERE", |i| i.mic(""))
}

fn said<'a>(scan: &'a Scan, symbol: &str) -> (sluice_sdk::Outcome, f64, &'a str) {
    let verdict = scan.verdict(symbol);
    (verdict.outcome, verdict.score, verdict.reason.as_str())
}

#[test]
fn active_stocks_receipts_and_funds_are_let_in_whatever_their_letters() {
    let scan = market().scan::<Universe>();
    for symbol in ["CVX", "BABA", "QQQ", "NOWHERE"] {
        assert_eq!(said(&scan, symbol), (Keep, 100.0, "active, of a wanted kind"), "{symbol}");
    }
}

#[test]
fn what_does_not_trade_or_is_of_another_kind_or_over_the_counter_is_dropped_with_the_reason() {
    let scan = market().scan::<Universe>();
    assert_eq!(said(&scan, "PLAIN"), (Drop, 0.0, "its kind is warrant"));
    assert_eq!(said(&scan, "ZVZZT"), (Drop, 0.0, "its status is test"));
    assert_eq!(said(&scan, "STOP"), (Drop, 0.0, "its status is halted"));
    assert_eq!(said(&scan, "GONE"), (Drop, 0.0, "its status is delisted"));
    assert_eq!(said(&scan, "PINK"), (Drop, 0.0, "its venue PINX is excluded"));
}

#[test]
fn the_unknown_is_kept_at_half_the_score_and_counted_in_one_line() {
    let scan = market().scan::<Universe>();
    assert_eq!(said(&scan, "NEW"), (Keep, 50.0, "kept although its kind is unknown"));
    assert_eq!(said(&scan, "DIM"), (Keep, 50.0, "kept although its status is unknown"));
    let [(Level::Warn, line)] = scan.log() else { panic!("{:?}", scan.log()) };
    assert!(line.starts_with("instruments are kept although"), "{line}");
}

#[test]
fn the_unknown_is_dropped_when_the_settings_say_so_and_nothing_is_logged() {
    let drop = [("unknown-kind", "drop".into()), ("unknown-status", "drop".into())];
    let scan = market().scan_with::<Universe>(&drop);
    assert_eq!(said(&scan, "NEW"), (Drop, 0.0, "its kind is unknown"));
    assert_eq!(said(&scan, "DIM"), (Drop, 0.0, "its status is unknown"));
    assert!(scan.log().is_empty());
}

#[test]
fn kinds_and_venues_are_what_the_operator_says() {
    let wanted = vec!["warrant".to_owned()];
    let scan = market().scan_with::<Universe>(&[
        ("kinds", wanted.into()),
        ("excluded-venues", Vec::<String>::new().into()),
        ("unknown-kind", "drop".into()),
    ]);
    assert_eq!(scan.kept(), ["PLAIN"]);
    let scan = market().scan_with::<Universe>(&[("excluded-venues", vec!["XNYS".to_owned()].into())]);
    assert_eq!(scan.kept(), ["QQQ", "PINK", "NOWHERE"]);
}

#[test]
fn a_word_that_unknown_kind_does_not_know_is_refused_by_name() {
    let refused = market().try_scan::<Universe>(&[("unknown-kind", "maybe".into())]).unwrap_err();
    assert_eq!(refused, "settings refused: unknown-kind: \"maybe\" is none of keep, drop");
}

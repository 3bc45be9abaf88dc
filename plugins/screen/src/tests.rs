//! The layer through the test kit: verdicts, settings, needs.

use sluice_sdk::Outcome::{self, Abstain, Drop, Keep};
use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Judged, Market, Series, session_opens};
use sluice_sdk::{Layer, Quote};

use super::ScreenLayer;

/// 60 flat closes at 100, then one at 110 on three times the volume.
fn rising() -> Series {
    Series::flat(61, 100.0, 1000.0).newest("close", 110.0).newest("high", 111.0).newest("volume", 3000.0)
}

fn judged(settings: &[(&str, Value)]) -> Judged {
    let market = Market::new().instrument("X", |i| {
        i.kind("stock")
            .sector("Energy")
            .fact("pe", 12.0)
            .upstream("sluice/volume", "score", 60.0)
            .bars("1d", rising())
    });
    market.scan_with::<ScreenLayer>(settings).verdict("X").clone()
}

fn where_(text: &str) -> [(&'static str, Value); 1] {
    [("where", Value::from(text))]
}

fn opinion(judged: &Judged) -> (Outcome, &str) {
    (judged.outcome, judged.reason.as_str())
}

#[test]
fn the_expression_of_the_handbook_keeps_what_it_holds_for() {
    let text = "rvol > 2 and close > sma(50) and sector != \"Utilities\" and pe < 20";
    let judged = judged(&where_(text));
    assert_eq!((opinion(&judged), judged.score), ((Keep, "it holds"), 100.0));
    assert!(judged.measure("value").is_nan());
}

#[test]
fn a_drop_names_the_part_that_failed() {
    let judged = judged(&where_("rvol > 2 and close > 200 and pe < 20"));
    assert_eq!((opinion(&judged), judged.score), ((Drop, "not: close > 200"), 0.0));
}

#[test]
fn a_missing_value_that_decides_makes_it_abstain() {
    assert_eq!(
        opinion(&judged(&where_("close > 50 and market_cap > 1b"))),
        (Abstain, "unknown: market_cap > 1b")
    );
    assert_eq!(opinion(&judged(&where_("sma(200) < close"))), (Abstain, "unknown: sma(200) < close"));
    assert_eq!(opinion(&judged(&where_("close > 50 or market_cap > 1b"))), (Keep, "it holds"));
}

#[test]
fn the_newest_quote_is_seen_and_without_one_its_numbers_are_unknown() {
    let judged = |quote: Option<Quote>| {
        let build = |i: sluice_sdk::testkit::Listing| i.bars("1d", rising());
        let market = Market::new().instrument("X", |i| match quote {
            Some(quote) => build(i).quote(quote),
            None => build(i),
        });
        market.scan_with::<ScreenLayer>(&where_("spread < 1 and close > bid")).verdict("X").clone()
    };
    let at = session_opens(0);
    let quote = Quote { at, bid: 109.5, ask: 110.5, bid_size: 1.0, ask_size: 1.0, last: 110.0 };
    assert_eq!(opinion(&judged(Some(quote))), (Keep, "it holds"));
    assert_eq!(opinion(&judged(None)), (Abstain, "unknown: spread < 1"));
    let nobody = Quote { ask: 0.0, ..quote };
    assert_eq!(opinion(&judged(Some(nobody))), (Abstain, "unknown: spread < 1"));
}

#[test]
fn the_score_is_an_expression_clamped_to_a_hundred() {
    let with = |score: &str| judged(&[("where", Value::from("close > 1")), ("score", Value::from(score))]);
    let half = with("change * 5");
    assert!((half.score - 50.0).abs() < 1e-9, "{}", half.score);
    let over = with("change * 50");
    assert_eq!(over.score, 100.0);
    assert!((over.measure("value") - 500.0).abs() < 1e-9);
    assert_eq!(with("upstream(\"sluice/volume\", \"score\")").score, 60.0);
    assert_eq!(opinion(&with("market_cap")), (Abstain, "unknown: its score"));
}

#[test]
fn a_wrong_expression_is_refused_with_its_column() {
    let market = Market::new().instrument("X", |i| i.bars("1d", rising()));
    let error = market.try_scan::<ScreenLayer>(&where_("rsii(14) < 70")).unwrap_err();
    assert!(error.contains("column 1: rsii is unknown: did you mean rsi?"), "{error}");
    let error = market.try_scan::<ScreenLayer>(&[("score", Value::from("close > 1"))]).unwrap_err();
    assert!(error.contains("score") && error.contains("a number is wanted here"), "{error}");
}

#[test]
fn old_bars_are_not_judged_unless_asked() {
    let old = |setting: &str| {
        let series = Series::flat(30, 100.0, 1000.0).sessions_ago((1..31).rev());
        let market = Market::new().instrument("X", |i| i.bars("1d", series));
        let settings = [("where", Value::from("close > 1")), ("old-bars", Value::from(setting))];
        market.scan_with::<ScreenLayer>(&settings).verdict("X").clone()
    };
    assert_eq!(opinion(&old("abstain")), (Abstain, "no bar in the newest session"));
    assert_eq!(opinion(&old("judge")), (Keep, "it holds"));
}

#[test]
fn texts_alone_need_no_bars() {
    let market = Market::new().instrument("X", |i| i.kind("etf"));
    let verdict = market.scan_with::<ScreenLayer>(&where_("kind == 'etf'"));
    assert_eq!(opinion(verdict.verdict("X")), (Keep, "it holds"));
    let none = Market::new().instrument("X", |i| i.kind("etf"));
    let verdict = none.scan_with::<ScreenLayer>(&where_("close > 1"));
    assert_eq!(opinion(verdict.verdict("X")), (Abstain, "no bars of 1d"));
}

#[test]
fn it_reads_no_column_that_it_did_not_ask_for() {
    let market = Market::new().instrument("X", |i| i.bars("1d", rising()));
    let scan = market.scan_with::<ScreenLayer>(&where_("crosses_above(close, 105)"));
    assert_eq!(opinion(scan.verdict("X")), (Keep, "it holds"));
    assert!(scan.log().is_empty(), "{:?}", scan.log());
}

#[test]
fn it_tells_of_itself_what_the_host_lists() {
    let about = format!("{:?}", ScreenLayer::about());
    assert!(about.contains("sluice/screen"), "{about}");
}

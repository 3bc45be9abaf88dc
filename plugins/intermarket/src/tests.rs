//! Markets against each other, seen through the test kit.

use sluice_sdk::setting::Value;
use sluice_sdk::testkit::{Market, Scan, Series};

use super::{BARS, Intermarket};

/// Closes from 100 by these changes in percent.
fn path(changes: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut closes = vec![100.0];
    closes.extend(changes.scan(100.0, |close, change| {
        *close *= 1.0 + change / 100.0;
        Some(*close)
    }));
    closes
}

/// The base's changes: 1 and -1 in turn, and every third one doubled, so that it moves like nothing else.
fn base(step: usize) -> f64 {
    (if step.is_multiple_of(2) { 1.0 } else { -1.0 }) * (if step.is_multiple_of(3) { 2.0 } else { 1.0 })
}

fn market(listed: &[(&str, Vec<f64>)]) -> Market {
    listed.iter().fold(Market::new(), |market, (symbol, closes)| {
        market.reference(symbol, |i| i.bars("1d", Series::closes(closes)))
    })
}

fn scan(market: &Market) -> Scan {
    let none: Vec<String> = vec!["QQQ".to_owned()];
    market.scan_with::<Intermarket>(&[("others", Value::from(none))])
}

fn said(scan: &Scan) -> Vec<(&str, &str)> {
    scan.market_alerts().iter().map(|alert| (alert.kind.as_str(), alert.message.as_str())).collect()
}

fn spy() -> (&'static str, Vec<f64>) {
    ("SPY", path((0..60).map(base)))
}

#[test]
fn markets_that_move_together_raise_nothing_and_have_their_figures() {
    let scan = scan(&market(&[spy(), ("QQQ", path((0..60).map(|step| 2.0 * base(step))))]));
    assert!((scan.market("correlation SPY QQQ").unwrap() - 1.0).abs() < 1e-9);
    assert_eq!(scan.market("references"), Some(2.0));
    assert!(said(&scan).iter().all(|(kind, _)| *kind != "CORRELATION_ANOMALY"), "{:?}", said(&scan));
}

#[test]
fn a_correlation_that_turns_is_an_anomaly_on_the_market_and_on_no_ticker() {
    let turned = path((0..60).map(|step| if step < 40 { base(step) } else { -base(step) }));
    let market =
        market(&[spy(), ("QQQ", turned)]).instrument("X", |i| i.bars("1d", Series::flat(61, 1.0, 1.0)));
    let scan = scan(&market);
    let anomaly = scan.market_alerts().iter().find(|alert| alert.kind == "CORRELATION_ANOMALY").unwrap();
    assert_eq!(anomaly.message, "The correlation of SPY and QQQ broke: 1.00 before, -1.00 now");
    assert!((anomaly.confidence - 0.8).abs() < 1e-9);
    assert_eq!(anomaly.dedupe_key, "CORRELATION_ANOMALY SPY QQQ");
    assert!(scan.kept().is_empty(), "a layer on the market judges no instrument");
}

#[test]
fn a_correlation_that_is_new_is_an_anomaly_too() {
    // before: steps of four, which the base's turns cancel out
    let fresh =
        path((0..60).map(|step| if step < 40 { [1.0, 1.0, -1.0, -1.0][step % 4] } else { base(step) }));
    let scan = scan(&market(&[spy(), ("QQQ", fresh)]));
    let anomaly = scan.market_alerts().iter().find(|alert| alert.kind == "CORRELATION_ANOMALY").unwrap();
    assert!(anomaly.message.starts_with("The correlation of SPY and QQQ is new: "), "{}", anomaly.message);
    assert!((anomaly.confidence - 0.8).abs() < 1e-9, "{}", anomaly.confidence);
}

#[test]
fn a_market_that_runs_away_diverges() {
    let away = path((0..60).map(|step| base(step) + if step == 59 { 10.0 } else { 0.01 * base(step) }));
    let scan = scan(&market(&[spy(), ("QQQ", away)]));
    let divergence = scan.market_alerts().iter().find(|alert| alert.kind == "DIVERGENCE").unwrap();
    assert!(divergence.message.starts_with("QQQ is "), "{}", divergence.message);
    assert!(
        divergence.message.ends_with(" deviations above its usual ratio to SPY"),
        "{}",
        divergence.message
    );
    assert!((divergence.confidence - 0.7).abs() < 1e-9, "far beyond three: {}", divergence.confidence);
    assert!(scan.market("divergence SPY QQQ").unwrap() > 3.0);
}

#[test]
fn bonds_that_begin_to_move_with_stocks_change_the_regime() {
    let bonds = path((0..60).map(|step| if step < 40 { -base(step) } else { base(step) }));
    let scan = scan(&market(&[spy(), ("TLT", bonds)]));
    assert!(
        said(&scan).contains(&("REGIME_CHANGE", "SPY and TLT move together: correlation 1.00")),
        "{:?}",
        said(&scan)
    );
}

#[test]
fn a_volatility_index_above_one_and_a_half_of_its_mean_changes_the_regime() {
    let with = |newest: f64| {
        let mut closes = vec![20.0; 20];
        closes.push(newest);
        scan(&market(&[("^VIX", closes)]))
    };
    let calm = with(30.0);
    assert_eq!((calm.market("volatility-ratio"), calm.market_alerts().len()), (Some(1.5), 0));
    let fear = with(31.0);
    assert_eq!(said(&fear), [("REGIME_CHANGE", "^VIX is 1.6 times its mean of 20 bars")]);
    assert_eq!(fear.market_alerts()[0].confidence, 0.75);
}

#[test]
fn it_asks_for_as_many_bars_as_it_compares_and_one_less_says_nothing() {
    let count = |bars: usize| {
        let spy = spy().1[61 - bars..].to_vec();
        let scan = scan(&market(&[("SPY", spy), ("QQQ", path((0..60).map(base)))]));
        scan.market("correlation SPY QQQ").is_some()
    };
    assert_eq!((BARS, count(61), count(60)), (61, true, false));
}

#[test]
fn days_that_only_one_market_has_are_left_out() {
    let (_, closes) = spy();
    // one more bar in the middle, on a day that the base does not have
    let mut other = closes.clone();
    other.insert(30, 5000.0);
    let spy_ago: Vec<u32> = (32..62).rev().chain((0..31).rev()).collect();
    let other_ago: Vec<u32> = (32..62).rev().chain([31]).chain((0..31).rev()).collect();
    let market = Market::new()
        .reference("SPY", |i| i.bars("1d", Series::closes(&closes).sessions_ago(spy_ago)))
        .reference("QQQ", |i| i.bars("1d", Series::closes(&other).sessions_ago(other_ago)));
    assert!((scan(&market).market("correlation SPY QQQ").unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn what_is_missing_raises_nothing() {
    let nothing = scan(&Market::new());
    assert_eq!((nothing.market("references"), nothing.market_alerts().len()), (Some(0.0), 0));
    let mut holes = path((0..60).map(base));
    holes[20] = f64::NAN;
    let scan = scan(&market(&[spy(), ("QQQ", holes), ("^VIX", vec![20.0; 5])]));
    assert_eq!((scan.market("correlation SPY QQQ"), scan.market("volatility-ratio")), (None, None));
    assert!(scan.market_alerts().is_empty());
}

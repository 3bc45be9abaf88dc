//! `sluice layer test`, `bench` and `run` with components.

use super::bundled;
use crate::support::{Home, list, test_layer};
use serde_json::Value;

#[test]
fn a_component_that_keeps_the_rules_passes() {
    let home = Home::compiled();
    let ran = home.run(&["layer", "test", &bundled("gap")]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let (head, rules) = ran.stdout.split_once('\n').unwrap();
    assert!(head.starts_with("sluice/gap@") && head.contains(" instruments: "), "{head}");
    insta::assert_snapshot!(rules);
}

#[test]
fn each_broken_rule_says_what_to_look_at() {
    let home = Home::compiled();
    for (layer, rule) in [("panics", "survives"), ("nan_scores", "survives")] {
        let ran = home.run(&["layer", "test", &test_layer(layer)]);
        assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
        let failed = ran.stdout.lines().find(|line| line.starts_with("FAILED")).unwrap();
        assert!(failed.contains(rule), "{}", ran.stdout);
        assert!(ran.stdout.contains("what to do: look for divisions by zero"), "{}", ran.stdout);
        let tested = home.run(&["layer", "test", &test_layer(layer), "--format", "json"]).json();
        assert_eq!((&tested["passed"], &tested["own_tests"]), (&Value::Bool(false), &Value::Null));
    }
}

#[test]
fn what_depends_on_the_company_of_an_instrument_is_told_with_both_answers() {
    let home = Home::compiled();
    let ran = home.run(&["layer", "test", &test_layer("leaky")]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{}", ran.stdout);
    insta::assert_snapshot!(ran.stdout);
}

#[test]
fn a_panic_is_told_with_file_and_line() {
    let home = Home::with_market();
    let ran = home.run(&["layer", "run", &test_layer("panics")]);
    assert_eq!(ran.code, 4, "{}{}", ran.stdout, ran.stderr);
    let fault = ran.stderr.lines().find(|line| line.starts_with("error: ")).unwrap();
    assert!(fault.contains("test/panics@0.1.0: panicked: ") && fault.contains("panics.rs:"), "{fault}");
}

#[test]
fn a_bench_holds_costs_against_limits() {
    let home = Home::compiled();
    let cost = home.json(&["layer", "bench", &bundled("gap")]);
    let limits: Vec<&str> = list(&cost, "limits").iter().map(|it| it["limit"].as_str().unwrap()).collect();
    assert_eq!(limits, ["fuel", "wall-ms", "memory-mib"]);
    assert!(cost["fuel_per_instrument"].as_f64().unwrap() > 100.0, "{cost}");
    let table = home.ok(&["layer", "bench", &bundled("gap")]);
    assert!(table.contains("an instrument") && table.contains("│ fuel"), "{table}");
}

#[test]
fn a_run_says_of_some_instruments_what_a_scan_says_and_what_the_layer_saw() {
    let home = Home::with_market();
    let scan = home.json(&["scan", "--with", "sluice/gap", "--dry-run"]);
    let passed = &list(&scan, "results")[0];
    let symbol = passed["symbol"].as_str().unwrap();
    let told = home.json(&["layer", "run", &bundled("gap"), "--symbols", symbol, "--explain"]);
    let [judged] = &list(&told, "results")[..] else { panic!("{told}") };
    assert_eq!((judged["symbol"].as_str(), judged["outcome"].as_str()), (Some(symbol), Some("keep")));
    assert_eq!(judged["score"], passed["score"]);
    let bars = &judged["seen"]["bars"][0];
    assert_eq!((bars["timeframe"].as_str(), bars["count"].as_u64()), (Some("1d"), Some(2)));
    let text = home.ok(&["layer", "run", &bundled("gap"), "--symbols", symbol, "--explain"]);
    assert!(text.contains("2 of 2 bars of 1d (open, high, low, close)"), "{text}");
}

#[test]
fn a_run_refuses_what_a_scan_refuses() {
    let home = Home::with_market();
    let error = home.refuses(&["layer", "run", &bundled("gap"), "--symbols", "NOSUCH"], 2);
    assert!(error.contains("unknown symbol NOSUCH"), "{error}");
    let error = home.refuses(&["layer", "run", "nowhere"], 2);
    assert!(error.contains("there is no nowhere"), "{error}");
    let error = home.refuses(&["layer", "run", &bundled("gap"), "--watch"], 2);
    assert!(error.contains("--watch builds a crate again"), "{error}");
    let error = Home::compiled().fails(&["layer", "run", &bundled("gap")]);
    assert!(error.contains("there is no market data yet"), "{error}");
}

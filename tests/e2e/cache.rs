//! `sluice cache`: answers that are kept from scan to scan.

use crate::support::Home;
use serde_json::{Value, json};

fn layers(scan: &Value) -> Vec<&Value> {
    let stages = scan["stages"].as_array().unwrap().iter();
    stages.flat_map(|stage| stage["layers"].as_array().unwrap()).collect()
}

fn hits(scan: &Value) -> u64 {
    layers(scan).iter().map(|layer| layer["cache_hits"].as_u64().unwrap()).sum()
}

#[test]
fn where_nothing_is_kept_there_is_nothing_to_show_and_nothing_is_made() {
    let home = Home::empty();
    insta::assert_snapshot!(home.ok(&["cache"]), @"nothing is kept yet, of at most 512.0 MiB: scans keep what layers say; no scan has looked for any");
    assert_eq!(home.json(&["cache", "clear", "--all"]), json!({ "entries": 0, "bytes": 0 }));
    assert!(!home.path().exists(), "looking made something");
}

#[test]
fn a_second_scan_calls_no_layer_and_says_the_same() {
    let home = Home::with_market();
    let cold = home.json(&["scan"]);
    let warm = home.json(&["scan"]);
    assert_eq!((&cold["results"], &cold["alerts"]), (&warm["results"], &warm["alerts"]));
    assert_eq!(
        (hits(&cold), layers(&warm).iter().all(|layer| layer["calls"] == 0 && layer["fuel"] == 0)),
        (0, true)
    );
    let asked: u64 = layers(&cold).iter().map(|layer| layer["cache_misses"].as_u64().unwrap()).sum();
    assert_eq!(hits(&warm), asked);
    let without = home.json(&["scan", "--no-cache"]);
    assert_eq!((&without["results"], hits(&without)), (&cold["results"], 0));
    assert!(layers(&without).iter().all(|layer| layer["calls"] != 0 && layer["cache_misses"] == 0));
    let stats = home.json(&["cache", "stats"]);
    assert_eq!((&stats["hits"], &stats["misses"]), (&json!(asked), &json!(asked)));
    // of bars digests are kept, which nobody counts as answers
    let bars = stats["layers"].as_array().unwrap().iter().find(|of| of["layer"].is_null()).unwrap();
    assert!(bars["entries"].is_null() && bars["bytes"].as_u64().unwrap() > 0, "{bars}");
    let table = home.ok(&["cache"]);
    let row = table.lines().find(|line| line.contains("digests of bars")).unwrap();
    assert_eq!(row.split('┆').nth(3).unwrap().trim(), "–", "{row}");
    // beside the answers there are the warnings that go with them
    assert!((asked..asked + 4).contains(&stats["entries"].as_u64().unwrap()), "{stats}");
    assert_eq!(stats["hit_rate"], 0.5);
    let liquidity =
        stats["layers"].as_array().unwrap().iter().find(|of| of["layer"] == "sluice/liquidity").unwrap();
    assert_eq!((&liquidity["stages"], &liquidity["hit_rate"]), (&json!(["1 liquidity"]), &json!(0.5)));
    assert!(stats["bytes"].as_u64().unwrap() < stats["cap_bytes"].as_u64().unwrap());
}

#[test]
fn clearing_a_stage_takes_its_layers_answers_only_and_is_audited() {
    let home = Home::with_market();
    let cold = home.json(&["scan"]);
    let of_liquidity = layers(&cold)[1]["cache_misses"].clone();
    assert_eq!(home.json(&["cache", "clear", "--older-than", "1"])["entries"], 0);
    assert_eq!(home.json(&["cache", "clear", "--stage", "1"])["entries"], of_liquidity);
    let scan = home.json(&["scan"]);
    let found: Vec<bool> = layers(&scan).iter().map(|layer| layer["cache_hits"] != 0).collect();
    assert!(found[0] && !found[1] && found[2..].iter().all(|found| *found), "{found:?}");
    assert_eq!(
        home.ok(&["cache", "clear", "--all"]).split(',').next().unwrap().split(' ').next(),
        Some("removed")
    );
    assert_eq!(home.json(&["cache"])["entries"], 0);
    let log = home.json(&["audit", "log", "--action", "cache", "--oldest-first"]);
    let subjects: Vec<&str> =
        log.as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["answers not used for 1 h", "answers of stage 1 liquidity", "all answers"]);
}

#[test]
fn what_to_clear_must_be_said_once() {
    let home = Home::with_market();
    for args in [&["cache", "clear"][..], &["cache", "clear", "--all", "--stage", "1"]] {
        assert_eq!(home.run(args).code, 2, "{args:?}");
    }
    let error = home.refuses(&["cache", "clear", "--stage", "9"], 2);
    assert!(error.contains("--stage: pipeline daily has no stage 9"), "{error}");
}

#[test]
fn a_cap_of_zero_keeps_nothing() {
    let home = Home::with_market();
    home.configure("[cache]\nmax-mib = 0\n");
    home.ok(&["scan"]);
    assert_eq!(hits(&home.json(&["scan"])), 0);
    assert!(!home.path().join("cache").join("verdicts").exists());
}

#[test]
fn a_cap_of_zero_keeps_not_even_what_there_was() {
    let kept = |home: &Home| home.json(&["cache"])["bytes"].as_u64().unwrap();
    let home = Home::with_market();
    home.ok(&["scan"]);
    assert!(kept(&home) > 0);
    home.configure("[cache]\nmax-mib = 0\n");
    home.ok(&["scan", "--dry-run"]);
    home.configure("");
    assert_eq!(kept(&home), 0);
}

//! Exit codes and what a faulting layer costs. (130 is in `signals`.)

use crate::support::{Home, Ran, list, test_layer, texts};
use serde_json::Value;

/// A home whose pipeline `mixed` has two faulting layers beside two good ones, and whose pipeline `broken` has a
/// stage of faulting layers only.
fn home() -> Home {
    let home = Home::with_market();
    for layer in ["panics", "fault"] {
        home.ok(&["layer", "install", &test_layer(layer)]);
    }
    home.configure(PIPELINES);
    home
}

const PIPELINES: &str = r#"
[[pipelines.good.stages]]
number = 2
name = "catalyst"
layers = ["sluice/volume", "sluice/technical"]
pass = "any"

[[pipelines.mixed.stages]]
number = 2
name = "catalyst"
layers = ["sluice/volume", "sluice/technical", "test/panics", "test/fault"]
pass = "any"

[[pipelines.broken.stages]]
number = 0
name = "universe"
layers = ["sluice/universe"]
[[pipelines.broken.stages]]
number = 1
name = "broken"
layers = ["test/panics", "test/fault"]
[[pipelines.broken.stages]]
number = 2
name = "after"
layers = ["sluice/volume"]
"#;

fn scan(home: &Home, pipeline: &str, code: i32) -> Value {
    let ran = home.run(&["scan", "--pipeline", pipeline, "--format", "json"]);
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    ran.json()
}

#[test]
fn zero_is_a_complete_scan() {
    assert_eq!(scan(&home(), "good", 0)["status"], "complete");
}

#[test]
fn two_is_a_command_line_that_makes_no_sense() {
    let home = Home::empty();
    for args in [
        &[][..],
        &["scan", "--nope"],
        &["nope"],
        &["import"],
        &["scan", "--symbols", "a;b"],
        &["scan", "--as-of", "never"],
        &["scan", "--format", "xml"],
        &["demo", "--symbols", "1"],
        &["alerts", "--limit", "0"],
        &["status", "--db", "mysql://x"],
    ] {
        let ran = Ran::of(home.bare(args));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.is_empty(), "{args:?} says nothing");
    }
    assert!(!home.path().exists(), "a wrong command line made a home");
}

#[test]
fn three_is_a_scan_without_the_layers_that_faulted_and_the_others_verdicts_are_unchanged() {
    let home = home();
    let (good, mixed) = (scan(&home, "good", 0), scan(&home, "mixed", 3));
    assert_eq!(mixed["status"], "partial");
    assert!(!list(&good, "results").is_empty());
    assert_eq!(good["results"], mixed["results"]);
    assert_eq!(good["alerts"], mixed["alerts"]);
    let layers = &mixed["stages"][0];
    assert_eq!(texts(layers, "layers", "status"), ["ok", "ok", "faulted", "faulted"]);
    let stats = |scan: &Value, at: usize| scan["stages"][0]["layers"][at]["stats"].clone();
    assert_eq!((stats(&good, 0), stats(&good, 1)), (stats(&mixed, 0), stats(&mixed, 1)));
    assert_eq!(home.json(&["status"])["last_scan"]["status"], "partial");
}

#[test]
fn warnings_name_each_fault_with_what_the_layer_said() {
    let home = home();
    let mixed = scan(&home, "mixed", 3);
    let warnings: Vec<&str> =
        list(&mixed, "warnings").iter().map(|warning| warning.as_str().unwrap()).collect();
    let of = |layer: &str| {
        warnings.iter().find(|warning| warning.starts_with(&format!("{layer} faulted"))).unwrap()
    };
    assert!(of("test/panics").contains("on purpose, with 300 instruments"), "{warnings:?}");
    assert!(of("test/panics").contains("panics.rs"), "file and line: {warnings:?}");
    assert!(of("test/fault").contains("gave up on 300 instruments"), "{warnings:?}");
    // their breakers are open now
    for layer in ["test/panics", "test/fault"] {
        home.ok(&["breaker", "reset", layer]);
    }
    let table = home.run(&["scan", "--pipeline", "mixed"]);
    assert_eq!(table.code, 3);
    assert!(
        table.stdout.contains("faulted") && table.stderr.contains("test/fault faulted"),
        "{}",
        table.stderr
    );
}

#[test]
fn four_is_a_scan_with_a_stage_of_which_nothing_can_be_said() {
    let home = home();
    let broken = scan(&home, "broken", 4);
    assert_eq!((&broken["status"], &broken["results"]), (&"failed".into(), &serde_json::json!([])));
    assert_eq!(texts(&broken["stages"][1], "layers", "status"), ["faulted", "faulted"]);
    assert_eq!(home.json(&["status"])["last_scan"]["status"], "failed");
}

#[test]
fn a_fault_says_nothing_about_the_next_scan() {
    let home = home();
    scan(&home, "broken", 4);
    assert_eq!(scan(&home, "good", 0)["status"], "complete");
}

#[test]
fn every_misbehaviour_is_a_fault_of_its_layer_alone() {
    let home = Home::with_market();
    for (file, id, part) in [
        ("bad_text", "test/bad-text", "control character"),
        ("nan_scores", "test/nan-scores", "NaN"),
        ("short_columns", "test/short-columns", "299"),
        ("hungry", "test/hungry", "memory"),
        ("undeclared_alert", "test/undeclared-alert", "UNDECLARED"),
        ("spin", "test/spin", "fuel"),
    ] {
        home.ok(&["layer", "install", &test_layer(file)]);
        home.configure(&format!(
            "[layers.\"test/spin\".limits]\nfuel = 100_000_000\n[[pipelines.p.stages]]\nnumber = 0\nname = \"s\"\npass = \"any\"\n\
             layers = [\"sluice/universe\", \"{id}\"]\n"
        ));
        let result = scan(&home, "p", 3);
        let faulted = &result["stages"][0]["layers"][1];
        assert_eq!(faulted["status"], "faulted", "{id}");
        let fault = faulted["fault"].as_str().unwrap();
        assert!(fault.contains(part), "{id}: {part} is missing: {fault}");
        assert!(!fault.chars().any(char::is_control), "{id}: {fault:?}");
        assert_eq!(result["stages"][0]["layers"][0]["status"], "ok");
    }
}

#[test]
fn an_alert_that_makes_no_sense_is_refused_alone() {
    let home = Home::with_market();
    home.ok(&["layer", "install", &test_layer("silly_alert")]);
    let scan = home.json(&["scan", "--with", "test/silly-alert"]);
    assert_eq!(scan["status"], "complete");
    assert_eq!(list(&scan, "alerts").len(), 300);
    assert!(list(&scan, "alerts").iter().all(|alert| alert["message"] == "sound"));
    let warnings = scan["warnings"].to_string();
    assert!(warnings.contains("stop 11 is not below its entry 10"), "{warnings}");
}

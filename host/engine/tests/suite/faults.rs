//! A layer that misbehaves costs its own voice and nothing else, and the user reads why.

use crate::support::{World, config, opinions, printed, symbols};
use sluice_engine::{LayerStatus, ScanStatus};

/// What the limits of the misbehaving layers are: small, so that they are soon reached.
const LIMITS: &str =
    "[layers.\"test/spin\".limits]\nfuel = 1_000_000\n[layers.\"test/hungry\".limits]\nmemory-mib = 4\n";

/// Every misbehaviour and the whole text that the user reads. How much more memory a layer wants at its limit is
/// its compiler's choice: a star stands for it.
const FAULTS: [(&str, &str); 8] = [
    ("test/fault", "reported a fault: gave up on 3 instruments"),
    ("test/panics", "panicked: on purpose, with 3 instruments (tests/hostile/examples/panics.rs:21)"),
    ("test/spin", "used up its fuel of 1000000: make it do less per instrument, or raise its `fuel` limit"),
    (
        "test/hungry",
        "wanted * bytes of memory, over its limit of 4194304: keep less at a time, or raise its `memory-mib` limit",
    ),
    ("test/short-columns", "its answer is refused: outcomes has 2 entries for 3 instruments"),
    ("test/nan-scores", "its answer is refused: the score of AAA is NaN: NaN goes only with abstain"),
    (
        "test/bad-text",
        "its answer is refused: a reason holds the control character U+001B: \"\u{fffd}[2J\u{fffd}[31mcleared\"",
    ),
    ("test/undeclared-alert", "its answer is refused: alert kind UNDECLARED is not declared; declared: none"),
];

fn starred(fault: &str) -> String {
    match fault.strip_prefix("wanted ").and_then(|rest| rest.split_once(' ')) {
        Some((_, rest)) => format!("wanted * {rest}"),
        None => fault.to_owned(),
    }
}

#[test]
fn a_faulted_layer_makes_the_scan_partial_is_named_and_has_no_voice() {
    let world = World::tiny();
    let good = world.scan(&config(&[("all", &["test/empty", "test/silly-alert"], "")]));
    assert_eq!(good.status, ScanStatus::Complete);
    assert_eq!(symbols(&good), ["AAA", "BBB", "CCC"]);
    for (id, fault) in FAULTS {
        let stages = config(&[("all", &["test/empty", id, "test/silly-alert"], "")]);
        let result = world.scan(&format!("{stages}{LIMITS}"));
        assert_eq!(result.status, ScanStatus::Partial, "{id}");
        let layer = &result.stages[0].layers[1];
        assert_eq!((layer.id.as_str(), layer.status), (id, LayerStatus::Faulted));
        let told = layer.fault.clone().unwrap();
        assert_eq!(starred(&told), fault);
        assert_eq!((layer.abstained, layer.stats.count), (0, 0), "{id}");
        assert!(
            (2..=5).contains(&layer.calls),
            "{id}: {} calls to see that no instrument is behind it",
            layer.calls
        );
        assert!(layer.fuel > 0, "{id}: what a failed call burnt is told too");
        let warning = format!("{id} faulted, none of its answers is used: {told}");
        assert_eq!(
            result.warnings.iter().filter(|line| **line == warning).count(),
            1,
            "{:?}",
            result.warnings
        );
        let (result, good) = (printed(&result), printed(&good));
        assert_eq!(result["results"], good["results"], "{id}");
        assert_eq!(result["alerts"], good["alerts"], "{id}");
    }
}

#[test]
fn the_verdicts_of_sound_layers_on_real_bars_are_unchanged_beside_a_faulted_one() {
    let world = World::synthetic();
    let sound = ["test/empty", "sluice/volume", "sluice/technical"];
    let good = world.scan(&config(&[("all", &sound, "pass = \"any\"")]));
    let with_faulted = ["test/empty", "test/nan-scores", "sluice/volume", "sluice/technical"];
    let partial = world.scan(&config(&[("all", &with_faulted, "pass = \"any\"")]));
    assert_eq!(partial.status, ScanStatus::Partial);
    assert_eq!(symbols(&partial), symbols(&good));
    for symbol in symbols(&good) {
        assert_eq!(opinions(&partial, symbol), opinions(&good, symbol), "{symbol}");
    }
    assert_eq!(printed(&partial)["alerts"], printed(&good)["alerts"]);
}

#[test]
fn a_stage_without_any_sound_layer_makes_the_scan_failed_and_empty() {
    let world = World::tiny();
    let result = world.scan(&config(&[("bad", &["test/fault", "test/nan-scores"], "")]));
    assert_eq!(result.status, ScanStatus::Failed);
    assert!(result.results.is_empty() && result.alerts.is_empty());
    assert_eq!((result.stages[0].entered, result.stages[0].out), (3, 0));
    let faulted = result.stages[0].layers.iter().all(|layer| layer.status == LayerStatus::Faulted);
    assert!(faulted, "{:?}", result.stages[0].layers);
}

#[test]
fn a_failed_stage_that_keeps_the_unknown_still_gives_no_results() {
    let world = World::tiny();
    let stages: [(&str, &[&str], &str); 2] =
        [("bad", &["test/fault"], "unknown = \"keep\""), ("good", &["test/silly-alert"], "")];
    let result = world.scan(&config(&stages));
    assert_eq!(result.status, ScanStatus::Failed);
    assert!(result.results.is_empty() && result.alerts.is_empty());
}

#[test]
fn only_the_senseless_alert_is_refused() {
    let world = World::tiny();
    let result = world.scan(&config(&[("all", &["test/silly-alert"], "")]));
    assert_eq!(result.status, ScanStatus::Complete);
    assert_eq!(
        result.warnings,
        ["test/silly-alert: alert TEST on AAA: its stop 11 is not below its entry 10; refused"]
    );
    let alerts: Vec<(Option<&str>, &str)> =
        result.alerts.iter().map(|alert| (alert.symbol.as_deref(), alert.message.as_str())).collect();
    assert_eq!(alerts, [(Some("AAA"), "sound"), (Some("BBB"), "sound"), (Some("CCC"), "sound")]);
    assert_eq!(result.alerts[0].reward_to_risk(), Some(2.0));
}

#[test]
fn a_flood_of_warnings_is_one_warning_and_a_count() {
    let result = World::tiny().scan(&config(&[("all", &["test/flood"], "")]));
    assert_eq!(result.status, ScanStatus::Complete);
    assert_eq!(
        result.warnings,
        [
            format!("test/flood: {}", "x".repeat(1024)),
            "test/flood: 9936 more log lines dropped: the limits are 1000 lines and 65536 bytes per call"
                .to_owned(),
        ]
    );
}

#[test]
fn a_layer_with_a_stack_of_its_own_or_strict_numbers_says_the_same() {
    let world = World::tiny();
    let stages = config(&[("all", &["sluice/universe", "test/empty"], "")]);
    let usual = world.scan(&stages);
    assert_eq!(usual.status, ScanStatus::Complete);
    for limits in ["stack-kib = 128", "strict = true", "compile-ms = 120_000"] {
        let result = world.scan(&format!("{stages}[layers.\"sluice/universe\".limits]\n{limits}\n"));
        assert_eq!(result.status, ScanStatus::Complete, "{limits}: {:?}", result.warnings);
        for symbol in symbols(&usual) {
            assert_eq!(opinions(&result, symbol), opinions(&usual, symbol), "{limits}");
        }
    }
}

//! Calls that do not come to an answer: loops, traps, memory, panics, faults.

use super::Stand;
use sluice_hostile::by_hand::ByHand;

/// A loop ends in some 10 ms on an idle machine, and on a busy one is not stopped by the clock.
const FUEL: &str = "fuel = 10_000_000\nwall-ms = 60_000\nmemory-mib = 16";

#[test]
fn every_call_that_never_ends_or_traps_is_contained() {
    let eat = |what: &str| format!("(loop $turn (br_if $turn (i32.ne ({what}) (i32.const -1)))) unreachable");
    let mut told = String::new();
    for (name, fields, code) in [
        ("endless loop", "", "(loop $turn (br $turn))".to_owned()),
        ("endless recursion", "(func $down (call $down))", "(call $down)".to_owned()),
        ("unreachable", "", "unreachable".to_owned()),
        ("divide by zero", "", "(drop (i32.div_s (i32.const 1) (i32.const 0)))".to_owned()),
        ("out of bounds", "", "(drop (i64.load (i32.const -9)))".to_owned()),
        ("one memory", "", eat("memory.grow (i32.const 1)")),
        ("another memory", "(memory $b 1)", eat("memory.grow $b (i32.const 1)")),
        ("a table", "(table $t 1 funcref)", eat("table.grow $t (ref.null func) (i32.const 1000)")),
    ] {
        let stand = Stand::by_hand(&ByHand::new("test/hand").fields(fields).scan(&code).component());
        told += &format!("{name}: {}\n", stand.faults("", FUEL));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn every_call_of_prepare_that_never_ends_or_traps_is_contained() {
    let mut told = String::new();
    for (name, fields, code) in [
        ("endless loop", "", "(loop $turn (br $turn))"),
        ("endless recursion", "(func $down (call $down))", "(call $down)"),
        ("out of bounds", "", "(drop (i64.load (i32.const -9)))"),
    ] {
        let stand = Stand::by_hand(&ByHand::new("test/hand").fields(fields).prepare(code).component());
        told += &format!("{name}: {}\n", stand.faults("", FUEL));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn rust_layers_that_loop_eat_or_panic_are_contained() {
    let mut told = String::new();
    for (file, limits) in [("spin", FUEL), ("panics", ""), ("fault", "")] {
        told += &format!("{file}: {}\n", Stand::with(file).faults("", limits));
    }
    insta::assert_snapshot!(told);
    // how much it wants at last depends on the compiler that built it
    let hungry = Stand::with("hungry").faults("", "memory-mib = 16");
    assert!(hungry.starts_with("wanted ") && hungry.contains("over its limit of 16777216: "), "{hungry}");
}

#[test]
fn a_loop_that_no_fuel_stops_is_stopped_by_the_clock() {
    let limits = "fuel = 100_000_000_000\nwall-ms = 20";
    let fault = Stand::with("spin").faults("", limits);
    let start = "was stopped by the host after ";
    assert!(fault.starts_with(start) && fault.contains("over its limit of 20 ms"), "{fault}");
}

#[test]
fn a_layer_that_burns_just_what_it_may_is_taken_and_one_that_burns_more_is_not() {
    let stand = Stand::with("burns");
    let free = stand.scan("turns = 100_000", "");
    assert_eq!((free.code, &free.hostile()["status"]), (0, &"ok".into()));
    assert_eq!(free.hostile()["calls"], 1, "so that the fuel told is that of one call");
    let limit = format!("fuel = {}\nwall-ms = 60_000", free.hostile()["fuel"]);
    let under = stand.scan("turns = 100_000", &limit);
    assert_eq!((under.code, &under.scan["results"]), (0, &free.scan["results"]));
    let fault = stand.faults("turns = 200_000", &limit);
    let expected = format!("used up its fuel of {}: ", free.hostile()["fuel"]);
    assert!(fault.starts_with(&expected), "{fault}");
}

#[test]
fn needs_that_nobody_can_meet_are_faults_of_the_layer_that_has_them() {
    let stand = Stand::with("needs");
    let told = stand.told(
        [
            "kind = \"too-many-bars\"",
            "kind = \"billion-bars\"",
            "kind = \"no-bars\"",
            "kind = \"unknown-column\"",
            "kind = \"hostile-column\"",
            "kind = \"unknown-timeframe\"",
            "kind = \"unknown-adjustment\"",
            "kind = \"billion-sessions\"",
            "kind = \"panic\"",
            "kind = \"loop\"",
        ],
        FUEL,
    );
    insta::assert_snapshot!(told);
}

#[test]
fn needs_at_their_limit_or_of_what_does_not_exist_are_met_with_what_there_is() {
    let stand = Stand::with("needs");
    for kind in ["most-bars", "itself", "nobody"] {
        let outcome = stand.scan(&format!("kind = \"{kind}\""), "");
        assert_eq!((outcome.code, &outcome.hostile()["status"]), (0, &"ok".into()), "{kind}");
        stand.others_are_unchanged(&outcome.scan).unwrap();
    }
}

#[test]
fn settings_that_the_layer_refuses_stop_the_scan_before_it_begins() {
    let stand = Stand::with("needs");
    let refused = |kind: &str| {
        let home = stand.configured(&format!("kind = \"{kind}\""), "", "");
        let error = home.fails(&["scan", "--pipeline", "hostile"]);
        assert_eq!(home.json(&["status"])["scans"], 1, "only the good one");
        error
    };
    assert_eq!(refused("refuses"), "layer test/needs, setting kind: no kind is good enough");
    let long = refused("refuses-at-length");
    assert!(long.starts_with("layer test/needs, setting kind\u{fffd}[2J: zzz"), "{long}");
    assert!(long.ends_with("zzz (and 2 more)") && long.len() < 500, "{long}");
}

#[test]
fn a_layer_that_would_answer_differently_each_time_never_does() {
    let stand = Stand::with("state");
    let scans = ["counts", "counts", "every-second", "every-second"].map(|kind| {
        let outcome = stand.scan(&format!("kind = \"{kind}\""), "");
        assert_eq!(outcome.code, 0, "{kind}: {}", outcome.scan["warnings"]);
        assert!(outcome.opinions("test/state").all(|(_, opinion)| opinion["score"] == 1.0));
        outcome.scan
    });
    assert!(scans.iter().all(|scan| scan["results"] == scans[0]["results"]));
}

#[test]
fn a_flood_of_log_lines_costs_nobody_anything() {
    let stand = Stand::with("flood");
    for settings in ["", "lines = 3\nline-bytes = 5_000_000"] {
        let outcome = stand.scan(settings, "memory-mib = 64");
        assert_eq!((outcome.code, &outcome.hostile()["status"]), (0, &"ok".into()));
        stand.others_are_unchanged(&outcome.scan).unwrap();
        assert!(outcome.scan.to_string().len() < 2 << 20, "the log is in the result");
    }
    let fault = stand.faults("", "fuel = 1_000_000\nwall-ms = 60_000");
    assert!(fault.starts_with("used up its fuel of 1000000: "), "{fault}");
}

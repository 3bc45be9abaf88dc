//! What a scan does after a layer has faulted: it leaves the layer out, says so, and calls it again when it may.

use super::{HOSTILE, LAST, Outcome, Stand};
use crate::support::{Home, list};
use serde_json::Value;

const BAD: &str = "kind = \"panic\"\nsymbols = [\"*\"]";
const GOOD: &str = "kind = \"none\"";

fn breaker(home: &Home, id: &str) -> Value {
    home.json(&["breaker", "show", id])[0].clone()
}

/// Actions on breakers in the audit log, oldest first.
fn audited(home: &Home) -> Vec<String> {
    let log = home.json(&["audit", "log", "--action", "breaker", "--oldest-first"]);
    log.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_layer_that_was_wrong_on_everything_is_left_out_of_the_next_scan_until_it_is_reset() {
    let stand = Stand::with("poison");
    let first = Outcome::of(stand.configured(BAD, "", ""));
    assert_eq!(first.hostile()["status"], "faulted");
    stand.configure(&first.home, GOOD, "", "");
    let second = Outcome::of(first.home);
    let left_out = second.hostile();
    assert_eq!((second.code, &second.scan["status"]), (3, &"partial".into()));
    assert_eq!((&left_out["status"], &left_out["calls"]), (&"skipped".into(), &0.into()));
    assert_eq!(second.scan["results"], stand.good["results"]);
    stand.others_are_unchanged(&second.scan).unwrap();
    let why = left_out["fault"].as_str().unwrap();
    for part in ["its breaker is open", "cannot stand", "sluice breaker reset test/poison"] {
        assert!(why.contains(part), "{part} is missing: {why}");
    }
    assert!(second.scan["warnings"].to_string().contains("test/poison"), "{}", second.scan["warnings"]);
    second.home.ok(&["breaker", "reset", "test/poison"]);
    let third = Outcome::of(second.home);
    assert_eq!((third.code, &third.hostile()["status"]), (0, &"ok".into()));
    assert_eq!(audited(&third.home), ["breaker.opened", "breaker.reset"]);
}

#[test]
fn a_poisonous_instrument_counts_as_one_fault_and_the_fifth_opens_the_breaker() {
    let stand = Stand::with("poison");
    let symbol = stand.good["results"][0]["symbol"].as_str().unwrap();
    let mut home = stand.configured(&format!("symbols = [\"{symbol}\"]"), "", "");
    for scan in 1..=5 {
        assert_eq!(breaker(&home, "test/poison")["state"], "closed", "before scan {scan}");
        let outcome = Outcome::of(home);
        assert_eq!((outcome.code, &outcome.hostile()["status"]), (3, &"ok".into()), "scan {scan}");
        assert_eq!(list(outcome.hostile(), "errors")[0]["symbol"], symbol);
        home = outcome.home;
        let row = breaker(&home, "test/poison");
        assert!(row["last_fault"].as_str().unwrap().contains("cannot stand"), "{row}");
    }
    assert_eq!(breaker(&home, "test/poison")["state"], "open");
    assert_eq!(Outcome::of(home).hostile()["status"], "skipped");
}

#[test]
fn a_scan_that_must_not_do_without_a_layer_fails_and_stores_no_verdict() {
    let stand = Stand::with("poison");
    let first = Outcome::of(stand.configured(BAD, "", ""));
    stand.configure(&first.home, GOOD, "", "when-open = \"fail\"");
    let before = super::rows(&first.home);
    let error = first.home.fails(&["scan", "--pipeline", "hostile"]);
    assert!(
        error.starts_with("cannot scan without test/poison, whose when-open is fail: its breaker is open"),
        "{error}"
    );
    assert_eq!(super::rows(&first.home), before);
    first.home.ok(&["scan", "--pipeline", "good"]);
}

#[test]
fn the_last_good_report_stands_in_and_its_age_is_told() {
    let stand = Stand::with("poison");
    let more = "when-open = \"last-good\"";
    let good = Outcome::of(stand.configured(GOOD, "", more));
    assert_eq!(good.code, 0);
    stand.configure(&good.home, BAD, "", more);
    let bad = Outcome::of(good.home);
    assert_eq!(bad.hostile()["status"], "faulted");
    stand.configure(&bad.home, GOOD, "", more);
    let stood_in = Outcome::of(bad.home);
    assert_eq!((stood_in.code, &stood_in.scan["status"]), (3, &"partial".into()));
    assert_eq!(
        (&stood_in.hostile()["status"], &stood_in.hostile()["calls"]),
        (&"last-good".into(), &0.into())
    );
    assert_eq!(stood_in.scan["results"], good.scan["results"]);
    let why = stood_in.hostile()["fault"].as_str().unwrap();
    assert!(
        why.starts_with(
            "what version 0.1.0 said as of 2025-06-30T20:00:00Z, 0 h 0 min before, is used instead"
        ),
        "{why}"
    );
}

#[test]
fn a_dry_run_tells_the_breaker_nothing() {
    let stand = Stand::with("poison");
    let home = stand.configured(BAD, "", "");
    let ran = home.run(&["scan", "--pipeline", "hostile", "--dry-run", "--format", "json"]);
    assert_eq!((ran.code, &ran.json()["stages"][LAST]["layers"][HOSTILE]["status"]), (3, &"faulted".into()));
    assert_eq!(home.json(&["breaker", "list", "--all"]), serde_json::json!([]));
}

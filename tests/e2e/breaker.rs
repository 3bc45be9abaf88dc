//! `sluice breaker list|show|reset|trip`: what operators see of layers that are not called, and do about them.

mod scan;

use crate::support::{Home, keys, test_layer, texts};
use serde_json::{Value, json};
use std::process::Stdio;

const LAYER: &str = "sluice/volume";

fn trip(home: &Home, layer: &str, reason: &str) -> Value {
    home.json(&["breaker", "trip", layer, "--reason", reason])
}

fn listed(home: &Home) -> Vec<(String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    let rows = home.json(&["breaker", "list"]);
    rows.as_array().unwrap().iter().map(|row| (text(row, "layer"), text(row, "state"))).collect()
}

/// Actions on breakers in the audit log, oldest first, with what they were about.
fn audited(home: &Home) -> Vec<(String, String)> {
    let log = home.json(&["audit", "log", "--action", "breaker", "--oldest-first"]);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    log.as_array().unwrap().iter().map(|row| (text(row, "action"), text(row, "subject"))).collect()
}

/// A text in which a breaker's digest and instants are those of every run.
fn timeless(text: &str, row: &Value) -> String {
    let mut text = text.to_owned();
    let digest = row["digest"].as_str().unwrap();
    text = text.replace(digest, &"D".repeat(digest.len())).replace(&digest[..12], &"D".repeat(12));
    for key in ["opened_at", "changed_at", "retry_at", "last_fault_at", "probe_until"] {
        if let Some(instant) = row[key].as_str() {
            text = text.replace(instant, &"T".repeat(instant.len()));
        }
    }
    text
}

/// A component as [`test_layer`] has it, with other bytes that mean the same.
fn twin(home: &Home, name: &str) -> String {
    let mut bytes = std::fs::read(test_layer(name)).unwrap();
    // a custom section
    bytes.extend([0, 2, 1, b'x']);
    home.file(&format!("{name}-twin.wasm"), bytes)
}

#[test]
fn where_no_layer_ever_faulted_there_is_nothing_to_list_and_nothing_is_made() {
    let home = Home::empty();
    insta::assert_snapshot!(home.ok(&["breaker", "list"]), @"every layer is called: no breaker is open, and no fault counts");
    insta::assert_snapshot!(home.ok(&["breaker", "list", "--all"]), @"no layer has faulted yet");
    assert_eq!(home.json(&["breaker", "list"]), json!([]));
    assert!(!home.path().exists(), "looking made something");
}

#[test]
fn a_tripped_layer_is_listed_shown_and_reset_and_the_audit_log_tells() {
    let home = Home::compiled();
    let said = home.ok(&["breaker", "trip", LAYER, "--reason", "wrong on half days"]);
    let row = home.json(&["breaker", "show", LAYER])[0].clone();
    insta::assert_snapshot!(timeless(&said, &row), @"tripped sluice/volume@0.1.0 (DDDDDDDDDDDD): no scan calls it until `sluice breaker reset sluice/volume`");
    insta::assert_snapshot!(timeless(&home.ok(&["breaker", "list"]), &row), @"
    ┌───────────────┬─────────┬──────────────┬─────────────────────────────────────┬────────┬──────────┬─────────────┬─────────────────────────────┐
    │ layer         ┆ version ┆ digest       ┆ state                               ┆ faults ┆ openings ┆ probed from ┆ why                         │
    ╞═══════════════╪═════════╪══════════════╪═════════════════════════════════════╪════════╪══════════╪═════════════╪═════════════════════════════╡
    │ sluice/volume ┆ 0.1.0   ┆ DDDDDDDDDDDD ┆ quarantined, tripped by an operator ┆      0 ┆        0 ┆           – ┆ tripped: wrong on half days │
    └───────────────┴─────────┴──────────────┴─────────────────────────────────────┴────────┴──────────┴─────────────┴─────────────────────────────┘
    ");
    let shown = home.ok(&["breaker", "show", LAYER]);
    for part in ["quarantined, tripped by an operator", "wrong on half days", row["digest"].as_str().unwrap()]
    {
        assert!(shown.contains(part), "{part} is missing: {shown}");
    }
    assert_eq!(listed(&home), [(LAYER.to_owned(), "quarantined".to_owned())]);
    let again = home.ok(&["breaker", "trip", LAYER, "--reason", "wrong on half days"]);
    insta::assert_snapshot!(timeless(&again, &row), @"already tripped for this reason: sluice/volume@0.1.0 (DDDDDDDDDDDD): no scan calls it until `sluice breaker reset sluice/volume`");
    insta::assert_snapshot!(timeless(&home.ok(&["breaker", "reset", LAYER]), &row), @"reset sluice/volume@0.1.0 (DDDDDDDDDDDD): it was quarantined and is closed");
    insta::assert_snapshot!(home.ok(&["breaker", "reset", LAYER]), @"nothing to reset: sluice/volume is called, and no fault counts");
    assert_eq!(listed(&home), []);
    let subject = format!("{LAYER} {}", row["digest"].as_str().unwrap());
    let told = ["breaker.tripped", "breaker.reset"].map(|action| (action.to_owned(), subject.clone()));
    assert_eq!(audited(&home), told);
    home.ok(&["audit", "verify"]);
}

#[test]
fn the_json_of_a_breaker_has_every_field_and_the_audit_row_what_changed() {
    let home = Home::compiled();
    let row = trip(&home, LAYER, "why not");
    let expected = "layer version digest state faults openings opened_at retry_at probe_due probe probe_until \
                    last_fault last_fault_at reason changed_at";
    assert_eq!(keys(&row), expected.split_whitespace().collect());
    assert_eq!(
        (&row["layer"], &row["state"], &row["reason"]),
        (&json!(LAYER), &json!("quarantined"), &json!("why not"))
    );
    assert_eq!((&row["faults"], &row["openings"], &row["retry_at"]), (&json!(0), &json!(0), &Value::Null));
    assert_eq!((&row["probe_due"], &row["last_fault"]), (&json!(false), &Value::Null));
    assert!(row["opened_at"].as_str().unwrap().ends_with('Z'), "{row}");
    assert_eq!(home.json(&["breaker", "show", LAYER]), json!([row]));
    assert_eq!(home.json(&["breaker", "list"]), json!([row]));
    let log = home.json(&["audit", "log", "--action", "breaker.tripped"]);
    let (before, after) = (&log[0]["before"], &log[0]["after"]);
    assert_eq!(before, &json!({ "state": "closed", "openings": 0, "retry_at": null, "reason": null }));
    assert_eq!(
        after,
        &json!({ "state": "quarantined", "openings": 0, "retry_at": null, "reason": "why not" })
    );
    let reset = home.json(&["breaker", "reset", LAYER]);
    assert_eq!((&reset[0]["state"], &reset[0]["reason"]), (&json!("closed"), &Value::Null));
    assert_eq!(home.json(&["breaker", "reset", LAYER]), json!([]));
}

#[test]
fn csv_and_ndjson_have_one_line_per_breaker() {
    let home = Home::compiled();
    let row = trip(&home, LAYER, "a, b");
    trip(&home, "sluice/technical", "c");
    let csv = home.ok(&["breaker", "list", "--format", "csv"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "layer,version,digest,state,faults,openings,opened_at,retry_at,probe_due,last_fault,reason"
    );
    let (digest, opened) = (row["digest"].as_str().unwrap(), row["opened_at"].as_str().unwrap());
    assert_eq!(lines[2], format!("{LAYER},0.1.0,{digest},quarantined,0,0,{opened},,false,,\"a, b\""));
    let ndjson = home.ok(&["breaker", "list", "--format", "ndjson"]);
    let rows: Vec<Value> = ndjson.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.iter().map(|row| &row["layer"]).collect::<Vec<_>>(), ["sluice/technical", LAYER]);
    assert_eq!(rows[1], row);
}

#[test]
fn a_layer_without_faults_is_shown_as_closed_and_resetting_it_says_so() {
    let home = Home::compiled();
    let shown = home.json(&["breaker", "show", LAYER]);
    assert_eq!(shown.as_array().unwrap().len(), 1);
    assert_eq!((&shown[0]["state"], &shown[0]["changed_at"]), (&json!("closed"), &Value::Null));
    assert_eq!(
        home.ok(&["breaker", "reset", LAYER]),
        format!("nothing to reset: {LAYER} is called, and no fault counts\n")
    );
    assert!(!home.path().join("sluice.db").exists(), "looking made a database");
}

#[test]
fn a_reset_breaker_is_listed_only_with_all() {
    let home = Home::compiled();
    trip(&home, LAYER, "x");
    home.ok(&["breaker", "reset", LAYER]);
    assert_eq!(listed(&home), []);
    let all = home.json(&["breaker", "list", "--all"]);
    assert_eq!(texts(&json!({ "rows": all }), "rows", "state"), ["closed"]);
}

#[test]
fn an_unknown_layer_is_refused_with_those_that_look_alike_and_makes_no_database() {
    let home = Home::compiled();
    for command in [
        &["breaker", "show", "acme/volume"][..],
        &["breaker", "reset", "acme/volume"],
        &["breaker", "trip", "acme/volume", "--reason", "x"],
    ] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(home.refuses(command, 2), @"there is no layer acme/volume (did you mean sluice/volume?): `sluice layer list` shows what there is, `sluice layer install FILE` adds one");
        }
    }
    assert!(home.refuses(&["breaker", "show", "no/such"], 2).starts_with("there is no layer no/such: "));
    assert!(!home.path().join("sluice.db").exists());
}

#[test]
fn what_is_no_layer_no_digest_or_no_reason_is_wrong_usage() {
    let home = Home::compiled();
    for id in
        ["volume", "", "/", "sluice/volume@0.1.0", "sluice/vol\u{202e}ume", "'; DROP TABLE breakers; --"]
    {
        let ran = home.run(&["breaker", "show", id]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{id}");
        assert!(ran.stderr.contains("give author/name"), "{id}: {}", ran.stderr);
    }
    for digest in ["", "xyz", "-1", &"0".repeat(65)] {
        let ran = home.run(&["breaker", "reset", LAYER, &format!("--digest={digest}")]);
        assert_eq!(ran.code, 2, "{digest}");
        assert!(ran.stderr.contains("1 to 64 hexadecimal digits"), "{digest}: {}", ran.stderr);
    }
    assert_eq!(home.run(&["breaker", "trip", LAYER]).code, 2, "no reason at all");
    for reason in ["", "  ", &"x".repeat(501)] {
        assert_eq!(home.run(&["breaker", "trip", LAYER, "--reason", reason]).code, 2, "{reason}");
    }
    assert_eq!(home.run(&["breaker"]).code, 2);
    assert!(!home.path().join("sluice.db").exists());
    assert_eq!(home.run(&["breaker", "trip", LAYER, "--reason", &"x".repeat(500)]).code, 0);
}

#[test]
fn a_reason_does_nothing_to_the_terminal() {
    let home = Home::compiled();
    trip(&home, LAYER, "red \u{1b}[31m \u{202e}\nsecond line");
    for args in [
        &["breaker", "list"][..],
        &["breaker", "show", LAYER],
        &["audit", "log"],
        &["breaker", "list", "--format", "csv"],
    ] {
        let text = home.ok(args);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{args:?}: {text}");
    }
    assert_eq!(home.json(&["breaker", "list"])[0]["reason"], "red \u{fffd}[31m \u{fffd} second line");
}

#[test]
fn components_of_one_layer_have_a_breaker_each() {
    let home = Home::compiled();
    let old = home.json(&["layer", "install", &test_layer("empty")])["digest"].clone();
    assert_eq!(trip(&home, "test/empty", "first")["digest"], old);
    home.ok(&["layer", "remove", "test/empty"]);
    let new = home.json(&["layer", "install", &twin(&home, "empty")])["digest"].clone();
    assert_ne!(old, new);
    let shown = home.json(&["breaker", "show", "test/empty"]);
    let mut states: Vec<(&Value, &Value)> =
        shown.as_array().unwrap().iter().map(|row| (&row["digest"], &row["state"])).collect();
    states.sort_by_key(|(digest, _)| **digest == new);
    assert_eq!(
        states,
        [(&old, &json!("quarantined")), (&new, &json!("closed"))],
        "another version starts anew"
    );
    assert_eq!(trip(&home, "test/empty", "second")["digest"], new, "the one that a scan would call");
    let prefix = &old.as_str().unwrap()[..10];
    let reset = home.json(&["breaker", "reset", "test/empty", "--digest", prefix]);
    assert_eq!((reset.as_array().unwrap().len(), &reset[0]["digest"]), (1, &old));
    assert_eq!(trip(&home, "test/empty", "third").get("digest"), Some(&new));
    home.ok(&["breaker", "trip", "test/empty", "--digest", prefix, "--reason", "old again"]);
    let both = home.ok(&["breaker", "reset", "test/empty"]);
    assert_eq!(both.lines().count(), 2, "{both}");
    assert_eq!(listed(&home), []);
    let error = home.refuses(&["breaker", "show", "test/empty", "--digest", "0000000"], 2);
    assert!(
        error.starts_with("no component of test/empty has a digest that begins with 0000000: "),
        "{error}"
    );
    assert!(error.contains(prefix), "{error}");
}

#[test]
fn a_transition_is_an_event_for_those_who_watch() {
    let home = Home::compiled();
    let ran = home.run(&["breaker", "trip", LAYER, "--reason", "wrong", "-v"]);
    let digest = home.json(&["breaker", "list"])[0]["digest"].as_str().unwrap().to_owned();
    let event =
        format!("INFO breaker.tripped layer={LAYER} digest={digest} from=closed to=quarantined why=wrong\n");
    assert!(ran.stderr.contains(&event), "{}", ran.stderr);
}

#[test]
fn operators_who_trip_at_once_are_all_heard() {
    let home = Home::compiled();
    trip(&home, LAYER, "before");
    let reasons: Vec<String> = (0..6).map(|number| format!("reason {number}")).collect();
    let spawn = |reason: &String| {
        let mut command = home.spawnable(&["breaker", "trip", LAYER, "--reason", reason]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = reasons.iter().map(spawn).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let log = home.json(&["audit", "log", "--action", "breaker.tripped", "--oldest-first"]);
    let rows = log.as_array().unwrap();
    assert_eq!(rows.len(), 7);
    for (row, next) in rows.iter().zip(&rows[1..]) {
        assert_eq!(row["after"]["reason"], next["before"]["reason"], "an update was lost");
    }
    home.ok(&["audit", "verify"]);
}

#[test]
fn help_tells_every_command_with_an_example() {
    let home = Home::empty();
    for command in ["list", "show", "reset", "trip"] {
        let help = home.ok(&["breaker", command, "--help"]);
        assert!(help.contains(&format!("sluice breaker {command}")) && help.contains("Example"), "{help}");
    }
    let script = home.ok(&["completions", "bash"]);
    assert!(script.contains("breaker"), "completions know it");
}

#[test]
fn a_wrong_rule_in_the_file_is_told_with_its_place() {
    let home = Home::compiled();
    home.configure("[breakers]\nfaults = 0\n");
    let error = home.fails(&["breaker", "list"]);
    assert!(error.ends_with("sluice.toml: breakers: faults 0 is not within 1 to 1000"), "{error}");
}

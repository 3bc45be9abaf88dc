//! What a scan does with layers that are not called, and what it teaches their breakers.

use super::{audited, trip};
use crate::support::{Home, list, test_layer, texts};
use serde_json::{Value, json};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use std::process::Stdio;

/// The layer whose breaker an operator trips.
const LAYER: &str = "sluice/universe";

const PIPELINES: &str = r#"
[[pipelines.good.stages]]
number = 2
name = "catalyst"
layers = ["sluice/universe", "sluice/technical"]

[[pipelines.mixed.stages]]
number = 2
name = "catalyst"
layers = ["sluice/universe", "sluice/technical", "test/fault"]
"#;

/// A home with a market and two pipelines, one of them with a layer that faults on everything.
fn home(more: &str) -> Home {
    let home = Home::with_market();
    home.ok(&["layer", "install", &test_layer("fault")]);
    home.configure(&format!("{PIPELINES}{more}"));
    home
}

/// What happens when the breaker of [`LAYER`] is open.
fn when_open(policy: &str) -> String {
    format!("[layers.\"{LAYER}\"]\nwhen-open = \"{policy}\"\n")
}

fn scan(home: &Home, pipeline: &str, code: i32) -> Value {
    let ran = home.run(&["scan", "--pipeline", pipeline, "--format", "json"]);
    assert_eq!(ran.code, code, "{}{}", ran.stdout, ran.stderr);
    ran.json()
}

/// Status of each layer of the only stage.
fn statuses(scan: &Value) -> Vec<&str> {
    texts(&scan["stages"][0], "layers", "status")
}

fn warning<'a>(scan: &'a Value, layer: &str) -> &'a str {
    let warnings = list(scan, "warnings").iter().map(|warning| warning.as_str().unwrap());
    let mut of = warnings.filter(|warning| warning.starts_with(layer));
    of.next().unwrap_or_else(|| panic!("no warning of {layer}: {}", scan["warnings"]))
}

/// Symbols and scores of the results.
fn scores(scan: &Value) -> Vec<(&Value, &Value)> {
    list(scan, "results").iter().map(|result| (&result["symbol"], &result["score"])).collect()
}

/// Puts every breaker of the database into another state, as time would.
fn alter(home: &Home, statement: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let file = SqliteConnectOptions::new().filename(home.path().join("sluice.db"));
        let mut database = SqliteConnection::connect_with(&file).await.unwrap();
        sqlx::query(statement).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    });
}

fn actions(home: &Home) -> Vec<String> {
    audited(home).into_iter().map(|(action, _)| action.trim_start_matches("breaker.").to_owned()).collect()
}

#[test]
fn a_tripped_layer_is_skipped_and_the_scan_is_partial_until_a_reset() {
    let home = home("");
    let before = scan(&home, "good", 0);
    trip(&home, LAYER, "wrong on half days");
    let without = scan(&home, "good", 3);
    assert_eq!((&without["status"], statuses(&without)), (&json!("partial"), vec!["skipped", "ok"]));
    assert_eq!(without["stages"][0]["layers"][0]["calls"], 0);
    let told = warning(&without, LAYER);
    for part in [
        "an operator tripped its breaker (reason: wrong on half days)",
        "sluice breaker reset sluice/universe",
    ] {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
    let table = home.run(&["scan", "--pipeline", "good"]);
    assert_eq!(table.code, 3);
    assert!(
        table.stdout.contains("skipped") && table.stderr.contains("wrong on half days"),
        "{}",
        table.stderr
    );
    assert_eq!(home.json(&["status"])["last_scan"]["status"], "partial");
    home.ok(&["breaker", "reset", LAYER]);
    let after = scan(&home, "good", 0);
    assert_eq!((&after["status"], &after["results"]), (&json!("complete"), &before["results"]));
}

#[test]
fn a_scan_is_stored_without_a_layer_that_has_measures() {
    let home = home("");
    trip(&home, "sluice/technical", "x");
    let without = scan(&home, "good", 3);
    assert_eq!(statuses(&without), ["ok", "skipped"]);
    assert_eq!(home.json(&["status"])["last_scan"]["status"], "partial");
}

#[test]
fn a_layer_that_must_not_be_missing_fails_the_scan() {
    let home = home(&when_open("fail"));
    scan(&home, "good", 0);
    trip(&home, LAYER, "wrong on half days");
    let error = home.fails(&["scan", "--pipeline", "good"]);
    for part in [LAYER, "reason: wrong on half days", "sluice breaker reset sluice/universe", "when-open"] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    assert_eq!(home.json(&["status"])["last_scan"]["status"], "complete", "nothing was begun");
    home.ok(&["breaker", "reset", LAYER]);
    scan(&home, "good", 0);
}

#[test]
fn the_last_good_report_stands_in_and_its_age_is_told() {
    let home = home(&when_open("last-good"));
    let before = scan(&home, "good", 0);
    trip(&home, LAYER, "x");
    let with_old = scan(&home, "good", 3);
    assert_eq!((&with_old["status"], statuses(&with_old)), (&json!("partial"), vec!["last-good", "ok"]));
    assert_eq!(scores(&with_old), scores(&before));
    let told = warning(&with_old, LAYER);
    assert!(told.contains("as of 2025-06-30T20:00:00Z, 0 h 0 min before, is used instead"), "{told}");
    let again = scan(&home, "good", 3);
    assert_eq!(scores(&again), scores(&before), "a report does not age by being used");
}

#[test]
fn without_a_good_report_of_late_the_layer_is_skipped() {
    let home = home(&when_open("last-good"));
    trip(&home, LAYER, "x");
    let without = scan(&home, "good", 3);
    assert_eq!(statuses(&without), ["skipped", "ok"]);
    assert!(
        warning(&without, LAYER).contains("there is no report of the last 24 h"),
        "{}",
        warning(&without, LAYER)
    );
}

#[test]
fn a_layer_that_faults_on_everything_is_not_called_again() {
    let home = home("");
    let good = scan(&home, "good", 0);
    let first = scan(&home, "mixed", 3);
    assert_eq!(statuses(&first), ["ok", "ok", "faulted"]);
    let row = home.json(&["breaker", "list"])[0].clone();
    assert_eq!(
        (&row["layer"], &row["state"], &row["openings"]),
        (&json!("test/fault"), &json!("open"), &json!(1))
    );
    assert!(row["last_fault"].as_str().unwrap().contains("gave up on"), "{row}");
    assert!(
        row["faults"].as_u64().unwrap() >= 1 && row["retry_at"].as_str() > row["opened_at"].as_str(),
        "{row}"
    );
    let second = scan(&home, "mixed", 3);
    assert_eq!(statuses(&second), ["ok", "ok", "skipped"]);
    let told = warning(&second, "test/fault");
    assert!(
        told.contains("its breaker is open since") && told.contains("sluice breaker reset test/fault"),
        "{told}"
    );
    assert_eq!((&second["results"], &first["results"]), (&good["results"], &good["results"]));
    assert_eq!(actions(&home), ["opened"]);
}

#[test]
fn a_dry_run_counts_no_fault_and_takes_no_probe() {
    let home = home("");
    let ran = home.run(&["scan", "--pipeline", "mixed", "--dry-run"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(home.json(&["breaker", "list", "--all"]), json!([]));
}

#[test]
#[cfg_attr(feature = "encrypted-sqlite", ignore = "nobody alters a row of an encrypted file from outside")]
fn once_the_wait_is_over_one_scan_probes_and_a_fault_makes_it_wait_longer() {
    let home = home("");
    scan(&home, "mixed", 3);
    alter(&home, "UPDATE breakers SET retry_at = 0");
    assert_eq!(home.json(&["breaker", "list"])[0]["probe_due"], true);
    assert!(home.ok(&["breaker", "list"]).contains("open, a probe is due"));
    assert_eq!(statuses(&scan(&home, "mixed", 3)), ["ok", "ok", "faulted"]);
    let row = home.json(&["breaker", "list"])[0].clone();
    assert_eq!(
        (&row["state"], &row["openings"], &row["probe_due"]),
        (&json!("open"), &json!(2), &json!(false))
    );
    assert_eq!(actions(&home), ["opened", "probed", "opened"]);
}

#[test]
#[cfg_attr(feature = "encrypted-sqlite", ignore = "nobody alters a row of an encrypted file from outside")]
fn the_fifth_opening_quarantines_until_a_reset() {
    let home = home("");
    for _ in 0..5 {
        scan(&home, "mixed", 3);
        alter(&home, "UPDATE breakers SET retry_at = 0 WHERE state = 'open'");
    }
    let row = home.json(&["breaker", "list"])[0].clone();
    assert_eq!(
        (&row["state"], &row["openings"], &row["retry_at"]),
        (&json!("quarantined"), &json!(5), &Value::Null)
    );
    let scanned = scan(&home, "mixed", 3);
    assert!(warning(&scanned, "test/fault").contains("opened 5 times without a healthy day"));
    home.ok(&["breaker", "reset", "test/fault"]);
    assert_eq!(statuses(&scan(&home, "mixed", 3)), ["ok", "ok", "faulted"]);
    assert_eq!(home.json(&["breaker", "list"])[0]["openings"], 1);
}

#[test]
#[cfg_attr(feature = "encrypted-sqlite", ignore = "nobody alters a row of an encrypted file from outside")]
fn a_probe_that_works_closes_the_breaker_and_the_scan_is_complete() {
    let home = home("");
    trip(&home, LAYER, "x");
    alter(&home, "UPDATE breakers SET state = 'open', reason = NULL, retry_at = 0");
    assert_eq!(scan(&home, "good", 0)["status"], "complete");
    assert_eq!(home.json(&["breaker", "list"]), json!([]));
    assert_eq!(actions(&home), ["tripped", "probed", "closed"]);
}

#[test]
#[cfg_attr(feature = "encrypted-sqlite", ignore = "nobody alters a row of an encrypted file from outside")]
fn a_layer_that_another_scan_probes_is_skipped_and_a_dead_probe_is_forgotten() {
    let home = home("");
    trip(&home, LAYER, "x");
    alter(
        &home,
        "UPDATE breakers SET state = 'half-open', reason = NULL, probe = 'another', probe_until = 9000000000000",
    );
    let without = scan(&home, "good", 3);
    assert!(warning(&without, LAYER).contains("another scan probes it"), "{}", warning(&without, LAYER));
    alter(&home, "UPDATE breakers SET probe_until = 0");
    scan(&home, "good", 0);
    assert_eq!(actions(&home), ["tripped", "probed", "closed"]);
}

#[test]
#[cfg_attr(feature = "encrypted-sqlite", ignore = "nobody alters a row of an encrypted file from outside")]
fn of_scans_that_run_at_once_one_probes() {
    let home = home("");
    trip(&home, LAYER, "x");
    alter(&home, "UPDATE breakers SET state = 'open', reason = NULL, retry_at = 0");
    let spawn = |_| {
        let mut command = home.spawnable(&["scan", "--pipeline", "good"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..4).map(spawn).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        // partial, when another one probes
        assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(actions(&home), ["tripped", "probed", "closed"]);
    home.ok(&["audit", "verify"]);
}

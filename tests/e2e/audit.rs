//! `sluice audit`: who did what, and whether the log is as it was written.

mod export;

use crate::support::{Home, Ran, bars_csv, encrypted, keys, test_layer, walk};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A home with an import, an installed layer, a change of settings and a removed layer.
fn home() -> Home {
    let home = Home::compiled();
    home.ok(&["import", &home.file("bars.csv", bars_csv(&walk("WMT", 70, 1)))]);
    home.ok(&["layer", "install", &test_layer("empty")]);
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    home.ok(&["layer", "remove", "test/empty"]);
    home
}

fn log(home: &Home, args: &[&str]) -> Vec<Value> {
    home.json(&[&["audit", "log"], args].concat()).as_array().unwrap().clone()
}

fn actions(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["action"].as_str().unwrap()).collect()
}

#[test]
fn every_change_is_in_the_log_with_who_when_before_and_after() {
    let home = home();
    home.ok(&["scan"]);
    let rows = log(&home, &["--oldest-first"]);
    assert_eq!(
        actions(&rows),
        [
            "database.created",
            "import.begun",
            "import.finished",
            "layer.installed",
            "settings.changed",
            "layer.removed",
            "file.changed",
            "scan.finished",
        ]
    );
    for (at, row) in rows.iter().enumerate() {
        let expected = "cursor number at who host action subject before after operation key mac";
        assert_eq!(keys(row), expected.split(' ').collect());
        assert_eq!((&row["number"], &row["cursor"]), (&json!(at + 1), &json!(at + 1)));
        assert_eq!(row["mac"].as_str().unwrap().len(), 64);
        assert!(!row["who"].as_str().unwrap().is_empty() && !row["host"].as_str().unwrap().is_empty());
    }
    assert!(rows[4]["after"].to_string().contains("61"), "{}", rows[4]);
    assert!(rows[3]["subject"].as_str().unwrap().contains("test/empty"), "{}", rows[3]);
    let backwards: Vec<Value> = rows.into_iter().rev().collect();
    assert_eq!(log(&home, &[]), backwards);
}

#[test]
fn an_import_tells_its_files_and_what_it_made_of_the_bars() {
    let home = Home::empty();
    let (bars, directory) =
        (home.file("b.csv", bars_csv(&walk("WMT", 70, 1))), home.file("d.csv", "symbol,kind\nWMT,stock\n"));
    let summary = home.json(&["import", &bars, &directory]);
    let rows = log(&home, &["--action", "import", "--oldest-first"]);
    assert_eq!(actions(&rows), ["import.begun", "import.finished"]);
    for row in &rows {
        assert_eq!(row["subject"], format!("{bars}, {directory}"));
    }
    assert_eq!(rows[0]["after"], json!({ "files": [bars, directory] }));
    assert_eq!(rows[1]["before"], json!({ "digest": null }));
    let after = &rows[1]["after"];
    for member in
        ["digest", "rows", "bars_added", "bars_replaced", "instruments", "instruments_added", "last_date"]
    {
        assert_eq!(after[member], summary[member], "{member}");
    }
    let again = home.json(&["import", &bars]);
    let last = &log(&home, &["--limit", "1"])[0];
    assert_eq!((&last["before"]["digest"], &last["after"]["digest"]), (&summary["digest"], &again["digest"]));
}

#[test]
fn a_failed_import_is_told_with_its_error_and_the_bars_as_they_are() {
    let home = home();
    let digest = log(&home, &["--action", "import.finished"])[0]["after"]["digest"].clone();
    let error = home.fails(&["import", "missing.csv"]);
    let rows = log(&home, &["--action", "import", "--limit", "2"]);
    assert_eq!(actions(&rows), ["import.failed", "import.begun"]);
    assert_eq!(rows[0]["subject"], "missing.csv");
    assert_eq!(rows[0]["after"], json!({ "error": error, "digest": digest }));
    assert_eq!(rows[0]["before"], json!({ "digest": digest }));
}

#[test]
fn synthetic_markets_are_told_too() {
    let home = Home::empty();
    home.ok(&["synthesize", "--symbols", "20", "--sessions", "30", "--end", "2025-06-30"]);
    let rows = log(&home, &["--subject", "synthetic market"]);
    assert_eq!(actions(&rows), ["import.finished", "import.begun"]);
    assert_eq!(rows[1]["after"], json!({ "symbols": 20, "sessions": 30, "seed": 1, "end": "2025-06-30" }));
    assert_eq!(rows[0]["after"]["instruments"], 20);
}

#[test]
fn filters_narrow_the_log() {
    let home = home();
    let all = log(&home, &[]);
    let who = all[0]["who"].as_str().unwrap();
    assert_eq!(actions(&log(&home, &["--action", "layer"])), ["layer.removed", "layer.installed"]);
    assert_eq!(actions(&log(&home, &["--action", "settings.changed"])), ["settings.changed"]);
    assert_eq!(log(&home, &["--subject", "bars.csv"]).len(), 2);
    assert_eq!((log(&home, &["--who", who]).len(), log(&home, &["--who", "nobody-like-that"]).len()), (6, 0));
    let third = all[3]["at"].as_str().unwrap();
    let (since, until) = (log(&home, &["--since", third]), log(&home, &["--until", third]));
    assert!(since.contains(&all[3]) && until.contains(&all[3]), "both ends count");
    assert!(since.len() + until.len() > 6 && since.contains(&all[0]) && until.contains(&all[5]));
    let today = third.split('T').next().unwrap();
    assert!(
        log(&home, &["--since", today]).contains(&all[3])
            && log(&home, &["--until", today]).contains(&all[3])
    );
    assert_eq!(log(&home, &["--until", "2020-01-01"]), Vec::<Value>::new());
    assert_eq!(home.ok(&["audit", "log", "--since", "2099-01-01"]), "no row matches\n");
}

#[test]
fn what_is_no_instant_no_action_and_no_number_is_wrong_usage() {
    let home = home();
    insta::assert_snapshot!(home.refuses(&["audit", "log", "--action", "lay"], 2), @r#"--action: there is no action "lay"; there are database.created, database.migrated, database.restored, database.pruned, database.backed-up, database.vacuumed, settings.changed, file.changed, layer.installed, layer.signed, layer.removed, layer.activated, layer.rolled-back, layer.shadowed, layer.withdrawn, layer.enabled, layer.disabled, import.begun, import.finished, import.failed, scan.finished, scan.interrupted, secret.set, secret.removed, audit.accepted, breaker.opened, breaker.probed, breaker.closed, breaker.quarantined, breaker.reset, breaker.tripped, list.created, list.changed, list.deleted, cache.cleared, trust.added, trust.removed"#);
    for args in [
        ["--since", "yesterday"],
        ["--until", "2026-02-30"],
        ["--since", "NaN"],
        ["--after", "-1"],
        ["--after", "1e3"],
        ["--limit", "0"],
        ["--limit", "4294967296"],
    ] {
        let ran = home.run(&["audit", "log", args[0], args[1]]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(args[0]), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn texts_that_look_like_sql_are_texts() {
    let home = home();
    for text in ["'; DROP TABLE audit; --", "x' OR '1'='1", "\" OR 1=1 --", "_", "%"] {
        for option in ["--who", "--subject"] {
            let found = log(&home, &[option, text]);
            let contains = |row: &Value| row["subject"].as_str().unwrap().contains(text);
            assert!(found.iter().all(contains), "{option} {text}: {found:?}");
        }
        home.refuses(&["audit", "log", "--action", text], 2);
    }
    let name = "it's; -- \"a\".csv";
    home.ok(&["import", &home.file(name, bars_csv(&walk("WMT", 5, 1)))]);
    assert_eq!(log(&home, &["--subject", name]).len(), 2);
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
}

#[test]
fn an_intact_log_is_told_to_be_intact() {
    let home = home();
    assert_eq!(home.ok(&["audit", "verify"]), "intact: 6 rows, 1 to 6\n");
    let verdict = json!({ "rows": 6, "first": 1, "newest": 6, "checkpoint": null, "known_newest": 6, "intact": true,
                          "fault": null });
    assert_eq!(home.json(&["audit", "verify"]), verdict);
}

#[test]
fn without_a_database_there_is_nothing_to_verify_and_nothing_is_made() {
    let home = Home::empty();
    for args in [&["audit", "verify"][..], &["audit", "export"], &["audit", "accept", "--reason", "x"]] {
        assert!(home.fails(args).contains("there is no database at sqlite:"), "{args:?}");
    }
    assert_eq!(log(&home, &[]), Vec::<Value>::new());
    assert!(!home.path().exists());
}

/// Replaces a text in the database file by another of the same length; gives how often it was there.
fn tamper(database: &Path, from: &str, to: &str) -> usize {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(database).unwrap();
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter(|(_, text)| *text == from.as_bytes())
        .map(|(at, _)| at)
        .collect();
    for at in &places {
        bytes[*at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    std::fs::write(database, bytes).unwrap();
    places.len()
}

#[test]
#[cfg_attr(feature = "encrypted-sqlite", ignore = "nobody finds a row in an encrypted file")]
fn a_row_that_was_changed_in_the_file_is_named() {
    let home = Home::empty();
    home.ok(&["import", &home.file("bars.csv", bars_csv(&walk("WMT", 70, 1)))]);
    let database = home.path().join("sluice.db");
    let places = tamper(&database, "bars.csv", "cars.csv");
    assert!(places > 0, "the rows are in the file");
    let ran = home.run(&["audit", "verify", "--format", "json"]);
    assert_eq!(ran.code, 4, "{}{}", ran.stdout, ran.stderr);
    let verdict = ran.json();
    assert_eq!((&verdict["intact"], &verdict["fault"]["number"]), (&json!(false), &json!(2)));
    assert_eq!(verdict["fault"]["kind"], "changed");
    let table = home.run(&["audit", "verify"]);
    assert_eq!(table.code, 4);
    assert!(table.stdout.starts_with("not intact: row 2 (changed): "), "{}", table.stdout);
    assert_eq!(tamper(&database, "cars.csv", "bars.csv"), places);
    assert_eq!(home.json(&["audit", "verify"])["intact"], true, "and it is as it was");
}

/// A home whose database file was put back by hand to an earlier one.
fn set_back() -> Home {
    let home = Home::empty();
    let bars = home.file("bars.csv", bars_csv(&walk("WMT", 70, 1)));
    home.ok(&["import", &bars]);
    let database = home.path().join("sluice.db");
    let before = std::fs::read(&database).unwrap();
    home.ok(&["import", &bars]);
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(home.path().join(format!("sluice.db{suffix}")));
    }
    std::fs::write(&database, before).unwrap();
    home
}

#[test]
fn rows_that_are_missing_at_the_end_are_noticed_and_nothing_is_written_over_them() {
    let home = set_back();
    let ran = home.run(&["audit", "verify", "--format", "json"]);
    assert_eq!((ran.code, &ran.json()["fault"]["kind"]), (4, &json!("cut")), "{}", ran.stdout);
    let error = home.fails(&["configure", "--stage", "2", "--threshold", "61"]);
    assert!(error.contains("audit log") && error.contains("nothing was written"), "{error}");
}

#[test]
fn lost_rows_can_be_accepted_with_a_reason_that_is_told() {
    let home = set_back();
    let reason = "disk failure; it's copied back -- by hand";
    let number = home.json(&["audit", "accept", "--reason", reason])["number"].clone();
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    let row = &log(&home, &["--action", "audit.accepted"])[0];
    assert_eq!((&row["number"], &row["after"]["reason"]), (&number, &json!(reason)));
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
    assert_eq!(home.run(&["audit", "accept", "--reason", ""]).code, 2);
    assert_eq!(home.run(&["audit", "accept"]).code, 2);
}

/// Runs with another key.
fn with_key(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    let mut command = home.spawnable(args);
    command.envs(variables.iter().copied());
    Ran::of(command)
}

const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

#[test]
fn the_key_can_be_a_file_elsewhere_or_a_variable_and_is_never_printed() {
    let home = Home::empty();
    let file = home.file("keys", format!("{KEY}\n"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    let import = ["import", &home.file("bars.csv", bars_csv(&walk("WMT", 70, 1)))[..]].map(str::to_owned);
    let import: Vec<&str> = import.iter().map(String::as_str).collect();
    let mut ran = vec![with_key(&home, &import, &[("SLUICE_KEY", KEY)])];
    assert!(!home.path().join("sluice.key").exists(), "a key was made though one was given");
    ran.push(with_key(&home, &["audit", "verify", "-vvv"], &[("SLUICE_KEY", KEY)]));
    ran.push(home.run(&["audit", "verify", "--key-file", &file]));
    ran.push(with_key(&home, &["audit", "verify"], &[("SLUICE_KEY_FILE", &file)]));
    for ran in &ran {
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(!ran.stdout.contains(KEY) && !ran.stderr.contains(KEY), "the key was printed");
    }
    let other =
        with_key(&home, &["audit", "verify", "--format", "json"], &[("SLUICE_KEY", &KEY.replace('0', "f"))]);
    if encrypted() {
        assert!(other.stderr.contains("encrypted with another key"), "{}", other.stderr);
        return;
    }
    assert_eq!((other.code, &other.json()["fault"]["kind"]), (4, &json!("other-key")));
}

#[test]
fn two_keys_and_no_key_are_wrong_usage() {
    let home = home();
    let ran = with_key(&home, &["audit", "verify"], &[("SLUICE_KEY", KEY), ("SLUICE_KEY_FILE", "x")]);
    insta::assert_snapshot!(ran.stderr, @"error: SLUICE_KEY and --key-file (SLUICE_KEY_FILE) name two keys: give one of them");
    assert_eq!(ran.code, 2);
    for key in ["", "00", "not a key: geheim"] {
        let ran = with_key(&home, &["audit", "verify"], &[("SLUICE_KEY", key)]);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("64 hexadecimal digits") && !ran.stderr.contains("geheim"),
            "{}",
            ran.stderr
        );
    }
}

//! Texts that would be SQL if anybody put them into a statement: in every command that takes text they are texts.

use crate::support::{Home, test_layer};
use serde_json::Value;

/// What an attacker, or a trader with an odd file name, types.
const TEXTS: [&str; 7] = [
    "'; DROP TABLE alerts; --",
    "x' OR '1'='1",
    "\" OR \"\"=\"",
    "1; DELETE FROM scans",
    "') UNION SELECT content FROM secrets --",
    "$1",
    "\\'; /* %_ */ --",
];

/// Rows of every table but the log, which grows by what is told.
fn tables(home: &Home) -> Value {
    let mut status = home.json(&["db", "status"]);
    assert_eq!(status["intact"], true, "{status}");
    status["tables"].as_object_mut().unwrap().remove("audit");
    status["tables"].take()
}

#[test]
fn every_option_that_takes_text_takes_it_as_text() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let before = tables(&home);
    for text in TEXTS {
        for args in [
            &["alerts", "--kind", text][..],
            &["alerts", "--layer", text],
            &["alerts", "--symbol", text],
            &["alerts", "--scan", text],
            &["alerts", "--after", text],
            &["scan", "--dry-run", "--pipeline", text],
            &["scan", "--dry-run", "--stage", text],
            &["scan", "--dry-run", "--with", text],
            &["scan", "--dry-run", "--layer", text],
            &["scan", "--dry-run", "--symbols", text],
            &["scan", "--dry-run", "--as-of", text],
            &["layer", "remove", text],
            &["layer", "install", text],
            &["import", "--venue", text, "missing.csv"],
            &["configure", "--stage", text, "--show"],
            &["audit", "log", "--who", text],
            &["audit", "log", "--subject", text],
            &["audit", "log", "--action", text],
            &["secret", "set", text],
            &["secret", "remove", text],
            &["audit", "verify", "--file", text],
            &["audit", "export", text],
            &["db", "backup", text],
            &["db", "restore", text, "--yes"],
        ] {
            let ran = home.run(args);
            assert!([0, 2, 4].contains(&ran.code), "{args:?}: {} {}", ran.code, ran.stderr);
            assert!(!ran.stderr.contains("syntax error"), "{args:?}: {}", ran.stderr);
        }
    }
    assert_eq!(tables(&home), before);
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
}

#[test]
fn a_file_with_a_hostile_name_is_told_by_that_name() {
    let home = Home::compiled();
    let bars = "date,open,high,low,close,volume,Name\n2025-06-30,1,2,1,2,100,AA\n";
    let file = home.file("'; DROP TABLE audit; --.csv", bars);
    home.ok(&["import", &file]);
    let rows = home.json(&["audit", "log", "--action", "import.finished"]);
    assert_eq!(rows[0]["subject"], file.as_str());
    let found = home.json(&["audit", "log", "--subject", "'; DROP TABLE audit; --"]);
    assert_eq!(found.as_array().unwrap().len(), 2, "{found}");
}

#[test]
fn a_layer_whose_texts_are_hostile_stores_them_as_they_are() {
    let home = Home::with_market();
    home.ok(&["layer", "install", &test_layer("sql_text")]);
    let scan = home.json(&["scan", "--with", "sluice/universe,test/sql-text"]);
    assert!(!scan["results"].as_array().unwrap().is_empty());
    assert_eq!(scan["results"][0]["reason"], "'); DROP TABLE verdicts; --");
    let alert = &home.json(&["alerts", "--limit", "1"])[0];
    assert_eq!(alert["message"], "'); DELETE FROM alerts; --");
    let status = home.json(&["db", "status"]);
    assert_eq!(status["intact"], true);
    assert!(status["tables"]["verdicts"].as_u64().unwrap() > 0);
}

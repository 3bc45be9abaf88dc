//! `sluice audit export` and what `sluice audit verify --file` makes of it.

use super::{home, log};
use crate::support::{Home, Ran, keys};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

#[test]
fn an_export_is_every_row_oldest_first_in_a_new_file_for_its_owner_only() {
    let home = home();
    let file = home.user().join("audit.ndjson");
    let path = file.to_str().unwrap();
    assert_eq!(home.ok(&["audit", "export", path]), format!("wrote 6 rows to {path}\n"));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let mut rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let end = rows.pop().unwrap();
    assert_eq!((keys(&end), keys(&end["end"])), (["end"].into(), ["mac", "number"].into()));
    assert_eq!((&end["end"]["number"], rows.len()), (&json!(6), 6));
    assert_eq!(rows, log(&home, &["--oldest-first"]));
    assert_eq!(home.ok(&["audit", "export"]), text, "stdout has the same");
    std::fs::write(&file, "mine").unwrap();
    let error = home.fails(&["audit", "export", path]);
    assert!(error.contains("is there already") && error.contains(path), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    assert!(home.fails(&["audit", "export", "/nonexistent/x.ndjson"]).contains("/nonexistent/x.ndjson"));
}

/// The lines of an exported log, and the key file that it was signed with in a home that has nothing else.
fn exported() -> (Home, Vec<String>, String) {
    let home = home();
    let text = home.ok(&["audit", "export"]);
    let auditor = Home::empty();
    let key = auditor.file("key", std::fs::read(home.path().join("sluice.key")).unwrap());
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    (auditor, text.lines().map(str::to_owned).collect(), key)
}

fn verify(auditor: &Home, key: &str, lines: &[String]) -> Ran {
    let file = auditor.file("log.ndjson", lines.join("\n") + "\n");
    auditor.run(&["audit", "verify", "--file", &file, "--key-file", key, "--format", "json"])
}

#[test]
fn an_exported_log_is_verified_with_nothing_but_the_file_and_the_key() {
    let (auditor, lines, key) = exported();
    let ran = verify(&auditor, &key, &lines);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    let verdict = json!({ "rows": 6, "first": 1, "newest": 6, "checkpoint": null, "known_newest": null,
                          "intact": true, "fault": null });
    assert_eq!(ran.json(), verdict);
    let file = auditor.file("log.ndjson", lines.join("\n"));
    let args = ["audit", "verify", "--file", &file, "--key-file", &key];
    assert_eq!(auditor.ok(&args), "intact: 6 rows, 1 to 6\n");
    assert!(!auditor.path().exists(), "checking a file makes nothing");
    // without the key
    let error = auditor.fails(&["audit", "verify", "--file", &file]);
    assert!(error.contains("sluice.key"), "{error}");
    let other = auditor.file("other", "0".repeat(64));
    std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ran = verify(&auditor, &other, &lines);
    assert_eq!((ran.code, &ran.json()["fault"]["kind"]), (4, &json!("other-key")));
    let error = auditor.fails(&["audit", "verify", "--file", "missing.ndjson", "--key-file", &key]);
    assert!(error.contains("cannot read missing.ndjson"), "{error}");
}

#[test]
fn whatever_was_done_to_an_exported_log_is_found_and_its_first_row_named() {
    let (auditor, whole, key) = exported();
    let after = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = whole.clone();
        change(&mut lines);
        assert_ne!(lines, whole);
        let ran = verify(&auditor, &key, &lines);
        assert_eq!(ran.code, 4, "{}{}", ran.stdout, ran.stderr);
        let fault = ran.json()["fault"].take();
        (fault["number"].as_i64().unwrap(), fault["kind"].as_str().unwrap().to_owned())
    };
    let found = |number: i64, kind: &str| (number, kind.to_owned());
    let replace = |at: usize, from: &'static str, to: &'static str| {
        after(&move |lines| lines[at] = lines[at].replacen(from, to, 1))
    };
    assert_eq!(replace(1, "bars.csv", "cars.csv"), found(2, "changed"));
    assert_eq!(replace(4, ":61", ":62"), found(5, "changed"));
    assert_eq!(replace(4, ":61", ":61.00"), found(5, "changed"), "the same number is not the same row");
    assert_eq!(replace(2, "\"cursor\":3", "\"cursor\":4"), found(3, "changed"));
    assert_eq!(replace(2, "\"who\":", "\"why\":1,\"who\":"), found(3, "changed"), "nobody signed that");
    assert_eq!(replace(3, "{", "["), found(4, "changed"));
    assert_eq!(after(&|lines| drop(lines.remove(3))), found(4, "removed"));
    assert_eq!(after(&|lines| drop(lines.remove(0))), found(1, "removed"));
    assert_eq!(after(&|lines| drop(lines.remove(5))), found(6, "cut"));
    assert_eq!(after(&|lines| lines.truncate(4)), found(5, "cut"), "without its end");
    assert_eq!(after(&|lines| lines.clear()), found(1, "changed"), "an empty line is no row");
    assert_eq!(after(&|lines| lines.insert(4, lines[1].clone())), found(2, "inserted"));
    assert_eq!(after(&|lines| lines.push(lines[1].clone())), found(7, "inserted"));
    assert_eq!(after(&|lines| lines[6] = lines[6].replace("\"number\":6", "\"number\":5")), found(7, "cut"));
    let file = auditor.file("empty.ndjson", "");
    let ran = auditor.run(&["audit", "verify", "--file", &file, "--key-file", &key]);
    assert_eq!(ran.code, 4, "{}", ran.stdout);
    assert!(ran.stdout.starts_with("not intact: row 1 (cut): "), "{}", ran.stdout);
}

#[test]
fn an_export_that_was_killed_leaves_no_file_and_what_it_left_is_removed_by_the_next() {
    let home = home();
    let left = home.file("log.ndjson.0198c2f45a107c3e9d426f1f0c9a7b21.sluice-part", "half of a l");
    let file = home.user().join("log.ndjson");
    home.ok(&["audit", "export", file.to_str().unwrap()]);
    assert!(file.exists() && !Path::new(&left).exists());
}

#[test]
#[cfg_attr(feature = "encrypted-sqlite", ignore = "nobody changes a row in an encrypted file")]
fn a_backup_is_told_and_one_whose_log_was_tampered_with_is_not_put_back() {
    let home = home();
    let file = home.user().join("b.db");
    let path = file.to_str().unwrap();
    home.ok(&["db", "backup", path]);
    let rows = log(&home, &["--action", "database.backed-up"]);
    assert_eq!((rows.len(), &rows[0]["subject"]), (1, &json!(path)));
    let places = super::tamper(&file, "bars.csv", "cars.csv");
    assert!(places > 0, "the rows are in the file");
    let error = home.fails(&["db", "restore", path, "--yes"]);
    assert!(error.contains("its audit log is not intact: row 2 (changed): "), "{error}");
    super::tamper(&file, "cars.csv", "bars.csv");
    let restored = home.json(&["db", "restore", path, "--yes"]);
    let told = &log(&home, &["--action", "database.restored"])[0];
    assert_eq!(told["after"]["kept"], restored["kept"]);
}

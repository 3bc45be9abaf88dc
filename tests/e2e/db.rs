//! `sluice db`: looking after the database.

use crate::support::{Home, Ran, bars_csv, contents, keys, walk};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;

/// A home with one stored scan.
fn home() -> Home {
    let home = Home::with_market();
    home.ok(&["scan"]);
    home
}

#[test]
fn the_status_has_kind_schema_size_rows_and_integrity() {
    let home = home();
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    let status = home.json(&["db", "status"]);
    let members = "url backend server_version encrypted schema schema_known size_bytes intact fault running_scans \
                   audit_rows settings_revision id tables";
    assert_eq!(keys(&status), members.split_whitespace().collect());
    assert_eq!(status["url"], format!("sqlite:{}", home.path().join("sluice.db").display()));
    assert_eq!(
        (&status["backend"], &status["intact"], &status["fault"]),
        (&json!("sqlite"), &json!(true), &json!(null))
    );
    assert_eq!((&status["schema"], &status["settings_revision"]), (&status["schema_known"], &json!(1)));
    assert_eq!((&status["tables"]["scans"], &status["tables"]["instruments"]), (&json!(1), &json!(300)));
    assert_eq!(status["audit_rows"], status["tables"]["audit"]);
    let table = home.ok(&["db", "status"]);
    for part in ["integrity", "ok", "rows of verdicts", "settings revision"] {
        assert!(table.contains(part), "{part} is missing: {table}");
    }
    assert!(home.ok(&["db", "status", "--format", "csv"]).contains("rows of scans,1\n"));
    assert_eq!(home.ok(&["db", "status", "--format", "ndjson"]).lines().count(), 1);
}

#[test]
fn without_a_database_nothing_can_be_done_and_nothing_is_made() {
    let home = Home::empty();
    for args in [
        &["db", "status"][..],
        &["db", "backup", "b.db"],
        &["db", "prune", "--older-than", "1d"],
        &["db", "vacuum"],
    ] {
        let error = home.fails(args);
        assert!(
            error.contains("there is no database at sqlite:") && error.contains("import or scan"),
            "{error}"
        );
    }
    assert!(!home.path().exists());
}

#[test]
fn a_schema_that_is_up_to_date_stays() {
    let home = home();
    let schema = home.json(&["db", "status"])["schema"].clone();
    assert_eq!(home.json(&["db", "migrate"]), json!({ "from": schema, "to": schema, "backup": null }));
    assert_eq!(home.ok(&["db", "migrate"]), format!("schema {schema} is up to date\n"));
}

#[test]
fn a_backup_is_put_back_whole_and_what_was_there_is_kept() {
    let home = home();
    let first = home.json(&["status"])["last_scan"]["scan_id"].clone();
    let alerts = home.json(&["alerts", "--all"]);
    let file = home.user().join("backup.db");
    let path = file.to_str().unwrap();
    let backup = home.json(&["db", "backup", path]);
    assert_eq!(keys(&backup), ["file", "rows", "schema", "size_bytes"].into());
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    home.ok(&["scan"]);
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    let restored = home.json(&["db", "restore", path, "--yes"]);
    assert_eq!((&restored["rows"], &restored["schema"]), (&backup["rows"], &backup["schema"]));
    let kept = restored["kept"].as_str().unwrap();
    assert!(std::path::Path::new(kept).exists(), "{kept}");
    let status = home.json(&["status"]);
    assert_eq!((&status["scans"], &status["last_scan"]["scan_id"]), (&json!(1), &first));
    assert_eq!(home.json(&["alerts", "--all"]), alerts);
    assert_eq!(home.json(&["configure", "--history"]), json!([]));
    assert_eq!(home.json(&["audit", "log", "--limit", "1"])[0]["action"], "database.restored");
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
    home.ok(&["db", "restore", kept, "--yes"]);
    assert_eq!(home.json(&["status"])["scans"], 2);
}

#[test]
fn a_backup_overwrites_nothing() {
    let home = home();
    let path = home.file("mine.db", "mine");
    let error = home.fails(&["db", "backup", &path]);
    assert!(error.contains(&path), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
    assert!(home.fails(&["db", "backup", "/nonexistent/b.db"]).contains("/nonexistent/b.db"));
}

#[test]
fn restoring_without_a_terminal_needs_yes() {
    let home = home();
    let path = home.user().join("b.db").display().to_string();
    home.ok(&["db", "backup", &path]);
    let tables = || home.json(&["db", "status"])["tables"].take();
    let before = tables();
    for answer in ["y\n", "yes\n", ""] {
        let ran = Ran::with_input(home.spawnable(&["db", "restore", &path]), answer);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert_eq!(
            ran.stderr, "error: restoring replaces the database and nobody is here to be asked: give --yes\n",
            "{answer:?}"
        );
    }
    assert_eq!(tables(), before);
}

#[test]
fn what_is_no_backup_is_refused_and_the_database_stays_as_it_was() {
    let home = home();
    let before = home.json(&["audit", "log"]);
    for (name, content) in
        [("garbage.db", "this is no database at all, but it is long enough"), ("empty.db", "")]
    {
        let path = home.file(name, content);
        let error = home.fails(&["db", "restore", &path, "--yes"]);
        assert!(error.contains(name), "{error}");
    }
    assert!(home.fails(&["db", "restore", "missing.db", "--yes"]).contains("missing.db"));
    assert_eq!(home.json(&["audit", "log"]), before);
    assert_eq!(home.json(&["status"])["scans"], 1);
}

#[test]
fn a_file_name_that_looks_like_sql_is_a_file_name() {
    let home = home();
    let path = home.user().join("'; DROP TABLE scans; --.db").display().to_string();
    home.ok(&["db", "backup", &path]);
    home.ok(&["db", "restore", &path, "--yes"]);
    let status = home.json(&["db", "status"]);
    assert_eq!((&status["intact"], &status["tables"]["scans"]), (&json!(true), &json!(1)));
    assert_eq!(home.json(&["audit", "log", "--subject", "'; DROP"])[0]["action"], "database.restored");
}

#[test]
fn pruning_takes_an_age_and_leaves_what_is_younger() {
    let home = home();
    let pruned = home.json(&["db", "prune", "--older-than", "36h", "--dry-run"]);
    let members = "before dry_run scans verdicts alerts audit_rows checkpoint";
    assert_eq!(keys(&pruned), members.split(' ').collect());
    assert_eq!(
        (&pruned["scans"], &pruned["audit_rows"], &pruned["dry_run"]),
        (&json!(0), &json!(0), &json!(true))
    );
    for age in ["1h", "90d", "12w"] {
        let text = home.ok(&["db", "prune", "--older-than", age, "--keep-audit"]);
        assert!(
            text.starts_with(
                "removed 0 scans, 0 verdicts, 0 alerts and 0 rows of the audit log from before "
            ),
            "{text}"
        );
    }
    assert_eq!(home.json(&["status"])["scans"], 1);
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
}

#[test]
fn an_age_that_is_none_is_refused_with_examples() {
    let home = home();
    for age in [
        "",
        "1",
        "0d",
        "-1d",
        "1.5d",
        "1e3d",
        "NaN",
        "90D",
        "90m",
        "99999999999999999999d",
        "1d; DROP TABLE scans",
    ] {
        let ran = home.run(&["db", "prune", "--older-than", age]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{age}");
        assert!(ran.stderr.contains("--older-than"), "{age}: {}", ran.stderr);
        assert!(age.starts_with('-') || ran.stderr.contains("90d, 12w, 36h"), "{age}: {}", ran.stderr);
    }
    assert_eq!(home.run(&["db", "prune"]).code, 2, "an age must be given");
    assert_eq!(home.json(&["status"])["scans"], 1);
}

#[test]
fn vacuum_tells_the_size_before_and_after() {
    let home = home();
    let sizes = home.json(&["db", "vacuum"]);
    assert_eq!(keys(&sizes), ["after_bytes", "before_bytes"].into());
    assert!(sizes["after_bytes"].as_u64().unwrap() > 0, "{sizes}");
    assert!(home.ok(&["db", "vacuum"]).contains(" became "));
    assert_eq!(home.json(&["status"])["scans"], 1);
}

#[test]
fn a_damaged_file_is_an_error_in_one_line() {
    let home = home();
    home.ok(&["db", "vacuum"]);
    let database = home.path().join("sluice.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[..100].fill(0xff);
    std::fs::write(&database, bytes).unwrap();
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(home.path().join(format!("sluice.db{suffix}")));
    }
    assert!(home.fails(&["db", "status"]).contains("sluice.db"));
}

#[test]
fn a_url_that_names_no_database_is_refused_without_its_password() {
    let home = Home::empty();
    let geheim = "geheim";
    for url in [
        "mysql://u:geheim@h/d",
        "postgres://u:geheim@h:port/d",
        "postgres://u:geheim@h/d?ssl_mode=verify-full",
        "postgres://u@h/d?password=geheim&nope=1",
        "sqlite::memory:",
        "sqlite:",
        "x.db",
        "",
    ] {
        for from_variable in [false, true] {
            let mut command = home.spawnable(&["status"]);
            match from_variable {
                true => command.env("SLUICE_DB", url),
                false => command.args(["--db", url]),
            };
            let ran = Ran::of(command);
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{url}: {}", ran.stderr);
            assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
            assert!(
                ran.stderr.starts_with("error: --db: ") && !ran.stderr.contains(geheim),
                "{}",
                ran.stderr
            );
        }
    }
    let mut help = home.bare(&["alerts", "--help"]);
    help.env("SLUICE_DB", "postgres://u:geheim@h/d").env("SLUICE_KEY", geheim);
    let help = Ran::of(help);
    assert!(help.stdout.contains("postgres://") && help.stdout.contains("sqlite:"), "{}", help.stdout);
    assert!(!help.stdout.contains(geheim), "{}", help.stdout);
    assert!(!home.path().exists());
}

#[test]
fn a_file_that_is_not_there_is_not_made_by_looking() {
    let home = Home::with_market();
    let other = home.user().join("other.db");
    let url = format!("sqlite:{}", other.display());
    assert_eq!(home.json(&["status", "--db", &url])["database"], json!(null));
    assert_eq!(home.json(&["alerts", "--db", &url]), json!([]));
    assert!(!other.exists());
    home.ok(&["import", &home.file("b.csv", bars_csv(&walk("NEW", 5, 1))), "--db", &url]);
    assert_eq!(home.json(&["status", "--db", &url])["database"], url);
    let home_has_one = contents(&home.path()).iter().any(|(path, _)| path.ends_with("sluice.db"));
    assert!(!home_has_one, "the other database was used");
}

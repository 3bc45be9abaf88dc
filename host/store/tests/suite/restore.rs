//! What is not put back: files that are no backup, are damaged, newer, or of another key; and what is kept before.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sluice_store::{AuditFaultKind, KeySource, Store, StoreError};
use sqlx::Connection;

use crate::audit::busy;
use crate::backup::content;
use crate::case::Case;
use crate::home::{Backend, Database, Home, NEWEST, access, raw_file};
use crate::records::{entry, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    what_is_no_backup_is_refused_by_name_and_nothing_changes,
    a_damaged_backup_is_refused_and_nothing_changes,
    a_backup_of_another_key_is_refused_and_nothing_changes,
    what_was_there_is_kept_and_can_be_put_back,
    a_database_that_was_damaged_is_set_aside,
    nothing_is_put_back_while_a_scan_runs,
    a_scan_of_a_dead_process_is_in_nobodys_way_even_when_the_log_was_cut,
    a_backup_of_an_older_schema_is_migrated_on_its_way,
    a_backup_whose_audit_log_was_tampered_with_is_refused_with_its_first_bad_row,
    whatever_others_write_meanwhile_is_in_the_database_or_in_the_file_that_is_kept,
    a_log_that_was_put_back_by_a_killed_process_is_known_by_its_own_row,
];

async fn refused(home: &Home, file: &Path) -> String {
    let before = home.content(|_| true).await;
    let files = names(&home.folder);
    let error = Store::restore(&home.url, &home.access, file, |_| ()).await.unwrap_err().to_string();
    assert_eq!(home.content(|_| true).await, before, "{error}");
    assert_eq!(names(&home.folder), files, "{error}");
    assert!(!error.contains(".part"), "its own files are nobody's business: {error}");
    assert!(error.contains(&file.display().to_string()), "{error}");
    error
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    // SQLite's own come and go with connections
    names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
    names.sort();
    names
}

async fn made(home: &Home, name: &str) -> PathBuf {
    let file = home.folder.join(name);
    home.store.backup(&file, |_| ()).await.unwrap();
    file
}

async fn run(file: &Path, sql: &'static str) {
    let mut connection = raw_file(file).await;
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn what_is_no_backup_is_refused_by_name_and_nothing_changes(home: Home) {
    busy(&home).await;
    let at = |name: &str| home.folder.join(name);
    let error = refused(&home, &at("nothing")).await;
    assert!(error.contains("No such file"), "{error}");
    fs::write(at("empty"), "").unwrap();
    let error = refused(&home, &at("empty")).await;
    assert!(error.contains("it is no backup"), "{error}");
    fs::write(at("text"), "no database, but long enough for a header".repeat(30)).unwrap();
    let error = refused(&home, &at("text")).await;
    assert!(error.contains("no SQLite database"), "{error}");
    run(&at("other"), "CREATE TABLE notes (text TEXT)").await;
    let error = refused(&home, &at("other")).await;
    assert!(error.contains("another program"), "{error}");
    let newer = made(&home, "newer").await;
    run(&newer, "PRAGMA user_version = 99").await;
    let error = refused(&home, &newer).await;
    assert!(error.contains(&format!("has schema 99, this program knows up to {NEWEST}")), "{error}");
}

async fn a_damaged_backup_is_refused_and_nothing_changes(home: Home) {
    for _ in 0..20 {
        home.scanned(&scan_record()).await;
    }
    let whole = fs::read(made(&home, "whole").await).unwrap();
    let damaged = home.folder.join("damaged");
    let page = 4096;
    let mut refusals = 0;
    for start in (page..whole.len()).step_by(page * 3) {
        let mut bytes = whole.clone();
        bytes[start..start + 200].fill(0xa5);
        fs::write(&damaged, bytes).unwrap();
        // a page that holds nothing may be lost
        match Store::restore(&home.url, &home.access, &damaged, |_| ()).await {
            Ok(_) => {
                assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
            }
            Err(error) => {
                assert!(error.to_string().contains("damaged"), "{error}");
                refusals += 1;
            }
        }
    }
    assert!(refusals >= 3, "{refusals}");
    fs::write(&damaged, &whole[..whole.len() / 2]).unwrap();
    refused(&home, &damaged).await;
}

async fn a_backup_of_another_key_is_refused_and_nothing_changes(home: Home) {
    if cfg!(feature = "encrypted-sqlite") {
        return;
    }
    let file = made(&home, "b").await;
    let folder = home.folder.join("other");
    fs::create_dir(&folder).unwrap();
    let fresh = home.fresh("fresh").await;
    let other = access(KeySource::in_home(&folder));
    let store = Store::open(&fresh.url, &other).await.unwrap();
    store.record(&entry("mine")).await.unwrap();
    let before = fresh.content(|_| true).await;
    let error = Store::restore(&fresh.url, &other, &file, |_| ()).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherKey { .. }), "{error:?}");
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
    assert_eq!(fresh.content(|_| true).await, before);
    let left = [names(&folder), names(&fresh.folder)].concat();
    assert!(!left.iter().any(|name| name.contains("backup") || name.contains("part")), "{left:?}");
}

async fn what_was_there_is_kept_and_can_be_put_back(home: Home) {
    busy(&home).await;
    let file = made(&home, "b").await;
    home.scanned(&scan_record()).await;
    let later = content(&home).await;
    let done = Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap();
    assert_ne!(content(&home).await, later);
    let kept = done.kept.unwrap();
    Store::restore(&home.url, &home.access, &kept, |_| ()).await.unwrap();
    assert_eq!(content(&home).await, later);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
    // a new database has nothing to keep
    let fresh = home.fresh("fresh").await;
    let done = Store::restore(&fresh.url, &fresh.access, &file, |_| ()).await.unwrap();
    assert_eq!(done.kept, None);
}

async fn a_database_that_was_damaged_is_set_aside(home: Home) {
    if home.backend == Backend::Postgres {
        return;
    }
    busy(&home).await;
    let file = made(&home, "b").await;
    let before = content(&home).await;
    for header in [true, false] {
        let target = home.fresh(if header { "header" } else { "inside" }).await;
        fs::copy(&file, target.path()).unwrap();
        let mut bytes = fs::read(target.path()).unwrap();
        let spoilt = if header { 0..100 } else { 4096..bytes.len() };
        bytes[spoilt].fill(0xa5);
        fs::write(target.path(), &bytes).unwrap();
        assert!(Store::open(&target.url, &target.access).await.is_err() || !header);
        let done = Store::restore(&target.url, &target.access, &file, |_| ()).await.unwrap();
        let aside = done.kept.unwrap();
        assert!(aside.display().to_string().contains("sluice.db.damaged."), "{aside:?}");
        assert_eq!(fs::read(&aside).unwrap(), bytes);
        assert_eq!(content(&target).await, before);
        assert_eq!(target.open().await.verify_audit(|_| ()).await.unwrap().fault, None);
    }
}

async fn nothing_is_put_back_while_a_scan_runs(home: Home) {
    let file = made(&home, "b").await;
    let scan = home.store.begin_scan(&new_scan("default")).await.unwrap();
    let before = home.content(|_| true).await;
    let error = Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap_err();
    assert!(matches!(error, StoreError::ScansRunning { running: 1, .. }), "{error:?}");
    assert!(error.to_string().contains("1 scan is still running"), "{error}");
    assert_eq!(home.content(|_| true).await, before);
    home.store.finish_scan(&scan, &scan_record()).await.unwrap();
    Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap();
    assert_eq!(home.store.scans(None, 9).await.unwrap(), []);
}

async fn a_backup_of_an_older_schema_is_migrated_on_its_way(home: Home) {
    let file = home.folder.join("older");
    crate::upgrade::older_file(&file, 1).await;
    let older = fs::read(&file).unwrap();
    let done = Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap();
    assert_eq!(home.store.component("aa").await.unwrap().as_deref(), Some(&b"\0a\xff"[..]));
    let actions: Vec<String> =
        crate::audit::rows(&home.store).await.into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["database.migrated", "database.restored"]);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
    assert_eq!(fs::read(&file).unwrap(), older, "the backup stays as it is");
    let left: Vec<_> = names(&home.folder).into_iter().filter(|name| name.contains("restoring")).collect();
    assert!(left.is_empty(), "{left:?}");
    let kept =
        Database::at(Backend::Sqlite, &format!("sqlite:{}", done.kept.unwrap().display()), &home.folder);
    assert_eq!(kept.number("SELECT count(*) FROM layers").await, 2);
}

async fn a_scan_of_a_dead_process_is_in_nobodys_way_even_when_the_log_was_cut(home: Home) {
    let file = made(&home, "b").await;
    home.store.begin_scan(&new_scan("default")).await.unwrap();
    home.store.record(&entry("x")).await.unwrap();
    home.run("UPDATE scans SET host = 'elsewhere', started_at = 0").await.unwrap();
    home.run("DELETE FROM audit WHERE number > 2").await.unwrap();
    Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap();
    let store = home.open().await;
    assert_eq!(store.scans(None, 9).await.unwrap(), []);
    store.record(&entry("goes on")).await.unwrap();
    assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn a_backup_whose_audit_log_was_tampered_with_is_refused_with_its_first_bad_row(home: Home) {
    busy(&home).await;
    for (name, sql, expected) in [
        ("changed", "UPDATE audit SET actor = 'mallory' WHERE number IN (4, 7)", "row 4 (changed): "),
        ("removed", "DELETE FROM audit WHERE number IN (3, 5)", "row 3 (removed): "),
        ("cut", "DELETE FROM audit WHERE number < 3", "row 1 (removed): "),
        (
            "inserted",
            "UPDATE audit SET number = number + 1000 WHERE number > 5; \
             UPDATE audit SET number = number - 999 WHERE number > 999; INSERT INTO audit SELECT 6, at, 'mallory', host, action, subject, before_json, after_json, \
             '00000000-0000-7000-8000-000000000000', key_name, mac FROM audit WHERE number = 2",
            "row 6 (inserted): ",
        ),
    ] {
        let file = made(&home, name).await;
        run(&file, sql).await;
        let error = refused(&home, &file).await;
        assert!(error.starts_with("cannot read the backup in "), "{error}");
        assert!(error.contains(&format!(": its audit log is not intact: {expected}")), "{error}");
        assert!(error.ends_with("; nothing was changed; use another backup"), "{error}");
    }
}

async fn whatever_others_write_meanwhile_is_in_the_database_or_in_the_file_that_is_kept(home: Home) {
    for _ in 0..5 {
        home.scanned(&scan_record()).await;
    }
    let file = made(&home, "b").await;
    let (store, ended) = (home.open().await, Arc::new(AtomicBool::new(false)));
    let writing = tokio::spawn({
        let ended = Arc::clone(&ended);
        async move {
            let mut written = Vec::new();
            while !ended.load(Ordering::Relaxed) {
                let subject = format!("w{}", written.len());
                store.record(&entry(&subject)).await.unwrap();
                written.push(subject);
            }
            written
        }
    });
    let mut kept = Vec::new();
    for _ in 0..3 {
        let done = Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap();
        kept.push(done.kept.unwrap());
    }
    ended.store(true, Ordering::Relaxed);
    let mut missing = writing.await.unwrap();
    assert!(!missing.is_empty());
    const SUBJECTS: &str = "SELECT subject FROM audit";
    let mut found = home.texts(SUBJECTS).await;
    for file in kept {
        let file = Database::at(Backend::Sqlite, &format!("sqlite:{}", file.display()), &home.folder);
        found.extend(file.texts(SUBJECTS).await);
    }
    missing.retain(|subject| !found.contains(subject));
    assert_eq!(missing, [""; 0], "accepted, and in neither");
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

/// As if the process had been killed before it could remember the newest row.
async fn a_log_that_was_put_back_by_a_killed_process_is_known_by_its_own_row(home: Home) {
    let file = made(&home, "b").await;
    for step in 0..4 {
        home.store.record(&entry(&step.to_string())).await.unwrap();
    }
    let before = fs::read_to_string(home.heads()).unwrap();
    assert!(before.contains("\"number\":6"), "{before}");
    Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap();
    let since = fs::read_to_string(home.heads()).unwrap();
    assert!(since.contains("\"number\":2") && !since.contains("intended"), "{since}");
    let intended = since.replacen('{', "{\"intended\":true,", 1);
    fs::write(home.heads(), format!("{before}{intended}")).unwrap();

    let store = home.open().await;
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(2), Some(2)));
    store.record(&entry("goes on")).await.unwrap();
    let now = fs::read_to_string(home.heads()).unwrap();
    assert_eq!(now.lines().count(), 1, "{now}");
    assert!(now.contains("\"number\":3") && !now.contains("intended"), "{now}");

    // what was intended and not done is no excuse for a cut
    home.store.record(&entry("more")).await.unwrap();
    let other = intended.replace("\"number\":2", "\"number\":1").replace("\"number\":3", "\"number\":1");
    let known = fs::read_to_string(home.heads()).unwrap();
    fs::write(home.heads(), format!("{known}{other}")).unwrap();
    assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
    home.run("DELETE FROM audit WHERE number = 4").await.unwrap();
    let fault = store.verify_audit(|_| ()).await.unwrap().fault.unwrap();
    assert_eq!((fault.number, fault.kind), (4, AuditFaultKind::Cut));
    assert!(matches!(store.record(&entry("x")).await, Err(StoreError::AuditCut { .. })));
}

//! What is not put back: files that are no backup, are damaged, newer, or of another key; and what is kept before.

use std::fs;
use std::path::{Path, PathBuf};

use sluice_store::{KeySource, Store, StoreError};
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
    a_backup_of_an_older_schema_is_migrated_on_its_way,
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
    run(&newer, "PRAGMA user_version = 7").await;
    let error = refused(&home, &newer).await;
    assert!(error.contains(&format!("has schema 7, this program knows up to {NEWEST}")), "{error}");
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

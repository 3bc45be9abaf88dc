//! A migration that is killed.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::rounds::{self, duration_of, instant, kill_after};
use crate::state::sound;
use crate::support::{Home, repository};

/// Scans in the older file.
const SCANS: u64 = 200;

fn kill_in_rounds(home: &Home, older: &Path) {
    let path = home.path().join("sluice.db");
    let put_back = || {
        for name in ["sluice.db", "sluice.db-wal", "sluice.db-shm", "audit.heads"] {
            let _ = fs::remove_file(home.path().join(name));
        }
        fs::copy(older, &path).unwrap();
    };
    put_back();
    let whole = duration_of(home.spawnable(&["db", "migrate"]));
    for round in 0..rounds::kills() {
        put_back();
        let mut command = home.spawnable(&["db", "migrate"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        kill_after(child, instant(round, whole));
        home.ok(&["db", "migrate"]);
        let state = sound(home);
        assert_eq!(state.scans, SCANS, "round {round}");
        home.ok(&["configure", "--stage", "2", "--threshold", "50"]);
        assert_eq!(sound(home).revision, 1, "round {round}");
    }
}

/// Whenever a migration is killed, the next one ends it, and every row of the older file is there.
pub fn kills() {
    let home = Home::with_market();
    let older = home.user().join("older.db");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(make_older(&older));
    kill_in_rounds(&home, &older);
}

/// A file with the first schema only, and scans in it.
async fn make_older(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let first = "0001_start.sql";
    fs::copy(repository().join("host/store/migrations/sqlite").join(first), folder.path().join(first))
        .unwrap();
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await.unwrap();
    Migrator::new(folder.path()).await.unwrap().run(&pool).await.unwrap();
    // "Slui", as the program marks its files
    sqlx::raw_sql("PRAGMA application_id = 0x536c7569; PRAGMA user_version = 1")
        .execute(&pool)
        .await
        .unwrap();
    for number in 1..=SCANS {
        let scan = "INSERT INTO scans (id, pipeline, status, as_of, started_at, finished_at, config_digest, market_digest, \
             program_version, host, pid, process, interruption, warnings, config_json) VALUES \
             ($1, 'daily', 'interrupted', 0, 0, 1, 'c', 'm', '0', 'h', 1, '', 'once', '[]', '{}')";
        let id = format!("01900000-0000-7000-8000-{number:012}");
        sqlx::query(scan).bind(id).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

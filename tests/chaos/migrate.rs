//! A migration that is killed.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{ConnectOptions, Connection};

use crate::rounds::{self, duration_of, instant, kill_after};
use crate::state::sound;
use crate::support::{Home, repository};

/// Scans in the older file.
const SCANS: u64 = 200;

/// Instruments in it, and verdicts of each scan: the migration copies the table of verdicts.
const INSTRUMENTS: u64 = 50;

fn kill_in_rounds(home: &Home, older: &Path) {
    let path = home.path().join("sluice.db");
    let put_back = || {
        for name in ["sluice.db", "sluice.db-wal", "sluice.db-shm", "audit.heads"] {
            let _ = fs::remove_file(home.path().join(name));
        }
        fs::copy(older, &path).unwrap();
    };
    put_back();
    let before = verdicts(&path);
    assert_eq!(before.len() as u64, SCANS * INSTRUMENTS);
    let whole = duration_of(home.spawnable(&["db", "migrate"]));
    for round in 0..rounds::kills() {
        put_back();
        let mut command = home.spawnable(&["db", "migrate"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        kill_after(child, instant(round, whole));
        home.ok(&["db", "migrate"]);
        let state = sound(home);
        assert_eq!(state.scans, SCANS, "round {round}");
        assert_eq!(verdicts(&path), before, "round {round}");
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
    let mut transaction = pool.begin().await.unwrap();
    for number in 1..=INSTRUMENTS {
        let instrument = "INSERT INTO instruments VALUES ($1, $2, $2, '', 'XNAS', 'stock', 'active', 'USD', NULL, NULL, \
             'f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1')";
        let bound = sqlx::query(instrument).bind(number as i64).bind(format!("i{number}"));
        bound.execute(&mut *transaction).await.unwrap();
    }
    let layer =
        "INSERT INTO layers VALUES (1, 'me/l', '1.0.0', 'aa', '0.1.0', 3, '[]', '{}', 'bundled', 5, NULL)";
    sqlx::query(layer).execute(&mut *transaction).await.unwrap();
    for number in 1..=SCANS {
        let scan = "INSERT INTO scans (id, pipeline, status, as_of, started_at, finished_at, config_digest, market_digest, \
             program_version, host, pid, process, interruption, warnings, config_json) VALUES \
             ($1, 'daily', 'interrupted', 0, 0, 1, 'c', 'm', '0', 'h', 1, '', 'once', '[]', '{}')";
        let id = format!("01900000-0000-7000-8000-{number:012}");
        sqlx::query(scan).bind(id).execute(&mut *transaction).await.unwrap();
        let run = "INSERT INTO layer_runs VALUES ($1, $1, 0, 1, '1', 's', 'ok', NULL, 1, 2, 3, 4, 5, '{}', '[\"m\"]')";
        sqlx::query(run).bind(number as i64).execute(&mut *transaction).await.unwrap();
        // every value differs, so that none can stand for another
        let verdicts = "INSERT INTO verdicts SELECT $1, id, id % 3, (id + $1) % 100 + 0.5, NULL, 'why ' || id || '-' || $1, \
             '[' || id || '.5]' FROM instruments";
        sqlx::query(verdicts).bind(number as i64).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    pool.close().await;
}

/// Every verdict in a file, as texts.
fn verdicts(path: &Path) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut file = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        let all = "SELECT layer_run || ' ' || instrument || ' ' || outcome || ' ' || score || ' ' || \
             coalesce(percentile, '-') || ' ' || reason || ' ' || measures FROM verdicts ORDER BY layer_run, instrument";
        let verdicts = sqlx::query_scalar(all).fetch_all(&mut file).await.unwrap();
        file.close().await.unwrap();
        verdicts
    })
}

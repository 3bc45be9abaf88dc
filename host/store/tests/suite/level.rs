//! A process that uses the store for long stays as large as it was: connections, open files, memory.

use std::process::Command;

use sluice_store::{AlertFilter, AuditFilter, Base, Secret};

use crate::case::Case;
use crate::home::{Backend, Home};
use crate::records::{change, entry, new_scan, scan_record};
use crate::round_trip::everything;

pub const CASES: &[Case] = cases![a_thousand_operations_leave_connections_open_files_and_memory_level];

/// Tells this program that it is there for the measured case alone.
const ALONE: &str = "SLUICE_STORE_TEST_ALONE";

/// Operations of one round.
const MIX: usize = 20;

/// Rounds before the first measurement: pools and caches are filled by then.
const WARM: usize = 15;

/// Rounds that are measured.
const ROUNDS: usize = 50;

/// SQLite keeps up to 32 MiB of pages for each of four connections; a leak of 100 KB an operation would be more.
const MEMORY_KIB: usize = 64 * 1024;

/// To a server: the store's two, and those of the other process when the server has not seen it go yet.
const CONNECTIONS: i64 = 4;

/// A connection to a file has up to three open files, to a server one.
const OPEN_FILES: usize = 4;

async fn a_thousand_operations_leave_connections_open_files_and_memory_level(home: Home) {
    if std::env::var_os(ALONE).is_some() {
        return measure(&home).await;
    }
    let database = if home.backend == Backend::Sqlite { "sqlite" } else { "postgres" };
    let name =
        format!("{database}::level::a_thousand_operations_leave_connections_open_files_and_memory_level");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

async fn measure(home: &Home) {
    for round in 0..WARM {
        operations(home, round).await;
    }
    let (files, memory) = (open_files(), memory_kib());
    for round in 0..ROUNDS {
        operations(home, WARM + round).await;
    }
    let (files_since, memory_since) = (open_files(), memory_kib());
    assert!(files_since <= files + OPEN_FILES, "{files} files were open, {files_since} are");
    assert!(memory_since <= memory + MEMORY_KIB, "{memory} KiB were used, {memory_since} are");
    if home.backend == Backend::Postgres {
        // a connection's parallel workers have its name too
        let ours = "SELECT count(*) FROM pg_stat_activity \
             WHERE application_name = 'sluice' AND backend_type = 'client backend'";
        let connections = home.number(ours).await;
        assert!(connections <= CONNECTIONS, "{connections} connections are open");
    }
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn operations(home: &Home, round: usize) {
    let store = &home.store;
    let text = round.to_string();
    let id = store.begin_scan(&new_scan("default")).await.unwrap();
    store.finish_scan(&id, &scan_record()).await.unwrap();
    store.scan(&id).await.unwrap();
    store.results(&id).await.unwrap();
    let run = store.layer_runs(&id).await.unwrap()[0].id;
    store.verdicts(run).await.unwrap();
    store.alerts(&AlertFilter { limit: 20, ..everything() }).await.unwrap();
    store.record(&entry(&text)).await.unwrap();
    let seen = store.settings().await.unwrap().revision;
    store.change_settings(&change(Base::Seen(seen), "stage:p/s", "x", Some(&text))).await.unwrap();
    // a stale one is refused within its transaction
    assert!(
        seen == 0 || store.change_settings(&change(Base::Exactly(0), "a", "x", Some(&text))).await.is_err()
    );
    store.settings_at(seen).await.unwrap();
    store.set_secret("feed", &Secret::new(text.clone())).await.unwrap();
    store.secret("feed").await.unwrap();
    store.notice_file("/f", &text).await.unwrap();
    crate::breakers::count(store, "me/l", round.is_multiple_of(2)).await.unwrap();
    store.breakers().await.unwrap();
    store.last_good("default", "catalyst", "sluice/volume", 0..=i64::MAX).await.unwrap();
    store.audit(&AuditFilter::default(), None, 20).await.unwrap();
    store.status().await.unwrap();
    store.layers().await.unwrap();
    assert!(store.finish_scan(&id, &scan_record()).await.is_err());
    // another process comes and goes
    let other = home.open().await;
    other.latest_scan(None).await.unwrap();
    other.close().await;
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Resident memory of this process.
fn memory_kib() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

const _: () = assert!(MIX * ROUNDS >= 1000, "a thousand operations are measured");

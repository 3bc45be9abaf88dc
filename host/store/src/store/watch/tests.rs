//! A server that stands still, and a network that swallows everything. Nobody measures time here: patience is short or
//! endless, and what happened is read off the store.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sluice_test_postgres::Server as TestServer;
use tempfile::TempDir;

use super::*;
use crate::error::StoreError;
use crate::records::AuditEntry;
use crate::{Access, Actor, AuditAction, DatabaseUrl, KeySource, Store};

const NEVER: Duration = Duration::from_secs(3600);

/// Ends soon.
const SHORT: Patience = Patience {
    each_attempt: Duration::ZERO,
    connecting: Duration::from_millis(200),
    silence: Duration::from_millis(100),
    first_limit: Duration::from_millis(400),
    limit: Duration::from_millis(400),
    first_pause: Duration::from_millis(1),
    longest_pause: Duration::from_millis(10),
    first_back_off: Duration::ZERO,
    longest_back_off: Duration::ZERO,
};

/// Notices silence soon, and waits for its end as long as it takes.
const LASTING: Patience = Patience { first_limit: NEVER, limit: NEVER, connecting: NEVER, ..SHORT };

/// None where there is no PostgreSQL.
fn server() -> Option<(TestServer, TempDir)> {
    if let Some(reason) = sluice_test_postgres::missing() {
        eprintln!("skipped: {reason}");
        return None;
    }
    Some((TestServer::start().unwrap(), tempfile::tempdir().unwrap()))
}

/// A store with the schema and a connection that was used.
async fn open(address: &str, home: &TempDir, patience: Patience) -> Store {
    let access = Access {
        actor: Actor { name: "ann".to_owned(), host: "desk".to_owned() },
        key: KeySource::in_home(home.path()),
    };
    let url: DatabaseUrl = address.parse().unwrap();
    // making the schema may take its time
    Store::open_with(&url, &access, Patience::default()).await.unwrap().close().await;
    let mut store = Store::open_with(&url, &access, Patience::default()).await.unwrap();
    store.patience = patience;
    store
}

fn entry(subject: &str) -> AuditEntry {
    AuditEntry {
        action: AuditAction::ImportFinished,
        subject: subject.to_owned(),
        before_json: None,
        after_json: None,
    }
}

/// How often the pool was given up.
fn renewed(store: &Store) -> u64 {
    match &store.pool {
        Pool::Postgres(server) => server.number(),
        Pool::Sqlite(_) => 0,
    }
}

async fn until(condition: impl Fn() -> bool) {
    while !condition() {
        tokio::task::yield_now().await;
    }
}

/// Rows of the log after the one of the database's making; it is intact.
async fn written(store: &Store) -> u64 {
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!(verdict.fault, None);
    assert_eq!(verdict.newest, verdict.known_newest);
    verdict.rows - 1
}

fn unreachable(error: &StoreError) -> String {
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error:?}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_for_good_is_given_up_by_name_and_nothing_is_lost_after_it_goes_on() {
    let Some((server, home)) = server() else { return };
    let store = open(&server.url(), &home, SHORT).await;
    store.record(&entry("before")).await.unwrap();
    server.pause().unwrap();
    let text = unreachable(&store.record(&entry("lost")).await.unwrap_err());
    assert!(text.starts_with("cannot write import.finished into the audit log: postgres://"), "{text}");
    assert!(text.contains("could not be reached for "), "{text}");
    assert!(
        text.contains("the server does not answer") || text.contains("no connection could be made"),
        "{text}"
    );
    unreachable(&store.settings().await.unwrap_err());
    server.resume().unwrap();
    store.record(&entry("after")).await.unwrap();
    assert_eq!(written(&store).await, 2, "what was told to have failed was not done");
    assert_eq!(store.settings().await.unwrap().revision, 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_on_within_the_patience_has_the_change_once() {
    let Some((server, home)) = server() else { return };
    let store = open(&server.url(), &home, LASTING).await;
    for round in 1..=3 {
        let given_up = renewed(&store);
        server.pause().unwrap();
        let writer = store.clone();
        let writing = tokio::spawn(async move { writer.record(&entry("x")).await });
        until(|| renewed(&store) > given_up).await;
        server.resume().unwrap();
        writing.await.unwrap().unwrap();
        assert_eq!(written(&store).await, round);
    }
}

/// The commit itself stands still: its attempt is given up, yet is done when the server goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_stood_still_and_was_done_after_all_is_not_done_twice() {
    use sqlx::Connection;
    let Some((server, home)) = server() else { return };
    let store = open(&server.url(), &home, LASTING).await;
    let mut other = sqlx::PgConnection::connect(&server.url()).await.unwrap();
    sqlx::raw_sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         PERFORM pg_advisory_xact_lock(99); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER late AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION wait()",
    )
    .execute(&mut other)
    .await
    .unwrap();
    sqlx::raw_sql("BEGIN; SELECT pg_advisory_xact_lock(99)").execute(&mut other).await.unwrap();
    let writer = store.clone();
    let writing = tokio::spawn(async move { writer.record(&entry("x")).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query = 'COMMIT'";
    // not within the transaction, which sees the same all the time
    let mut looking = sqlx::PgConnection::connect(&server.url()).await.unwrap();
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut looking).await.unwrap() == 0 {}
    server.pause().unwrap();
    until(|| renewed(&store) > 0).await;
    server.resume().unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(writing.await.unwrap().unwrap(), 2);
    assert_eq!(written(&store).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_server_is_not_asked_again_before_its_time() {
    let Some((server, home)) = server() else { return };
    let store =
        open(&server.url(), &home, Patience { first_back_off: NEVER, longest_back_off: NEVER, ..SHORT })
            .await;
    server.pause().unwrap();
    let first = unreachable(&store.record(&entry("x")).await.unwrap_err());
    assert!(!first.contains("lost since"), "{first}");
    server.resume().unwrap();
    let asked = renewed(&store);
    for store in [&store, &store.clone()] {
        let text = unreachable(&store.settings().await.unwrap_err());
        assert!(text.starts_with("cannot read the settings: postgres://"), "{text}");
        assert!(text.contains("; lost since ") && text.contains(" UTC and is tried again in "), "{text}");
    }
    assert_eq!(renewed(&store), asked);
    let again = open(&server.url(), &home, SHORT).await;
    assert_eq!(written(&again).await, 0, "another store knows nothing of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_that_takes_long_is_waited_for_while_the_server_answers() {
    use sqlx::Connection;
    let Some((server, home)) = server() else { return };
    let second = Duration::from_secs(1);
    let store = open(&server.url(), &home, Patience { silence: second, limit: second, ..SHORT }).await;
    let mut other = sqlx::PgConnection::connect(&server.url()).await.unwrap();
    // what the log is waited for with
    let lock = "BEGIN; SELECT pg_advisory_xact_lock(6011308696464785413)";
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
    let writer = store.clone();
    let writing = tokio::spawn(async move { writer.record(&entry("x")).await });
    // far beyond the patience
    sqlx::raw_sql("SELECT pg_sleep(3); COMMIT").execute(&mut other).await.unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!((renewed(&store), written(&store).await), (0, 1));
}

/// Hands everything on until it is told to swallow what comes over the connections that there are.
fn swallowing(server: &str) -> (String, Arc<AtomicBool>) {
    let (user, rest) = server.rsplit_once('@').unwrap();
    let (host, name) = rest.split_once('/').unwrap();
    let host = host.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("{user}@{}/{name}", listener.local_addr().unwrap());
    let swallow = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&swallow);
    // ends with the process
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            let server = TcpStream::connect(&host).unwrap();
            let late = told.load(Ordering::SeqCst);
            for (from, to) in [(&client, &server), (&server, &client)] {
                let (mut from, mut to, told) =
                    (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(&told));
                std::thread::spawn(move || {
                    let mut buffer = [0; 4096];
                    while let Ok(length @ 1..) = from.read(&mut buffer) {
                        let passed = late || !told.load(Ordering::SeqCst);
                        if passed && to.write_all(&buffer[..length]).is_err() {
                            break;
                        }
                    }
                });
            }
        }
    });
    (address, swallow)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_the_network_forgot_is_replaced() {
    let Some((server, home)) = server() else { return };
    let (address, swallow) = swallowing(&server.url());
    let seconds = Duration::from_secs;
    let patience = Patience { silence: seconds(1), limit: seconds(8), connecting: seconds(8), ..SHORT };
    let store = open(&address, &home, patience).await;
    swallow.store(true, Ordering::SeqCst);
    store.record(&entry("x")).await.unwrap();
    assert_eq!((renewed(&store), written(&store).await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_does_not_wait_for_a_server_that_stands_still() {
    let Some((server, home)) = server() else { return };
    let store = open(&server.url(), &home, SHORT).await;
    server.pause().unwrap();
    // holds a connection that cannot be given back
    let reading = store.clone();
    let cancelled = tokio::spawn(async move { reading.settings().await });
    unreachable(&store.record(&entry("x")).await.unwrap_err());
    cancelled.abort();
    store.close().await;
    server.resume().unwrap();
}

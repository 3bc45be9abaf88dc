//! A server that stands still, and a network that swallows everything. Nobody measures time here: patience is short or
//! endless, and what happened is read off the store.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sluice_store::testing::{self, Patience, given_up, with_patience};
use sluice_store::{DatabaseUrl, Store, StoreError};
use sqlx::{Connection, PgConnection};

use crate::case::Case;
use crate::home::Home;
use crate::records::entry;

pub const CASES: &[Case] = cases![
    a_server_that_stands_still_for_good_is_given_up_by_name_and_nothing_is_lost_after_it_goes_on,
    a_server_that_stands_still_while_it_is_opened_is_waited_for,
    a_server_that_takes_no_more_connections_is_waited_for_and_named,
    a_server_that_never_comes_back_is_given_up_within_the_patience,
    a_server_that_goes_on_within_the_patience_has_the_change_once,
    a_commit_that_stood_still_and_was_done_after_all_is_not_done_twice,
    a_lost_server_is_not_asked_again_before_its_time,
    a_statement_that_takes_long_is_waited_for_while_the_server_answers,
    a_connection_that_the_network_forgot_is_replaced,
    closing_does_not_wait_for_a_server_that_stands_still,
];

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

/// A store of its own with another patience. Opening it may take its time.
async fn open(home: &Home, patience: Patience) -> Store {
    with_patience(home.open().await, patience)
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
    let text = error.to_string();
    assert!(text.contains(" could not be reached for "), "{text}");
    assert!(text.ends_with("check that the server runs and the URL is right, then try again"), "{text}");
    text
}

/// What a store says that is opened in vain, after it was tried as long as patience lasts with a server that is there.
async fn not_opened(home: &Home, patience: Patience) -> String {
    let error = testing::open(&home.url, &home.access, patience).await.unwrap_err();
    let StoreError::Unreachable { waited_ms, .. } = &error else { panic!("{error:?}") };
    assert!(u128::from(*waited_ms) >= patience.limit.as_millis(), "{error}");
    unreachable(&error)
}

async fn a_server_that_stands_still_while_it_is_opened_is_waited_for(home: Home) {
    home.server().pause().unwrap();
    let text = not_opened(&home, Patience { first_limit: Duration::ZERO, ..SHORT }).await;
    assert!(text.contains("(the server does not answer)"), "{text}");
    home.server().resume().unwrap();
    home.open().await.close().await;
}

async fn a_server_that_takes_no_more_connections_is_waited_for_and_named(home: Home) {
    let mut others = Vec::new();
    while let Ok(other) = PgConnection::connect(&home.address).await {
        others.push(other);
    }
    let patience = Patience { first_limit: Duration::ZERO, silence: NEVER, ..SHORT };
    let text = not_opened(&home, patience).await;
    assert!(text.contains("(sorry, too many clients already)"), "{text}");
    for other in others {
        other.close().await.unwrap();
    }
    home.open().await.close().await;
}

/// Within a time that is far from forever.
async fn a_server_that_never_comes_back_is_given_up_within_the_patience(home: Home) {
    let store = open(&home, Patience { silence: NEVER, ..SHORT }).await;
    home.server().stop().unwrap();
    let begun = Instant::now();
    let text = unreachable(&store.notice_file("p", "d").await.unwrap_err());
    assert!(text.contains("(no server listens there)"), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    home.server().start_again().unwrap();
    assert!(store.notice_file("p", "d").await.unwrap(), "nothing was written before");
}

async fn a_server_that_stands_still_for_good_is_given_up_by_name_and_nothing_is_lost_after_it_goes_on(
    home: Home,
) {
    let store = open(&home, SHORT).await;
    store.record(&entry("before")).await.unwrap();
    home.server().pause().unwrap();
    let text = unreachable(&store.record(&entry("lost")).await.unwrap_err());
    assert!(text.starts_with("cannot write import.finished into the audit log: postgres://"), "{text}");
    assert!(text.contains("(the server does not answer)"), "{text}");
    unreachable(&store.settings().await.unwrap_err());
    home.server().resume().unwrap();
    store.record(&entry("after")).await.unwrap();
    assert_eq!(written(&store).await, 2, "what was told to have failed was not done");
    assert_eq!(store.settings().await.unwrap().revision, 0);
    store.close().await;
}

async fn a_server_that_goes_on_within_the_patience_has_the_change_once(home: Home) {
    let store = open(&home, LASTING).await;
    for round in 1..=3 {
        let before = given_up(&store);
        home.server().pause().unwrap();
        let writer = store.clone();
        let writing = tokio::spawn(async move { writer.record(&entry("x")).await });
        until(|| given_up(&store) > before).await;
        home.server().resume().unwrap();
        writing.await.unwrap().unwrap();
        assert_eq!(written(&store).await, round);
    }
}

/// The commit itself stands still: its attempt is given up, yet is done when the server goes on.
async fn a_commit_that_stood_still_and_was_done_after_all_is_not_done_twice(home: Home) {
    let store = open(&home, LASTING).await;
    let mut other = PgConnection::connect(&home.address).await.unwrap();
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
    let mut looking = PgConnection::connect(&home.address).await.unwrap();
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut looking).await.unwrap() == 0 {}
    home.server().pause().unwrap();
    until(|| given_up(&store) > 0).await;
    home.server().resume().unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    assert_eq!(writing.await.unwrap().unwrap(), 2);
    assert_eq!(written(&store).await, 1);
}

async fn a_lost_server_is_not_asked_again_before_its_time(home: Home) {
    let store = open(&home, Patience { first_back_off: NEVER, longest_back_off: NEVER, ..SHORT }).await;
    home.server().pause().unwrap();
    let first = unreachable(&store.record(&entry("x")).await.unwrap_err());
    assert!(!first.contains("lost since"), "{first}");
    home.server().resume().unwrap();
    let asked = given_up(&store);
    for store in [&store, &store.clone()] {
        let text = unreachable(&store.settings().await.unwrap_err());
        assert!(text.starts_with("cannot read the settings: postgres://"), "{text}");
        assert!(text.contains("; lost since ") && text.contains(" UTC and is tried again in "), "{text}");
    }
    assert_eq!(given_up(&store), asked);
    let again = open(&home, SHORT).await;
    assert_eq!(written(&again).await, 0, "another store knows nothing of it");
}

async fn a_statement_that_takes_long_is_waited_for_while_the_server_answers(home: Home) {
    let second = Duration::from_secs(1);
    let store = open(&home, Patience { silence: second, limit: second, ..SHORT }).await;
    let mut other = PgConnection::connect(&home.address).await.unwrap();
    // what the log is waited for with
    let lock = "BEGIN; SELECT pg_advisory_xact_lock(6011308696464785413)";
    sqlx::raw_sql(lock).execute(&mut other).await.unwrap();
    let writer = store.clone();
    let writing = tokio::spawn(async move { writer.record(&entry("x")).await });
    // far beyond the patience
    sqlx::raw_sql("SELECT pg_sleep(3); COMMIT").execute(&mut other).await.unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!((given_up(&store), written(&store).await), (0, 1));
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

async fn a_connection_that_the_network_forgot_is_replaced(home: Home) {
    let (address, swallow) = swallowing(&home.address);
    let seconds = Duration::from_secs;
    let patience = Patience { silence: seconds(1), limit: seconds(8), connecting: seconds(8), ..SHORT };
    let url: DatabaseUrl = address.parse().unwrap();
    let store = with_patience(Store::open(&url, &home.access).await.unwrap(), patience);
    swallow.store(true, Ordering::SeqCst);
    let mut records = 0;
    // the connection may not be back in the pool yet: then another one is made, and the pool uses both in turn
    while given_up(&store) == 0 && records < 4 {
        store.record(&entry("x")).await.unwrap();
        records += 1;
    }
    assert_eq!((given_up(&store), written(&store).await), (1, records));
}

async fn closing_does_not_wait_for_a_server_that_stands_still(home: Home) {
    let store = open(&home, SHORT).await;
    home.server().pause().unwrap();
    // holds a connection that cannot be given back
    let reading = store.clone();
    let cancelled = tokio::spawn(async move { reading.settings().await });
    unreachable(&store.record(&entry("x")).await.unwrap_err());
    cancelled.abort();
    store.close().await;
    home.server().resume().unwrap();
}

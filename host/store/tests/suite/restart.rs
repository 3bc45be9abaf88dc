//! A server that goes away and comes back, and other clients in the way: the store tries again, and does things once.

use std::sync::Arc;

use sluice_store::{Base, Changed, Store, StoreError};

use crate::case::Case;
use crate::home::{Home, Raw};
use crate::proxy::files_that_were_kept;
use crate::records::{change, entry, instrument, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    a_server_that_was_restarted_is_used_again,
    a_server_that_crashes_within_a_transaction_and_comes_back_has_it_once,
    a_server_that_stands_still_within_a_transaction_has_it_once,
    a_restore_whose_connection_dies_at_its_commit_is_made_by_the_next_attempt,
    a_deadlock_is_tried_again,
    a_transaction_that_the_server_gave_up_is_tried_again,
    a_connection_that_the_server_closed_is_replaced,
    an_instrument_that_another_scan_changed_meanwhile_is_written_again,
];

/// The locks that the store takes.
const INSTRUMENTS: i64 = 0x536c_7569_0000_0002;
const SETTINGS: i64 = 0x536c_7569_0000_0004;
const AUDIT: i64 = 0x536c_7569_0000_0005;

/// A transaction past the store that has a lock.
async fn holding(home: &Home, lock: i64) -> Raw {
    let mut raw = home.raw().await;
    raw.run(&format!("BEGIN; SELECT pg_advisory_xact_lock({lock})")).await.unwrap();
    raw
}

/// Until somebody waits for a lock.
async fn somebody_waits(home: &Home) {
    let mut raw = home.raw().await;
    let waiting = "SELECT pid::BIGINT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while raw.rows(waiting).await.is_empty() {
        tokio::task::yield_now().await;
    }
    raw.close().await;
}

fn change_in_background(store: &Store) -> tokio::task::JoinHandle<Result<Changed, StoreError>> {
    let store = store.clone();
    tokio::spawn(async move {
        store.change_settings(&change(Base::Exactly(0), "stage:p/s", "x", Some("1"))).await
    })
}

/// One revision, one row of the log.
async fn was_done_once(home: &Home, done: Result<Changed, StoreError>) {
    assert_eq!(done.unwrap(), Changed::Revision(1));
    assert_eq!(home.store.settings_history(&[], None, 9).await.unwrap().len(), 1);
    assert_eq!(home.number("SELECT count(*) FROM audit WHERE action = 'settings.changed'").await, 1);
    let verdict = home.store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(2), Some(2)));
}

async fn a_server_that_was_restarted_is_used_again(home: Home) {
    let home = Arc::new(home);
    for round in 0..4 {
        if round % 2 == 0 {
            home.server().stop().unwrap()
        } else {
            home.server().stop_at_once().unwrap()
        }
        let store = home.store.clone();
        let writing = tokio::spawn(async move { store.record(&entry(&round.to_string())).await });
        let starter = Arc::clone(&home);
        tokio::task::spawn_blocking(move || starter.server().start_again()).await.unwrap().unwrap();
        assert_eq!(writing.await.unwrap().unwrap(), 2 + round);
        assert_eq!(home.store.status().await.unwrap().scans, 0);
    }
    assert_eq!(home.number("SELECT count(*) FROM audit").await, 5);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn a_server_that_crashes_within_a_transaction_and_comes_back_has_it_once(home: Home) {
    let raw = holding(&home, AUDIT).await;
    let writing = change_in_background(&home.store);
    somebody_waits(&home).await;
    home.server().stop_at_once().unwrap();
    home.server().start_again().unwrap();
    drop(raw);
    was_done_once(&home, writing.await.unwrap()).await;
}

async fn a_server_that_stands_still_within_a_transaction_has_it_once(home: Home) {
    let mut raw = holding(&home, AUDIT).await;
    let writing = change_in_background(&home.store);
    somebody_waits(&home).await;
    home.server().pause().unwrap();
    let begun = crate::breakers::count(&home.store, "me/l", false);
    let (counted, ()) = tokio::join!(begun, async {
        tokio::task::yield_now().await;
        home.server().resume().unwrap();
    });
    assert_eq!(counted.unwrap(), 1, "an operation that began meanwhile is answered too");
    raw.run("COMMIT").await.unwrap();
    was_done_once(&home, writing.await.unwrap()).await;
}

async fn a_restore_whose_connection_dies_at_its_commit_is_made_by_the_next_attempt(home: Home) {
    home.store.record(&entry("x")).await.unwrap();
    let file = home.folder.join("b");
    home.store.backup(&file, |_| ()).await.unwrap();
    home.store.record(&entry("later")).await.unwrap();
    // within the first commit only: a sequence does not go back
    home.run(
        "CREATE SEQUENCE tries; CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('tries') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$; \
         CREATE CONSTRAINT TRIGGER die AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW \
         WHEN (NEW.action = 'database.restored') EXECUTE FUNCTION die()",
    )
    .await
    .unwrap();
    let done = Store::restore(&home.url, &home.access, &file, |_| ()).await.unwrap();
    assert_eq!(home.number("SELECT last_value FROM tries").await, 2);
    assert!(done.kept.unwrap().exists());
    assert_eq!(files_that_were_kept(&home), 1, "what the first attempt kept is gone");
    assert_eq!(home.number("SELECT count(*) FROM audit").await, 3);
    let verdict = home.store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(3), Some(3)));
}

async fn a_deadlock_is_tried_again(home: Home) {
    // long enough to get into its way before it looks
    home.run("ALTER DATABASE sluice SET deadlock_timeout = '4s'").await.unwrap();
    // the connections of this one are told so
    let store = home.open().await;
    let mut raw = holding(&home, AUDIT).await;
    raw.run("SET deadlock_timeout = '1h'").await.unwrap();
    let writing = change_in_background(&store);
    somebody_waits(&home).await;
    // each has what the other waits for; the one that looks first is given up
    raw.run(&format!("SELECT pg_advisory_xact_lock({SETTINGS})")).await.unwrap();
    raw.run("COMMIT").await.unwrap();
    was_done_once(&home, writing.await.unwrap()).await;
    let log = std::fs::read_to_string(home.server().log_file()).unwrap();
    assert!(log.contains("deadlock detected"), "{log}");
}

async fn a_transaction_that_the_server_gave_up_is_tried_again(home: Home) {
    home.run(
        "CREATE SEQUENCE tries; CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         IF nextval('tries') < 4 THEN RAISE EXCEPTION 'given up' USING ERRCODE = 'serialization_failure'; END IF; \
         RETURN NEW; END $$; \
         CREATE TRIGGER refuse BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse()",
    )
    .await
    .unwrap();
    was_done_once(&home, change_in_background(&home.store).await.unwrap()).await;
    assert_eq!(home.number("SELECT last_value FROM tries").await, 4, "three tries were in vain");
}

async fn a_connection_that_the_server_closed_is_replaced(home: Home) {
    let close =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'sluice'";
    for round in 0..3 {
        assert!(home.number(close).await > 0);
        assert_eq!(home.store.record(&entry("x")).await.unwrap(), 2 + round);
    }
    home.number(close).await;
    assert_eq!(home.store.scans(None, 9).await.unwrap(), []);
}

/// The scan knows an older name of one instrument and a newer one of another.
async fn an_instrument_that_another_scan_changed_meanwhile_is_written_again(home: Home) {
    home.store.upsert_instruments(&scan_record().instruments).await.unwrap();
    let mut raw = holding(&home, INSTRUMENTS).await;
    let mut record = scan_record();
    record.instruments[0] = instrument("i-aa", "AAX");
    let scan = home.store.begin_scan(&new_scan("default")).await.unwrap();
    let store = home.store.clone();
    let writing = tokio::spawn(async move { store.finish_scan(&scan, &record).await });
    somebody_waits(&home).await;
    raw.run(
        "UPDATE instruments SET name = 'other', fingerprint = 'ffffffffffffffffffffffffffffffff' \
         WHERE ident = 'i-na'; COMMIT",
    )
    .await
    .unwrap();
    writing.await.unwrap().unwrap();
    assert_eq!(home.store.results(&scan).await.unwrap()[0].name, "NA Inc");
}

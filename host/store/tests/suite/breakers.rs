//! Breakers of components: what one process changes is what the next one sees, and nothing is lost between them.

use std::collections::BTreeSet;

use sluice_store::{
    AuditAction, AuditFilter, BreakerChange, BreakerNote, BreakerRow, BreakerState, KeySource, Store,
    StoreError,
};

use crate::case::Case;
use crate::home::{Home, access};

pub const CASES: &[Case] = cases![
    a_component_without_a_row_is_closed_and_a_change_that_changes_nothing_writes_nothing,
    a_change_is_seen_by_the_next_and_told_by_the_log,
    no_change_of_eight_writers_is_lost,
    a_change_whose_audit_row_is_refused_changes_nothing,
    a_change_that_is_cancelled_is_made_or_not,
    what_cannot_be_kept_is_refused_by_name,
    breakers_are_listed_by_layer_and_digest_in_the_order_of_bytes,
];

/// A note of an opening.
pub fn note(action: AuditAction, before: &str, after: &str) -> BreakerNote {
    BreakerNote { action, before_json: before.to_owned(), after_json: after.to_owned() }
}

/// Counts an opening; the log tells of it when it should.
pub async fn count(store: &Store, layer: &str, told: bool) -> Result<u32, StoreError> {
    store
        .change_breaker(layer, "d1", |mut row| {
            let before = row.openings;
            row.openings += 1;
            row.faults.push(i64::from(row.openings));
            let (was, is) =
                (format!("{{\"openings\":{before}}}"), format!("{{\"openings\":{}}}", row.openings));
            let note = told.then(|| note(AuditAction::BreakerOpened, &was, &is));
            BreakerChange { answer: row.openings, row, note }
        })
        .await
}

async fn a_component_without_a_row_is_closed_and_a_change_that_changes_nothing_writes_nothing(home: Home) {
    let seen = home
        .store
        .change_breaker("me/l", "d1", |row| BreakerChange { answer: row.clone(), row, note: None })
        .await
        .unwrap();
    assert_eq!(seen, BreakerRow::closed("me/l", "d1"));
    assert_eq!(seen.state, BreakerState::Closed);
    assert_eq!(home.store.breakers().await.unwrap(), []);
    assert_eq!(home.number("SELECT count(*) FROM breakers").await, 0);
    assert_eq!(home.number("SELECT count(*) FROM audit").await, 1);
}

async fn a_change_is_seen_by_the_next_and_told_by_the_log(home: Home) {
    let opened = BreakerRow {
        state: BreakerState::Open,
        faults: vec![1_000, 2_000],
        openings: 1,
        opened_at: Some(2_000),
        retry_at: Some(62_000),
        last_fault: Some("out of fuel".to_owned()),
        last_fault_at: Some(2_000),
        changed_at: 2_000,
        ..BreakerRow::closed("me/l", "d1")
    };
    let change = |_: BreakerRow| BreakerChange {
        row: opened.clone(),
        note: Some(note(AuditAction::BreakerOpened, "{\"state\":\"closed\"}", "{\"state\":\"open\"}")),
        answer: "opened",
    };
    assert_eq!(home.store.change_breaker("me/l", "d1", change).await.unwrap(), "opened");
    let other = home.open().await;
    assert_eq!(other.breakers().await.unwrap(), std::slice::from_ref(&opened));
    let seen = other
        .change_breaker("me/l", "d1", |row| BreakerChange { answer: row.clone(), row, note: None })
        .await
        .unwrap();
    assert_eq!(seen, opened);
    // a component of the same layer has a breaker of its own
    assert_eq!(count(&other, "me/l2", false).await.unwrap(), 1);
    assert_eq!(home.store.breakers().await.unwrap()[0], opened);
    let told = home.store.audit(&AuditFilter::default(), None, 9).await.unwrap();
    assert_eq!(told.len(), 2, "what has no note is not told");
    assert_eq!((told[0].action.as_str(), told[0].subject.as_str()), ("breaker.opened", "me/l d1"));
    assert_eq!(
        (told[0].before_json.as_deref(), told[0].after_json.as_deref()),
        (Some("{\"state\":\"closed\"}"), Some("{\"state\":\"open\"}"))
    );
    assert_eq!(told[0].actor, "ann");
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

/// There is no row when they begin.
async fn no_change_of_eight_writers_is_lost(home: Home) {
    const WRITERS: usize = 8;
    const CHANGES: usize = 25;
    let answers = crate::concurrent::at_once(WRITERS, |writer| {
        let database = (*home).clone();
        async move {
            let store = database.open().await;
            let mut answers = Vec::new();
            for change in 0..CHANGES {
                answers.push(count(&store, "me/l", (writer + change) % 3 == 0).await.unwrap());
            }
            store.close().await;
            answers
        }
    })
    .await;
    let all: BTreeSet<u32> = answers.iter().flatten().copied().collect();
    assert_eq!(all, (1..=200).collect(), "each was the answer to one");
    assert!(answers.iter().all(|answers| answers.is_sorted()));
    let row = home.store.breakers().await.unwrap().remove(0);
    assert_eq!((row.openings, row.faults), (200, (1..=200).collect()));
    let filter = AuditFilter { action: Some("breaker".to_owned()), ..AuditFilter::default() };
    let told = home.store.audit(&filter, None, 1000).await.unwrap();
    let expected = (0..WRITERS).flat_map(|writer| (0..CHANGES).map(move |change| writer + change));
    assert_eq!(told.len(), expected.filter(|sum| sum % 3 == 0).count());
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn a_change_whose_audit_row_is_refused_changes_nothing(home: Home) {
    count(&home.store, "me/l", true).await.unwrap();
    let before = home.content(|_| true).await;
    let folder = home.folder.join("other");
    std::fs::create_dir(&folder).unwrap();
    let other = Store::open(&home.url, &access(KeySource::in_home(&folder))).await.unwrap();
    let error = count(&other, "me/l", true).await.unwrap_err();
    assert!(matches!(error, StoreError::OtherKey { .. }), "{error:?}");
    assert_eq!(home.content(|_| true).await, before);
}

/// The row and what the log tells of it are there together or not at all, wherever the change stops.
async fn a_change_that_is_cancelled_is_made_or_not(home: Home) {
    for steps in 1..14 {
        let mut work = Box::pin(count(&home.store, "me/l", true));
        for _ in 0..steps {
            if crate::promises::futures_poll(&mut work).await {
                break;
            }
        }
        drop(work);
        // in one statement: what was cancelled late may still be done a moment later
        let both = "SELECT coalesce((SELECT openings FROM breakers), 0) - (SELECT count(*) FROM audit WHERE action = \
             'breaker.opened')";
        assert_eq!(home.number(both).await, 0, "after {steps} steps");
    }
    let counted = count(&home.store, "me/l", true).await.unwrap();
    assert_eq!(home.store.breakers().await.unwrap()[0].openings, counted);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn what_cannot_be_kept_is_refused_by_name(home: Home) {
    let with = |spoil: fn(&mut BreakerRow)| {
        move |mut row: BreakerRow| {
            spoil(&mut row);
            BreakerChange { row, note: None, answer: () }
        }
    };
    let refused =
        async |spoil| home.store.change_breaker("me/l", "d1", with(spoil)).await.unwrap_err().to_string();
    let start = "cannot change the breaker of me/l: ";
    let nul = format!("{start}a text of the breaker contains a NUL");
    assert!(refused(|row| row.last_fault = Some("\0".to_owned())).await.starts_with(&nul));
    assert!(refused(|row| row.reason = Some("\0".to_owned())).await.starts_with(&nul));
    assert!(refused(|row| row.probe = Some("\0".to_owned())).await.starts_with(&nul));
    let other = refused(|row| row.digest = "d2".to_owned()).await;
    assert!(other.starts_with(&format!("{start}the changed row is of me/l d2;")), "{other}");
    let same = with(|_| ());
    assert!(home.store.change_breaker("", "d1", same).await.is_err());
    assert!(home.store.change_breaker("me/l", "\0", same).await.is_err());
    let spoilt =
        |row| BreakerChange { row, note: Some(note(AuditAction::BreakerReset, "{}", "\0")), answer: () };
    assert!(home.store.change_breaker("me/l", "d1", spoilt).await.is_err());
    assert_eq!(home.store.breakers().await.unwrap(), []);
}

async fn breakers_are_listed_by_layer_and_digest_in_the_order_of_bytes(home: Home) {
    let wanted = [("a-b", "1"), ("a.c", "1"), ("a_a", "1"), ("a_a", "2"), ("ab", "1")];
    for (layer, digest) in wanted.iter().rev() {
        let change = |mut row: BreakerRow| {
            row.openings = 1;
            BreakerChange { row, note: None, answer: () }
        };
        home.store.change_breaker(layer, digest, change).await.unwrap();
    }
    let rows = home.store.breakers().await.unwrap();
    let listed: Vec<(&str, &str)> =
        rows.iter().map(|row| (row.layer.as_str(), row.digest.as_str())).collect();
    assert_eq!(listed, wanted);
}

//! Several processes at once: separate stores share nothing but the database.

use std::collections::BTreeSet;

use sluice_store::{AuditFilter, Base, Changed, LayerRunStatus, ScanStatus, Store, StoreError};

use crate::case::Case;
use crate::home::{Database, Home, register_layers};
use crate::records::{change, entry, instrument, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    eight_writers_that_start_at_once_all_succeed,
    audit_rows_of_eight_writers_have_numbers_without_gaps,
    every_accepted_change_of_eight_writers_is_in_the_history_once,
    a_file_that_eight_notice_at_once_is_told_once,
    scans_that_know_different_instruments_do_not_disturb_each_other,
    many_questions_at_once_through_one_store_are_all_answered,
    a_check_beside_writers_never_takes_a_new_row_for_a_missing_one,
];

const WRITERS: usize = 8;

/// Starts tasks side by side and waits for all.
pub async fn at_once<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    count: usize,
    task: impl Fn(usize) -> F,
) -> Vec<T> {
    let tasks: Vec<_> = (0..count).map(|index| tokio::spawn(task(index))).collect();
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

/// The database is not even made yet.
async fn eight_writers_that_start_at_once_all_succeed(home: Home) {
    const SCANS: usize = 5;
    let shared = home.fresh("shared").await;
    let written = at_once(WRITERS, |writer| write_scans(shared.clone(), writer, SCANS)).await;
    for result in written {
        result.unwrap();
    }
    let store = shared.open().await;
    let scans = store.scans(None, 100).await.unwrap();
    assert_eq!(scans.len(), WRITERS * SCANS);
    for scan in &scans {
        assert_eq!(scan.status, ScanStatus::Partial);
        assert_eq!(store.results(&scan.id).await.unwrap().len(), 2);
    }
    let status = store.status().await.unwrap();
    assert_eq!((status.instruments, status.alerts), (3, (WRITERS * SCANS * 2) as u64));
    let verdict = store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.rows), (None, 1 + (WRITERS * SCANS) as u64));
}

async fn write_scans(database: Database, writer: usize, scans: usize) -> Result<(), StoreError> {
    let store = Store::open(&database.url, &database.access).await?;
    let mut record = scan_record();
    for run in &mut record.layer_runs {
        run.status = LayerRunStatus::Ok;
        run.fault = None;
        store.register_layer(&crate::records::bundled(run)).await?;
    }
    for scan in 0..scans {
        record.instruments[0].name = format!("{writer}-{scan}");
        let id = store.begin_scan(&new_scan(&format!("p{writer}"))).await?;
        store.finish_scan(&id, &record).await?;
    }
    store.close().await;
    Ok(())
}

/// Each writer has a store of its own.
pub async fn records_at_once(database: &Database, writers: usize, rows: usize) {
    at_once(writers, |writer| {
        let database = database.clone();
        async move {
            let store = database.open().await;
            for row in 0..rows {
                store.record(&entry(&format!("{writer}-{row}"))).await.unwrap();
            }
            store.close().await;
        }
    })
    .await;
}

async fn audit_rows_of_eight_writers_have_numbers_without_gaps(home: Home) {
    const ROWS: usize = 20;
    records_at_once(&home, WRITERS, ROWS).await;
    let all = AuditFilter { oldest_first: true, ..AuditFilter::default() };
    let rows = home.store.audit(&all, None, 1000).await.unwrap();
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=1 + (WRITERS * ROWS) as i64).collect::<Vec<i64>>());
    let subjects: BTreeSet<&str> = rows.iter().skip(1).map(|row| row.subject.as_str()).collect();
    assert_eq!(subjects.len(), WRITERS * ROWS);
    let verdict = home.store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.newest, verdict.known_newest), (None, Some(161), Some(161)));
}

async fn every_accepted_change_of_eight_writers_is_in_the_history_once(home: Home) {
    const CHANGES: usize = 20;
    let accepted = at_once(WRITERS, |writer| {
        let database = (*home).clone();
        async move {
            let store = database.open().await;
            let (mut accepted, mut refused) = (Vec::new(), 0);
            for step in 0..CHANGES {
                let seen = store.settings().await.unwrap().revision;
                // half of them about a name that all want to set
                let name = if step % 2 == 0 { "shared".to_owned() } else { format!("own-{writer}") };
                let value = format!("\"{writer}-{step}\"");
                let wanted = change(Base::Seen(seen), "stage:p/s", &name, Some(&value));
                match store.change_settings(&wanted).await {
                    Ok(Changed::Revision(revision)) => accepted.push((revision, name, value)),
                    Ok(Changed::Nothing) => panic!("{value} is new"),
                    Err(StoreError::StaleSettings { base, newest }) => {
                        assert!(newest.revision > base && name == "shared");
                        refused += 1;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            store.close().await;
            (accepted, refused)
        }
    })
    .await;
    let refused: usize = accepted.iter().map(|(_, refused)| refused).sum();
    let mut accepted: Vec<_> = accepted.into_iter().flat_map(|(accepted, _)| accepted).collect();
    accepted.sort();
    assert_eq!(accepted.len() + refused, WRITERS * CHANGES);
    let mut history: Vec<_> = home.store.settings_history(&[], None, 1000).await.unwrap();
    history.reverse();
    let stored: Vec<_> = history
        .iter()
        .map(|row| (row.revision, row.changes[0].key.name.clone(), row.changes[0].new_json.clone().unwrap()))
        .collect();
    assert_eq!(stored, accepted);
    let revisions: Vec<i64> = history.iter().map(|row| row.revision).collect();
    assert_eq!(revisions, (1..=accepted.len() as i64).collect::<Vec<i64>>());
    let told = AuditFilter { action: Some("settings.changed".to_owned()), ..AuditFilter::default() };
    assert_eq!(home.store.audit(&told, None, 1000).await.unwrap().len(), accepted.len());
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn a_file_that_eight_notice_at_once_is_told_once(home: Home) {
    for digest in ["d1", "d2", "d3", "d4"] {
        let changed = at_once(WRITERS, |_| {
            let database = (*home).clone();
            async move {
                let store = database.open().await;
                let changed = store.notice_file("/etc/sluice.toml", digest).await.unwrap();
                store.close().await;
                changed
            }
        })
        .await;
        assert_eq!(changed.iter().filter(|changed| **changed).count(), 1, "{digest}");
    }
    let told = AuditFilter { action: Some("file".to_owned()), ..AuditFilter::default() };
    assert_eq!(home.store.audit(&told, None, 100).await.unwrap().len(), 4);
}

/// Every writer knows another name of the instrument that is its own, and older names of the others.
async fn scans_that_know_different_instruments_do_not_disturb_each_other(home: Home) {
    let names: Vec<String> = (0..WRITERS).map(|writer| format!("i-{writer}")).collect();
    let written = at_once(WRITERS, |writer| {
        let (database, names) = ((*home).clone(), names.clone());
        async move {
            let store = database.open().await;
            register_layers(&store).await;
            for round in 0..6 {
                let mut record = scan_record();
                record.instruments = names.iter().map(|ident| instrument(ident, "S")).collect();
                record.instruments[writer].name = format!("{round}");
                let scan = store.begin_scan(&new_scan("default")).await?;
                store.finish_scan(&scan, &record).await?;
            }
            store.close().await;
            Ok::<(), StoreError>(())
        }
    })
    .await;
    for result in written {
        result.unwrap();
    }
    assert_eq!(home.store.status().await.unwrap().scans, (WRITERS * 6) as u64);
}

async fn many_questions_at_once_through_one_store_are_all_answered(home: Home) {
    home.scanned(&scan_record()).await;
    at_once(24, |index| {
        let store = home.store.clone();
        async move {
            match index % 4 {
                0 => assert_eq!(store.database_status().await.unwrap().integrity, Ok(())),
                1 => assert_eq!(store.status().await.unwrap().scans, 1),
                2 => assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None),
                _ => assert_eq!(store.settings().await.unwrap().revision, 0),
            }
        }
    })
    .await;
}

async fn a_check_beside_writers_never_takes_a_new_row_for_a_missing_one(home: Home) {
    let database = (*home).clone();
    let writing = tokio::spawn(async move { records_at_once(&database, 4, 40).await });
    let mut checks = 0;
    while !writing.is_finished() {
        let verdict = home.store.verify_audit(|_| ()).await.unwrap();
        assert_eq!(verdict.fault, None, "check {checks}");
        checks += 1;
    }
    writing.await.unwrap();
    assert!(checks > 0);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().rows, 161);
}

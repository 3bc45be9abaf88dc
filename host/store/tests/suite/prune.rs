//! Removing what is old leaves whole scans and an audit log that says what is gone.

use sluice_store::{
    AuditAction, AuditFilter, Base, BreakerChange, BreakerRow, BreakerState, PruneSummary, ScanStatus,
    StoreError,
};

use crate::audit::rows;
use crate::breakers::note;
use crate::case::Case;
use crate::home::{Backend, Home};
use crate::records::{change, entry, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    only_whole_old_scans_go_and_nothing_is_left_dangling,
    a_dry_run_tells_the_same_and_removes_nothing,
    the_log_keeps_a_checkpoint_twice_in_a_row,
    the_log_stays_whole_when_asked,
    nothing_goes_that_the_log_cannot_tell_of,
    nothing_to_remove_is_not_told,
    only_breakers_that_were_closed_for_long_go,
    space_is_given_back_by_a_vacuum,
];

/// Scans that began at 1,000, 2,000 …; the third was interrupted, the last runs.
async fn scans(home: &Home, count: i64) {
    for index in 1..=count {
        let mut begun = new_scan("default");
        begun.started_at = index * 1000;
        let scan = home.store.begin_scan(&begun).await.unwrap();
        match index {
            3 => home.store.interrupt_scan(&scan, "Ctrl-C").await.unwrap(),
            _ if index == count => {}
            _ => home.store.finish_scan(&scan, &scan_record()).await.unwrap(),
        }
    }
}

async fn started(home: &Home) -> Vec<i64> {
    home.store.scans(None, 1000).await.unwrap().iter().map(|scan| scan.started_at / 1000).collect()
}

async fn dangling(home: &Home) -> usize {
    match home.backend {
        Backend::Sqlite => home.rows("PRAGMA foreign_key_check").await.len(),
        Backend::Postgres => 0,
    }
}

async fn only_whole_old_scans_go_and_nothing_is_left_dangling(home: Home) {
    scans(&home, 22).await;
    let pruned = home.store.prune(20_000, true, false).await.unwrap();
    assert_eq!(
        pruned,
        PruneSummary {
            scans: 19,
            verdicts: 18 * 6,
            alerts: 18 * 2,
            breakers: 0,
            audit_rows: 0,
            checkpoint: None
        }
    );
    assert_eq!(started(&home).await, [22, 21, 20]);
    assert_eq!(dangling(&home).await, 0);
    for (table, count) in
        [("layer_runs", 4), ("verdicts", 12), ("results", 4), ("alerts", 4), ("instruments", 3)]
    {
        assert_eq!(home.number(&format!("SELECT count(*) FROM {table}")).await, count, "{table}");
    }
    assert_eq!(home.store.database_status().await.unwrap().integrity, Ok(()));
    // a scan that runs stays, however old
    home.store.prune(i64::MAX, true, false).await.unwrap();
    let left = home.store.scans(None, 10).await.unwrap();
    assert_eq!((left.len(), left[0].status), (1, ScanStatus::Running));
    home.store.finish_scan(&left[0].id, &scan_record()).await.unwrap();
    assert_eq!(home.store.results(&left[0].id).await.unwrap().len(), 2);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn a_dry_run_tells_the_same_and_removes_nothing(home: Home) {
    scans(&home, 6).await;
    home.store.change_settings(&change(Base::Seen(0), "stage:p/s", "x", Some("1"))).await.unwrap();
    let before = home.content(|_| true).await;
    let told = home.store.prune(5_000, false, true).await.unwrap();
    let told_all = home.store.prune(i64::MAX, false, true).await.unwrap();
    assert_eq!(home.content(|_| true).await, before);
    assert_eq!(
        (told.scans, told.verdicts, told.alerts, told.audit_rows, told.checkpoint),
        (4, 18, 6, 0, None)
    );
    assert_eq!((told_all.scans, told_all.audit_rows, told_all.checkpoint), (5, 7, Some(7)));
    assert_eq!(home.store.prune(i64::MAX, false, false).await.unwrap(), told_all);
    assert_eq!(home.store.settings().await.unwrap().revision, 1, "settings stay");
    assert_eq!(home.store.settings_history(&[], None, 9).await.unwrap().len(), 1);
}

async fn the_log_keeps_a_checkpoint_twice_in_a_row(home: Home) {
    for round in 0..3 {
        for step in 0..3 {
            home.store.record(&entry(&format!("{round}-{step}"))).await.unwrap();
        }
        let newest = rows(&home.store).await.last().unwrap().number;
        let pruned = home.store.prune(i64::MAX, false, false).await.unwrap();
        assert_eq!(pruned.checkpoint, Some(newest));
        let verdict = home.store.verify_audit(|_| ()).await.unwrap();
        assert_eq!(verdict.fault, None);
        assert_eq!(
            (verdict.first, verdict.newest, verdict.checkpoint),
            (Some(newest + 1), Some(newest + 1), Some(newest))
        );
    }
    // by time: what happened at or after the instant stays
    for step in 0..3 {
        home.store.record(&entry(&step.to_string())).await.unwrap();
    }
    let all = rows(&home.store).await;
    let pruned = home.store.prune(all[2].at, false, false).await.unwrap();
    let left = rows(&home.store).await;
    assert!(left.iter().filter(|row| row.action != "database.pruned").all(|row| row.at >= all[2].at));
    assert_eq!(pruned.audit_rows, (all.len() + usize::from(pruned.audit_rows > 0) - left.len()) as u64);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn the_log_stays_whole_when_asked(home: Home) {
    scans(&home, 4).await;
    let before = rows(&home.store).await;
    let pruned = home.store.prune(i64::MAX, true, false).await.unwrap();
    assert_eq!((pruned.scans, pruned.audit_rows, pruned.checkpoint), (3, 0, None));
    let after = rows(&home.store).await;
    assert_eq!(after[..before.len()], before);
    assert_eq!(after.len(), before.len() + 1);
    let told = after.last().unwrap();
    assert_eq!(told.action, "database.pruned");
    assert!(told.after_json.as_deref().unwrap().contains("\"scans\":3"), "{told:?}");
    let verdict = home.store.verify_audit(|_| ()).await.unwrap();
    assert_eq!((verdict.fault, verdict.checkpoint), (None, None));
}

async fn nothing_goes_that_the_log_cannot_tell_of(home: Home) {
    scans(&home, 4).await;
    home.run("DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)").await.unwrap();
    let refused = home.store.prune(i64::MAX, true, false).await.unwrap_err();
    assert!(matches!(refused, StoreError::AuditCut { .. }), "{refused}");
    assert_eq!(started(&home).await, [4, 3, 2, 1]);
}

async fn nothing_to_remove_is_not_told(home: Home) {
    scans(&home, 4).await;
    assert_eq!(home.store.prune(0, false, false).await.unwrap(), PruneSummary::default());
    assert_eq!(home.store.prune(i64::MIN, false, false).await.unwrap(), PruneSummary::default());
    let told = AuditFilter { action: Some("database.pruned".to_owned()), ..AuditFilter::default() };
    assert_eq!(home.store.audit(&told, None, 9).await.unwrap(), []);
    assert_eq!(started(&home).await, [4, 3, 2, 1]);
}

async fn only_breakers_that_were_closed_for_long_go(home: Home) {
    let set = async |layer: &str, state, changed_at, last_fault_at| {
        let change = |row| BreakerChange {
            row: BreakerRow { state, changed_at, last_fault_at, openings: 1, ..row },
            note: Some(note(AuditAction::BreakerClosed, "{}", "{}")),
            answer: (),
        };
        home.store.change_breaker(layer, "d1", change).await.unwrap();
    };
    set("a/old", BreakerState::Closed, 1_000, Some(999)).await;
    set("b/old", BreakerState::Closed, 1_000, None).await;
    set("c/changed", BreakerState::Closed, 2_000, None).await;
    set("d/faulted", BreakerState::Closed, 1_000, Some(2_000)).await;
    set("e/open", BreakerState::Open, 1_000, Some(999)).await;
    set("f/probed", BreakerState::HalfOpen, 1_000, Some(999)).await;
    set("g/quarantined", BreakerState::Quarantined, 1_000, Some(999)).await;
    let told = home.store.prune(2_000, true, true).await.unwrap();
    assert_eq!(told, PruneSummary { breakers: 2, ..PruneSummary::default() });
    assert_eq!(home.store.breakers().await.unwrap().len(), 7);
    assert_eq!(home.store.prune(2_000, true, false).await.unwrap(), told);
    let left: Vec<String> = home.store.breakers().await.unwrap().into_iter().map(|row| row.layer).collect();
    assert_eq!(left, ["c/changed", "d/faulted", "e/open", "f/probed", "g/quarantined"]);
    let row = rows(&home.store).await.pop().unwrap();
    assert!(row.after_json.unwrap().contains("\"breakers\":2"));
    assert_eq!(home.store.prune(2_000, true, false).await.unwrap(), PruneSummary::default());
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn space_is_given_back_by_a_vacuum(home: Home) {
    let mut record = scan_record();
    record.stages_json = "x".repeat(400_000);
    for _ in 0..6 {
        home.scanned(&record).await;
    }
    home.store.prune(i64::MAX, true, false).await.unwrap();
    let done = home.store.vacuum().await.unwrap();
    if home.backend == Backend::Sqlite {
        assert!(done.after_bytes < done.before_bytes - 1_000_000, "{done:?}");
        // a server goes on writing what it knows of its tables
        let size = home.store.database_status().await.unwrap().size_bytes;
        // the row of the log that tells of it comes after
        assert!((done.after_bytes..done.after_bytes + 100_000).contains(&size), "{done:?} {size}");
    }
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

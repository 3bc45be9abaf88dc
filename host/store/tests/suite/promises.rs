//! What the store promises when things go wrong: whole scans or none, no lost write.

use sluice_store::{ScanId, ScanStatus, StoreError};

use crate::case::Case;
use crate::home::{Backend, Cell, Home};
use crate::records::{new_layer, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    a_row_that_fails_in_the_middle_leaves_nothing_but_the_running_scan,
    a_write_that_is_cancelled_leaves_nothing_and_the_store_goes_on,
    a_layer_that_nobody_registered_is_refused_by_name,
    a_scan_ends_once,
    scans_of_dead_processes_become_interrupted_when_the_store_is_opened,
    a_verdict_that_refers_to_nothing_is_found_by_the_integrity_check,
    the_database_itself_refuses_dangling_references_and_unknown_words,
];

/// Lets the second alert of a scan fail.
const FAILING_FILE: &str = "CREATE TRIGGER second_alert BEFORE INSERT ON alerts WHEN (SELECT count(*) FROM alerts) = 1 \
     BEGIN SELECT RAISE(ABORT, 'the second alert fails'); END";
const FAILING_SERVER: &str = "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
     IF (SELECT count(*) FROM alerts) = 1 THEN \
     RAISE EXCEPTION 'the second alert fails' USING ERRCODE = 'check_violation'; END IF; RETURN NEW; END $$; \
     CREATE TRIGGER second_alert BEFORE INSERT ON alerts FOR EACH ROW EXECUTE FUNCTION fail()";

/// Rows that only a finished scan leaves.
async fn rows_of_scans(home: &Home) -> i64 {
    home.number(
        "SELECT (SELECT count(*) FROM layer_runs) + (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM results) \
         + (SELECT count(*) FROM alerts) + (SELECT count(*) FROM instruments)",
    )
    .await
}

async fn a_row_that_fails_in_the_middle_leaves_nothing_but_the_running_scan(home: Home) {
    home.run(match home.backend {
        Backend::Sqlite => FAILING_FILE,
        Backend::Postgres => FAILING_SERVER,
    })
    .await
    .unwrap();
    let id = home.store.begin_scan(&new_scan("default")).await.unwrap();
    let error = home.store.finish_scan(&id, &scan_record()).await.unwrap_err().to_string();
    let expected = format!(
        "cannot store scan {id} in {}: the database refused a row (the second alert fails)",
        home.url
    );
    assert!(error.starts_with(&expected), "{error}");
    assert_eq!(rows_of_scans(&home).await, 0);
    assert_eq!(home.store.scan(&id).await.unwrap().status, ScanStatus::Running);

    home.run(match home.backend {
        Backend::Sqlite => "DROP TRIGGER second_alert",
        Backend::Postgres => "DROP TRIGGER second_alert ON alerts",
    })
    .await
    .unwrap();
    home.store.finish_scan(&id, &scan_record()).await.unwrap();
    assert_eq!(rows_of_scans(&home).await, 2 + 6 + 2 + 2 + 3);
}

async fn a_write_that_is_cancelled_leaves_nothing_and_the_store_goes_on(home: Home) {
    // in one statement: what was cancelled late may still be done a moment later
    const STATE: &str = "SELECT (SELECT count(*) FROM scans WHERE status = 'running'), (SELECT count(*) FROM layer_runs), \
         (SELECT count(*) FROM verdicts), (SELECT count(*) FROM instruments)";
    let all_or_nothing = async || {
        let state = home.rows(STATE).await.remove(0);
        let nothing = [1, 0, 0, 0].map(Cell::Integer);
        assert!(state == nothing || state == [0, 2, 6, 3].map(Cell::Integer), "{state:?}");
        state == nothing
    };
    let id = home.store.begin_scan(&new_scan("default")).await.unwrap();
    let record = scan_record();
    for steps in 1..12 {
        let mut work = Box::pin(home.store.finish_scan(&id, &record));
        for _ in 0..steps {
            // on a busy machine it may be done before it is cancelled
            if futures_poll(&mut work).await {
                break;
            }
        }
        drop(work);
        if !all_or_nothing().await {
            break;
        }
    }
    match home.store.finish_scan(&id, &record).await {
        Ok(()) | Err(StoreError::NotRunning { .. }) => assert!(!all_or_nothing().await),
        Err(error) => panic!("{error}"),
    }
    assert_eq!(rows_of_scans(&home).await, 2 + 6 + 2 + 2 + 3);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

/// Polls a future once, then lets others run.
pub async fn futures_poll<F: Future + Unpin>(work: &mut F) -> bool {
    let ready = std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *work).poll(context).is_ready())
    })
    .await;
    tokio::task::yield_now().await;
    ready
}

async fn a_layer_that_nobody_registered_is_refused_by_name(home: Home) {
    let id = home.store.begin_scan(&new_scan("default")).await.unwrap();
    let mut record = scan_record();
    record.layer_runs[1].digest = "d9".to_owned();
    let error = home.store.finish_scan(&id, &record).await.unwrap_err();
    let expected = format!(
        "cannot store scan {id}: layer sluice/volume@0.1.0 (d9) is not in {}; install or register it first",
        home.url
    );
    assert_eq!(error.to_string(), expected);
    assert_eq!(rows_of_scans(&home).await, 0);
}

async fn a_scan_ends_once(home: Home) {
    let id = home.scanned(&scan_record()).await;
    let again = home.store.finish_scan(&id, &scan_record()).await.unwrap_err();
    assert_eq!(
        again.to_string(),
        format!("scan {id} is partial, not running; nothing was written, scan again")
    );
    assert!(matches!(home.store.interrupt_scan(&id, "late").await, Err(StoreError::NotRunning { .. })));

    let id = home.store.begin_scan(&new_scan("default")).await.unwrap();
    home.store.interrupt_scan(&id, "Ctrl-C").await.unwrap();
    let scan = home.store.scan(&id).await.unwrap();
    assert_eq!((scan.status, scan.interruption.as_deref()), (ScanStatus::Interrupted, Some("Ctrl-C")));
    assert!(scan.finished_at.is_some());
    assert!(home.store.finish_scan(&id, &scan_record()).await.is_err());

    let nobody: ScanId = "0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b21".parse().unwrap();
    for error in [
        home.store.scan(&nobody).await.unwrap_err(),
        home.store.interrupt_scan(&nobody, "").await.unwrap_err(),
        home.store.finish_scan(&nobody, &scan_record()).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::UnknownScan { .. }), "{error:?}");
    }
}

async fn scans_of_dead_processes_become_interrupted_when_the_store_is_opened(home: Home) {
    let begin = async || home.store.begin_scan(&new_scan("default")).await.unwrap();
    let (mine, dead, elsewhere, forgotten) = (begin().await, begin().await, begin().await, begin().await);
    if home.number("SELECT count(*) FROM scans WHERE process = ''").await > 0 {
        eprintln!("skipped: this system has no /proc");
        return;
    }
    // the same number, but of a process that started when the machine did
    let position = if home.backend == Backend::Sqlite { "instr" } else { "strpos" };
    home.run(&format!(
        "UPDATE scans SET process = substr(process, 1, {position}(process, ']')) || ' 1' WHERE number = 2"
    ))
    .await
    .unwrap();
    home.run("UPDATE scans SET host = 'elsewhere', started_at = 9000000000000 WHERE number = 3")
        .await
        .unwrap();
    home.run("UPDATE scans SET host = 'elsewhere', started_at = 0 WHERE number = 4").await.unwrap();
    let again = home.open().await;
    let status = async |scan: ScanId| again.scan(&scan).await.unwrap().status;
    assert_eq!(status(mine).await, ScanStatus::Running);
    assert_eq!(status(dead).await, ScanStatus::Interrupted);
    assert_eq!(status(elsewhere).await, ScanStatus::Running);
    assert_eq!(status(forgotten).await, ScanStatus::Interrupted);
    let scan = again.scan(&dead).await.unwrap();
    assert_eq!(scan.interruption.as_deref(), Some("its process ended before the scan did"));
    assert_eq!(again.mark_abandoned().await.unwrap(), 0);
}

async fn a_verdict_that_refers_to_nothing_is_found_by_the_integrity_check(home: Home) {
    home.scanned(&scan_record()).await;
    assert_eq!(home.store.database_status().await.unwrap().integrity, Ok(()));
    home.run("INSERT INTO verdicts VALUES (99, 1, 0, 1.0, 1.0, '', '[]')").await.unwrap();
    home.run("INSERT INTO verdicts SELECT id, 98, 0, 1.0, 1.0, '', '[]' FROM layer_runs").await.unwrap();
    let found = home.store.database_status().await.unwrap().integrity.unwrap_err();
    assert_eq!(
        found,
        "1 verdicts refer to layer runs that are not there; 2 verdicts refer to instruments that are not there"
    );
}

async fn the_database_itself_refuses_dangling_references_and_unknown_words(home: Home) {
    let (foreign_key, check) = match home.backend {
        Backend::Sqlite => ("FOREIGN KEY constraint failed", "CHECK constraint failed"),
        Backend::Postgres => ("violates foreign key constraint", "violates check constraint"),
    };
    home.scanned(&scan_record()).await;
    home.store.install_layer(&new_layer("me/first", "1.0.0", "aa", b"one")).await.unwrap();
    for sql in [
        "DELETE FROM instruments",
        "DELETE FROM layers WHERE digest = 'd2'",
        "DELETE FROM scans",
        "UPDATE alerts SET scan = 99",
        "UPDATE results SET instrument = 99",
        "UPDATE layer_runs SET layer = 99",
        "INSERT INTO layer_components SELECT 99, bytes FROM layer_components",
    ] {
        let error = home.run(sql).await.unwrap_err().to_string();
        assert!(error.contains(foreign_key), "{sql}: {error}");
    }
    for sql in [
        "UPDATE scans SET status = 'done'",
        "UPDATE scans SET status = 'running'",
        "UPDATE layer_runs SET status = 'fine'",
        "UPDATE layer_runs SET fault = NULL",
        "UPDATE verdicts SET outcome = 4",
        "UPDATE verdicts SET score = 100.1",
        "UPDATE alerts SET confidence = 1.1",
        "UPDATE alerts SET severity = 'loud'",
        "UPDATE alerts SET side = 'both'",
        "UPDATE results SET rank = 0 WHERE rank = 1",
        "UPDATE results SET outcome = 4",
    ] {
        let error = home.run(sql).await.unwrap_err().to_string();
        assert!(error.contains(check), "{sql}: {error}");
    }
    assert!(home.run("UPDATE verdicts SET score = 'high'").await.is_err());
}

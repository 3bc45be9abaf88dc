//! What the store promises when things go wrong: whole scans or none, no lost write, no foreign file touched.

mod support;

use sluice_store::{DatabaseUrl, LayerRunStatus, ScanId, ScanStatus, Store, StoreError};
use support::{Home, home, new_scan, scan_record};

/// Rows that only a finished scan leaves.
async fn rows_of_scans(home: &Home) -> i64 {
    home.number(
        "SELECT (SELECT count(*) FROM layer_runs) + (SELECT count(*) FROM verdicts) + (SELECT count(*) FROM results) \
         + (SELECT count(*) FROM alerts) + (SELECT count(*) FROM instruments)",
    )
    .await
}

#[tokio::test]
async fn a_row_that_fails_in_the_middle_leaves_nothing_but_the_running_scan() {
    let home = home().await;
    home.run(
        "CREATE TRIGGER second_alert BEFORE INSERT ON alerts WHEN (SELECT count(*) FROM alerts) = 1 \
         BEGIN SELECT RAISE(ABORT, 'the second alert fails'); END",
    )
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

    home.run("DROP TRIGGER second_alert").await.unwrap();
    home.store.finish_scan(&id, &scan_record()).await.unwrap();
    assert_eq!(rows_of_scans(&home).await, 2 + 6 + 2 + 2 + 3);
}

#[tokio::test]
async fn a_write_that_is_cancelled_leaves_nothing_and_the_store_goes_on() {
    let home = home().await;
    let id = home.store.begin_scan(&new_scan("default")).await.unwrap();
    let record = scan_record();
    for steps in 1..12 {
        let mut work = Box::pin(home.store.finish_scan(&id, &record));
        for _ in 0..steps {
            let _ = futures_poll(&mut work).await;
        }
        drop(work);
        if home.store.scan(&id).await.unwrap().status != ScanStatus::Running {
            assert_eq!(rows_of_scans(&home).await, 2 + 6 + 2 + 2 + 3);
            return;
        }
        assert_eq!(rows_of_scans(&home).await, 0);
    }
    home.store.finish_scan(&id, &record).await.unwrap();
    assert_eq!(rows_of_scans(&home).await, 2 + 6 + 2 + 2 + 3);
}

/// Polls a future once, then lets others run.
async fn futures_poll<F: Future + Unpin>(work: &mut F) -> bool {
    let ready = std::future::poll_fn(|context| {
        std::task::Poll::Ready(std::pin::Pin::new(&mut *work).poll(context).is_ready())
    })
    .await;
    tokio::task::yield_now().await;
    ready
}

#[tokio::test]
async fn a_layer_that_nobody_registered_is_refused_by_name() {
    let home = home().await;
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

#[tokio::test]
async fn a_scan_ends_once() {
    let home = home().await;
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

#[tokio::test]
async fn scans_of_dead_processes_become_interrupted_when_the_store_is_opened() {
    let home = home().await;
    let begin = async || home.store.begin_scan(&new_scan("default")).await.unwrap();
    let (mine, dead, elsewhere, forgotten) = (begin().await, begin().await, begin().await, begin().await);
    if home.number("SELECT count(*) FROM scans WHERE process = ''").await > 0 {
        eprintln!("skipped: this system has no /proc");
        return;
    }
    // the same number, but of a process that started when the machine did
    home.run("UPDATE scans SET process = substr(process, 1, instr(process, ']')) || ' 1' WHERE number = 2")
        .await
        .unwrap();
    home.run("UPDATE scans SET host = 'elsewhere', started_at = 9000000000000 WHERE number = 3")
        .await
        .unwrap();
    home.run("UPDATE scans SET host = 'elsewhere', started_at = 0 WHERE number = 4").await.unwrap();
    let again = Store::open(&home.url).await.unwrap();
    let status = async |scan: ScanId| again.scan(&scan).await.unwrap().status;
    assert_eq!(status(mine).await, ScanStatus::Running);
    assert_eq!(status(dead).await, ScanStatus::Interrupted);
    assert_eq!(status(elsewhere).await, ScanStatus::Running);
    assert_eq!(status(forgotten).await, ScanStatus::Interrupted);
    let scan = again.scan(&dead).await.unwrap();
    assert_eq!(scan.interruption.as_deref(), Some("its process ended before the scan did"));
    assert_eq!(again.mark_abandoned().await.unwrap(), 0);
}

#[tokio::test]
async fn the_database_itself_refuses_dangling_references_and_unknown_words() {
    let home = home().await;
    home.scanned(&scan_record()).await;
    for sql in [
        "INSERT INTO verdicts VALUES (99, 1, 0, 1.0, 1.0, '', '[]')",
        "INSERT INTO verdicts SELECT id, 99, 0, 1.0, 1.0, '', '[]' FROM layer_runs",
        "DELETE FROM instruments",
        "DELETE FROM layers WHERE digest = 'd2'",
        "DELETE FROM scans",
        "UPDATE alerts SET scan = 99",
        "UPDATE results SET instrument = 99",
        "UPDATE layer_runs SET layer = 99",
        "INSERT INTO layer_components VALUES (99, x'00')",
    ] {
        let error = home.run(sql).await.unwrap_err().to_string();
        assert!(error.contains("FOREIGN KEY constraint failed"), "{sql}: {error}");
    }
    for sql in [
        "UPDATE scans SET status = 'done'",
        "UPDATE scans SET status = 'running'",
        "UPDATE layer_runs SET status = 'fine'",
        "UPDATE layer_runs SET fault = NULL",
        "UPDATE verdicts SET outcome = 3",
        "UPDATE verdicts SET score = 100.1",
        "UPDATE alerts SET confidence = 1.1",
        "UPDATE alerts SET severity = 'loud'",
        "UPDATE alerts SET side = 'both'",
        "UPDATE results SET rank = 0 WHERE rank = 1",
    ] {
        let error = home.run(sql).await.unwrap_err().to_string();
        assert!(error.contains("CHECK constraint failed"), "{sql}: {error}");
    }
    assert!(home.run("UPDATE verdicts SET score = 'high'").await.is_err());
}

#[tokio::test]
async fn a_newer_schema_and_the_file_of_another_program_are_refused_and_left_alone() {
    let newer = home().await;
    newer.run("PRAGMA user_version = 7").await.unwrap();
    let error = Store::open(&newer.url).await.unwrap_err();
    let expected = format!(
        "{} has schema 7, this program knows up to 1; use the newer program, or another --db",
        newer.url
    );
    assert_eq!(error.to_string(), expected);

    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::in_home(folder.path());
    std::fs::write(
        url.path(),
        "no database, but long enough to have a header of one hundred bytes or more".repeat(9),
    )
    .unwrap();
    let before = std::fs::read(url.path()).unwrap();
    let error = Store::open(&url).await.unwrap_err().to_string();
    assert_eq!(
        error,
        format!("cannot open the store in {url}: the file is no SQLite database; use another --db")
    );
    assert_eq!(std::fs::read(url.path()).unwrap(), before);

    let other = home().await;
    other.run("PRAGMA application_id = 77").await.unwrap();
    let error = Store::open(&other.url).await.unwrap_err().to_string();
    assert!(error.contains("it is a database of another program; use another --db"), "{error}");

    let nowhere: DatabaseUrl = "sqlite:/no/such/folder/x.db".parse().unwrap();
    let error = Store::open(&nowhere).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot create the store in sqlite:/no/such/folder/x.db: "), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let home = home().await;
    home.scanned(&scan_record()).await;
    let folder = home.url.path().parent().unwrap();
    let mut names = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["sluice.db", "sluice.db-shm", "sluice.db-wal"]);
}

/// Separate stores stand for separate processes: they share nothing but the file, which none of them has made yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_writers_that_start_at_once_all_succeed() {
    const WRITERS: usize = 8;
    const SCANS: usize = 5;
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::in_home(folder.path());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = Store::open(&url).await?;
                let mut record = scan_record();
                for run in &mut record.layer_runs {
                    run.status = LayerRunStatus::Ok;
                    run.fault = None;
                    store.register_layer(&support::bundled(run)).await?;
                }
                for scan in 0..SCANS {
                    record.instruments[0].name = format!("{writer}-{scan}");
                    let id = store.begin_scan(&new_scan(&format!("p{writer}"))).await?;
                    store.finish_scan(&id, &record).await?;
                }
                store.close().await;
                Ok::<(), StoreError>(())
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    let store = Store::open(&url).await.unwrap();
    let scans = store.scans(100).await.unwrap();
    assert_eq!(scans.len(), WRITERS * SCANS);
    for scan in &scans {
        assert_eq!(scan.status, ScanStatus::Partial);
        assert_eq!(store.results(&scan.id).await.unwrap().len(), 2);
    }
    let status = store.status().await.unwrap();
    assert_eq!((status.instruments, status.alerts), (3, (WRITERS * SCANS * 2) as u64));
}

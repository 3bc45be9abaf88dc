//! Backups: one SQLite file with everything, of either database.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use sluice_store::{Store, StoreError};

use crate::audit::busy;
use crate::case::Case;
use crate::home::{Backend, Database, Home, NEWEST};
use crate::records::{entry, scan_record};

pub const CASES: &[Case] = cases![
    a_backup_has_every_row_of_one_instant,
    a_file_that_is_there_is_not_overwritten,
    a_folder_that_is_not_there_is_named_and_nothing_is_left,
    a_backup_comes_back_into_the_same_and_into_another_database,
    a_backup_travels_between_the_kinds_of_databases_and_back,
    the_original_goes_on_after_its_backup_was_put_elsewhere,
    the_log_tells_of_a_backup_and_of_a_vacuum,
    a_backup_of_a_log_that_takes_no_row_is_made_and_the_missing_row_is_named,
    what_a_killed_backup_left_is_removed_by_the_next,
];

/// Everything but the log, which tells of the restoring itself.
pub async fn content(database: &Database) -> Vec<(String, Vec<Vec<crate::home::Cell>>)> {
    database.content(|table| table != "audit").await
}

async fn a_backup_has_every_row_of_one_instant(home: Home) {
    busy(&home).await;
    let file = home.folder.join("b");
    let mut told = Vec::new();
    let before = home.content(|_| true).await;
    let done = home.store.backup(&file, |rows| told.push(rows)).await.unwrap();
    home.store.record(&entry("later")).await.unwrap();
    let kept = Database::at(Backend::Sqlite, &format!("sqlite:{}", file.display()), &home.folder);
    assert_eq!(kept.content(|_| true).await, before);
    let rows: usize = before.iter().map(|(_, rows)| rows.len()).sum();
    assert_eq!((done.rows, done.schema, &done.file), (rows as u64, NEWEST, &file));
    assert_eq!(done.size_bytes, fs::metadata(&file).unwrap().len());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(told.is_sorted() && told.last().is_none_or(|last| *last == done.rows), "{told:?}");
    let left: Vec<_> = fs::read_dir(&home.folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_string_lossy().starts_with("b.") || name.to_string_lossy().starts_with("b-")),
        "{left:?}"
    );
}

async fn a_file_that_is_there_is_not_overwritten(home: Home) {
    let file = home.folder.join("b");
    fs::write(&file, "mine").unwrap();
    let error = home.store.backup(&file, |_| ()).await.unwrap_err().to_string();
    assert!(error.contains("cannot make the backup") && error.contains("exists"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

async fn a_folder_that_is_not_there_is_named_and_nothing_is_left(home: Home) {
    let file = home.folder.join("no/such/b");
    let error = home.store.backup(&file, |_| ()).await.unwrap_err().to_string();
    assert!(error.contains("/no/such/b"), "{error}");
    assert!(
        !error.contains("--db") && !error.contains(".part"),
        "the database is not what is wrong: {error}"
    );
    home.store.record(&entry("goes on")).await.unwrap();
}

async fn restored(database: &Database, file: &std::path::Path) -> Store {
    let mut told = Vec::new();
    let done = Store::restore(&database.url, &database.access, file, |rows| told.push(rows)).await.unwrap();
    assert_eq!(told.last(), Some(&done.rows));
    let store = database.open().await;
    assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
    assert_eq!(store.database_status().await.unwrap().integrity, Ok(()));
    store
}

async fn a_backup_comes_back_into_the_same_and_into_another_database(home: Home) {
    busy(&home).await;
    let before = content(&home).await;
    let file = home.folder.join("b");
    home.store.backup(&file, |_| ()).await.unwrap();

    // the same one, which went on
    home.scanned(&scan_record()).await;
    home.store.prune(i64::MAX, false, false).await.unwrap();
    assert_ne!(content(&home).await, before);
    restored(&home, &file).await.close().await;
    assert_eq!(content(&home).await, before);
    let told = crate::audit::rows(&home.store).await;
    assert_eq!(told.len(), 11, "ten rows of the backup and the restoring");
    let last = told.last().unwrap();
    assert_eq!((last.action.as_str(), &*last.subject), ("database.restored", &*file.display().to_string()));
    assert_eq!(last.before_json.as_deref(), Some("{\"audit_rows\":13,\"scans\":0}"));

    // a new one
    let fresh = home.fresh("fresh").await;
    let store = restored(&fresh, &file).await;
    assert_eq!(content(&fresh).await, before);
    let scan = crate::home::scanned(&store, &scan_record()).await;
    assert_eq!(store.scan(&scan).await.unwrap().number, 3, "the numbers go on");
    store.record(&entry("goes on")).await.unwrap();
    assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
}

/// From a file to a server and back, or the other way round.
async fn a_backup_travels_between_the_kinds_of_databases_and_back(home: Home) {
    let server = match home.backend {
        Backend::Postgres => None,
        Backend::Sqlite if sluice_test_postgres::missing().is_some() => return,
        Backend::Sqlite => Some(sluice_test_postgres::Server::start().unwrap()),
    };
    let folder = tempfile::tempdir().unwrap();
    let other = match &server {
        None => Database::file(folder.path()),
        Some(server) => Database::at(Backend::Postgres, &server.url(), folder.path()),
    };
    busy(&home).await;
    let mut record = scan_record();
    record.layer_runs[0].verdicts.measures[0] = vec![-0.0, 5e-324, 1e308];
    record.alerts[0].numbers.push(("\\N\t%".to_owned(), -0.0));
    record.alerts[0].entry = Some(-0.0);
    record.alerts[0].stop = Some(5e-324);
    home.scanned(&record).await;
    let before = content(&home).await;
    let (there, back) = (home.folder.join("there"), home.folder.join("back"));
    home.store.backup(&there, |_| ()).await.unwrap();
    let store = restored(&other, &there).await;
    assert_eq!(content(&other).await, before);
    store.backup(&back, |_| ()).await.unwrap();
    let again = home.fresh("again").await;
    restored(&again, &back).await;
    assert_eq!(content(&again).await, before);
}

async fn the_original_goes_on_after_its_backup_was_put_elsewhere(home: Home) {
    home.store.record(&entry("x")).await.unwrap();
    let file = home.folder.join("b");
    home.store.backup(&file, |_| ()).await.unwrap();
    // for a try, from the same home
    let fresh = home.fresh("copy").await;
    let copy = Database { access: home.access.clone(), folder: home.folder.clone(), ..fresh };
    let store = restored(&copy, &file).await;
    for step in 0..3 {
        store.record(&entry(&step.to_string())).await.unwrap();
    }
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
    home.store.record(&entry("goes on")).await.unwrap();
    for store in [&home.store, &store] {
        let verdict = store.verify_audit(|_| ()).await.unwrap();
        assert_eq!((verdict.fault, verdict.newest), (None, verdict.known_newest));
    }
}

async fn the_log_tells_of_a_backup_and_of_a_vacuum(home: Home) {
    let file = home.folder.join("b");
    let backup = home.store.backup(&file, |_| ()).await.unwrap();
    let vacuum = home.store.vacuum().await.unwrap();
    let rows = crate::audit::rows(&home.store).await;
    let told: Vec<_> = rows.iter().map(|row| (row.action.as_str(), row.subject.clone())).collect();
    let url = home.url.to_string();
    let backed_up = ("database.backed-up", file.display().to_string());
    assert_eq!(told, [("database.created", url.clone()), backed_up, ("database.vacuumed", url)]);
    let expected =
        format!("{{\"rows\":{},\"schema\":{NEWEST},\"size_bytes\":{}}}", backup.rows, backup.size_bytes);
    assert_eq!((rows[1].before_json.as_deref(), rows[1].after_json.as_deref()), (None, Some(&*expected)));
    let size = |bytes: u64| Some(format!("{{\"size_bytes\":{bytes}}}"));
    let sizes = (size(vacuum.before_bytes), size(vacuum.after_bytes));
    assert_eq!((rows[2].before_json.clone(), rows[2].after_json.clone()), sizes);
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn a_backup_of_a_log_that_takes_no_row_is_made_and_the_missing_row_is_named(home: Home) {
    home.store.record(&entry("x")).await.unwrap();
    home.run("DELETE FROM audit WHERE number = 2").await.unwrap();
    let file = home.folder.join("b");
    let error = home.store.backup(&file, |_| ()).await.unwrap_err();
    assert!(matches!(error, StoreError::Untold { .. }), "{error:?}");
    let expected = format!(
        "the backup {} is made, but the audit log does not tell of it: cannot write into the audit log: ",
        file.display()
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
    let kept = Database::at(Backend::Sqlite, &format!("sqlite:{}", file.display()), &home.folder);
    assert_eq!(kept.number("SELECT count(*) FROM audit").await, 1);
    let error = home.store.vacuum().await.unwrap_err();
    assert!(matches!(error, StoreError::Untold { .. }), "{error:?}");
}

async fn what_a_killed_backup_left_is_removed_by_the_next(home: Home) {
    let elsewhere = home.folder.join("backups");
    fs::create_dir(&elsewhere).unwrap();
    let digits = "0198c2f45a107c3e9d426f1f0c9a7b21";
    let left = |folder: &std::path::Path| {
        for name in [format!("b.{digits}.sluice-part"), format!("b.{digits}.sluice-part-wal")] {
            fs::write(folder.join(name), "half of a backup").unwrap();
        }
    };
    let names = |folder: &std::path::Path| -> Vec<String> {
        let names =
            fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.contains("part") || name == "b").collect()
    };
    left(&elsewhere);
    home.store.backup(&elsewhere.join("b"), |_| ()).await.unwrap();
    assert_eq!(names(&elsewhere), ["b"]);
    // and beside the database or the key by whoever opens it next
    left(&home.folder);
    home.open().await.close().await;
    assert_eq!(names(&home.folder), [""; 0]);
}

//! What holds of SQLite files only: their modes, and files that are none of ours.

use std::os::unix::fs::PermissionsExt;

use sluice_store::{DatabaseUrl, Store};

use crate::case::Case;
use crate::home::{Database, Home, NEWEST};
use crate::records::scan_record;

pub const CASES: &[Case] = cases![
    a_newer_schema_is_refused_and_left_alone,
    a_file_that_is_no_database_or_another_programs_is_refused_and_left_alone,
    a_folder_that_is_not_there_is_named,
    the_files_are_readable_by_their_owner_only,
];

async fn refused(database: &Database) -> String {
    Store::open(&database.url, &database.access).await.unwrap_err().to_string()
}

async fn a_newer_schema_is_refused_and_left_alone(home: Home) {
    home.scanned(&scan_record()).await;
    home.run("PRAGMA user_version = 99").await.unwrap();
    let before = home.content(|_| true).await;
    let expected = format!(
        "{} has schema 99, this program knows up to {NEWEST}; use the newer program, or another --db",
        home.url
    );
    assert_eq!(refused(&home).await, expected);
    assert_eq!(Store::migrate(&home.url, &home.access).await.unwrap_err().to_string(), expected);
    assert_eq!(home.content(|_| true).await, before);
}

async fn a_file_that_is_no_database_or_another_programs_is_refused_and_left_alone(home: Home) {
    let text = home.fresh("text").await;
    let content = "no database, but long enough to have a header of one hundred bytes or more".repeat(9);
    std::fs::write(text.path(), &content).unwrap();
    let error = refused(&text).await;
    let expected = format!("cannot open the store in {}: the file is no SQLite database, ", text.url);
    assert!(error.starts_with(&expected) && error.contains("use another --db"), "{error}");
    assert_eq!(std::fs::read_to_string(text.path()).unwrap(), content);

    home.run("PRAGMA application_id = 77").await.unwrap();
    let error = refused(&home).await;
    assert!(error.ends_with("it is a database of another program; use another --db"), "{error}");

    let plain = home.fresh("plain").await;
    plain.run("CREATE TABLE notes (text TEXT)").await.unwrap();
    let error = refused(&plain).await;
    assert!(error.ends_with("it is a database of another program; use another --db"), "{error}");
    assert_eq!(plain.texts("SELECT name FROM sqlite_schema").await, ["notes"]);
}

async fn a_folder_that_is_not_there_is_named(home: Home) {
    let nowhere: DatabaseUrl = "sqlite:/no/such/folder/x.db".parse().unwrap();
    let error = Store::open(&nowhere, &home.access).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot create the store in sqlite:/no/such/folder/x.db: "), "{error}");
}

async fn the_files_are_readable_by_their_owner_only(home: Home) {
    home.scanned(&scan_record()).await;
    home.store.backup(&home.folder.join("b"), |_| ()).await.unwrap();
    let mut names = Vec::new();
    for file in std::fs::read_dir(&home.folder).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.path());
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(
        names,
        ["audit.heads", "audit.heads.lock", "b", "sluice.db", "sluice.db-shm", "sluice.db-wal"]
    );
}

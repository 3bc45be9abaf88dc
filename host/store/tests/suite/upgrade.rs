//! Databases of an older schema: a file is backed up and migrated when it is opened, a server when somebody asks.

use std::path::{Path, PathBuf};

use sluice_store::{AuditFilter, MigrateSummary, ScanStatus, Store, StoreError};
use sqlx::Connection;
use sqlx::postgres::PgConnection;

use crate::case::Case;
use crate::home::{Cell, Database, Home, NEWEST, raw_file, register_layers, scanned};
use crate::records::scan_record;
use crate::schema;

pub const FILES: &[Case] = cases![
    an_older_file_is_backed_up_and_migrated_when_it_is_opened,
    asking_for_it_migrates_a_file_too_and_once,
    eight_that_open_an_older_file_at_once_all_succeed,
];
pub const SERVERS: &[Case] = cases![
    an_older_schema_on_a_server_is_refused_until_somebody_asks,
    a_newer_schema_on_a_server_is_refused_and_left_alone,
];

/// Rows of every table of the first schema.
const ROWS: &str = "\
INSERT INTO instruments VALUES (7, 'i-a', 'A', 'A Inc', 'XNAS', 'stock', 'active', 'USD', NULL, 'x', 'f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1');
INSERT INTO layers VALUES (3, 'me/l', '1.0.0', 'aa', '0.1.0', 3, '[]', '{}', 'l.wasm', 5, NULL);
INSERT INTO scans VALUES (9, '0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b21', 'p', 'complete', 1, 2, 3, 4, 'c', 'm', '0.1.0', \
 'h', 1, '', NULL, '[]', '[]', '{}');
INSERT INTO layer_runs (id, scan, position, layer, stage, stage_name, status, fault, calls, fuel, wall_us, \
 peak_memory_bytes, abstained, stats_json, measures) VALUES (4, 9, 0, 3, '1', 's', 'ok', NULL, 1, 2, 3, 4, 5, '{}', '[\"m\"]');
INSERT INTO verdicts VALUES (4, 7, 0, 1.5, NULL, 'why', '[1.5]');
INSERT INTO results VALUES (9, 1, 7, 'A', 0, 1.5, NULL, 'why');
INSERT INTO alerts VALUES (6, 9, 4, 7, 'A', 'k', 'info', 0.5, 'm', NULL, NULL, NULL, NULL, NULL, 'd', '[]', '[]', '[]', 1);
";
/// Rows of what the second schema added, but for the audit log, which only the key can write.
const ROWS_SINCE_2: &str = "\
INSERT INTO identity VALUES (1, '0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b22', 5);
INSERT INTO settings_revisions VALUES (1, 5, 'ann', 'desk', NULL, '0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b23');
INSERT INTO settings VALUES ('t', 'n', '1', 1);
INSERT INTO settings_changes VALUES (1, 't', 'n', NULL, '1');
INSERT INTO noticed_files VALUES ('desk', '/f', 'd', 5);
";
const COMPONENT_FILE: &str = "INSERT INTO layer_components VALUES (3, x'0061ff');";
const COMPONENT_SERVER: &str = "INSERT INTO layer_components VALUES (3, '\\x0061ff');";

/// The older schemas.
const OLDER: [i64; 3] = [1, 2, 3];

fn rows_of(schema: i64) -> [&'static str; 2] {
    [ROWS, if schema < 2 { "" } else { ROWS_SINCE_2 }]
}

/// A file as an earlier version of this program left it.
pub async fn older_file(path: &Path, schema: i64) {
    let mut connection = raw_file(path).await;
    schema::FILE.run_to(schema, &mut connection).await.unwrap();
    let mark = format!("PRAGMA application_id = 0x536c7569; PRAGMA user_version = {schema};");
    sqlx::raw_sql(sqlx::AssertSqlSafe(mark)).execute(&mut connection).await.unwrap();
    for sql in rows_of(schema).into_iter().chain([COMPONENT_FILE]) {
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
}

async fn older_server(home: &Home, name: &str, schema: i64) -> Database {
    let older = home.fresh(name).await;
    let mut connection = PgConnection::connect(&older.address).await.unwrap();
    schema::SERVER.run_to(schema, &mut connection).await.unwrap();
    for sql in rows_of(schema).into_iter().chain([COMPONENT_SERVER]) {
        sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    }
    for (table, column) in
        [("instruments", "id"), ("layers", "id"), ("scans", "number"), ("layer_runs", "id"), ("alerts", "id")]
    {
        let sql = format!("SELECT setval(pg_get_serial_sequence('{table}', '{column}'), 100)");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    older
}

fn backups(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.to_string_lossy().contains(".before-schema-")).collect()
}

type Content = [(String, Vec<Vec<Cell>>)];

/// The old rows, with what the newest schema added to them.
fn since(old: &Content, schema: i64) -> Vec<(String, Vec<Vec<Cell>>)> {
    let mut since = old.to_vec();
    for (_, rows) in since.iter_mut().filter(|(table, _)| table == "layer_runs") {
        for row in rows {
            if schema < 3 {
                row.push(Cell::Text("[]".to_owned()));
            }
            row.extend([Cell::Integer(0), Cell::Integer(0)]);
        }
    }
    for (_, rows) in since.iter_mut().filter(|(table, _)| table == "layers") {
        // what was installed goes on as it did
        rows.iter_mut().for_each(|row| row.push(Cell::Integer(0)));
        // nobody knows where they came from, none is signed
        rows.iter_mut().for_each(|row| row.extend(vec![Cell::Null; 4]));
    }
    for (_, rows) in since.iter_mut().filter(|(table, _)| table == "alerts") {
        // no risk figures, no repetitions, none itself
        rows.iter_mut().for_each(|row| row.extend([Cell::Null, Cell::Integer(0), Cell::Integer(0)]));
    }
    since
}

/// The old rows are there and the store works.
async fn serves(database: &Database, old: &Content, schema: i64) {
    let store = database.open().await;
    let there = |table: &str| old.iter().any(|(name, _)| name == table && (name != "identity" || schema > 1));
    let kept = database.content(|table| table != "audit" && there(table)).await;
    let expected: Vec<_> = since(old, schema).into_iter().filter(|(table, _)| table != "audit").collect();
    assert_eq!(kept, expected);
    let scan = store.latest_scan(None).await.unwrap().unwrap();
    assert_eq!((scan.number, scan.status), (9, ScanStatus::Complete));
    assert_eq!(store.component("aa").await.unwrap().as_deref(), Some(&b"\0a\xff"[..]));
    let told = store.audit(&AuditFilter::default(), None, 9).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].action.as_str(), told[0].before_json.as_deref()),
        ("database.migrated", Some(&*format!("{{\"schema\":{schema}}}")))
    );
    assert_eq!(store.verify_audit(|_| ()).await.unwrap().fault, None);
    register_layers(&store).await;
    scanned(&store, &scan_record()).await;
    assert_eq!(store.database_status().await.unwrap().integrity, Ok(()));
    assert_eq!(store.database_status().await.unwrap().schema, NEWEST);
    store.close().await;
}

async fn an_older_file_is_backed_up_and_migrated_when_it_is_opened(home: Home) {
    for schema in OLDER {
        let older = home.fresh(&format!("older{schema}")).await;
        older_file(older.path(), schema).await;
        let old = older.content(|_| true).await;
        let empty: Vec<&str> =
            old.iter().filter(|(_, rows)| rows.is_empty()).map(|(name, _)| name.as_str()).collect();
        let expected: &[&str] = match schema {
            1 => &[],
            2 => &["audit", "secrets"],
            _ => &["audit", "breakers", "secrets"],
        };
        assert_eq!(empty, expected, "{old:?}");
        serves(&older, &old, schema).await;
        let backups = backups(&older.folder);
        let [backup] = backups.as_slice() else { panic!("{backups:?}") };
        let kept = Database::at(older.backend, &format!("sqlite:{}", backup.display()), &older.folder);
        assert_eq!(kept.content(|_| true).await, old, "the backup has everything, in the old schema");
        assert_eq!(kept.number("PRAGMA user_version").await, schema);
        // and can be put back
        let again = home.fresh(&format!("again{schema}")).await;
        Store::restore(&again.url, &again.access, backup, |_| ()).await.unwrap();
        let restored = again.content(|table| table == "verdicts" || table == "layer_runs").await;
        assert!(
            since(&old, schema)
                .iter()
                .filter(|(table, _)| restored.iter().any(|(name, _)| name == table))
                .eq(&restored)
        );
    }
}

async fn asking_for_it_migrates_a_file_too_and_once(home: Home) {
    let older = home.fresh("older").await;
    older_file(older.path(), 1).await;
    let done = Store::migrate(&older.url, &older.access).await.unwrap();
    assert_eq!((done.from, done.to), (1, NEWEST));
    assert_eq!(backups(&older.folder), [done.backup.unwrap()]);
    let again = Store::migrate(&older.url, &older.access).await.unwrap();
    assert_eq!(again, MigrateSummary { from: NEWEST, to: NEWEST, backup: None });
}

async fn eight_that_open_an_older_file_at_once_all_succeed(home: Home) {
    let older = home.fresh("older").await;
    older_file(older.path(), 1).await;
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let older = older.clone();
            tokio::spawn(async move { older.open().await.latest_scan(None).await.unwrap().unwrap().number })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 9);
    }
    assert_eq!(older.number("SELECT count(*) FROM audit").await, 1, "it was migrated once");
}

async fn an_older_schema_on_a_server_is_refused_until_somebody_asks(home: Home) {
    for schema in OLDER {
        let older = older_server(&home, &format!("older{schema}"), schema).await;
        let old = older.content(|_| true).await;
        let error = Store::open(&older.url, &older.access).await.unwrap_err();
        let refused =
            matches!(error, StoreError::OlderSchema { found, known: NEWEST, .. } if found == schema);
        assert!(refused, "{error:?}");
        assert!(error.to_string().ends_with("stop them and run `sluice db migrate`"), "{error}");
        assert_eq!(older.content(|_| true).await, old);
        let done = Store::migrate(&older.url, &older.access).await.unwrap();
        assert_eq!(done, MigrateSummary { from: schema, to: NEWEST, backup: None });
        serves(&older, &old, schema).await;
        let again = Store::migrate(&older.url, &older.access).await.unwrap();
        assert_eq!((again.from, again.to), (NEWEST, NEWEST));
    }
}

async fn a_newer_schema_on_a_server_is_refused_and_left_alone(home: Home) {
    home.scanned(&scan_record()).await;
    home.run(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', TRUE, '\\x00', 0)",
    )
    .await
    .unwrap();
    let before = home.content(|_| true).await;
    for error in [
        Store::open(&home.url, &home.access).await.unwrap_err(),
        Store::migrate(&home.url, &home.access).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::NewerSchema { found: 99, known: NEWEST, .. }), "{error:?}");
    }
    assert_eq!(home.content(|_| true).await, before);
}

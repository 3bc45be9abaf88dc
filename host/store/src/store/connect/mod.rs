//! Opening a database: its connections, and a schema that this program knows.

mod postgres;
mod sqlite;

use std::path::PathBuf;
use std::sync::Arc;

use sqlx::migrate::MigrateError;
use uuid::Uuid;

use super::{Store, now, tables};
use crate::access::Access;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::key::Key;
use crate::part::Part;
use crate::records::AuditEntry;
use crate::rows::MigrateSummary;
use crate::sql::{Lock, On, Pool, Stop, Transaction, query};
use crate::url::DatabaseUrl;

use super::retry::Patience;

/// Connections to the database; none is made yet, but a file is created.
pub(super) fn pool(url: &DatabaseUrl, access: &Access, patience: &Patience) -> Result<Pool, StoreError> {
    match (url.path(), url.server()) {
        (Some(path), _) => {
            sqlite::create_file(path, url)?;
            Ok(Pool::Sqlite(sqlite::pool(path, file_key(access)?, patience)))
        }
        (None, Some(options)) => Ok(Pool::Postgres(Arc::new(postgres::pool(options?, patience)))),
        (None, None) => Err(StoreError::BadUrl { url: url.to_string(), why: "it is of no known kind" }),
    }
}

/// The key that files are encrypted with; none unless this program is built for it.
fn file_key(access: &Access) -> Result<Option<Key>, StoreError> {
    if cfg!(feature = "encrypted-sqlite") { access.key.load(true).map(Some) } else { Ok(None) }
}

/// How an older schema is brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Upgrade {
    /// When the database is a file: others that use it run on this machine, most likely from the same program.
    Files,
    /// In any case: somebody asked for it.
    Asked,
    /// A copy that nobody else uses and that is removed afterwards: it needs no backup.
    Copy,
}

/// Makes sure that the database is ours and has the schema that this program knows.
pub(super) async fn prepare(store: &Store, upgrade: Upgrade) -> Result<MigrateSummary, Stop> {
    let known = newest();
    let found = inspect(store).await?;
    let mut summary = MigrateSummary { from: found, to: found, backup: None };
    if found == known {
        return Ok(summary);
    }
    if found > 0 {
        match &store.pool {
            Pool::Sqlite(_) if upgrade == Upgrade::Copy => {}
            Pool::Sqlite(pool) => summary.backup = Some(sqlite::backup_before(store, pool, known).await?),
            Pool::Postgres(_) if upgrade == Upgrade::Asked => {}
            Pool::Postgres(_) => {
                return Err(StoreError::OlderSchema { database: store.url.to_string(), found, known }.into());
            }
        }
    }
    migrate(store).await?;
    summary.to = known;
    Ok(summary)
}

/// The schema of the database, 0 when it is empty; refused when it is newer than ours or another program's.
pub(super) async fn found(store: &Store) -> Result<i64, Stop> {
    inspect(store).await
}

/// The newest schema that this program knows.
pub(super) fn newest() -> i64 {
    sqlite::MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The schema of the database, 0 when it is empty; refused when it is newer than ours or another program's.
async fn inspect(store: &Store) -> Result<i64, Stop> {
    let found = match &store.pool {
        Pool::Sqlite(pool) => sqlite::inspect(pool).await?,
        Pool::Postgres(server) => postgres::inspect(&server.pool()).await?,
    };
    let database = store.shown();
    let Some(found) = found else {
        return Err(StoreError::Failed {
            doing: "open the store".to_owned(),
            database,
            why: "it is a database of another program".to_owned(),
            advice: if store.alias.is_some() { "use another backup" } else { "use another --db" },
        }
        .into());
    };
    let known = newest();
    if found > known {
        return Err(StoreError::NewerSchema { database, found, known }.into());
    }
    Ok(found)
}

/// Brings the schema up to date, all steps in one transaction. Whoever waited for the lock finds it done.
async fn migrate(store: &Store) -> Result<(), Stop> {
    let mut transaction = store.pool.begin().await?;
    transaction.lock(Lock::Schema).await?;
    let found = schema_version(&mut transaction).await?;
    match &mut transaction {
        Transaction::Sqlite(transaction) => sqlite::migrate(transaction).await,
        Transaction::Postgres(transaction) => postgres::migrate(transaction).await,
    }
    .map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error,
        other => sqlx::Error::Migrate(Box::new(other)),
    })?;
    if found == newest() {
        // another process was faster
        transaction.commit().await?;
        return Ok(());
    }
    // tables that were replaced begin to number anew
    tables::go_on_numbering(&mut transaction).await?;
    identify(&mut transaction).await?;
    let entry = told(store, found);
    store.commit(transaction, &Uuid::now_v7().to_string(), &entry).await
}

/// The schema as a transaction sees it, 0 when there is none.
pub(super) async fn schema_version(transaction: &mut Transaction) -> Result<i64, sqlx::Error> {
    match On::from(transaction) {
        On::Sqlite(connection) => sqlite::schema_version(connection).await,
        On::Postgres(connection) => postgres::schema_version(connection).await,
        On::SqlitePool(_) | On::PostgresPool(_) => Ok(0),
    }
}

/// Gives the database its identity, unless it has one.
async fn identify(transaction: &mut Transaction) -> Result<(), sqlx::Error> {
    const INSERT: &str =
        "INSERT INTO identity (single, id, created_at) VALUES (1, $1, $2) ON CONFLICT (single) DO NOTHING";
    query(INSERT).bind(Uuid::now_v7().to_string()).bind(now()).execute(transaction).await.map(drop)
}

/// What the audit log tells of a new or migrated database. When a log of a database of this name was written from
/// here before, it tells how far that one had come: the loss of a whole database leaves a trace.
fn told(store: &Store, found: i64) -> AuditEntry {
    let subject = store.shown();
    let known = newest();
    if found > 0 {
        return AuditEntry {
            action: AuditAction::DatabaseMigrated,
            subject,
            before_json: Some(serde_json::json!({ "schema": found }).to_string()),
            after_json: Some(serde_json::json!({ "schema": known }).to_string()),
        };
    }
    let lost = store.heads().known().at(&store.place).map(|head| {
        serde_json::json!({ "lost_database": head.id, "lost_audit_rows": head.number, "mac": head.mac })
            .to_string()
    });
    AuditEntry {
        action: AuditAction::DatabaseCreated,
        subject,
        before_json: lost,
        after_json: Some(serde_json::json!({ "schema": known }).to_string()),
    }
}

/// Has the connection of a transaction on a file keep a few of its pages only, as long lists want it, or as many as it does
/// otherwise.
pub(super) async fn keep_few_pages(transaction: &mut Transaction, few: bool) -> Result<(), sqlx::Error> {
    match transaction {
        Transaction::Sqlite(connection) => sqlite::keep_few_pages(connection, few).await,
        // a server's cache is its own
        Transaction::Postgres(_) => Ok(()),
    }
}

/// Size of the database in bytes; of a file with its write-ahead log.
pub(super) async fn size(store: &Store) -> Result<u64, sqlx::Error> {
    match (&store.pool, store.url.path()) {
        (Pool::Postgres(server), _) => postgres::size(&server.pool()).await,
        (Pool::Sqlite(_), Some(path)) => Ok(sqlite::size(path)),
        (Pool::Sqlite(_), None) => Ok(0),
    }
}

/// Version of SQLite or of the server.
pub(super) async fn server_version(store: &Store) -> Result<String, sqlx::Error> {
    let sql = match &store.pool {
        Pool::Sqlite(_) => "SELECT sqlite_version()",
        Pool::Postgres(_) => "SELECT current_setting('server_version')",
    };
    query(sql).value(&store.pool).await
}

/// Copies a file as it is now into a part; a server's content is copied by rows instead.
pub(super) async fn copy_file(store: &Store, to: &Part) -> Result<(), Stop> {
    match &store.pool {
        Pool::Sqlite(pool) => sqlite::copy_into(pool, to).await,
        Pool::Postgres(_) => Ok(()),
    }
}

/// Moves a damaged file and what SQLite keeps beside it out of the way.
pub(super) fn set_aside(url: &DatabaseUrl) -> Result<Option<PathBuf>, StoreError> {
    match url.path() {
        Some(path) => sqlite::set_aside(path, url),
        None => Ok(None),
    }
}

/// Gives a new file the schema and nothing else: no identity, no audit log.
pub(super) async fn make_empty(store: &Store) -> Result<(), Stop> {
    let mut transaction = store.pool.begin().await?;
    if let Transaction::Sqlite(transaction) = &mut transaction {
        sqlite::migrate(transaction).await.map_err(|error| sqlx::Error::Migrate(Box::new(error)))?;
    }
    transaction.commit().await?;
    Ok(())
}

//! Opening a SQLite file: its creation, how connections are set up, and its schema.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use super::Store;
use super::retry::Patience;
use crate::error::StoreError;
use crate::fault::{self, Stop};
use crate::url::DatabaseUrl;

/// Every schema change, compiled into the program.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Marks a SQLite file as one of Sluice, "Slui", so that another program's file is not written into.
const APPLICATION_ID: i64 = 0x536c_7569;

/// One connection writes, some read beside it; each is a thread and a page cache.
const CONNECTIONS: u32 = 4;

/// Waiting for one of our own connections: longer than any statement takes.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Page cache of a connection in KiB, filled as needed: a whole scan's pages, so that none is written twice.
const CACHE_KIB: u32 = 32 * 1024;

/// Rows that the driver's thread may read ahead, so that it and the reader do not take turns for every few.
const READ_AHEAD_ROWS: usize = 2_048;

/// Pages of the write-ahead log (4 KiB each) that are folded into the database file at once: four scans, so that
/// most of them do not wait for it. After a crash the next one to open reads that much again.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Creates the file, readable and writable by its owner only, unless there is one. SQLite gives the files that it
/// keeps beside it the same mode.
pub(super) fn create_file(url: &DatabaseUrl) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(url.path()) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(fault::explain_io("create the store", &url.to_string(), &error)),
    }
}

/// A pool that connects when it is first used.
pub(super) fn pool(url: &DatabaseUrl, patience: &Patience) -> SqlitePool {
    // FULL: a commit is on the disk when it is reported, so that a power cut loses nothing that was promised.
    let options = SqliteConnectOptions::new()
        .filename(url.path())
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(patience.each_attempt)
        .row_buffer_size(READ_AHEAD_ROWS)
        .pragma("cache_size", format!("-{CACHE_KIB}"))
        .pragma("temp_store", "MEMORY")
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES.to_string())
        .disable_statement_logging();
    SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        // a connection to a file does not die of age, and asking it costs a hop to its thread
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}

/// Makes sure that the file is ours and has the schema that this program knows.
pub(super) async fn prepare(store: &Store) -> Result<(), Stop> {
    let known = newest();
    let found = inspect(store).await?;
    // In the file, not in the connection: readers and the writer do not wait for each other.
    sqlx::query("PRAGMA journal_mode = WAL").execute(&store.pool).await?;
    if found < known { migrate(store).await } else { Ok(()) }
}

/// The newest schema that this program knows.
fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// The schema of the file; refused when it is newer than ours or the file is another program's.
async fn inspect(store: &Store) -> Result<i64, Stop> {
    const HEADER: &str = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) AS objects \
         FROM pragma_application_id, pragma_user_version";
    let row = sqlx::query(HEADER).fetch_one(&store.pool).await?;
    let application: i64 = row.try_get("application_id")?;
    let found: i64 = row.try_get("user_version")?;
    let objects: i64 = row.try_get("objects")?;
    let database = store.url.to_string();
    if application != APPLICATION_ID && (application, found, objects) != (0, 0, 0) {
        let why = "it is a database of another program".to_owned();
        return Err(StoreError::Failed {
            doing: "open the store".to_owned(),
            database,
            why,
            advice: "use another --db",
        }
        .into());
    }
    let known = newest();
    if found > known {
        return Err(StoreError::NewerSchema { database, found, known }.into());
    }
    Ok(found)
}

/// Brings the schema up to date, all steps in one transaction. Whoever waited for the lock finds it done.
async fn migrate(store: &Store) -> Result<(), Stop> {
    let mut transaction = store.begin().await?;
    MIGRATIONS.run_direct(None, &mut *transaction, false).await.map_err(|error| match error {
        sqlx::migrate::MigrateError::Execute(error)
        | sqlx::migrate::MigrateError::ExecuteMigration(error, _) => error,
        other => sqlx::Error::Migrate(Box::new(other)),
    })?;
    // both numbers are ours and PRAGMA takes no parameters
    let mark = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}", newest());
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

/// The schema of the file.
pub(super) async fn schema_version(pool: &SqlitePool) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(pool).await
}

/// Size of the database file and its write-ahead log, bytes; 0 for what is not there.
pub(super) fn size(url: &DatabaseUrl) -> u64 {
    let of = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |file| file.len());
    of(url.path()).saturating_add(of(&url.beside("-wal")))
}

//! A SQLite file: its creation, how connections are set up, its schema, and copies of it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

use super::super::retry::Patience;
use super::super::{Store, stamp};
use crate::error::{StoreError, one_line};
use crate::hex;
use crate::key::{Key, Use};
use crate::part::{Part, create_new};
use crate::sql::{Stop, explain_file, explain_io};
use crate::url::{COMPANIONS, DatabaseUrl, beside};

/// Every schema change, compiled into the program.
pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Marks a SQLite file as one of Sluice, "Slui", so that another program's file is not written into.
const APPLICATION_ID: i64 = 0x536c_7569;

/// One connection writes, some read beside it; each is a thread and a page cache.
const CONNECTIONS: u32 = 4;

/// Waiting for one of our own connections: longer than any statement takes.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Page cache of a connection in KiB, filled as needed: a whole scan's pages, so that none is written twice.
const CACHE_KIB: u32 = 32 * 1024;

/// The same while a long list is read: each page is needed once, and a cache that takes up no more of them uses the same
/// memory over and over.
const LIST_CACHE_KIB: u32 = 2 * 1024;

/// Rows that the driver's thread may read ahead, so that it and the reader do not take turns for every few.
const READ_AHEAD_ROWS: usize = 2_048;

/// Pages of the write-ahead log (4 KiB each) that are folded into the database file at once: four scans, so that
/// most of them do not wait for it. After a crash the next one to open reads that much again.
const CHECKPOINT_PAGES: u32 = 4_000;

/// Creates the file, readable and writable by its owner only, unless there is one. SQLite gives the files that it
/// keeps beside it the same mode.
pub(super) fn create_file(path: &Path, url: &DatabaseUrl) -> Result<(), StoreError> {
    match create_new(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        // a file that is there may be read in a folder that may not be written to
        Err(_) if path.is_file() => Ok(()),
        Err(error) => Err(explain_io("create the store", &url.to_string(), &error)),
    }
}

/// A pool that connects when it is first used.
pub(super) fn pool(path: &Path, key: Option<Key>, patience: &Patience) -> SqlitePool {
    let mut options = SqliteConnectOptions::new().filename(path);
    if let Some(key) = key {
        // SQLCipher takes a raw key of 256 bits in this form
        options = options
            // and writes what it meets to stderr by itself, unless it is told not to before it meets it: with the key
            .pragma(
                "key",
                format!("\"x'{}'\"; PRAGMA cipher_log_level = NONE", hex::encode(&key.derive(Use::File)[..])),
            );
    }
    // FULL: a commit is on the disk when it is reported, so that a power cut loses nothing that was promised.
    options = options
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

/// Has a connection keep a few pages only, or as many as it does otherwise. What it keeps beyond that is given back.
pub(super) async fn keep_few_pages(connection: &mut SqliteConnection, few: bool) -> Result<(), sqlx::Error> {
    let kib = if few { LIST_CACHE_KIB } else { CACHE_KIB };
    // the number is ours and PRAGMA takes no parameters
    let size = AssertSqlSafe(format!("PRAGMA cache_size = -{kib}"));
    sqlx::query(size).execute(connection).await.map(drop)
}

/// The schema of the file, 0 when it is empty; none when it is another program's.
pub(super) async fn inspect(pool: &SqlitePool) -> Result<Option<i64>, sqlx::Error> {
    const HEADER: &str = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) AS objects, \
         journal_mode FROM pragma_application_id, pragma_user_version, pragma_journal_mode";
    let row = sqlx::query(HEADER).fetch_one(pool).await?;
    let application: i64 = row.try_get("application_id")?;
    let found: i64 = row.try_get("user_version")?;
    let objects: i64 = row.try_get("objects")?;
    if application != APPLICATION_ID && (application, found, objects) != (0, 0, 0) {
        return Ok(None);
    }
    // In the file, not in the connection: readers and the writer do not wait for each other.
    if row.try_get::<&str, _>("journal_mode")? != "wal" {
        sqlx::query("PRAGMA journal_mode = WAL").execute(pool).await?;
    }
    Ok(Some(found))
}

/// The schema of the file.
pub(super) async fn schema_version(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await
}

/// Applies what is missing and marks the file as ours.
pub(super) async fn migrate(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    MIGRATIONS.run_direct(None, &mut *connection, false).await?;
    // both numbers are ours and PRAGMA takes no parameters
    let mark = format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}", super::newest());
    sqlx::raw_sql(AssertSqlSafe(mark)).execute(connection).await?;
    Ok(())
}

/// Backs the file up beside itself before its schema changes to `known`.
pub(super) async fn backup_before(store: &Store, pool: &SqlitePool, known: i64) -> Result<PathBuf, Stop> {
    let path = store.url.path().unwrap_or(Path::new(""));
    let to = beside(path, &format!(".before-schema-{known}.{}.backup", stamp()));
    let failed = |error: std::io::Error| explain_file("make the backup", &to, &error);
    let part = Part::of(&to).map_err(failed)?;
    copy_into(pool, &part).await?;
    part.keep().map_err(failed)?;
    Ok(to)
}

/// Copies the database as it is now into a part.
pub(super) async fn copy_into(pool: &SqlitePool, to: &Part) -> Result<(), Stop> {
    let path = to.path().to_str().ok_or_else(|| StoreError::Failed {
        doing: "make the backup".to_owned(),
        database: one_line(&to.path().display().to_string()),
        why: "the file's path is no UTF-8".to_owned(),
        advice: "name another file",
    })?;
    // SQLite writes into an empty file that is there, and so leaves its mode
    sqlx::query("VACUUM INTO $1").bind(path).execute(pool).await?;
    Ok(())
}

/// Moves a damaged file and what SQLite keeps beside it out of the way; tells where to.
pub(super) fn set_aside(path: &Path, url: &DatabaseUrl) -> Result<Option<PathBuf>, StoreError> {
    let suffix = format!(".damaged.{}", stamp());
    let to = beside(path, &suffix);
    for companion in COMPANIONS {
        let from = beside(path, companion);
        let moved = fs::rename(&from, beside(&to, companion));
        if let Err(error) = moved
            && error.kind() != ErrorKind::NotFound
        {
            return Err(explain_io("set the damaged database aside", &url.to_string(), &error));
        }
    }
    match fs::rename(path, &to) {
        Ok(()) => Ok(Some(to)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(explain_io("set the damaged database aside", &url.to_string(), &error)),
    }
}

/// Size of the database file and its write-ahead log, bytes; 0 for what is not there.
pub(super) fn size(path: &Path) -> u64 {
    let of = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    of(path).saturating_add(of(&beside(path, "-wal")))
}

//! What a fault of the database means: worth another try, or a sentence for the user.

use std::io;

use crate::error::{StoreError, one_line};

/// Primary result codes of SQLite (<https://www.sqlite.org/rescode.html>); the extended ones keep them in the low byte.
mod code {
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const NOTADB: i32 = 26;
}

/// Why an attempt on the database ended without a result.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The database or its driver said so.
    Sql(sqlx::Error),
    /// The store itself refused.
    Refused(StoreError),
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

/// The primary result code of SQLite, when that is where the error came from.
fn primary(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xff)
}

/// Whether another writer was in the way, so that the same may succeed a moment later.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut) || matches!(primary(error), Some(code::BUSY | code::LOCKED))
}

/// The sentence for a fault that no other try will heal.
pub(crate) fn explain(doing: &str, database: &str, error: &sqlx::Error) -> StoreError {
    let detail = one_line(&match error.as_database_error() {
        Some(error) => error.message().to_owned(),
        None => error.to_string(),
    });
    let (why, advice) = match primary(error) {
        Some(code::FULL) => ("the disk is full".to_owned(), "free some space and try again"),
        Some(code::READONLY) => (detail, "make the file and its folder writable, or use another --db"),
        Some(code::CANTOPEN | code::PERM) => {
            (detail, "check that the file and its folder exist and may be read and written")
        }
        Some(code::CORRUPT) => (format!("the file is damaged ({detail})"), "restore a backup"),
        Some(code::NOTADB) => ("the file is no SQLite database".to_owned(), "use another --db"),
        Some(code::IOERR) => (format!("the disk failed ({detail})"), "check the disk and try again"),
        Some(code::CONSTRAINT) => {
            (format!("the database refused a row ({detail})"), "nothing was written; please report this")
        }
        _ => (detail, "nothing was written; if it happens again, please report it"),
    };
    StoreError::Failed { doing: doing.to_owned(), database: database.to_owned(), why, advice }
}

/// The sentence for a fault of the file system.
pub(crate) fn explain_io(doing: &str, database: &str, error: &io::Error) -> StoreError {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "create its folder first (`sluice init` does), or use another --db",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable, or use another --db"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space and try again",
        _ => "check the path and try again",
    };
    StoreError::Failed {
        doing: doing.to_owned(),
        database: database.to_owned(),
        why: one_line(&error.to_string()),
        advice,
    }
}

//! What a fault of the database means: worth another try, or a sentence for the user.

use std::io;
use std::path::Path;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use super::server::is_refusal;
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

/// What kind of fault it is, in either database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Another writer was in the way.
    Busy,
    /// The server went away, is starting, or takes no more connections.
    Connection,
    Full,
    ReadOnly,
    CannotOpen,
    Damaged,
    NotOurs,
    Disk,
    Constraint,
    /// The server does not know the user, or not under this password.
    Login,
    /// The server has no such database.
    NoDatabase,
    /// The server's user may not do this.
    Forbidden,
    /// TLS could not be agreed on.
    Tls,
    Other,
}

/// Whether the same may succeed a moment later: another writer was in the way, or a connection was lost.
pub(crate) fn is_transient(error: &sqlx::Error) -> bool {
    matches!(kind(error), Kind::Busy | Kind::Connection)
}

/// Whether the file is damaged or no database at all.
pub(crate) fn is_damage(error: &sqlx::Error) -> bool {
    matches!(kind(error), Kind::Damaged | Kind::NotOurs)
}

fn kind(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::PoolTimedOut => Kind::Busy,
        // how the driver tells of a certificate that is not trusted
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => Kind::Tls,
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed => Kind::Connection,
        sqlx::Error::Tls(_) => Kind::Tls,
        sqlx::Error::Database(error) => match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => of_server(error.code()),
            None => of_file(error.as_ref()),
        },
        _ => Kind::Other,
    }
}

fn of_file(error: &dyn DatabaseError) -> Kind {
    let code: Option<i32> = error.code().and_then(|code| code.parse().ok());
    match code.map(|code| code & 0xff) {
        Some(code::BUSY | code::LOCKED) => Kind::Busy,
        Some(code::FULL) => Kind::Full,
        Some(code::READONLY) => Kind::ReadOnly,
        Some(code::CANTOPEN | code::PERM) => Kind::CannotOpen,
        Some(code::CORRUPT) => Kind::Damaged,
        Some(code::NOTADB) => Kind::NotOurs,
        Some(code::IOERR) => Kind::Disk,
        Some(code::CONSTRAINT) => Kind::Constraint,
        _ => Kind::Other,
    }
}

/// By SQLSTATE (PostgreSQL's documentation, appendix A).
fn of_server(state: &str) -> Kind {
    match state {
        // serialization failure, deadlock, lock or object in use, statement cancelled by a time limit
        "40001" | "40P01" | "55P03" | "55006" | "57014" => Kind::Busy,
        // too many connections, server shutting down, crashed or starting
        "53300" | "57P01" | "57P02" | "57P03" | "57P05" => Kind::Connection,
        "53100" => Kind::Full,
        "25006" => Kind::ReadOnly,
        "28000" | "28P01" => Kind::Login,
        "3D000" => Kind::NoDatabase,
        "42501" => Kind::Forbidden,
        "58030" => Kind::Disk,
        "XX001" | "XX002" => Kind::Damaged,
        state if state.starts_with("08") => Kind::Connection,
        state if state.starts_with("23") => Kind::Constraint,
        _ => Kind::Other,
    }
}

/// The sentence for a fault that no other try will heal.
pub(crate) fn explain(doing: &str, database: &str, error: &sqlx::Error) -> StoreError {
    let detail = detail(error);
    let (why, advice) = match kind(error) {
        Kind::Full => ("the disk is full".to_owned(), "nothing was written; free some space and try again"),
        Kind::ReadOnly => (detail, "make the file and its folder writable, or use another --db"),
        Kind::CannotOpen => (detail, "check that the file and its folder exist and may be read and written"),
        Kind::Damaged => {
            (format!("the database is damaged ({detail})"), "restore a backup: `sluice db restore FILE`")
        }
        Kind::NotOurs if cfg!(feature = "encrypted-sqlite") => (
            "the file is no SQLite database, not encrypted, or encrypted with another key".to_owned(),
            "use its own key file or another --db, or restore a backup with `sluice db restore FILE`",
        ),
        Kind::NotOurs => (
            "the file is no SQLite database, or an encrypted one".to_owned(),
            "use another --db, restore a backup with `sluice db restore FILE`, or use a program built for encrypted files",
        ),
        Kind::Disk => (format!("the disk failed ({detail})"), "check the disk and try again"),
        Kind::Constraint => {
            (format!("the database refused a row ({detail})"), "nothing was written; please report this")
        }
        Kind::Login => (detail, "check user and password of the URL"),
        Kind::NoDatabase => (detail, "create it first (`createdb`), or name another one in the URL"),
        Kind::Forbidden => {
            (detail, "let the user create tables in the database's schema, or use another user")
        }
        Kind::Tls => (detail, "check sslmode, sslrootcert and the server's certificate"),
        Kind::Connection => (detail, "check host and port of the URL and that the server runs"),
        Kind::Busy | Kind::Other => (detail, "nothing was written; if it happens again, please report it"),
    };
    StoreError::Failed { doing: doing.to_owned(), database: database.to_owned(), why, advice }
}

/// What the database says, on one line.
pub(crate) fn detail(error: &sqlx::Error) -> String {
    one_line(&match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        // ours, of an attempt that was given up and of a server that is not there
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut || is_refusal(error) => {
            error.to_string()
        }
        error => error.to_string(),
    })
}

/// Whether others were in the way, rather than the way itself.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    kind(error) == Kind::Busy
}

/// Whether there is no server at all, rather than one that is slow or silent.
pub(crate) fn is_absence(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(error) if is_refusal(error))
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

/// The same of a file that is no database in use: a backup.
pub(crate) fn explain_file(doing: &str, file: &Path, error: &io::Error) -> StoreError {
    let advice = match error.kind() {
        io::ErrorKind::NotFound => "check the path and that its folder exists",
        io::ErrorKind::AlreadyExists => "name another file: nothing is overwritten",
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name another file, or make this one's folder accessible"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space and try again",
        _ => "check the path and try again",
    };
    StoreError::Failed {
        doing: doing.to_owned(),
        database: one_line(&file.display().to_string()),
        why: one_line(&error.to_string()),
        advice,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_tried_again_and_nothing_else() {
        for state in ["40001", "40P01", "57P01", "57P03", "53300", "08006", "55P03"] {
            assert!(matches!(of_server(state), Kind::Busy | Kind::Connection), "{state}");
        }
        for (state, expected) in [
            ("23505", Kind::Constraint),
            ("28P01", Kind::Login),
            ("3D000", Kind::NoDatabase),
            ("53100", Kind::Full),
            ("42P01", Kind::Other),
        ] {
            assert_eq!(of_server(state), expected, "{state}");
        }
        assert!(is_transient(&sqlx::Error::PoolTimedOut));
        assert!(is_transient(&sqlx::Error::Io(io::Error::from(io::ErrorKind::ConnectionReset))));
        assert!(!is_transient(&sqlx::Error::RowNotFound));
    }
}

//! What can go wrong, each in one line: what was being done, on which database, why, and what to do next.

/// Why the store refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A URL that names no database.
    #[error(
        "{url:?} names no database: {why}; use sqlite:PATH, for example sqlite:/var/lib/sluice/sluice.db"
    )]
    BadUrl {
        /// As given, without secrets.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// PostgreSQL was asked for.
    #[error("{url}: this version stores in SQLite; use sqlite:PATH")]
    Postgres {
        /// As given, without secrets.
        url: String,
    },
    /// The database was written by a newer program.
    #[error(
        "{database} has schema {found}, this program knows up to {known}; use the newer program, or another --db"
    )]
    NewerSchema {
        /// Which database.
        database: String,
        /// Its schema.
        found: i64,
        /// The newest schema that this program knows.
        known: i64,
    },
    /// Others kept the database busy all the time; nothing was written.
    #[error(
        "cannot {doing}: {database} was in use by other processes for {waited_ms} ms; nothing was written, try again"
    )]
    Busy {
        /// What was being done.
        doing: String,
        /// Which database.
        database: String,
        /// How long it was tried.
        waited_ms: u64,
    },
    /// The database or its file does not work; nothing was written.
    #[error("cannot {doing} in {database}: {why}; {advice}")]
    Failed {
        /// What was being done.
        doing: String,
        /// Which database.
        database: String,
        /// What went wrong.
        why: String,
        /// What to do next.
        advice: &'static str,
    },
    /// A record that cannot be stored as it is; nothing was written.
    #[error("cannot {doing}: {field} {why}; nothing was written")]
    BadRecord {
        /// What was being done.
        doing: String,
        /// Which field of which record.
        field: String,
        /// What is wrong with it, with limit and actual value.
        why: String,
    },
    /// No scan has this identity.
    #[error("{database} has no scan {scan}; `sluice status` shows the newest one")]
    UnknownScan {
        /// The identity.
        scan: String,
        /// Which database.
        database: String,
    },
    /// The scan has ended before.
    #[error("scan {scan} is {status}, not running; nothing was written, scan again")]
    NotRunning {
        /// The scan.
        scan: String,
        /// Its status.
        status: String,
    },
    /// A layer run names a component that was neither installed nor registered.
    #[error(
        "cannot {doing}: layer {layer}@{version} ({digest}) is not in {database}; install or register it first"
    )]
    UnknownLayer {
        /// What was being done.
        doing: String,
        /// author/name.
        layer: String,
        /// Its version.
        version: String,
        /// Digest of its component.
        digest: String,
        /// Which database.
        database: Box<str>,
    },
    /// The same version of a layer is installed with another content.
    #[error(
        "layer {layer}@{version} is installed as {stored}, the given one is {given}; give it another version, or remove the installed one first"
    )]
    LayerConflict {
        /// author/name.
        layer: String,
        /// The version of both.
        version: String,
        /// Digest of the installed component.
        stored: String,
        /// Digest of the given component.
        given: String,
    },
}

/// The text without line breaks and other control characters, so that a message stays one line.
pub(crate) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

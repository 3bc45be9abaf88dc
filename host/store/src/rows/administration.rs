//! What administering a database tells.

use std::path::PathBuf;

/// How a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseStatus {
    /// Its URL without secrets.
    pub url: String,
    /// "sqlite" or "postgres".
    pub backend: &'static str,
    /// Version of SQLite or of the server.
    pub server_version: String,
    /// Whether the file is encrypted as a whole.
    pub encrypted: bool,
    /// Its identity.
    pub id: String,
    /// Its schema.
    pub schema: i64,
    /// The schema that this program knows.
    pub schema_known: i64,
    /// Its size, bytes; of a file with its write-ahead log.
    pub size_bytes: u64,
    /// Rows of every table.
    pub tables: Vec<(String, u64)>,
    /// What is damaged, in the database's words.
    pub integrity: Result<(), String>,
    /// Scans that run.
    pub running_scans: u64,
    /// Rows of the audit log.
    pub audit_rows: u64,
    /// The newest revision of settings; 0: none.
    pub settings_revision: i64,
}

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSummary {
    /// The file.
    pub file: PathBuf,
    /// Its size, bytes.
    pub size_bytes: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Its schema.
    pub schema: i64,
}

/// A backup that was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreSummary {
    /// Rows of all tables.
    pub rows: u64,
    /// Schema of the backup.
    pub schema: i64,
    /// What was there before, unless nothing was.
    pub kept: Option<PathBuf>,
}

/// A schema that was brought up to date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrateSummary {
    /// The schema before.
    pub from: i64,
    /// The schema since.
    pub to: i64,
    /// The backup that was made before, of a SQLite file that had something to lose.
    pub backup: Option<PathBuf>,
}

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PruneSummary {
    /// Scans with everything that belongs to them.
    pub scans: u64,
    /// Their verdicts.
    pub verdicts: u64,
    /// Their alerts.
    pub alerts: u64,
    /// Closed breakers.
    pub breakers: u64,
    /// Rows of the audit log.
    pub audit_rows: u64,
    /// The newest row of the audit log that was removed.
    pub checkpoint: Option<i64>,
}

/// Space that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VacuumSummary {
    /// Size before, bytes.
    pub before_bytes: u64,
    /// Size since, bytes.
    pub after_bytes: u64,
}

//! Rows of the audit log, and what checking them found.

use crate::ids::AuditFaultKind;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place in the log, from 1 without gaps.
    pub number: i64,
    /// When.
    pub at: i64,
    /// Who: a user of the operating system.
    pub actor: String,
    /// On which machine.
    pub host: String,
    /// What: the word of an [`crate::AuditAction`], perhaps of a newer program.
    pub action: String,
    /// To what: a stage, a layer, a file, a scan.
    pub subject: String,
    /// How it was before, JSON.
    pub before_json: Option<String>,
    /// How it is since, JSON.
    pub after_json: Option<String>,
    /// What it was part of: an attempt that is repeated finds its own row by this.
    pub operation: String,
    /// Name of the key that it is signed with.
    pub key_name: String,
    /// Signature over this row and the one before, hexadecimal.
    pub mac: String,
}

/// What stands behind the last row of a log that is taken out of its database: that no row was cut off there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEnd {
    /// Number of the newest row; 0: there was none.
    pub newest: i64,
    /// Signature over that row's own, hexadecimal.
    pub mac: String,
}

/// Which rows of the audit log are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// By this user.
    pub actor: Option<String>,
    /// Of this action, or of those that begin with this word, such as "layer".
    pub action: Option<String>,
    /// With this text in the subject.
    pub subject: Option<String>,
    /// At or after this instant.
    pub since: Option<i64>,
    /// Before this instant.
    pub until: Option<i64>,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
}

/// What checking the audit log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditVerdict {
    /// Rows that were checked.
    pub rows: u64,
    /// Number of the oldest row.
    pub first: Option<i64>,
    /// Number of the newest row.
    pub newest: Option<i64>,
    /// Rows up to this number were pruned, and the log itself says so.
    pub checkpoint: Option<i64>,
    /// The newest row that is known beside the key; none: nothing is known, so a cut end would not be noticed.
    pub known_newest: Option<i64>,
    /// The first row that is not as it was written; none: the log is intact.
    pub fault: Option<AuditFault>,
}

/// A row of the audit log that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// Its number.
    pub number: i64,
    /// What happened to it.
    pub kind: AuditFaultKind,
    /// The same in a sentence.
    pub detail: String,
}

//! The database of Sluice: which scans ran, on what, with which layers, and what came out.
//!
//! This room keeps plain records: texts, numbers, bytes. It may touch the database, the key and its file of
//! newest hashes, and, to tell whether a process still lives, `/proc`. It must not know what an instrument, a pipeline or a component *means*: it sees
//! no market data, loads no layer and decides nothing about a scan.
//!
//! The promises:
//! - A scan is stored whole, in one transaction, or is marked `interrupted`; nobody reads half of one.
//! - What was given is what is stored. What cannot be stored exactly (a NUL, which PostgreSQL has no room for;
//!   a price that is no number) is refused by name before anything is written. A price or score of negative zero
//!   is stored as zero.
//! - A busy database is waited for, up to a limit; then the loss is an error, never silence.
//! - A server that stopped answering is noticed, however open its connections are; while it is lost, operations are
//!   refused at once, but for one now and then that tries whether it is back.
//! - Breakers of components are changed by one process after the other; no change is lost.
//! - Every change that an auditor asks about has its row in the audit log, in the same transaction; rows are chained
//!   and signed with a key that is not in the database.
//! - Secrets are sealed with that key.
//! - Of every installed layer it is known where it came from and who signed it; keys that were trusted are not forgotten.
//!
//! SQLite and PostgreSQL behind one way of speaking ([`sql`]): the same statements, the same rows. What differs
//! (schema, connections, bulk writes, fault codes) sits in `migrations`, `connect`, `sql::bulk` and `sql::fault`.

mod access;
mod check;
mod columns;
mod error;
mod fingerprint;
mod heads;
mod hex;
mod ids;
mod key;
mod part;
mod process;
mod reach;
mod records;
mod rows;
mod secret;
mod sql;
mod store;
#[doc(hidden)]
pub mod testing;
mod url;

pub use access::{Access, Actor};
pub use error::StoreError;
pub use ids::{
    AlertCursor, AuditAction, AuditFaultKind, BreakerState, Cause, FinalStatus, LayerRunId, LayerRunStatus,
    Movement, Outcome, ScanId, ScanStatus, Severity, Side, UnknownWord,
};
pub use key::KeySource;
pub use part::Part;
pub use records::{
    AlertRecord, AuditEntry, Base, BundledLayer, InstrumentRecord, LayerRunRecord, NewLayer, NewScan,
    ReachRecord, Reached, ReachedRecord, ResultRecord, ScanRecord, SettingKey, SettingsChange, ShadowRecord,
    VerdictColumns,
};
pub use rows::{
    ActivationRow, AlertFilter, AlertLine, AlertPage, AlertRow, AuditEnd, AuditFault, AuditFilter, AuditRow,
    AuditVerdict, BackupSummary, BreakerChange, BreakerNote, BreakerRow, CacheUse, ChangeRow, Changed,
    DatabaseStatus, GoodVerdict, HistoryRow, LastGood, LayerHistory, LayerRow, LayerRunRow, ListChange,
    ListEntry, ListRow, MigrateSummary, MoveRow, OpinionRow, PastRun, Provenance, PruneSummary, ReachedRow,
    RestoreSummary, ResultRow, RevisionRow, ScanRow, SecretRow, SettingRow, Settings, Shadow, ShadowRunRow,
    StageMove, StoreStatus, TrustedKeyRow, VacuumSummary, VerdictRow, VersionKey,
};
pub use secret::Secret;
pub use store::{AlertPages, AuditCheck, InstallOutcome, Store, TrustOutcome};
pub use url::DatabaseUrl;

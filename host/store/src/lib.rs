//! The database of Sluice: which scans ran, on what, with which layers, and what came out.
//!
//! This room keeps plain records: texts, numbers, bytes. It may touch the database file and, to tell whether a
//! process still lives, `/proc`. It must not know what an instrument, a pipeline or a component *means*: it sees
//! no market data, loads no layer and decides nothing about a scan.
//!
//! The promises:
//! - A scan is stored whole, in one transaction, or is marked `interrupted`; nobody reads half of one.
//! - What was given is what is stored. What cannot be stored exactly (a NUL, which PostgreSQL has no room for;
//!   a price that is no number) is refused by name before anything is written.
//! - A busy database is waited for, up to a limit; then the loss is an error, never silence.
//!
//! SQLite today. PostgreSQL comes beside it: statements avoid what only one of them understands, and what differs
//! (schema, bulk writes, fault codes) sits in `migrations/sqlite`, `bulk` and `fault`.

mod bulk;
mod check;
mod columns;
mod error;
mod fault;
mod fingerprint;
mod ids;
mod process;
mod records;
mod rows;
mod store;
mod url;

pub use error::StoreError;
pub use ids::{
    FinalStatus, LayerRunId, LayerRunStatus, Outcome, ScanId, ScanStatus, Severity, Side, UnknownWord,
};
pub use records::{
    AlertRecord, BundledLayer, InstrumentRecord, LayerRunRecord, NewLayer, NewScan, ResultRecord, ScanRecord,
    VerdictColumns,
};
pub use rows::{AlertFilter, AlertRow, LayerRow, LayerRunRow, ResultRow, ScanRow, StoreStatus, VerdictRow};
pub use store::{InstallOutcome, Store};
pub use url::DatabaseUrl;

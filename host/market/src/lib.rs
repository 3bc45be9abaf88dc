//! Market data of Sluice: instruments, bars, calendars, importers, and snapshots as of an instant.
//!
//! This room owns the bar set on disk: a folder with a manifest (`current.json`) that names one generation of two
//! Parquet files, so that DuckDB, polars and pandas read them too. A [`Snapshot`] hands out only what was known at
//! its instant; nobody above can look ahead, because there is no other way to the bars.
//!
//! It knows nothing of layers, WebAssembly, pipelines or SQL, never asks for the host's own time zone, and reads
//! the wall clock only where its caller says "now". Everything is synchronous; reads may run on many threads.

mod as_of;
mod bars;
mod calendar;
mod check;
mod data;
mod days;
mod error;
#[doc(hidden)]
pub mod fuzz;
mod import;
mod instant;
mod instrument;
mod market;
mod parse;
mod periods;
mod set;
mod snapshot;
mod spool;
mod symbol;
mod synthetic;
#[cfg(test)]
mod testing;
mod zone;

pub use as_of::{AsOf, AsOfError};
pub use bars::{Adjustment, BarColumn, BarRequest, Bars, NameError, Timeframe};
pub use calendar::{
    Calendar, CalendarError, CalendarFileError, CalendarSource, Calendars, DayChange, DayKind, Phase, Session,
};
pub use check::{BarFaults, Check, InstrumentFaults};
pub use data::{
    BarRow, BarSource, BarSpan, BarTime, BarView, ExportError, ExportFormat, ExportProgress, ExportRequest,
    ExportSummary, Holding, export, holdings,
};
pub use error::MarketError;
pub use import::{
    Changes, ColumnName, FaultCount, FaultExample, FaultKind, FileSummary, FormatName, HintError,
    ImportError, ImportHints, ImportOptions, ImportProgress, ImportStep, ImportSummary, Zone, import,
    is_guarded,
};
pub use instant::{Instant, InstantError};
pub use instrument::{FormerTicker, Instrument, InstrumentId, InstrumentIdError, Kind, MAX_ID_BYTES, Status};
pub use market::Market;
pub use set::discard_unfinished;
pub use snapshot::{Event, EventRequest, MAX_STALE_SESSIONS, Quote, Snapshot};
pub use symbol::{MAX_SYMBOL_BYTES, Symbol, SymbolError, SymbolFault};
pub use synthetic::{SyntheticOptions, synthesize};

//! The set on disk: a manifest that names one generation of a bar file and an instrument table.
//!
//! ```text
//! current.json                        the manifest, replaced in one step
//! bars-1d-<generation>.parquet        symbol, date, open, high, low, close, volume
//! instruments-<generation>.parquet    one row per instrument, with its rows in the bar file
//! lock                                held by the one writer
//! ```
//! A generation is named after its content, never changes once the manifest names it, and is removed when the
//! manifest names another one. Whoever has it open keeps reading it.

pub(crate) mod bar_file;
mod chunks;
mod lock;
mod manifest;
mod table;
pub(crate) mod writer;

pub(crate) use bar_file::BarFile;
pub(crate) use chunks::Chunks;
pub(crate) use manifest::Manifest;
pub use manifest::discard_unfinished;
pub(crate) use table::{Listing, read_table};
pub(crate) use writer::SetWriter;

/// Number columns of a bar, in the order of the bar file.
pub(crate) const NUMBERS: usize = 5;
/// Names of the columns of the bar file.
pub(crate) const BAR_COLUMNS: [&str; 2 + NUMBERS] =
    ["symbol", "date", "open", "high", "low", "close", "volume"];
/// Position of the date column in the bar file.
pub(crate) const DATE_COLUMN: usize = 1;
/// Position of the first number column in the bar file.
pub(crate) const FIRST_NUMBER: usize = 2;

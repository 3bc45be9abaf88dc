//! The set on disk: a manifest that names one generation of bar files, an instrument table, and record files.
//!
//! ```text
//! current.json                              the manifest, replaced in one step
//! bars-<timeframe>-<generation>.parquet     symbol, date or start, open, high, low, close, volume, origin
//! instruments-<generation>.parquet          one row per instrument, with its rows in each bar file
//! actions-, events-, facts-, members-, quotes-<generation>.parquet     only where there are some
//! lock                                      held by the one writer
//! ```
//! Bars of days, weeks and months are told by the venue's date (of the first day), shorter ones by the instant at
//! which they open. Their `origin` is a number in the manifest's list of origins.
//!
//! A generation is named after its content, never changes once the manifest names it, and is removed when the
//! manifest names another one. Whoever has it open keeps reading it. Format 1 had daily bars without origins, and no
//! records; it is still read, and the next import turns it into format 2.

pub(crate) mod bar_file;
mod bar_writer;
mod chunks;
mod columns;
mod content;
mod days;
mod lock;
mod manifest;
mod reads;
mod records;
mod table;
pub(crate) mod writer;

use crate::bars::Timeframe;

pub(crate) use bar_file::BarFile;
pub(crate) use bar_writer::Rows;
pub(crate) use chunks::Chunks;
pub(crate) use content::Content;
pub use manifest::discard_unfinished;
pub(crate) use manifest::{BarPart, Manifest};
#[cfg(test)]
pub(crate) use records::RecordSet;
pub(crate) use records::{
    ActionRecord, ActionRecordKind, Adjusted, EventRecord, FactRecord, MemberRecord, OriginRecord,
    QuoteRecord, Record, RecordFile, Records, SortedRecords, Stamped,
};
pub(crate) use table::{Span, Table, read_table};
pub(crate) use writer::SetWriter;

/// Number columns of a bar, in the order of the bar file.
pub(crate) const NUMBERS: usize = 5;
/// Names of the number columns of a bar file.
const NUMBER_NAMES: [&str; NUMBERS] = ["open", "high", "low", "close", "volume"];
/// Position of the column of dates or starts in a bar file.
const KEY_COLUMN: usize = 1;
/// Position of the first number column in a bar file.
const FIRST_NUMBER: usize = 2;
/// Position of the column of origins in a bar file; format 1 has none.
const ORIGIN_COLUMN: usize = FIRST_NUMBER + NUMBERS;

/// Name of the column that tells bars of a timeframe.
const fn key_name(timeframe: Timeframe) -> &'static str {
    if timeframe.millis().is_some() { "start" } else { "date" }
}

#[cfg(test)]
mod tests;

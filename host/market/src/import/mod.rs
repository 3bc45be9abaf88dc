//! Import of other programs' files: bars, directories, events.
//!
//! [`files`] finds the files, [`detect`] the reader of each; readers stand in [`formats`], [`reference`] and
//! [`events`] and speak to a [`sink::Sink`]; behind it is the [`intake`], and behind that the merge into the set.

mod bar_row;
mod content;
mod detect;
mod error;
mod events;
mod faults;
mod files;
mod formats;
pub(crate) mod fuzzing;
mod guarded;
mod headers;
mod hints;
mod identity;
mod intake;
mod local;
mod marks;
mod merge;
mod reader;
mod reference;
mod sink;
mod source;
mod stamp;
mod steps;
mod suffix;
mod table;
mod taken;
#[cfg(test)]
mod testing;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use chrono::NaiveDate;
use serde::Serialize;

use crate::calendar::Calendars;
use crate::days::date_of;
use crate::instant::Instant;
use crate::market::Market;
use crate::set::SetWriter;
use files::Files;
use intake::Intake;
use merge::merge;
use sink::Origin;
use taken::Taken;

pub use error::ImportError;
pub use faults::{FaultCount, FaultExample, FaultKind};
pub use guarded::is_guarded;
pub use hints::{ColumnName, FormatName, HintError, ImportHints, Zone};
pub use merge::Changes;

/// Memory for bars before they are sorted: three million of them.
const DEFAULT_MEMORY: u64 = 256 << 20;
/// Which part of it each kind of record may take, once for each time that they are sorted.
const RECORD_PART: u64 = 8;

/// How to read files that do not say everything themselves.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Venue of instruments that neither the set nor the file knows (ISO 10383).
    pub mic: String,
    /// Bars that are not complete at this instant are refused.
    pub now: Instant,
    /// When venues have sessions.
    pub calendars: Calendars,
    /// What the user says where files do not.
    pub hints: ImportHints,
    /// Bytes of memory for bars; an eighth of it each for actions, events, facts, memberships and quotes. What does not
    /// fit is sorted in a file without a name in the set's folder.
    pub memory: u64,
}

impl Default for ImportOptions {
    /// NYSE, the wall clock, the calendars' tables alone, 256 MiB.
    fn default() -> Self {
        Self {
            mic: "XNYS".to_owned(),
            now: Instant::now(),
            calendars: Calendars::default(),
            hints: ImportHints::default(),
            memory: DEFAULT_MEMORY,
        }
    }
}

impl ImportOptions {
    /// Bytes of memory for the records of one kind.
    fn record_memory(&self) -> u64 {
        self.memory / RECORD_PART
    }
}

/// What an import is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportStep {
    /// Reading the source files; counted in bytes.
    Read,
    /// Writing the set; counted in instruments.
    Write,
    /// Making synthetic bars; counted in instruments.
    Make,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportProgress {
    /// The step.
    pub step: ImportStep,
    /// Units done.
    pub done: u64,
    /// Units in all.
    pub total: u64,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// The layouts that were found, e.g. `daily bars (text)`.
    pub format: String,
    /// The files that were named.
    pub sources: Vec<PathBuf>,
    /// The files that were read, and what each was taken for.
    pub files: Vec<FileSummary>,
    /// Files in folders and archives that are no data by their names; they were not read.
    pub aside: Vec<PathBuf>,
    /// Rows that were read.
    pub rows: u64,
    /// Columns that were not used.
    pub ignored_columns: Vec<String>,
    /// Bars of times that the set did not have.
    pub bars_added: u64,
    /// Bars that the set had with other values; the new ones are kept.
    pub bars_replaced: u64,
    /// Bars that the set already had.
    pub bars_unchanged: u64,
    /// Splits, dividends, renames and ends of listings.
    pub actions: Changes,
    /// Events.
    pub events: Changes,
    /// Facts.
    pub facts: Changes,
    /// Memberships in indices.
    pub members: Changes,
    /// Quotes.
    pub quotes: Changes,
    /// Instruments in the set afterwards.
    pub instruments: u64,
    /// Instruments that the set did not have.
    pub instruments_added: u64,
    /// Instruments of which something else is known than before.
    pub instruments_changed: u64,
    /// Oldest date of the imported bars.
    pub first_date: Option<NaiveDate>,
    /// Newest date of the imported bars.
    pub last_date: Option<NaiveDate>,
    /// Digest of the set afterwards.
    pub digest: String,
    /// What is wrong in the files.
    pub faults: Vec<FaultCount>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSummary {
    /// The file, or the archive and the member in it.
    pub path: PathBuf,
    /// What it was taken for.
    pub layout: String,
    /// Who made it, as far as the layout tells; `csv` when nobody knows.
    pub source: String,
    /// Rows that were read.
    pub rows: u64,
    /// What messages call it.
    #[serde(skip)]
    name: String,
    #[serde(skip)]
    ignored: Vec<String>,
}

impl FileSummary {
    fn new(path: &Path, name: String) -> Self {
        let path = path.to_path_buf();
        Self { path, layout: String::new(), source: String::new(), rows: 0, name, ignored: Vec::new() }
    }

    /// What the reader found it to be.
    fn tell(&mut self, origin: &Origin) {
        origin.layout.clone_into(&mut self.layout);
        origin.source.clone_into(&mut self.source);
        for column in &origin.ignored {
            if !self.ignored.contains(column) {
                self.ignored.push(column.clone());
            }
        }
    }
}

/// Imports files into the set in `dir`: bars, directories, actions, events, facts, memberships, quotes.
///
/// Either all files are imported or nothing changes. Where bars overlap, the imported ones win.
///
/// # Errors
/// A file that cannot be understood, or a set that cannot be written.
pub fn import(
    dir: &Path,
    paths: &[PathBuf],
    options: &ImportOptions,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<ImportSummary, ImportError> {
    options.calendars.for_mic(&options.mic)?;
    let (reader, said) = (options.hints.reader()?, options.hints.said()?);
    let read = Rc::default();
    let files = Files::find(paths, &read)?;
    let mut intake = Intake::new(dir, options, (read, files.bytes), progress);
    files::read(&files.found, reader, &said, &mut intake)?;
    let taken = intake.finish()?;
    let summary = store(dir, paths, options, taken, progress)?;
    Ok(ImportSummary { aside: files.aside, ..summary })
}

/// Merges what was read into the set, in one step.
fn store(
    dir: &Path,
    paths: &[PathBuf],
    options: &ImportOptions,
    mut taken: Taken,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<ImportSummary, ImportError> {
    let lock = SetWriter::lock(dir)?;
    let old = Market::open_with(dir, &options.calendars)?;
    let mut writer = lock.start(options.record_memory());
    let merged = merge(&old, &mut taken, options, &mut writer, progress)?;
    let manifest = writer.commit()?;
    let days = taken.tickers.iter().filter_map(|ticker| ticker.days);
    Ok(ImportSummary {
        format: distinct(taken.files.iter().map(|file| &file.layout)).join(", "),
        sources: paths.to_vec(),
        rows: taken.rows,
        ignored_columns: distinct(taken.files.iter().flat_map(|file| &file.ignored)),
        files: taken.files,
        aside: Vec::new(),
        bars_added: merged.bars.added,
        bars_replaced: merged.bars.replaced,
        bars_unchanged: merged.bars.unchanged,
        actions: merged.actions,
        events: merged.events,
        facts: merged.facts,
        members: merged.members,
        quotes: merged.quotes,
        instruments: merged.instruments,
        instruments_added: merged.instruments_added,
        instruments_changed: merged.instruments_changed,
        first_date: days.clone().map(|days| days.0).min().map(date_of),
        last_date: days.map(|days| days.1).max().map(date_of),
        digest: manifest.digest,
        faults: taken.faults.into_counts(),
    })
}

/// Each text once, in the order of the first ones.
fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut distinct: Vec<String> = Vec::new();
    for text in texts {
        if !distinct.contains(text) {
            distinct.push(text.clone());
        }
    }
    distinct
}

#[cfg(test)]
mod tests;

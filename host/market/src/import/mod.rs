//! Import of bars and directories from other programs' files.

mod columnar;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod content;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod detect;
mod directory;
mod error;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod events;
mod faults;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod files;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod formats;
pub(crate) mod fuzzing;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod headers;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod hints;
mod layout;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod local;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod marks;
mod merge;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod reader;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod reference;
mod rows;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod sink;
mod source;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod stamp;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod steps;
#[allow(dead_code, reason = "readers of vendors' layouts are being moved to it")]
mod table;
#[cfg(test)]
#[allow(dead_code, reason = "tests of readers are being moved to it")]
mod testing;
mod text;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use crate::calendar::{Calendar, Calendars};
use crate::days::date_of;
use crate::instant::Instant;
use crate::market::Market;
use crate::set::{OriginRecord, SetWriter};
use crate::symbol::printable;
use directory::{Directory, Texts};
use faults::Place;
use layout::Recognised;
use merge::merge;
use rows::BarRows;
use source::Source;
use text::DateCache;

pub use error::ImportError;
pub use faults::{FaultCount, FaultExample, FaultKind};
pub use hints::{ColumnName, FormatName, HintError, ImportHints, Zone};

/// How to read files that do not say everything themselves.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Venue of instruments that the set does not know yet (ISO 10383).
    pub mic: String,
    /// Bars that are not complete at this instant are refused.
    pub now: Instant,
    /// When venues have sessions.
    pub calendars: Calendars,
}

impl Default for ImportOptions {
    /// NYSE, the wall clock and the calendars' tables alone.
    fn default() -> Self {
        Self { mic: "XNYS".to_owned(), now: Instant::now(), calendars: Calendars::default() }
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImportSummary {
    /// The layouts that were found, e.g. `long CSV (date, open, high, low, close, volume, name)`.
    pub format: String,
    /// The files.
    pub sources: Vec<PathBuf>,
    /// Rows of bars and of directories that were read.
    pub rows: u64,
    /// Columns that were not used.
    pub ignored_columns: Vec<String>,
    /// Bars of dates that the set did not have.
    pub bars_added: u64,
    /// Bars that the set had with other values; the new ones are kept.
    pub bars_replaced: u64,
    /// Bars that the set already had.
    pub bars_unchanged: u64,
    /// Instruments in the set afterwards.
    pub instruments: u64,
    /// Instruments that the set did not have.
    pub instruments_added: u64,
    /// Instruments whose directory entry changed.
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

/// Imports files into the set in `dir`: bars and directories, told apart by their columns.
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
    if paths.is_empty() {
        return Err(ImportError::NoFile);
    }
    let calendar = options.calendars.for_mic(&options.mic)?;
    let mut sizes = Vec::with_capacity(paths.len());
    for path in paths {
        sizes.push(std::fs::metadata(path).map_err(ImportError::io("open", path))?.len());
    }
    let mut intake = Intake::new(calendar, options.now, sizes.iter().sum(), progress);
    for (path, bytes) in paths.iter().zip(sizes) {
        match source::open(path, &intake.read)? {
            Source::Parquet => columnar::read(path, bytes, &mut intake)?,
            Source::Text(text) => text::read(path, text, &mut intake)?,
        }
    }
    let taken = intake.finish();
    store(dir, paths, options, taken, progress)
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
    let mut writer = lock.start();
    let mut origins: Vec<u32> = old.set.origins.iter().map(|origin| writer.origin(origin.clone())).collect();
    origins.push(writer.origin(OriginRecord::unknown()));
    let mic = &options.mic;
    let merged = merge(&old, &mut taken.bars, &taken.directory, mic, &mut writer, &origins, progress)?;
    let manifest = writer.commit()?;
    let days = taken.bars.day.iter();
    Ok(ImportSummary {
        format: taken.formats.join(", "),
        sources: paths.to_vec(),
        rows: taken.rows,
        ignored_columns: taken.ignored,
        bars_added: merged.added,
        bars_replaced: merged.replaced,
        bars_unchanged: merged.unchanged,
        instruments: merged.instruments,
        instruments_added: merged.instruments_added,
        instruments_changed: merged.instruments_changed,
        first_date: days.clone().min().copied().map(date_of),
        last_date: days.max().copied().map(date_of),
        digest: manifest.digest,
        faults: taken.bars.faults.into_counts(),
    })
}

/// What the readers fill.
pub(crate) struct Intake<'a> {
    bars: BarRows,
    directory: Directory,
    zone: Tz,
    dates: DateCache,
    /// Bytes of the files that were consumed so far.
    read: Rc<Cell<u64>>,
    total: u64,
    rows: u64,
    /// Bars and entries before the current file.
    taken_before: usize,
    file: String,
    formats: Vec<String>,
    ignored: Vec<String>,
    progress: &'a mut dyn FnMut(ImportProgress),
}

/// What was read.
struct Taken {
    bars: BarRows,
    directory: Directory,
    rows: u64,
    formats: Vec<String>,
    ignored: Vec<String>,
}

impl<'a> Intake<'a> {
    fn new(
        calendar: Calendar,
        now: Instant,
        total: u64,
        progress: &'a mut dyn FnMut(ImportProgress),
    ) -> Self {
        let bars = BarRows::new(calendar, now);
        Self {
            zone: bars.zone(),
            bars,
            directory: Directory::default(),
            dates: DateCache::default(),
            read: Rc::default(),
            total,
            rows: 0,
            taken_before: 0,
            file: String::new(),
            formats: Vec::new(),
            ignored: Vec::new(),
            progress,
        }
    }

    /// A file was recognised; its rows follow.
    fn start(&mut self, path: &Path, parquet: bool, recognised: &Recognised) {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        self.file = printable(&name, 80);
        self.bars.start_file(&self.file, parquet);
        self.taken_before = self.bars.len() + self.directory.entries.len();
        let format =
            format!("{} ({})", recognised.layout.describe(), if parquet { "Parquet" } else { "text" });
        if !self.formats.contains(&format) {
            self.formats.push(format);
        }
        for column in &recognised.ignored {
            if !self.ignored.contains(column) {
                self.ignored.push(column.clone());
            }
        }
    }

    /// A directory entry.
    fn entry(&mut self, place: Place, texts: Texts) {
        self.directory.push(&self.file, place, texts, &mut self.bars.faults);
    }

    /// Rows are numbered by `u32`.
    fn check_rows(&self, path: &Path) -> Result<(), ImportError> {
        let limit = u32::MAX;
        if self.bars.len() as u64 + u64::from(MAX_UNCHECKED_ROWS) > u64::from(limit) {
            return Err(ImportError::TooManyRows { path: path.to_path_buf(), limit });
        }
        Ok(())
    }

    fn report(&mut self) {
        let done = self.read.get().min(self.total);
        (self.progress)(ImportProgress { step: ImportStep::Read, done, total: self.total });
    }

    /// The file is read; a file without a single usable row is refused.
    fn end(&mut self, path: &Path, rows: u64) -> Result<(), ImportError> {
        self.rows += rows;
        self.report();
        if self.bars.len() + self.directory.entries.len() > self.taken_before {
            return Ok(());
        }
        let reason = match self.bars.faults.first() {
            _ if rows == 0 => "it has a header and no rows".to_owned(),
            Some(fault) => {
                let place = fault.line.map(|line| format!("line {line}: "));
                let place = place.or_else(|| fault.row.map(|row| format!("row {row}: ")));
                format!("none of its {rows} rows can be used; {}{}", place.unwrap_or_default(), fault.detail)
            }
            None => format!("none of its {rows} rows can be used"),
        };
        Err(ImportError::content(path, reason, "nothing was imported"))
    }

    fn finish(self) -> Taken {
        Taken {
            bars: self.bars,
            directory: self.directory,
            rows: self.rows,
            formats: self.formats,
            ignored: self.ignored,
        }
    }
}

/// More rows than are ever read between two checks.
const MAX_UNCHECKED_ROWS: u32 = 65_536;

#[cfg(test)]
mod tests;

//! Imported bars as sorted runs: in memory as long as they fit, in a file beyond.
//!
//! A run holds the rows that came one after the other until there was no more room, sorted by group (ticker and
//! timeframe), then by key; equal keys in the order of the files. The file has no name: it is gone with the process,
//! however that ends.

mod cursor;
mod run;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ImportError;
use super::sink::Ticker;
use crate::bars::Timeframe;
use crate::set::NUMBERS;
pub(crate) use cursor::Imported;
use run::Run;

/// Memory that a row costs while a run is sorted: itself, its key, its place in the order.
const ROW_BYTES: usize = size_of::<Row>() + 16 + 4;
/// Fewer rows are never spilled.
const MIN_ROWS: usize = 2;

/// A bar of a ticker. 64 bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    pub(crate) group: Group,
    /// Number of the file, or of the part of it, in the order of reading.
    pub(crate) section: u32,
    /// Line or row of the file.
    pub(crate) line: u32,
    /// Day, or UTC milliseconds of the open.
    pub(crate) key: i64,
    pub(crate) values: [f64; NUMBERS],
}

/// The bars of a ticker in one timeframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Group(u64);

impl Group {
    pub(crate) fn new(ticker: Ticker, timeframe: Timeframe) -> Self {
        Self(u64::from(ticker.0) << 8 | timeframe as u64)
    }

    pub(crate) fn ticker(self) -> Ticker {
        Ticker((self.0 >> 8) as u32)
    }
}

/// All bars of an import.
pub(crate) struct Spool {
    dir: PathBuf,
    /// Rows that are held in memory.
    limit: usize,
    rows: Vec<Row>,
    file: Option<Arc<File>>,
    /// Rows in the file.
    spilled: u64,
    runs: Vec<Run>,
}

impl Spool {
    /// A spool that takes so many bytes of memory, and puts the rest into a file in a folder.
    pub(crate) fn new(dir: &Path, memory: u64) -> Self {
        let memory = usize::try_from(memory).unwrap_or(usize::MAX);
        Self {
            dir: dir.to_path_buf(),
            limit: (memory / ROW_BYTES).max(MIN_ROWS),
            rows: Vec::new(),
            file: None,
            spilled: 0,
            runs: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Rows so far.
    #[cfg(test)]
    fn len(&self) -> u64 {
        self.spilled + self.rows.len() as u64
    }

    /// Moves what is in memory into the file when it has become too much. To be called every some thousand rows.
    pub(crate) fn relieve(&mut self) -> Result<(), ImportError> {
        if self.rows.len() < self.limit {
            return Ok(());
        }
        let file = self.file()?;
        let run = Run::spill(&self.rows, file, self.spilled).map_err(ImportError::io("write", &self.dir))?;
        self.spilled += self.rows.len() as u64;
        self.rows.clear();
        self.runs.push(run);
        Ok(())
    }

    /// The file, which loses its name as soon as it is there.
    fn file(&mut self) -> Result<Arc<File>, ImportError> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        std::fs::create_dir_all(&self.dir).map_err(ImportError::io("create", &self.dir))?;
        let path = self.dir.join(format!("spool-{}.partial", std::process::id()));
        let opened = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = Arc::new(opened.map_err(ImportError::io("create", &path))?);
        match std::fs::remove_file(&path) {
            // another import that ends just now tidies up
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed.map_err(ImportError::io("unlink", &path))?,
        }
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// All rows are there: sorts the last of them.
    pub(crate) fn finish(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_empty() {
            self.spilled += rows.len() as u64;
            self.runs.push(Run::keep(rows));
        }
    }

    /// The rows of some groups with keys in given ranges, in the order of keys, then of files and lines.
    pub(crate) fn rows(&self, pieces: &[(Group, std::ops::Range<i64>)]) -> Result<Imported<'_>, ImportError> {
        let sources = pieces.iter().flat_map(|(group, keys)| {
            self.runs.iter().filter_map(|run| run.rows_of(*group).map(|rows| (run, rows, keys.clone())))
        });
        Imported::new(sources.collect()).map_err(ImportError::io("read", &self.dir))
    }

    /// What a failed read is about.
    pub(crate) fn folder(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests;

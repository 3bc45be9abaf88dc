//! More rows than fit into memory, in order: sorted runs in memory as long as they fit, in a file beyond.
//!
//! A run holds the rows that came one after the other until there was no more room, sorted by group, then as the
//! rows compare; equal ones in the order in which they came. The file has no name: it is gone with the process,
//! however that ends. [`Spool`] takes rows of any kind, [`Sorter`] values of which only the order matters.

mod keyed;
mod run;
mod sequence;

use std::cmp::Ordering;
use std::fs::{File, OpenOptions};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as MemoryOrder};

use crate::error::MarketError;
pub(crate) use keyed::{Key, Sorter};
use run::Run;
pub(crate) use sequence::Sequence;

/// Memory that the order of a row takes while a run is sorted: its key and its place, twice.
const ORDER_BYTES: usize = 16 + 4;
/// Fewer rows are never spilled.
const MIN_ROWS: usize = 2;

/// What a spool keeps.
pub(crate) trait Row: Clone {
    /// What it belongs to: rows are asked for by groups.
    fn group(&self) -> Group;

    /// Its place in the group as a number, as far as it has one; rows may be asked for by a range of it.
    fn key(&self) -> i64;

    /// Which of two rows of one group comes first; by key before anything else.
    fn compare(&self, other: &Self) -> Ordering;

    /// Bytes of memory that it takes.
    fn memory(&self) -> usize;

    /// Appends its bytes.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes a row from the head of some bytes; none when they end before it does.
    fn decode(bytes: &mut &[u8]) -> Option<Self>;
}

/// The number of what rows belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Group(pub(crate) u64);

/// All keys.
pub(crate) const ALL_KEYS: Range<i64> = i64::MIN..i64::MAX;

/// Rows that are sorted once all of them are there.
pub(crate) struct Spool<R> {
    dir: PathBuf,
    /// Bytes of memory that rows may take.
    limit: usize,
    /// Bytes that they take.
    held: usize,
    rows: Vec<R>,
    file: Option<Arc<File>>,
    /// Bytes in the file.
    spilled: u64,
    runs: Vec<Run<R>>,
    count: u64,
}

impl<R: Row> Spool<R> {
    /// A spool that takes so many bytes of memory, and puts the rest into a file in a folder.
    pub(crate) fn new(dir: &Path, memory: u64) -> Self {
        Self {
            dir: dir.to_path_buf(),
            limit: usize::try_from(memory).unwrap_or(usize::MAX),
            held: 0,
            rows: Vec::new(),
            file: None,
            spilled: 0,
            runs: Vec::new(),
            count: 0,
        }
    }

    pub(crate) fn push(&mut self, row: R) {
        self.held += row.memory() + ORDER_BYTES;
        self.count += 1;
        self.rows.push(row);
    }

    /// Rows so far.
    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    /// Moves what is in memory into the file when it has become too much. To be called every some thousand rows.
    pub(crate) fn relieve(&mut self) -> Result<(), MarketError> {
        if self.held < self.limit || self.rows.len() < MIN_ROWS {
            return Ok(());
        }
        let file = self.file()?;
        let run = Run::spill(&self.rows, file, self.spilled).map_err(MarketError::io("write", &self.dir))?;
        self.spilled = run.end();
        self.rows.clear();
        self.held = 0;
        self.runs.push(run);
        Ok(())
    }

    /// The file, which loses its name as soon as it is there.
    fn file(&mut self) -> Result<Arc<File>, MarketError> {
        /// Several spools may make theirs at once.
        static NUMBER: AtomicU64 = AtomicU64::new(0);

        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        std::fs::create_dir_all(&self.dir).map_err(MarketError::io("create", &self.dir))?;
        let number = NUMBER.fetch_add(1, MemoryOrder::Relaxed);
        let path = self.dir.join(format!("spool-{}-{number}.partial", std::process::id()));
        let opened = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = Arc::new(opened.map_err(MarketError::io("create", &path))?);
        match std::fs::remove_file(&path) {
            // another import that ends just now tidies up
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            removed => removed.map_err(MarketError::io("unlink", &path))?,
        }
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// All rows are there: sorts the last of them.
    pub(crate) fn finish(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_empty() {
            self.runs.push(Run::keep(rows));
        }
    }

    /// The rows of some groups with keys in given ranges, as they compare.
    pub(crate) fn rows(&self, pieces: &[(Group, Range<i64>)]) -> Result<Sequence<'_, R>, MarketError> {
        let sources = pieces.iter().flat_map(|(group, keys)| {
            self.runs.iter().filter_map(|run| run.rows_of(*group).map(|rows| (run, rows, keys.clone())))
        });
        Sequence::new(sources.collect()).map_err(MarketError::io("read", &self.dir))
    }

    /// What a failed read is about.
    pub(crate) fn folder(&self) -> &Path {
        &self.dir
    }
}

#[cfg(test)]
mod tests;

//! Rows of several sorted runs as one sorted sequence.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::ops::Range;

use super::Row;
use super::run::Run;

/// Rows that a source holds: 64 KiB.
const BUFFER_ROWS: u64 = 1024;

/// Rows by key, then by section and line.
pub(crate) struct Imported<'a> {
    sources: Vec<Source<'a>>,
    /// The next row of each source that has one, and the number of the source. Not used for a single source.
    heap: BinaryHeap<Reverse<(Place, usize)>>,
    next: Option<Row>,
}

/// What decides between rows of different sources: key, section, line.
type Place = (i64, u32, u32);

/// The rows of a group in one run, with keys in a range.
struct Source<'a> {
    run: &'a Run,
    rows: Range<u64>,
    keys: Range<i64>,
    buffer: Vec<Row>,
    at: usize,
}

impl<'a> Imported<'a> {
    pub(super) fn new(sources: Vec<(&'a Run, Range<u64>, Range<i64>)>) -> io::Result<Self> {
        let sources = sources
            .into_iter()
            .map(|(run, rows, keys)| Source { run, rows, keys, buffer: Vec::new(), at: 0 })
            .collect();
        let mut imported = Self { sources, heap: BinaryHeap::new(), next: None };
        if imported.sources.len() > 1 {
            for (number, source) in imported.sources.iter_mut().enumerate() {
                if let Some(row) = source.peek()? {
                    imported.heap.push(Reverse((place_of(row), number)));
                }
            }
        }
        imported.next = imported.pull()?;
        Ok(imported)
    }

    /// The row that comes next.
    pub(crate) fn peek(&self) -> Option<&Row> {
        self.next.as_ref()
    }

    /// Takes the next row.
    pub(crate) fn take(&mut self) -> io::Result<Option<Row>> {
        let row = self.next.take();
        if row.is_some() {
            self.next = self.pull()?;
        }
        Ok(row)
    }

    fn pull(&mut self) -> io::Result<Option<Row>> {
        let [source] = self.sources.as_mut_slice() else { return self.pull_least() };
        let row = source.peek()?.copied();
        source.at += 1;
        Ok(row)
    }

    fn pull_least(&mut self) -> io::Result<Option<Row>> {
        let Some(mut top) = self.heap.peek_mut() else { return Ok(None) };
        let Reverse((_, number)) = *top;
        let Some(source) = self.sources.get_mut(number) else { return Ok(None) };
        let row = source.peek()?.copied();
        source.at += 1;
        match source.peek()? {
            Some(next) => *top = Reverse((place_of(next), number)),
            None => {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        Ok(row)
    }
}

fn place_of(row: &Row) -> Place {
    (row.key, row.section, row.line)
}

impl Source<'_> {
    /// The next row with a key in the range.
    fn peek(&mut self) -> io::Result<Option<&Row>> {
        loop {
            if self.at >= self.buffer.len() {
                if self.rows.is_empty() {
                    return Ok(None);
                }
                let end = self.rows.end.min(self.rows.start + BUFFER_ROWS);
                self.buffer.clear();
                self.run.read(self.rows.start..end, &mut self.buffer)?;
                self.rows.start = end;
                self.at = 0;
            }
            match self.buffer.get(self.at) {
                Some(row) if row.key < self.keys.start => self.at += 1,
                Some(row) if row.key >= self.keys.end => {
                    self.rows.start = self.rows.end;
                    self.buffer.clear();
                    return Ok(None);
                }
                _ => break,
            }
        }
        Ok(self.buffer.get(self.at))
    }
}

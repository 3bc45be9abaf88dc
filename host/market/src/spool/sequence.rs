//! Rows of several sorted runs as one sorted sequence.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io;
use std::ops::Range;

use super::Row;
use super::run::Run;

/// Rows as they compare; equal ones in the order in which they came.
pub(crate) struct Sequence<'a, R: Row> {
    sources: Vec<Source<'a, R>>,
    /// The next row of each source that has one. Not used for a single source.
    heap: BinaryHeap<Head<R>>,
    next: Option<R>,
}

/// The next row of a source, greatest when it comes first.
struct Head<R> {
    row: R,
    source: usize,
}

/// The rows of a group in one run, with keys in a range.
struct Source<'a, R> {
    run: &'a Run<R>,
    /// What was not read yet.
    rows: Range<u64>,
    keys: Range<i64>,
    buffer: std::vec::IntoIter<R>,
}

impl<'a, R: Row> Sequence<'a, R> {
    pub(super) fn new(sources: Vec<(&'a Run<R>, Range<u64>, Range<i64>)>) -> io::Result<Self> {
        let sources = sources
            .into_iter()
            .map(|(run, rows, keys)| Source { run, rows, keys, buffer: Vec::new().into_iter() })
            .collect();
        let mut sequence = Self { sources, heap: BinaryHeap::new(), next: None };
        if sequence.sources.len() > 1 {
            for (number, source) in sequence.sources.iter_mut().enumerate() {
                if let Some(row) = source.take()? {
                    sequence.heap.push(Head { row, source: number });
                }
            }
        }
        sequence.next = sequence.pull()?;
        Ok(sequence)
    }

    /// The row that comes next.
    pub(crate) fn peek(&self) -> Option<&R> {
        self.next.as_ref()
    }

    /// Takes the next row.
    pub(crate) fn take(&mut self) -> io::Result<Option<R>> {
        let row = self.next.take();
        if row.is_some() {
            self.next = self.pull()?;
        }
        Ok(row)
    }

    fn pull(&mut self) -> io::Result<Option<R>> {
        if let [source] = self.sources.as_mut_slice() {
            return source.take();
        }
        let Some(mut top) = self.heap.peek_mut() else { return Ok(None) };
        let Some(source) = self.sources.get_mut(top.source) else { return Ok(None) };
        Ok(Some(match source.take()? {
            Some(next) => std::mem::replace(&mut top.row, next),
            None => PeekMut::pop(top).row,
        }))
    }
}

impl<R: Row> Source<'_, R> {
    /// The next row with a key in the range.
    fn take(&mut self) -> io::Result<Option<R>> {
        loop {
            for row in self.buffer.by_ref() {
                let key = row.key();
                if key >= self.keys.end {
                    self.rows.start = self.rows.end;
                    self.buffer = Vec::new().into_iter();
                    return Ok(None);
                }
                if key >= self.keys.start {
                    return Ok(Some(row));
                }
            }
            if self.rows.is_empty() {
                return Ok(None);
            }
            self.buffer = self.run.read(&mut self.rows)?.into_iter();
        }
    }
}

impl<R: Row> Ord for Head<R> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.row.compare(&self.row).then_with(|| other.source.cmp(&self.source))
    }
}

impl<R: Row> PartialOrd for Head<R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: Row> PartialEq for Head<R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<R: Row> Eq for Head<R> {}

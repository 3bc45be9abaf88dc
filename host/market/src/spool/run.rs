//! One sorted run.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::{Group, Row};

/// Rows that are read from memory at a time.
const READ_ROWS: u64 = 1024;
/// Bytes that are read from the file at a time.
const READ_BYTES: u64 = 64 << 10;
/// Bytes that are encoded before they are written.
const WRITE_BYTES: usize = 1 << 20;

/// Rows sorted by group and as they compare.
pub(super) struct Run<R> {
    store: Store<R>,
    /// Where each group begins, ascending: the position of a row in memory, of a byte in the file.
    groups: Vec<(Group, u64)>,
    end: u64,
}

enum Store<R> {
    /// The rows as they came, and their order.
    Memory(Vec<R>, Vec<u32>),
    /// A part of the file.
    Disk(Arc<File>),
}

impl<R: Row> Run<R> {
    /// A run that stays in memory.
    pub(super) fn keep(rows: Vec<R>) -> Self {
        let order = order_of(&rows);
        let mut groups = Vec::new();
        for (row, position) in order.iter().filter_map(|index| rows.get(*index as usize)).zip(0..) {
            note(&mut groups, row.group(), position);
        }
        Self { end: rows.len() as u64, groups, store: Store::Memory(rows, order) }
    }

    /// A run that is written to the end of the file, which has so many bytes.
    pub(super) fn spill(rows: &[R], file: Arc<File>, at: u64) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(WRITE_BYTES);
        let mut groups = Vec::new();
        let mut written = at;
        for row in order_of(rows).iter().filter_map(|index| rows.get(*index as usize)) {
            note(&mut groups, row.group(), written + bytes.len() as u64);
            row.encode(&mut bytes);
            if bytes.len() >= WRITE_BYTES {
                (&*file).write_all(&bytes)?;
                written += bytes.len() as u64;
                bytes.clear();
            }
        }
        (&*file).write_all(&bytes)?;
        Ok(Self { end: written + bytes.len() as u64, groups, store: Store::Disk(file) })
    }

    /// Where it ends.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Where the rows of a group are.
    pub(super) fn rows_of(&self, group: Group) -> Option<Range<u64>> {
        let index = self.groups.binary_search_by_key(&group, |(group, _)| *group).ok()?;
        let (_, start) = self.groups.get(index)?;
        let end = self.groups.get(index + 1).map_or(self.end, |(_, start)| *start);
        Some(*start..end)
    }

    /// The first rows of a range, which begins behind them afterwards. At least one unless the range is empty.
    pub(super) fn read(&self, range: &mut Range<u64>) -> io::Result<Vec<R>> {
        let file = match &self.store {
            Store::Disk(file) => file,
            Store::Memory(rows, order) => {
                let end = range.end.min(range.start.saturating_add(READ_ROWS));
                let index = |place: u64| usize::try_from(place).unwrap_or(usize::MAX);
                let part = order.get(index(range.start)..index(end)).unwrap_or_default();
                range.start = end;
                return Ok(part.iter().filter_map(|index| rows.get(*index as usize)).cloned().collect());
            }
        };
        let mut wanted = READ_BYTES;
        loop {
            let left = range.end.saturating_sub(range.start);
            let mut bytes = vec![0; usize::try_from(wanted.min(left)).unwrap_or(usize::MAX)];
            file.read_exact_at(&mut bytes, range.start)?;
            let mut rest = bytes.as_slice();
            let rows: Vec<R> = std::iter::from_fn(|| R::decode(&mut rest)).collect();
            if !rows.is_empty() || left == 0 {
                range.start += (bytes.len() - rest.len()) as u64;
                return Ok(rows);
            }
            if wanted >= left {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            // a row that is longer than what is read at a time
            wanted = wanted.saturating_mul(2);
        }
    }
}

/// Keeps where a group begins.
fn note(groups: &mut Vec<(Group, u64)>, group: Group, place: u64) {
    if groups.last().is_none_or(|(last, _)| *last != group) {
        groups.push((group, place));
    }
}

/// The positions of the rows by group and key; equal ones in the order in which they came.
///
/// Groups are small numbers, so that the rows are dealt out to them in one pass; within a group bars mostly come in
/// their order already.
fn order_of<R: Row>(rows: &[R]) -> Vec<u32> {
    let positions = 0..u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let ascend = |a: &R, b: &R| a.group().cmp(&b.group()).then_with(|| a.compare(b)) != Ordering::Greater;
    if rows.is_sorted_by(ascend) {
        return positions.collect();
    }
    let mut groups: Vec<Group> = rows.iter().map(Row::group).collect();
    groups.dedup();
    groups.sort_unstable();
    groups.dedup();
    let number = |group: Group| groups.binary_search(&group).unwrap_or_default();
    let mut numbers: Vec<u32> = Vec::with_capacity(rows.len());
    let mut last: Option<(Group, usize)> = None;
    let mut starts = vec![0_usize; groups.len() + 1];
    for row in rows {
        let index = match last {
            Some((group, index)) if group == row.group() => index,
            _ => number(row.group()),
        };
        last = Some((row.group(), index));
        numbers.push(u32::try_from(index).unwrap_or(u32::MAX));
        if let Some(count) = starts.get_mut(index + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut dealt = vec![(0_i64, 0_u32); rows.len()];
    for ((row, number), position) in rows.iter().zip(numbers).zip(positions) {
        let Some(next) = next.get_mut(number as usize) else { continue };
        if let Some(place) = dealt.get_mut(*next) {
            *place = (row.key(), position);
        }
        *next += 1;
    }
    let row = |position: u32| rows.get(position as usize);
    let compare = |a: &(i64, u32), b: &(i64, u32)| {
        let whole = || row(a.1).zip(row(b.1)).map_or(Ordering::Equal, |(a, b)| a.compare(b));
        a.0.cmp(&b.0).then_with(whole).then(a.1.cmp(&b.1))
    };
    for (start, end) in starts.iter().zip(starts.iter().skip(1)) {
        if let Some(group) = dealt.get_mut(*start..*end)
            && !group.is_sorted_by(|a, b| compare(a, b) != Ordering::Greater)
        {
            group.sort_unstable_by(compare);
        }
    }
    dealt.into_iter().map(|(_, position)| position).collect()
}

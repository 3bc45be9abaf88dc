//! One sorted run.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::{Group, Row};
use crate::set::NUMBERS;

/// Bytes of a row in the file.
const BYTES: usize = size_of::<Row>();
/// Rows that are encoded between two writes: one megabyte.
const WRITE_ROWS: usize = 16_384;

/// Rows sorted by group and key.
pub(super) struct Run {
    store: Store,
    /// Where each group begins, ascending.
    groups: Vec<(Group, u64)>,
    rows: u64,
}

enum Store {
    /// The rows as they came, and their order.
    Memory(Vec<Row>, Vec<u32>),
    /// A part of the file that begins at a row.
    Disk(Arc<File>, u64),
}

impl Run {
    /// A run that stays in memory.
    pub(super) fn keep(rows: Vec<Row>) -> Self {
        let order = order_of(&rows);
        let groups = groups_of(&rows, &order);
        Self { rows: rows.len() as u64, groups, store: Store::Memory(rows, order) }
    }

    /// A run that is written to the end of the file, which has so many rows.
    pub(super) fn spill(rows: &[Row], file: Arc<File>, at: u64) -> io::Result<Self> {
        let order = order_of(rows);
        let mut bytes = Vec::with_capacity(WRITE_ROWS * BYTES);
        for part in order.chunks(WRITE_ROWS) {
            bytes.clear();
            part.iter().filter_map(|index| rows.get(*index as usize)).for_each(|row| encode(row, &mut bytes));
            (&*file).write_all(&bytes)?;
        }
        let groups = groups_of(rows, &order);
        Ok(Self { rows: rows.len() as u64, groups, store: Store::Disk(file, at) })
    }

    /// Where the rows of a group are.
    pub(super) fn rows_of(&self, group: Group) -> Option<Range<u64>> {
        let index = self.groups.binary_search_by_key(&group, |(group, _)| *group).ok()?;
        let (_, start) = self.groups.get(index)?;
        let end = self.groups.get(index + 1).map_or(self.rows, |(_, start)| *start);
        Some(*start..end)
    }

    /// Appends rows in their order.
    pub(super) fn read(&self, range: Range<u64>, out: &mut Vec<Row>) -> io::Result<()> {
        let count = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        match &self.store {
            Store::Memory(rows, order) => {
                let start = usize::try_from(range.start).unwrap_or(usize::MAX);
                let part = order.get(start..start + count).unwrap_or_default();
                out.extend(part.iter().filter_map(|index| rows.get(*index as usize)));
            }
            Store::Disk(file, at) => {
                let mut bytes = vec![0; count * BYTES];
                file.read_exact_at(&mut bytes, (at + range.start) * BYTES as u64)?;
                let (rows, _) = bytes.as_chunks::<BYTES>();
                out.extend(rows.iter().map(decode));
            }
        }
        Ok(())
    }
}

/// The positions of the rows by group and key; equal ones in the order in which they came.
///
/// Groups are small numbers, so that the rows are dealt out to them in one pass; within a group bars mostly come in
/// their order already.
fn order_of(rows: &[Row]) -> Vec<u32> {
    let positions = 0..u32::try_from(rows.len()).unwrap_or(u32::MAX);
    if rows.is_sorted_by_key(|row| (row.group, row.key)) {
        return positions.collect();
    }
    let mut groups: Vec<Group> = rows.iter().map(|row| row.group).collect();
    groups.dedup();
    groups.sort_unstable();
    groups.dedup();
    let number = |group: Group| groups.binary_search(&group).unwrap_or_default();
    let mut numbers: Vec<u32> = Vec::with_capacity(rows.len());
    let mut last: Option<(Group, usize)> = None;
    let mut starts = vec![0_usize; groups.len() + 1];
    for row in rows {
        let index = match last {
            Some((group, index)) if group == row.group => index,
            _ => number(row.group),
        };
        last = Some((row.group, index));
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
            *place = (row.key, position);
        }
        *next += 1;
    }
    for (start, end) in starts.iter().zip(starts.iter().skip(1)) {
        if let Some(group) = dealt.get_mut(*start..*end)
            && !group.is_sorted()
        {
            group.sort_unstable();
        }
    }
    dealt.into_iter().map(|(_, position)| position).collect()
}

fn groups_of(rows: &[Row], order: &[u32]) -> Vec<(Group, u64)> {
    let mut groups: Vec<(Group, u64)> = Vec::new();
    for (position, row) in order.iter().filter_map(|index| rows.get(*index as usize)).enumerate() {
        if groups.last().is_none_or(|(group, _)| *group != row.group) {
            groups.push((row.group, position as u64));
        }
    }
    groups
}

fn encode(row: &Row, out: &mut Vec<u8>) {
    out.extend_from_slice(&row.group.0.to_le_bytes());
    out.extend_from_slice(&row.section.to_le_bytes());
    out.extend_from_slice(&row.line.to_le_bytes());
    out.extend_from_slice(&row.key.to_le_bytes());
    for value in row.values {
        out.extend_from_slice(&value.to_le_bytes());
    }
}

fn decode(bytes: &[u8; BYTES]) -> Row {
    let (words, _) = bytes.as_chunks::<8>();
    let word = |index: usize| words.get(index).copied().unwrap_or_default();
    let place = u64::from_le_bytes(word(1));
    let mut values = [f64::NAN; NUMBERS];
    for (value, word) in values.iter_mut().zip(words.iter().skip(3)) {
        *value = f64::from_le_bytes(*word);
    }
    Row {
        group: Group(u64::from_le_bytes(word(0))),
        section: place as u32,
        line: (place >> 32) as u32,
        key: i64::from_le_bytes(word(2)),
        values,
    }
}

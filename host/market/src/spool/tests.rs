use std::ops::Range;

use proptest::prelude::*;

use super::*;

/// A row as small as one can be, with a number that says which it is.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Small {
    group: Group,
    key: i64,
    number: u32,
}

impl Row for Small {
    fn group(&self) -> Group {
        self.group
    }

    fn key(&self) -> i64 {
        self.key
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.key, self.number / 100).cmp(&(other.key, other.number / 100))
    }

    fn memory(&self) -> usize {
        size_of::<Self>()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.group.0.to_le_bytes());
        out.extend_from_slice(&self.key.to_le_bytes());
        out.extend_from_slice(&self.number.to_le_bytes());
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let (row, rest) = bytes.split_first_chunk::<20>()?;
        *bytes = rest;
        Some(Self {
            group: Group(u64::from_le_bytes(row[..8].try_into().unwrap())),
            key: i64::from_le_bytes(row[8..16].try_into().unwrap()),
            number: u32::from_le_bytes(row[16..].try_into().unwrap()),
        })
    }
}

/// Rows of three groups that come in a muddle, with equal keys here and there.
fn muddle(count: u32) -> Vec<Small> {
    let row = |number: u32| Small {
        group: Group(u64::from(number * 7 % 3)),
        key: i64::from(number * 7919 % 97),
        number,
    };
    (0..count).map(row).collect()
}

fn taken(spool: &Spool<Small>, pieces: &[(Group, Range<i64>)]) -> Vec<Small> {
    let mut rows = spool.rows(pieces).unwrap();
    let mut out = Vec::new();
    while let Some(row) = rows.take().unwrap() {
        out.push(row);
    }
    out
}

fn spool(dir: &Path, memory: u64, rows: &[Small]) -> Spool<Small> {
    let mut spool = Spool::new(dir, memory);
    for row in rows {
        spool.push(*row);
        spool.relieve().unwrap();
    }
    spool.finish();
    spool
}

#[test]
fn a_tiny_memory_gives_the_rows_of_a_large_one() {
    let dir = tempfile::tempdir().unwrap();
    let rows = muddle(5000);
    for memory in [0, 1_000, 10_000, 1 << 20] {
        let spool = spool(dir.path(), memory, &rows);
        assert_eq!(spool.len(), 5000);
        for group in (0..4).map(Group) {
            let mut expected: Vec<Small> = rows.iter().filter(|row| row.group == group).copied().collect();
            expected.sort_by(Small::compare);
            assert_eq!(taken(&spool, &[(group, ALL_KEYS)]), expected, "{memory} {group:?}");
        }
    }
}

#[test]
fn several_groups_come_as_one_sequence_with_keys_in_their_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let rows = muddle(300);
    let spool = spool(dir.path(), 2_000, &rows);
    let pieces = [(Group(0), i64::MIN..50), (Group(2), 50..i64::MAX)];
    let mut expected: Vec<Small> = rows
        .iter()
        .filter(|row| (row.group == Group(0) && row.key < 50) || (row.group == Group(2) && row.key >= 50))
        .copied()
        .collect();
    expected.sort_by(Small::compare);
    assert_eq!(taken(&spool, &pieces), expected);
    assert!(expected.len() > 50);
}

#[test]
fn the_file_has_no_name_and_nothing_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("set");
    let spool = spool(&folder, 0, &muddle(10));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    drop(spool);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

/// Keys and values as a sorter gives them back.
fn sorted(dir: &Path, memory: u64, values: &[(String, i64, Option<i32>)]) -> Vec<(String, i64, Option<i32>)> {
    let mut sorter = Sorter::new(dir, memory);
    for value in values {
        let mut key = Key::default();
        key.text(&value.0);
        key.optional(value.2);
        key.integer(value.1);
        sorter.push(&key, value);
        sorter.relieve().unwrap();
    }
    sorter.finish().unwrap();
    assert_eq!(sorter.len(), values.len() as u64);
    sorter.values().unwrap().collect::<Result<_, _>>().unwrap()
}

proptest! {
    #[test]
    fn keys_are_ordered_as_their_parts_and_values_come_back_whole_with_any_memory(
        values in prop::collection::vec(("[\\x00\\x01ab]{0,3}", any::<i64>(), any::<Option<i32>>()), 0..60),
        memory in 0_u64..4_000,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut expected = values.clone();
        expected.sort_by(|a, b| (&a.0, a.2, a.1).cmp(&(&b.0, b.2, b.1)));
        prop_assert_eq!(sorted(dir.path(), memory, &values), expected);
    }
}

#[test]
fn values_that_are_longer_than_what_is_read_at_a_time_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let value = |letter: &str, length: usize| (letter.repeat(length), 0, None);
    let values = [value("b", 300_000), value("a", 70_000), value("c", 3), value("c", 1)];
    let back = sorted(dir.path(), 0, &values);
    let lengths: Vec<usize> = back.iter().map(|value| value.0.len()).collect();
    assert_eq!(lengths, [70_000, 300_000, 1, 3]);
}

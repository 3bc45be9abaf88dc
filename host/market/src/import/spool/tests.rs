use super::*;

const ALL: std::ops::Range<i64> = i64::MIN..i64::MAX;

fn group(ticker: u32) -> Group {
    Group::new(Ticker(ticker), Timeframe::Day)
}

fn row(ticker: u32, key: i64, line: u32) -> Row {
    Row { group: group(ticker), section: line / 100, line, key, values: [f64::from(line); NUMBERS] }
}

/// Rows of three tickers that come in a muddle, with equal keys here and there.
fn muddle(count: u32) -> Vec<Row> {
    (0..count).map(|line| row(line * 7 % 3, i64::from(line * 7919 % 97), line)).collect()
}

fn taken(spool: &Spool, pieces: &[(Group, std::ops::Range<i64>)]) -> Vec<Row> {
    let mut rows = spool.rows(pieces).unwrap();
    let mut out = Vec::new();
    while let Some(row) = rows.take().unwrap() {
        out.push(row);
    }
    out
}

fn spool(dir: &Path, memory: u64, rows: &[Row]) -> Spool {
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
    let rows = muddle(500);
    for memory in [0, 1_000, 10_000, 1 << 20] {
        let spool = spool(dir.path(), memory, &rows);
        assert_eq!(spool.len(), 500);
        for ticker in 0..4 {
            let mut expected: Vec<Row> =
                rows.iter().filter(|row| row.group == group(ticker)).copied().collect();
            expected.sort_by_key(|row| (row.key, row.section, row.line));
            assert_eq!(taken(&spool, &[(group(ticker), ALL)]), expected, "{memory} {ticker}");
        }
    }
}

#[test]
fn several_tickers_come_as_one_sequence_with_keys_in_their_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let rows = muddle(300);
    let spool = spool(dir.path(), 2_000, &rows);
    let pieces = [(group(0), i64::MIN..50), (group(2), 50..i64::MAX)];
    let mut expected: Vec<Row> = rows
        .iter()
        .filter(|row| (row.group == group(0) && row.key < 50) || (row.group == group(2) && row.key >= 50))
        .copied()
        .collect();
    expected.sort_by_key(|row| (row.key, row.section, row.line));
    assert_eq!(taken(&spool, &pieces), expected);
    assert!(expected.len() > 50);
}

#[test]
fn a_spilled_row_keeps_every_bit() {
    let dir = tempfile::tempdir().unwrap();
    let odd = Row {
        group: Group::new(Ticker(u32::MAX), Timeframe::Month),
        section: u32::MAX - 1,
        line: 3,
        key: -5,
        values: [f64::NAN, -0.0, f64::MIN_POSITIVE, 1e300, 0.1],
    };
    let spool = spool(dir.path(), 0, &[odd, row(0, 1, 1), odd, row(0, 2, 2)]);
    let back = taken(&spool, &[(odd.group, ALL)]);
    assert_eq!(back.len(), 2);
    assert_eq!((back[0].group, back[0].section, back[0].line, back[0].key), (odd.group, u32::MAX - 1, 3, -5));
    let bits = |row: &Row| row.values.map(f64::to_bits);
    assert_eq!(bits(&back[0]), bits(&odd));
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

use std::fs;
use std::io::Write as _;

use super::faults::Place;
use super::*;
use crate::as_of::AsOf;
use crate::bars::{Adjustment, BarColumn, BarRequest, Bars, Timeframe};
use crate::calendar::Calendar;
use crate::instrument::{Kind, Status};
use crate::symbol::Symbol;
use crate::testing::{contents, count, import_text, options, shared};

const HEADER: &str = "date,open,high,low,close,volume,Name\n";
const ALL: &[BarColumn] =
    &[BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close, BarColumn::Volume];

fn bars_of(set: &Path, symbol: &str) -> Bars {
    let market = Market::open(set).unwrap();
    let position = market.find(&Symbol::try_from(symbol).unwrap()).unwrap();
    let request = BarRequest {
        timeframe: Timeframe::Day,
        columns: ALL,
        time: true,
        lookback: u32::MAX,
        max_age: None,
        adjustment: Adjustment::Raw,
    };
    market.snapshot(&AsOf::Latest).unwrap().read(&[position], &request).unwrap()
}

#[test]
fn a_kaggle_file_is_imported_by_its_names() {
    let dir = tempfile::tempdir().unwrap();
    let text = "Date,Symbol,Adj Close,Close,High,Low,Open,Volume\n2018-02-06,BRK.B,9,10,12,8,9.5,1000\n";
    let summary = import_text(dir.path(), "a.csv", text).unwrap();
    assert_eq!((summary.rows, summary.bars_added, summary.instruments_added), (1, 1, 1));
    assert_eq!(summary.ignored_columns, ["Adj Close"]);
    assert_eq!(summary.format, "table of bars");
    assert!(summary.faults.is_empty(), "{:?}", summary.faults);
    let bars = bars_of(&dir.path().join("set"), "BRK.B");
    assert_eq!(bars.columns, [[9.5], [12.0], [8.0], [10.0], [1000.0]]);
    assert_eq!(bars.time, ["2018-02-06T14:30:00Z".parse::<Instant>().unwrap().millis()]);
}

#[test]
fn semicolons_tabs_and_gzip_are_understood() {
    let dir = tempfile::tempdir().unwrap();
    let row = "2018-02-06,1,2,1,2,10,NA\n";
    for (index, sign) in [";", "\t"].iter().enumerate() {
        let text = format!("{HEADER}{row}").replace(',', sign);
        let set = dir.path().join(index.to_string());
        fs::create_dir(&set).unwrap();
        assert_eq!(import_text(&set, "a.csv", &text).unwrap().bars_added, 1);
    }
    let file = dir.path().join("a.csv.gz");
    let mut gz = flate2::write::GzEncoder::new(fs::File::create(&file).unwrap(), flate2::Compression::fast());
    gz.write_all(format!("{HEADER}{row}").as_bytes()).unwrap();
    gz.finish().unwrap();
    let set = dir.path().join("gz");
    assert_eq!(import(&set, std::slice::from_ref(&file), &options(), &mut |_| {}).unwrap().bars_added, 1);
    assert_eq!(bars_of(&set, "NA").rows(), 1);

    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let error = import(&set, std::slice::from_ref(&file), &options(), &mut |_| {}).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("{}: its compressed data ends too early; copy or download it again", file.display())
    );
}

#[test]
fn every_fault_is_counted_with_its_line_and_the_values_stay() {
    let dir = tempfile::tempdir().unwrap();
    let rows = [
        "2018-02-05,10,11,9,10,100,AAA",   // 2
        "2018-02-05,10,11,9,10.5,100,AAA", // 3: takes the place of line 2
        "2018-02-07,NA,11,9,10,0,AAA",     // 4: missing open, zero volume, the 6th is missing
        "2018-02-06,10,11,9,12,null,BBB",  // 5: close above high, missing volume
        "2018-02-05,10,11,9,-1,5,BBB",     // 6: not positive, low above close
        "2018-02-04,10,11,9,10,5,CCC",     // 7: a Sunday
        "2018-02-05,10,11,9,x,5,CCC",      // 8
        "2018-02-31,10,11,9,10,5,CCC",     // 9
        "2018-02-05,10,11,9,10,5,C CC",    // 10
        "2018-02-05,10,11,9",              // 11
        "2026-01-05,10,11,9,10,5,CCC",     // 12: not closed yet
        "2009-12-31,10,11,9,10,5,DDD",     // 13: before the calendar
        "2018-02-05,10,11,9,10,-5,EEE",    // 14
        "2018-02-07,10,11,9,10,5,BBB",     // 15: the file ran backwards before
    ];
    let summary = import_text(dir.path(), "bad.csv", &format!("{HEADER}{}\n", rows.join("\n"))).unwrap();
    let faults: Vec<(&str, u64, Option<u64>)> = summary
        .faults
        .iter()
        .map(|fault| (fault.kind.as_str(), fault.count, fault.examples[0].line))
        .collect();
    assert_eq!(
        faults,
        [
            ("wrong-number-of-fields", 1, Some(11)),
            ("unreadable-symbol", 1, Some(10)),
            ("unreadable-date", 1, Some(9)),
            ("unreadable-number", 1, Some(8)),
            ("not-complete-yet", 1, Some(12)),
            ("duplicate", 1, Some(2)),
            ("missing-open", 1, Some(4)),
            ("missing-volume", 1, Some(5)),
            ("non-positive-price", 1, Some(6)),
            ("negative-volume", 1, Some(14)),
            ("zero-volume", 1, Some(4)),
            ("inconsistent-prices", 2, Some(5)),
            ("unsorted", 1, Some(15)),
            ("not-a-session", 1, Some(7)),
            ("calendar-not-covered", 1, Some(13)),
            ("missing-session", 1, None),
        ]
    );
    let duplicate = &summary.faults[5].examples[0];
    assert_eq!(
        (duplicate.symbol.as_deref(), duplicate.detail.as_str()),
        (Some("AAA"), "line 3 is kept instead")
    );
    assert_eq!(summary.rows, 14);
    assert_eq!(summary.bars_added, 8);
    let set = dir.path().join("set");
    let bars = bars_of(&set, "AAA");
    assert_eq!(bars.columns[3], [10.5, 10.0]);
    assert!(bars.columns[0][1].is_nan());
    assert_eq!(bars_of(&set, "BBB").columns[3], [-1.0, 12.0, 10.0]);
}

#[test]
fn at_most_ten_examples_of_a_kind_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let rows: String = (0..25).map(|_| "2018-02-05,1,1,1,x,1,AAA\n").collect();
    let summary =
        import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,AAA\n{rows}")).unwrap();
    assert_eq!((summary.faults[0].count, summary.faults[0].examples.len()), (25, 10));
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{HEADER}2018-02-06,1,2,NA,2,10,AAA\n2018-02-07,1,2,1,2,10,AAA\n");
    let first = import_text(dir.path(), "a.csv", &text).unwrap();
    let before = contents(&dir.path().join("set"));
    let second = import_text(dir.path(), "a.csv", &text).unwrap();
    assert_eq!((second.bars_added, second.bars_replaced, second.bars_unchanged), (0, 0, 2));
    assert_eq!((second.instruments_added, second.instruments), (0, 1));
    assert_eq!(first.digest, second.digest);
    assert_eq!(contents(&dir.path().join("set")), before);
}

#[test]
fn where_imports_overlap_the_newer_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,B\n2018-02-06,1,1,1,1,1,B\n"))
        .unwrap();
    let text = format!("{HEADER}2018-02-06,2,2,2,2,2,B\n2018-02-07,3,3,3,3,3,B\n2018-02-07,9,9,9,9,9,A\n");
    let summary = import_text(dir.path(), "b.csv", &text).unwrap();
    assert_eq!((summary.bars_added, summary.bars_replaced, summary.bars_unchanged), (2, 1, 0));
    assert_eq!((summary.instruments, summary.instruments_added), (2, 1));
    assert_eq!(bars_of(&dir.path().join("set"), "B").columns[3], [1.0, 2.0, 3.0]);
    let market = Market::open(&dir.path().join("set")).unwrap();
    let symbols: Vec<&str> =
        market.instruments().iter().map(|instrument| instrument.symbol.as_str()).collect();
    assert_eq!(symbols, ["A", "B"]);
    assert_eq!((market.bar_count(), market.last_date()), (4, Some("2018-02-07".parse().unwrap())));
}

#[test]
fn the_digest_depends_on_the_content_and_not_on_the_way_there() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = ("2018-02-05,1,1,1,1,1,B\n", "2018-02-06,2,2,2,2,2,A\n");
    let sets: Vec<String> = [vec![a, b], vec![b, a]]
        .iter()
        .enumerate()
        .map(|(index, parts)| {
            let place = dir.path().join(index.to_string());
            fs::create_dir(&place).unwrap();
            let mut digest = String::new();
            for part in parts {
                digest = import_text(&place, "x.csv", &format!("{HEADER}{part}")).unwrap().digest;
            }
            digest
        })
        .collect();
    assert_eq!(sets[0], sets[1]);
    assert_eq!(sets[0].len(), 64);
}

#[test]
fn a_gap_to_the_bars_of_an_earlier_import_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-01,1,1,1,1,1,B\n")).unwrap();
    let summary = import_text(dir.path(), "b.csv", &format!("{HEADER}2018-02-07,1,1,1,1,1,B\n")).unwrap();
    assert_eq!(count(&summary, FaultKind::MissingSession), 3);
    let summary = import_text(dir.path(), "c.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,B\n")).unwrap();
    assert_eq!(count(&summary, FaultKind::MissingSession), 2);
}

#[test]
fn a_directory_makes_kind_and_status_known() {
    let dir = tempfile::tempdir().unwrap();
    import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,B\n")).unwrap();
    let text = "symbol,name,kind,status,mic,currency,sector\nB,Be\u{202e}e Inc,ETF,active,XNAS,usd,Energy\nC,,,,ZZZZ,,\n";
    let summary = import_text(dir.path(), "d.csv", text).unwrap();
    assert_eq!((summary.instruments, summary.instruments_added, summary.instruments_changed), (2, 1, 1));
    assert_eq!(count(&summary, FaultKind::Venue), 1);
    assert_eq!(summary.format, "directory (CSV)");
    let market = Market::open(&dir.path().join("set")).unwrap();
    let b = &market.instruments()[0];
    assert_eq!((b.id.as_str(), b.mic.as_str(), b.name.as_str()), ("XNYS:B", "XNAS", "Bee Inc"));
    assert_eq!((&b.kind, &b.status, b.currency.as_str()), (&Kind::Etf, &Status::Active, "USD"));
    assert_eq!((b.sector.as_deref(), b.industry.as_deref()), (Some("Energy"), None));
    assert_eq!(market.instruments()[1].mic, "XNYS");
    assert_eq!(import_text(dir.path(), "d.csv", text).unwrap().instruments_changed, 0);
    // Bars that come later belong to the same instrument: US venues share their tickers.
    let again = import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-06,1,1,1,1,1,B\n")).unwrap();
    assert_eq!((again.instruments_added, again.bars_added), (0, 1));
}

#[test]
fn the_same_ticker_of_two_countries_is_two_instruments() {
    let dir = tempfile::tempdir().unwrap();
    import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,BP\n")).unwrap();
    let london = ImportOptions { mic: "XLON".to_owned(), ..options() };
    let set = dir.path().join("set");
    import(&set, &[dir.path().join("a.csv")], &london, &mut |_| {}).unwrap();
    let market = Market::open(&set).unwrap();
    let ids: Vec<&str> = market.instruments().iter().map(|instrument| instrument.id.as_str()).collect();
    assert_eq!(ids, ["XLON:BP", "XNYS:BP"]);
    let snapshot = market.snapshot(&AsOf::Latest).unwrap();
    let venues: Vec<&str> = snapshot.calendars().iter().map(Calendar::mic).collect();
    assert_eq!((venues, snapshot.venue_of(0), snapshot.venue_of(1)), (vec!["XLON", "XNYS"], 0, 1));
}

#[test]
fn what_is_no_data_is_refused_in_one_line_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    import_text(dir.path(), "good.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,B\n")).unwrap();
    let before = contents(&dir.path().join("set"));
    let cases: [(&str, &[u8]); 13] = [
        ("it is empty", b""),
        ("it is empty", b" \n\n"),
        ("it is a web page", b"\n<!DOCTYPE html><html>"),
        ("it is JSON", b"{\"a\": 1}"),
        ("it is binary data", b"\x7fELF\x01\x02\x00\x00"),
        ("the zip archive cannot be read", b"PK\x03\x04 etc"),
        ("it is UTF-16 text", b"\xff\xfed\0a\0t\0e\0"),
        ("its columns (a, b) are none", b"a,b\n1,2\n"),
        (
            "does not say of which; name it with --symbol",
            b"date,open,high,low,close,volume\n2018-02-05,1,1,1,1,1\n",
        ),
        ("it has a header and no rows", b"date,open,high,low,close,volume,Name\n"),
        (
            "line 2: whether \"05/02/2018\" begins with the month or with the day cannot be told",
            b"date,open,high,low,close,volume,Name\n05/02/2018,1,1,1,1,1,A\n",
        ),
        (
            "it has too few bars to tell their timeframe",
            b"date,open,high,low,close,volume,Name\n2018-02-05 09:31,1,1,1,1,1,A\n",
        ),
        ("it ends before its Parquet footer", b"PAR1 and then nothing of any use"),
    ];
    for (expected, content) in cases {
        let file = dir.path().join("bad.csv");
        fs::write(&file, content).unwrap();
        // The bad file comes last: the good one before it must not be imported either.
        let paths = [dir.path().join("good.csv"), file.clone()];
        let error = import(&dir.path().join("set"), &paths, &options(), &mut |_| {}).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.starts_with(&file.display().to_string()) && !error.contains('\n'), "{error}");
        assert_eq!(contents(&dir.path().join("set")), before, "{expected}");
    }
    let missing = import(&dir.path().join("set"), &[dir.path().join("none")], &options(), &mut |_| {});
    assert!(missing.unwrap_err().to_string().starts_with("cannot open "));
    let mut venue = options();
    venue.mic = "NOPE".to_owned();
    assert!(import(&dir.path().join("set"), &[dir.path().join("good.csv")], &venue, &mut |_| {}).is_err());
    assert!(import(&dir.path().join("set"), &[], &options(), &mut |_| {}).is_err());
}

#[test]
fn a_set_that_is_being_written_refuses_a_second_writer_and_can_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let set = dir.path().join("set");
    import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,B\n")).unwrap();
    let writer = SetWriter::lock(&set).unwrap().start(0);
    let error = import_text(dir.path(), "b.csv", &format!("{HEADER}2018-02-06,1,1,1,1,1,B\n")).unwrap_err();
    assert!(matches!(error, ImportError::Market(crate::error::MarketError::Busy { .. })), "{error}");
    assert_eq!(bars_of(&set, "B").rows(), 1);
    drop(writer);
    assert_eq!(contents(&set).len(), 3);
}

#[test]
fn a_reader_keeps_its_generation_when_another_one_replaces_it() {
    let dir = tempfile::tempdir().unwrap();
    let set = dir.path().join("set");
    import_text(dir.path(), "a.csv", &format!("{HEADER}2018-02-05,1,1,1,1,1,B\n")).unwrap();
    let market = Market::open(&set).unwrap();
    import_text(dir.path(), "b.csv", &format!("{HEADER}2018-02-05,2,2,2,2,2,B\n")).unwrap();
    assert_eq!(contents(&set).len(), 3);
    let request = BarRequest {
        timeframe: Timeframe::Day,
        columns: ALL,
        time: false,
        lookback: 5,
        max_age: None,
        adjustment: Adjustment::Raw,
    };
    let bars = market.snapshot(&AsOf::Latest).unwrap().read(&[0], &request).unwrap();
    assert_eq!(bars.columns[3], [1.0]);
    assert_eq!(bars_of(&set, "B").columns[3], [2.0]);
}

#[test]
fn progress_goes_up_to_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.csv");
    fs::write(&file, format!("{HEADER}2018-02-05,1,1,1,1,1,B\n")).unwrap();
    let mut seen = Vec::new();
    import(&dir.path().join("set"), &[file], &options(), &mut |progress| seen.push(progress)).unwrap();
    assert!(seen.iter().all(|progress| progress.done <= progress.total));
    assert!(seen.iter().any(|progress| progress.step == ImportStep::Read && progress.done == progress.total));
    assert!(seen.iter().any(|progress| progress.step == ImportStep::Write && progress.done == 1));
}

mod known;
mod parquet_files;
mod real_data;
mod series;
mod spilled;
mod support;

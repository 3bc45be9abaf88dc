//! `sluice import`

use crate::support::{Bar, Home, bars_csv, contents, list, sessions, walk};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use std::io::Write;

/// Bars of three instruments over 70 sessions.
fn three() -> Vec<Bar> {
    [("WMT", 1), ("BRK.B", 2), ("QQQ", 3)].into_iter().flat_map(|(name, seed)| walk(name, 70, seed)).collect()
}

fn counts(summary: &Value) -> [u64; 3] {
    ["bars_added", "bars_replaced", "bars_unchanged"].map(|count| summary[count].as_u64().unwrap())
}

fn fault<'a>(summary: &'a Value, kind: &str) -> &'a Value {
    let found = list(summary, "faults").iter().find(|fault| fault["kind"] == kind);
    found.unwrap_or_else(|| panic!("no {kind} in {}", summary["faults"]))
}

#[test]
fn a_csv_of_clean_bars_is_imported_without_faults() {
    let home = Home::empty().in_zone("Asia/Tokyo");
    let file = home.file("bars.csv", bars_csv(&three()));
    let summary = home.json(&["import", &file]);
    assert_eq!(counts(&summary), [210, 0, 0]);
    assert_eq!((&summary["instruments"], &summary["instruments_added"]), (&3.into(), &3.into()));
    let dates = sessions(70);
    assert_eq!(summary["first_date"], dates[0].to_string());
    assert_eq!(summary["last_date"], "2025-06-30");
    assert_eq!(summary["faults"], Value::Array(Vec::new()));
    let status = home.json(&["status"]);
    assert_eq!((&status["instruments"], &status["bars"]), (&3.into(), &210.into()));
}

#[test]
fn a_compressed_csv_gives_the_same_set() {
    let (plain, packed) = (Home::empty(), Home::empty());
    let text = bars_csv(&three());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let plain = plain.json(&["import", &plain.file("bars.csv", &text)]);
    let packed = packed.json(&["import", &packed.file("bars.csv.gz", gzip.finish().unwrap())]);
    assert_eq!(counts(&packed), [210, 0, 0]);
    assert_eq!(plain["digest"], packed["digest"]);
}

#[test]
fn columns_are_found_by_name_in_any_order_and_extra_ones_are_named() {
    let home = Home::empty();
    let text = "Note,Volume,Ticker,Close,Low,High,Open,Date\nx,1000,WMT,10.5,9,11,10,2025-06-30\n";
    let summary = home.json(&["import", &home.file("bars.csv", text)]);
    assert_eq!(counts(&summary), [1, 0, 0]);
    assert_eq!(summary["ignored_columns"], serde_json::json!(["Note"]));
}

#[test]
fn parquet_bars_of_one_home_can_be_imported_into_another() {
    let (source, home) = (Home::with_market(), Home::compiled());
    let bars = contents(&source.market()).into_iter().map(|(path, _)| path.display().to_string());
    let bars: Vec<String> = bars.filter(|path| path.contains("/bars-1d-")).collect();
    let summary = home.json(&["import", &bars[0]]);
    let expected = source.json(&["status"])["bars"].as_u64().unwrap();
    assert!(expected > 20_000, "{expected}");
    assert_eq!(counts(&summary), [expected, 0, 0]);
    // the synthetic market has a few bad ticks on purpose
    let example = &fault(&summary, "missing-open")["examples"][0];
    assert!((1..=expected).contains(&example["row"].as_u64().unwrap()), "{example}");
    let indicators =
        |home: &Home| home.json(&["scan", "--dry-run", "--with", "sluice/technical"])["results"].clone();
    assert_eq!(indicators(&source), indicators(&home), "the same bars, so the same figures");
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let home = Home::empty();
    let file = home.file("bars.csv", bars_csv(&three()));
    let first = home.json(&["import", &file]);
    let bars = |home: &Home| -> Vec<_> {
        let files = contents(&home.market()).into_iter();
        files.filter(|(path, _)| path.extension().is_some_and(|name| name == "parquet")).collect()
    };
    let before = bars(&home);
    let second = home.json(&["import", &file]);
    assert_eq!(counts(&second), [0, 0, 210]);
    assert_eq!(first["digest"], second["digest"]);
    assert!(bars(&home) == before, "the set was changed");
}

#[test]
fn where_imports_overlap_the_later_one_wins() {
    let home = Home::empty();
    let bars = walk("WMT", 40, 1);
    home.ok(&["import", &home.file("old.csv", bars_csv(&bars[..30]))]);
    let mut later: Vec<Bar> = bars[20..].to_vec();
    later.iter_mut().take(4).for_each(|bar| bar.volume += 1);
    let summary = home.json(&["import", &home.file("new.csv", bars_csv(&later))]);
    assert_eq!(counts(&summary), [10, 4, 6]);
    assert_eq!(home.json(&["status"])["bars"], 40);
}

#[test]
fn the_order_of_rows_and_files_makes_no_difference() {
    let (one, other) = (Home::empty(), Home::empty());
    let bars = three();
    let (first, second) = bars.split_at(100);
    let files = [one.file("b.csv", bars_csv(first)), one.file("a.csv", bars_csv(second))];
    let forwards = one.json(&["import", &files[0], &files[1]]);
    let files = [
        other.file("a.csv", bars_csv(second.iter().rev())),
        other.file("b.csv", bars_csv(first.iter().rev())),
    ];
    let backwards = other.json(&["import", &files[0], &files[1]]);
    assert_eq!(forwards["digest"], backwards["digest"]);
}

/// One line per fault; the header is line 1.
const FAULTY: &str = "\
date,open,high,low,close,volume,Name
2025-06-27,10,11,9,10.5,1000,AAA
2025-06-27,10,11,9,10.5,0,BBB
2025-06-27,,11,9,10.5,1000,CCC
2025-06-27,10,8,9,10.5,1000,DDD
2025-06-27,10,11,9,ten,1000,EEE
2025-13-01,10,11,9,10.5,1000,FFF
2025-06-27,10,11
2025-06-28,10,11,9,10.5,1000,GGG
2025-06-27,-1,11,9,10.5,1000,HHH
2025-06-30,10,11,9,10.5,1000,III
2025-06-30,10,11,9,10.6,1000,III
";

#[test]
fn faults_are_counted_and_named_with_their_lines() {
    let home = Home::empty();
    let summary = home.json(&["import", &home.file("faulty.csv", FAULTY)]);
    assert_eq!(summary["rows"], 11);
    let expected = [
        ("zero-volume", 3, Some("BBB")),
        ("missing-open", 4, Some("CCC")),
        ("inconsistent-prices", 5, Some("DDD")),
        ("unreadable-number", 6, None),
        ("unreadable-date", 7, None),
        ("wrong-number-of-fields", 8, None),
        ("not-a-session", 9, Some("GGG")),
        ("non-positive-price", 10, Some("HHH")),
        ("duplicate", 11, Some("III")),
    ];
    for (kind, line, symbol) in expected {
        let example = &fault(&summary, kind)["examples"][0];
        assert_eq!(example["file"], "faulty.csv", "{kind}");
        assert_eq!(example["line"], line, "{kind}: {example}");
        if let Some(symbol) = symbol {
            assert_eq!(example["symbol"], symbol, "{kind}: {example}");
        }
    }
    assert_eq!(counts(&summary), [7, 0, 0], "three rows are unreadable, one is a duplicate");
}

#[test]
fn the_table_of_faults_names_lines_too() {
    let home = Home::empty();
    let text = home.ok(&["import", &home.file("faulty.csv", FAULTY)]);
    for part in ["unreadable-number", "line 6: \"ten\" is no number", "line 3 BBB 2025-06-27: volume is 0"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

#[test]
fn a_bar_of_a_session_that_is_not_over_is_refused() {
    let home = Home::empty();
    let text = "date,open,high,low,close,volume,Name\n2025-06-30,1,1,1,1,1,AAA\n2999-01-02,1,1,1,1,1,AAA\n";
    let summary = home.json(&["import", &home.file("bars.csv", text)]);
    assert_eq!(fault(&summary, "not-complete-yet")["examples"][0]["line"], 3);
    assert_eq!(counts(&summary), [1, 0, 0]);
}

#[test]
fn either_all_files_are_imported_or_none() {
    let home = Home::empty();
    let good = home.file("good.csv", bars_csv(&three()));
    let bad = home.file("bad.csv", "a,b,c\n1,2,3\n");
    let error = home.fails(&["import", &good, &bad]);
    assert!(error.contains("bad.csv"), "{error}");
    assert_eq!(home.json(&["status"])["bars"], 0);
}

#[test]
fn an_unknown_venue_is_refused_with_its_name() {
    let home = Home::empty();
    let file = home.file("bars.csv", bars_csv(&three()));
    let error = home.fails(&["import", "--venue", "XNIL", &file]);
    assert!(error.contains("XNIL"), "{error}");
}

#[test]
fn a_stray_control_character_behind_the_start_of_a_file_costs_its_own_row_only() {
    let home = Home::empty();
    // the first 64 KiB decide whether a file is text at all
    let bars: Vec<Bar> = (1..=20).flat_map(|seed| walk(&format!("S{seed}"), 110, seed)).collect();
    let text = bars_csv(&bars) + "2025-06-30,10,11,9,10.5,1000,A\u{1}B\n";
    assert!(text.len() > 64 << 10);
    let line = text.lines().count();
    let summary = home.json(&["import", &home.file("bars.csv", text)]);
    assert_eq!(counts(&summary), [2200, 0, 0]);
    assert_eq!(fault(&summary, "unreadable-symbol")["examples"][0]["line"], line);
}

//! Tickers of every kind on their whole way: import, scan, JSON; and what is no ticker.

use crate::support::{Home, contents, list, sessions, texts};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Tickers that programs like to choke on: as a file writes them, and what they are.
const SYMBOLS: [(&str, &str); 19] = [
    ("BRK-B", "BRK.B"),
    ("BF B", "BF.B"),
    ("BRK/A", "BRK.A"),
    ("AAp", "AA$"),
    ("^GSPC", "^GSPC"),
    ("0700.HK", "0700.HK"),
    ("EURUSD=X", "EURUSD=X"),
    ("BTC/USD", "BTC/USD"),
    ("ETH-USD", "ETH-USD"),
    ("NA", "NA"),
    ("TRUE", "TRUE"),
    ("NAN", "NAN"),
    ("NULL", "NULL"),
    ("INF", "INF"),
    ("1E5", "1E5"),
    ("CON", "CON"),
    ("PRN", "PRN"),
    ("M&M", "M&M"),
    ("A", "A"),
];

/// A spelling, and what it is called here.
type Spelled = (&'static str, &'static str);

fn csv(symbols: &[Spelled]) -> String {
    let mut text = "symbol,date,open,high,low,close,volume\n".to_owned();
    for (symbol, _) in symbols {
        for date in sessions(20) {
            writeln!(text, "{symbol},{date},10,11,9,10.5,2000000").unwrap();
        }
    }
    text
}

fn with_symbols() -> Home {
    let home = Home::compiled();
    let summary = home.json(&["import", &home.file("bars.csv", csv(&SYMBOLS))]);
    assert_eq!(summary["instruments"], SYMBOLS.len());
    // New York's sessions are not those of Hong Kong: that may be said, but no ticker and no number is unreadable
    for fault in list(&summary, "faults") {
        assert!(!fault["kind"].as_str().unwrap().starts_with("unreadable"), "{fault}");
    }
    home
}

#[test]
fn every_symbol_survives_import_scan_and_json_in_its_canonical_spelling() {
    let scan = with_symbols().json(&["scan", "--stage", "liquidity"]);
    let found: BTreeSet<&str> = texts(&scan, "results", "symbol").into_iter().collect();
    let expected: BTreeSet<&str> = SYMBOLS.iter().map(|(_, canonical)| *canonical).collect();
    assert_eq!(found, expected);
}

#[test]
fn every_symbol_survives_an_export() {
    let home = with_symbols();
    let file = home.user().join("out.csv").display().to_string();
    home.ok(&["data", "export", &file]);
    let text = std::fs::read_to_string(&file).unwrap();
    let found: BTreeSet<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    let expected: BTreeSet<&str> = SYMBOLS.iter().map(|(_, canonical)| *canonical).collect();
    assert_eq!(found, expected);
    let other = Home::empty();
    other.ok(&["import", &file]);
    let all = other.json(&["data", "list"]);
    let again: BTreeSet<&str> =
        all.as_array().unwrap().iter().map(|line| line["symbol"].as_str().unwrap()).collect();
    assert_eq!(again, expected);
}

#[test]
fn every_symbol_can_be_asked_for_in_every_spelling() {
    let home = with_symbols();
    let others =
        [("BRK/B", "BRK.B"), ("BRK B", "BRK.B"), ("BRK.B", "BRK.B"), ("AA-", "AA$"), ("AA.PR", "AA$")];
    for (spelling, canonical) in SYMBOLS.into_iter().chain(others) {
        let scan = home.json(&["scan", "--stage", "0", "--dry-run", "--symbols", spelling]);
        assert_eq!(texts(&scan, "results", "symbol"), [canonical], "{spelling}");
    }
    let scan =
        home.json(&["scan", "--stage", "0", "--dry-run", "--symbols", "AA$,^GSPC,BTC/USD,BRK-B,BRK.B"]);
    assert_eq!(texts(&scan, "results", "symbol"), ["AA$", "BRK.B", "BTC/USD", "^GSPC"]);
}

#[test]
fn a_file_with_a_vendors_spelling_serves_a_universe_in_ours() {
    let home = Home::compiled();
    home.ok(&["import", &home.file("BRK-B.csv", csv(&[("BRK-B", "BRK.B")]))]);
    let scan = home.json(&["scan", "--stage", "0", "--dry-run", "--symbols", "BRK.B"]);
    assert_eq!(texts(&scan, "results", "symbol"), ["BRK.B"]);
}

#[test]
fn a_symbol_that_nobody_knows_is_an_error_and_never_silence() {
    let home = with_symbols();
    for unknown in ["BRK.C", "BTC-USD", "NAT", "GSPC"] {
        let ran = home.run(&["scan", "--dry-run", "--symbols", &format!("BRK.B,{unknown}")]);
        assert_eq!(ran.code, 2, "{unknown}: {}", ran.stderr);
        assert!(ran.stderr.contains(unknown) && !ran.stderr.contains("BRK.B,"), "{}", ran.stderr);
    }
    let scan = home.json(&["scan", "--dry-run", "--symbols", "brk-b"]);
    assert_eq!(scan["stages"][0]["in"], 1, "small letters are no other ticker");
    let ran = home.run(&["scan", "--dry-run", "--symbols", "../x"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("\"..\" is not allowed"), "{}", ran.stderr);
}

#[test]
fn no_file_is_named_after_a_symbol() {
    let home = Home::compiled();
    home.ok(&["import", &home.file("bars.csv", csv(&SYMBOLS))]);
    home.ok(&["scan"]);
    for (path, _) in contents(&home.path()) {
        let inside = path.strip_prefix(home.path()).unwrap().display().to_string();
        for symbol in ["BRK", "BF-B", "GSPC", "0700", "EURUSD", "BTC", "AA$", "NA.", "TRUE", "CON", "NULL"] {
            assert!(!inside.contains(symbol), "{inside} is named after {symbol}");
        }
    }
}

#[test]
fn what_is_no_symbol_is_skipped_and_reported() {
    let home = Home::compiled();
    let row = |symbol: &str| format!("{symbol},2025-06-30,10,11,9,10.5,2000000\n");
    let mut text = "symbol,date,open,high,low,close,volume\n".to_owned() + &row("WMT");
    let bad = [
        "../x",
        "..",
        "\"A\"\"B\"",
        "A'B",
        "A;B",
        "A BC",
        "A\u{7f}B",
        "A\u{85}B",
        "\"A\tB\"",
        "A\u{202e}B",
        "",
    ];
    text.extend(bad.map(row));
    let summary = home.json(&["import", &home.file("bars.csv", text)]);
    assert_eq!((&summary["bars_added"], &summary["instruments"]), (&1.into(), &1.into()));
    let fault = &list(&summary, "faults")[0];
    assert_eq!(
        (&fault["kind"], &fault["count"]),
        (&"unreadable-symbol".into(), &bad.len().into()),
        "{fault}"
    );
    let lines: Vec<u64> =
        list(fault, "examples").iter().map(|example| example["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, (3..13).collect::<Vec<u64>>(), "ten examples, by line");
    assert!(summary.to_string().chars().all(|c| !c.is_control() && c != '\u{202e}'), "unclean report");
    assert!(!home.user().join("x").exists());
}

//! Tickers of every kind on their whole way: import, scan, JSON; and what is no ticker.

use crate::support::{Home, contents, list, sessions, texts};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Tickers that programs like to choke on.
const SYMBOLS: [&str; 12] =
    ["BRK.B", "BF-B", "^GSPC", "0700.HK", "EURUSD=X", "BTC/USD", "BRK/A", "AA$", "NA", "TRUE", "CON", "NULL"];

fn csv(symbols: &[&str]) -> String {
    let mut text = "symbol,date,open,high,low,close,volume\n".to_owned();
    for symbol in symbols {
        for date in sessions(20) {
            writeln!(text, "{symbol},{date},10,11,9,10.5,2000000").unwrap();
        }
    }
    text
}

#[test]
fn every_symbol_survives_import_scan_and_json() {
    let home = Home::compiled();
    let summary = home.json(&["import", &home.file("bars.csv", csv(&SYMBOLS))]);
    assert_eq!(summary["instruments"], SYMBOLS.len());
    assert_eq!(summary["faults"], serde_json::json!([]));
    let scan = home.json(&["scan", "--stage", "liquidity"]);
    let found: BTreeSet<&str> = texts(&scan, "results", "symbol").into_iter().collect();
    assert_eq!(found, BTreeSet::from(SYMBOLS));
}

#[test]
fn every_symbol_can_be_asked_for() {
    let home = Home::compiled();
    home.ok(&["import", &home.file("bars.csv", csv(&SYMBOLS))]);
    for symbol in SYMBOLS {
        let scan = home.json(&["scan", "--stage", "0", "--dry-run", "--symbols", symbol]);
        assert_eq!(texts(&scan, "results", "symbol"), [symbol]);
    }
    let scan = home.json(&["scan", "--stage", "0", "--dry-run", "--symbols", "AA$,^GSPC,BTC/USD"]);
    assert_eq!(texts(&scan, "results", "symbol"), ["AA$", "BTC/USD", "^GSPC"]);
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
        "A B",
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

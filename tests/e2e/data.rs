//! `sluice data`: what was imported, and what is wrong with it.

use crate::support::{Home, bars_csv, keys, list, sessions, texts, walk};
use serde_json::{Value, json};

/// Two stocks with 20 sessions to 2025-06-30, and one that ended ten sessions before.
fn home() -> Home {
    let home = Home::empty();
    let mut bars = walk("BRK.B", 20, 1);
    bars.extend(walk("WMT", 20, 2));
    bars.extend(walk("AAA", 20, 3).into_iter().take(10));
    home.ok(&["import", &home.file("bars.csv", bars_csv(&bars))]);
    home
}

#[test]
fn a_list_tells_bars_dates_and_source_of_each_instrument() {
    let home = home();
    let all = home.json(&["data", "list"]);
    let days: Vec<String> = sessions(20).iter().map(ToString::to_string).collect();
    let symbols: Vec<&str> =
        all.as_array().unwrap().iter().map(|line| line["symbol"].as_str().unwrap()).collect();
    assert_eq!(symbols, ["AAA", "BRK.B", "WMT"]);
    assert_eq!(keys(&all[0]), ["symbol", "id", "name", "mic", "kind", "status", "timeframes"].into());
    let short = &all[0]["timeframes"][0];
    assert_eq!((&short["timeframe"], &short["bars"]), (&json!("1d"), &json!(10)));
    assert_eq!((&short["first"], &short["last"]), (&json!(days[0]), &json!(days[9])));
    assert_eq!(texts(short, "sources", "source").len(), 1);
    let one = home.json(&["data", "list", "--symbols", "WMT"]);
    assert_eq!((one.as_array().unwrap().len(), &one[0]["id"]), (1, &json!("XNYS:WMT")));
    let unknown = home.refuses(&["data", "list", "--symbols", "NOPE"], 2);
    assert!(unknown.starts_with("unknown symbol NOPE"), "{unknown}");
}

#[test]
fn a_long_list_goes_on_after_its_last_instrument() {
    let home = home();
    let first = home.run(&["data", "list", "--limit", "2", "--format", "ndjson"]);
    let lines: Vec<Value> = first.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["id"]), (2, &json!("XNYS:BRK.B")));
    assert_eq!(first.stderr, "note: the list goes on: --after XNYS:BRK.B\n");
    let rest = home.run(&["data", "list", "--limit", "2", "--after", "XNYS:BRK.B", "--format", "json"]);
    assert_eq!((rest.json()[0]["symbol"].clone(), rest.stderr.as_str()), (json!("WMT"), ""));
    home.refuses(&["data", "list", "--after", "XNYS:NOPE"], 2);
}

#[test]
fn bars_are_shown_as_they_were_imported() {
    let home = home();
    let imported = walk("BRK.B", 20, 1);
    let shown = home.json(&["data", "show", "BRK.B"]);
    assert_eq!(shown.as_array().unwrap().len(), 20);
    for (bar, row) in imported.iter().zip(shown.as_array().unwrap()) {
        let [open, high, low, close] = bar.prices;
        assert_eq!(
            *row,
            json!({
                "time": bar.date.to_string(), "open": open, "high": high, "low": low, "close": close,
                "volume": bar.volume as f64,
            })
        );
    }
    let last = home.json(&["data", "show", "BRK.B", "--last", "3"]);
    assert_eq!(last.as_array().unwrap()[..], shown.as_array().unwrap()[17..]);
    let (from, to) = (imported[4].date.to_string(), imported[6].date.to_string());
    let span = home.json(&["data", "show", "BRK.B", "--from", &from, "--to", &to]);
    assert_eq!(span.as_array().unwrap()[..], shown.as_array().unwrap()[4..7]);
    let csv = home.ok(&["data", "show", "BRK.B", "--last", "1", "--format", "csv"]);
    assert!(csv.starts_with("time,open,high,low,close,volume\n2025-06-30,"), "{csv}");
    assert!(home.ok(&["data", "show", "BRK.B", "--last", "1"]).contains("2025-06-30"));
}

#[test]
fn what_is_not_there_is_an_error_not_an_empty_answer() {
    let home = home();
    let unknown = home.refuses(&["data", "show", "NOPE"], 2);
    assert!(unknown.starts_with("unknown symbol NOPE"), "{unknown}");
    home.fails(&["data", "show", "WMT", "--timeframe", "1h"]);
    home.refuses(&["data", "show", "WMT", "--from", "2025-06-30", "--to", "2025-06-01"], 2);
    let nothing = Home::empty().fails(&["data", "check"]);
    assert!(nothing.starts_with("there is no market data yet"), "{nothing}");
}

/// A share of 400 and 404 that is split four for one before the third session.
fn split() -> Home {
    let home = Home::empty();
    let header = "date,open,high,low,close,volume,Name\n";
    let before = "2025-06-26,400,400,400,400,1000,S\n2025-06-27,404,404,404,404,1000,S\n";
    let after = "2025-06-30,101,101,101,101,4000,S\n";
    home.ok(&["import", &home.file("before.csv", format!("{header}{before}"))]);
    home.ok(&["import", &home.file("after.csv", format!("{header}{after}"))]);
    let actions = "symbol,date,dividends,stock_splits\nS,2025-06-30,0,4\n";
    home.ok(&["import", &home.file("actions.csv", actions)]);
    home
}

#[test]
fn bars_are_shown_as_a_scan_sees_them_when_they_are_to_be_adjusted_or_as_of_an_instant() {
    let home = split();
    let shown = |more: &[&str]| -> Vec<(f64, f64)> {
        let rows = home.json(&[&["data", "show", "S"], more].concat());
        let number = |row: &Value, name: &str| row[name].as_f64().unwrap();
        rows.as_array().unwrap().iter().map(|row| (number(row, "close"), number(row, "volume"))).collect()
    };
    let raw = [(400.0, 1000.0), (404.0, 1000.0), (101.0, 4000.0)];
    let adjusted = [(100.0, 4000.0), (101.0, 4000.0), (101.0, 4000.0)];
    assert_eq!(shown(&[]), raw, "as they were imported");
    assert_eq!(shown(&["--adjust", "raw"]), raw);
    assert_eq!(shown(&["--adjust", "split"]), adjusted);
    assert_eq!(shown(&["--as-of", "latest"]), adjusted, "as a scan sees them");
    assert_eq!(shown(&["--as-of", "2025-06-27"]), raw[..2], "nobody knew of the split");
    assert_eq!(shown(&["--as-of", "2025-06-30", "--adjust", "raw", "--from", "2025-06-27"]), raw[1..]);
    let wrong = home.run(&["data", "show", "S", "--adjust", "all"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (2, ""));
    assert!(wrong.stderr.contains("known are raw, split, total"), "{}", wrong.stderr);
    let early = home.fails(&["data", "show", "S", "--as-of", "2020-01-02"]);
    assert!(early.contains("2025-06-26"), "{early}");
}

#[test]
fn an_export_may_be_adjusted_and_as_of_an_instant() {
    let home = split();
    let written = |more: &[&str]| {
        let file = home.user().join("s.csv").display().to_string();
        home.ok(&[&["data", "export", &file], more].concat());
        std::fs::read_to_string(&file).unwrap()
    };
    let header = "symbol,date,open,high,low,close,volume\n";
    assert_eq!(
        written(&["--adjust", "split"]),
        format!(
            "{header}S,2025-06-26,100,100,100,100,4000\nS,2025-06-27,101,101,101,101,4000\nS,2025-06-30,101,101,101,101,4000\n"
        )
    );
    assert_eq!(
        written(&["--as-of", "2025-06-26T20:00:00Z"]),
        format!("{header}S,2025-06-26,400,400,400,400,1000\n")
    );
}

#[test]
fn an_export_is_imported_again_as_the_same_market() {
    let home = home();
    let arrow = home.user().join("all.arrow").display().to_string();
    assert_eq!(home.json(&["data", "export", &arrow])["bars"], 50);
    for name in ["all.csv", "all.parquet"] {
        let file = home.user().join(name).display().to_string();
        let summary = home.json(&["data", "export", &file]);
        assert_eq!((&summary["instruments"], &summary["bars"]), (&json!(3), &json!(50)));
        assert_eq!(summary["bytes"], std::fs::metadata(&file).unwrap().len());
        let other = Home::empty();
        other.ok(&["import", &file]);
        for symbol in ["AAA", "BRK.B", "WMT"] {
            let shown = |home: &Home| home.json(&["data", "show", symbol]);
            assert_eq!(shown(&other), shown(&home), "{name} {symbol}");
        }
    }
    let some = home.user().join("some.csv").display().to_string();
    home.ok(&["data", "export", &some, "--symbols", "WMT", "--from", "2025-06-30"]);
    assert_eq!(std::fs::read_to_string(&some).unwrap().lines().count(), 2);
    home.refuses(&["data", "export", &home.user().join("all.xls").display().to_string()], 2);
}

#[test]
fn a_check_lists_what_is_wrong_by_instrument_and_ends_with_exit_code_1() {
    let home = home();
    let check = home.run(&["data", "check", "--format", "json"]);
    assert_eq!((check.code, check.stderr.as_str()), (1, ""));
    let found = check.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(keys(&found[0]), ["symbol", "id", "bars", "faults"].into());
    let fault = &list(&found[0], "faults")[0];
    assert_eq!(keys(fault), ["kind", "timeframe", "count", "bars", "detail"].into());
    assert_eq!((&found[0]["symbol"], &fault["kind"]), (&json!("AAA"), &json!("stale-tail")));
    assert_eq!(fault["bars"], json!([sessions(20)[9].to_string()]));
    assert_eq!(fault["detail"], "XNYS has bars up to 2025-06-30, 10 sessions later");
    let table = home.run(&["data", "check"]);
    assert_eq!(table.code, 1);
    assert!(
        table.stdout.ends_with("faults in 1 of 3 instruments, 50 bars: 1 stale-tail\n"),
        "{}",
        table.stdout
    );
}

#[test]
fn a_check_that_finds_nothing_says_so_and_ends_well() {
    let home = home();
    assert_eq!(
        home.ok(&["data", "check", "--symbols", "WMT"]),
        "nothing is wrong (1 instruments, 20 bars)\n"
    );
    assert_eq!(home.json(&["data", "check", "--symbols", "WMT"]), json!([]));
}

#[test]
fn a_forgotten_split_is_found() {
    let home = Home::empty();
    let rows = "date,open,high,low,close,volume,Name\n\
        2025-06-26,400,401,399,400,1000,S\n2025-06-27,404,405,403,404,1000,S\n2025-06-30,101,102,100,101,4000,S\n";
    home.ok(&["import", &home.file("split.csv", rows)]);
    let check = home.run(&["data", "check", "--format", "json"]);
    assert_eq!(check.code, 1);
    let fault = check.json()[0]["faults"][0].clone();
    assert_eq!((&fault["kind"], &fault["bars"]), (&json!("price-jump"), &json!(["2025-06-30"])));
    assert!(fault["detail"].as_str().unwrap().contains("like a split of 4 for 1"), "{fault}");
}

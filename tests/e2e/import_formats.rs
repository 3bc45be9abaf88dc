//! `sluice import` with files of vendors, folders, and what the user has to say.

use crate::support::{Home, list, texts};
use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use std::io::Write;

const ONE: &str = "Date,Open,High,Low,Close,Volume\n2025-06-27,1,2,1,2,10\n2025-06-30,1,2,1,2,10\n";

fn added(summary: &Value) -> u64 {
    summary["bars_added"].as_u64().unwrap()
}

fn stooq(ticker: &str) -> String {
    let header = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>";
    format!("{header}\r\n{ticker}.US,D,20250630,000000,1,2,1,2,10,0\r\n")
}

#[test]
fn a_folder_is_imported_with_all_that_is_in_it() {
    let home = Home::empty();
    let folder = home.user().join("data/daily/us/nasdaq stocks/1");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("aapl.us.txt"), stooq("AAPL")).unwrap();
    std::fs::write(folder.join("_prn.us.txt"), stooq("PRN")).unwrap();
    std::fs::write(folder.join("readme.txt"), "about these files").unwrap();
    let summary = home.json(&["import", &home.user().join("data").display().to_string()]);
    assert_eq!((added(&summary), &summary["instruments"]), (2, &2.into()));
    let paths = texts(&summary, "files", "path");
    assert!(paths[0].ends_with("1/_prn.us.txt") && paths[1].ends_with("1/aapl.us.txt"), "{summary}");
    assert_eq!(texts(&summary, "files", "layout"), ["Stooq bulk text"; 2]);
    assert!(list(&summary, "aside")[0].as_str().unwrap().ends_with("readme.txt"), "{summary}");
    let text = home.ok(&["import", &home.user().join("data").display().to_string()]);
    assert!(text.contains("Stooq bulk text"), "{text}");
}

#[test]
fn a_page_of_bars_and_its_packed_copy_give_the_same_set() {
    let (plain, packed) = (Home::empty(), Home::empty());
    let page = r#"{"bars":{"GE":[{"t":"2025-06-27T04:00:00Z","o":1,"h":2,"l":1,"c":2,"v":10},{"t":"2025-06-30T04:00:00Z","o":1,"h":2,"l":1,"c":2,"v":10}]},"next_page_token":null}"#;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(page.as_bytes()).unwrap();
    let plain = plain.json(&["import", &plain.file("page.json", page)]);
    let packed = packed.json(&["import", &packed.file("page.json.gz", gzip.finish().unwrap())]);
    assert_eq!((added(&plain), &plain["digest"]), (2, &packed["digest"]));
}

#[test]
fn the_symbol_of_a_file_of_one_instrument_is_its_name_or_said() {
    let home = Home::empty();
    let error = home.fails(&["import", &home.file("quotes.csv", ONE)]);
    assert!(
        error.contains("quotes.csv: it holds bars of one instrument") && error.contains("--symbol AAPL"),
        "{error}"
    );
    assert_eq!(added(&home.json(&["import", &home.file("quotes.csv", ONE), "--symbol", "BRK.B"])), 2);
    assert_eq!(added(&home.json(&["import", &home.file("MSFT.csv", ONE)])), 2);
    let status = home.json(&["status"]);
    assert_eq!(status["instruments"], 2, "{status}");
}

#[test]
fn columns_of_other_names_are_mapped() {
    let home = Home::empty();
    let text = "When,Ticker,Open,High,Low,Last Price,Volume\n2025-06-30,WMT,1,2,1,1.5,10\n";
    let file = home.file("x.csv", text);
    let error = home.fails(&["import", &file]);
    assert!(error.contains("its columns (When, Ticker, Open, High, Low, Last Price, Volume)"), "{error}");
    assert!(error.contains("--map") && error.contains("yahoo"), "{error}");
    let summary = home.json(&["import", &file, "--map", "date=When", "--map", "close=Last Price"]);
    assert_eq!(added(&summary), 1);
    for said in [&["--as", "csv"][..], &[]] {
        let error = home.fails(&[&["import", &file, "--map", "date=Day"], said].concat());
        assert!(error.contains("x.csv: it has no column \"Day\": its columns are When, Ticker"), "{error}");
    }
}

#[test]
fn clocks_are_read_in_the_zone_that_is_said_whatever_the_hosts_is() {
    let digest = |home: Home, zone: &str| {
        let text = "date,open,high,low,close,volume,symbol\n2025-06-27 09:30,1,2,1,2,10,WMT\n2025-06-27 09:35,1,2,1,2,10,WMT\n";
        let file = home.file("x.csv", text);
        let summary = home.json(&["import", &file, "--zone", zone]);
        assert_eq!(added(&summary), 2);
        summary["digest"].clone()
    };
    let new_york = digest(Home::empty(), "America/New_York");
    assert_eq!(digest(Home::empty().in_zone("Asia/Tokyo"), "America/New_York"), new_york);
    assert_ne!(digest(Home::empty(), "UTC"), new_york);
}

#[test]
fn wrong_hints_are_wrong_usage_and_say_what_is_right() {
    let home = Home::empty();
    let file = home.file("MSFT.csv", ONE);
    for (option, value, part) in [
        ("--as", "excel", "known are yahoo"),
        ("--zone", "Mars", "America/New_York"),
        ("--timeframe", "2m", "1s, 1m, 5m, 15m, 30m, 1h, 1d, 1w, 1mo"),
        ("--map", "close", "ours=theirs"),
        ("--symbol", "A;B", "\";\" is not allowed"),
    ] {
        let ran = home.run(&["import", &file, option, value]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{option}: {}", ran.stderr);
        assert!(ran.stderr.contains(part), "{option}: {}", ran.stderr);
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_refused_with_its_line() {
    let home = Home::empty();
    let dates = ONE.replace("2025-06-27", "6/7/2025").replace("2025-06-30", "6/8/2025");
    let error = home.fails(&["import", &home.file("MSFT.csv", dates)]);
    assert!(error.contains("line 2: whether \"6/7/2025\" begins with the month or with the day"), "{error}");
    let commas = ONE.replace(',', ";").replace(";10\n", ";1,234\n");
    let error = home.fails(&["import", &home.file("MSFT.csv", commas)]);
    assert!(error.contains("line 2: whether the comma of \"1,234\" marks thousands or decimals"), "{error}");
    assert_eq!(home.json(&["status"])["bars"], 0);
}

#[test]
fn a_web_page_and_a_statement_of_an_account_are_refused_as_such() {
    let home = Home::empty();
    let error = home.fails(&["import", &home.file("aapl.us.txt", "<!DOCTYPE html><html>limit</html>")]);
    assert!(error.contains("it is a web page"), "{error}");
    let statement = "Statement,Header,Field Name,Field Value\nTrades,Header,DataDiscriminator,Symbol\n";
    let error = home.fails(&["import", &home.file("u1.csv", statement)]);
    assert!(error.contains("activity statement of Interactive Brokers: trades of an account"), "{error}");
}

#[test]
fn a_split_of_a_yfinance_file_becomes_an_action_once() {
    let home = Home::empty();
    let text = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n2025-06-27 00:00:00-04:00,1,2,1,2,10,0.1,0\n2025-06-30 00:00:00-04:00,1,2,1,2,10,0,4\n";
    let file = home.file("AAPL.csv", text);
    let first = home.json(&["import", &file]);
    assert_eq!(added(&first), 2);
    assert!(list(&first, "faults").is_empty(), "{first}");
    assert_eq!(home.json(&["import", &file])["digest"], first["digest"]);
}

//! Lists of any length: pages by cursor, written as they come.

use crate::support::{Home, Ran};
use serde_json::Value;
use std::collections::BTreeSet;

/// A home with more than a thousand alerts, which is more than the store gives at once.
fn many() -> (Home, Vec<Value>) {
    let home = Home::with_market();
    home.ok(&["configure", "--stage", "2", "--set", "volume.min-ratio=1", "--set", "volume.min-volume=0"]);
    let scan = ["scan", "--with", "sluice/volume", "--format", "json"];
    home.ok(&scan);
    let each = alerts(&home, &["--all", "--limit", "4294967295"]).len();
    assert!(each > 20, "{each} alerts a scan: too few to prove anything");
    for _ in 0..1_010 / each {
        home.ok(&scan);
    }
    let all = alerts(&home, &["--all", "--limit", "4294967295"]);
    assert!(all.len() > 1_000, "{}", all.len());
    (home, all)
}

fn alerts(home: &Home, args: &[&str]) -> Vec<Value> {
    home.json(&[&["alerts"], args].concat()).as_array().unwrap().clone()
}

#[test]
fn a_list_longer_than_a_page_is_whole_in_every_format() {
    let (home, all) = many();
    let cursors: BTreeSet<&str> = all.iter().map(|alert| alert["cursor"].as_str().unwrap()).collect();
    assert_eq!(cursors.len(), all.len(), "cursors are unique");
    let list = |format: &str| home.ok(&["alerts", "--all", "--limit", "4294967295", "--format", format]);
    let ndjson: Vec<Value> = list("ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(ndjson, all);
    let csv = list("csv");
    assert_eq!(csv::Reader::from_reader(csv.as_bytes()).records().map(Result::unwrap).count(), all.len());
    assert_eq!(csv.matches("as of,symbol").count(), 1, "one header");
    let table = list("table");
    let rows = table.lines().filter(|line| line.starts_with('│') && line.contains("VOLUME_SPIKE")).count();
    assert_eq!(rows, all.len());
    assert_eq!(table.matches("as of").count(), all.len().div_ceil(1_000), "a header per thousand rows");
}

/// Every page of a command's list, one item each.
fn one_by_one(home: &Home, args: &[&str], cursor: impl Fn(&Value) -> String) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().map(&cursor);
        let mut page = vec!["--limit", "1", "--format", "json"];
        page.extend(after.iter().flat_map(|after| ["--after", after.as_str()]));
        let ran = home.run(&[args, &page].concat());
        let items = ran.json().as_array().unwrap().clone();
        let Some(item) = items.first() else { return all };
        all.push(item.clone());
        let told = format!("note: the list goes on: --after {}", cursor(item));
        if !ran.stderr.contains(&told) {
            assert_eq!((items.len(), ran.stderr.as_str()), (1, ""), "{args:?}");
            return all;
        }
    }
}

#[test]
fn lists_in_memory_are_cut_in_tables_and_go_on_behind_a_cursor() {
    let home = Home::with_market();
    let mut command = vec!["list", "create", "all"];
    home.ok(&command);
    let instruments = home.json(&["data", "list", "--limit", "130"]);
    let symbols: Vec<String> = instruments
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["symbol"].as_str().unwrap().to_owned())
        .collect();
    command = vec!["list", "add", "all"];
    command.extend(symbols.iter().map(String::as_str));
    home.ok(&command);
    let show = ["list", "show", "all"];
    let table = home.ok(&show);
    assert_eq!(table.lines().filter(|line| line.contains("XNYS:")).count(), 101, "100, and the last line");
    let last = table.lines().last().unwrap();
    assert!(
        last.starts_with("more: sluice list show all --home ") && last.contains(" --after XNYS:"),
        "{last}"
    );
    let cursor = last.rsplit(' ').next().unwrap();
    let rest = home.ok(&["list", "show", "all", "--after", cursor]);
    assert_eq!(rest.matches("XNYS:").count(), 30);
    assert!(!rest.contains("more: "), "{rest}");
    let whole = home.json(&show);
    assert_eq!(whole.as_array().unwrap().len(), 130, "programs get all");
    let first = home.json(&["list", "show", "all", "--limit", "7"]);
    assert_eq!(first.as_array().unwrap()[..], whole.as_array().unwrap()[..7]);
    let nobody = home.refuses(&["list", "show", "all", "--after", "XNYS:NOBODY"], 2);
    assert_eq!(nobody, "--after XNYS:NOBODY: nothing of this list is called so");
}

#[test]
fn every_list_in_memory_comes_page_by_page() {
    let home = Home::with_market();
    for name in ["a", "b", "c"] {
        home.ok(&["list", "create", name]);
    }
    home.ok(&["list", "add", "a", "CIG", "TSDD"]);
    home.ok(&["list", "add", "a", "NEWCO", "--force"]);
    home.ok(&["scan", "--as-of", "2025-06-27"]);
    home.ok(&["scan"]);
    let text = |name: &'static str| move |item: &Value| item[name].as_str().unwrap().to_owned();
    let id_or_symbol = |item: &Value| item["id"].as_str().or(item["symbol"].as_str()).unwrap().to_owned();
    let whole = |args: &[&str]| home.run(&[args, &["--format", "json"]].concat()).json();
    let all = |pages: Vec<Value>| Value::Array(pages);
    assert_eq!(all(one_by_one(&home, &["list"], text("name"))), whole(&["list"]));
    assert_eq!(all(one_by_one(&home, &["list", "show", "a"], id_or_symbol)), whole(&["list", "show", "a"]));
    assert_eq!(all(one_by_one(&home, &["diff"], text("id"))), whole(&["diff"]));
    let health = ["universe", "health"];
    assert_eq!(all(one_by_one(&home, &health, text("check"))), whole(&health));
    assert_eq!(home.run(&["universe", "health", "--limit", "1"]).code, 1, "whatever is shown");
    let csv = home.ok(&["diff", "--format", "csv"]);
    assert!(csv.lines().next().unwrap().ends_with(",reason,id"), "{csv}");
    let table = home.ok(&["diff", "--stages", "--limit", "2"]);
    assert!(table.lines().last().unwrap().starts_with("more: sluice diff --stages --limit 2 "), "{table}");
}

#[test]
fn pages_have_neither_gaps_nor_doubles() {
    let (home, all) = many();
    for limit in [333_usize, 999, 1_000, 1_001] {
        let mut paged: Vec<Value> = Vec::new();
        loop {
            let limit = limit.to_string();
            let after = paged.last().map(|alert| alert["cursor"].as_str().unwrap().to_owned());
            let mut args = vec!["--all", "--limit", &limit];
            args.extend(after.iter().flat_map(|after| ["--after", after.as_str()]));
            let page = alerts(&home, &args);
            if page.is_empty() {
                break;
            }
            assert!(page.len() <= limit.parse().unwrap());
            paged.extend(page);
        }
        assert!(paged == all, "pages of {limit}: {} of {}", paged.len(), all.len());
    }
}

#[test]
fn a_scan_between_two_pages_shifts_nothing() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let before = alerts(&home, &[]);
    let page = alerts(&home, &["--limit", "3"]);
    home.ok(&["scan"]);
    let rest = alerts(&home, &["--after", page[2]["cursor"].as_str().unwrap()]);
    assert_eq!([page, rest].concat(), before);
}

#[test]
fn filters_and_cursors_go_together() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    home.ok(&["scan"]);
    let of = |more: &[&str]| {
        alerts(&home, &[&["--kind", "MOMENTUM", "--layer", "sluice/technical"], more].concat())
    };
    let all = of(&[]);
    assert!(all.len() > 4, "{}", all.len());
    for at in 0..all.len() {
        assert_eq!(of(&["--after", all[at]["cursor"].as_str().unwrap()]), all[at + 1..]);
    }
}

/// The words behind `more: sluice`, without those that `Home` gives by itself.
fn more(table: &str) -> Vec<String> {
    let line = table.lines().last().unwrap();
    let words =
        line.strip_prefix("more: sluice ").unwrap_or_else(|| panic!("nothing says how it goes on: {line}"));
    let mut words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let home = words.iter().position(|word| word == "--home").unwrap();
    words.drain(home..home + 2);
    words
}

#[test]
fn a_table_that_the_limit_cut_ends_with_the_command_that_goes_on() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    for list in [&["alerts", "--all"][..], &["audit", "log"], &["audit", "log", "--oldest-first"]] {
        let whole = home.json(list).as_array().unwrap().len();
        let (mut args, mut rows) =
            ([list, &["--limit", "2"]].concat().iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>(), 0);
        loop {
            let words: Vec<&str> = args.iter().map(String::as_str).collect();
            let table = home.ok(&words);
            rows += table.lines().filter(|line| line.starts_with('│')).count() - 1;
            if rows >= whole {
                assert!(!table.contains("more:"), "{table}");
                break;
            }
            args = more(&table);
        }
        assert_eq!(rows, whole, "{list:?}");
    }
}

#[test]
fn other_formats_say_on_stderr_that_the_limit_cut_the_list() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let all = alerts(&home, &[]);
    for format in ["json", "ndjson", "csv"] {
        let cut = home.run(&["alerts", "--limit", "2", "--format", format]);
        let cursor = all[1]["cursor"].as_str().unwrap();
        assert_eq!(
            (cut.code, cut.stderr),
            (0, format!("note: the list goes on: --after {cursor}\n")),
            "{format}"
        );
        assert!(!cut.stdout.contains("more:"));
        let exact = all.len().to_string();
        assert_eq!(
            home.run(&["alerts", "--limit", &exact, "--format", format]).stderr,
            "",
            "{format}: nothing was cut"
        );
    }
}

#[test]
fn the_end_of_a_list_is_an_empty_list() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let last = alerts(&home, &[]).last().unwrap()["cursor"].as_str().unwrap().to_owned();
    assert_eq!(alerts(&home, &["--after", &last]), Vec::<Value>::new());
    assert_eq!(home.ok(&["alerts", "--after", &last]), "no more alerts\n");
    assert_eq!(home.ok(&["alerts", "--after", &last, "--format", "ndjson"]), "");
    assert_eq!(home.ok(&["alerts", "--after", &last, "--format", "csv"]).lines().count(), 1, "the header");
    assert_eq!(home.ok(&["audit", "log", "--after", "1"]), "no more rows\n");
}

#[test]
fn limits_and_cursors_that_are_none_are_wrong_usage() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    for list in [&["alerts"][..], &["audit", "log"], &["configure", "--history"]] {
        for limit in ["0", "-1", "4294967296", "1e3", "NaN", "", "'; --"] {
            let ran = home.run(&[list, &["--limit", limit]].concat());
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{list:?} {limit}: {}", ran.stderr);
        }
        for limit in ["1", "4294967295", "all"] {
            home.ok(&[list, &["--limit", limit]].concat());
        }
        for cursor in ["x", "", "1-2-3", "-1-2", "1.5", "'; DROP TABLE alerts; --", "99999999999999999999"] {
            let ran = home.run(&[list, &["--after", cursor]].concat());
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{list:?} {cursor}: {}", ran.stderr);
        }
    }
}

#[test]
fn all_instruments_of_the_data_are_listed_on_demand() {
    let home = Home::with_market();
    let listed = |limit: &str| home.json(&["data", "list", "--limit", limit]).as_array().unwrap().len();
    assert_eq!((listed("2"), listed("all")), (2, 300));
    assert_eq!(home.run(&["data", "list", "--limit", "0"]).code, 2);
}

#[test]
fn filters_that_look_like_sql_are_texts() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    for text in ["'; DROP TABLE alerts; --", "x' OR '1'='1", "\" OR 1=1 --", "%", "_"] {
        for option in ["--kind", "--layer", "--symbol", "--scan"] {
            let ran = home.run(&["alerts", option, text]);
            let none = ran.code == 2 || ran.stdout == "no alert matches\n";
            assert!(none, "{option} {text}: {}{}", ran.stdout, ran.stderr);
        }
        assert_ne!(home.run(&["layer", "remove", text]).code, 0);
        assert_ne!(home.run(&["scan", "--pipeline", text]).code, 0);
        assert_ne!(home.run(&["scan", "--with", text]).code, 0);
    }
    assert!(!alerts(&home, &[]).is_empty());
    assert_eq!(home.json(&["db", "status"])["intact"], true);
}

#[test]
fn the_command_that_goes_on_never_repeats_a_database_url() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let url = format!("sqlite:{}", home.path().join("sluice.db").display());
    let ran: Ran = home.run(&["alerts", "--limit", "1", "--db", &url]);
    assert!(ran.stdout.contains("--db URL --home"), "{}", ran.stdout);
}

//! `sluice list`, and what lists do to a scan.

use crate::support::{Home, Ran, list, texts};
use serde_json::Value;

fn symbols(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|entry| entry["symbol"].as_str().unwrap()).collect()
}

#[test]
fn a_watchlist_is_made_filled_shown_and_deleted() {
    let home = Home::with_market();
    assert_eq!(home.ok(&["list"]), "no lists: `sluice list create NAME` makes one\n");
    home.ok(&["list", "create", "tech"]);
    assert_eq!(home.ok(&["list", "add", "tech", "TSDD", "CIG", "TSDD"]), "added to tech: TSDD, CIG\n");
    assert_eq!(home.ok(&["list", "add", "tech", "CIG"]), "nothing to add: all of them are on tech already\n");
    let shown = home.json(&["list", "show", "tech"]);
    assert_eq!(symbols(&shown), ["CIG", "TSDD"]);
    assert!(shown[0]["id"].as_str().unwrap().ends_with(":CIG"), "{shown}");
    let lists = home.json(&["list"]);
    assert_eq!(
        (&lists[0]["name"], &lists[0]["instruments"], &lists[0]["excludes"]),
        (&"tech".into(), &2.into(), &false.into())
    );
    assert_eq!(home.ok(&["list", "remove", "tech", "CIG"]), "removed from tech: CIG\n");
    assert_eq!(symbols(&home.json(&["list", "show", "tech"])), ["TSDD"]);
    home.ok(&["list", "delete", "tech"]);
    assert!(home.json(&["list"]).as_array().unwrap().is_empty());
    let log = home.json(&["audit", "log", "--action", "list", "--oldest-first"]);
    let told: Vec<&str> = log.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["list.created", "list.changed", "list.changed", "list.deleted"]);
    assert_eq!(log[1]["after"], serde_json::json!({"added": ["TSDD", "CIG"], "removed": []}));
    assert_eq!(log[3]["before"], serde_json::json!({"entries": ["TSDD"]}));
    home.ok(&["audit", "verify"]);
}

#[test]
fn a_scan_can_be_narrowed_to_lists_and_symbols() {
    let home = Home::with_market();
    home.ok(&["list", "create", "mine"]);
    home.ok(&["list", "add", "mine", "TSDD", "CIG"]);
    let scan = home.json(&["scan", "--symbols", "@mine,EOH"]);
    assert_eq!(list(&scan, "stages")[0]["in"], 3);
    assert_eq!(texts(&scan, "results", "symbol"), ["TSDD", "EOH", "CIG"]);
    home.ok(&["list", "add", "mine", "NEWCO", "--force"]);
    let ran = home.run(&["scan", "--dry-run", "--symbols", "@mine"]);
    let warning = "warning: 1 of 3 instruments of @mine were not listed at 2025-06-30T20:00:00Z: NEWCO\n";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
}

#[test]
fn every_scan_leaves_out_what_a_list_excludes_and_counts_it() {
    let home = Home::with_market();
    let before = home.json(&["scan"]);
    assert_eq!(before["excluded"], 0);
    home.ok(&["list", "create", "junk", "--exclude"]);
    home.ok(&["list", "add", "junk", "TSDD", "EOH"]);
    let after = home.json(&["scan"]);
    assert_eq!((&after["excluded"], &list(&after, "stages")[0]["in"]), (&2.into(), &298.into()));
    assert_eq!(texts(&after, "results", "symbol"), ["WEDD", "CIG", "IJN"]);
    assert!(home.ok(&["scan", "--dry-run"]).contains("\n2 excluded by lists\n"));
    // whatever else names them
    let named = home.run(&["scan", "--dry-run", "--symbols", "TSDD,CIG"]);
    assert!(named.stderr.contains("warning: left out, for a list excludes them: TSDD\n"), "{}", named.stderr);
    home.ok(&["list", "delete", "junk"]);
    assert_eq!(home.json(&["scan"])["results"], before["results"]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let home = Home::with_market();
    let no_list = "there is no list tech: `sluice list create tech` makes it";
    assert_eq!(home.refuses(&["list", "add", "tech", "CIG"], 2), no_list);
    home.ok(&["list", "create", "mine"]);
    for (args, wanted) in [
        (&["list", "create", "mine"][..], "there is a list mine already: `sluice list show mine` shows it"),
        (
            &["list", "add", "mine", "CIG", "NOPE", "NADA"],
            "unknown symbols NOPE, NADA: `sluice data list` shows what is imported",
        ),
        (&["list", "remove", "mine", "CIG"], "CIG is not on mine: nothing was removed"),
        (
            &["list", "show", "tech"],
            "there is no list tech: there are mine; `sluice list create tech` makes it",
        ),
        (
            &["list", "delete", "tech"],
            "there is no list tech: there are mine; `sluice list create tech` makes it",
        ),
        (&["scan", "--symbols", "@tech"], "there is no list @tech: there are @mine"),
    ] {
        assert_eq!(home.refuses(args, 2), wanted, "{args:?}");
    }
    assert!(home.json(&["list", "show", "mine"]).as_array().unwrap().is_empty());
    let path = home.path().display().to_string();
    let hyphen = Ran::of(home.bare(&["--home", &path, "list", "create", "--", "-x"]));
    assert!(hyphen.code == 2 && hyphen.stderr.contains("the first no hyphen"), "{}", hyphen.stderr);
    for args in [&["list", "create", "My List"][..], &["scan", "--symbols", "@My"], &["list", "add", "mine"]]
    {
        let ran = home.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn lists_in_words() {
    let home = Home::with_market();
    home.ok(&["list", "create", "mine"]);
    home.ok(&["list", "add", "mine", "TSDD"]);
    home.ok(&["list", "add", "mine", "NEWCO", "--force"]);
    insta::assert_snapshot!(home.ok(&["list", "show", "mine"]), @r#"
    ┌────────┬───────────┬───────┬────────┬─────────────────────┐
    │ symbol ┆ id        ┆ kind  ┆ sector ┆ name                │
    ╞════════╪═══════════╪═══════╪════════╪═════════════════════╡
    │ NEWCO  ┆ –         ┆ –     ┆ –      ┆                     │
    │ TSDD   ┆ XNYS:TSDD ┆ stock ┆ Energy ┆ Junmark Energy Inc. │
    └────────┴───────────┴───────┴────────┴─────────────────────┘
    "#);
}

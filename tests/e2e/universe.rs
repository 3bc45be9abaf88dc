//! What is let in: by the directory, never by the letters of a ticker.

use crate::support::{Home, list, texts};
use std::fmt::Write;

const DIRECTORY: &str = "\
symbol,name,kind,status,sector
WMT,Walmart,stock,active,Retail
NOW,ServiceNow,stock,active,Software
QQQ,Index fund,etf,active,
CVX,Chevron,stock,active,Energy
ARTL,Artelo,stock,active,Health
BRK.B,Berkshire,stock,active,Finance
QCOM,Qualcomm,stock,active,Technology
BF.B,Brown-Forman,stock,active,Beverages
SAFE,A warrant in spite of its name,warrant,active,
OLDW,Delisted,stock,delisted,
HALT,Halted,stock,halted,
";

/// A home with those of the directory and one instrument, XYZW, that the directory does not know.
fn home() -> Home {
    let home = Home::compiled();
    let mut bars = "symbol,date,open,high,low,close,volume\n".to_owned();
    for symbol in
        ["WMT", "NOW", "QQQ", "CVX", "ARTL", "BRK.B", "QCOM", "BF.B", "SAFE", "OLDW", "HALT", "XYZW"]
    {
        writeln!(bars, "{symbol},2025-06-30,10,11,9,10.5,2000000").unwrap();
    }
    let (bars, directory) = (home.file("bars.csv", bars), home.file("directory.csv", DIRECTORY));
    let summary = home.json(&["import", &bars, &directory]);
    assert_eq!((&summary["instruments"], &summary["rows"]), (&12.into(), &23.into()));
    home
}

#[test]
fn kind_and_status_come_from_the_directory_never_from_letters() {
    let scan = home().json(&["scan", "--stage", "universe", "--dry-run"]);
    let kept = texts(&scan, "results", "symbol");
    assert_eq!(kept, ["ARTL", "BF.B", "BRK.B", "CVX", "NOW", "QCOM", "QQQ", "WMT", "XYZW"]);
    let score = |symbol: &str| {
        list(&scan, "results").iter().find(|result| result["symbol"] == symbol).unwrap()["score"]
            .as_f64()
            .unwrap()
    };
    assert!(score("XYZW") < score("WMT"), "an unknown kind is worth less than a known one");
}

#[test]
fn an_unknown_kind_is_kept_with_a_warning() {
    let scan = home().json(&["scan", "--stage", "universe", "--dry-run"]);
    let warnings = scan["warnings"].to_string();
    for part in ["sluice/universe", "kept although their kind or status is unknown"] {
        assert!(warnings.contains(part), "{warnings}");
    }
    assert!(warnings.contains("unknown-kind"), "{warnings}");
}

#[test]
fn an_unknown_kind_is_dropped_when_the_configuration_says_so() {
    let home = home();
    home.configure("[layers.\"sluice/universe\".settings]\nunknown-kind = \"drop\"\n");
    let scan = home.json(&["scan", "--stage", "universe", "--dry-run"]);
    assert_eq!(
        texts(&scan, "results", "symbol"),
        ["ARTL", "BF.B", "BRK.B", "CVX", "NOW", "QCOM", "QQQ", "WMT"]
    );
    assert!(!scan["warnings"].to_string().contains("unknown"), "{}", scan["warnings"]);
}

#[test]
fn a_later_directory_changes_what_is_known() {
    let home = home();
    let more = home.file("more.csv", "symbol,kind,status\nXYZW,right,active\nHALT,stock,active\n");
    let summary = home.json(&["import", &more]);
    assert_eq!((&summary["instruments_changed"], &summary["instruments_added"]), (&2.into(), &0.into()));
    let scan = home.json(&["scan", "--stage", "universe", "--dry-run"]);
    let kept = ["ARTL", "BF.B", "BRK.B", "CVX", "HALT", "NOW", "QCOM", "QQQ", "WMT"];
    assert_eq!(texts(&scan, "results", "symbol"), kept);
}

//! Five years of the S&P 500, where they are at hand.

use crate::support::{Home, list, repository, texts};
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn the_real_file_gives_its_known_faults_and_a_funnel_over_505_stocks() {
    let folder = repository().join("../shared/data/sp500_5yr");
    let (file, known) = (folder.join("sp500_5yr.parquet"), folder.join("faults.json"));
    let (true, Ok(known)) = (file.exists(), std::fs::read(known)) else {
        eprintln!("skipped: {} is not there", file.display());
        return;
    };
    let known: Value = serde_json::from_slice(&known).unwrap();
    let home = Home::compiled_and_default().in_zone("Asia/Tokyo");
    let summary = home.json(&["import", &file.display().to_string()]);
    for (member, known_as) in [("rows", "rows"), ("bars_added", "rows"), ("instruments", "symbols")] {
        assert_eq!(summary[member], known[known_as], "{member}");
    }
    assert_eq!((&summary["first_date"], &summary["last_date"]), (&known["first"], &known["last"]));
    let faults: BTreeMap<&str, u64> = list(&summary, "faults")
        .iter()
        .map(|fault| (fault["kind"].as_str().unwrap(), fault["count"].as_u64().unwrap()))
        .collect();
    let expected = [
        ("missing-open", known["null"]["open"].as_u64()),
        ("missing-high", known["null"]["high"].as_u64()),
        ("missing-low", known["null"]["low"].as_u64()),
        ("zero-volume", known["zero_volume"].as_array().map(|rows| rows.len() as u64)),
        ("inconsistent-prices", known["ohlc_rows_violating"].as_u64()),
    ];
    for (kind, count) in expected {
        assert_eq!(faults.get(kind).copied(), count, "{kind}");
    }
    for absent in ["duplicate", "unsorted", "not-a-session", "missing-close", "non-positive-price"] {
        assert!(!faults.contains_key(absent), "{absent}: {faults:?}");
    }

    let scan = home.json(&["scan"]);
    assert_eq!((&scan["as_of"], &scan["status"]), (&"2018-02-07T21:00:00Z".into(), &"complete".into()));
    assert_eq!(texts(&scan, "stages", "name"), ["universe", "liquidity", "affinity", "catalyst", "session"]);
    assert_eq!(scan["stages"][0]["in"], 505);
    assert!((1..=30).contains(&list(&scan, "results").len()), "{}", list(&scan, "results").len());
    let dated = home.json(&["scan", "--dry-run", "--as-of", "2018-02-07"]);
    assert_eq!((&scan["results"], &scan["alerts"]), (&dated["results"], &dated["alerts"]));
}

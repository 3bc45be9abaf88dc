//! `sluice demo`

use crate::support::{END, Home, contents};
use std::time::SystemTime;

const DEMO: [&str; 7] = ["demo", "--symbols", "300", "--sessions", "80", "--end", END];

#[test]
fn the_demo_prints_funnel_results_and_alerts() {
    let home = Home::empty();
    let text = home.ok(&DEMO);
    assert!(
        text.starts_with("pipeline daily as of 2025-06-30T20:00:00Z, data until 2025-06-30T20:00:00Z"),
        "{text}"
    );
    for part in [
        "universe",
        "liquidity",
        "affinity",
        "catalyst",
        "session",
        "sluice/technical@",
        "│    1 ┆",
        "reward/risk",
    ] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
}

#[test]
fn the_demo_keeps_to_a_folder_of_its_own() {
    let home = Home::empty();
    home.ok(&DEMO);
    assert_eq!(home.json(&["status"])["instruments"], 0);
    assert!(home.path().join("demo/market/current.json").exists());
}

#[test]
fn a_second_demo_takes_the_market_that_is_there() {
    let home = Home::empty();
    let first = home.json(&DEMO);
    let market = home.path().join("demo/market");
    let changed = |file: &str| -> SystemTime { market.join(file).metadata().unwrap().modified().unwrap() };
    let (before, at) = (contents(&market), changed("current.json"));
    let second = home.json(&DEMO);
    assert_eq!(contents(&market), before);
    assert_eq!(changed("current.json"), at);
    assert_eq!(first["results"], second["results"]);
    // the same day: its alerts were told
    let told = first["alerts"].as_array().unwrap().len();
    assert_eq!((&second["alerts"], &second["alerts_held_back"]), (&serde_json::json!([]), &told.into()));
    assert_ne!(first["scan_id"], second["scan_id"]);
}

#[test]
fn another_demo_market_is_made_when_another_one_is_asked_for() {
    let home = Home::empty();
    let small = home.json(&["demo", "--symbols", "20", "--sessions", "70", "--end", END]);
    assert_eq!(small["stages"][0]["in"], 20);
    let larger = home.json(&["demo", "--symbols", "30", "--sessions", "70", "--end", END]);
    assert_eq!(larger["stages"][0]["in"], 30);
}

#[test]
fn one_seed_makes_one_market_in_every_zone_and_another_seed_another() {
    let market = |zone, seed: &str| {
        let home = Home::empty().in_zone(zone);
        home.ok(&["synthesize", "--symbols", "40", "--sessions", "30", "--seed", seed, "--end", END]);
        let names =
            |(path, content): (std::path::PathBuf, Vec<u8>)| (path.file_name().unwrap().to_owned(), content);
        let files = contents(&home.market()).into_iter().map(names);
        files.filter(|(name, _)| name.to_string_lossy().ends_with(".parquet")).collect::<Vec<_>>()
    };
    let tokyo = market("Asia/Tokyo", "7");
    assert_eq!(tokyo.len(), 2, "bars and instruments");
    assert!(tokyo == market("America/New_York", "7"), "the zone changed the market");
    assert!(tokyo != market("Asia/Tokyo", "8"), "the seed did not change the market");
}

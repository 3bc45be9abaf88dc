//! `sluice status` and `sluice universe`: how well everything works.

use crate::support::{Home, list};

#[test]
fn the_stages_of_the_last_scans_have_rates_durations_and_breakers() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    home.ok(&["scan"]);
    let status = home.json(&["status"]);
    let pipeline = &status["pipeline"];
    assert_eq!(
        (&pipeline["pipeline"], &pipeline["health"], &pipeline["scans"]),
        (&"daily".into(), &"ok".into(), &2.into())
    );
    assert_eq!(pipeline["success_rate"], 1.0);
    let stages = list(pipeline, "stages");
    assert_eq!(stages.len(), 3);
    for stage in stages {
        assert_eq!(
            (&stage["health"], &stage["runs"], &stage["success_rate"]),
            (&"ok".into(), &2.into(), &1.0.into())
        );
        let [mean, p95, p99] =
            ["mean_ms", "p95_ms", "p99_ms"].map(|name| stage["duration"][name].as_f64().unwrap());
        assert!(0.0 < mean && mean <= p95 && p95 <= p99, "{stage}");
        assert!(stage["next_run_at"].is_null() && stage["last_run_at"].is_string());
        assert!(list(stage, "layers").iter().all(|layer| layer["breaker"] == "closed"), "{stage}");
    }
    assert!(home.ok(&["status"]).contains("ok; daily, the last 2 scans: 100 % complete"));
    // the second scan found what the first one left, whatever a stage let through
    assert_eq!(pipeline["cache_hit_rate"], 0.5);
    assert!(stages.iter().all(|stage| stage["cache_hit_rate"] == 0.5), "{stages:?}");
    assert!(home.ok(&["status"]).contains(", 50 % from the cache"));
    let csv = home.ok(&["status", "--stage", "1", "--format", "csv"]);
    let titles: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let place = titles.iter().position(|title| *title == "cache hits %").unwrap();
    assert_eq!(csv.lines().nth(1).unwrap().split(',').nth(place), Some("50.0"));
}

#[test]
fn one_stage_can_be_looked_at_with_its_layers_and_what_went_wrong() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    home.ok(&["configure", "--stage", "2", "--scan-interval", "15"]);
    home.ok(&["breaker", "trip", "sluice/volume", "--reason", "too loud"]);
    assert_eq!(home.run(&["scan"]).code, 3);
    let status = home.json(&["status", "--stage", "2"]);
    let [stage] = list(&status["pipeline"], "stages").as_slice() else { panic!("{status}") };
    assert_eq!(
        (&stage["name"], &stage["health"], &stage["success_rate"]),
        (&"catalyst".into(), &"degraded".into(), &0.5.into())
    );
    assert!(stage["next_run_at"].is_string(), "{stage}");
    let layers: Vec<_> = list(stage, "layers")
        .iter()
        .map(|layer| (layer["id"].as_str().unwrap(), layer["breaker"].as_str().unwrap()))
        .collect();
    assert_eq!(layers, [("sluice/volume", "quarantined"), ("sluice/technical", "closed")]);
    let [error] = list(&status["pipeline"], "errors").as_slice() else { panic!("{status}") };
    assert!(error["message"].as_str().unwrap().contains("too loud"), "{error}");
    let table = home.ok(&["status", "--stage", "catalyst", "--detailed"]);
    assert!(
        table.contains("quarantined") && table.contains("too loud") && !table.contains("universe"),
        "{table}"
    );
    assert_eq!(home.run(&["status", "--stage", "9"]).code, 2);
    assert_eq!(home.run(&["status", "--pipeline", "x"]).code, 2);
}

#[test]
fn before_the_first_scan_nothing_is_known() {
    let home = Home::with_market();
    assert!(home.json(&["status"])["pipeline"].is_null());
    assert_eq!(home.ok(&["status", "--stage", "1"]), "no scan yet: `sluice scan` runs the pipeline\n");
    assert_eq!(home.run(&["status", "--stage", "9"]).code, 2);
}

#[test]
fn a_universe_is_counted_by_kind_venue_sector_and_timeframe() {
    let home = Home::with_market();
    let stats = home.json(&["universe", "stats"]);
    assert_eq!((&stats["instruments"], &stats["listed"]), (&300.into(), &300.into()));
    assert_eq!((&stats["venues"]["XNYS"], &stats["timeframes"]["1d"]), (&300.into(), &300.into()));
    for by in ["kinds", "sectors"] {
        let sum: u64 = stats[by].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(sum, 300, "{by}");
    }
    let csv = home.ok(&["universe", "stats", "--format", "csv"]);
    assert!(csv.starts_with("by,what,instruments\nall,known,300\nall,listed,300\n"), "{csv}");
}

#[test]
fn what_is_wrong_with_a_universe_is_told_and_the_exit_code_says_so() {
    let home = Home::with_market();
    let ran = home.run(&["universe", "health", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let found = ran.json();
    let checks: Vec<&str> =
        found.as_array().unwrap().iter().map(|it| it["check"].as_str().unwrap()).collect();
    assert!(
        checks.contains(&"small") && checks.contains(&"stale-data") && checks.contains(&"no-directory"),
        "{checks:?}"
    );
    home.configure("[universe]\nleast-instruments = 300\n");
    let table = home.run(&["universe", "health"]);
    assert!(table.code == 1 && !table.stdout.contains("small"), "{}", table.stdout);
    assert!(Home::empty().fails(&["universe", "health"]).starts_with("there is no market data yet"));
}

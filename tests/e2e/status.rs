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
}

#[test]
fn a_stage_tells_how_many_instruments_came_in_and_got_through_the_last_time() {
    let home = Home::with_market();
    let scan = home.json(&["scan"]);
    home.ok(&["scan", "--stage", "1", "--symbols", "CIG,TSDD"]);
    let status = home.json(&["status"]);
    let flow = |document: &serde_json::Value, at: usize| {
        let stage = &list(document, "stages")[at];
        (stage["in"].clone(), stage["out"].clone())
    };
    let told = |at| flow(&status["pipeline"], at);
    assert_eq!((told(0).0, told(1).0), (2.into(), 2.into()));
    // the last scan did not come that far
    assert_eq!(told(2), flow(&scan, 2));
    let table = home.ok(&["status"]);
    let header = table.lines().find(|line| line.contains("success %")).unwrap();
    let cells = |line: &str| line.split(['│', '┆']).map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let place = cells(header).iter().position(|title| title == "last in").unwrap();
    let catalyst = table.lines().find(|line| line.contains("┆ catalyst")).unwrap();
    assert_eq!(cells(catalyst)[place], told(2).0.to_string());
}

#[test]
fn csv_has_every_figure_of_the_whole_of_stages_and_of_layers() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    home.ok(&["breaker", "trip", "sluice/volume", "--reason", "too loud"]);
    assert_eq!(home.run(&["scan"]).code, 3);
    let csv = |args: &[&str]| -> Vec<[String; 4]> {
        let text = home.ok(&[&["status", "--format", "csv"], args].concat());
        assert!(text.starts_with("stage,layer,what,value\n"), "{text}");
        let rows = csv::Reader::from_reader(text.as_bytes()).into_records().map(Result::unwrap);
        rows.map(|row| [0, 1, 2, 3].map(|at| row[at].to_owned())).collect()
    };
    let all = csv(&["--detailed"]);
    let find = |rows: &[[String; 4]], of: [&str; 3]| {
        rows.iter().find(|row| row[..3] == of).map(|row| row[3].clone()).unwrap_or_else(|| panic!("{of:?}"))
    };
    let figure = |of: [&str; 3]| find(&all, of).parse::<f64>().ok();
    let status = home.json(&["status"]);
    let pipeline = &status["pipeline"];
    assert_eq!(find(&all, ["", "", "instruments"]), "300");
    assert_eq!(find(&all, ["", "", "pipeline success rate"]), "0.5");
    for stage in list(pipeline, "stages") {
        let is_it = |row: &&[String; 4]| row[1..] == ["", "name", stage["name"].as_str().unwrap()];
        let number = all.iter().find(is_it).unwrap()[0].clone();
        for (what, value) in [
            ("runs", &stage["runs"]),
            ("cache hit rate", &stage["cache_hit_rate"]),
            ("last in", &stage["in"]),
            ("p99 ms", &stage["duration"]["p99_ms"]),
        ] {
            assert_eq!(figure([&number, "", what]), value.as_f64(), "{number} {what}");
        }
        for layer in list(stage, "layers") {
            let id = layer["id"].as_str().unwrap();
            assert_eq!(find(&all, [&number, id, "breaker"]), layer["breaker"].as_str().unwrap());
            assert_eq!(figure([&number, id, "cache hit rate"]), layer["cache_hit_rate"].as_f64());
        }
    }
    assert!(find(&all, ["2", "sluice/volume", "error"]).contains("too loud"));
    let stage = csv(&["--stage", "2", "--detailed"]);
    assert!(
        stage.contains(&["2", "sluice/volume", "breaker", "quarantined"].map(str::to_owned)),
        "{stage:?}"
    );
    assert!(stage.iter().all(|row| row[0].is_empty() || row[0] == "2"), "{stage:?}");
    assert!(csv(&[]).iter().all(|row| row[1].is_empty()), "layers are details");
    // a person reads the same of each layer
    let detailed = home.ok(&["status", "--detailed"]);
    assert_eq!(detailed.matches("cache hits %").count(), 2, "{detailed}");
}

#[test]
fn a_home_without_bars_says_so() {
    let table = Home::empty().ok(&["status"]);
    assert!(table.contains("│ dates         ┆ no bars"), "{table}");
    assert!(!table.contains('–'), "{table}");
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

//! `sluice scan`: what it prints, what it stores, and which part of a pipeline runs.

use crate::support::{Bar, Home, bars_csv, keys, list, sessions, texts, walk};
use serde_json::Value;
use std::collections::BTreeSet;

fn set(words: &str) -> BTreeSet<&str> {
    words.split_whitespace().collect()
}

fn stage_names(scan: &Value) -> Vec<&str> {
    texts(scan, "stages", "name")
}

#[test]
fn json_has_exactly_the_documented_members() {
    let home = Home::with_market();
    let scan = home.json(&["scan"]);
    let members = "scan_id pipeline as_of data_until settings_revision status venues stages results excluded hidden alerts \
         alerts_held_back warnings";
    assert_eq!(keys(&scan), set(members));
    for stage in list(&scan, "stages") {
        assert_eq!(keys(stage), set("number name in out no_opinion layers"));
        for layer in list(stage, "layers") {
            let members = "id version digest status calls cache_hits cache_misses fuel wall_ms peak_memory_bytes \
                 abstained abstained_because stats outliers drift";
            assert_eq!(keys(layer), set(members));
            assert_eq!(keys(&layer["stats"]), set("count mean median p5 p25 p75 p95 stddev mad outliers"));
        }
    }
    for result in list(&scan, "results") {
        assert_eq!(keys(result), set("rank symbol outcome score percentile reason layers"));
        let layers = result["layers"].as_object().unwrap();
        assert!(!layers.is_empty());
        layers.values().for_each(|opinion| assert_eq!(keys(opinion), set("outcome score measures")));
    }
    assert!(!list(&scan, "alerts").is_empty());
    for alert in list(&scan, "alerts") {
        let members = "symbol kind severity confidence message layer side entry stop target risk";
        assert_eq!(keys(alert), set(members));
    }
}

#[test]
fn json_has_values_of_the_right_kinds_within_their_bounds() {
    let home = Home::with_market().in_zone("Asia/Tokyo");
    let scan = home.json(&["scan"]);
    assert_eq!(scan["scan_id"].as_str().unwrap().len(), 36);
    assert_eq!((&scan["pipeline"], &scan["status"]), (&"daily".into(), &"complete".into()));
    assert_eq!(
        (&scan["as_of"], &scan["data_until"]),
        (&"2025-06-30T20:00:00Z".into(), &"2025-06-30T20:00:00Z".into())
    );
    for stage in list(&scan, "stages") {
        assert!(stage["number"].is_number() && stage["name"].is_string());
        let count = |name: &str| stage[name].as_u64().unwrap();
        assert!(count("out") <= count("in") && count("no_opinion") <= count("in"), "{stage}");
        for layer in list(stage, "layers") {
            assert_eq!(layer["digest"].as_str().unwrap().len(), 64, "SHA-256 in hex");
            assert_eq!((&layer["status"], layer["wall_ms"].is_f64()), (&"ok".into(), true));
            assert!(layer["fuel"].as_u64().unwrap() > 0 && layer["peak_memory_bytes"].as_u64().unwrap() > 0);
            let judged = layer["stats"]["count"].as_u64().unwrap();
            assert_eq!(judged + layer["abstained"].as_u64().unwrap(), count("in"), "{layer}");
        }
    }
    for (at, result) in list(&scan, "results").iter().enumerate() {
        assert_eq!(result["rank"], at + 1);
        assert_eq!(result["outcome"], "keep");
        for number in ["score", "percentile"] {
            assert!((0.0..=100.0).contains(&result[number].as_f64().unwrap()), "{result}");
        }
    }
    for alert in list(&scan, "alerts") {
        assert!((0.0..=1.0).contains(&alert["confidence"].as_f64().unwrap()), "{alert}");
        assert!(["info", "notice", "urgent"].contains(&alert["severity"].as_str().unwrap()), "{alert}");
    }
}

#[test]
fn the_funnel_fits_together() {
    let scan = Home::with_market().json(&["scan", "--dry-run"]);
    assert_eq!(stage_names(&scan), ["universe", "liquidity", "catalyst"]);
    let stages = list(&scan, "stages");
    assert_eq!(stages[0]["in"], 300);
    for pair in stages.windows(2) {
        assert_eq!(pair[0]["out"], pair[1]["in"]);
    }
    assert_eq!(stages[2]["out"], list(&scan, "results").len());
    let scores: Vec<f64> =
        list(&scan, "results").iter().map(|result| result["score"].as_f64().unwrap()).collect();
    assert!(!scores.is_empty() && scores.is_sorted_by(|a, b| a >= b), "best first: {scores:?}");
    assert!(scores.iter().all(|score| *score >= 60.0), "the threshold of the last stage is 60: {scores:?}");
}

#[test]
fn the_same_input_gives_the_same_results_and_alerts_in_every_zone() {
    let home = Home::with_market();
    let first = home.json(&["scan", "--no-cache"]);
    let home = home.in_zone("Asia/Tokyo");
    let second = home.json(&["scan", "--no-cache"]);
    assert_eq!(first["results"], second["results"]);
    assert_eq!(first["alerts"], second["alerts"]);
    let fuel = |scan: &Value| -> Vec<Value> {
        list(scan, "stages")
            .iter()
            .flat_map(|stage| list(stage, "layers"))
            .map(|layer| layer["fuel"].clone())
            .collect()
    };
    assert_eq!(fuel(&first), fuel(&second));
    assert_ne!(first["scan_id"], second["scan_id"]);
}

#[test]
fn a_scan_is_stored_and_a_dry_run_is_not() {
    let home = Home::with_market();
    let dry = home.json(&["scan", "--dry-run"]);
    assert_eq!(dry["scan_id"], Value::Null);
    let status = home.json(&["status"]);
    assert_eq!(
        (&status["scans"], &status["alerts"], &status["last_scan"]),
        (&0.into(), &0.into(), &Value::Null)
    );
    let stored = home.json(&["scan"]);
    assert_eq!((&stored["results"], &stored["alerts"]), (&dry["results"], &dry["alerts"]));
    let status = home.json(&["status"]);
    assert_eq!(status["scans"], 1);
    assert_eq!(status["last_scan"]["scan_id"], stored["scan_id"]);
    assert_eq!(
        (&status["last_scan"]["status"], &status["last_scan"]["pipeline"]),
        (&"complete".into(), &"daily".into())
    );
    assert_eq!(status["last_scan"]["as_of"], "2025-06-30T20:00:00Z");
}

#[test]
fn a_stage_is_found_by_number_and_by_name_and_brings_what_it_needs() {
    let home = Home::with_market();
    let by_number = home.json(&["scan", "--dry-run", "--stage", "1"]);
    assert_eq!(stage_names(&by_number), ["universe", "liquidity"]);
    let by_name = home.json(&["scan", "--dry-run", "--stage", "liquidity"]);
    assert_eq!(by_number["results"], by_name["results"]);
    let whole = home.json(&["scan", "--dry-run"]);
    assert_eq!(whole["stages"][1]["out"], list(&by_number, "results").len(), "as in the whole funnel");
}

#[test]
fn a_bare_number_after_layer_means_a_stage() {
    let home = Home::with_market();
    let layer = home.json(&["scan", "--dry-run", "--layer", "1"]);
    assert_eq!(stage_names(&layer), ["universe", "liquidity"]);
    assert_eq!(layer["results"], home.json(&["scan", "--dry-run", "--stage", "1"])["results"]);
}

#[test]
fn two_stages_at_once_are_wrong_usage() {
    let error = Home::with_market().refuses(&["scan", "--layer", "1", "--stage", "2"], 2);
    assert!(error.contains("--layer 1") && error.contains("--stage 2"), "{error}");
}

#[test]
fn with_and_layer_run_just_these_layers() {
    let home = Home::with_market();
    let with = home.json(&["scan", "--dry-run", "--with", "sluice/universe,sluice/technical"]);
    let layers: Vec<&str> =
        list(&with, "stages").iter().flat_map(|stage| texts(stage, "layers", "id")).collect();
    assert_eq!(layers, ["sluice/universe", "sluice/technical"]);
    assert_eq!(with["stages"][1]["in"], with["stages"][0]["out"]);
    let layer = home.json(&["scan", "--dry-run", "--layer", "sluice/technical"]);
    let layers: Vec<&str> =
        list(&layer, "stages").iter().flat_map(|stage| texts(stage, "layers", "id")).collect();
    assert_eq!((layers, &layer["stages"][0]["in"]), (vec!["sluice/technical"], &300.into()));
}

#[test]
fn symbols_narrow_the_universe_without_changing_what_is_said() {
    let home = Home::with_market();
    let all = home.json(&["scan", "--dry-run"]);
    let symbols = texts(&all, "results", "symbol");
    let chosen = [symbols[2], symbols[0]].join(",");
    let some = home.json(&["scan", "--dry-run", "--symbols", &chosen]);
    assert_eq!(some["stages"][0]["in"], 2);
    assert_eq!(texts(&some, "results", "symbol"), [symbols[0], symbols[2]]);
    for result in list(&some, "results") {
        let same = list(&all, "results").iter().find(|other| other["symbol"] == result["symbol"]).unwrap();
        assert_eq!(result["layers"], same["layers"]);
    }
}

#[test]
fn unknown_symbols_are_wrong_usage_and_all_of_them_are_named() {
    let home = Home::with_market();
    let error = home.refuses(&["scan", "--symbols", "NOPE,TSDD,NADA"], 2);
    assert!(error.contains("unknown symbols NOPE, NADA"), "{error}");
    assert!(!error.contains("TSDD"), "{error}");
    assert_eq!(home.json(&["status"])["scans"], 0);
}

#[test]
fn as_of_takes_latest_a_date_and_an_instant() {
    let home = Home::with_market().in_zone("Asia/Tokyo");
    let as_of = |when: &str| home.json(&["scan", "--dry-run", "--as-of", when]);
    let times =
        |scan: &Value| [&scan["as_of"], &scan["data_until"]].map(|time| time.as_str().unwrap().to_owned());
    let (latest, date) = (as_of("latest"), as_of("2025-06-30"));
    assert_eq!(times(&latest), ["2025-06-30T20:00:00Z"; 2]);
    assert_eq!(latest["results"], date["results"]);
    assert_eq!(times(&as_of("2025-06-20")), ["2025-06-20T20:00:00Z"; 2]);
    // a minute before the close that day's bar is not known yet
    let before = as_of("2025-06-20T19:59:00Z");
    assert_eq!(times(&before), ["2025-06-20T19:59:00Z", "2025-06-18T20:00:00Z"], "the 19th was a holiday");
    // the same instant in Tokyo's words
    assert_eq!(times(&as_of("2025-06-21T04:59:00+09:00")), times(&before));
    assert_eq!(before["results"], as_of("2025-06-18")["results"]);
}

#[test]
fn nothing_after_the_as_of_instant_can_be_seen() {
    let (whole, cut) = (Home::compiled(), Home::compiled());
    let names: Vec<String> = (0..40).map(|at| format!("S{at}")).collect();
    let bars: Vec<Bar> = names.iter().zip(1..).flat_map(|(name, seed)| walk(name, 90, seed)).collect();
    let day = sessions(90)[70];
    whole.ok(&["import", &whole.file("bars.csv", bars_csv(&bars))]);
    cut.ok(&["import", &cut.file("bars.csv", bars_csv(bars.iter().filter(|bar| bar.date <= day)))]);
    let then = whole.json(&[
        "scan",
        "--dry-run",
        "--with",
        "sluice/technical,sluice/volume",
        "--as-of",
        &day.to_string(),
    ]);
    let latest = cut.json(&["scan", "--dry-run", "--with", "sluice/technical,sluice/volume"]);
    assert_eq!(then["as_of"], latest["as_of"]);
    assert!(!list(&latest, "results").is_empty() || !list(&latest, "stages").is_empty());
    let said = |scan: &Value| {
        (scan["results"].clone(), scan["alerts"].clone(), scan["stages"][0]["layers"][1]["stats"].clone())
    };
    assert_eq!(said(&then), said(&latest));
}

#[test]
fn before_the_first_bar_there_is_nothing_to_scan() {
    let error = Home::with_market().fails(&["scan", "--as-of", "1999-12-31"]);
    assert!(error.starts_with("no bar is as old as"), "{error}");
    assert!(error.contains("the oldest is of 2025-03-06") && error.contains("--as-of"), "{error}");
}

#[test]
fn an_as_of_that_is_no_time_is_wrong_usage() {
    let ran = Home::empty().run(&["scan", "--as-of", "tomorrow"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("tomorrow") && ran.stderr.contains("2018-02-07T21:00:00Z"), "{}", ran.stderr);
}

#[test]
fn an_unknown_pipeline_is_wrong_usage_and_names_those_there_are() {
    let error = Home::with_market().refuses(&["scan", "--pipeline", "nope"], 2);
    assert!(error.contains("no pipeline nope") && error.contains("daily"), "{error}");
}

#[test]
fn an_unknown_stage_is_wrong_usage_and_names_those_there_are() {
    let home = Home::with_market();
    for stage in ["7", "nope", "-1", ""] {
        let error = home.refuses(&["scan", &format!("--stage={stage}")], 2);
        assert!(error.contains("0 universe, 1 liquidity, 2 catalyst"), "{stage}: {error}");
    }
}

#[test]
fn an_unknown_layer_is_wrong_usage() {
    let home = Home::with_market();
    for option in ["--with", "--layer"] {
        let error = home.refuses(&["scan", option, "acme/none"], 2);
        assert!(error.contains("no layer acme/none") && error.contains("sluice layer list"), "{error}");
    }
}

#[test]
fn without_data_the_error_says_where_to_get_some() {
    let error = Home::empty().fails(&["scan"]);
    assert!(error.contains("no market data yet") && error.contains("sluice import FILE"), "{error}");
}

#[test]
fn another_pipeline_of_the_configuration_can_be_run() {
    let home = Home::with_market();
    home.configure("[[pipelines.short.stages]]\nnumber = 1.5\nname = \"only\"\nlayers = [\"sluice/volume\"]\nmax-symbols = 3\n");
    let scan = home.json(&["scan", "--pipeline", "short"]);
    assert_eq!((&scan["pipeline"], stage_names(&scan)), (&"short".into(), vec!["only"]));
    assert_eq!((&scan["stages"][0]["number"], list(&scan, "results").len()), (&1.5.into(), 3));
}

#[test]
fn the_default_pipeline_is_the_whole_funnel_and_a_market_of_days_gets_through_it() {
    let home = Home::with_market_and_default();
    let scan = home.json(&["scan", "--dry-run"]);
    assert_eq!(stage_names(&scan), ["universe", "liquidity", "affinity", "catalyst", "session"]);
    assert_eq!(scan["status"], "complete");
    let layers = |stage: usize| list(&scan["stages"][stage], "layers");
    assert_eq!((layers(2).len(), layers(3).len(), layers(4).len()), (2, 12, 2));
    let session = &scan["stages"][4];
    assert_eq!((&session["no_opinion"], list(&scan, "results").is_empty()), (&session["in"], false));
    // the catalysts speak for what the session says nothing of
    let scores: Vec<f64> =
        list(&scan, "results").iter().map(|result| result["score"].as_f64().unwrap()).collect();
    assert!(scores.is_sorted_by(|a, b| a >= b) && scores.iter().all(|score| *score >= 60.0), "{scores:?}");
    assert!(
        list(&scan, "results").iter().all(|result| result["outcome"] == "keep" && result["reason"] != "")
    );
}

#[test]
fn a_layer_tells_on_how_many_instruments_it_had_no_opinion_and_why() {
    let home = Home::with_market_and_default();
    let scan = home.json(&["scan", "--dry-run"]);
    let layers = || {
        let stages = scan["stages"].as_array().unwrap().iter();
        stages.flat_map(|stage| stage["layers"].as_array().unwrap())
    };
    for layer in layers() {
        let because = layer["abstained_because"].as_array().unwrap();
        let counts: Vec<u64> = because.iter().map(|of| of["count"].as_u64().unwrap()).collect();
        assert!(because.len() <= 5 && counts.is_sorted_by(|a, b| a >= b), "{layer}");
        let (told, all) = (counts.iter().sum::<u64>(), layer["abstained"].as_u64().unwrap());
        assert!(if because.len() < 5 { told == all } else { told <= all }, "{layer}");
    }
    let news = layers().find(|layer| layer["id"] == "sluice/news").unwrap();
    let first = &news["abstained_because"][0];
    assert!(news["abstained"].as_u64().unwrap() > 0, "nobody imported news");
    assert_eq!(first["count"], news["abstained"]);
    let table = home.ok(&["scan", "--dry-run"]);
    let line = table.lines().find(|line| line.contains("sluice/news@")).unwrap();
    assert!(line.contains(&format!("{} (", news["abstained"])), "{line}");
}

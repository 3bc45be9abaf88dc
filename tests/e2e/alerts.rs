//! `sluice alerts`

use crate::support::{Home, keys};
use serde_json::Value;
use std::collections::BTreeSet;

fn alerts(home: &Home, args: &[&str]) -> Vec<Value> {
    let value = home.json(&[&["alerts"], args].concat());
    value.as_array().expect("a list command prints an array").clone()
}

#[test]
fn before_any_scan_there_are_none() {
    let home = Home::empty();
    assert_eq!(alerts(&home, &[]), Vec::<Value>::new());
    assert_eq!(home.ok(&["alerts"]), "no alerts: `sluice scan` raises them\n");
    assert!(!home.path().exists(), "looking made something");
}

#[test]
fn the_stored_alerts_are_those_that_the_scan_printed() {
    let home = Home::with_market();
    let scan = home.json(&["scan"]);
    let printed = scan["alerts"].as_array().unwrap();
    assert!(!printed.is_empty());
    let stored = alerts(&home, &[]);
    let line = |alert: &Value| {
        let fields = [
            "symbol",
            "kind",
            "severity",
            "confidence",
            "message",
            "layer",
            "side",
            "entry",
            "stop",
            "target",
        ];
        fields.map(|field| alert[field].to_string())
    };
    let set = |alerts: &[Value]| alerts.iter().map(line).collect::<BTreeSet<_>>();
    assert_eq!(stored.len(), printed.len());
    assert_eq!(set(&stored), set(printed));
    for alert in &stored {
        assert_eq!(alert["scan_id"], scan["scan_id"]);
        assert_eq!(alert["as_of"], "2025-06-30T20:00:00Z");
        assert_eq!(alert["surfaced"], true);
        let expected = "cursor scan_id raised_at as_of symbol kind severity confidence score message layer version side entry stop \
                        target surfaced repetition repeats risk";
        assert_eq!(keys(alert), expected.split_whitespace().collect());
    }
}

#[test]
fn filters_narrow_the_list() {
    let home = Home::with_market();
    let first = home.json(&["scan"]);
    home.json(&["scan"]);
    let both = alerts(&home, &[]);
    let of_first = alerts(&home, &["--scan", first["scan_id"].as_str().unwrap()]);
    assert_eq!(both.len(), 2 * of_first.len());
    assert_ne!(both[0]["scan_id"], first["scan_id"], "newest first");
    for (option, field, value) in [
        ("--symbol", "symbol", "TSDD"),
        ("--kind", "kind", "MOMENTUM"),
        ("--layer", "layer", "sluice/volume"),
    ] {
        let some = alerts(&home, &[option, value]);
        let expected: Vec<&Value> = both.iter().filter(|alert| alert[field] == value).collect();
        assert!(!expected.is_empty() && expected.len() < both.len(), "{option} proves nothing");
        assert_eq!(some.iter().collect::<Vec<_>>(), expected, "{option}");
    }
    assert_eq!(alerts(&home, &["--limit", "3"]), both[..3]);
    assert_eq!(
        alerts(&home, &["--kind", "HIGH_IV_RANK"]),
        Vec::<Value>::new(),
        "a kind of which there is none"
    );
    assert_eq!(alerts(&home, &["--symbol", "tsdd"]), alerts(&home, &["--symbol", "TSDD"]));
    assert_eq!(alerts(&home, &["--kind", "volume-spike"]), alerts(&home, &["--kind", "VOLUME_SPIKE"]));
}

#[test]
fn a_number_in_the_place_of_a_layer_is_a_stage() {
    let home = Home::with_market();
    home.json(&["scan"]);
    let all = alerts(&home, &[]);
    assert_eq!(alerts(&home, &["--layer", "2"]), all, "the catalysts are stage 2");
    assert_eq!(alerts(&home, &["--layer", "1"]), Vec::<Value>::new());
}

#[test]
fn what_nobody_knows_is_wrong_usage_and_not_an_empty_list() {
    let home = Home::with_market();
    home.json(&["scan"]);
    for (args, said) in [
        (
            &["--kind", "NOPE"][..],
            "no alert was ever of the kind NOPE: the published ones are VOLUME_SPIKE, ",
        ),
        (&["--kind", "MOMENTUM,VOLUME_SPIKE"], "of the kind MOMENTUM,VOLUME_SPIKE"),
        (&["--layer", "volume"], "no layer volume: did you mean sluice/volume?"),
        (&["--layer", "nope/x"], "no layer nope/x: `sluice layer list` tells"),
        (&["--symbol", "NOPE"], "no alert was ever raised on NOPE, and no instrument has this ticker"),
        (&["--since", "2025-07-01", "--until", "2025-06-30"], "--since is after --until"),
    ] {
        let ran = home.run(&[&["alerts"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
        assert!(ran.stderr.contains(said), "{args:?}: {}", ran.stderr);
    }
    assert_eq!(home.ok(&["alerts", "--layer", "sluice/news"]), "no alert matches\n", "it raised none");
    assert_eq!(home.ok(&["alerts", "--kind", "me/MINE"]), "no alert matches\n", "an author's own");
}

#[test]
fn score_repetitions_and_what_was_not_told_have_columns() {
    let home = Home::with_market();
    home.json(&["scan"]);
    let all = alerts(&home, &["--all"]);
    let csv = home.ok(&["alerts", "--all", "--format", "csv"]);
    let mut rows = csv.lines();
    let header: Vec<&str> = rows.next().unwrap().split(',').collect();
    let at = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (score, told) = (at("score"), at("told"));
    let mut kinds = BTreeSet::new();
    for (alert, row) in all.iter().zip(rows) {
        let fields: Vec<&str> = row.split(',').collect();
        let confidence = alert["confidence"].as_f64().unwrap();
        assert_eq!(alert["score"].as_f64().unwrap(), 100.0 * confidence);
        assert_eq!(fields[score].parse::<f64>().unwrap(), 100.0 * confidence, "{row}");
        let expected = if alert["surfaced"] == true { "yes" } else { "not among the results" };
        assert_eq!(fields[told], expected, "{row}");
        kinds.insert(expected);
    }
    assert_eq!(kinds.len(), 2, "the market has both");
}

#[test]
fn all_adds_the_alerts_on_instruments_that_did_not_make_it() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let (surfaced, all) = (alerts(&home, &[]), alerts(&home, &["--all"]));
    assert!(all.len() > surfaced.len(), "{} of {}", surfaced.len(), all.len());
    assert_eq!(all.iter().filter(|alert| alert["surfaced"] == true).count(), surfaced.len());
}

#[test]
fn a_scan_id_that_is_none_is_wrong_usage() {
    let home = Home::with_market();
    let error = home.refuses(&["alerts", "--scan", "xyz"], 2);
    assert!(error.contains("--scan") && error.contains("xyz"), "{error}");
}

#[test]
fn alerts_are_filtered_by_time_and_score() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let of = |args: &[&str]| home.json(&[&["alerts"], args].concat()).as_array().unwrap().clone();
    let all = of(&[]);
    let strong = of(&["--min-score", "70"]);
    assert!(!strong.is_empty() && strong.len() < all.len(), "{} of {}", strong.len(), all.len());
    assert!(strong.iter().all(|alert| alert["confidence"].as_f64().unwrap() >= 0.7), "{strong:?}");
    // the scan was made just now, on bars of 2025
    assert_eq!(of(&["--hours", "1"]), all);
    assert_eq!(of(&["--since", "2025-07-01"]), all);
    assert_eq!(of(&["--until", "2025-07-01"]), Vec::<serde_json::Value>::new());
    let ran = home.run(&["alerts", "--hours", "1", "--since", "2025-07-01"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    for args in [&["--hours", "0"][..], &["--min-score", "101"], &["--since", "yesterday"], &["--limit", "0"]]
    {
        assert_eq!(home.run(&[&["alerts"], args].concat()).code, 2, "{args:?}");
    }
    assert_eq!(home.ok(&["alerts", "--min-score", "100"]), "no alert matches\n");
}

#[test]
fn all_alerts_come_without_counting_them() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    assert_eq!(home.json(&["alerts", "--limit", "all"]), home.json(&["alerts", "--limit", "4294967295"]));
}

#[test]
fn an_alert_is_told_once_and_its_repetitions_are_counted() {
    let home = Home::with_market_and_default();
    let (first, second) = (home.json(&["scan"]), home.json(&["scan"]));
    let told = first["alerts"].as_array().unwrap().len();
    assert!(told > 0);
    assert_eq!((&second["alerts"], &second["alerts_held_back"]), (&serde_json::json!([]), &told.into()));
    let shown = alerts(&home, &[]);
    assert_eq!(shown.len(), told);
    assert!(shown.iter().all(|alert| alert["repeats"] == 1 && alert["scan_id"] == first["scan_id"]));
    let all = alerts(&home, &["--all"]);
    let repetitions = all.iter().filter(|alert| alert["repetition"] == true);
    assert!(repetitions.clone().all(|alert| alert["scan_id"] == second["scan_id"]));
    assert_eq!(repetitions.count(), told);
    // a replay of the day tells everything
    let replay = home.json(&["scan", "--as-of", "2025-06-30"]);
    assert_eq!((replay["alerts"].as_array().unwrap().len(), &replay["alerts_held_back"]), (told, &0.into()));
}

#[test]
fn risk_figures_come_with_an_alert_and_a_size_with_an_equity() {
    let home = Home::with_market();
    home.configure("[account]\nequity = 100_000\nmax-sector-percent = 400\n");
    let scan = home.json(&["scan"]);
    let sided: Vec<&Value> =
        scan["alerts"].as_array().unwrap().iter().filter(|alert| !alert["side"].is_null()).collect();
    assert!(!sided.is_empty());
    for alert in sided {
        let risk = &alert["risk"];
        let figure = |name: &str| risk[name].as_f64().unwrap();
        assert_eq!((&risk["flag"], &risk["stop_by"]), (&"ok".into(), &"layer".into()), "{alert}");
        let loss = figure("entry") - figure("stop");
        assert!((figure("reward_risk") - (figure("target") - figure("entry")) / loss).abs() < 1e-9);
        // as many whole shares as lose 1 % of the equity at the stop, or cost 10 % of it
        let most = (1_000.0 / loss).min(10_000.0 / figure("entry"));
        assert!(figure("shares") <= most && figure("shares") > most - 1.0, "{alert}");
        assert!((figure("at_risk") - figure("shares") * loss).abs() < 1e-9);
    }
    let stored = alerts(&home, &["--kind", "MOMENTUM"]);
    assert!(!stored.is_empty() && stored.iter().all(|alert| alert["risk"]["flag"] == "ok"), "{stored:?}");
    // the same in CSV, with every digit, and rounded in tables
    let text = home.ok(&["alerts", "--kind", "MOMENTUM", "--format", "csv"]);
    let mut lines = text.lines();
    let header = "as of,symbol,kind,score,side,entry,stop,stop by,target,reward/risk,atr,shares,risk,repeats,told,severity,layer,message";
    assert_eq!(lines.next(), Some(header));
    for (line, alert) in lines.zip(&stored) {
        let fields: Vec<&str> = line.splitn(18, ',').collect();
        let risk = &alert["risk"];
        let numbers = [(5, "entry"), (6, "stop"), (9, "reward_risk"), (10, "atr"), (11, "shares")];
        for (column, name) in numbers {
            assert_eq!(fields[column].parse::<f64>().ok(), risk[name].as_f64(), "{name}: {line}");
        }
        assert_eq!([fields[7], fields[12], fields[13], fields[14]], ["layer", "ok", "0", "yes"], "{line}");
    }
    let table = home.ok(&["alerts", "--kind", "MOMENTUM"]);
    assert!(table.contains("┆ reward/risk ┆ shares ┆") && !table.contains("┆ atr ┆"), "{table}");
}

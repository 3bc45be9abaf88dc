//! `sluice configure`: typed and bounded, all or nothing, with a history.

use crate::support::{Home, keys, list};
use serde_json::{Value, json};

/// The settings that hold at a stage, by name.
fn shown(home: &Home, stage: &str, name: &str) -> Value {
    let all = home.json(&["configure", "--show", "--stage", stage]);
    let found = all.as_array().unwrap().iter().find(|setting| setting["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {all}")).clone()
}

fn history(home: &Home, more: &[&str]) -> Vec<Value> {
    home.json(&[&["configure", "--history"], more].concat()).as_array().unwrap().clone()
}

#[test]
fn every_setting_is_shown_with_value_unit_bounds_and_source() {
    let home = Home::compiled();
    let all = home.json(&["configure", "--show"]);
    for setting in all.as_array().unwrap() {
        assert_eq!(
            keys(setting),
            "pipeline stage name value unit bounds source revision".split(' ').collect()
        );
    }
    assert_eq!(
        shown(&home, "2", "threshold"),
        json!({ "pipeline": "daily", "stage": "2", "name": "threshold", "value": 60.0, "unit": "points",
                "bounds": "a number from 0 to 100", "source": "sluice.toml", "revision": null })
    );
    assert_eq!(shown(&home, "catalyst", "scan-interval")["source"], "default");
    let ratio = shown(&home, "catalyst", "sluice/volume.min-ratio");
    assert_eq!((&ratio["value"], &ratio["unit"]), (&json!(2.5), &json!("ratio")));
    assert_eq!(
        (&ratio["source"], &ratio["bounds"]),
        (&json!("the layer's default"), &json!("a number from 1 to 1000"))
    );
    assert!(!home.path().join("sluice.db").exists(), "looking made a database");
    for stage in ["universe", "liquidity", "catalyst"] {
        assert!(home.ok(&["configure", "--show"]).contains(stage), "{stage} is not shown");
    }
}

#[test]
fn a_change_holds_from_the_next_scan_on_and_wins_over_the_file() {
    let home = Home::with_market();
    let before = home.json(&["scan"]);
    let score = |scan: &Value, at: usize| scan["results"][at]["score"].as_f64().unwrap();
    let (best, second) = (score(&before, 0), score(&before, 1));
    assert!(best > second, "{before}");
    let between = format!("{:.3}", (best + second) / 2.0);
    let change = home.json(&["configure", "--stage", "catalyst", "--threshold", &between]);
    assert_eq!(keys(&change), ["changes", "revision"].into());
    assert_eq!(change["revision"], 1);
    let expected = json!([{ "target": "stage:daily/catalyst", "setting": "threshold", "old": null,
                            "new": between.parse::<f64>().unwrap() }]);
    assert_eq!(change["changes"], expected);
    let after = home.json(&["scan"]);
    assert_eq!(list(&after, "results").len(), 1);
    assert_eq!((&before["settings_revision"], &after["settings_revision"]), (&json!(0), &json!(1)));
    assert_eq!(shown(&home, "2", "threshold")["source"], "store, revision 1");
    home.ok(&["configure", "--stage", "2", "--unset", "threshold"]);
    assert_eq!(home.json(&["scan"])["results"], before["results"]);
    assert_eq!(shown(&home, "2", "threshold")["source"], "sluice.toml");
}

#[test]
fn parameters_of_layers_are_set_by_their_id_or_name() {
    let home = Home::with_market();
    let change = home.json(&[
        "configure",
        "--stage",
        "2",
        "--set",
        "sluice/volume.min-ratio=3",
        "--set",
        "technical.confirm-volume=false",
        "--max-symbols",
        "7",
        "--scan-interval",
        "15",
    ]);
    let set: Vec<(&str, &Value)> = list(&change, "changes")
        .iter()
        .map(|change| (change["setting"].as_str().unwrap(), &change["new"]))
        .collect();
    assert_eq!(
        set,
        [
            ("sluice/technical.confirm-volume", &json!(false)),
            ("sluice/volume.min-ratio", &json!(3.0)),
            ("max-symbols", &json!(7)),
            ("scan-interval", &json!(15)),
        ]
    );
    assert_eq!(home.json(&["status"])["scans"], 0);
    assert_eq!(history(&home, &[]).len(), 1, "one change is one revision");
    assert_eq!(home.json(&["scan"])["settings_revision"], 1);
}

#[test]
fn a_bare_number_after_layer_means_the_stage() {
    let home = Home::compiled();
    home.ok(&["configure", "--layer", "1", "--max-symbols", "9"]);
    assert_eq!(shown(&home, "liquidity", "max-symbols")["value"], 9);
    let error = home.refuses(&["configure", "--layer", "sluice/volume", "--threshold", "1"], 2);
    insta::assert_snapshot!(error, @"--layer sluice/volume is no number of a stage: settings of a layer are changed with --stage N --set sluice/volume.PARAM=VALUE");
}

#[test]
fn a_value_that_is_refused_is_refused_with_its_bound_and_changes_nothing() {
    let home = Home::compiled();
    for (option, value, bounds) in [
        ("--threshold", "-0.1", "a number from 0 to 100"),
        ("--threshold", "100.1", "a number from 0 to 100"),
        ("--threshold", "NaN", "a number from 0 to 100"),
        ("--threshold", "inf", "a number from 0 to 100"),
        ("--threshold", "-inf", "a number from 0 to 100"),
        ("--threshold", "1e3", "a number from 0 to 100"),
        ("--threshold", "", "a number from 0 to 100"),
        ("--threshold", "6O", "a number from 0 to 100"),
        ("--max-symbols", "0", "a whole number from 1 to 10000"),
        ("--max-symbols", "10001", "a whole number from 1 to 10000"),
        ("--max-symbols", "1e3", "a whole number from 1 to 10000"),
        ("--max-symbols", "-5", "a whole number from 1 to 10000"),
        ("--max-symbols", "2.5", "a whole number from 1 to 10000"),
        ("--scan-interval", "0", "a whole number from 1 to 1440"),
        ("--scan-interval", "1441", "a whole number from 1 to 1440"),
        ("--scan-interval", "99999999999999999999", "a whole number from 1 to 1440"),
        ("--set", "sluice/volume.min-ratio=0.99", "a number from 1 to 1000"),
        ("--set", "sluice/volume.min-ratio=NaN", "a number from 1 to 1000"),
        ("--set", "sluice/volume.lookback=1e1", "a whole number from 2 to 250"),
        ("--set", "sluice/technical.confirm-volume=maybe", "true or false"),
    ] {
        let error = home.refuses(&["configure", "--stage", "2", option, value], 2);
        assert!(error.contains(bounds), "{option} {value}: {error}");
        let typed = value.rsplit('=').next().unwrap();
        assert!(error.contains(&format!("\"{typed}\"")), "{option} {value} is not repeated: {error}");
    }
    for (option, value) in [
        ("--threshold", "0"),
        ("--threshold", "100"),
        ("--max-symbols", "1"),
        ("--max-symbols", "10000"),
        ("--scan-interval", "1440"),
    ] {
        home.ok(&["configure", "--stage", "2", option, value]);
    }
    assert_eq!(history(&home, &[]).len(), 5);
}

#[test]
fn of_a_change_with_one_wrong_part_nothing_is_done_and_no_database_is_made() {
    let home = Home::compiled();
    home.refuses(&["configure", "--stage", "2", "--threshold", "70", "--max-symbols", "0"], 2);
    home.refuses(&["configure", "--stage", "2", "--threshold", "70", "--set", "sluice/volume.nope=1"], 2);
    assert!(!home.path().join("sluice.db").exists());
    home.ok(&["configure", "--stage", "2", "--threshold", "70"]);
    home.refuses(&["configure", "--stage", "2", "--threshold", "80", "--max-symbols", "0"], 2);
    assert_eq!((&shown(&home, "2", "threshold")["value"], history(&home, &[]).len()), (&json!(70.0), 1));
}

#[test]
fn unknown_names_are_refused_with_those_there_are() {
    let home = Home::compiled();
    let refusal = |args: &[&str]| home.refuses(&[&["configure"], args].concat(), 2);
    insta::assert_snapshot!(refusal(&["--stage", "9", "--threshold", "1"]), @"pipeline daily has no stage 9: it has 0 universe, 1 liquidity, 2 catalyst");
    insta::assert_snapshot!(refusal(&["--pipeline", "weekly", "--show"]), @"there is no pipeline weekly: sluice.toml has daily");
    insta::assert_snapshot!(refusal(&["--stage", "2", "--set", "volume.min-ration=2"]), @r#"layer sluice/volume has no setting "min-ration": it has min-ratio, lookback, min-volume"#);
    insta::assert_snapshot!(refusal(&["--stage", "2", "--set", "sluice/liquidity.lookback=5"]), @r#"stage catalyst has no layer "sluice/liquidity": it has sluice/volume, sluice/technical; it belongs to stage liquidity of pipeline daily"#);
    insta::assert_snapshot!(refusal(&["--stage", "2", "--set", "threshold"]), @r#"--set "threshold" is not LAYER.PARAM=VALUE: write it as in --set sluice/volume.lookback=20"#);
    insta::assert_snapshot!(refusal(&["--stage", "0", "--unset", "treshold"]), @r#"stage universe has no setting "treshold": it has threshold, max-symbols, scan-interval, sluice/universe.kinds, sluice/universe.excluded-venues, sluice/universe.unknown-kind, sluice/universe.unknown-status"#);
    insta::assert_snapshot!(refusal(&["--threshold", "1"]), @"which stage? give --stage N or --stage NAME; --show lists them");
    insta::assert_snapshot!(refusal(&["--stage", "1"]), @"nothing to change: give --threshold, --max-symbols, --scan-interval, --set or --unset; --show, --history and --rollback do something else");
    insta::assert_snapshot!(refusal(&["--stage", "2", "--set", "volume.lookback=5", "--unset", "volume.lookback"]), @"layer sluice/volume, setting lookback: set and unset in one change; leave out one of them");
    assert!(!home.path().join("sluice.db").exists());
}

#[test]
fn looking_and_changing_exclude_each_other() {
    let home = Home::compiled();
    for args in [
        &["--show", "--threshold", "1"][..],
        &["--show", "--history"],
        &["--history", "--rollback", "1"],
        &["--rollback", "1", "--unset", "threshold"],
        &["--history", "--base", "1"],
        &["--stage", "1", "--layer", "1", "--threshold", "1"],
        &["--stage", "1", "--threshold", "1", "--limit", "3"],
        &["--history", "--limit", "0"],
        &["--history", "--after", "0"],
        &["--rollback", "-1"],
        &["--rollback", "1.5"],
    ] {
        let ran = home.run(&[&["configure"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn setting_what_is_set_already_changes_nothing() {
    let home = Home::compiled();
    home.ok(&["configure", "--stage", "2", "--threshold", "70"]);
    assert_eq!(home.ok(&["configure", "--stage", "2", "--threshold", "70"]), "nothing changed\n");
    assert_eq!(
        home.json(&["configure", "--stage", "2", "--threshold", "70.0"]),
        json!({ "revision": 1, "changes": [] })
    );
    assert_eq!(home.ok(&["configure", "--stage", "1", "--unset", "threshold"]), "nothing changed\n");
    assert_eq!(history(&home, &[]).len(), 1);
}

#[test]
fn a_change_based_on_a_revision_that_others_overtook_is_refused_with_the_newer_one() {
    let home = Home::compiled();
    for threshold in ["61", "62"] {
        home.ok(&["configure", "--stage", "2", "--threshold", threshold]);
    }
    let error = home.fails(&["configure", "--stage", "2", "--max-symbols", "5", "--base", "1"]);
    for part in [
        "since revision 1",
        "revision 2 by ",
        "threshold of stage:daily/catalyst from 61.0 to 62.0",
        "nothing was written",
    ] {
        assert!(error.contains(part), "{part} is missing: {error}");
    }
    assert!(home.fails(&["configure", "--rollback", "0", "--base", "1"]).contains("since revision 1"));
    insta::assert_snapshot!(
        home.refuses(&["configure", "--stage", "2", "--threshold", "5", "--base", "3"], 2),
        @"--base 3 is no revision yet: the newest is 2"
    );
    assert_eq!(history(&home, &[]).len(), 2);
    home.ok(&["configure", "--stage", "2", "--max-symbols", "5", "--base", "2"]);
}

#[test]
fn the_history_tells_who_changed_what_and_when_newest_first() {
    let home = Home::compiled();
    assert_eq!(history(&home, &[]), Vec::<Value>::new());
    assert!(!home.path().join("sluice.db").exists(), "looking made a database");
    home.ok(&["configure", "--stage", "1", "--max-symbols", "9"]);
    home.ok(&["configure", "--stage", "2", "--set", "volume.lookback=30"]);
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    let all = history(&home, &[]);
    let numbers: Vec<i64> = all.iter().map(|revision| revision["revision"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    for revision in &all {
        assert_eq!(keys(revision), "cursor revision at who rolled_back_to changes".split(' ').collect());
        assert!(
            !revision["who"].as_str().unwrap().is_empty() && revision["at"].as_str().unwrap().ends_with('Z')
        );
    }
    let of = |args: &[&str]| {
        history(&home, args).iter().map(|revision| revision["revision"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(&["--stage", "2"]), [3, 2]);
    assert_eq!(of(&["--stage", "liquidity"]), [1]);
    assert_eq!(of(&["--pipeline", "daily"]), [3, 2, 1]);
    assert_eq!(home.ok(&["configure", "--history", "--stage", "0"]), "nothing was changed there yet\n");
    let csv = home.ok(&["configure", "--history", "--format", "csv"]);
    assert!(csv.starts_with("revision,at,who,of,setting,old,new,rolled back to\n3,"), "{csv}");
    assert!(csv.contains(",sluice/volume,sluice/volume.lookback,,30,\n"), "{csv}");
}

#[test]
fn pages_of_the_history_have_neither_gaps_nor_doubles() {
    let home = Home::compiled();
    for threshold in 50..57 {
        home.ok(&["configure", "--stage", "2", "--threshold", &threshold.to_string()]);
    }
    let all = history(&home, &[]);
    assert_eq!(all.len(), 7);
    for limit in ["1", "2", "3", "6", "7", "8"] {
        let mut paged = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut args = vec!["--limit", limit];
            args.extend(after.iter().flat_map(|after| ["--after", after.as_str()]));
            let page = history(&home, &args);
            let Some(last) = page.last() else { break };
            after = Some(last["cursor"].to_string());
            paged.extend(page);
        }
        assert_eq!(paged, all, "pages of {limit}");
    }
}

#[test]
fn a_rollback_brings_back_every_setting_as_it_was_and_is_a_revision_itself() {
    let home = Home::compiled();
    home.ok(&["configure", "--stage", "2", "--threshold", "61", "--set", "volume.lookback=30"]);
    home.ok(&["configure", "--stage", "2", "--threshold", "62", "--unset", "volume.lookback"]);
    home.ok(&["configure", "--stage", "1", "--max-symbols", "9"]);
    let back = home.json(&["configure", "--rollback", "1"]);
    assert_eq!(back["revision"], 4);
    assert_eq!(shown(&home, "2", "threshold")["value"], 61.0);
    assert_eq!(shown(&home, "2", "sluice/volume.lookback")["value"], 30);
    assert_eq!(shown(&home, "1", "max-symbols")["source"], "sluice.toml");
    assert_eq!(history(&home, &["--limit", "1"])[0]["rolled_back_to"], 1);
    assert_eq!(home.ok(&["configure", "--rollback", "1"]), "nothing changed\n");
    home.ok(&["configure", "--rollback", "0"]);
    assert_eq!(shown(&home, "2", "threshold")["source"], "sluice.toml");
    assert_eq!(home.json(&["audit", "verify"])["intact"], true);
}

#[test]
fn a_rollback_of_one_stage_leaves_the_others_alone() {
    let home = Home::compiled();
    home.ok(&["configure", "--stage", "1", "--max-symbols", "9"]);
    home.ok(&["configure", "--stage", "2", "--threshold", "62"]);
    home.ok(&["configure", "--stage", "1", "--max-symbols", "10"]);
    let back = home.json(&["configure", "--rollback", "1", "--stage", "1"]);
    assert_eq!(list(&back, "changes").len(), 1);
    assert_eq!(shown(&home, "1", "max-symbols")["value"], 9);
    assert_eq!(shown(&home, "2", "threshold")["value"], 62.0);
}

#[test]
fn a_rollback_to_a_revision_that_never_was_is_refused() {
    let home = Home::compiled();
    assert!(home.fails(&["configure", "--rollback", "1"]).contains("there is no database"));
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    let error = home.refuses(&["configure", "--rollback", "9"], 2);
    assert!(
        error.contains("no settings of revision 9") && error.contains("from 0 (none set) to 1"),
        "{error}"
    );
}

#[test]
fn texts_that_look_like_sql_are_texts() {
    let home = Home::compiled();
    home.ok(&["configure", "--stage", "2", "--threshold", "61"]);
    for text in
        ["'; DROP TABLE settings; --", "\" OR 1=1 --", "x'); DELETE FROM audit; --", "%", "a.b=c'; --"]
    {
        for option in ["--threshold", "--max-symbols", "--scan-interval", "--set", "--unset"] {
            home.refuses(&["configure", "--stage", "2", option, text], 2);
        }
        home.refuses(&["configure", "--stage", "2", "--set", &format!("volume.lookback={text}")], 2);
        home.refuses(&["configure", "--stage", text, "--threshold", "1"], 2);
        home.refuses(&["configure", "--pipeline", text, "--history"], 2);
    }
    assert_eq!(history(&home, &[]).len(), 1);
    assert_eq!(home.json(&["db", "status"])["intact"], true);
}

#[test]
fn the_tables_of_a_change_look_like_this() {
    let home = Home::compiled();
    insta::assert_snapshot!(home.ok(&["configure", "--stage", "2", "--threshold", "61.5", "--set", "volume.lookback=30"]), @r"
    revision 1
    ┌────────────────┬────────────────────────┬─────┬──────┐
    │ of             ┆ setting                ┆ old ┆  new │
    ╞════════════════╪════════════════════════╪═════╪══════╡
    │ sluice/volume  ┆ sluice/volume.lookback ┆   – ┆   30 │
    │ daily/catalyst ┆ threshold              ┆   – ┆ 61.5 │
    └────────────────┴────────────────────────┴─────┴──────┘
    ");
    insta::assert_snapshot!(home.ok(&["configure", "--stage", "1", "--max-symbols", "9", "--format", "csv"]), @r"
    revision,of,setting,old,new
    2,daily/liquidity,max-symbols,,9
    ");
}

//! The rules of a stage: what goes on, what falls away, and what is said of it.

use crate::support::{World, config, planned, runtime, symbols};
use sluice_engine::{ScanResult, ScanStatus, Selection};
use sluice_market::AsOf;
use sluice_runtime::Outcome;
use std::collections::BTreeSet;

fn funnel(result: &ScanResult) -> Vec<(&str, usize, usize, usize)> {
    let stage = |stage: &'_ sluice_engine::StageResult| (stage.entered, stage.out, stage.no_opinion);
    result
        .stages
        .iter()
        .map(|one| {
            let (entered, out, no_opinion) = stage(one);
            (one.name.as_str(), entered, out, no_opinion)
        })
        .collect()
}

#[test]
fn without_any_opinion_an_instrument_is_dropped_unless_the_stage_keeps_the_unknown() {
    // one bar is not enough for the volume layer
    let world = World::tiny();
    let dropped = world.scan(&config(&[("volume", &["sluice/volume"], "")]));
    assert_eq!(dropped.status, ScanStatus::Complete);
    assert_eq!(funnel(&dropped), [("volume", 3, 0, 3)]);
    assert_eq!(dropped.stages[0].layers[0].abstained, 3);

    let kept = world.scan(&config(&[("volume", &["sluice/volume"], "unknown = \"keep\"")]));
    assert_eq!(funnel(&kept), [("volume", 3, 3, 3)]);
    assert_eq!(symbols(&kept), ["AAA", "BBB", "CCC"]);
    for result in &kept.results {
        assert_eq!((result.outcome, result.score, result.percentile), (Outcome::Abstain, None, None));
        assert_eq!(result.reason, "fewer than 21 daily bars");
    }
}

#[test]
fn a_threshold_does_not_stop_those_without_a_score_when_the_unknown_are_kept() {
    let world = World::tiny();
    let rules = "unknown = \"keep\"\nthreshold = 60";
    let kept = world.scan(&config(&[("volume", &["sluice/volume"], rules)]));
    assert_eq!(symbols(&kept), ["AAA", "BBB", "CCC"]);
    // test/empty gives 50 to everything
    let judged = world.scan(&config(&[("all", &["test/empty"], rules)]));
    assert_eq!(funnel(&judged), [("all", 3, 0, 0)]);
    let reached = world.scan(&config(&[("all", &["test/empty"], "threshold = 50")]));
    assert_eq!(funnel(&reached), [("all", 3, 3, 0)]);
}

#[test]
fn the_best_are_kept_by_score_and_equal_ones_by_symbol() {
    let result = World::tiny().scan(&config(&[("all", &["test/empty"], "max-symbols = 2")]));
    assert_eq!(symbols(&result), ["AAA", "BBB"]);
    assert_eq!(result.results.iter().map(|result| result.rank).collect::<Vec<_>>(), [1, 2]);
}

/// Sessions of XNYS before and on Friday 28 June 2024; 19 June was a holiday.
const SESSIONS: [&str; 14] = [
    "2024-06-07",
    "2024-06-10",
    "2024-06-11",
    "2024-06-12",
    "2024-06-13",
    "2024-06-14",
    "2024-06-17",
    "2024-06-18",
    "2024-06-20",
    "2024-06-21",
    "2024-06-24",
    "2024-06-25",
    "2024-06-26",
    "2024-06-27",
];

/// FRESH trades in every session and the one of 28 June, STALE stops `missed` sessions before that.
fn ageing(missed: usize) -> World {
    let row = |symbol: &str, date: &str| format!("{symbol},{date},100,101,99,100,1000000\n");
    let mut rows: String = SESSIONS.iter().map(|date| row("FRESH", date)).collect();
    rows += &row("FRESH", "2024-06-28");
    rows.extend(SESSIONS[..=SESSIONS.len() - missed].iter().map(|date| row("STALE", date)));
    World::of_bars(&rows)
}

#[test]
fn data_older_than_the_maximum_age_counts_as_missing_with_a_warning() {
    let stage = config(&[("liquidity", &["sluice/liquidity"], "max-age = 3")]);
    let still_fresh = ageing(3).scan(&stage);
    assert_eq!(funnel(&still_fresh), [("liquidity", 2, 2, 0)]);
    assert_eq!(still_fresh.warnings, [""; 0]);

    let stale = ageing(4).scan(&stage);
    assert_eq!(funnel(&stale), [("liquidity", 2, 1, 1)]);
    assert_eq!(symbols(&stale), ["FRESH"]);
    assert_eq!(stale.stages[0].layers[0].abstained, 1);
    assert_eq!(
        stale.warnings,
        ["1 instrument has no bar of the last 3 sessions, so the data counts as missing: STALE"]
    );
    let without_rule = ageing(4).scan(&config(&[("liquidity", &["sluice/liquidity"], "")]));
    assert_eq!(symbols(&without_rule), ["FRESH", "STALE"]);
}

#[test]
fn a_stage_after_two_others_sees_what_both_let_through() {
    let world = World::synthetic();
    let alone = |layer: &str| {
        let result = world.scan(&config(&[("alone", &[layer], "")]));
        result.results.iter().map(|result| result.symbol.clone()).collect::<BTreeSet<_>>()
    };
    let (liquid, technical) = (alone("sluice/liquidity"), alone("sluice/technical"));
    let both: BTreeSet<&String> = liquid.intersection(&technical).collect();
    assert!(!both.is_empty() && both.len() < liquid.len() && both.len() < technical.len());

    let joined = world.scan(&config(&[
        ("liquid", &["sluice/liquidity"], "after = []"),
        ("technical", &["sluice/technical"], "after = []"),
        ("joined", &["test/empty"], "after = [\"liquid\", \"technical\"]"),
    ]));
    assert_eq!(
        funnel(&joined),
        [
            ("liquid", 600, liquid.len(), joined.stages[0].no_opinion),
            ("technical", 600, technical.len(), joined.stages[1].no_opinion),
            ("joined", both.len(), both.len(), 0),
        ]
    );
    assert_eq!(joined.results.iter().map(|result| &result.symbol).collect::<BTreeSet<_>>(), both);
    let opinions = joined.results[0].layers.keys().collect::<Vec<_>>();
    assert_eq!(opinions, ["sluice/liquidity", "sluice/technical", "test/empty"]);
}

#[test]
fn a_stage_that_nothing_reaches_is_not_called() {
    let result = World::tiny().scan(&config(&[
        ("volume", &["sluice/volume"], ""),
        ("all", &["test/empty"], ""),
        ("more", &["test/logs"], ""),
    ]));
    assert_eq!(result.status, ScanStatus::Complete);
    assert_eq!(funnel(&result), [("volume", 3, 0, 3), ("all", 0, 0, 0), ("more", 0, 0, 0)]);
    assert_eq!((result.stages[1].layers[0].calls, result.stages[1].layers[0].fuel), (0, 0));
}

#[test]
fn an_empty_universe_gives_an_empty_result() {
    let world = World::tiny();
    let plan =
        planned(&config(&[("all", &["test/empty"], "")]), &Selection::default(), &runtime(None)).unwrap();
    let result = world.run(&plan, &AsOf::Latest, Vec::new(), 2);
    assert_eq!((result.status, funnel(&result)), (ScanStatus::Complete, vec![("all", 0, 0, 0)]));
}

#[test]
fn chosen_layers_run_alone_and_those_outside_the_pipeline_come_last() {
    let world = World::tiny();
    let text = config(&[("one", &["test/empty", "test/fault"], ""), ("two", &["sluice/volume"], "")]);
    let scan = |with: &[&str]| {
        let with = with.iter().map(|id| (*id).to_owned()).collect();
        let selection = Selection { with, ..Selection::default() };
        let plan = planned(&text, &selection, &runtime(None)).unwrap();
        let result = world.run(&plan, &AsOf::Latest, world.everything(), 2);
        let layers = |stage: &sluice_engine::StageResult| {
            let ids: Vec<&str> = stage.layers.iter().map(|layer| layer.id.as_str()).collect();
            format!("{} {}: {}", stage.number, stage.name, ids.join(" "))
        };
        (result.status, result.stages.iter().map(layers).collect::<Vec<_>>())
    };
    assert_eq!(scan(&[]).0, ScanStatus::Partial);
    assert_eq!(scan(&["test/empty"]), (ScanStatus::Complete, vec!["0 one: test/empty".to_owned()]));
    assert_eq!(
        scan(&["test/empty", "test/logs"]),
        (ScanStatus::Complete, vec!["0 one: test/empty".to_owned(), "1 with: test/logs".to_owned()])
    );
    assert_eq!(scan(&["sluice/volume"]), (ScanStatus::Complete, vec!["1 two: sluice/volume".to_owned()]));
}

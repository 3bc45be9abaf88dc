//! A whole scan with a database: what is printed is what is stored, whole or not at all.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{self, ITS_LAYERS, THREE_STAGES, World, bundled, conducted, config, id, request, store};
use serde_json::{Value as Json, json};
use sluice_engine::{EngineError, Observer, Request, ScanResult, Selection, conduct};
use sluice_market::AsOf;
use sluice_runtime::Cancel;
use sluice_store::{AlertFilter, Cause, LayerRunStatus, Movement, ScanId, ScanStatus, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

#[tokio::test]
async fn what_is_stored_is_what_was_returned() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    let request = request(&world, &store, THREE_STAGES, bundled(&ITS_LAYERS));
    let result = conducted(request).await.unwrap();
    let scan = id(&result);

    let row = store.scan(&scan).await.unwrap();
    assert_eq!((row.status, row.pipeline.as_str()), (ScanStatus::Complete, "daily"));
    assert_eq!(
        (row.as_of, row.data_until),
        (result.as_of.millis(), Some(result.data_until.unwrap().millis()))
    );
    assert_eq!((row.market_digest.as_str(), row.program_version.as_str()), (world.market.digest(), "9.8.7"));
    assert_eq!(row.warnings, result.warnings);
    assert_eq!(row.stages_json.unwrap(), serde_json::to_string(&result.stages).unwrap());

    let results = store.results(&scan).await.unwrap();
    assert!(!results.is_empty());
    assert_eq!(results.len(), result.results.len());
    for (stored, printed) in results.iter().zip(&result.results) {
        assert_eq!((stored.rank as usize, &stored.symbol), (printed.rank, &printed.symbol));
        assert_eq!((stored.score, stored.percentile), (printed.score, printed.percentile));
        assert_eq!((stored.outcome.as_str(), &stored.reason), (printed.outcome_word(), &printed.reason));
    }
    same_layer_runs(&store, &scan, &result).await;
    same_alerts(&store, &result).await;
}

/// Layer runs, and the opinions on everything that got through.
async fn same_layer_runs(store: &Store, scan: &ScanId, result: &ScanResult) {
    let runs = store.layer_runs(scan).await.unwrap();
    let printed: Vec<_> = result.stages.iter().flat_map(|stage| &stage.layers).collect();
    assert_eq!(runs.len(), printed.len());
    for (run, layer) in runs.iter().zip(printed) {
        assert_eq!((&run.layer, &run.version, &run.digest), (&layer.id, &layer.version, &layer.digest));
        assert_eq!((run.status, &run.fault), (LayerRunStatus::Ok, &None));
        assert_eq!((run.calls, run.fuel, run.abstained), (layer.calls, layer.fuel, layer.abstained as u64));
        assert_eq!(run.stats_json, serde_json::to_string(&layer.stats).unwrap());
        let verdicts = store.verdicts(run.id).await.unwrap();
        let stage = result.stages.iter().find(|stage| stage.name == run.stage_name).unwrap();
        assert_eq!(verdicts.len(), stage.entered, "every verdict is stored, not only those of the results");
        let stored: BTreeMap<&str, _> =
            verdicts.iter().map(|verdict| (verdict.symbol.as_str(), verdict)).collect();
        for line in &result.results {
            let (verdict, opinion) = (stored[line.symbol.as_str()], &line.layers[&run.layer]);
            assert_eq!(verdict.score, opinion.score, "{} of {}", line.symbol, run.layer);
            let measures: BTreeMap<_, _> =
                run.measures.iter().cloned().zip(verdict.measures.clone()).collect();
            assert_eq!(measures, opinion.measures, "{} of {}", line.symbol, run.layer);
        }
    }
}

async fn same_alerts(store: &Store, result: &ScanResult) {
    let filter = AlertFilter { limit: 10_000, ..AlertFilter::default() };
    let mut stored: Vec<String> = store
        .alerts(&filter)
        .await
        .unwrap()
        .into_iter()
        .filter(|alert| alert.surfaced)
        .map(|alert| {
            format!("{:?} {} {} {:?} {:?}", alert.symbol, alert.kind, alert.message, alert.entry, alert.stop)
        })
        .collect();
    let mut printed: Vec<String> = result
        .alerts
        .iter()
        .map(|alert| {
            format!("{:?} {} {} {:?} {:?}", alert.symbol, alert.kind, alert.message, alert.entry, alert.stop)
        })
        .collect();
    assert!(!printed.is_empty());
    stored.sort();
    printed.sort();
    assert_eq!(stored, printed);
}

#[tokio::test]
async fn a_movement_carries_score_and_reason_of_the_last_stage_with_an_opinion() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    let ids = ["sluice/universe", "sluice/liquidity", "sluice/premarket"];
    // by daily bars the last stage has no opinion on anything and lets all through, or the best so far
    let scan = async |liquidity: &str, session: &str| {
        let stages = config(&[
            ("universe", &ids[..1], ""),
            ("liquidity", &ids[1..2], liquidity),
            ("session", &ids[2..], &format!("unknown = \"keep\"\n{session}")),
        ]);
        conducted(request(&world, &store, &stages, bundled(&ids))).await.unwrap()
    };
    let few = scan("max-symbols = 3", "").await;
    let all = scan("", "").await;
    let cut = scan("", "max-symbols = 3").await;
    assert_eq!((few.results.len(), cut.results.len()), (3, 3));
    let known: BTreeMap<String, String> = world
        .market
        .instruments()
        .iter()
        .map(|instrument| (instrument.symbol.to_string(), instrument.id.to_string()))
        .collect();
    let others =
        || all.results.iter().filter(|result| few.results.iter().all(|old| old.symbol != result.symbol));
    assert!(others().count() > 10, "a test on nothing tells nothing");
    let moves = store.moves(&id(&all), &id(&cut)).await.unwrap().unwrap();
    for result in others() {
        assert!(result.score.is_some() && !result.reason.is_empty(), "{}", result.symbol);
        let history = store.history(&known[&result.symbol], None, 10).await.unwrap();
        let told: Vec<_> = history
            .iter()
            .map(|row| (row.moved.kind, row.moved.to.as_deref(), row.moved.cause, row.moved.score))
            .collect();
        assert_eq!(
            told,
            [
                (Movement::Demoted, Some("liquidity"), Cause::MaxSymbols, result.score),
                (Movement::Promoted, Some("session"), Cause::Passed, result.score),
                (Movement::FirstScan, Some("universe"), Cause::MaxSymbols, result.score),
            ],
            "{}",
            result.symbol
        );
        assert!(history.iter().all(|row| row.moved.reason == result.reason), "{history:?}");
        let compared = moves.iter().find(|row| row.symbol == result.symbol).unwrap();
        assert_eq!(compared.moved, history[0].moved);
        let way = store.reached(&known[&result.symbol], None).await.unwrap().unwrap();
        assert_eq!((way.cause, way.score), (Cause::MaxSymbols, result.score));
    }
}

#[tokio::test]
async fn a_dry_run_returns_the_same_and_stores_nothing() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    let before = store.status().await.unwrap();
    let layers = bundled(&ITS_LAYERS);
    let dry = Request { dry_run: true, ..request(&world, &store, THREE_STAGES, layers) };
    let dry = conducted(dry).await.unwrap();
    assert_eq!(dry.scan_id, None);
    let after = store.status().await.unwrap();
    assert_eq!((after.scans, after.instruments, after.alerts), (0, 0, 0));
    assert_eq!(after.scans, before.scans);
    assert!(store.layers().await.unwrap().is_empty());
    let stored = conducted(request(&world, &store, THREE_STAGES, layers)).await.unwrap();
    let (dry, stored) = (support::printed(&dry), support::printed(&stored));
    assert_eq!((&dry["results"], &dry["alerts"]), (&stored["results"], &stored["alerts"]));
}

#[tokio::test]
async fn the_fault_of_a_layer_is_stored_with_a_partial_scan() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let ids = ["test/empty", "test/nan-scores"];
    let result =
        conducted(request(&world, &store, &config(&[("all", &ids, "")]), bundled(&ids))).await.unwrap();
    let scan = id(&result);
    assert_eq!(store.scan(&scan).await.unwrap().status, ScanStatus::Partial);
    let runs = store.layer_runs(&scan).await.unwrap();
    assert_eq!((runs[1].layer.as_str(), runs[1].status), ("test/nan-scores", LayerRunStatus::Faulted));
    let fault = "its answer is refused: the score of AAA is NaN: NaN goes only with abstain";
    assert_eq!(runs[1].fault.as_deref(), Some(fault));
    assert!(store.verdicts(runs[1].id).await.unwrap().is_empty());
    assert_eq!(store.verdicts(runs[0].id).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_failed_scan_is_stored_as_failed_without_results() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let ids = ["test/fault"];
    let result =
        conducted(request(&world, &store, &config(&[("all", &ids, "")]), bundled(&ids))).await.unwrap();
    let scan = id(&result);
    assert_eq!(store.scan(&scan).await.unwrap().status, ScanStatus::Failed);
    assert!(store.results(&scan).await.unwrap().is_empty());
}

/// Stops the scan when its first stage with this name starts.
struct StopAt(&'static str, Cancel);

impl Observer for StopAt {
    fn stage_started(&self, _: &str, name: &str, _: usize, _: usize) {
        if name == self.0 {
            self.1.cancel();
        }
    }

    fn call_done(&self, _: &str) {}

    fn stage_done(&self, _: &str, _: usize) {}
}

/// A scan that is stopped at its last stage, and what is left of it.
async fn assert_interrupted_leaves_nothing(config: &str, ids: &[&str], stage: &'static str) {
    let world = World::tiny();
    let store = store(world.path()).await;
    let cancel = Cancel::new();
    let observer = Arc::new(StopAt(stage, cancel.clone()));
    let error = conduct(request(&world, &store, config, bundled(ids)), &cancel, observer).await.unwrap_err();
    assert!(matches!(error, EngineError::Interrupted), "{error}");
    assert_eq!(
        error.to_string(),
        "the scan was interrupted: nothing of it is stored but that it was interrupted"
    );
    let [row] = store.scans(None, 10).await.unwrap().try_into().unwrap();
    assert_eq!(
        (row.status, row.interruption.as_deref()),
        (ScanStatus::Interrupted, Some("stopped by the user"))
    );
    assert!(row.finished_at.is_some() && row.stages_json.is_none());
    assert!(store.layer_runs(&row.id).await.unwrap().is_empty());
    assert!(store.results(&row.id).await.unwrap().is_empty());
    assert_eq!(store.status().await.unwrap().alerts, 0);
}

#[tokio::test]
async fn a_cancelled_scan_is_marked_interrupted_and_leaves_nothing_else() {
    let ids = ["test/empty", "test/logs"];
    let stages = config(&[("one", &["test/empty"], ""), ("two", &["test/logs"], "")]);
    assert_interrupted_leaves_nothing(&stages, &ids, "two").await;
}

#[tokio::test]
async fn a_layer_that_never_ends_does_not_keep_a_scan_from_being_cancelled() {
    let stages = config(&[("one", &["test/empty"], ""), ("two", &["test/spin"], "")]);
    let endless = "[layers.\"test/spin\".limits]\nfuel = 100_000_000_000\nwall-ms = 300_000\n";
    let ids = ["test/empty", "test/spin"];
    assert_interrupted_leaves_nothing(&format!("{stages}{endless}"), &ids, "two").await;
}

#[tokio::test]
async fn a_mistake_is_told_before_a_scan_begins() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let ids = ["test/empty"];
    let (text, layers) = (config(&[("all", &ids, "")]), bundled(&ids));
    let new = || request(&world, &store, &text, layers);
    let told = async |request| conducted(request).await.unwrap_err().to_string();

    let symbols = ["AAA", "NOPE", "ZZZ"].map(|symbol| symbol.parse().unwrap()).to_vec();
    assert_eq!(
        told(Request { symbols, ..new() }).await,
        "unknown symbols NOPE, ZZZ: `sluice data list` shows what is imported"
    );
    assert_eq!(
        told(Request { as_of: "2020-01-02".parse().unwrap(), ..new() }).await,
        "no bar is as old as 2020-01-02T21:00:00Z: the oldest is of 2024-06-28; choose a later --as-of"
    );
    let empty = sluice_market::Market::open(&world.path().join("nothing")).unwrap();
    assert_eq!(
        told(Request { market: empty, ..new() }).await,
        "there is no market data yet: run `sluice import FILE`, or `sluice demo` to try it on a synthetic market"
    );
    let selection = Selection { stage: Some("9".to_owned()), ..Selection::default() };
    assert_eq!(told(Request { selection, ..new() }).await, "pipeline test has no stage 9: it has 0 all");
    assert_eq!(store.status().await.unwrap().scans, 0);
}

#[tokio::test]
async fn exclusions_and_lists_are_part_of_the_stored_configuration() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let ids = ["test/empty"];
    let (text, layers) = (config(&[("all", &ids, "")]), bundled(&ids));
    let plain = conducted(request(&world, &store, &text, layers)).await.unwrap();
    let entry =
        |symbol: &str| sluice_engine::list_entries(&world.market, &[symbol.parse().unwrap()], false).unwrap();
    for (name, excludes, symbol) in [("junk", true, "BBB"), ("mine", false, "AAA")] {
        store.create_list(name, excludes).await.unwrap();
        store.change_list(name, &entry(symbol), &[]).await.unwrap();
    }
    let symbols = vec!["@mine".parse().unwrap(), "BBB".parse().unwrap()];
    let narrowed = conducted(Request { symbols, ..request(&world, &store, &text, layers) }).await.unwrap();
    assert_eq!((plain.excluded, narrowed.excluded, narrowed.stages[0].entered), (0, 1, 1));
    assert!(narrowed.warnings.contains(&"left out, for a list excludes them: BBB".to_owned()));
    let stored: serde_json::Value =
        serde_json::from_str(&store.scan_config(&id(&narrowed)).await.unwrap()).unwrap();
    assert_eq!(stored["excluded"], serde_json::json!(["XNYS:BBB"]));
    assert_eq!(stored["lists"], serde_json::json!({"mine": ["XNYS:AAA"]}));
    assert_eq!(stored["selection"]["symbols"], serde_json::json!(["@mine", "BBB"]));
    let digest = async |result| store.scan(&id(result)).await.unwrap().config_digest;
    assert_ne!(digest(&plain).await, digest(&narrowed).await);
}

#[tokio::test]
async fn what_was_told_is_held_back_by_the_next_scan_but_never_by_or_in_a_replay() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let bundled = bundled(&["test/silly-alert"]);
    let config = config(&[("one", &["test/silly-alert"], "")]);
    let scan = async |as_of: AsOf| {
        let result = conducted(Request { as_of, ..request(&world, &store, &config, bundled) }).await.unwrap();
        (result.alerts.len(), result.alerts_held_back)
    };
    let day = AsOf::Date("2024-06-28".parse().unwrap());
    assert_eq!(scan(day).await, (3, 0));
    assert_eq!(scan(AsOf::Latest).await, (3, 0));
    assert_eq!(scan(AsOf::Latest).await, (0, 3));
    assert_eq!(scan(day).await, (3, 0));
    assert_eq!(scan(AsOf::Latest).await, (0, 3));
    let unhurried = format!("{config}\n[alerts]\ncool-down-minutes = 0\n");
    let result = conducted(request(&world, &store, &unhurried, bundled)).await.unwrap();
    assert_eq!((result.alerts.len(), result.alerts_held_back), (3, 0));
}

#[tokio::test]
async fn risk_figures_are_printed_and_stored_with_the_alert() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let config = format!("{}\n[account]\nequity = 1_000\n", config(&[("one", &["test/silly-alert"], "")]));
    let result = conducted(request(&world, &store, &config, bundled(&["test/silly-alert"]))).await.unwrap();
    let filter = AlertFilter { scan: Some(id(&result)), limit: 10, ..AlertFilter::default() };
    let stored = store.alerts(&filter).await.unwrap();
    assert_eq!(stored.len(), result.alerts.len());
    for (alert, row) in result.alerts.iter().zip(&stored) {
        let risk = serde_json::to_value(alert.risk.as_ref().unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<Json>(row.risk_json.as_ref().unwrap()).unwrap(), risk);
        // 1 % of 1,000 over a loss of 1 a share; at most a tenth of the equity in one position
        assert_eq!(
            (&risk["entry"], &risk["stop"], &risk["shares"]),
            (&json!(10.0), &json!(9.0), &json!(10.0))
        );
    }
}

#[tokio::test]
async fn a_layer_that_stops_saying_what_it_used_to_say_is_warned_of() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    let bundled = bundled(&["sluice/liquidity"]);
    let usual = config(&[("one", &["sluice/liquidity"], "")]);
    for day in ["2024-06-20", "2024-06-21", "2024-06-24", "2024-06-25", "2024-06-26", "2024-06-27"] {
        let as_of = AsOf::Date(day.parse().unwrap());
        let result = conducted(Request { as_of, ..request(&world, &store, &usual, bundled) }).await.unwrap();
        assert_eq!(result.warnings, Vec::<String>::new(), "{day}");
    }
    let as_of = AsOf::Date("2024-06-28".parse().unwrap());
    let last = Request { as_of, ..request(&world, &store, &usual, bundled) };
    let result = conducted(last).await.unwrap();
    let drift = result.stages[0].layers[0].drift.as_ref().unwrap();
    assert_eq!((drift.runs, drift.remarks.len()), (6, 0));
    let before = drift.opinions_before;
    assert!((95.0..=100.0).contains(&before), "{before}");
    // more bars than there are: it abstains from everything
    let unusual =
        format!("{usual}\n[layers.\"sluice/liquidity\".settings]\nlookback = 250\nmin-bars = 250\n");
    let result = conducted(Request { as_of, ..request(&world, &store, &unusual, bundled) }).await.unwrap();
    assert_eq!(
        result.warnings,
        [format!(
            "sluice/liquidity: it has an opinion on 0 % of the instruments, in 6 runs before on about {before:.0} %"
        )]
    );
    let stored = store.scan(&id(&result)).await.unwrap();
    assert_eq!(stored.warnings, result.warnings);
    let expected = format!("\"opinions_before\":{}", json!(before));
    assert!(stored.stages_json.unwrap().contains(&expected));
}

#[tokio::test]
async fn a_stage_after_an_empty_one_sees_nothing_whatever_earlier_scans_let_through() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let bundled = bundled(&["test/empty"]);
    // test/empty gives 50 to everything
    let stages = |threshold: u32| {
        let first = format!("threshold = {threshold}");
        config(&[("one", &["test/empty"], first.as_str()), ("two", &["test/empty"], "unknown = \"keep\"")])
    };
    let full = conducted(request(&world, &store, &stages(50), bundled)).await.unwrap();
    assert_eq!(full.results.len(), 3);
    let empty = conducted(request(&world, &store, &stages(51), bundled)).await.unwrap();
    let counts: Vec<_> = empty.stages.iter().map(|stage| (stage.entered, stage.out)).collect();
    assert_eq!((counts, empty.results.len(), empty.alerts.len()), (vec![(3, 0), (0, 0)], 0, 0));
}

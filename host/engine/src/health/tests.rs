use super::past::durations;
use super::*;
use crate::config::DEFAULT_CONFIG;

fn run(scan: i64, layer: &str, stage: &str, status: LayerRunStatus, wall_us: u64) -> PastRun {
    PastRun {
        scan,
        scan_status: if status == LayerRunStatus::Ok { ScanStatus::Complete } else { ScanStatus::Partial },
        started_at: scan * 1_000,
        finished_at: Some(scan * 1_000 + 100 * scan),
        interruption: None,
        stage: "1".to_owned(),
        stage_name: stage.to_owned(),
        layer: Some(layer.to_owned()),
        digest: Some("d".to_owned()),
        status: Some(status),
        fault: (status != LayerRunStatus::Ok).then(|| "it trapped".to_owned()),
        wall_us,
        cache_hits: 0,
        cache_misses: 0,
    }
}

fn of(runs: &[PastRun], stage: Option<&str>, breakers: &[BreakerRow]) -> PipelineHealth {
    let mut config = Config::parse("default", DEFAULT_CONFIG).unwrap();
    config.pipelines.get_mut("daily").unwrap().stages[1].scan_interval = Some(15);
    let stages = r#"[{"number": 1, "name": "liquidity", "in": 300, "out": 40, "layers": []}]"#;
    // of an older scan nothing more is read than of the newest
    let stages = last_scans(runs).into_iter().map(|scan| (scan, stages.to_owned())).collect();
    let past = Past { runs, stages: &stages, breakers };
    health(&config, None, stage, past, 10_000).unwrap()
}

const LIQUIDITY: &str = "sluice/liquidity";

#[test]
fn percentiles_are_by_nearest_rank() {
    let hundred = durations((1..=100).map(f64::from).collect()).unwrap();
    assert_eq!((hundred.mean_ms, hundred.p95_ms, hundred.p99_ms), (50.5, 95.0, 99.0));
    let two = durations(vec![3.0, 1.0]).unwrap();
    assert_eq!((two.mean_ms, two.p95_ms, two.p99_ms), (2.0, 3.0, 3.0));
    assert_eq!(durations(Vec::new()), None);
}

#[test]
fn a_stage_has_its_rates_durations_and_next_run() {
    let runs = [
        run(3, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 3_000),
        run(2, LIQUIDITY, "liquidity", LayerRunStatus::Faulted, 1_000),
    ];
    let health = of(&runs, Some("1"), &[]);
    let [stage] = health.stages.as_slice() else { panic!("{health:?}") };
    assert_eq!((stage.runs, stage.success_rate), (2, Some(0.5)));
    assert_eq!(stage.duration.unwrap().mean_ms, 2.0);
    let at = |millis| Some(Instant::from_millis(millis));
    assert_eq!((stage.last_run_at, stage.next_run_at), (at(3_000), at(903_000)));
    assert_eq!((stage.entered, stage.out), (Some(300), Some(40)));
    assert_eq!((stage.health, health.health), (Health::Ok, Health::Ok));
    assert_eq!(health.duration.unwrap().p99_ms, 300.0);
    let [error] = health.errors.as_slice() else { panic!("{health:?}") };
    assert_eq!((error.at.millis(), error.message.as_str()), (2_200, "it trapped"));
}

#[test]
fn the_last_scan_and_the_breakers_decide_how_well_a_stage_works() {
    let at = |runs: &[PastRun], breakers: &[BreakerRow]| of(runs, Some("liquidity"), breakers).health;
    assert_eq!(at(&[], &[]), Health::Unknown);
    let faulted = run(9, LIQUIDITY, "liquidity", LayerRunStatus::Faulted, 1);
    assert_eq!(at(std::slice::from_ref(&faulted), &[]), Health::Failing);
    let good = run(9, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 1);
    assert_eq!(at(&[good.clone(), faulted], &[]), Health::Degraded, "one answer is better than none");
    let open = BreakerRow {
        state: BreakerState::Open,
        retry_at: Some(99_000),
        opened_at: Some(1),
        ..BreakerRow::closed(LIQUIDITY, "d")
    };
    assert_eq!(at(std::slice::from_ref(&good), std::slice::from_ref(&open)), Health::Degraded);
    let other = BreakerRow { digest: "older".to_owned(), ..open };
    assert_eq!(at(&[good], &[other]), Health::Ok);
}

#[test]
fn the_cache_hit_rate_is_that_of_all_answers_and_none_where_nothing_was_looked_for() {
    let hits = |run: PastRun, cache_hits, cache_misses| PastRun { cache_hits, cache_misses, ..run };
    let runs = [
        hits(run(3, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 1), 90, 10),
        hits(run(3, "sluice/volume", "catalyst", LayerRunStatus::Ok, 1), 0, 100),
        hits(run(2, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 1), 0, 300),
    ];
    let whole = of(&runs, None, &[]);
    assert_eq!(whole.cache_hit_rate, Some(90.0 / 500.0));
    let rates: Vec<(&str, Option<f64>)> =
        whole.stages.iter().map(|stage| (stage.name.as_str(), stage.cache_hit_rate)).collect();
    assert_eq!(rates[..2], [("universe", None), ("liquidity", Some(90.0 / 400.0))]);
    assert!(rates.contains(&("catalyst", Some(0.0))));
    let layers: Vec<(&str, Option<f64>)> = whole
        .stages
        .iter()
        .flat_map(|stage| stage.layers.iter().map(|layer| (layer.id.as_str(), layer.cache_hit_rate)))
        .collect();
    assert!(
        layers.contains(&(LIQUIDITY, Some(90.0 / 400.0))) && layers.contains(&("sluice/technical", None))
    );
    // of one stage alone: its own
    assert_eq!(of(&runs, Some("liquidity"), &[]).cache_hit_rate, Some(90.0 / 400.0));
    assert_eq!(of(&runs, Some("universe"), &[]).cache_hit_rate, None);
}

#[test]
fn instruments_are_counted_of_the_scan_in_which_a_stage_ran_last() {
    let runs = [
        run(5, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 1),
        run(4, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 1),
        run(3, "sluice/volume", "catalyst", LayerRunStatus::Ok, 1),
    ];
    assert_eq!(last_scans(&runs).into_iter().collect::<Vec<_>>(), [3, 5]);
    let config = Config::parse("default", DEFAULT_CONFIG).unwrap();
    let told = |scan, name: &str, entered| {
        (scan, format!(r#"[{{"name": "{name}", "in": {entered}, "out": 1, "no_opinion": 0}}]"#))
    };
    let stages = [told(5, "liquidity", 300), told(3, "catalyst", 40)].into_iter().collect();
    let health =
        health(&config, None, None, Past { runs: &runs, stages: &stages, breakers: &[] }, 0).unwrap();
    let of = |name: &str| health.stages.iter().find(|stage| stage.name == name).map(|stage| stage.entered);
    assert_eq!(
        (of("liquidity"), of("catalyst"), of("universe")),
        (Some(Some(300)), Some(Some(40)), Some(None))
    );
    let [damaged, other] = ["{", r#"[{"name": "x"}]"#].map(|text| past::flow(text, "x"));
    assert_eq!((damaged, other), (None, None));
}

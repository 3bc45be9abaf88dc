//! What is stored is what was given.

use sluice_store::{
    AlertFilter, LayerRunStatus, Outcome, ScanRecord, ScanStatus, Severity, Side, StoreError, VerdictRow,
};

use crate::case::Case;
use crate::home::{Home, NEWEST};
use crate::records::{instrument, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    a_scan_reads_back_as_it_was_given,
    alerts_are_filtered_and_newest_scans_come_first,
    scans_are_listed_newest_first_and_found_by_pipeline,
    a_renamed_instrument_keeps_its_past_symbol_in_old_results_and_is_written_once,
    what_cannot_be_kept_exactly_is_refused_by_name_and_the_scan_stays_running,
];

pub fn everything() -> AlertFilter {
    AlertFilter { all: true, limit: 1000, ..AlertFilter::default() }
}

async fn a_scan_reads_back_as_it_was_given(home: Home) {
    let record = scan_record();
    let begun = new_scan("default");
    let id = home.store.begin_scan(&begun).await.unwrap();
    let running = home.store.scan(&id).await.unwrap();
    assert_eq!((running.status, running.finished_at, running.stages_json), (ScanStatus::Running, None, None));
    home.store.finish_scan(&id, &record).await.unwrap();

    let scan = home.store.scan(&id).await.unwrap();
    assert_eq!(scan.status, ScanStatus::Partial);
    assert_eq!(scan.finished_at, Some(record.finished_at));
    assert_eq!(scan.stages_json.as_deref(), Some(&*record.stages_json));
    assert_eq!(scan.warnings, record.warnings);
    assert_eq!(
        (scan.as_of, scan.data_until, scan.started_at),
        (begun.as_of, begun.data_until, begun.started_at)
    );
    assert_eq!((&scan.config_digest, &scan.market_digest), (&begun.config_digest, &begun.market_digest));
    assert_eq!(home.store.scan_config(&id).await.unwrap(), begun.config_json);

    let runs = home.store.layer_runs(&id).await.unwrap();
    assert_eq!(runs.len(), 2);
    let (run, given) = (&runs[1], &record.layer_runs[1]);
    assert_eq!((&run.stage, &run.stage_name, &run.layer), (&given.stage, &given.stage_name, &given.layer));
    assert_eq!((&run.version, &run.digest), (&given.version, &given.digest));
    assert_eq!((run.status, &run.fault), (LayerRunStatus::Faulted, &given.fault));
    assert_eq!((run.calls, run.fuel, run.wall_us), (3, 12_345, 678));
    assert_eq!((run.cache_hits, run.cache_misses), (2, 1));
    assert_eq!((run.peak_memory_bytes, run.abstained), (65_536, 1));
    let past = home.store.past_runs("default", 10).await.unwrap();
    let told = past.iter().map(|run| (run.status.unwrap(), run.wall_us, run.cache_hits, run.cache_misses));
    let stored = runs.iter().map(|run| (run.status, run.wall_us, run.cache_hits, run.cache_misses));
    assert_eq!(told.collect::<Vec<_>>(), stored.collect::<Vec<_>>());
    assert_eq!(home.store.stages_of(past[0].scan).await.unwrap(), scan.stages_json);
    assert_eq!(home.store.stages_of(i64::MAX).await.unwrap(), None);
    assert_eq!((&run.stats_json, &run.measures), (&given.stats_json, &given.measures));

    let verdict = |ident: &str, symbol: &str| VerdictRow {
        ident: ident.to_owned(),
        symbol: symbol.to_owned(),
        outcome: Outcome::Keep,
        score: Some(1.0 / 3.0),
        percentile: Some(100.0),
        reason: "fine".to_owned(),
        measures: vec![Some(0.1), None],
    };
    let expected = [
        verdict("i-aa", "AA"),
        VerdictRow {
            outcome: Outcome::Abstain,
            score: None,
            percentile: None,
            reason: "no data".to_owned(),
            measures: vec![None, None],
            ..verdict("i-brk", "BRK.B")
        },
        VerdictRow {
            outcome: Outcome::Drop,
            score: Some(0.0),
            percentile: Some(50.0),
            measures: vec![Some(-2.5e-7), Some(1e300)],
            ..verdict("i-na", "NA")
        },
    ];
    assert_eq!(home.store.verdicts(run.id).await.unwrap(), expected);

    let results = home.store.results(&id).await.unwrap();
    assert_eq!(
        results.iter().map(|row| (row.rank, row.symbol.as_str())).collect::<Vec<_>>(),
        [(1, "NA"), (2, "AA")]
    );
    assert_eq!((results[0].score, results[1].score, results[0].outcome), (Some(99.5), None, Outcome::Keep));

    let alerts = home.store.alerts(&everything()).await.unwrap();
    let (first, market) = (&alerts[0], &alerts[1]);
    assert_eq!((first.scan, first.raised_at, first.as_of), (id, record.finished_at, begun.as_of));
    assert_eq!((first.symbol.as_deref(), first.ident.as_deref()), (Some("NA"), Some("i-na")));
    assert_eq!((&*first.layer, &*first.version, &*first.stage), ("sluice/volume", "0.1.0", "1.5"));
    assert_eq!((first.severity, first.side, first.confidence), (Severity::Urgent, Some(Side::Short), 0.75));
    assert_eq!((first.entry, first.stop, first.target), (Some(10.0), Some(11.5), None));
    assert_eq!((first.expires_at, &*first.dedupe_key), (Some(1_795_554_900_000), "spike:x"));
    assert_eq!(first.evidence, ["news-1"]);
    assert_eq!(first.numbers, [("ratio".to_owned(), Some(4.25)), ("unknown".to_owned(), None)]);
    assert_eq!((market.symbol.as_deref(), &*market.kind, market.surfaced), (None, "breadth", false));
}

async fn alerts_are_filtered_and_newest_scans_come_first(home: Home) {
    let old = home.scanned(&scan_record()).await;
    let mut later = scan_record();
    later.finished_at += 1000;
    let new = home.scanned(&later).await;
    let count = |filter: AlertFilter| {
        let store = home.store.clone();
        async move { store.alerts(&filter).await.unwrap().len() }
    };
    let shown = AlertFilter { all: false, ..everything() };
    assert_eq!(
        home.store.alerts(&everything()).await.unwrap().iter().map(|a| a.scan).collect::<Vec<_>>(),
        [new, new, old, old]
    );
    assert_eq!(count(everything()).await, 4);
    assert_eq!(count(shown.clone()).await, 2);
    assert_eq!(count(AlertFilter { limit: 3, ..everything() }).await, 3);
    assert_eq!(count(AlertFilter { limit: 0, ..everything() }).await, 0);
    assert_eq!(count(AlertFilter { scan: Some(old), ..everything() }).await, 2);
    assert_eq!(count(AlertFilter { symbol: Some("NA".to_owned()), ..everything() }).await, 2);
    assert_eq!(count(AlertFilter { symbol: Some("x' OR '1'='1".to_owned()), ..everything() }).await, 0);
    assert_eq!(count(AlertFilter { kind: Some("breadth".to_owned()), ..everything() }).await, 2);
    assert_eq!(count(AlertFilter { layer: Some("sluice/liquidity".to_owned()), ..everything() }).await, 0);
    assert_eq!(count(AlertFilter { since: Some(later.finished_at), ..everything() }).await, 2);
}

async fn scans_are_listed_newest_first_and_found_by_pipeline(home: Home) {
    assert_eq!(home.store.latest_scan(None).await.unwrap(), None);
    let mut ids = Vec::new();
    for pipeline in ["a", "b", "a"] {
        ids.push(home.store.begin_scan(&new_scan(pipeline)).await.unwrap());
    }
    let listed: Vec<_> = home.store.scans(None, 2).await.unwrap().iter().map(|scan| scan.id).collect();
    assert_eq!(listed, [ids[2], ids[1]]);
    assert_eq!(home.store.latest_scan(Some("b")).await.unwrap().unwrap().id, ids[1]);
    assert_eq!(home.store.latest_scan(None).await.unwrap().unwrap().id, ids[2]);
    assert_eq!(home.store.latest_scan(Some("c")).await.unwrap(), None);
    let status = home.store.status().await.unwrap();
    assert_eq!((status.scans, status.alerts, status.instruments, status.layers), (3, 0, 0, 0));
    assert_eq!((status.schema_version, status.last_scan.unwrap().id), (NEWEST, ids[2]));
    assert!(status.size_bytes > 0 && status.path == home.url.to_string());
}

async fn a_renamed_instrument_keeps_its_past_symbol_in_old_results_and_is_written_once(home: Home) {
    let record = scan_record();
    let scan = home.scanned(&record).await;
    assert_eq!(home.store.upsert_instruments(&record.instruments).await.unwrap(), 0);
    let renamed = [instrument("i-na", "NAX"), instrument("i-aa", "AA"), instrument("i-new", "NEW")];
    assert_eq!(home.store.upsert_instruments(&renamed).await.unwrap(), 2);
    assert_eq!(home.store.upsert_instruments(&renamed).await.unwrap(), 0);
    assert_eq!(home.store.status().await.unwrap().instruments, 4);
    let first = &home.store.results(&scan).await.unwrap()[0];
    assert_eq!((&*first.symbol, &*first.name, &*first.ident), ("NA", "NAX Inc", "i-na"));
    let run = home.store.layer_runs(&scan).await.unwrap()[0].id;
    assert_eq!(home.store.verdicts(run).await.unwrap()[2].symbol, "NAX");
}

type Spoil = fn(&mut ScanRecord);

async fn what_cannot_be_kept_exactly_is_refused_by_name_and_the_scan_stays_running(home: Home) {
    let id = home.store.begin_scan(&new_scan("default")).await.unwrap();
    let cases: Vec<(&str, Spoil)> = vec![
        ("layer_runs[1].verdicts.reasons contains a NUL: \"a\\0b\"", |r| {
            r.layer_runs[1].verdicts.reasons[0] = "a\0b".to_owned();
        }),
        ("layer_runs[0].verdicts.scores has 2 rows, instruments has 3", |r| {
            r.layer_runs[0].verdicts.scores.pop();
        }),
        ("layer_runs[0].verdicts.measures has 2 rows, instruments has 3", |r| {
            r.layer_runs[0].verdicts.measures[1].pop();
        }),
        ("layer_runs[0].verdicts.measures has 2 columns for 1 names", |r| {
            r.layer_runs[0].measures.pop();
        }),
        ("layer_runs[0].verdicts.scores is 100.5, allowed are 0 to 100", |r| {
            r.layer_runs[0].verdicts.scores[0] = 100.5;
        }),
        ("layer_runs[0].verdicts.instruments is 3, but there are only 3", |r| {
            r.layer_runs[0].verdicts.instruments[0] = 3;
        }),
        ("layer_runs[0].verdicts.instruments has 2 twice", |r| r.layer_runs[0].verdicts.instruments[0] = 2),
        ("layer_runs[0].verdicts.outcomes has 4, allowed are 0 to 3", |r| {
            r.layer_runs[0].verdicts.outcomes[0] = 4;
        }),
        ("layer_runs[0].verdicts.reason is 2, but there are only 2", |r| {
            r.layer_runs[0].verdicts.reason[0] = 2
        }),
        ("layer_runs[1].fault is missing, but the layer faulted", |r| r.layer_runs[1].fault = None),
        ("layer_runs.fuel is 18446744073709551615, the limit is 9223372036854775807", |r| {
            r.layer_runs[1].fuel = u64::MAX;
        }),
        ("instruments[1].ident \"i-aa\" was there before", |r| r.instruments[1].ident = "i-aa".to_owned()),
        ("instruments[1].symbol is empty", |r| r.instruments[1].symbol.clear()),
        ("results[1].rank is 1: ranks start at 1, each once", |r| r.results[1].rank = 1),
        ("alerts[0].stop is NaN, no price", |r| r.alerts[0].stop = Some(f64::NAN)),
        ("alerts[0].confidence is NaN, allowed are 0 to 1", |r| r.alerts[0].confidence = f64::NAN),
        ("alerts[0].layer_run is 2, but there are only 2", |r| r.alerts[0].layer_run = 2),
        ("warnings[1] contains a NUL: \"\\0\"", |r| r.warnings[1] = "\0".to_owned()),
    ];
    for (expected, spoil) in cases {
        let mut record = scan_record();
        spoil(&mut record);
        let error = home.store.finish_scan(&id, &record).await.unwrap_err();
        assert!(matches!(error, StoreError::BadRecord { .. }), "{error:?}");
        assert_eq!(error.to_string(), format!("cannot store scan {id}: {expected}; nothing was written"));
    }
    home.store.finish_scan(&id, &scan_record()).await.unwrap();
}

//! The newest good report of a layer: never of a later instant, never a bad one.

use sluice_store::{FinalStatus, LastGood, LayerRunStatus, Outcome, ScanId, ScanRecord};

use crate::case::Case;
use crate::home::Home;
use crate::records::{bundled, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    a_report_comes_back_as_it_was_given,
    the_newest_within_the_range_is_taken_and_none_beyond_it,
    only_good_runs_of_scans_that_were_stored_count,
    another_pipeline_stage_or_layer_does_not_stand_in,
];

/// The runs of it went well.
fn good() -> ScanRecord {
    let mut record = scan_record();
    record.status = FinalStatus::Complete;
    for run in &mut record.layer_runs {
        (run.status, run.fault) = (LayerRunStatus::Ok, None);
    }
    record
}

async fn scan(home: &Home, pipeline: &str, as_of: i64, record: &ScanRecord) -> ScanId {
    let mut begun = new_scan(pipeline);
    begun.as_of = as_of;
    let id = home.store.begin_scan(&begun).await.unwrap();
    home.store.finish_scan(&id, record).await.unwrap();
    id
}

async fn found(home: &Home, range: std::ops::RangeInclusive<i64>) -> Option<LastGood> {
    let layer = &scan_record().layer_runs[1];
    home.store.last_good("p", &layer.stage_name, &layer.layer, range).await.unwrap()
}

async fn a_report_comes_back_as_it_was_given(home: Home) {
    assert_eq!(found(&home, i64::MIN..=i64::MAX).await, None);
    let mut record = good();
    record.status = FinalStatus::Partial;
    record.layer_runs[1].verdicts.outcomes = vec![0, 3, 2];
    record.layer_runs[1].verdicts.scores[1] = f64::NAN;
    let id = scan(&home, "p", 1_000, &record).await;
    let report = found(&home, 1_000..=1_000).await.unwrap();
    let run = &record.layer_runs[1];
    assert_eq!((report.scan, report.as_of), (id, 1_000));
    assert_eq!(
        (&report.version, &report.digest, &report.measures),
        (&run.version, &run.digest, &run.measures)
    );
    assert_eq!(report.verdicts.len(), 3);
    let figure = |value: f64| (!value.is_nan()).then(|| value.to_bits());
    for (row, at) in run.verdicts.instruments.iter().enumerate() {
        let ident = &record.instruments[*at as usize].ident;
        let verdict = report.verdicts.iter().find(|verdict| verdict.ident == *ident).unwrap();
        assert_eq!(u8::from(verdict.outcome), run.verdicts.outcomes[row]);
        assert_eq!(figure(verdict.score), figure(run.verdicts.scores[row]));
        assert_eq!(verdict.reason, run.verdicts.reasons[run.verdicts.reason[row] as usize]);
        let measures: Vec<_> = verdict.measures.iter().map(|value| figure(*value)).collect();
        assert_eq!(measures, [figure(run.verdicts.measures[0][row]), figure(run.verdicts.measures[1][row])]);
    }
    assert!(report.verdicts.iter().any(|verdict| verdict.outcome == Outcome::Error));
}

async fn the_newest_within_the_range_is_taken_and_none_beyond_it(home: Home) {
    let first = scan(&home, "p", 2_000, &good()).await;
    let later = scan(&home, "p", 3_000, &good()).await;
    // stored last, about an earlier instant
    let earlier = scan(&home, "p", 1_000, &good()).await;
    let again = scan(&home, "p", 2_000, &good()).await;
    let of = async |range| found(&home, range).await.map(|report| report.scan);
    assert_eq!(of(0..=3_000).await, Some(later));
    assert_eq!(of(0..=2_999).await, Some(again), "of two about the same instant the later one");
    assert_ne!(again, first);
    assert_eq!(of(0..=1_999).await, Some(earlier));
    assert_eq!(of(1_000..=1_000).await, Some(earlier));
    assert_eq!(of(0..=999).await, None);
    assert_eq!(of(1_001..=1_999).await, None);
    assert_eq!(of(3_001..=i64::MAX).await, None);
    #[expect(clippy::reversed_empty_ranges, reason = "an empty range has nothing")]
    let nothing = of(3_000..=1_000).await;
    assert_eq!(nothing, None);
}

async fn only_good_runs_of_scans_that_were_stored_count(home: Home) {
    let wanted = scan(&home, "p", 1_000, &good()).await;
    for status in [LayerRunStatus::Faulted, LayerRunStatus::Skipped, LayerRunStatus::LastGood] {
        let mut record = good();
        record.layer_runs[1].status = status;
        record.layer_runs[1].fault = Some("why".to_owned());
        let id = scan(&home, "p", 2_000, &record).await;
        assert_eq!(home.store.layer_runs(&id).await.unwrap()[1].status, status);
    }
    let mut failed = good();
    failed.status = FinalStatus::Failed;
    scan(&home, "p", 2_000, &failed).await;
    let mut begun = new_scan("p");
    begun.as_of = 2_000;
    let interrupted = home.store.begin_scan(&begun).await.unwrap();
    home.store.interrupt_scan(&interrupted, "Ctrl-C").await.unwrap();
    home.store.begin_scan(&begun).await.unwrap();
    assert_eq!(found(&home, 0..=9_000).await.unwrap().scan, wanted);
    home.store.prune(i64::MAX, true, false).await.unwrap();
    assert_eq!(found(&home, 0..=9_000).await, None);
}

async fn another_pipeline_stage_or_layer_does_not_stand_in(home: Home) {
    let id = scan(&home, "p", 1_000, &good()).await;
    let layer = scan_record().layer_runs[1].layer.clone();
    let of = async |pipeline: &str, stage: &str, layer: &str| {
        home.store.last_good(pipeline, stage, layer, 0..=9_000).await.unwrap().map(|report| report.scan)
    };
    assert_eq!(of("p", "catalyst", &layer).await, Some(id));
    assert_eq!(of("q", "catalyst", &layer).await, None);
    assert_eq!(of("p", "2", &layer).await, None);
    assert_eq!(of("p", "catalyst", "no/such").await, None);
    // another version of the same layer does
    let mut newer = good();
    (newer.layer_runs[1].version, newer.layer_runs[1].digest) = ("0.2.0".to_owned(), "d9".to_owned());
    home.store.register_layer(&bundled(&newer.layer_runs[1])).await.unwrap();
    let newest = scan(&home, "p", 2_000, &newer).await;
    let report = home.store.last_good("p", "catalyst", &layer, 0..=9_000).await.unwrap().unwrap();
    assert_eq!((report.scan, report.version.as_str(), report.digest.as_str()), (newest, "0.2.0", "d9"));
}

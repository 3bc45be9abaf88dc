//! How far instruments came, and how that changed from one comparable scan to the next.

use sluice_store::{Cause, Movement, Outcome, ReachRecord, ScanId, ScanRecord};

use crate::case::Case;
use crate::home::Home;
use crate::records::{new_scan, reach, scan_record};

pub const CASES: &[Case] = cases![
    movements_are_those_against_the_last_comparable_scan,
    a_scan_of_the_past_of_a_part_or_of_other_stages_writes_none,
    two_scans_are_compared_by_ticker_with_what_the_layers_said,
    the_way_of_an_instrument_is_that_of_its_newest_scan,
    history_comes_in_pages_and_goes_with_its_scans,
    history_begins_with_how_far_an_instrument_had_come_in_the_first_scan,
    a_movement_is_told_by_the_last_stage_with_an_opinion,
    use_of_the_cache_is_counted_over_the_newest_scans,
];

async fn scan(home: &Home, pipeline: &str, as_of: i64, reach: ReachRecord) -> ScanId {
    scan_of(home, pipeline, as_of, ScanRecord { reach: Some(reach), ..scan_record() }).await
}

async fn scan_of(home: &Home, pipeline: &str, as_of: i64, record: ScanRecord) -> ScanId {
    let mut begun = new_scan(pipeline);
    (begun.as_of, begun.started_at) = (as_of, as_of * 1_000);
    let id = home.store.begin_scan(&begun).await.unwrap();
    home.store.finish_scan(&id, &record).await.unwrap();
    id
}

fn first() -> ReachRecord {
    reach(&[(0, 2, None, Cause::Passed), (1, 0, Some(0), Cause::Verdict), (2, 2, None, Cause::Passed)])
}

fn second() -> ReachRecord {
    reach(&[(0, 1, Some(1), Cause::Threshold), (1, 1, Some(1), Cause::NoOpinion)])
}

/// Movement, stages from and to, cause; newest first, without the first scans.
async fn told(home: &Home, ident: &str) -> Vec<(Movement, Option<String>, Option<String>, Cause)> {
    let rows = home.store.history(ident, None, 100).await.unwrap().into_iter();
    let rows = rows.filter(|row| row.moved.kind != Movement::FirstScan);
    rows.map(|row| (row.moved.kind, row.moved.from, row.moved.to, row.moved.cause)).collect()
}

fn name(name: &str) -> Option<String> {
    Some(name.to_owned())
}

async fn movements_are_those_against_the_last_comparable_scan(home: Home) {
    scan(&home, "p", 1, first()).await;
    assert_eq!(told(&home, "i-aa").await, [], "there is nothing to compare the first scan with");
    let id = scan(&home, "p", 2, second()).await;
    assert_eq!(
        told(&home, "i-aa").await,
        [(Movement::Demoted, name("volume"), name("liquidity"), Cause::Threshold)]
    );
    assert_eq!(told(&home, "i-brk").await, [(Movement::Entered, None, name("liquidity"), Cause::Passed)]);
    assert_eq!(told(&home, "i-na").await, [(Movement::Left, name("volume"), None, Cause::Unlisted)]);
    let row = home.store.history("i-aa", None, 1).await.unwrap().remove(0);
    assert_eq!((row.scan, row.as_of, row.symbol.as_str(), row.pipeline.as_str()), (id, 2, "AA", "p"));
    assert_eq!(row.moved.score, Some(0.5));
    // what the layer of stage 1.5 said, which stopped it
    let run = &scan_record().layer_runs[1];
    let at = run.verdicts.instruments.iter().position(|at| *at == 0).unwrap();
    assert_eq!(row.moved.reason, run.verdicts.reasons[run.verdicts.reason[at] as usize]);
    scan(&home, "p", 3, first()).await;
    let back = (Movement::Promoted, name("liquidity"), name("volume"), Cause::Passed);
    assert_eq!(told(&home, "i-aa").await[0], back);
}

async fn a_scan_of_the_past_of_a_part_or_of_other_stages_writes_none(home: Home) {
    let base = scan(&home, "p", 5, first()).await;
    let past = scan(&home, "p", 4, second()).await;
    scan(&home, "p", 6, ReachRecord { whole: false, ..second() }).await;
    scan(&home, "other", 6, second()).await;
    let mut stages = second();
    stages.stages[1].1 = "renamed".to_owned();
    let renamed = scan(&home, "p", 6, stages).await;
    assert_eq!(told(&home, "i-aa").await, []);
    assert_eq!(home.store.moves(&base, &renamed).await.unwrap(), None);
    let last = home.store.last_comparable("p", 5, None).await.unwrap();
    assert_eq!(last, Some(base));
    assert_eq!(home.store.last_comparable("p", 9, Some(&renamed)).await.unwrap(), Some(base));
    assert_eq!(home.store.last_comparable("p", 4, None).await.unwrap(), Some(past));
    assert_eq!(home.store.last_comparable("p", 5, Some(&base)).await.unwrap(), None);
    // the next one with the stages of before has none like it right before
    scan(&home, "p", 7, second()).await;
    assert_eq!(told(&home, "i-aa").await, []);
}

async fn two_scans_are_compared_by_ticker_with_what_the_layers_said(home: Home) {
    let old = scan(&home, "p", 1, first()).await;
    let new = scan(&home, "p", 2, ReachRecord { whole: false, ..second() }).await;
    let moves = home.store.moves(&old, &new).await.unwrap().unwrap();
    let told: Vec<_> = moves
        .iter()
        .map(|row| (row.symbol.as_str(), row.moved.kind, row.moved.cause, row.moved.score))
        .collect();
    assert_eq!(
        told,
        [
            ("AA", Movement::Demoted, Cause::Threshold, Some(0.5)),
            ("BRK.B", Movement::Entered, Cause::Passed, Some(10.25)),
            ("NA", Movement::Left, Cause::Unlisted, None),
        ]
    );
    assert!(!moves[0].moved.reason.is_empty());
    assert_eq!(home.store.moves(&new, &new).await.unwrap(), Some(Vec::new()));
    let unknown: ScanId = "0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b21".parse().unwrap();
    assert!(home.store.moves(&old, &unknown).await.is_err());
}

async fn the_way_of_an_instrument_is_that_of_its_newest_scan(home: Home) {
    let old = scan(&home, "p", 1, first()).await;
    let new = scan(&home, "p", 2, second()).await;
    let of = home.store.reached("i-aa", None).await.unwrap().unwrap();
    assert_eq!(
        (of.scan, of.level, of.stopped, of.cause, of.score),
        (new, 1, Some(1), Cause::Threshold, Some(0.5))
    );
    assert_eq!(of.stages, second().stages);
    let earlier = home.store.reached("i-aa", Some(&old)).await.unwrap().unwrap();
    assert_eq!((earlier.level, earlier.stopped), (2, None));
    // a replay of an older instant is not the newest, of one instant the last that ran is
    let replay = scan(&home, "p", 1, first()).await;
    assert_eq!(home.store.reached("i-aa", None).await.unwrap().unwrap().scan, new);
    let again = scan(&home, "q", 2, second()).await;
    assert_eq!(home.store.reached("i-aa", None).await.unwrap().unwrap().scan, again);
    // it was no part of the newest one
    assert_eq!(home.store.reached("i-na", None).await.unwrap().unwrap().scan, replay);
    assert_eq!(home.store.reached("nobody", None).await.unwrap(), None);
    assert_eq!(home.store.idents("AA").await.unwrap(), ["i-aa"]);
    let said = home.store.opinions(&old, "i-na").await.unwrap();
    let told: Vec<_> = said.iter().map(|of| (of.layer.as_str(), of.outcome, of.score)).collect();
    assert_eq!(
        told,
        [
            ("sluice/liquidity", Some(Outcome::Drop), Some(0.0)),
            ("sluice/volume", Some(Outcome::Drop), Some(0.0))
        ]
    );
    assert_eq!(said[0].measures, [("ratio".to_owned(), Some(-2.5e-7)), ("z-score".to_owned(), Some(1e300))]);
    let unseen = home.store.opinions(&old, "nobody").await.unwrap();
    assert_eq!((unseen.len(), unseen[0].outcome, unseen[0].measures.len()), (2, None, 0));
}

async fn history_comes_in_pages_and_goes_with_its_scans(home: Home) {
    for as_of in 1..=5 {
        scan(&home, "p", as_of, if as_of % 2 == 1 { first() } else { second() }).await;
    }
    let all = home.store.history("i-aa", None, 100).await.unwrap();
    assert_eq!(all.iter().map(|row| row.as_of).collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    let page = home.store.history("i-aa", Some(all[1].cursor), 1).await.unwrap();
    assert_eq!(page, all[2..3]);
    for limit in 1..=6 {
        let (mut paged, mut after) = (Vec::new(), None);
        while let page = home.store.history("i-aa", after, limit).await.unwrap()
            && !page.is_empty()
        {
            after = page.last().map(|row| row.cursor);
            paged.extend(page);
        }
        assert_eq!(paged, all, "in pages of {limit}");
    }
    home.store.prune(4_000, true, false).await.unwrap();
    let left = home.store.history("i-aa", None, 100).await.unwrap();
    assert_eq!(left.iter().map(|row| row.as_of).collect::<Vec<_>>(), [5, 4]);
    let rows = home.store.database_status().await.unwrap().tables;
    assert!(rows.contains(&("reaches".to_owned(), 2)), "{rows:?}");
}

async fn use_of_the_cache_is_counted_over_the_newest_scans(home: Home) {
    for as_of in 1..=3 {
        scan(&home, "p", as_of, first()).await;
    }
    let used = |scans| async move { home.store.cache_use(scans).await.unwrap() };
    let used = used(2).await;
    let told: Vec<_> = used.iter().map(|of| (of.layer.as_str(), of.hits, of.misses)).collect();
    assert_eq!(told, [("sluice/liquidity", 4, 2), ("sluice/volume", 4, 2)]);
}

async fn history_begins_with_how_far_an_instrument_had_come_in_the_first_scan(home: Home) {
    let base = scan(&home, "p", 5, first()).await;
    // of the past, of a part: nothing begins with them
    scan(&home, "p", 4, second()).await;
    scan(&home, "p", 5, ReachRecord { whole: false, ..second() }).await;
    let rows = home.store.history("i-na", None, 10).await.unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!((&rows[0].scan, rows[0].as_of, rows[0].pipeline.as_str()), (&base, 5, "p"));
    let moved = &rows[0].moved;
    assert_eq!(
        (moved.kind, moved.from.clone(), moved.to.clone(), moved.cause, moved.score),
        (Movement::FirstScan, None, name("volume"), Cause::Passed, Some(20.5))
    );
    // what the layer of its last stage said
    let run = &scan_record().layer_runs[1];
    let at = run.verdicts.instruments.iter().position(|at| *at == 2).unwrap();
    assert_eq!(moved.reason, run.verdicts.reasons[run.verdicts.reason[at] as usize]);
    let stopped = home.store.history("i-brk", None, 10).await.unwrap().remove(0).moved;
    assert_eq!((stopped.kind, stopped.to, stopped.cause), (Movement::FirstScan, None, Cause::Verdict));
    assert_eq!(home.store.history("nobody", None, 10).await.unwrap(), []);
    // whoever is listed later entered then; other stages, and another pipeline, begin anew
    let kinds = async |ident: &str| -> Vec<(i64, Movement)> {
        let rows = home.store.history(ident, None, 10).await.unwrap();
        rows.into_iter().map(|row| (row.as_of, row.moved.kind)).collect()
    };
    scan(&home, "p", 6, second()).await;
    let mut renamed = second();
    renamed.stages[1].1 = "renamed".to_owned();
    scan(&home, "p", 7, renamed).await;
    scan(&home, "other", 8, second()).await;
    assert_eq!(
        kinds("i-aa").await,
        [
            (8, Movement::FirstScan),
            (7, Movement::FirstScan),
            (6, Movement::Demoted),
            (5, Movement::FirstScan),
        ]
    );
    assert_eq!(kinds("i-na").await, [(6, Movement::Left), (5, Movement::FirstScan)]);
}

async fn a_movement_is_told_by_the_last_stage_with_an_opinion(home: Home) {
    let stopped_before = reach(&[(0, 0, Some(0), Cause::Verdict), (2, 2, None, Cause::Passed)]);
    // stage 1.5 has no opinion: one came through with the score and reason of stage 1, others were better than the other
    let mut silent = reach(&[(0, 2, None, Cause::Passed), (2, 1, Some(1), Cause::MaxSymbols)]);
    for one in &mut silent.instruments {
        (one.told_by, one.passed_by, one.score, one.passed_score) = (Some(0), Some(0), 77.0, 77.0);
    }
    let mut record = ScanRecord { reach: Some(silent), ..scan_record() };
    record.layer_runs[0].verdicts.outcomes = vec![0; 3];
    record.layer_runs[0].verdicts.scores = vec![77.0; 3];
    record.layer_runs[1].verdicts.outcomes = vec![2; 3];
    record.layer_runs[1].verdicts.scores = vec![f64::NAN; 3];
    record.layer_runs[1].verdicts.reasons = vec!["not in its session".to_owned(); 2];
    let old = scan(&home, "p", 1, stopped_before).await;
    let new = scan_of(&home, "p", 2, record).await;
    let moves = home.store.moves(&old, &new).await.unwrap().unwrap();
    for (ident, kind, cause) in
        [("i-aa", Movement::Entered, Cause::Passed), ("i-na", Movement::Demoted, Cause::MaxSymbols)]
    {
        let row = home.store.history(ident, None, 1).await.unwrap().remove(0).moved;
        assert_eq!((row.kind, row.cause, row.score), (kind, cause, Some(77.0)), "{ident}");
        assert_eq!(row.reason, "fine", "{ident}");
        let compared = moves.iter().find(|row| row.ident == ident).unwrap();
        assert_eq!(compared.moved, row, "{ident}");
    }
}

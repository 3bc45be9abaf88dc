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
    use_of_the_cache_is_counted_over_the_newest_scans,
];

async fn scan(home: &Home, pipeline: &str, as_of: i64, reach: ReachRecord) -> ScanId {
    let mut begun = new_scan(pipeline);
    (begun.as_of, begun.started_at) = (as_of, as_of * 1_000);
    let id = home.store.begin_scan(&begun).await.unwrap();
    let record = ScanRecord { reach: Some(reach), ..scan_record() };
    home.store.finish_scan(&id, &record).await.unwrap();
    id
}

fn first() -> ReachRecord {
    reach(&[(0, 2, None, Cause::Passed), (1, 0, Some(0), Cause::Verdict), (2, 2, None, Cause::Passed)])
}

fn second() -> ReachRecord {
    reach(&[(0, 1, Some(1), Cause::Threshold), (1, 1, Some(1), Cause::NoOpinion)])
}

/// Movement, stages from and to, cause; newest first.
async fn told(home: &Home, ident: &str) -> Vec<(Movement, Option<String>, Option<String>, Cause)> {
    let rows = home.store.history(ident, None, 100).await.unwrap();
    rows.into_iter().map(|row| (row.moved.kind, row.moved.from, row.moved.to, row.moved.cause)).collect()
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
            ("BRK.B", Movement::Entered, Cause::Passed, None),
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
    // it was no part of the newest one
    assert_eq!(home.store.reached("i-na", None).await.unwrap().unwrap().scan, old);
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
    assert_eq!(all.iter().map(|row| row.as_of).collect::<Vec<_>>(), [5, 4, 3, 2]);
    let page = home.store.history("i-aa", Some(all[1].cursor), 1).await.unwrap();
    assert_eq!(page, all[2..3]);
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

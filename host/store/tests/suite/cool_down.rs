//! Alerts that repeat what was told before are stored and counted, but held back.

use sluice_store::{AlertFilter, AlertRecord, AlertRow, ScanId, ScanRecord, Store};

use crate::case::Case;
use crate::home::{Home, register_layers};
use crate::records::{alert, new_scan, scan_record};

pub const CASES: &[Case] = cases![
    the_same_alert_within_the_cool_down_is_held_back_and_counted,
    the_cool_down_counts_from_the_alert_that_was_told,
    an_event_is_told_once_whenever,
    a_new_event_is_told_after_the_cool_down,
    two_alerts_with_one_key_in_one_scan_are_one,
    another_pipeline_and_another_key_are_another_matter,
    a_scan_without_a_cool_down_holds_nothing_back_and_is_not_remembered,
    what_is_about_a_later_instant_was_not_told_yet,
    what_is_part_of_no_result_tells_nothing,
    the_cool_down_outlives_the_process_and_is_pruned,
];

const MINUTE: i64 = 60_000;
const WINDOW: i64 = 60 * MINUTE;
const START: i64 = 1_517_950_800_000;

fn told(key: &str, events: &[&str]) -> AlertRecord {
    AlertRecord {
        cool_key: key.to_owned(),
        event_keys: events.iter().map(|event| format!("{key} event {event}")).collect(),
        ..alert(Some(0), "MOMENTUM", true)
    }
}

/// A scan as of so many minutes after the first.
async fn scan(store: &Store, minutes: i64, cool_down: Option<i64>, alerts: Vec<AlertRecord>) -> ScanId {
    scan_of(store, "p", minutes, cool_down, alerts).await
}

async fn scan_of(
    store: &Store,
    pipeline: &str,
    minutes: i64,
    cool_down: Option<i64>,
    alerts: Vec<AlertRecord>,
) -> ScanId {
    let mut begun = new_scan(pipeline);
    begun.as_of = START + minutes * MINUTE;
    let id = store.begin_scan(&begun).await.unwrap();
    let record = ScanRecord { alerts, cool_down, ..scan_record() };
    store.finish_scan(&id, &record).await.unwrap();
    id
}

/// Positions of the alerts of a scan at so many minutes that are held back.
async fn held(home: &Home, minutes: i64, alerts: Vec<AlertRecord>) -> Vec<usize> {
    let id = scan(&home.store, minutes, Some(WINDOW), alerts).await;
    home.store.held_back(&id).await.unwrap()
}

async fn rows(home: &Home, scan: &ScanId) -> Vec<AlertRow> {
    let filter = AlertFilter { scan: Some(*scan), all: true, limit: 10, ..AlertFilter::default() };
    home.store.alerts(&filter).await.unwrap()
}

async fn the_same_alert_within_the_cool_down_is_held_back_and_counted(home: Home) {
    register_layers(&home.store).await;
    let first = scan(&home.store, 0, Some(WINDOW), vec![told("a", &[]), told("b", &[])]).await;
    assert_eq!(home.store.held_back(&first).await.unwrap(), Vec::<usize>::new());
    // the same instant again, and a little later
    let again = scan(&home.store, 0, Some(WINDOW), vec![told("c", &[]), told("a", &[])]).await;
    assert_eq!(home.store.held_back(&again).await.unwrap(), [1]);
    assert_eq!(held(&home, 59, vec![told("a", &[])]).await, [0]);
    assert_eq!(held(&home, 60, vec![told("a", &[])]).await, Vec::<usize>::new());
    let first = rows(&home, &first).await;
    assert_eq!(first.iter().map(|row| row.repeats).collect::<Vec<_>>(), [2, 0]);
    let again = rows(&home, &again).await;
    assert_eq!(again.iter().map(|row| row.surfaced).collect::<Vec<_>>(), [true, false]);
    assert_eq!(again.iter().map(|row| row.repetition).collect::<Vec<_>>(), [false, true]);
}

async fn the_cool_down_counts_from_the_alert_that_was_told(home: Home) {
    register_layers(&home.store).await;
    let mut told_at = Vec::new();
    for minutes in (0..=180).step_by(20) {
        if held(&home, minutes, vec![told("a", &[])]).await.is_empty() {
            told_at.push(minutes);
        }
    }
    assert_eq!(told_at, [0, 60, 120, 180]);
}

async fn an_event_is_told_once_whenever(home: Home) {
    register_layers(&home.store).await;
    assert!(held(&home, 0, vec![told("a", &["1", "2"])]).await.is_empty());
    assert_eq!(held(&home, 100_000, vec![told("a", &["2"])]).await, [0]);
    assert_eq!(held(&home, 200_000, vec![told("a", &["1", "2"])]).await, [0]);
}

async fn a_new_event_is_told_after_the_cool_down(home: Home) {
    register_layers(&home.store).await;
    assert!(held(&home, 0, vec![told("a", &["1"])]).await.is_empty());
    assert_eq!(held(&home, 30, vec![told("a", &["1", "2"])]).await, [0]);
    assert!(held(&home, 90, vec![told("a", &["1", "2"])]).await.is_empty());
}

async fn two_alerts_with_one_key_in_one_scan_are_one(home: Home) {
    register_layers(&home.store).await;
    let id = scan(&home.store, 0, Some(WINDOW), vec![told("a", &[]), told("a", &[]), told("a", &[])]).await;
    assert_eq!(home.store.held_back(&id).await.unwrap(), [1, 2]);
    assert_eq!(rows(&home, &id).await[0].repeats, 2);
}

async fn another_pipeline_and_another_key_are_another_matter(home: Home) {
    register_layers(&home.store).await;
    scan(&home.store, 0, Some(WINDOW), vec![told("a", &["1"])]).await;
    let other = scan_of(&home.store, "q", 0, Some(WINDOW), vec![told("a", &["1"])]).await;
    assert!(home.store.held_back(&other).await.unwrap().is_empty());
    assert!(held(&home, 0, vec![told("b", &["1"]), told("", &[])]).await.is_empty());
    assert!(held(&home, 0, vec![told("", &[])]).await.is_empty());
}

async fn a_scan_without_a_cool_down_holds_nothing_back_and_is_not_remembered(home: Home) {
    register_layers(&home.store).await;
    for _ in 0..2 {
        let id = scan(&home.store, 0, None, vec![told("a", &["1"]), told("a", &["1"])]).await;
        assert!(home.store.held_back(&id).await.unwrap().is_empty());
    }
    assert!(held(&home, 0, vec![told("a", &["1"])]).await.is_empty());
    // with a window of nothing events alone are told once
    let id = scan(&home.store, 0, Some(0), vec![told("a", &[]), told("a", &["1"])]).await;
    assert_eq!(home.store.held_back(&id).await.unwrap(), [1]);
}

async fn what_is_about_a_later_instant_was_not_told_yet(home: Home) {
    register_layers(&home.store).await;
    assert!(held(&home, 100, vec![told("a", &["1"])]).await.is_empty());
    assert!(held(&home, 70, vec![told("a", &["1"])]).await.is_empty());
}

async fn what_is_part_of_no_result_tells_nothing(home: Home) {
    register_layers(&home.store).await;
    let hidden = AlertRecord { surfaced: false, ..told("a", &["1"]) };
    assert!(held(&home, 0, vec![hidden.clone(), hidden]).await.is_empty());
    assert!(held(&home, 0, vec![told("a", &["1"])]).await.is_empty());
}

async fn the_cool_down_outlives_the_process_and_is_pruned(home: Home) {
    register_layers(&home.store).await;
    scan(&home.store, 0, Some(WINDOW), vec![told("a", &[])]).await;
    home.store.prune(new_scan("p").started_at + 1, true, false).await.unwrap();
    let reopened = home.open().await;
    let id = scan(&reopened, 30, Some(WINDOW), vec![told("a", &[])]).await;
    // as of 2018, so the pruning took the key along with the scan
    assert!(reopened.held_back(&id).await.unwrap().is_empty());
    let id = scan(&reopened, 40, Some(WINDOW), vec![told("a", &[])]).await;
    assert_eq!(reopened.held_back(&id).await.unwrap(), [0]);
    reopened.close().await;
    let later = home.open().await;
    let id = scan(&later, 50, Some(WINDOW), vec![told("a", &[])]).await;
    assert_eq!(later.held_back(&id).await.unwrap(), [0]);
    later.close().await;
}

//! Versions that are tried beside the active one, and new ones that are taken back.

use sluice_store::{
    ActivationRow, AuditAction, AuditFilter, BreakerChange, BreakerNote, BreakerRow, BreakerState,
    FinalStatus, ScanRecord, Shadow, ShadowRecord, VersionKey,
};

use crate::case::Case;
use crate::home::{Home, register_layers};
use crate::records::{new_layer, scan_record};

pub const CASES: &[Case] = cases![
    a_version_becomes_active_in_the_transaction_that_stores_its_last_scan,
    a_version_that_faults_is_withdrawn_and_one_that_nobody_tries_any_more_is_left_alone,
    a_new_version_is_taken_back_where_its_breaker_opens_and_an_old_one_is_not,
];

const LAYER: &str = "me/first";

fn key(digest: &str) -> VersionKey {
    VersionKey::Installed(digest.to_owned())
}

/// Two versions, the second of them tried in so many scans.
async fn trying(home: &Home, scans: u32) {
    register_layers(&home.store).await;
    for (version, digest) in [("1.0.0", "aa"), ("1.1.0", "bb")] {
        home.store.install_layer(&new_layer(LAYER, version, digest, digest.as_bytes())).await.unwrap();
    }
    let shadow = Shadow { candidate: key("bb"), scans, scans_left: scans };
    let row = ActivationRow { shadow: Some(shadow), ..ActivationRow::none("default", LAYER) };
    change(home, row).await;
}

async fn change(home: &Home, row: ActivationRow) {
    let action = AuditAction::LayerShadowed;
    home.store.change_activations(&[row], action, LAYER, "{}", "{}").await.unwrap();
}

async fn row(home: &Home) -> ActivationRow {
    home.store.activations().await.unwrap().remove(0)
}

async fn told(home: &Home) -> Vec<String> {
    let rows = home.store.audit(&AuditFilter::default(), None, 100).await.unwrap();
    rows.into_iter()
        .map(|row| row.action)
        .filter(|action| action.starts_with("layer."))
        .rev()
        .skip(2)
        .collect()
}

fn found(fault: Option<&str>) -> ScanRecord {
    let shadow = ShadowRecord {
        stage_name: "liquidity".to_owned(),
        layer: LAYER.to_owned(),
        active: key("aa"),
        active_version: "1.0.0".to_owned(),
        active_digest: "aa".to_owned(),
        candidate: key("bb"),
        candidate_version: "1.1.0".to_owned(),
        candidate_digest: "bb".to_owned(),
        fault: fault.map(str::to_owned),
        comparison_json: "{\"outcomes_differ\":2}".to_owned(),
        at: 50,
        trial_until: 90,
    };
    ScanRecord { shadows: vec![shadow], ..scan_record() }
}

async fn a_version_becomes_active_in_the_transaction_that_stores_its_last_scan(home: Home) {
    trying(&home, 2).await;
    let first = home.scanned(&found(None)).await;
    let tried = row(&home).await;
    assert_eq!((&tried.active, tried.shadow.unwrap().scans_left), (&None, 1));
    home.scanned(&ScanRecord {
        status: FinalStatus::Failed,
        reach: None,
        results: Vec::new(),
        ..found(None)
    })
    .await;
    assert_eq!(row(&home).await.shadow.unwrap().scans_left, 1, "a failed scan tells nothing");
    home.scanned(&found(None)).await;
    let switched = row(&home).await;
    assert_eq!((switched.active, switched.previous), (Some(key("bb")), Some(key("aa"))));
    assert_eq!((switched.shadow, switched.since, switched.trial_until), (None, 50, Some(90)));
    assert_eq!(told(&home).await, ["layer.shadowed", "layer.activated"]);
    let runs = home.store.shadow_runs(LAYER, 9).await.unwrap();
    assert_eq!((runs.len(), runs[2].scan), (3, first));
    assert_eq!(runs[0].comparison_json, "{\"outcomes_differ\":2}");
    assert_eq!(home.store.verify_audit(|_| ()).await.unwrap().fault, None);
}

async fn a_version_that_faults_is_withdrawn_and_one_that_nobody_tries_any_more_is_left_alone(home: Home) {
    trying(&home, 2).await;
    home.scanned(&found(Some("it trapped"))).await;
    let withdrawn = row(&home).await;
    assert_eq!((&withdrawn.active, &withdrawn.shadow), (&None, &None));
    assert_eq!(told(&home).await, ["layer.shadowed", "layer.withdrawn"]);
    home.scanned(&found(None)).await;
    assert_eq!(row(&home).await, withdrawn, "a scan that began before");
}

async fn a_new_version_is_taken_back_where_its_breaker_opens_and_an_old_one_is_not(home: Home) {
    trying(&home, 2).await;
    let before = row(&home).await;
    change(&home, before.switched(key("bb"), Some(key("aa")), 10, Some(90))).await;
    let open = async |digest: &str, at: i64| {
        let change = |row: BreakerRow| BreakerChange {
            row: BreakerRow { state: BreakerState::Open, openings: row.openings + 1, ..row },
            note: Some(BreakerNote {
                action: AuditAction::BreakerOpened,
                before_json: "{}".to_owned(),
                after_json: "{}".to_owned(),
            }),
            answer: (),
        };
        let version = key(digest);
        home.store.change_breaker_on_trial(LAYER, digest, (&version, at), change).await.unwrap().1
    };
    assert_eq!(open("aa", 20).await, [], "it is not the active one");
    assert_eq!(open("bb", 90).await, [], "its trial period is over");
    let back = open("bb", 89).await;
    assert_eq!(back.len(), 1);
    let row = row(&home).await;
    assert_eq!((row.active, row.previous, row.trial_until), (Some(key("aa")), Some(key("bb")), None));
    assert_eq!(told(&home).await.last().unwrap(), "layer.rolled-back");
}

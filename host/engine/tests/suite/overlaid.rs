//! Settings of a real store in real scans: they decide the next scan, are part of its record, and can be taken back.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{
    self, ITS_LAYERS, THREE_STAGES, World, bundled, catalog, conducted, config, id, request, runtime, store,
    symbols,
};
use serde_json::{Value as Json, json};
use sluice_engine::{ChangeRequest, Config, Request, ScanResult, ScanStatus, Selection, changes, rollback};
use sluice_store::{AuditFilter, Base, Changed, SettingKey, SettingsChange, Store};

async fn scan(world: &World, store: &Store, text: &str) -> ScanResult {
    conducted(request(world, store, text, bundled(&ITS_LAYERS))).await.unwrap()
}

async fn recorded(store: &Store, result: &ScanResult) -> Json {
    serde_json::from_str(&store.scan_config(&id(result)).await.unwrap()).unwrap()
}

async fn stored(store: &Store, set: Vec<(SettingKey, Option<String>)>, back_to: Option<i64>) -> Changed {
    let base = Base::Exactly(store.settings().await.unwrap().revision);
    store.change_settings(&SettingsChange { base, set, rolled_back_to: back_to }).await.unwrap()
}

fn row(target: &str, name: &str, value: &str) -> (SettingKey, Option<String>) {
    (SettingKey { target: target.to_owned(), name: name.to_owned() }, Some(value.to_owned()))
}

/// What is printed but for identity, revision and wall times.
fn findings(result: &ScanResult) -> Json {
    let printed = support::printed(result);
    json!([printed["stages"], printed["results"], printed["alerts"], printed["warnings"]])
}

#[tokio::test]
async fn a_setting_decides_the_next_scan_and_a_rollback_brings_the_earlier_result_back() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    let config = Config::parse("sluice.toml", THREE_STAGES).unwrap();
    let layers = catalog(&config, &Selection::default(), &runtime(None));

    let before = scan(&world, &store, THREE_STAGES).await;
    assert!(symbols(&before).len() > 2, "{:?}", symbols(&before));
    let record = recorded(&store, &before).await;
    assert_eq!((before.settings_revision, &record["settings_revision"]), (0, &json!(0)));
    assert_eq!(record["overrides"], json!([]));

    let asked = ChangeRequest {
        max_symbols: Some("2".to_owned()),
        set: vec!["technical.min-price=6.5".to_owned()],
        ..ChangeRequest::default()
    };
    let now = store.settings().await.unwrap();
    let set = changes(&config, &layers, None, "catalyst", &asked, &now).unwrap();
    assert_eq!(stored(&store, set, None).await, Changed::Revision(1));

    let after = scan(&world, &store, THREE_STAGES).await;
    assert_eq!(symbols(&after).len(), 2);
    assert_eq!(support::printed(&after)["settings_revision"], json!(1));
    let record = recorded(&store, &after).await;
    assert_eq!(record["settings_revision"], json!(1));
    assert_eq!(
        record["overrides"],
        json!([
            {"target": "layer:sluice/technical", "name": "min-price", "value": 6.5, "revision": 1},
            {"target": "stage:daily/catalyst", "name": "max-symbols", "value": 2, "revision": 1},
        ])
    );
    assert_eq!(record["stages"][2]["max_symbols"], json!(2));
    assert_eq!(record["stages"][2]["threshold"], json!(60.0), "the file's value stays");
    assert_eq!(record["layers"][3]["settings"]["min-price"], json!(6.5));
    let row = store.scan(&id(&after)).await.unwrap();
    assert_ne!(row.config_digest, store.scan(&id(&before)).await.unwrap().config_digest);

    let dry = Request { dry_run: true, ..request(&world, &store, THREE_STAGES, bundled(&ITS_LAYERS)) };
    let dry = conducted(dry).await.unwrap();
    assert_eq!((symbols(&dry), dry.settings_revision), (symbols(&after), 1));

    let (now, then) = (store.settings().await.unwrap(), store.settings_at(0).await.unwrap());
    let set = rollback(&config, &layers, None, "2", &now, &then).unwrap();
    assert_eq!(stored(&store, set, Some(0)).await, Changed::Revision(2));
    let again = scan(&world, &store, THREE_STAGES).await;
    assert_eq!(again.settings_revision, 2);
    assert_eq!(findings(&again), findings(&before));
    assert_eq!(recorded(&store, &again).await["overrides"], json!([]));
}

#[tokio::test]
async fn settings_of_another_stage_or_pipeline_are_no_part_of_a_scans_record() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    stored(&store, vec![row("stage:daily/catalyst", "threshold", "70.0")], None).await;
    let layers = bundled(&ITS_LAYERS);
    let selection = Selection { stage: Some("1".to_owned()), ..Selection::default() };
    let result =
        conducted(Request { selection, ..request(&world, &store, THREE_STAGES, layers) }).await.unwrap();
    let record = recorded(&store, &result).await;
    assert_eq!((&record["overrides"], &record["settings_revision"]), (&json!([]), &json!(1)));
}

#[tokio::test]
async fn settings_that_fit_nothing_any_more_warn_and_the_scan_is_complete() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    let before = scan(&world, &store, THREE_STAGES).await;
    let rows = vec![
        row("layer:sluice/liquidity", "lookback", "251"),
        row("stage:daily/bygone", "threshold", "99.0"),
    ];
    stored(&store, rows, None).await;
    let after = scan(&world, &store, THREE_STAGES).await;
    assert_eq!((after.status, symbols(&after)), (ScanStatus::Complete, symbols(&before)));
    let told = [
        "setting lookback of layer sluice/liquidity, revision 1, is ignored: 251 is above the maximum of 250; \
         `sluice configure --stage 1 --unset sluice/liquidity.lookback` removes it",
        "setting threshold of stage bygone, revision 1, is ignored: sluice.toml has no such stage; \
         `sluice configure --stage bygone --unset threshold` removes it",
    ];
    for warning in told {
        assert!(after.warnings.iter().any(|line| line == warning), "{:?}", after.warnings);
    }
    assert_eq!(after.warnings.len(), before.warnings.len() + told.len());
    assert_eq!(store.scan(&id(&after)).await.unwrap().warnings, after.warnings);
    assert_eq!(recorded(&store, &after).await["overrides"], json!([]));
}

#[tokio::test]
async fn what_a_layer_refuses_of_the_stores_settings_is_told_with_what_is_set() {
    let world = World::tiny();
    let store = store(world.path()).await;
    stored(&store, vec![row("layer:sluice/liquidity", "min-price", "3000.0")], None).await;
    let error = conducted(request(&world, &store, THREE_STAGES, bundled(&ITS_LAYERS))).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer sluice/liquidity, setting max-price: must be at least min-price, 3000; `sluice configure` has set \
         min-price (revision 1) of this layer"
    );
    assert_eq!(store.status().await.unwrap().scans, 0);
}

#[tokio::test]
async fn a_changed_file_is_noticed_once_and_never_in_a_dry_run() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let layers = bundled(&["test/empty"]);
    let text = config(&[("all", &["test/empty"], "")]);
    let changed = format!("{text}# a remark\n");
    let noticed = async || {
        let filter = AuditFilter { action: Some("file.changed".to_owned()), ..AuditFilter::default() };
        let rows = store.audit(&filter, None, 100).await.unwrap();
        rows.into_iter().map(|row| row.subject).collect::<Vec<_>>()
    };
    let dry = Request { dry_run: true, ..request(&world, &store, &text, layers) };
    conducted(dry).await.unwrap();
    assert_eq!(noticed().await, Vec::<String>::new());
    for (text, times) in [(&text, 1), (&text, 1), (&changed, 2), (&changed, 2), (&text, 3)] {
        conducted(request(&world, &store, text, layers)).await.unwrap();
        assert_eq!(noticed().await, vec!["sluice.toml"; times]);
    }
}

#[tokio::test]
async fn a_bundled_layer_that_nobody_names_is_not_loaded() {
    let world = World::tiny();
    let store = store(world.path()).await;
    let mut layers = bundled(&["test/empty"]).to_vec();
    layers.push(("damaged", b"no component"));
    let text = config(&[("all", &["test/empty"], "")]);
    let found = conducted(request(&world, &store, &text, layers.leak())).await.unwrap();
    assert_eq!(found.status, ScanStatus::Complete);
}

//! What a scan does with the breakers of its layers, and what they learn from it.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{World, bundled, conducted, config, opinions, request, store, symbols};
use sluice_engine::breaker::{reset, trip};
use sluice_engine::{Bundled, EngineError, LayerResult, LayerStatus, ScanResult, ScanStatus};
use sluice_store::{AuditAction, BreakerRow, BreakerState, Store};

const LAYERS: [&str; 3] = ["test/empty", "test/fault", "sluice/universe"];

struct Place {
    world: World,
    store: Store,
    layers: &'static [Bundled],
}

impl Place {
    async fn new() -> Self {
        let world = World::tiny();
        let store = store(world.path()).await;
        Self { world, store, layers: bundled(&LAYERS) }
    }

    async fn scan(&self, config: &str) -> Result<ScanResult, EngineError> {
        conducted(request(&self.world, &self.store, config, self.layers)).await
    }

    async fn breaker(&self, layer: &str) -> Option<BreakerRow> {
        self.store.breakers().await.unwrap().into_iter().find(|row| row.layer == layer)
    }

    async fn audited(&self, action: AuditAction) -> usize {
        let rows = self.store.audit(&Default::default(), None, 100).await.unwrap();
        rows.iter().filter(|row| row.action == action.as_str()).count()
    }

    /// Trips the breaker of the component that this result names.
    async fn trip(&self, layer: &LayerResult) {
        let change = |row| trip(row, 1, "it \"lies\"");
        let tripped = self.store.change_breaker(&layer.id, &layer.digest, change).await.unwrap();
        assert!(tripped.tell());
    }
}

fn layer<'a>(result: &'a ScanResult, id: &str) -> &'a LayerResult {
    result.stages.iter().flat_map(|stage| &stage.layers).find(|layer| layer.id == id).unwrap()
}

fn both(with: &str) -> String {
    config(&[("all", &[with, "test/empty"], "")])
}

#[tokio::test]
async fn healthy_layers_leave_no_row() {
    let place = Place::new().await;
    assert_eq!(place.scan(&both("sluice/universe")).await.unwrap().status, ScanStatus::Complete);
    assert_eq!(place.store.breakers().await.unwrap(), []);
}

#[tokio::test]
async fn a_layer_whose_every_call_faulted_is_skipped_from_then_on_until_it_is_reset() {
    let place = Place::new().await;
    let text = both("test/fault");
    let first = place.scan(&text).await.unwrap();
    assert_eq!(
        (first.status, layer(&first, "test/fault").status),
        (ScanStatus::Partial, LayerStatus::Faulted)
    );
    let row = place.breaker("test/fault").await.unwrap();
    assert_eq!((row.state, row.openings), (BreakerState::Open, 1));
    assert_eq!(row.last_fault.as_deref(), Some("reported a fault: gave up on 3 instruments"));
    assert_eq!(place.audited(AuditAction::BreakerOpened).await, 1);

    let second = place.scan(&text).await.unwrap();
    let skipped = layer(&second, "test/fault");
    assert_eq!(
        (second.status, skipped.status, skipped.calls),
        (ScanStatus::Partial, LayerStatus::Skipped, 0)
    );
    assert_eq!(symbols(&second), symbols(&first), "the others go on");
    let warning =
        second.warnings.iter().find(|line| line.starts_with("test/fault was not called: ")).unwrap();
    assert!(warning.contains("its breaker is open since "), "{warning}");
    assert_eq!(place.breaker("test/fault").await.unwrap(), row, "a scan that only skips changes nothing");

    let changed = place.store.change_breaker("test/fault", &row.digest, |row| reset(row, 1)).await.unwrap();
    assert!(changed.tell());
    let third = place.scan(&text).await.unwrap();
    assert_eq!(layer(&third, "test/fault").status, LayerStatus::Faulted, "it is called again");
}

#[tokio::test]
async fn an_open_breaker_whose_wait_is_over_is_probed_once_and_closes_when_that_works() {
    let place = Place::new().await;
    let text = both("sluice/universe");
    let digest = layer(&place.scan(&text).await.unwrap(), "sluice/universe").digest.clone();
    let opened = |row: BreakerRow| {
        let mut change = trip(row, 1, "x");
        change.row.state = BreakerState::Open;
        change.row.retry_at = Some(2);
        change
    };
    place.store.change_breaker("sluice/universe", &digest, opened).await.unwrap().tell();
    let result = place.scan(&text).await.unwrap();
    assert_eq!(
        (result.status, layer(&result, "sluice/universe").status),
        (ScanStatus::Complete, LayerStatus::Ok)
    );
    assert_eq!(place.breaker("sluice/universe").await.unwrap().state, BreakerState::Closed);
    assert_eq!(place.audited(AuditAction::BreakerProbed).await, 1);
    assert_eq!(place.audited(AuditAction::BreakerClosed).await, 1);
}

#[tokio::test]
async fn a_layer_that_must_not_be_missing_stops_the_scan_before_anything_is_stored() {
    let place = Place::new().await;
    let text = format!("{}[layers.\"sluice/universe\"]\nwhen-open = \"fail\"\n", both("sluice/universe"));
    let good = place.scan(&text).await.unwrap();
    place.trip(layer(&good, "sluice/universe")).await;
    let error = place.scan(&text).await.unwrap_err();
    assert!(matches!(error, EngineError::Indispensable { .. }), "{error:?}");
    let told = error.to_string();
    assert!(
        told.starts_with("cannot scan without sluice/universe, whose when-open is fail: an operator tripped"),
        "{told}"
    );
    assert!(told.contains("(reason: it \"lies\")"), "{told}");
    assert_eq!(place.store.scans(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_last_good_report_stands_in_with_its_age_and_the_scan_is_partial() {
    let place = Place::new().await;
    let text =
        format!("{}[layers.\"sluice/universe\"]\nwhen-open = \"last-good\"\n", both("sluice/universe"));
    let good = place.scan(&text).await.unwrap();
    place.trip(layer(&good, "sluice/universe")).await;
    for _ in 0..2 {
        let result = place.scan(&text).await.unwrap();
        let used = layer(&result, "sluice/universe");
        assert_eq!((result.status, used.status, used.calls), (ScanStatus::Partial, LayerStatus::LastGood, 0));
        assert_eq!(symbols(&result), symbols(&good));
        assert!(!symbols(&good).is_empty());
        for symbol in symbols(&good) {
            assert_eq!(opinions(&result, symbol), opinions(&good, symbol), "{symbol}");
        }
        let told = used.fault.clone().unwrap();
        assert!(told.contains(", 0 h 0 min before, is used instead; an operator tripped"), "{told}");
    }
}

#[tokio::test]
async fn without_a_report_young_enough_the_layer_is_skipped() {
    let place = Place::new().await;
    let plain = both("sluice/universe");
    let digest = layer(&place.scan(&plain).await.unwrap(), "sluice/universe").digest.clone();
    let other = config(&[("another", &["sluice/universe", "test/empty"], "")]);
    place.store.change_breaker("sluice/universe", &digest, |row| trip(row, 1, "x")).await.unwrap().tell();
    let text =
        format!("{other}[layers.\"sluice/universe\"]\nwhen-open = \"last-good\"\nlast-good-hours = 2\n");
    let result = place.scan(&text).await.unwrap();
    let skipped = layer(&result, "sluice/universe");
    assert_eq!(skipped.status, LayerStatus::Skipped);
    assert!(
        skipped.fault.clone().unwrap().starts_with("there is no report of the last 2 h"),
        "{:?}",
        skipped.fault
    );
}

#[tokio::test]
async fn a_dry_run_neither_probes_nor_tells() {
    let place = Place::new().await;
    let mut dry = request(&place.world, &place.store, &both("test/fault"), place.layers);
    dry.dry_run = true;
    assert_eq!(conducted(dry).await.unwrap().status, ScanStatus::Partial);
    assert_eq!(place.store.breakers().await.unwrap(), []);
}

//! Layers that cannot be called at all: no component that this host takes, not within their limits, or none that says
//! what it needs. Each faults alone: the scan goes on with the others, says so, and its breaker knows.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{self, World, bundled, component, conducted, config, opinions, request, store, symbols};
use sluice_engine::{Bundled, EngineError, LayerResult, LayerStatus, ScanResult, ScanStatus};
use sluice_hostile::by_hand::{ByHand, OneParameter, Parameters, assembled};
use sluice_runtime::{Runtime, RuntimeOptions};
use sluice_store::{BreakerRow, BreakerState, Provenance, Store};
use tempfile::TempDir;

const ID: &str = "test/hand";

/// A market, a database, and a compile cache that nobody else writes to.
struct Place {
    world: World,
    store: Store,
    cache: TempDir,
}

impl Place {
    async fn new() -> Self {
        let world = World::tiny();
        let store = store(world.path()).await;
        Self { world, store, cache: tempfile::tempdir().unwrap() }
    }

    async fn scan(&self, hand: &[u8], more: &str) -> Result<ScanResult, EngineError> {
        self.scan_as(hand, more, false).await
    }

    async fn scan_as(&self, hand: &[u8], more: &str, dry_run: bool) -> Result<ScanResult, EngineError> {
        let text = format!("{}{more}", config(&[("all", &["test/empty", ID], "pass = \"any\"")]));
        let cache = Some(self.cache.path().join("compiled"));
        let runtime = Runtime::new(RuntimeOptions { cache, calls: 2, ..RuntimeOptions::default() }).unwrap();
        let request = request(&self.world, &self.store, &text, with(hand));
        conducted(sluice_engine::Request { runtime, dry_run, ..request }).await
    }

    /// Of the component whose breaker is not closed, if there is one.
    async fn breaker(&self) -> Option<BreakerRow> {
        let rows = self.store.breakers().await.unwrap().into_iter().filter(|row| row.layer == ID);
        rows.min_by_key(|row| row.state == BreakerState::Closed)
    }

    async fn scans(&self) -> usize {
        self.store.scans(None, 99).await.unwrap().len()
    }

    fn compiled(&self) -> usize {
        std::fs::read_dir(self.cache.path().join("compiled")).unwrap().count()
    }
}

/// A program with one good layer and this one.
fn with(hand: &[u8]) -> &'static [Bundled] {
    let mut layers = bundled(&["test/empty"]).to_vec();
    layers.push((ID, Box::leak(hand.to_vec().into_boxed_slice())));
    Box::leak(layers.into_boxed_slice())
}

fn hand() -> ByHand {
    ByHand::new(ID)
}

fn of(result: &ScanResult) -> &LayerResult {
    result.stages.iter().flat_map(|stage| &stage.layers).find(|layer| layer.id == ID).unwrap()
}

/// Those that are about it.
fn warnings(result: &ScanResult) -> Vec<&str> {
    result.warnings.iter().map(String::as_str).filter(|line| line.contains(ID)).collect()
}

fn exporting(name: &str, import: &str) -> Vec<u8> {
    assembled(&format!(r#"(component {import} (instance $s) (export "{name}" (instance $s)))"#))
}

/// A component with so many more bytes that mean nothing.
fn padded(component: &[u8], by: usize) -> Vec<u8> {
    let mut bytes = component.to_vec();
    // a custom section: its number, its length in LEB128, an empty name
    bytes.push(0);
    let mut length = by + 1;
    while length >= 0x80 {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.resize(bytes.len() + by + 1, 0);
    bytes
}

/// What it is, its bytes, what `sluice.toml` says of it, and the fault that all of it comes to.
fn cases() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let whole = hand().component();
    let scanner = "sluice:layer/scanner@0.1.0";
    let depth = OneParameter { default: 5.0, minimum: Some(9.0), maximum: Some(1.0) };
    vec![
        (
            "wrong world",
            exporting("acme:other/world@1.0.0", ""),
            "",
            "cannot be loaded: bundled layer test/hand: this component is no layer, for it exports acme:other/world@1.0.0 \
             instead of sluice:layer/scanner: build it against wit/layer.wit",
        ),
        (
            "forbidden import",
            exporting(scanner, r#"(import "wasi:sockets/tcp@0.2.0" (instance))"#),
            "",
            "cannot be loaded: bundled layer test/hand: the layer imports wasi:sockets/tcp@0.2.0, but a layer may import \
             nothing except sluice:layer/log: build it for wasm32-unknown-unknown without WASI",
        ),
        (
            "core module",
            assembled("(module)"),
            "",
            "cannot be loaded: bundled layer test/hand: this is a core WebAssembly module, not a component: wrap it, for \
             example with `wasm-tools component new`",
        ),
        (
            "truncated",
            whole[..8].to_vec(),
            "",
            "cannot be loaded: bundled layer test/hand: this component is no layer, for it exports nothing instead of \
             sluice:layer/scanner: build it against wit/layer.wit",
        ),
        (
            "too large",
            padded(&whole, (1 << 20) - whole.len()),
            "component-mib = 1",
            "cannot be loaded: bundled layer test/hand: 1048581 bytes are too large for a layer: the limit is 1048576 \
             bytes; build it in release mode and strip it",
        ),
        (
            "compile time",
            component("sluice/technical"),
            "compile-ms = 1",
            "cannot be loaded: bundled layer test/hand: compiling it was given up at its limit of 1 ms: make the \
             component smaller, or raise its `compile-ms` limit",
        ),
        (
            "bad descriptor",
            hand().parameters(Parameters::One(depth)).component(),
            "",
            "cannot be loaded: bundled layer test/hand: the layer describes itself wrongly: parameter depth has the \
             minimum 9 above the maximum 1",
        ),
        (
            "trap in describe",
            hand().describe("unreachable").component(),
            "",
            "cannot be loaded: bundled layer test/hand: the layer could not say who it is: trapped: it gave up without a \
             message (`unreachable`), as after an abort or a panic that it does not log: this is a bug in the layer: \
             built with debug assertions it may panic and tell where",
        ),
        (
            "endless prepare",
            hand().prepare("(loop $turn (br $turn))").component(),
            "fuel = 1_000_000",
            "used up its fuel of 1000000: make it do less per instrument, or raise its `fuel` limit",
        ),
    ]
}

#[tokio::test]
async fn a_layer_that_cannot_be_called_faults_alone_and_its_breaker_opens() {
    let good = Place::new().await.scan(&hand().component(), "").await.unwrap();
    assert_eq!((good.status, symbols(&good)), (ScanStatus::Complete, vec!["AAA", "BBB", "CCC"]));
    for (name, bytes, limits, fault) in cases() {
        let place = Place::new().await;
        let limits = format!("[layers.\"{ID}\".limits]\n{limits}\n");
        let result = place.scan(&bytes, &limits).await.unwrap();
        assert_eq!(result.status, ScanStatus::Partial, "{name}");
        let layer = of(&result);
        assert_eq!(layer.fault.as_deref(), Some(fault), "{name}");
        assert_eq!((layer.status, layer.calls, layer.stats.count), (LayerStatus::Faulted, 0, 0), "{name}");
        assert_eq!(symbols(&result), symbols(&good), "{name}");
        for symbol in symbols(&good) {
            let others = &opinions(&good, symbol)["test/empty"];
            assert_eq!(&opinions(&result, symbol)["test/empty"], others, "{name}");
        }
        let warning = format!("{ID} faulted, none of its answers is used: {fault}");
        assert_eq!(warnings(&result), [warning], "{name}");
        let row = place.breaker().await.unwrap();
        assert_eq!((row.state, row.digest.as_str()), (BreakerState::Open, layer.digest.as_str()), "{name}");
        assert!(fault.starts_with(row.last_fault.as_deref().unwrap()), "{name}: {:?}", row.last_fault);
        let again = place.scan(&bytes, &limits).await.unwrap();
        assert_eq!((again.status, of(&again).status), (ScanStatus::Partial, LayerStatus::Skipped), "{name}");
        let [skipped] = warnings(&again)[..] else { panic!("{name}: {:?}", again.warnings) };
        assert!(skipped.contains("its breaker is open"), "{name}: {skipped}");
        assert_eq!(place.scans().await, 2, "{name}: both are stored");
    }
}

#[tokio::test]
async fn a_component_just_within_its_size_is_called_and_one_byte_more_faults() {
    let place = Place::new().await;
    let limits = format!("[layers.\"{ID}\".limits]\ncomponent-mib = 1\n");
    let whole = hand().component();
    // what the section needs beside its content: its number, a length of three bytes, its name
    let most = padded(&whole, (1 << 20) - whole.len() - 5);
    assert_eq!(most.len(), 1 << 20);
    assert_eq!(place.scan(&most, &limits).await.unwrap().status, ScanStatus::Complete);
    let more = padded(&whole, (1 << 20) - whole.len() - 4);
    let result = place.scan(&more, &limits).await.unwrap();
    assert_eq!((result.status, of(&result).status), (ScanStatus::Partial, LayerStatus::Faulted));
}

#[tokio::test]
async fn one_that_is_not_called_is_not_compiled_either() {
    let place = Place::new().await;
    let limits = format!("[layers.\"{ID}\".limits]\ncompile-ms = 1\n");
    let slow = component("sluice/technical");
    place.scan(&slow, &limits).await.unwrap();
    assert_eq!(place.compiled(), 1, "the good layer");
    let skipped = place.scan(&slow, "").await.unwrap();
    assert_eq!((of(&skipped).status, place.compiled()), (LayerStatus::Skipped, 1));
}

#[tokio::test]
async fn a_scan_that_must_not_do_without_it_fails_and_the_breaker_counts_it_all_the_same() {
    let place = Place::new().await;
    let must = format!("[layers.\"{ID}\"]\nwhen-open = \"fail\"\n");
    for (name, bytes) in [("damaged", vec![0]), ("faulty", hand().prepare("unreachable").component())] {
        let error = place.scan(&bytes, &must).await.unwrap_err();
        assert!(matches!(error, EngineError::Indispensable { .. }), "{name}: {error:?}");
        let told = error.to_string();
        let start = "cannot scan without test/hand, whose when-open is fail: ";
        assert!(told.starts_with(start) && !told.contains("its breaker"), "{name}: {told}");
        let row = place.breaker().await.unwrap();
        assert_eq!(row.state, BreakerState::Open, "{name}");
        assert!(told.ends_with(row.last_fault.as_deref().unwrap()), "{name}: {told}");
        let error = place.scan(&bytes, &must).await.unwrap_err();
        assert!(error.to_string().contains("its breaker is open"), "{name}: {error}");
        let reset = |row| sluice_engine::breaker::reset(row, 1);
        assert!(place.store.change_breaker(ID, &row.digest, reset).await.unwrap().tell());
    }
    assert_eq!(place.scans().await, 0);
}

#[tokio::test]
async fn the_last_good_report_of_another_version_stands_in_at_once() {
    let place = Place::new().await;
    let use_last = format!("[layers.\"{ID}\"]\nwhen-open = \"last-good\"\n");
    let good = place.scan(&hand().component(), &use_last).await.unwrap();
    for bytes in [vec![0], hand().version("0.2.0").prepare("unreachable").component()] {
        let result = place.scan(&bytes, &use_last).await.unwrap();
        let used = of(&result);
        assert_eq!((result.status, used.status, used.calls), (ScanStatus::Partial, LayerStatus::LastGood, 0));
        for symbol in symbols(&good) {
            assert_eq!(opinions(&result, symbol), opinions(&good, symbol));
        }
        let told = used.fault.as_deref().unwrap();
        assert!(told.starts_with("what version 0.1.0 said as of "), "{told}");
        assert!(told.contains(" before, is used instead; "), "{told}");
        let row = place.breaker().await.unwrap();
        assert!(told.ends_with(&format!("; {}", row.last_fault.unwrap())), "{told}");
        let reset = |row| sluice_engine::breaker::reset(row, 1);
        assert!(place.store.change_breaker(ID, &row.digest, reset).await.unwrap().tell());
    }
}

#[tokio::test]
async fn once_it_can_be_loaded_it_is_probed_and_called() {
    let place = Place::new().await;
    let bytes = padded(&hand().component(), 1 << 20);
    let limits = format!("[layers.\"{ID}\".limits]\ncomponent-mib = 1\n");
    place.scan(&bytes, &limits).await.unwrap();
    let row = place.breaker().await.unwrap();
    let wait_is_over = |row: BreakerRow| {
        let mut change = sluice_engine::breaker::trip(row, 1, "x");
        (change.row.state, change.row.retry_at) = (BreakerState::Open, Some(2));
        change
    };
    place.store.change_breaker(ID, &row.digest, wait_is_over).await.unwrap().tell();
    let result = place.scan(&bytes, "").await.unwrap();
    assert_eq!((result.status, of(&result).status), (ScanStatus::Complete, LayerStatus::Ok));
    assert_eq!(of(&result).version, "0.1.0", "which nobody knew before");
    assert_eq!(place.breaker().await.unwrap().state, BreakerState::Closed);
}

#[tokio::test]
async fn a_dry_run_tells_the_fault_but_not_the_breaker() {
    let place = Place::new().await;
    let result = place.scan_as(&[0], "", true).await.unwrap();
    assert_eq!((result.status, of(&result).status), (ScanStatus::Partial, LayerStatus::Faulted));
    assert_eq!((place.breaker().await, place.scans().await), (None, 0));
}

#[tokio::test]
async fn one_that_another_pipeline_names_is_no_matter() {
    let place = Place::new().await;
    let text = format!(
        "{}[[pipelines.other.stages]]\nnumber = 0\nname = \"other\"\nlayers = [\"{ID}\"]\n",
        config(&[("all", &["test/empty"], "")])
    );
    let request = request(&place.world, &place.store, &text, with(&[0]));
    let result = conducted(request).await.unwrap();
    assert_eq!((result.status, warnings(&result).len()), (ScanStatus::Complete, 0));
}

#[tokio::test]
async fn a_stage_whose_only_layer_cannot_be_loaded_has_failed() {
    let place = Place::new().await;
    let text = config(&[("first", &["test/empty"], ""), ("second", &[ID], "")]);
    let result = conducted(request(&place.world, &place.store, &text, with(&[0]))).await.unwrap();
    assert_eq!((result.status, result.results.len()), (ScanStatus::Failed, 0));
}

#[tokio::test]
async fn an_installed_layer_that_became_too_large_for_its_limits_is_named_with_its_version() {
    let place = Place::new().await;
    let runtime = support::runtime(None);
    let bytes = padded(&hand().component(), 1 << 20);
    let layer = runtime.load(ID, &bytes).unwrap();
    place
        .store
        .install_layer(&sluice_engine::record_layer(&layer, bytes, Provenance::default(), &[]))
        .await
        .unwrap();
    let text = format!(
        "{}[layers.\"{ID}\".limits]\ncomponent-mib = 1\n",
        config(&[("all", &["test/empty", ID], "pass = \"any\"")])
    );
    let result =
        conducted(request(&place.world, &place.store, &text, bundled(&["test/empty"]))).await.unwrap();
    let faulted = of(&result);
    assert_eq!((faulted.status, faulted.version.as_str()), (LayerStatus::Faulted, "0.1.0"));
    assert_eq!(faulted.digest, layer.digest());
    let start = "cannot be loaded: installed layer test/hand@0.1.0: ";
    assert!(faulted.fault.as_deref().unwrap().starts_with(start), "{:?}", faulted.fault);
}

/// An older version is another layer, which nobody asked for.
#[tokio::test]
async fn an_older_version_does_not_stand_in_for_a_newer_one_that_cannot_be_loaded() {
    let place = Place::new().await;
    let runtime = support::runtime(None);
    let old = hand().component();
    let new = padded(&hand().version("0.2.0").component(), 1 << 20);
    // the first one that is installed is the active one
    for bytes in [new, old] {
        let layer = runtime.load(ID, &bytes).unwrap();
        place
            .store
            .install_layer(&sluice_engine::record_layer(&layer, bytes, Provenance::default(), &[]))
            .await
            .unwrap();
    }
    let scan = async |wanted: &str| {
        let text = format!(
            "{}[layers.\"{ID}\".limits]\ncomponent-mib = 1\n",
            config(&[("all", &["test/empty", wanted], "pass = \"any\"")])
        );
        let request = request(&place.world, &place.store, &text, bundled(&["test/empty"]));
        let result = conducted(request).await.unwrap();
        (of(&result).version.clone(), of(&result).status)
    };
    assert_eq!(scan(ID).await, ("0.2.0".to_owned(), LayerStatus::Faulted));
    assert_eq!(scan("test/hand@=0.1.0").await, ("0.1.0".to_owned(), LayerStatus::Ok));
}

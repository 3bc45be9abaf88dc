//! Markets, layers and scans for the tests.
#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are tests too")]

mod dice;

pub use dice::Dice;
use serde_json::Value as Json;
use sluice_engine::{
    Bundled, Catalog, Config, EngineError, LayerSource, Plan, PlanError, Request, ScanResult, Selection,
    Silent, Sources, conduct, run,
};
use sluice_market::{AsOf, ImportOptions, Market, SyntheticOptions, import, synthesize};
use sluice_runtime::{Cancel, LogSink, Runtime, RuntimeOptions};
use sluice_store::{Access, Actor, DatabaseUrl, KeySource, ScanId, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// A pipeline of three stages, for tests that are about no layer in particular.
pub const THREE_STAGES: &str = include_str!("../../../../../tests/e2e/support/three_stages.toml");

/// Its layers.
pub const ITS_LAYERS: [&str; 4] =
    ["sluice/universe", "sluice/liquidity", "sluice/volume", "sluice/technical"];

/// Layers of the tests are compiled once for all of them.
const COMPILED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled-layers");
/// Long after all bars of the tests.
const IMPORTED_AT: &str = "2026-01-05T12:00:00Z";

/// The component of a layer: `sluice/…` is one of the program's, `test/…` one of tests/hostile.
pub fn component(id: &str) -> Vec<u8> {
    let name = match id.split_once('/') {
        Some(("sluice", name)) => name.to_owned(),
        Some(("test", name)) => format!("test/{}", name.replace('-', "_")),
        _ => panic!("{id} is no layer of the tests"),
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/layers");
    let path = folder.join(name).with_extension("wasm");
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("no layer {id} ({error}): run `cargo xtask test`, which builds the layers")
    })
}

/// The same as a part of a program, which lives as long as the test.
pub fn bundled(ids: &[&str]) -> &'static [Bundled] {
    let leak = |id: &&str| -> Bundled {
        (Box::leak(id.to_string().into_boxed_str()), Box::leak(component(id).into_boxed_slice()))
    };
    Box::leak(ids.iter().map(leak).collect::<Vec<_>>().into_boxed_slice())
}

/// Two calls at a time, whatever the machine has.
pub fn runtime(sink: Option<Arc<dyn LogSink>>) -> Runtime {
    let cache = Some(PathBuf::from(COMPILED));
    Runtime::new(RuntimeOptions { cache, calls: 2, sink, ..RuntimeOptions::default() }).unwrap()
}

/// A configuration whose only pipeline has these stages: name, layers, other keys.
pub fn config(stages: &[(&str, &[&str], &str)]) -> String {
    let mut text = "default-pipeline = \"test\"\n".to_owned();
    for (number, (name, layers, rest)) in stages.iter().enumerate() {
        text += &format!(
            "[[pipelines.test.stages]]\nnumber = {number}\nname = \"{name}\"\nlayers = {layers:?}\n{rest}\n"
        );
    }
    text
}

/// A database in a folder of its own, or that of a world.
pub async fn store(folder: &Path) -> Store {
    let access = Access { actor: Actor::current(), key: KeySource::in_home(folder) };
    Store::open(&DatabaseUrl::in_home(folder), &access).await.unwrap()
}

/// A stored scan of everything as of the newest bar.
pub fn request(world: &World, store: &Store, config: &str, bundled: &'static [Bundled]) -> Request {
    Request {
        config: Config::parse("sluice.toml", config).unwrap(),
        selection: Selection::default(),
        symbols: Vec::new(),
        as_of: AsOf::Latest,
        bundled,
        market: world.market.clone(),
        runtime: runtime(None),
        store: store.clone(),
        cache: None,
        explain: None,
        require_open: false,
        view: sluice_engine::View::default(),
        dry_run: false,
        workers: 2,
        program_version: "9.8.7".to_owned(),
    }
}

pub async fn conducted(request: Request) -> Result<ScanResult, EngineError> {
    conduct(request, &Cancel::new(), Arc::new(Silent)).await
}

/// The identity of a stored scan.
pub fn id(result: &ScanResult) -> ScanId {
    result.scan_id.as_ref().unwrap().parse().unwrap()
}

/// A market in a folder of its own.
pub struct World {
    pub market: Market,
    pub folder: TempDir,
}

impl World {
    /// 600 instruments × 80 sessions: more than one shard, enough bars for every rule.
    pub fn synthetic() -> Self {
        Self::made(600, 80, 7)
    }

    /// So many instruments and sessions, the same for the same seed.
    pub fn made(symbols: u32, sessions: u32, seed: u64) -> Self {
        let options = SyntheticOptions {
            symbols,
            sessions,
            seed,
            end: "2024-06-28".parse().unwrap(),
            mic: "XNYS".to_owned(),
        };
        let folder = tempfile::tempdir().unwrap();
        synthesize(&folder.path().join("market"), &options, &mut |_| {}).unwrap();
        Self::open(folder)
    }

    /// The bars of a CSV file with the columns symbol, date, open, high, low, close, volume.
    pub fn of_bars(rows: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bars.csv");
        std::fs::write(&file, format!("symbol,date,open,high,low,close,volume\n{rows}")).unwrap();
        let options = ImportOptions { now: IMPORTED_AT.parse().unwrap(), ..ImportOptions::default() };
        import(&folder.path().join("market"), &[file], &options, &mut |_| {}).unwrap();
        Self::open(folder)
    }

    /// Three instruments with one bar each: enough for layers that look at no bars.
    pub fn tiny() -> Self {
        Self::of_bars(
            "AAA,2024-06-28,10,11,9,10,1000\nBBB,2024-06-28,20,21,19,20,1000\nCCC,2024-06-28,30,31,29,30,1000\n",
        )
    }

    fn open(folder: TempDir) -> Self {
        Self { market: Market::open(&folder.path().join("market")).unwrap(), folder }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Positions of all instruments.
    pub fn everything(&self) -> Vec<usize> {
        (0..self.market.instruments().len()).collect()
    }

    /// Plans and runs with two threads over everything as of the newest bar.
    pub fn scan(&self, config: &str) -> ScanResult {
        self.run(&plan(config), &AsOf::Latest, self.everything(), 2)
    }

    pub fn run(&self, plan: &Plan, as_of: &AsOf, universe: Vec<usize>, workers: usize) -> ScanResult {
        let snapshot = self.market.snapshot(as_of).unwrap();
        run(plan, &snapshot, universe, workers, &Cancel::new(), &Silent).unwrap()
    }
}

/// The plan for a configuration, with exactly the layers that it names.
pub fn plan(config: &str) -> Plan {
    planned(config, &Selection::default(), &runtime(None)).unwrap()
}

pub fn planned(config: &str, selection: &Selection, runtime: &Runtime) -> Result<Plan, PlanError> {
    let config = Config::parse("sluice.toml", config).unwrap();
    let catalog = catalog(&config, selection, runtime);
    Plan::new(&config, &catalog, selection)
}

/// The layers of the tests that a configuration and a selection name.
pub fn catalog(config: &Config, selection: &Selection, runtime: &Runtime) -> Catalog {
    let stages = config.pipelines.values().flat_map(|pipeline| &pipeline.stages);
    let mut ids: Vec<&str> = stages.flat_map(|stage| &stage.layers).map(|layer| layer.id.as_str()).collect();
    ids.extend(selection.with.iter().map(String::as_str));
    ids.retain(|id| id.starts_with("sluice/") || id.starts_with("test/"));
    ids.sort_unstable();
    ids.dedup();
    let source = |id: &&str| LayerSource::own(id, component(id));
    let sources = Sources { layers: ids.iter().map(source).collect(), ..Sources::default() };
    Catalog::load_within(runtime, &sources, config, &|_, _| false)
}

/// A result as it is printed, but for the wall times, which are never the same.
pub fn printed(result: &ScanResult) -> Json {
    let mut json = serde_json::to_value(result).unwrap();
    for stage in json["stages"].as_array_mut().unwrap() {
        for layer in stage["layers"].as_array_mut().unwrap() {
            layer["wall_ms"] = Json::Null;
        }
    }
    json
}

/// What every layer said of an instrument that got through.
pub fn opinions(result: &ScanResult, symbol: &str) -> Json {
    let found = result.results.iter().find(|result| result.symbol == symbol);
    serde_json::to_value(&found.unwrap_or_else(|| panic!("{symbol} did not get through")).layers).unwrap()
}

/// The symbols that got through, best first.
pub fn symbols(result: &ScanResult) -> Vec<&str> {
    result.results.iter().map(|result| result.symbol.as_str()).collect()
}

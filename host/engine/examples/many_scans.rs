//! Many scans in one process, for `cargo xtask bench`: the default pipeline over a small market, stored, every other one
//! from the verdict cache. Memory and open files must be level. One JSON object per line with `name`, `value`, `unit`,
//! and `at_most` where there is a target.
#![expect(clippy::print_stdout, clippy::panic, clippy::expect_used, reason = "a program for the terminal")]

#[path = "soak/process.rs"]
mod process;

use serde_json::json;
use sluice_engine::{
    Bundled, Config, DEFAULT_CONFIG, Request, ScanStatus, Selection, Silent, VerdictCache, View, conduct,
};
use sluice_market::{AsOf, Market, SyntheticOptions, synthesize};
use sluice_runtime::{Cancel, Runtime, RuntimeOptions};
use sluice_store::{Access, Actor, DatabaseUrl, KeySource, Store};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Scans, unless the first argument says otherwise.
const SCANS: u32 = 10_000;
/// After this part of them everything that is kept for later scans is there.
const WARM: u32 = 10;
/// Most by which memory may grow from then on, MB: what allocators and the database's cache of pages make of it.
const GROWTH_MB: f64 = 16.0;
/// Calls at a time, and threads of a scan.
const CALLS: u32 = 2;
/// Bytes of the verdict cache.
const CACHE: u64 = 64 << 20;

#[tokio::main]
async fn main() {
    let scans = std::env::args().nth(1).map_or(SCANS, |text| text.parse().expect("a number of scans"));
    let folder = tempfile::tempdir().expect("no folder");
    let place = Place::new(folder.path()).await;
    let mut warm = (0.0, 0);
    for number in 1..=scans {
        place.scan(number % 2 == 0).await;
        if number == (scans / WARM).max(1) {
            warm = held();
        }
    }
    let end = held();
    println!("{}", json!({"name": "memory, warm", "value": warm.0, "unit": "MB"}));
    println!("{}", json!({"name": format!("memory, {scans} scans later"), "value": end.0, "unit": "MB"}));
    let growth = (end.0 - warm.0).max(0.0);
    println!("{}", json!({"name": "its growth", "value": growth, "unit": "MB", "at_most": GROWTH_MB}));
    let files = end.1.saturating_sub(warm.1);
    println!("{}", json!({"name": "more open files", "value": files, "unit": "", "at_most": 0}));
}

/// Resident memory in MB, and open files.
fn held() -> (f64, usize) {
    (process::memory_kib() as f64 / 1024.0, process::open_files())
}

/// What all scans share.
struct Place {
    market: Market,
    runtime: Runtime,
    store: Store,
    cache: VerdictCache,
    bundled: &'static [Bundled],
}

impl Place {
    async fn new(folder: &Path) -> Self {
        let options = SyntheticOptions {
            symbols: 60,
            sessions: 80,
            seed: 7,
            end: "2024-06-28".parse().expect("a date"),
            mic: "XNYS".to_owned(),
        };
        let set = folder.join("market");
        synthesize(&set, &options, &mut |_| {}).expect("no market");
        let access = Access { actor: Actor::current(), key: KeySource::in_home(folder) };
        Self {
            market: Market::open(&set).expect("no market"),
            runtime: Runtime::new(RuntimeOptions {
                calls: CALLS,
                cache: Some(folder.join("layers")),
                ..RuntimeOptions::default()
            })
            .expect("no runtime"),
            store: Store::open(&DatabaseUrl::in_home(folder), &access).await.expect("no store"),
            cache: VerdictCache::open(&folder.join("verdicts"), CACHE).expect("no cache"),
            bundled: layers(),
        }
    }

    async fn scan(&self, from_cache: bool) {
        let request = Request {
            config: config(),
            selection: Selection::default(),
            symbols: Vec::new(),
            as_of: AsOf::Latest,
            bundled: self.bundled,
            market: self.market.clone(),
            runtime: self.runtime.clone(),
            store: self.store.clone(),
            cache: from_cache.then(|| self.cache.clone()),
            explain: None,
            require_open: false,
            view: View::default(),
            dry_run: false,
            workers: CALLS as usize,
            program_version: "0.0.0".to_owned(),
        };
        let result = conduct(request, &Cancel::new(), Arc::new(Silent)).await.expect("no result");
        assert_eq!(result.status, ScanStatus::Complete, "{:?}", result.warnings);
    }
}

fn config() -> Config {
    Config::parse("default", DEFAULT_CONFIG).expect("no configuration")
}

/// The layers of the default pipelines, which live as long as the program.
fn layers() -> &'static [Bundled] {
    let config = config();
    let stages = config.pipelines.values().flat_map(|pipeline| &pipeline.stages);
    let mut ids: Vec<String> = stages.flat_map(|stage| &stage.layers).map(|layer| layer.id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let leak = |id: String| -> Bundled {
        let component = component(&id);
        (Box::leak(id.into_boxed_str()), Box::leak(component.into_boxed_slice()))
    };
    Box::leak(ids.into_iter().map(leak).collect::<Vec<_>>().into_boxed_slice())
}

fn component(id: &str) -> Vec<u8> {
    let name = id.rsplit('/').next().unwrap_or(id);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/layers").join(name);
    std::fs::read(path.with_extension("wasm"))
        .unwrap_or_else(|error| panic!("no layer {id} ({error}): run `cargo xtask build --layers-only`"))
}

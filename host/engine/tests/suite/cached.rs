//! Answers from the verdict cache are those that the layers would have given, bit by bit.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{
    ITS_LAYERS, THREE_STAGES, World, bundled, conducted, config, id, plan, printed, request, store,
};
use serde_json::{Value as Json, json};
use sluice_engine::{
    CacheKind, Plan, Request, ScanResult, ScanStatus, Silent, VerdictCache, WhichEntries, run_cached,
};
use sluice_market::AsOf;
use sluice_runtime::Cancel;
use std::path::Path;

const ROOM: u64 = 1 << 30;

pub fn cache(world: &World) -> VerdictCache {
    VerdictCache::open(&world.path().join("verdicts"), ROOM).unwrap()
}

fn scan(world: &World, plan: &Plan, universe: Vec<usize>, cache: &VerdictCache) -> ScanResult {
    let snapshot = world.market.snapshot(&AsOf::Latest).unwrap();
    run_cached(plan, &snapshot, universe, 2, (&Cancel::new(), &Silent), cache).unwrap()
}

/// What a scan says, but for what it cost.
pub fn said(result: &ScanResult) -> Json {
    let mut json = printed(result);
    for layer in json["stages"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .flat_map(|stage| stage["layers"].as_array_mut().unwrap())
    {
        for cost in ["calls", "fuel", "peak_memory_bytes", "cache_hits", "cache_misses"] {
            layer[cost] = Json::Null;
        }
    }
    json
}

/// Instruments found and not found, over all layers.
pub fn counts(result: &ScanResult) -> (usize, usize) {
    let layers = result.stages.iter().flat_map(|stage| &stage.layers);
    layers.fold((0, 0), |(hits, misses), of| (hits + of.cache_hits, misses + of.cache_misses))
}

fn calls(result: &ScanResult) -> u64 {
    result.stages.iter().flat_map(|stage| &stage.layers).map(|layer| layer.calls).sum()
}

/// Every kind of layer: alone, comparing, of the market, with references, events and what others said.
fn many_layers() -> String {
    let all = "pass = \"any\"\nunknown = \"keep\"";
    config(&[
        ("universe", &["sluice/universe"], ""),
        ("liquidity", &["sluice/liquidity", "sluice/affinity"], all),
        ("balance", &["sluice/sector-balance"], all),
        (
            "catalyst",
            &[
                "sluice/volume",
                "sluice/technical",
                "sluice/gap",
                "sluice/sector-rotation",
                "sluice/intermarket",
                "sluice/earnings",
                "sluice/relative-strength",
            ],
            all,
        ),
    ])
}

#[test]
fn a_scan_from_the_cache_says_what_one_without_it_says_and_calls_nobody() {
    let world = World::synthetic();
    let plan = plan(&many_layers());
    let without = world.run(&plan, &AsOf::Latest, world.everything(), 2);
    assert!(!without.results.is_empty() && !without.alerts.is_empty(), "a test on nothing tells nothing");
    let cache = cache(&world);
    let cold = scan(&world, &plan, world.everything(), &cache);
    assert_eq!((said(&cold), counts(&cold).0), (said(&without), 0));
    assert_eq!(calls(&cold), calls(&without));
    let warm = scan(&world, &plan, world.everything(), &cache);
    assert_eq!(said(&warm), said(&without));
    assert_eq!((counts(&warm), calls(&warm)), ((counts(&cold).1, 0), 0));
    let fuel: u64 = warm.stages.iter().flat_map(|stage| &stage.layers).map(|layer| layer.fuel).sum();
    assert_eq!(fuel, 0);
}

#[test]
fn what_is_missing_is_asked_for_and_the_rest_is_not() {
    let world = World::synthetic();
    let plan = plan(&config(&[("one", &["sluice/technical", "sluice/volume"], "pass = \"any\"")]));
    let without = world.run(&plan, &AsOf::Latest, world.everything(), 2);
    let cache = cache(&world);
    // a part of both shards
    let some: Vec<usize> = (0..600).filter(|at| at % 7 < 3).collect();
    scan(&world, &plan, some.clone(), &cache);
    let whole = scan(&world, &plan, world.everything(), &cache);
    assert_eq!(said(&whole), said(&without));
    assert_eq!(counts(&whole), (2 * some.len(), 2 * (600 - some.len())));
}

#[test]
fn an_import_that_changes_one_instrument_costs_the_answers_on_that_one_only() {
    let rows = |last: &str| {
        let row = |symbol: &str, day: u32, close: &str| {
            format!("{symbol},2024-06-{:02},10,13,9,{close},{}\n", day, 1000 * day)
        };
        let mut text = String::new();
        for symbol in ["AAA", "BBB", "CCC"] {
            for day in [24, 25, 26, 27, 28] {
                let close = if (symbol, day) == ("BBB", 25) { last } else { "11" };
                text += &row(symbol, day, close);
            }
        }
        text
    };
    let plan = plan(&config(&[("one", &["sluice/volume"], "unknown = \"keep\"")]));
    let before = World::of_bars(&rows("11"));
    let cache = cache(&before);
    scan(&before, &plan, before.everything(), &cache);
    let after = World::of_bars(&rows("12"));
    assert_ne!(before.market.digest(), after.market.digest());
    let again = scan(&after, &plan, after.everything(), &cache);
    assert_eq!(counts(&again), (2, 1));
    assert_eq!(said(&again), said(&after.run(&plan, &AsOf::Latest, after.everything(), 2)));
}

#[test]
fn other_settings_limits_and_instants_are_other_answers() {
    let world = World::synthetic();
    let cache = cache(&world);
    let base = config(&[("one", &["sluice/liquidity"], "")]);
    let with = |rest: &str| plan(&format!("{base}\n{rest}"));
    scan(&world, &with(""), world.everything(), &cache);
    let others = [
        "[layers.\"sluice/liquidity\".settings]\nmin-dollar-volume = 1.0",
        "[layers.\"sluice/liquidity\".limits]\nfuel = 1_000_000_000",
        "[layers.\"sluice/liquidity\".limits]\nstrict = true",
    ];
    for other in others {
        let plan = with(other);
        let result = scan(&world, &plan, world.everything(), &cache);
        assert_eq!(counts(&result), (0, 600), "{other}");
        assert_eq!(said(&result), said(&world.run(&plan, &AsOf::Latest, world.everything(), 2)), "{other}");
    }
    // how long a call may take decides nothing of its answer
    let wall = with("[layers.\"sluice/liquidity\".limits]\nwall-ms = 9999");
    assert_eq!(counts(&scan(&world, &wall, world.everything(), &cache)), (600, 0));
    let snapshot = world.market.snapshot(&"2024-06-20".parse().unwrap()).unwrap();
    let earlier =
        run_cached(&with(""), &snapshot, world.everything(), 2, (&Cancel::new(), &Silent), &cache).unwrap();
    assert_eq!(counts(&earlier), (0, 600));
}

#[test]
fn a_faulting_layer_leaves_nothing_behind_but_answers_beside_a_poisonous_instrument() {
    let world = World::synthetic();
    let cache = cache(&world);
    for layer in ["test/panics", "test/nan-scores", "test/fault"] {
        let plan = plan(&config(&[("one", &[layer], "")]));
        for _ in 0..2 {
            let result = scan(&world, &plan, world.everything(), &cache);
            assert_eq!(result.status, ScanStatus::Failed, "{layer}");
            assert_eq!(counts(&result).0, 0, "{layer}");
        }
    }
    assert_eq!(cache.stats().entries, 0);
    let symbol = world.market.instruments()[300].symbol.to_string();
    let text = config(&[("one", &["test/poison"], "")])
        + &format!("[layers.\"test/poison\".settings]\nsymbols = [\"{symbol}\"]\n");
    let plan = plan(&text);
    let without = world.run(&plan, &AsOf::Latest, world.everything(), 2);
    assert_eq!(without.status, ScanStatus::Partial);
    let cold = scan(&world, &plan, world.everything(), &cache);
    let warm = scan(&world, &plan, world.everything(), &cache);
    assert_eq!((said(&cold), said(&warm)), (said(&without), said(&without)));
    assert_eq!(counts(&warm), (599, 1));
}

#[test]
fn a_damaged_file_is_not_believed_and_costs_a_call_only() {
    let world = World::synthetic();
    let plan = plan(THREE_STAGES);
    let cache = cache(&world);
    let cold = scan(&world, &plan, world.everything(), &cache);
    let files = files(&world.path().join("verdicts"));
    assert!(files.len() > 4, "{files:?}");
    for (at, file) in files.iter().enumerate() {
        let mut bytes = std::fs::read(file).unwrap();
        let place = (at * 7_919 + 50) % bytes.len();
        bytes[place] ^= 4;
        std::fs::write(file, bytes).unwrap();
    }
    let again = scan(&world, &plan, world.everything(), &cache);
    assert_eq!((said(&again), counts(&again).0), (said(&cold), 0));
    let repaired = scan(&world, &plan, world.everything(), &cache);
    assert_eq!((said(&repaired), counts(&repaired).1), (said(&cold), 0));
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[test]
fn scans_at_once_share_a_cache_and_say_the_same() {
    let world = World::synthetic();
    let plan = plan(THREE_STAGES);
    let without = said(&world.run(&plan, &AsOf::Latest, world.everything(), 2));
    let cache = cache(&world);
    std::thread::scope(|scope| {
        let one = |part: usize| {
            let (world, plan, cache, without) = (&world, &plan, &cache, &without);
            move || {
                let some = (0..600).filter(|at| at % 5 != part).collect();
                scan(world, plan, some, cache);
                let _ = cache.clear(&WhichEntries::Layers(vec!["sluice/liquidity".to_owned()]));
                assert_eq!(said(&scan(world, plan, world.everything(), cache)), *without);
            }
        };
        for part in 0..4 {
            scope.spawn(one(part));
        }
    });
    for _ in 0..12 {
        assert_eq!(said(&scan(&world, &plan, world.everything(), &cache)), without);
    }
    assert!(files(&world.path().join("verdicts")).len() < 60);
}

#[test]
fn the_cache_stays_below_its_cap() {
    let world = World::synthetic();
    let small = VerdictCache::open(&world.path().join("verdicts"), 150_000).unwrap();
    let plan = plan(THREE_STAGES);
    for day in ["2024-06-24", "2024-06-25", "2024-06-26", "2024-06-27", "2024-06-28"] {
        let snapshot = world.market.snapshot(&day.parse().unwrap()).unwrap();
        run_cached(&plan, &snapshot, world.everything(), 2, (&Cancel::new(), &Silent), &small).unwrap();
        assert!(small.stats().bytes <= 150_000, "{:?}", small.stats());
    }
    assert!(small.stats().entries > 0);
}

#[test]
fn a_lowered_cap_holds_after_a_scan_that_finds_everything() {
    let world = World::synthetic();
    let plan = plan(THREE_STAGES);
    let full = cache(&world);
    let without = said(&world.run(&plan, &AsOf::Latest, world.everything(), 2));
    scan(&world, &plan, world.everything(), &full);
    let (kept, cap) = (full.stats().bytes, full.stats().bytes / 2);
    let lower = VerdictCache::open(&world.path().join("verdicts"), cap).unwrap();
    let warm = scan(&world, &plan, world.everything(), &lower);
    assert_eq!((said(&warm), counts(&warm).1), (without, 0), "it had nothing to store");
    assert!(lower.stats().bytes <= cap && cap < kept, "{:?}", lower.stats());
}

#[test]
fn it_is_counted_and_cleared_by_layer_and_age() {
    let world = World::synthetic();
    let plan = plan(&config(&[("one", &["sluice/universe", "sluice/liquidity"], "")]));
    let cache = cache(&world);
    scan(&world, &plan, world.everything(), &cache);
    let stats = cache.stats();
    // with the warning that the universe logs
    assert_eq!(stats.entries, 1_201);
    let of = |layer: &str| {
        let found = stats.layers.iter().find(|of| of.kind.layer() == Some(layer)).unwrap();
        (found.entries, found.bytes)
    };
    assert_eq!((of("sluice/universe").0, of("sluice/liquidity").0), (601, 600));
    assert!(stats.layers.iter().any(|of| of.kind == CacheKind::Bars {} && of.bytes > 600 * 32));
    let cleared = cache.clear(&WhichEntries::Layers(vec!["sluice/universe".to_owned()]));
    assert_eq!((cleared.entries, cleared.bytes), of("sluice/universe"));
    let hour = std::time::Duration::from_secs(3_600);
    assert_eq!(cache.clear(&WhichEntries::UnusedFor(hour)).entries, 0);
    assert_eq!(cache.clear(&WhichEntries::All).entries, 600);
    assert_eq!((cache.stats().entries, cache.stats().bytes), (0, 0));
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_may_write_to_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let error = VerdictCache::open(folder.path(), ROOM).unwrap_err();
    assert!(error.contains("is open to other users (mode 777)"), "{error}");
}

#[tokio::test]
async fn stored_scans_tell_what_came_from_the_cache() {
    let world = World::synthetic();
    let store = store(world.path()).await;
    let layers = bundled(&ITS_LAYERS);
    let cache = cache(&world);
    let scan = async || {
        let request = request(&world, &store, THREE_STAGES, layers);
        let result = conducted(Request { cache: Some(cache.clone()), ..request }).await.unwrap();
        let runs = store.layer_runs(&id(&result)).await.unwrap();
        (said(&result), runs.iter().map(|run| (run.cache_hits, run.cache_misses)).collect::<Vec<_>>())
    };
    let (first, cold) = scan().await;
    let (second, warm) = scan().await;
    assert_eq!(cold[0], (0, 600));
    assert_eq!(warm, cold.iter().map(|(hits, misses)| (*misses, *hits)).collect::<Vec<_>>());
    let results = |json: &Json| json!([json["results"], json["alerts"], json["warnings"], json["stages"]]);
    assert_eq!(results(&first), results(&second));
}

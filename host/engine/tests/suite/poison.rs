//! One instrument that makes a layer fault costs that instrument's verdict and no other's.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{World, config, opinions, plan, planned, printed, runtime, symbols};
use sluice_engine::{LayerStatus, Opinion, ScanResult, ScanStatus, Selection};
use sluice_market::AsOf;

fn text(layer: &str, settings: &str) -> String {
    let stages = config(&[("all", &[layer, "test/empty"], "pass = \"any\"")]);
    format!("{stages}[layers.\"{layer}\".settings]\n{settings}\n")
}

fn scan(world: &World, text: &str, workers: usize) -> ScanResult {
    let plan = planned(text, &Selection::default(), &runtime(None)).unwrap();
    world.run(&plan, &AsOf::Latest, world.everything(), workers)
}

#[test]
fn the_poisonous_instruments_are_left_out_and_all_others_are_as_without_them() {
    let world = World::synthetic();
    let clean = world.scan(&text("test/poison", "symbols = [\"-\"]"));
    assert_eq!(clean.status, ScanStatus::Complete, "{:?}", clean.warnings);
    let all = symbols(&clean);
    assert_eq!(all.len(), 600);
    // one in each shard
    let bad = [clean.results[3].symbol.as_str(), clean.results[590].symbol.as_str()];
    let poisoned = text("test/poison", &format!("symbols = {bad:?}"));
    let result = scan(&world, &poisoned, 2);
    assert_eq!(result.status, ScanStatus::Partial);
    let layer = &result.stages[0].layers[0];
    assert_eq!(layer.status, LayerStatus::Ok);
    let mut left_out: Vec<&str> = layer.errors.iter().map(|error| error.symbol.as_str()).collect();
    left_out.sort_unstable();
    assert_eq!(left_out, bad);
    for symbol in all {
        let (now, then) = (opinions(&result, symbol), opinions(&clean, symbol));
        if bad.contains(&symbol) {
            assert_eq!(now["test/poison"]["outcome"], "error", "{now}");
            assert_eq!(now["test/empty"], then["test/empty"]);
        } else {
            assert_eq!(now, then, "{symbol}");
        }
    }
    let of = |result: &ScanResult| {
        result.results.iter().filter(|found| found.layers["test/poison"].outcome == Opinion::Error).count()
    };
    assert_eq!((of(&result), of(&clean)), (2, 0));
    for workers in [1, 5] {
        assert_eq!(printed(&scan(&world, &poisoned, workers)), printed(&result), "{workers} workers");
    }
}

#[test]
fn a_layer_that_compares_instruments_is_asked_once_more_without_the_one_that_it_names() {
    let world = World::synthetic();
    let clean = scan(&world, &text("test/poison-cross", "symbols = [\"-\"]"), 2);
    let bad = clean.results[7].symbol.clone();
    let named =
        scan(&world, &text("test/poison-cross", &format!("symbols = [\"{bad}\"]\nkind = \"names\"")), 2);
    let layer = &named.stages[0].layers[0];
    assert_eq!((layer.status, layer.calls), (LayerStatus::Ok, 2), "{:?}", named.warnings);
    assert_eq!(layer.errors.iter().map(|error| error.symbol.as_str()).collect::<Vec<_>>(), [bad.as_str()]);
    let silent =
        scan(&world, &text("test/poison-cross", &format!("symbols = [\"{bad}\"]\nkind = \"panic\"")), 2);
    assert_eq!(silent.stages[0].layers[0].status, LayerStatus::Faulted);
    assert_eq!(silent.stages[0].layers[0].calls, 1, "it is not divided");
}

#[test]
fn a_layer_that_faults_on_everything_is_found_out_after_a_few_calls() {
    let world = World::synthetic();
    let result = world.run(
        &plan(&config(&[("all", &["test/fault", "test/empty"], "")])),
        &AsOf::Latest,
        world.everything(),
        2,
    );
    let layer = &result.stages[0].layers[0];
    assert_eq!((layer.status, layer.calls), (LayerStatus::Faulted, 8));
    let fault = layer.fault.clone().unwrap();
    assert!(fault.ends_with("; it faulted on every one of 6 parts of its input, too"), "{fault}");
}

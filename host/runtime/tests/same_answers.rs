//! A layer is a pure function: the same batch gives the same answer for the same fuel, whoever calls and how often.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_runtime::{Allocation, Layer, Limits, Runtime, RuntimeOptions};
use support::{Waves, hostile, runtime, runtime_with, scan};

/// The report as text, because NaN is equal to nothing, with fuel and memory.
fn answer(layer: &Layer, waves: &Waves) -> (String, u64, usize) {
    let answer = scan(layer, &waves.batch(), Limits::default()).unwrap();
    (format!("{:?}", answer.value), answer.usage.fuel, answer.usage.peak_memory_bytes)
}

fn kernel(runtime: &Runtime) -> Layer {
    runtime.load("kernel", &hostile("kernel")).unwrap()
}

#[test]
fn repeated_calls_give_equal_answers_for_equal_fuel() {
    let (layer, waves) = (kernel(&runtime()), Waves::new(64, 252));
    let first = answer(&layer, &waves);
    for _ in 0..5 {
        assert_eq!(answer(&layer, &waves), first);
    }
    assert_ne!(answer(&layer, &Waves::new(63, 252)).1, first.1);
}

#[test]
fn many_threads_at_once_get_the_same_answers_even_with_fewer_slots_than_threads() {
    let runtime = Runtime::new(RuntimeOptions { calls: 2, ..RuntimeOptions::default() }).unwrap();
    let layer = kernel(&runtime);
    let small = Waves::new(3, 100);
    let large = Waves::new(64, 252);
    let expected = [answer(&layer, &small), answer(&layer, &large)];
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (layer, small, large, expected) = (layer.clone(), &small, &large, &expected);
            scope.spawn(move || {
                for call in 0..10 {
                    let (waves, expected) =
                        if (thread + call) % 2 == 0 { (small, &expected[0]) } else { (large, &expected[1]) };
                    assert_eq!(answer(&layer, waves), *expected);
                }
            });
        }
    });
}

#[test]
fn pooled_and_on_demand_instances_give_equal_answers_for_equal_fuel() {
    let waves = Waves::new(64, 252);
    let [pooled, on_demand] = [Allocation::Pooling, Allocation::OnDemand]
        .map(|allocation| answer(&kernel(&runtime_with(allocation)), &waves));
    assert_eq!(pooled, on_demand);
}

#[test]
fn packed_columns_give_the_same_verdicts_as_lists() {
    let (layer, waves) = (kernel(&runtime()), Waves::new(16, 252));
    let mut packed = waves.batch();
    packed.packed = true;
    let lists = scan(&layer, &waves.batch(), Limits::default()).unwrap().value;
    let packed = scan(&layer, &packed, Limits::default()).unwrap().value;
    assert_eq!(format!("{lists:?}"), format!("{packed:?}"));
}

#[test]
fn a_layer_outlives_the_runtime_that_loaded_it() {
    let layer = {
        let runtime = runtime();
        kernel(&runtime)
    };
    let waves = Waves::new(2, 252);
    assert_eq!(answer(&layer, &waves), answer(&layer.clone(), &waves));
}

//! What a component does before the host has called it, and how much there may be of it. The same words whether
//! instances are pooled or not.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_runtime::{Allocation, CallFailure, Limits, LoadError, LoadLimits, Runtime};
use std::time::Duration;
use support::{hostile, runtime, runtime_with, scan};

const NAME: &str = "x.wasm";

/// A scanner whose only core module is this, instantiated so often.
fn component(module: &str, instances: usize) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(instances);
    wat::parse_str(format!(
        r#"(component
            (core module $m {module})
            {instances}
            (instance $s)
            (export "sluice:layer/scanner@0.1.0" (instance $s)))"#
    ))
    .unwrap()
}

/// As [`component`], with the functions that a scanner has, though of other types: so much is looked at only after
/// the instance was made.
fn starting(module: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            (core module $m {module})
            (core instance (instantiate $m))
            (core module $n (func (export "f") (result i32) i32.const 0))
            (core instance $i (instantiate $n))
            (func $f (result u32) (canon lift (core func $i "f")))
            (instance $s (export "describe" (func $f)) (export "prepare" (func $f)) (export "scan" (func $f)))
            (export "sluice:layer/scanner@0.1.0" (instance $s)))"#
    ))
    .unwrap()
}

/// The one text with which pooled and other instances refuse.
fn refusal(bytes: &[u8], limits: &LoadLimits) -> String {
    let [pooled, on_demand] = [Allocation::Pooling, Allocation::OnDemand]
        .map(|allocation| runtime_with(allocation).load_within(NAME, bytes, limits).unwrap_err().to_string());
    assert_eq!(pooled, on_demand);
    pooled
}

const FUEL: u64 = 1_000_000;

/// What the start of this module is refused with.
fn start(module: &str) -> String {
    let call = Limits { fuel: FUEL, ..Limits::default() };
    let text = refusal(&starting(module), &LoadLimits { call, ..LoadLimits::default() });
    let before = "x.wasm: the layer could not say who it is: at its start, before any of its functions was called, it ";
    text.strip_prefix(before).unwrap_or(&text).to_owned()
}

#[test]
fn an_endless_start_is_stopped_by_fuel_and_told_as_a_start() {
    assert_eq!(
        start("(func $f (loop br 0)) (start $f)"),
        "used up its fuel of 1000000: make it do less per instrument, or raise its `fuel` limit"
    );
}

#[test]
fn an_endless_start_with_endless_fuel_is_stopped_by_the_clock() {
    let call = Limits { fuel: 1 << 50, wall: Duration::from_millis(20), ..Limits::default() };
    let bytes = starting("(func $f (loop br 0)) (start $f)");
    let limits = LoadLimits { call, ..LoadLimits::default() };
    let error = runtime().load_within(NAME, &bytes, &limits).unwrap_err();
    let LoadError::Describe { at_start: true, failure: CallFailure::Wall { limit, actual }, .. } = error
    else {
        panic!("{error}")
    };
    assert!(limit == call.wall && actual > limit, "{actual:?}");
}

#[test]
fn every_trap_of_a_start_has_plain_words() {
    let trap = |body: &str| start(&format!("(memory 1) (func $f {body}) (start $f)"));
    let told = |what: &str| {
        format!(
            "trapped: it {what}: this is a bug in the layer: built with debug assertions it may panic and tell where"
        )
    };
    assert_eq!(trap("(drop (i32.div_u (i32.const 1) (i32.const 0)))"), told("divided an integer by zero"));
    assert_eq!(trap("(drop (i32.load (i32.const 65536)))"), told("read or wrote outside its memory"));
    assert_eq!(
        trap("unreachable"),
        told("gave up without a message (`unreachable`), as after an abort or a panic that it does not log")
    );
}

#[test]
fn endless_recursion_is_told_with_the_stack() {
    let bytes = starting("(func $f call $f) (start $f)");
    let call = |stack_bytes| Limits { stack_bytes, ..Limits::default() };
    for (asked, has) in [(64 << 10, 65_536), (100 << 10, 131_072), (512 << 10, 524_288), (9 << 20, 1_048_576)]
    {
        let limits = LoadLimits { call: call(asked), ..LoadLimits::default() };
        assert_eq!(
            refusal(&bytes, &limits),
            format!(
                "x.wasm: the layer could not say who it is: at its start, before any of its functions was called, it \
                 called itself too deeply for its stack of {has} bytes: make it recurse less, or raise its `stack-kib` \
                 limit"
            )
        );
    }
}

#[test]
fn memories_and_tables_are_refused_at_their_sum_wherever_they_are() {
    let told = |wanted: usize| {
        format!(
            "wanted {wanted} bytes of memory, over its limit of 67108864: keep less at a time, or raise its \
             `memory-mib` limit"
        )
    };
    // 64 MiB are 1024 pages
    assert_eq!(start("(memory 1025)"), told(1025 << 16));
    assert_eq!(start("(memory 600) (memory 600)"), told(1200 << 16));
    assert_eq!(start("(memory 1024) (table 10 funcref)"), told((1024 << 16) + 80));
    assert_eq!(start("(memory 65536)"), told(1 << 32));
    let grown =
        "(func $f (memory.grow (i32.const 1024)) (i32.eq (i32.const -1)) (if (then unreachable))) (start $f)";
    assert_eq!(start(&format!("(memory 1) {grown}")), told(1025 << 16));
}

#[test]
fn one_table_has_a_limit_of_its_own() {
    let grown = |by: u32| {
        format!(
            "(table 1 funcref)
             (func $f (table.grow (ref.null func) (i32.const {by})) (i32.eq (i32.const -1)) (if (then unreachable)))
             (start $f)"
        )
    };
    assert_eq!(
        start(&grown(100_000)),
        "wanted a table of 100001 elements, over the limit of 100000: keep what it has in its memory instead"
    );
    // what is within it goes on to the functions, which are of the wrong types here
    assert!(start(&grown(99_999)).contains("does not fit sluice:layer 0.1"));
    assert_eq!(
        refusal(&component("(table 100001 funcref)", 1), &LoadLimits::default()),
        "x.wasm: the component has 100001 elements in one table, over the limit of 100000: link it into fewer and \
         smaller modules"
    );
}

#[test]
fn too_many_instances_memories_or_tables_are_refused_before_they_are_made() {
    let told = |module: &str, instances: usize| {
        let text = refusal(&component(module, instances), &LoadLimits::default());
        let text = text.strip_prefix("x.wasm: the component has ").unwrap_or(&text);
        text.strip_suffix(": link it into fewer and smaller modules").unwrap_or(text).to_owned()
    };
    assert_eq!(told("", 129), "129 instances of core modules, over the limit of 128");
    assert_eq!(told("(memory 0)", 9), "9 memories, over the limit of 8");
    assert_eq!(told("(table 0 funcref)", 33), "33 tables, over the limit of 32");
    for (module, instances) in [("", 128), ("(memory 0)", 8), ("(table 0 funcref)", 32)] {
        assert!(told(module, instances).contains("does not have export `describe`"), "{module}");
    }
}

#[test]
fn what_could_differ_between_machines_or_runs_is_refused_by_name() {
    let told = |module: &str| {
        let text = refusal(&component(module, 1), &LoadLimits::default());
        text.strip_prefix("x.wasm: the layer uses ").unwrap_or(&text).to_owned()
    };
    assert_eq!(
        told("(func (param v128) (result v128) local.get 0 local.get 0 i8x16.relaxed_swizzle)"),
        "relaxed SIMD, whose results differ between processors, which no layer may use: build it without target \
         feature relaxed-simd"
    );
    assert_eq!(
        told("(memory 1 1 shared)"),
        "threads or shared memory, which no layer may use: build it without target feature atomics"
    );
    assert_eq!(
        told("(memory i64 1)"),
        "memory of 64 bits, which no layer may use: build it without memory64, that is, for wasm32"
    );
    assert_eq!(
        told("(tag)"),
        "exceptions, which no layer may use: build it without target feature exception-handling, with panics that \
         abort"
    );
    assert_eq!(
        told("(type (struct (field i32)))"),
        "garbage-collected types, which no layer may use: build it without WasmGC"
    );
    assert_eq!(
        told("(func $f return_call $f)"),
        "tail calls, which no layer may use: build it without target feature tail-call"
    );
}

#[test]
fn a_component_within_its_size_and_time_is_taken_and_otherwise_told_what_to_do() {
    let (runtime, bytes) = (runtime(), hostile("empty"));
    let load = |limits: LoadLimits| runtime.load_within("empty", &bytes, &limits);
    let size = bytes.len();
    assert!(load(LoadLimits { component_bytes: size, ..LoadLimits::default() }).is_ok());
    assert_eq!(
        load(LoadLimits { component_bytes: size - 1, ..LoadLimits::default() }).unwrap_err().to_string(),
        format!(
            "empty: {size} bytes are too large for a layer: the limit is {} bytes; build it in release mode and strip \
             it",
            size - 1
        )
    );
    assert_eq!(
        load(LoadLimits { compile: Duration::ZERO, ..LoadLimits::default() }).unwrap_err().to_string(),
        "empty: compiling it was given up at its limit of 0 ms: make the component smaller, or raise its `compile-ms` \
         limit"
    );
}

#[test]
fn stack_and_arithmetic_are_those_of_the_load_and_a_call_that_names_others_is_refused() {
    let runtime = runtime();
    let strict = Limits { strict: true, stack_bytes: 128 << 10, ..Limits::default() };
    let limits = LoadLimits { call: strict, ..LoadLimits::default() };
    let layer = runtime.load_within("empty", &hostile("empty"), &limits).unwrap();
    assert!(layer.is_compiled_for(&strict) && !layer.is_compiled_for(&Limits::default()));
    let fuel = scan(&layer, &support::batch(3), strict).unwrap().usage.fuel;
    assert!(fuel > 0);
    let error = scan(&layer, &support::batch(3), Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer test/empty@0.1.0: is compiled for a stack of 131072 bytes and strict arithmetic, but the call names \
         other limits: load it with the limits of its calls"
    );
}

#[test]
fn strict_code_gives_the_same_verdicts_and_is_cached_apart() {
    use sluice_runtime::{CacheOutcome, RuntimeOptions};
    let folder = tempfile::tempdir().unwrap();
    let cache = Some(folder.path().join("compiled"));
    let runtime = Runtime::new(RuntimeOptions { cache, ..RuntimeOptions::default() }).unwrap();
    let (waves, bytes) = (support::Waves::new(16, 252), hostile("kernel"));
    let load = |call: Limits| {
        let layer =
            runtime.load_within("kernel", &bytes, &LoadLimits { call, ..LoadLimits::default() }).unwrap();
        let answer = scan(&layer, &waves.batch(), call).unwrap();
        (layer.cache_outcome(), format!("{:?}", answer.value))
    };
    let strict = Limits { strict: true, ..Limits::default() };
    let deep = Limits { stack_bytes: 1 << 20, ..Limits::default() };
    let (ordinary, strict_first, strict_again, deeper) =
        (load(Limits::default()), load(strict), load(strict), load(deep));
    let outcomes = [ordinary.0, strict_first.0, strict_again.0, deeper.0];
    use CacheOutcome::{Compiled, Hit};
    assert_eq!(outcomes, [Compiled, Compiled, Hit, Hit]);
    assert_eq!(ordinary.1, strict_first.1);
    assert_eq!(ordinary.1, deeper.1);
}

#[test]
fn lines_are_paid_for_in_fuel_so_that_a_flood_is_stopped_at_the_same_line_everywhere() {
    let flood = |fuel| {
        let limits = Limits { fuel, ..Limits::default() };
        let layer = runtime().load("flood", &hostile("flood")).unwrap();
        scan(&layer, &support::batch(3), limits)
    };
    let used = flood(Limits::default().fuel).unwrap().usage.fuel;
    let error = flood(used / 2).unwrap_err();
    assert_eq!(error.failure, CallFailure::Fuel { limit: used / 2 });
    assert_eq!(error.usage.fuel, used / 2);
    assert_eq!(flood(used / 2).unwrap_err().log, error.log);
    // 10,000 lines of 2,000 bytes and more
    assert!(used > 10_000 * 4 * 1_024, "{used}");
}

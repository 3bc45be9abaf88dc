//! Every limit of a call in a pair: just obeyed, just violated. Those of loading are in `bounds.rs`.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_hostile::by_hand::ByHand;
use sluice_runtime::{
    Batch, CALL_STACK_BYTES, CallError, CallFailure, Cancel, Layer, Limits, LoadLimits, LogLine,
    MOST_STACK_BYTES, STACK_STEP_BYTES, Setting, Value,
};
use std::time::Duration;
use support::{Waves, assert_keeps, batch, load, runtime, scan};

/// The least limit with which the call answers, between one that fails and one that works.
fn least(fails: u64, works: u64, call: impl Fn(u64) -> Result<(), Box<CallError>>) -> u64 {
    let (mut fails, mut works) = (fails, works);
    while works - fails > 1 {
        let middle = fails.midpoint(works);
        if call(middle).is_ok() { works = middle } else { fails = middle }
    }
    works
}

fn with_fuel(layer: &Layer, batch: &Batch<'_>, fuel: u64) -> Result<(), Box<CallError>> {
    scan(layer, batch, Limits { fuel, ..Limits::default() }).map(|_| ())
}

#[test]
fn a_call_works_with_the_fuel_that_it_uses_and_fails_with_less() {
    let layer = load("kernel");
    let waves = Waves::new(4, 252);
    let batch = waves.batch();
    let used = scan(&layer, &batch, Limits::default()).unwrap().usage.fuel;
    with_fuel(&layer, &batch, used).unwrap();
    let least = least(0, used, |fuel| with_fuel(&layer, &batch, fuel));
    // fuel is looked at where functions begin and loops turn, so that the last few instructions may be for free
    assert!(used - least < 1000, "used {used}, but {least} is enough");
    let error = with_fuel(&layer, &batch, least - 1).unwrap_err();
    assert_eq!(error.failure, CallFailure::Fuel { limit: least - 1 });
}

#[test]
fn a_call_works_with_the_memory_that_it_uses_and_fails_with_one_byte_less() {
    let layer = load("kernel");
    let waves = Waves::new(512, 252);
    let call = |memory_bytes| scan(&layer, &waves.batch(), Limits { memory_bytes, ..Limits::default() });
    let peak = call(Limits::default().memory_bytes).unwrap().usage.peak_memory_bytes;
    assert!(peak > 512 * 252 * 5 * 8, "the columns alone have {} bytes, not {peak}", 512 * 252 * 5 * 8);
    assert_eq!(call(peak).unwrap().usage.peak_memory_bytes, peak);
    let error = call(peak - 1).unwrap_err();
    let CallFailure::Memory { limit, wanted } = error.failure else { panic!("{error}") };
    assert_eq!(limit, peak - 1);
    assert!(wanted > limit);
}

#[test]
fn an_instance_that_does_not_fit_into_the_memory_is_a_memory_failure_before_it_runs() {
    let layer = load("empty");
    let peak = scan(&layer, &batch(0), Limits::default()).unwrap().usage.peak_memory_bytes;
    let limits = Limits { memory_bytes: 64 << 10, ..Limits::default() };
    let error = scan(&layer, &batch(0), limits).unwrap_err();
    let CallFailure::Memory { limit: 65_536, wanted } = error.failure else { panic!("{error}") };
    assert!(wanted > 65_536 && wanted <= peak, "{wanted}");
}

#[test]
fn an_answer_within_the_report_limit_is_read_and_one_byte_less_is_told() {
    let layer = load("empty");
    let call = |report_bytes: u64| {
        let limits = Limits { report_bytes: usize::try_from(report_bytes).unwrap(), ..Limits::default() };
        scan(&layer, &batch(1000), limits).map(|_| ())
    };
    let least = least(0, 1 << 20, call);
    // scores, reasons and outcomes of 1000 instruments
    assert!(least >= 1000 * (8 + 4 + 1), "{least}");
    let error = call(least - 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "layer test/empty@0.1.0: handed over an answer or a log line that could not be read within {} bytes (too much \
             data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted): \
             make it answer less, or raise its `report-mib` limit",
            least - 1
        )
    );
}

fn integer(name: &str, value: i32) -> Setting {
    Setting { name: name.to_owned(), value: Value::Integer(value) }
}

/// Far longer than any test may take.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn memories_and_tables_are_summed_to_the_byte() {
    let fields = "(memory $b 3) (table 100 funcref)";
    let layer = runtime().load("hand.wasm", &ByHand::new("test/hand").fields(fields).component()).unwrap();
    let call = |memory_bytes| scan(&layer, &batch(1), Limits { memory_bytes, ..Limits::default() });
    // its own four pages, three more, and eight bytes for each element
    let sum = (4 + 3) * (64 << 10) + 100 * 8;
    assert_eq!(call(sum).unwrap().usage.peak_memory_bytes, sum);
    let failure = call(sum - 1).unwrap_err().failure;
    assert_eq!(failure, CallFailure::Memory { limit: sum - 1, wanted: sum });
}

#[test]
fn a_call_works_within_its_wall_time_and_is_stopped_beyond() {
    let layer = load("burns");
    // some ticks of the clock, on the fastest machine
    let settings = [integer("turns", 300_000_000)];
    let call = |wall| {
        let limits = Limits { fuel: 1 << 50, wall, ..Limits::default() };
        layer.scan(&batch(1), &settings, limits, &Cancel::new())
    };
    assert_keeps(&call(LONG).unwrap().value, 1);
    let failure = call(Duration::ZERO).unwrap_err().failure;
    let CallFailure::Wall { limit: Duration::ZERO, actual } = failure else { panic!("{failure}") };
    assert!(actual > Duration::ZERO && actual < LONG, "{actual:?}");
}

/// What is kept of five lines with ten bytes each, and what is told of the others.
fn logged(limits: Limits) -> (Vec<String>, Option<String>) {
    let settings = [integer("lines", 5), integer("line-bytes", 10)];
    let answer = load("flood").scan(&batch(1), &settings, limits, &Cancel::new()).unwrap();
    assert_keeps(&answer.value, 1);
    let mut lines: Vec<String> = answer.log.into_iter().map(|line: LogLine| line.message).collect();
    let dropped = lines.pop_if(|line| line.contains("dropped"));
    (lines, dropped)
}

#[test]
fn as_many_lines_and_bytes_as_the_log_takes_are_kept_and_one_more_is_dropped() {
    let five = vec!["x".repeat(10); 5];
    let limits = Limits { log_lines: 5, log_bytes: 50, log_line_bytes: 10, ..Limits::default() };
    assert_eq!(logged(limits), (five.clone(), None));
    for less in [Limits { log_lines: 4, ..limits }, Limits { log_bytes: 49, ..limits }] {
        let told = format!(
            "1 more log lines dropped: the limits are {} lines and {} bytes per call",
            less.log_lines, less.log_bytes
        );
        assert_eq!(logged(less), (five[..4].to_vec(), Some(told)));
    }
    let cut = Limits { log_line_bytes: 9, ..limits };
    assert_eq!(logged(cut), (vec!["x".repeat(9); 5], None));
}

/// A layer whose scan, or whatever `place` does with the code, calls itself so often.
fn deep(turns: u64, place: impl Fn(ByHand, &str) -> ByHand) -> Vec<u8> {
    let down = "(func $down (param i32)
        (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))";
    place(ByHand::new("test/deep").fields(down), &format!("(call $down (i32.const {turns}))")).component()
}

fn stack(stack_bytes: usize) -> Limits {
    Limits { stack_bytes, ..Limits::default() }
}

fn dive(turns: u64, stack_bytes: usize) -> Result<(), Box<CallError>> {
    let limits = LoadLimits { call: stack(stack_bytes), ..LoadLimits::default() };
    let layer = runtime().load_within("deep.wasm", &deep(turns, ByHand::scan), &limits).unwrap();
    scan(&layer, &batch(1), stack(stack_bytes)).map(|answer| assert_keeps(&answer.value, 1))
}

/// The most turns that a stack has room for.
fn deepest(stack_bytes: usize) -> u64 {
    let most = u64::try_from(stack_bytes).unwrap();
    // the least number of turns that are left out of one a byte, which no stack has room for
    most - least(0, most, |left_out| dive(most - left_out, stack_bytes))
}

#[test]
fn a_layer_goes_as_deep_as_its_stack_and_one_call_deeper_is_told() {
    for stack_bytes in [STACK_STEP_BYTES, MOST_STACK_BYTES] {
        let deepest = deepest(stack_bytes);
        dive(deepest, stack_bytes).unwrap();
        let error = dive(deepest + 1, stack_bytes).unwrap_err();
        assert_eq!(error.failure, CallFailure::Stack { limit: stack_bytes });
        if stack_bytes < MOST_STACK_BYTES {
            dive(deepest + 1, stack_bytes + STACK_STEP_BYTES).unwrap();
        }
    }
}

#[test]
fn the_largest_stack_fits_onto_a_thread_for_calls() {
    let deepest = deepest(MOST_STACK_BYTES);
    let thread = std::thread::Builder::new().stack_size(CALL_STACK_BYTES);
    let dives = move || (dive(deepest, MOST_STACK_BYTES), dive(u64::from(u32::MAX), MOST_STACK_BYTES));
    let (at_most, endless) = thread.spawn(dives).unwrap().join().unwrap();
    at_most.unwrap();
    assert_eq!(endless.unwrap_err().failure, CallFailure::Stack { limit: MOST_STACK_BYTES });
}

/// Whoever loads a layer or asks what it needs may have little stack: these calls bring their own.
#[test]
fn describe_and_prepare_have_their_stack_on_any_thread() {
    const SMALL: usize = 512 << 10;
    let deepest = deepest(MOST_STACK_BYTES);
    let ask = move || {
        let call = stack(MOST_STACK_BYTES);
        let limits = LoadLimits { call, ..LoadLimits::default() };
        let runtime = runtime();
        runtime.load_within("deep.wasm", &deep(deepest, ByHand::describe), &limits).unwrap();
        let layer = runtime.load_within("deep.wasm", &deep(deepest, ByHand::prepare), &limits).unwrap();
        layer.prepare(&[], call).unwrap().value.unwrap();
        let error = runtime.load_within("deep.wasm", &deep(u64::from(u32::MAX), ByHand::describe), &limits);
        error.unwrap_err().to_string()
    };
    let told = std::thread::Builder::new().stack_size(SMALL).spawn(ask).unwrap().join().unwrap();
    assert!(told.contains("called itself too deeply for its stack of 1048576 bytes"), "{told}");
}

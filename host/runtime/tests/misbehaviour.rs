//! Every misbehaving layer of tests/hostile, and the whole text that a user reads. After each of them the runtime
//! still works.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_runtime::{CallFailure, Cancel, Limits, LogLevel, LogLine, Outcome, Runtime, RuntimeOptions};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use support::{Lines, assert_keeps, assert_usable, batch, failure, hostile, load, runtime, scan};

/// Far more than any test burns.
const ENDLESS_FUEL: u64 = 1 << 50;
/// Far longer than any test may take; a call that runs so long fails the test instead of hanging it.
const LONG: Duration = Duration::from_secs(60);

#[test]
fn an_endless_loop_is_stopped_by_fuel() {
    let layer = load("spin");
    let error = failure(&layer, 3, Limits { fuel: 1_000_000, wall: LONG, ..Limits::default() });
    assert_eq!(
        error.to_string(),
        "layer test/spin@0.1.0: used up its fuel of 1000000: make it do less per instrument, or raise its `fuel` limit"
    );
    assert_eq!(error.failure, CallFailure::Fuel { limit: 1_000_000 });
    assert_eq!(error.usage.fuel, 1_000_000);
    assert_usable(&layer);
}

#[test]
fn an_endless_loop_with_endless_fuel_is_stopped_by_the_clock() {
    let layer = load("spin");
    let wall = Duration::from_millis(30);
    let error = failure(&layer, 3, Limits { fuel: ENDLESS_FUEL, wall, ..Limits::default() });
    let CallFailure::Wall { limit, actual } = error.failure else { panic!("{error}") };
    assert_eq!(limit, wall);
    assert!(actual > wall && actual <= error.usage.wall, "{actual:?} of {:?}", error.usage.wall);
    assert_eq!(
        error.to_string(),
        format!(
            "layer test/spin@0.1.0: was stopped by the host after {} ms, over its limit of 30 ms: the machine is \
             overloaded, or raise its `wall-ms` limit",
            actual.as_millis()
        )
    );
    assert_usable(&layer);
}

#[test]
fn endless_memory_is_refused_at_the_limit() {
    let layer = load("hungry");
    let limits = Limits { memory_bytes: 8 << 20, ..Limits::default() };
    let error = failure(&layer, 3, limits);
    let CallFailure::Memory { limit, wanted } = error.failure else { panic!("{error}") };
    assert_eq!(limit, 8 << 20);
    assert!(wanted > limit && error.usage.peak_memory_bytes <= limit, "{wanted}, {:?}", error.usage);
    assert_eq!(
        error.to_string(),
        format!(
            "layer test/hungry@0.1.0: wanted {wanted} bytes of memory, over its limit of 8388608: keep less at a time, \
             or raise its `memory-mib` limit"
        )
    );
    assert_usable(&layer);
}

#[test]
fn a_panic_is_told_with_its_message_file_and_line() {
    let layer = load("panics");
    let error = failure(&layer, 3, Limits::default());
    assert_eq!(
        error.to_string(),
        "layer test/panics@0.1.0: panicked: on purpose, with 3 instruments (tests/hostile/examples/panics.rs:21)"
    );
    assert_usable(&layer);
}

#[test]
fn a_fault_is_the_layers_own_word() {
    let layer = load("fault");
    let error = failure(&layer, 3, Limits::default());
    assert_eq!(error.to_string(), "layer test/fault@0.1.0: reported a fault: gave up on 3 instruments");
    let fault = CallFailure::Fault { message: "gave up on 3 instruments".into(), instrument: None };
    assert_eq!(error.failure, fault);
    assert!(error.usage.fuel > 0 && error.usage.peak_memory_bytes > 0, "{:?}", error.usage);
    assert_usable(&layer);
}

#[test]
fn a_cancelled_call_ends_within_a_tick() {
    let layer = load("spin");
    let cancel = Cancel::new();
    let started = Barrier::new(2);
    let error = std::thread::scope(|scope| {
        let call = scope.spawn(|| {
            started.wait();
            let limits = Limits { fuel: ENDLESS_FUEL, wall: LONG, ..Limits::default() };
            layer.scan(&batch(3), &[], limits, &cancel).unwrap_err()
        });
        started.wait();
        cancel.clone().cancel();
        call.join().unwrap()
    });
    assert_eq!(error.to_string(), "layer test/spin@0.1.0: stopped, because the scan was interrupted");
    assert!(error.usage.wall < LONG, "{:?}", error.usage);
    assert_usable(&layer);
}

#[test]
fn a_flood_of_log_lines_is_capped_and_the_answer_is_still_there() {
    let lines = Arc::new(Lines::default());
    let runtime =
        Runtime::new(RuntimeOptions { sink: Some(lines.clone()), ..RuntimeOptions::default() }).unwrap();
    let layer = runtime.load("flood", &hostile("flood")).unwrap();
    let answer = scan(&layer, &batch(3), Limits::default()).unwrap();
    assert_keeps(&answer.value, 3);
    // 64 KiB of lines that are cut at 1 KiB
    let kept = LogLine { level: LogLevel::Warn, message: "x".repeat(1024) };
    assert_eq!(answer.log[..64], vec![kept; 64]);
    let told = "9936 more log lines dropped: the limits are 1000 lines and 65536 bytes per call";
    assert_eq!(answer.log[64..], [LogLine { level: LogLevel::Warn, message: told.to_owned() }]);
    let seen = lines.0.lock().unwrap();
    assert_eq!(*seen, vec![("test/flood@0.1.0".to_owned(), LogLevel::Warn, "x".repeat(1024)); 64]);
}

#[test]
fn log_lines_reach_the_sink_and_the_answer() {
    let lines = Arc::new(Lines::default());
    let runtime =
        Runtime::new(RuntimeOptions { sink: Some(lines.clone()), ..RuntimeOptions::default() }).unwrap();
    let layer = runtime.load("logs", &hostile("logs")).unwrap();
    let answer = scan(&layer, &batch(1), Limits::default()).unwrap();
    assert_eq!(answer.log, [LogLine { level: LogLevel::Info, message: "enter".to_owned() }]);
    assert_eq!(
        *lines.0.lock().unwrap(),
        [("test/logs@0.1.0".to_owned(), LogLevel::Info, "enter".to_owned())]
    );
}

#[test]
fn log_limits_of_nothing_drop_every_line_and_change_no_answer() {
    let layer = load("logs");
    let limits = Limits { log_bytes: 0, log_line_bytes: 0, ..Limits::default() };
    let answer = scan(&layer, &batch(2), limits).unwrap();
    assert_keeps(&answer.value, 2);
    assert!(answer.log.iter().all(|line| line.message.is_empty()), "{:?}", answer.log);
}

/// The sandbox believes the shape of an answer only: what makes no sense is for its caller to refuse.
#[test]
fn senseless_answers_come_through_as_they_are() {
    let report = |name: &str| scan(&load(name), &batch(3), Limits::default()).unwrap().value;
    assert_eq!(report("short_columns").outcomes, [Outcome::Keep; 2]);
    assert!(report("nan_scores").scores.iter().all(|score| score.is_nan()));
    assert_eq!(report("bad_text").reasons, ["\u{1b}[2J\u{1b}[31mcleared"]);
    assert_eq!(report("undeclared_alert").alerts[0].kind, "UNDECLARED");
    assert_eq!(report("silly_alert").alerts.len(), 4);
}

#[test]
fn one_runtime_works_on_after_every_failure() {
    let runtime = runtime();
    let [good, spin, hungry, panics, fault] = ["empty", "spin", "hungry", "panics", "fault"]
        .map(|name| runtime.load(name, &hostile(name)).unwrap());
    let limits = Limits { fuel: 10_000_000, memory_bytes: 4 << 20, ..Limits::default() };
    let expected = scan(&good, &batch(5), limits).unwrap();
    // more rounds than the pool has slots: a slot that was lost would be missed
    for _ in 0..20 {
        for bad in [&spin, &hungry, &panics, &fault] {
            failure(bad, 5, limits);
            let answer = scan(&good, &batch(5), limits).unwrap();
            assert_eq!(answer.value, expected.value);
            assert_eq!(answer.usage.fuel, expected.usage.fuel);
        }
    }
}

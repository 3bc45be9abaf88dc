//! The families of misbehaving layers, as far as the sandbox has to do with them: texts, logs, needs, state and what
//! just fits a limit. What an answer says is for the sandbox's caller to judge.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_runtime::{Answer, CallError, Cancel, Layer, Limits, LogLevel, Report, Setting, Value};
use std::collections::BTreeSet;
use support::{assert_keeps, batch, hostile, load, runtime};

fn text(name: &str, value: &str) -> Setting {
    Setting { name: name.to_owned(), value: Value::Text(value.to_owned()) }
}

fn whole(name: &str, value: i32) -> Setting {
    Setting { name: name.to_owned(), value: Value::Integer(value) }
}

fn call(layer: &Layer, settings: &[Setting], limits: Limits) -> Result<Answer<Report>, Box<CallError>> {
    layer.scan(&batch(3), settings, limits, &Cancel::new())
}

/// What the layer of texts is stopped with.
fn texts(layer: &Layer, kind: &str, place: &str) -> String {
    call(layer, &[text("kind", kind), text("place", place)], Limits::default()).unwrap_err().to_string()
}

#[test]
fn a_hostile_fault_is_told_in_one_clean_line() {
    let layer = load("texts");
    let fault = |kind: &str| {
        let error = texts(&layer, kind, "fault");
        error.strip_prefix("layer test/texts@0.1.0: reported a fault: ").unwrap_or(&error).to_owned()
    };
    assert_eq!(fault("ten-megabytes"), "y".repeat(500));
    assert_eq!(fault("lines"), "one two  three");
    assert_eq!(fault("nul"), "before\u{fffd}after");
    assert_eq!(fault("escapes"), "\u{fffd}[2J\u{fffd}]0;owned\u{fffd}\u{fffd}31mred");
    assert_eq!(fault("override"), "100 \u{fffd}sselhtrow");
    assert_eq!(fault("isolate"), "a\u{fffd}b\u{fffd}c");
    // what is only hostile to a page or a statement is a text like any other
    assert_eq!(fault("html"), "<script>alert(1)</script><img src=x onerror=alert(2)>&amp;");
    assert_eq!(fault("sql"), "'); DROP TABLE verdicts; --");
    assert_eq!(fault("empty"), "");
}

#[test]
fn a_hostile_panic_is_told_in_one_clean_line() {
    let layer = load("texts");
    let panic = |kind: &str| {
        let error = texts(&layer, kind, "panic");
        error.strip_prefix("layer test/texts@0.1.0: panicked: ").unwrap_or(&error).to_owned()
    };
    let place = "(tests/hostile/examples/texts.rs:";
    assert!(panic("none").starts_with(&format!("harmless {place}")), "{}", panic("none"));
    assert!(panic("lines").starts_with(&format!("one two  three {place}")), "{}", panic("lines"));
    let escapes = panic("escapes");
    assert!(escapes.starts_with("\u{fffd}[2J") && !escapes.contains(char::is_control), "{escapes:?}");
    assert!(panic("megabyte").len() <= Limits::default().log_line_bytes, "{}", panic("megabyte").len());
}

#[test]
fn a_hostile_log_line_is_cut_and_cleaned_and_changes_no_answer() {
    let layer = load("texts");
    let line = |kind: &str| {
        let settings = [text("kind", kind), text("place", "log")];
        let answer = call(&layer, &settings, Limits::default()).unwrap();
        assert_keeps(&answer.value, 3);
        let [line] = answer.log.try_into().unwrap();
        assert_eq!(line.level, LogLevel::Warn);
        line.message
    };
    assert_eq!(line("ten-megabytes"), "y".repeat(1024));
    assert_eq!(line("escapes"), "\u{fffd}[2J\u{fffd}]0;owned\u{fffd}\u{fffd}31mred");
    assert_eq!(line("lines"), "one two  three");
    assert_eq!(line("override"), "100 \u{fffd}sselhtrow");
}

#[test]
fn texts_of_an_answer_come_through_as_they_are() {
    let layer = load("texts");
    for (kind, expected) in [
        ("escapes", "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31mred".to_owned()),
        ("nul", "before\0after".to_owned()),
        ("megabyte", "x".repeat(1 << 20)),
        ("emoji", "📈 naïve Ελλάδα".to_owned()),
    ] {
        let answer = call(&layer, &[text("kind", kind)], Limits::default()).unwrap();
        assert_eq!(answer.value.reasons, [expected], "{kind}");
    }
}

#[test]
fn so_many_log_lines_are_kept_and_one_more_is_counted() {
    let layer = load("flood");
    let limits = Limits { log_lines: 10, ..Limits::default() };
    let log =
        |lines: i32| call(&layer, &[whole("lines", lines), whole("line-bytes", 5)], limits).unwrap().log;
    assert_eq!(log(10).len(), 10);
    let over = log(11);
    assert_eq!(over[..10], log(10)[..]);
    assert_eq!(
        over[10].message,
        "1 more log lines dropped: the limits are 10 lines and 65536 bytes per call"
    );
}

#[test]
fn so_many_log_bytes_are_kept_and_one_more_drops_its_line() {
    let layer = load("flood");
    let limits = Limits { log_bytes: 1000, log_line_bytes: 2000, ..Limits::default() };
    let log = |bytes: i32| {
        let settings = [whole("lines", 1), whole("line-bytes", bytes)];
        call(&layer, &settings, limits).unwrap().log.remove(0).message
    };
    assert_eq!(log(1000), "x".repeat(1000));
    assert_eq!(log(1001), "1 more log lines dropped: the limits are 1000 lines and 1000 bytes per call");
}

#[test]
fn a_layer_that_burns_just_what_it_has_answers_and_one_turn_more_is_too_much() {
    let layer = load("burns");
    let turns =
        |turns: i32, fuel: u64| call(&layer, &[whole("turns", turns)], Limits { fuel, ..Limits::default() });
    let used = turns(100_000, Limits::default().fuel).unwrap().usage.fuel;
    assert_eq!(turns(100_000, used).unwrap().usage.fuel, used);
    // the last few instructions of a call may be for free, those of a thousand turns are not
    let error = turns(101_000, used).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "layer test/burns@0.1.0: used up its fuel of {used}: make it do less per instrument, or raise its `fuel` limit"
        )
    );
    assert_eq!(error.usage.fuel, used);
}

/// Static state would make the second call differ: no call sees another one's.
#[test]
fn a_layer_that_counts_its_calls_never_comes_beyond_the_first() {
    let layer = load("state");
    for _ in 0..5 {
        assert!(layer.prepare(&[text("kind", "counts")], Limits::default()).unwrap().value.is_ok());
        let answer = call(&layer, &[text("kind", "counts")], Limits::default()).unwrap();
        assert_eq!(answer.value.scores, [1.0; 3]);
    }
}

#[test]
fn a_layer_that_faults_on_every_second_call_never_does() {
    let layer = load("state");
    let answers: BTreeSet<String> = (0..10)
        .map(|_| call(&layer, &[text("kind", "every-second")], Limits::default()).unwrap())
        .map(|answer| format!("{:?} {}", answer.value, answer.usage.fuel))
        .collect();
    assert_eq!(answers.len(), 1);
}

#[test]
fn threads_do_not_share_the_state_of_a_layer_either() {
    let layer = load("state");
    let scores = || call(&layer, &[text("kind", "counts")], Limits::default()).unwrap().value.scores;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(scores)).collect();
        threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap(), [1.0; 3]));
    });
}

#[test]
fn ten_million_alerts_are_stopped_by_the_layers_own_memory() {
    let error = call(&load("columns"), &[text("kind", "alerts-ten-million")], Limits::default()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("layer test/columns@0.1.0: wanted ") && text.contains("over its limit of 67108864"),
        "{text}"
    );
    assert!(error.usage.peak_memory_bytes <= 64 << 20, "{:?}", error.usage);
}

#[test]
fn needs_without_end_are_handed_over_or_told_and_never_hurt() {
    let layer = load("needs");
    let prepare = |kind: &str, report_bytes: usize| {
        let limits = Limits { report_bytes, fuel: 200_000_000, ..Limits::default() };
        layer.prepare(&[text("kind", kind)], limits).map(|answer| answer.value.unwrap())
    };
    assert_eq!(prepare("many-references", 16 << 20).unwrap().references.len(), 100_000);
    assert_eq!(prepare("many-facts", 16 << 20).unwrap().facts.len(), 100_000);
    assert_eq!(prepare("billion-bars", 16 << 20).unwrap().bars[0].lookback, 1_000_000_000);
    let error = prepare("many-references", 1 << 20).unwrap_err().to_string();
    assert!(error.contains("could not be read within 1048576 bytes"), "{error}");
    let error = prepare("loop", 1 << 20).unwrap_err().to_string();
    assert_eq!(
        error,
        "layer test/needs@0.1.0: used up its fuel of 200000000: make it do less per instrument, or raise its `fuel` limit"
    );
    let error = prepare("panic", 1 << 20).unwrap_err().to_string();
    assert!(
        error.starts_with("layer test/needs@0.1.0: panicked: on purpose, in prepare (tests/hostile/"),
        "{error}"
    );
}

#[test]
fn settings_refused_at_length_are_handed_over_within_the_report_limit_only() {
    let layer = runtime().load("needs", &hostile("needs")).unwrap();
    let refused = |report_bytes: usize| {
        let limits = Limits { report_bytes, ..Limits::default() };
        layer.prepare(&[text("kind", "refuses-at-length")], limits)
    };
    let faults = refused(16 << 20).unwrap().value.unwrap_err();
    assert_eq!((faults.len(), faults[2].message.len()), (3, 1 << 20));
    assert!(refused(2 << 20).unwrap_err().to_string().contains("could not be read within 2097152 bytes"));
}

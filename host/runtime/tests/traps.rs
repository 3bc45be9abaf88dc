//! Layers written by hand that trap, eat and lie in ways that no compiler would make: every one is stopped, told in
//! one line, and leaves the runtime as it was.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_hostile::by_hand::{ByHand, report_field};
use sluice_runtime::{Layer, Limits, Runtime};
use std::fmt::Write;
use support::{assert_keeps, batch, failure, runtime, scan};

const LOOP: &str = "(loop $turn (br $turn))";

/// Code and what it does. Each must work wherever it stands.
const TRAPS: [(&str, &str); 6] = [
    ("endless loop", LOOP),
    ("unreachable", "unreachable"),
    ("divide by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
    ("overflow", "(drop (i32.div_s (i32.const -2147483648) (i32.const -1)))"),
    ("NaN as an integer", "(drop (i32.trunc_f64_s (f64.const nan)))"),
    ("out of bounds", "(i32.store (i32.const -4) (i32.const 1))"),
];

/// The same for code that needs fields of the module.
const WITH_FIELDS: [(&str, &str, &str); 6] = [
    ("endless recursion", "(func $down (call $down))", "(call $down)"),
    (
        "empty table element",
        "(table 1 funcref) (type $none (func))",
        "(call_indirect (type $none) (i32.const 0))",
    ),
    ("outside the table", "(table 1 funcref) (type $none (func))", "(call_indirect (type $none) (i32.const 9))"),
    (
        "one memory",
        "",
        "(if (i32.eq (memory.grow (i32.const 30000)) (i32.const -1)) (then unreachable))",
    ),
    (
        "many memories",
        "(memory $b 1) (memory $c 1) (memory $d 1) (memory $e 1)",
        "(loop $turn
           (drop (memory.grow $b (i32.const 64))) (drop (memory.grow $c (i32.const 64)))
           (drop (memory.grow $d (i32.const 64)))
           (br_if $turn (i32.ne (memory.grow $e (i32.const 64)) (i32.const -1)))) unreachable",
    ),
    (
        "tables",
        "(table $a 1 funcref) (table $b 1 funcref)",
        "(loop $turn
           (drop (table.grow $a (ref.null func) (i32.const 1000)))
           (br_if $turn (i32.ne (table.grow $b (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable",
    ),
];

fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    TRAPS.into_iter().map(|(name, code)| (name, "", code)).chain(WITH_FIELDS)
}

fn small() -> Limits {
    Limits { fuel: 1_000_000, memory_bytes: 32 << 20, ..Limits::default() }
}

fn load(runtime: &Runtime, layer: &ByHand) -> Layer {
    runtime.load("hand.wasm", &layer.component()).unwrap()
}

/// One line per misbehaviour.
fn told(lines: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut text = String::new();
    for (name, error) in lines {
        assert!(!error.contains(char::is_control), "{name}: {error:?}");
        writeln!(text, "{name}: {error}").unwrap();
    }
    text
}

#[test]
fn a_layer_by_hand_that_behaves_gives_an_answer() {
    let layer = load(&runtime(), &ByHand::new("test/hand"));
    let report = scan(&layer, &batch(7), small()).unwrap().value;
    assert_keeps(&report, 7);
    assert_eq!((report.scores, report.reasons), (vec![0.0; 7], vec![String::new()]));
    assert_eq!(layer.label(), "test/hand@0.1.0");
}

#[test]
fn every_trap_in_scan_is_told_and_the_runtime_works_on() {
    let runtime = runtime();
    let good = load(&runtime, &ByHand::new("test/good"));
    let texts = told(all().map(|(name, fields, code)| {
        let layer = load(&runtime, &ByHand::new("test/trap").fields(fields).scan(code));
        let error = failure(&layer, 3, small()).to_string();
        assert_eq!(failure(&layer, 3, small()).to_string(), error, "{name}: not the same twice");
        assert_keeps(&scan(&good, &batch(3), small()).unwrap().value, 3);
        (name, error)
    }));
    insta::assert_snapshot!(texts);
}

#[test]
fn every_trap_in_prepare_is_told_and_the_runtime_works_on() {
    let runtime = runtime();
    let good = load(&runtime, &ByHand::new("test/good"));
    let texts = told(all().map(|(name, fields, code)| {
        let layer = load(&runtime, &ByHand::new("test/trap").fields(fields).prepare(code));
        let error = layer.prepare(&[], small()).unwrap_err().to_string();
        assert!(good.prepare(&[], small()).unwrap().value.is_ok());
        (name, error)
    }));
    insta::assert_snapshot!(texts);
}

#[test]
fn every_trap_in_describe_is_a_refusal_of_the_component() {
    let runtime = runtime();
    let limits = sluice_runtime::LoadLimits { call: small(), ..Default::default() };
    let texts = told(all().map(|(name, fields, code)| {
        let component = ByHand::new("test/trap").fields(fields).describe(code).component();
        let error = runtime.load_within("trap.wasm", &component, &limits).unwrap_err().to_string();
        load(&runtime, &ByHand::new("test/good"));
        (name, error)
    }));
    insta::assert_snapshot!(texts);
}

#[test]
fn every_trap_in_the_start_section_is_a_refusal_that_names_the_start() {
    let runtime = runtime();
    let limits = sluice_runtime::LoadLimits { call: small(), ..Default::default() };
    let texts = told(all().map(|(name, fields, code)| {
        let start = format!("{fields} (func $start {code}) (start $start)");
        let component = ByHand::new("test/trap").fields(&start).component();
        let error = runtime.load_within("trap.wasm", &component, &limits).unwrap_err().to_string();
        (name, error)
    }));
    insta::assert_snapshot!(texts);
}

/// Writes a list of the report: an address and a length.
fn list(name: &str, at: i64, length: i64) -> String {
    let field = report_field(name);
    format!(
        "(i32.store (i32.const {field}) (i32.const {at})) (i32.store (i32.const {}) (i32.const {length}))",
        field + 4
    )
}

#[test]
fn answers_that_lie_about_memory_are_refused_by_the_host_not_believed() {
    let zeros = 65_536;
    let word = |at: u32, value: i64| format!("(i32.store (i32.const {at}) (i32.const {value}))");
    let answer = u32::try_from(report_field("outcomes")).unwrap() - 4;
    let lies = [
        ("ten million alerts without memory", list("alerts", zeros, 10_000_000)),
        ("scores beyond the memory", list("scores", 262_144 - 8, 2)),
        ("scores at the end of all addresses", list("scores", -8, 3)),
        ("more scores than there are addresses", list("scores", zeros, 0x4000_0000)),
        ("scores that are not aligned", list("scores", zeros + 1, 3)),
        (
            "a reason beyond the memory",
            format!("{}{}{}", list("reasons", 70_000, 1), word(70_000, 262_143), word(70_004, 2)),
        ),
        (
            "a reason that is no UTF-8",
            format!(
                "{}{}{}{}",
                list("reasons", 70_000, 1),
                word(70_000, 70_100),
                word(70_004, 4),
                word(70_100, 0xff)
            ),
        ),
        ("an outcome that does not exist", format!("{}{}", list("outcomes", 70_000, 3), word(70_000, 9))),
        ("neither report nor fault", format!("(i32.store8 (i32.const {answer}) (i32.const 7))")),
    ];
    let runtime = runtime();
    let texts = told(lies.into_iter().map(|(name, code)| {
        let layer = load(&runtime, &ByHand::new("test/liar").scan(&code));
        (name, failure(&layer, 3, small()).to_string())
    }));
    insta::assert_snapshot!(texts);
}

#[test]
fn an_answer_over_the_report_limit_is_refused_before_it_is_copied() {
    let layer =
        load(&runtime(), &ByHand::new("test/large").pages(512).scan(&list("alerts", 1 << 20, 150_000)));
    let limits = |report_bytes| Limits { report_bytes, ..Limits::default() };
    let error = failure(&layer, 3, limits(16 << 20));
    assert_eq!(
        error.to_string(),
        "layer test/large@0.1.0: handed over an answer or a log line that could not be read within 16777216 bytes (too much \
         data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted): make it \
         answer less, or raise its `report-mib` limit"
    );
    assert_eq!(scan(&layer, &batch(3), limits(256 << 20)).unwrap().value.alerts.len(), 150_000);
}

#[test]
fn a_fault_of_ten_megabytes_is_cut_and_one_beyond_the_report_limit_is_not_read() {
    let answer = report_field("outcomes") - 4;
    let fault = |bytes: usize| {
        format!(
            "(i32.store8 (i32.const {answer}) (i32.const 1))
             (i32.store (i32.const {}) (i32.const 131072)) (i32.store (i32.const {}) (i32.const {bytes}))
             (memory.fill (i32.const 131072) (i32.const 122) (i32.const {bytes}))
             (i32.store (i32.const {}) (i32.const 0))",
            answer + 4,
            answer + 8,
            answer + 12
        )
    };
    let layer = |bytes| load(&runtime(), &ByHand::new("test/fault").pages(400).scan(&fault(bytes)));
    let error = failure(&layer(10 << 20), 3, Limits::default()).to_string();
    assert_eq!(error, format!("layer test/fault@0.1.0: reported a fault: {}", "z".repeat(500)));
    let error = failure(&layer(17 << 20), 3, Limits::default());
    assert_eq!(
        error.to_string(),
        "layer test/fault@0.1.0: handed over an answer or a log line that could not be read within 16777216 bytes (too much \
         data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted): make it \
         answer less, or raise its `report-mib` limit"
    );
}

/// A layer that calls itself so many times, and then answers.
fn deep(depth: u32) -> ByHand {
    let down = "(func $down (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
          (then (i32.const 0))
          (else (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))))";
    ByHand::new("test/deep").fields(down).scan(&format!("(drop (call $down (i32.const {depth})))"))
}

#[test]
fn a_layer_recurses_as_deep_as_its_stack_is_and_not_once_more() {
    let runtime = runtime();
    let call = |depth: u32, stack_bytes: usize| {
        let limits = Limits { stack_bytes, ..Limits::default() };
        let load = sluice_runtime::LoadLimits { call: limits, ..Default::default() };
        let layer = runtime.load_within("deep", &deep(depth).component(), &load).unwrap();
        scan(&layer, &batch(1), limits).map(|answer| answer.usage.fuel)
    };
    let deepest = |stack_bytes| {
        let (mut works, mut fails) = (1, 200_000);
        while fails - works > 1 {
            let middle = u32::midpoint(works, fails);
            if call(middle, stack_bytes).is_ok() { works = middle } else { fails = middle }
        }
        works
    };
    let half = 256 << 10;
    let depth = deepest(half);
    assert!(call(depth, half).is_ok());
    assert_eq!(
        call(depth + 1, half).unwrap_err().to_string(),
        "layer test/deep@0.1.0: called itself too deeply for its stack of 262144 bytes: make it recurse less, or raise \
         its `stack-kib` limit"
    );
    // twice the stack takes it twice as deep, so that raising the limit helps as the message says
    assert!(call(2 * depth, 2 * half).is_ok(), "{depth}");
}

#[test]
fn descriptors_that_make_no_sense_are_refused_with_field_and_value() {
    use sluice_hostile::by_hand::{OneParameter, Parameters};
    let one = |default, minimum, maximum| Parameters::One(OneParameter { default, minimum, maximum });
    let hand = || ByHand::new("test/hand");
    let with = |parameters| hand().pages(24).parameters(parameters);
    let layers = [
        ("empty id", ByHand::new("")),
        ("id without author", ByHand::new("hand")),
        ("id with capitals", ByHand::new("Test/Hand")),
        ("id of a path", ByHand::new("../../etc/passwd")),
        ("id of 65 bytes", ByHand::new(&format!("test/{}", "x".repeat(60)))),
        ("id with an escape", ByHand::new("test/\u{1b}[2J")),
        ("no version", hand().version("")),
        ("no semantic version", hand().version("1.0")),
        ("version with an escape", hand().version("1.0.0\u{7}")),
        ("summary of 2001 bytes", hand().summary(&"s".repeat(2001))),
        ("summary that turns the text", hand().summary("safe \u{202e}ton")),
        ("minimum above maximum", with(one(5.0, Some(9.0), Some(1.0)))),
        ("minimum NaN", with(one(5.0, Some(f64::NAN), Some(1.0)))),
        ("default below its minimum", with(one(0.5, Some(1.0), Some(2.0)))),
        ("default above its maximum", with(one(2.5, Some(1.0), Some(2.0)))),
        ("default NaN", with(one(f64::NAN, None, None))),
        ("default infinite", with(one(f64::INFINITY, None, None))),
        ("10,000 parameters", with(Parameters::Many(10_000))),
        ("257 parameters", with(Parameters::Many(257))),
        ("parameter without a name", with(Parameters::Many(1))),
    ];
    let runtime = runtime();
    let texts =
        told(layers.into_iter().map(|(name, layer)| {
            (name, runtime.load("bad.wasm", &layer.component()).unwrap_err().to_string())
        }));
    insta::assert_snapshot!(texts);
    let edge = with(one(1.0, Some(1.0), Some(1.0))).summary(&"s".repeat(2000)).version("1.0.0-rc.1+b");
    assert_eq!(load(&runtime, &edge).label(), "test/hand@1.0.0-rc.1+b");
    load(&runtime, &ByHand::new(&format!("test/{}", "x".repeat(59))));
}

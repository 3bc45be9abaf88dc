//! Files that are no layer, or say so too late: refused in one line, and nothing of them stays.

use super::{Outcome, Stand};
use crate::support::{Home, contents, test_layer};
use sluice_hostile::by_hand::{ByHand, OneParameter, Parameters};

/// One line per file: what it is, and why it is refused.
fn refused(home: &Home, files: impl IntoIterator<Item = (&'static str, Vec<u8>)>) -> String {
    let mut told = String::new();
    for (name, bytes) in files {
        let file = home.file("layer.wasm", bytes);
        let error = home.fails(&["layer", "install", &file]);
        assert!(error.len() < 1000 && !error.contains(char::is_control), "{name}: {error:?}");
        told += &format!("{name}: {}\n", error.replace(&file, "FILE"));
    }
    assert_eq!(home.json(&["status"])["installed_layers"], 0);
    assert!(!home.path().join("sluice.db").exists(), "a refused layer left a database");
    told
}

fn component(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn importing(name: &str) -> Vec<u8> {
    component(&format!(
        r#"(component (import "{name}" (instance)) (instance $s)
            (export "sluice:layer/scanner@0.1.0" (instance $s)))"#
    ))
}

#[test]
fn what_is_no_layer_is_refused_with_what_it_is_and_what_to_do() {
    let home = Home::compiled();
    let whole = ByHand::new("test/hand").component();
    let exports =
        |name: &str| component(&format!(r#"(component (instance $s) (export "{name}" (instance $s)))"#));
    let told = refused(
        &home,
        [
            ("core module", component("(module)")),
            ("wrong world", exports("acme:other/world@1.0.0")),
            ("newer contract", exports("sluice:layer/scanner@9.0.0")),
            ("wasi:filesystem", importing("wasi:filesystem/types@0.2.0")),
            ("wasi:sockets", importing("wasi:sockets/tcp@0.2.0")),
            ("wasi:http", importing("wasi:http/outgoing-handler@0.2.0")),
            ("wasi:random", importing("wasi:random/random@0.2.0")),
            ("wasi:clocks", importing("wasi:clocks/monotonic-clock@0.2.0")),
            ("truncated", whole[..whole.len() - 1].to_vec()),
            ("half", whole[..whole.len() / 2].to_vec()),
            ("its first bytes only", whole[..8].to_vec()),
            ("a bit flipped in the head", flipped(&whole, 4)),
            ("another kind of file", b"\x7fELF\x02\x01\x01".to_vec()),
            ("compiled code", compiled(&home)),
        ],
    );
    insta::assert_snapshot!(told);
}

fn flipped(whole: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    bytes[at] ^= 1;
    bytes
}

/// A `.cwasm` that this very program made: an entry of the cache without its magic and checksum.
fn compiled(home: &Home) -> Vec<u8> {
    const HEAD_BYTES: usize = 8 + 32;
    let (_, entry) = contents(&home.path().join("cache")).into_iter().next().unwrap();
    entry[HEAD_BYTES..].to_vec()
}

#[test]
fn what_misbehaves_while_it_is_asked_who_it_is_is_refused() {
    let home = Home::compiled();
    let describe = |code: &str| ByHand::new("test/hand").describe(code).component();
    let start = |code: &str| {
        ByHand::new("test/hand").fields(&format!("(func $start {code}) (start $start)")).component()
    };
    // a turn that is long in fuel and short in time, for here the limits are those of every layer
    let endless = format!("(loop $turn {} (br $turn))", "(drop (i32.const 0))".repeat(10_000));
    let told = refused(
        &home,
        [
            ("endless loop in describe", describe(&endless)),
            ("endless loop in the start section", start(&endless)),
            ("recursion in the start section", start("(call $start)")),
            ("unreachable in describe", describe("unreachable")),
            ("unreachable in the start section", start("unreachable")),
            ("memory in the start section", start("(drop (memory.grow (i32.const 60000))) unreachable")),
        ],
    );
    insta::assert_snapshot!(told);
}

#[test]
fn what_describes_itself_wrongly_is_refused_with_field_and_value() {
    let home = Home::compiled();
    let hand = || ByHand::new("test/hand");
    let one = |default, minimum, maximum| {
        hand().parameters(Parameters::One(OneParameter { default, minimum, maximum })).component()
    };
    let told = refused(
        &home,
        [
            ("empty id", ByHand::new("").component()),
            ("no semantic version", hand().version("one").component()),
            ("minimum above maximum", one(5.0, Some(9.0), Some(1.0))),
            ("default out of bounds", one(3.0, Some(1.0), Some(2.0))),
            ("10,000 parameters", hand().pages(24).parameters(Parameters::Many(10_000)).component()),
            ("terminal escapes", hand().summary("\u{1b}]0;owned\u{7}").component()),
        ],
    );
    insta::assert_snapshot!(told);
}

/// A flipped bit makes another layer, or none; never a crash, and never one under a false name beside the true one.
#[test]
fn flipped_bits_make_a_layer_or_a_refusal_in_one_line() {
    let home = Home::compiled();
    let whole = std::fs::read(test_layer("fault")).unwrap();
    for part in 0..8 {
        let file = home.file("flipped.wasm", flipped(&whole, whole.len() * part / 8));
        let ran = home.run(&["layer", "install", &file]);
        match ran.code {
            0 => {
                home.ok(&["layer", "remove", "test/fault@0.1.0"]);
            }
            4 => assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr),
            other => panic!("byte {part}/8: {other} {}", ran.stderr),
        }
    }
    home.ok(&["layer", "install", &test_layer("fault")]);
}

/// One that was fine when it was installed: then its limits became tighter.
#[test]
fn an_installed_layer_that_cannot_be_loaded_any_more_faults_alone() {
    let stand = Stand::with("texts");
    let home = stand.configured("", "compile-ms = 1", "");
    std::fs::remove_dir_all(home.path().join("cache")).unwrap();
    let outcome = Outcome::of(home);
    assert_eq!(
        stand.fault_of("", &outcome),
        "cannot be loaded: installed layer test/texts@0.1.0: compiling it was given up at its limit of 1 ms: make the \
         component smaller, or raise its `compile-ms` limit"
    );
    assert_eq!(outcome.hostile()["calls"], 0);
    stand.is_good_again(&outcome.home);
}

//! Bytes that are no layer: each is a one-line error, none a panic, whatever is wrong with them.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sluice_runtime::{LoadError, Runtime, inspect};
use support::{bundled, hostile, runtime};

const NAME: &str = "x.wasm";

fn refusal(runtime: &Runtime, bytes: &[u8]) -> LoadError {
    let error = runtime.load(NAME, bytes).unwrap_err();
    assert_one_line(&error);
    error
}

fn assert_one_line(error: &LoadError) {
    let text = error.to_string();
    assert!(text.starts_with("x.wasm: "), "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    assert!(text.len() < 1000, "{text}");
}

/// A component with a scanner whose functions are `functions`, all implemented by one that gives 0.
fn scanner(functions: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            (core module $m (func (export "f") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $f (result u32) (canon lift (core func $i "f")))
            (instance $s {functions})
            (export "sluice:layer/scanner@0.1.0" (instance $s)))"#
    ))
    .unwrap()
}

#[test]
fn functions_of_another_type_are_a_mismatch() {
    let bytes =
        scanner(r#"(export "describe" (func $f)) (export "prepare" (func $f)) (export "scan" (func $f))"#);
    let error = refusal(&runtime(), &bytes);
    assert!(matches!(error, LoadError::Mismatch { .. }));
    assert_eq!(
        error.to_string(),
        "x.wasm: the layer does not fit sluice:layer 0.1 (failed to convert function to given type: type mismatch with \
         results: expected `record` found `u32`): build it with the matching SDK"
    );
}

#[test]
fn a_missing_function_is_a_mismatch() {
    let error = refusal(&runtime(), &scanner(r#"(export "describe" (func $f))"#));
    assert!(matches!(error, LoadError::Mismatch { .. }));
    assert_eq!(
        error.to_string(),
        "x.wasm: the layer does not fit sluice:layer 0.1 (instance export `sluice:layer/scanner@0.1.0` does not have \
         export `prepare`): build it with the matching SDK"
    );
}

#[test]
fn a_log_of_another_type_is_a_mismatch() {
    let bytes = wat::parse_str(
        r#"(component
            (import "sluice:layer/log@0.1.0" (instance (export "log" (func (param "line" string)))))
            (instance $s) (export "sluice:layer/scanner@0.1.0" (instance $s)))"#,
    )
    .unwrap();
    let error = refusal(&runtime(), &bytes);
    assert!(matches!(error, LoadError::Mismatch { .. }));
    assert_eq!(
        error.to_string(),
        "x.wasm: the layer does not fit sluice:layer 0.1 (component imports instance `sluice:layer/log@0.1.0`, but a \
         matching implementation was not found in the linker: instance export `log` has the wrong type: type mismatch \
         with parameters: expected 2-tuple, found 1-tuple): build it with the matching SDK"
    );
}

/// Replaces a text in the data of a component by one of the same length.
fn patched(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut found = 0;
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
            found += 1;
        }
    }
    assert!(found > 0, "{from} is nowhere in the component");
    bytes
}

#[test]
fn a_descriptor_that_makes_no_sense_is_refused_with_field_and_value() {
    let runtime = runtime();
    let told = |name: &str, from: &str, to: &str| {
        let error = refusal(&runtime, &patched(hostile(name), from, to)).to_string();
        error.strip_prefix("x.wasm: the layer describes itself wrongly: ").unwrap_or(&error).to_owned()
    };
    assert_eq!(
        told("empty", "test/empty", "test empty"),
        "id \"test empty\" is not author/name in lower-case letters, digits and hyphens, at most 64 bytes"
    );
    assert_eq!(
        told("empty", "Keeps everything.", "Keeps\u{1b}[2Jerything"),
        "summary \"Keeps\u{fffd}[2Jerything\" has control characters"
    );
    assert_eq!(
        told("kernel", "relative-volume", "relative volume"),
        "measure name \"relative volume\" is not in lower-case letters, digits and hyphens, at most 64 bytes"
    );
    assert_eq!(told("silly_alert", "TEST", "TE T"), "alert kind \"TE T\" is no word of at most 64 letters");
}

#[test]
fn compiled_code_is_refused_whatever_engine_made_it() {
    let engine = wasmtime::Engine::default();
    let component = wasmtime::component::Component::from_binary(&engine, &hostile("empty")).unwrap();
    let error = refusal(&runtime(), &component.serialize().unwrap());
    assert!(matches!(error, LoadError::Precompiled { .. }));
    assert_eq!(
        error.to_string(),
        "x.wasm: this is precompiled native code, which is never accepted as a layer: install the WebAssembly \
         component that it was made from"
    );
}

#[test]
fn a_component_cut_anywhere_is_refused_in_one_line() {
    let (runtime, whole) = (runtime(), bundled("volume"));
    for part in 0..400 {
        let cut = whole.len() * part / 400;
        refusal(&runtime, &whole[..cut]);
    }
    refusal(&runtime, &whole[..whole.len() - 1]);
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same flips in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(limit).unwrap()).unwrap()
    }
}

fn flipped(whole: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        bytes[at] ^= 1 << random.below(8);
    }
    bytes
}

#[test]
fn flipped_bits_never_panic_the_inspection() {
    let whole = hostile("empty");
    let mut random = Random(1);
    for _ in 0..3000 {
        if let Err(error) = inspect(NAME, &flipped(&whole, &mut random)) {
            assert_one_line(&error);
        }
    }
}

#[test]
fn flipped_bits_make_a_layer_or_a_refusal_and_never_a_panic() {
    let runtime = runtime();
    let whole = hostile("fault");
    let (mut random, mut taken, mut refused) = (Random(2), 0, 0);
    for _ in 0..200 {
        match runtime.load(NAME, &flipped(&whole, &mut random)) {
            Ok(_) => taken += 1,
            Err(error) => {
                assert_one_line(&error);
                refused += 1;
            }
        }
    }
    // both ways were walked
    assert!(taken > 10 && refused > 10, "{taken} taken, {refused} refused");
    assert_eq!(runtime.load("fault", &whole).unwrap().id(), "test/fault");
}

//! Bytes of a would-be layer: looked at, compiled, asked who they are, asked what they need, asked to scan. Whatever
//! they are, the host lives, and says in one line what is wrong.
#![cfg_attr(fuzzing, no_main)]

use sluice_fuzz::{assert_told, edits::edited};
use sluice_hostile::by_hand::{ByHand, OneParameter, Parameters};
use sluice_runtime::{Batch, Cancel, Layer, Limits, LoadLimits, Runtime, RuntimeOptions, Setting, inspect};
use std::sync::LazyLock;
use std::time::Duration;

sluice_fuzz::target!(load);

/// How a component begins: such an input is taken as it is. Any other is a script of edits on a sound component, of
/// which its first byte says the number.
const MAGIC: &[u8] = b"\0asm";

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Runtime::new(RuntimeOptions { calls: 1, ..RuntimeOptions::default() }).expect("no runtime")
});

static SOUND: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let depth = OneParameter { default: 2.0, minimum: Some(1.0), maximum: Some(3.0) };
    let hand = || ByHand::new("fuzz/hand");
    let grows = "(drop (memory.grow (i32.const 2)))";
    let all = [
        hand(),
        hand().parameters(Parameters::One(depth)),
        hand().fields("(table 4 funcref) (memory $b 1)").scan(grows),
        hand().fields(&format!("(func $start {grows}) (start $start)")),
    ];
    all.map(|layer| layer.component()).to_vec()
});

fn limits() -> LoadLimits {
    let call = Limits {
        fuel: 2_000_000,
        wall: Duration::from_secs(2),
        memory_bytes: 16 << 20,
        report_bytes: 1 << 20,
        ..Limits::default()
    };
    LoadLimits { component_bytes: 1 << 20, compile: Duration::from_secs(10), call }
}

fn load(input: &[u8]) {
    let Some((first, script)) = input.split_first() else { return };
    if input.starts_with(MAGIC) {
        return ask(input);
    }
    let sound = &SOUND[usize::from(*first) % SOUND.len()];
    ask(&edited(sound, script));
}

fn ask(component: &[u8]) {
    let limits = limits();
    let looked_at = inspect("fuzz.wasm", component);
    match RUNTIME.load_within("fuzz.wasm", component, &limits) {
        Err(error) => assert_told(&error.to_string()),
        Ok(layer) => {
            assert_eq!(looked_at.expect("refused before it was loaded"), layer.api_version());
            call(&layer, limits.call);
        }
    }
}

fn call(layer: &Layer, limits: Limits) {
    assert_told(layer.label());
    let defaults = layer.descriptor().parameters.iter();
    let settings: Vec<Setting> = defaults
        .map(|parameter| Setting { name: parameter.name.clone(), value: parameter.default.clone() })
        .collect();
    if let Err(error) = layer.prepare(&settings, limits) {
        assert_told(&error.to_string());
    }
    match layer.scan(&Batch::default(), &settings, limits, &Cancel::new()) {
        Ok(answer) => assert!(answer.usage.peak_memory_bytes <= limits.memory_bytes),
        Err(error) => assert_told(&error.to_string()),
    }
}

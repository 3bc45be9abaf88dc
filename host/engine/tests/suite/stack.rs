//! A layer has the stack that its limits say, whatever stack the program's own threads have.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{self, World, conducted, config, request, runtime, store};
use sluice_engine::{Bundled, LayerStatus, ScanResult, ScanStatus};
use sluice_hostile::by_hand::ByHand;
use sluice_runtime::{Batch, Cancel, Limits};

const ID: &str = "test/deep";
/// Stack of the program's threads, in bytes: half of the most that a layer may have.
const SMALL: usize = 512 << 10;

/// A layer that needs a little more than the usual stack, in `prepare` and in `scan`: the first that fails with it.
fn deep() -> Vec<u8> {
    let down = "(func $down (param i32)
        (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))";
    let runtime = runtime(None);
    let mut turns = 1_000;
    loop {
        let dive = format!("(call $down (i32.const {turns}))");
        let shallow = ByHand::new(ID).fields(down).scan(&dive);
        let layer = runtime.load(ID, &shallow.component()).unwrap();
        if layer.scan(&Batch::default(), &[], Limits::default(), &Cancel::new()).is_err() {
            return shallow.prepare(&dive).component();
        }
        turns += turns / 5;
    }
}

fn scan(deep: &'static [u8], limits: &str) -> ScanResult {
    let world = World::tiny();
    let threads = tokio::runtime::Builder::new_multi_thread().thread_stack_size(SMALL).enable_all().build();
    threads.unwrap().block_on(async {
        let store = store(world.path()).await;
        let stages = config(&[("all", &["test/empty", ID], "pass = \"any\"")]);
        let text = format!("{stages}[layers.\"{ID}\".limits]\n{limits}\n");
        let mut layers: Vec<Bundled> = support::bundled(&["test/empty"]).to_vec();
        layers.push((ID, deep));
        conducted(request(&world, &store, &text, layers.leak())).await.unwrap()
    })
}

#[test]
fn a_layer_with_a_larger_stack_goes_deeper_on_threads_of_its_own() {
    let deep: &'static [u8] = deep().leak();
    let usual = scan(deep, "");
    let layer = &usual.stages[0].layers[1];
    assert_eq!((usual.status, layer.status), (ScanStatus::Partial, LayerStatus::Faulted));
    assert_eq!(
        layer.fault.as_deref(),
        Some(
            "called itself too deeply for its stack of 524288 bytes: make it recurse less, or raise its `stack-kib` limit"
        )
    );
    let larger = scan(deep, "stack-kib = 1024");
    assert_eq!((larger.status, larger.stages[0].layers[1].calls), (ScanStatus::Complete, 1));
}

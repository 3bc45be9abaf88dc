//! What a call of a layer costs, for `cargo xtask bench`: one JSON object per line with `name`, `value`, `unit`, and
//! `at_most` or `at_least` where there is a target. Whatever is compared is measured in turns within this one run.
#![expect(clippy::print_stdout, clippy::panic, clippy::expect_used, reason = "a program for the terminal")]

use serde_json::json;
use sluice_engine::{Catalog, Config, LayerSource, Plan, Selection, Silent, run};
use sluice_hostile::{Columns, KERNEL_BARS, kernel};
use sluice_market::{AsOf, Market, SyntheticOptions, synthesize};
use sluice_runtime::{
    Bars, Batch, Cancel, Column, Instrument, Layer, Limits, Runtime, RuntimeOptions, Universe,
};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Most that instantiating and calling an empty layer may take, µs.
const EMPTY_CALL_US: f64 = 40.0;
/// Most that the kernel may take as a layer, in times of the same function called natively.
const KERNEL_RATIO: f64 = 2.2;
/// Least that independent layers must gain from a second thread.
const CONCURRENCY_GAIN: f64 = 1.7;

/// Instruments of one call, as the engine divides them: a MiB of columns.
const SHARD: usize = 104;
/// Instruments that the kernel looks at, some ten thousand as in the market of the benchmark's scans.
const INSTRUMENTS: usize = 98 * SHARD;
/// Runs of each of two things compared.
const ROUNDS: usize = 15;
/// Empty calls of one round.
const EMPTY_CALLS: u32 = 1000;

fn main() {
    let runtime = Runtime::new(RuntimeOptions { calls: 2, ..RuntimeOptions::default() }).expect("no runtime");
    empty_calls(&runtime);
    kernel_ratio(&runtime);
    concurrency(&runtime);
}

fn component(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/layers").join(name);
    let layers = "run `cargo xtask test`, which builds the layers";
    std::fs::read(path.with_extension("wasm"))
        .unwrap_or_else(|error| panic!("no layer {name} ({error}): {layers}"))
}

fn load(runtime: &Runtime, name: &str) -> Layer {
    runtime.load(name, &component(name)).expect("no layer")
}

fn seconds(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Instantiates and calls a layer that does nothing on a batch of nothing.
fn empty_calls(runtime: &Runtime) {
    let layer = load(runtime, "test/empty");
    let (batch, limits, cancel) = (Batch::default(), Limits::default(), Cancel::new());
    let call = || {
        let answer = layer.scan(&batch, &[], limits, &cancel).expect("the empty layer answers");
        black_box(answer);
    };
    call();
    let round = || seconds(|| (0..EMPTY_CALLS).for_each(|_| call())) / f64::from(EMPTY_CALLS) * 1e6;
    let value = median((0..ROUNDS).map(|_| round()).collect());
    println!(
        "{}",
        json!({"name": "call of an empty layer", "value": value, "unit": "µs", "at_most": EMPTY_CALL_US})
    );
}

/// The columns of one shard.
struct Shard {
    starts: Vec<u32>,
    columns: [Vec<f64>; 5],
}

const NAMES: [&str; 5] = ["open", "high", "low", "close", "volume"];

impl Shard {
    fn new(shard: usize) -> Self {
        let bars = KERNEL_BARS as usize;
        let close: Vec<f64> = (0..SHARD * bars)
            .map(|row| {
                let (instrument, bar) = ((shard * SHARD + row / bars) as f64, (row % bars) as f64);
                100.0 + 10.0 * (bar * (0.05 + instrument / 1e5)).sin() + 3.0 * (bar * 1.7 + instrument).cos()
            })
            .collect();
        let moved = |by: f64| close.iter().map(|price| price + by).collect::<Vec<_>>();
        let volume = close.iter().map(|price| price * 1e4).collect();
        let starts = (0..=SHARD).map(|at| u32::try_from(at * bars).expect("a shard is small")).collect();
        Self { starts, columns: [moved(-0.5), moved(1.0), moved(-1.0), close.clone(), volume] }
    }

    fn batch(&self) -> Batch<'_> {
        let columns = NAMES.iter().zip(&self.columns).map(|(name, values)| Column { name, values }).collect();
        let bars = Bars { timeframe: "1d", starts: &self.starts, time: &[], columns };
        let universe = Universe { instruments: vec![INSTRUMENT; SHARD], bars: vec![bars] };
        Batch { universe, ..Batch::default() }
    }

    /// Sum of one figure, so that both ways can be seen to compute the same.
    fn native(&self) -> f64 {
        let [open, high, low, close, volume] = &self.columns;
        self.starts
            .windows(2)
            .map(|rows| {
                let rows = rows[0] as usize..rows[1] as usize;
                let bars = Columns {
                    open: &open[rows.clone()],
                    high: &high[rows.clone()],
                    low: &low[rows.clone()],
                    close: &close[rows.clone()],
                    volume: &volume[rows],
                };
                black_box(kernel(black_box(&bars))).rsi
            })
            .sum()
    }
}

const INSTRUMENT: Instrument<'static> = Instrument {
    id: "i-1",
    symbol: "ABC",
    name: "",
    venue: 0,
    kind: "stock",
    status: "active",
    currency: "",
    sector: None,
    industry: None,
    lot: f64::NAN,
    tick: f64::NAN,
    attributes: Vec::new(),
};

/// The same function on the same columns: as a layer (copies, fuel, deadline, a fresh instance per shard) and natively.
fn kernel_ratio(runtime: &Runtime) {
    let [layer, empty] = ["test/kernel", "test/empty"].map(|name| load(runtime, name));
    let shards: Vec<Shard> = (0..INSTRUMENTS / SHARD).map(Shard::new).collect();
    let (limits, cancel) = (Limits::default(), Cancel::new());
    let sandboxed = |layer: &Layer| -> f64 {
        let shard = |shard: &Shard| {
            let answer = layer.scan(&shard.batch(), &[], limits, &cancel).expect("the layer answers");
            answer.value.scores.iter().sum::<f64>()
        };
        shards.iter().map(shard).sum()
    };
    let native = || -> f64 { shards.iter().map(Shard::native).sum() };
    let (ours, theirs) = (sandboxed(&layer), native());
    assert!((ours - theirs).abs() < 1e-6 * theirs, "the layer computed {ours}, the native kernel {theirs}");
    let (mut layers, mut copies, mut natives) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        layers.push(seconds(|| _ = black_box(sandboxed(&layer))) * 1e3);
        copies.push(seconds(|| _ = black_box(sandboxed(&empty))) * 1e3);
        natives.push(seconds(|| _ = black_box(native())) * 1e3);
    }
    let ratio = median(layers.iter().zip(&natives).map(|(layer, native)| layer / native).collect());
    println!("{}", json!({"name": "kernel as a layer", "value": median(layers), "unit": "ms"}));
    println!(
        "{}",
        json!({"name": "the same columns into an empty layer", "value": median(copies), "unit": "ms"})
    );
    println!("{}", json!({"name": "kernel in native Rust", "value": median(natives), "unit": "ms"}));
    println!(
        "{}",
        json!({"name": "layer / native, kernel", "value": ratio, "unit": "", "at_most": KERNEL_RATIO})
    );
}

/// A stage of two busy layers that need nothing of each other, with one thread and with two.
fn concurrency(runtime: &Runtime) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/bench/calls-market");
    let options = SyntheticOptions {
        symbols: u32::try_from(INSTRUMENTS).expect("a market is small"),
        sessions: KERNEL_BARS,
        seed: 1,
        end: "2024-06-28".parse().expect("a date"),
        mic: "XNYS".to_owned(),
    };
    synthesize(&folder, &options, &mut |_| {}).expect("no market");
    let market = Market::open(&folder).expect("no market");
    let snapshot = market.snapshot(&AsOf::Latest).expect("no bars");
    let plan = busy_plan(runtime);
    let scan = |workers: usize| {
        let universe = (0..snapshot.instruments().len()).collect();
        let result = run(&plan, &snapshot, universe, workers, &Cancel::new(), &Silent).expect("no result");
        black_box(result);
    };
    scan(2);
    let (mut ones, mut twos) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ones.push(seconds(|| scan(1)) * 1e3);
        twos.push(seconds(|| scan(2)) * 1e3);
    }
    let gain = median(ones.iter().zip(&twos).map(|(one, two)| one / two).collect());
    println!("{}", json!({"name": "two layers, one thread", "value": median(ones), "unit": "ms"}));
    println!("{}", json!({"name": "two layers, two threads", "value": median(twos), "unit": "ms"}));
    println!(
        "{}",
        json!({"name": "gain of running at once", "value": gain, "unit": "", "at_least": CONCURRENCY_GAIN})
    );
}

fn busy_plan(runtime: &Runtime) -> Plan {
    const LAYERS: [&str; 2] = ["test/kernel", "sluice/technical"];
    let text = format!(
        "default-pipeline = \"busy\"\n[[pipelines.busy.stages]]\nnumber = 0\nname = \"busy\"\nlayers = {LAYERS:?}\n"
    );
    let sources = ["test/kernel", "technical"].map(|name| LayerSource::own(name, component(name)));
    let catalog = Catalog::load(runtime, &sources);
    let config = Config::parse("bench", &text).expect("no configuration");
    Plan::new(&config, &catalog, &Selection::default()).expect("no plan")
}

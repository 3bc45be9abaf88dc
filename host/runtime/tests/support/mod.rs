//! Real components, and batches for them.
#![allow(dead_code, reason = "every test file is a program of its own and needs a part of this")]
#![expect(clippy::panic, reason = "the helpers of a test are tests too")]

use sluice_runtime::{
    Allocation, Answer, Bars, Batch, CallError, Cancel, Column, Instrument, Layer, Limits, LogLevel, LogSink,
    Outcome, Report, Runtime, RuntimeOptions, Universe,
};
use std::path::PathBuf;
use std::sync::Mutex;

/// Bytes of a layer of tests/hostile.
pub fn hostile(name: &str) -> Vec<u8> {
    read(&format!("test/{name}"))
}

/// Bytes of a layer that the program carries inside.
pub fn bundled(name: &str) -> Vec<u8> {
    read(name)
}

fn read(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/layers");
    let path = folder.join(name).with_extension("wasm");
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("no layer {name} ({error}): run `cargo xtask test`, which builds the layers")
    })
}

/// A runtime without a cache.
pub fn runtime() -> Runtime {
    Runtime::new(RuntimeOptions::default()).unwrap()
}

/// A runtime whose instances come from there.
pub fn runtime_with(allocation: Allocation) -> Runtime {
    let runtime = Runtime::new(RuntimeOptions { allocation, ..RuntimeOptions::default() }).unwrap();
    assert_eq!(runtime.allocation(), allocation, "this machine cannot do it");
    runtime
}

/// A layer of tests/hostile in a runtime of its own.
pub fn load(name: &str) -> Layer {
    runtime().load(name, &hostile(name)).unwrap()
}

/// So many instruments without bars.
pub fn batch(count: usize) -> Batch<'static> {
    Batch { universe: Universe { instruments: instruments(count), bars: Vec::new() }, ..Batch::default() }
}

fn instruments(count: usize) -> Vec<Instrument<'static>> {
    let instrument = Instrument {
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
    vec![instrument; count]
}

/// Columns for the kernel layer: every instrument another wave.
pub struct Waves {
    starts: Vec<u32>,
    columns: [Vec<f64>; 5],
}

const NAMES: [&str; 5] = ["open", "high", "low", "close", "volume"];

impl Waves {
    pub fn new(instruments: u32, bars: u32) -> Self {
        let close: Vec<f64> = (0..instruments * bars)
            .map(|row| {
                let (instrument, bar) = (f64::from(row / bars), f64::from(row % bars));
                100.0 + 10.0 * (bar * (0.1 + instrument / 100.0)).sin() + 3.0 * (bar * 1.7).cos()
            })
            .collect();
        let moved = |by: f64| close.iter().map(|price| price + by).collect::<Vec<_>>();
        let volume = close.iter().map(|price| price * 1e4).collect();
        Self {
            starts: (0..=instruments).map(|at| at * bars).collect(),
            columns: [moved(-0.5), moved(1.0), moved(-1.0), close.clone(), volume],
        }
    }

    pub fn batch(&self) -> Batch<'_> {
        let columns = NAMES.iter().zip(&self.columns).map(|(name, values)| Column { name, values }).collect();
        let bars = Bars { timeframe: "1d", starts: &self.starts, time: &[], columns };
        let instruments = instruments(self.starts.len() - 1);
        Batch { universe: Universe { instruments, bars: vec![bars] }, ..Batch::default() }
    }
}

/// Calls a layer that has no settings.
pub fn scan(layer: &Layer, batch: &Batch<'_>, limits: Limits) -> Result<Answer<Report>, Box<CallError>> {
    layer.scan(batch, &[], limits, &Cancel::new())
}

/// The text that a user reads when the call fails.
pub fn failure(layer: &Layer, count: usize, limits: Limits) -> Box<CallError> {
    scan(layer, &batch(count), limits).unwrap_err()
}

/// That the runtime of a failed layer still answers.
pub fn assert_usable(layer: &Layer) {
    let answer = layer.prepare(&[], Limits::default()).unwrap();
    assert!(answer.value.is_ok());
}

/// That an answer keeps every one of `count` instruments.
pub fn assert_keeps(report: &Report, count: usize) {
    assert_eq!(report.outcomes, vec![Outcome::Keep; count]);
}

/// Keeps every line that it sees.
#[derive(Default)]
pub struct Lines(pub Mutex<Vec<(String, LogLevel, String)>>);

impl LogSink for Lines {
    fn line(&self, layer: &str, level: LogLevel, message: &str) {
        self.0.lock().unwrap().push((layer.to_owned(), level, message.to_owned()));
    }
}

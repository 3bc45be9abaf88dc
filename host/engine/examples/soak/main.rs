//! Many scans with a misbehaving layer each beside three good ones, for `cargo xtask soak`. The program must live, no
//! call may go on beyond its limit, memory and open files must stay level, and what the good layers say must be the
//! same to the bit throughout. Prints calls, faults by kind and the worst overrun; ends with an error when a promise
//! was broken.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a program for the terminal"
)]

mod cases;
mod process;
mod slots;

use cases::{Case, GOOD};
use sluice_engine::{Plan, ScanResult, Silent, run};
use sluice_market::{AsOf, Market, SyntheticOptions, synthesize};
use sluice_runtime::{Cancel, Runtime, RuntimeOptions};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Instant;

/// Scans, unless the first argument says otherwise.
const SCANS: usize = 10_000;
/// Scans between two lines of progress.
const SAID_EVERY: usize = 1_000;
/// Calls at a time, and threads of a scan.
const CALLS: usize = 2;
/// Most by which memory may grow once every slot of the pool is full and every case was there once, KiB: what
/// allocators keep, or 3 KiB a scan.
const GROWTH_KIB: u64 = 32 << 10;
/// Most by which a call may overrun its wall limit, ms.
const OVERRUN_MS: f64 = 100.0;

fn main() -> ExitCode {
    let argument = |at: usize| std::env::args().nth(at).and_then(|text| text.parse::<u64>().ok());
    let scans = argument(1).and_then(|scans| usize::try_from(scans).ok()).unwrap_or(SCANS);
    let seed = argument(2).unwrap_or(1);
    let soak = Soak::new();
    let told = soak.run(scans, seed);
    told.print(scans);
    match told.broken.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// A market and a plan for each way to misbehave.
struct Soak {
    market: Market,
    runtime: Runtime,
    plans: Vec<(Case, Plan)>,
    _folder: tempfile::TempDir,
}

/// What happened.
#[derive(Default)]
struct Told {
    calls: u64,
    faults: BTreeMap<&'static str, u64>,
    left_out: u64,
    worst_ms: f64,
    worst: String,
    memory_kib: (u64, u64),
    files: (usize, usize),
    seconds: f64,
    broken: Vec<String>,
}

impl Soak {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("no folder");
        let options = SyntheticOptions {
            symbols: 200,
            sessions: 80,
            seed: 7,
            end: "2024-06-28".parse().expect("a date"),
            mic: "XNYS".to_owned(),
        };
        let place = folder.path().join("market");
        synthesize(&place, &options, &mut |_| {}).expect("no market");
        let calls = u32::try_from(CALLS).expect("a small number");
        let runtime =
            Runtime::new(RuntimeOptions { calls, ..RuntimeOptions::default() }).expect("no runtime");
        let market = Market::open(&place).expect("no market");
        let poison = market.instruments().get(77).map(|known| known.symbol.to_string()).unwrap_or_default();
        let plans = cases::plans(&runtime, &poison);
        Self { market, runtime, plans, _folder: folder }
    }

    fn run(&self, scans: usize, seed: u64) -> Told {
        let mut told = Told::default();
        let expected = self.plans.first().map(|(_, plan)| good(&self.scan(plan))).unwrap_or_default();
        self.warm();
        told.memory_kib.0 = process::memory_kib();
        told.files.0 = process::open_files();
        let started = Instant::now();
        let mut state = seed;
        for number in 1..=scans {
            let draw = usize::try_from(split_mix(&mut state) % self.plans.len() as u64).unwrap_or(0);
            let Some((case, plan)) = self.plans.get(draw) else { continue };
            let result = self.scan(plan);
            if good(&result) != expected {
                told.broken.push(format!("scan {number}: a good layer said something else beside {case}"));
            }
            told.add(case, &result);
            if number % SAID_EVERY == 0 {
                let (calls, seconds) = (told.calls, started.elapsed().as_secs_f64());
                eprintln!("{number} scans, {calls} calls, {} KiB, {seconds:.0} s", process::memory_kib());
            }
        }
        told.memory_kib.1 = process::memory_kib();
        told.files.1 = process::open_files();
        told.seconds = started.elapsed().as_secs_f64();
        told.judge();
        told
    }

    /// Takes all that is kept for later calls: the slots of the pool, and what each case needs the first time.
    fn warm(&self) {
        slots::fill(&self.runtime, CALLS, |plan| drop(self.scan(plan)));
        for (_, plan) in &self.plans {
            self.scan(plan);
        }
    }

    fn scan(&self, plan: &Plan) -> ScanResult {
        let snapshot = self.market.snapshot(&AsOf::Latest).expect("no snapshot");
        let universe = (0..self.market.instruments().len()).collect();
        run(plan, &snapshot, universe, CALLS, &Cancel::new(), &Silent).expect("no result")
    }
}

/// What the good layers said of every instrument and what it cost, as text.
fn good(result: &ScanResult) -> String {
    let mut text = String::new();
    let layers = result.stages.iter().flat_map(|stage| &stage.layers);
    for layer in layers.filter(|layer| GOOD.contains(&layer.id.as_str())) {
        let stats = serde_json::to_string(&layer.stats).unwrap_or_default();
        text += &format!("{} {:?} {} {} {stats}\n", layer.id, layer.status, layer.calls, layer.fuel);
    }
    let mut instruments: Vec<_> = result.results.iter().collect();
    instruments.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    for instrument in instruments {
        for id in GOOD {
            let said = instrument.layers.get(id).map(|said| serde_json::to_string(said).unwrap_or_default());
            text += &format!("{} {id} {said:?}\n", instrument.symbol);
        }
    }
    text
}

impl Told {
    fn add(&mut self, case: &Case, result: &ScanResult) {
        for layer in result.stages.iter().flat_map(|stage| &stage.layers) {
            self.calls += layer.calls;
            if layer.id != case.id {
                continue;
            }
            for fault in layer.fault.iter().chain(layer.errors.iter().map(|error| &error.fault)) {
                *self.faults.entry(cases::kind(fault)).or_default() += 1;
            }
            self.left_out += layer.errors.len() as u64;
            let over = layer.longest_call_ms - case.wall_ms;
            if over > self.worst_ms {
                (self.worst_ms, self.worst) = (over, case.to_string());
            }
        }
    }

    fn judge(&mut self) {
        if self.worst_ms > OVERRUN_MS {
            let (ms, case) = (self.worst_ms, &self.worst);
            self.broken.push(format!(
                "a call of {case} went on {ms:.0} ms beyond its limit, {OVERRUN_MS} are allowed"
            ));
        }
        let (before, after) = self.memory_kib;
        if after > before + GROWTH_KIB {
            self.broken.push(format!("memory grew from {before} to {after} KiB"));
        }
        let (before, after) = self.files;
        if after > before {
            self.broken.push(format!("{before} files were open, {after} are"));
        }
    }

    fn print(&self, scans: usize) {
        println!("{scans} scans, {} calls in {:.0} s", self.calls, self.seconds);
        for (kind, count) in &self.faults {
            println!("  {count:>8} {kind}");
        }
        println!("instruments left out: {}", self.left_out);
        println!("worst overrun of a wall limit: {:.1} ms ({})", self.worst_ms, self.worst);
        println!("memory: {} KiB when warm, {} after the scans", self.memory_kib.0, self.memory_kib.1);
        println!("open files: {} when warm, {} after the scans", self.files.0, self.files.1);
        match self.broken.as_slice() {
            [] => println!("the good layers' results were the same to the bit throughout"),
            broken => broken.iter().take(10).for_each(|line| eprintln!("broken: {line}")),
        }
    }
}

/// The next number of SplitMix64 (Steele, Lea, Flood 2014): the same cases for the same seed on every machine.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

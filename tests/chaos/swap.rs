//! Versions of a layer that are swapped while another process scans.

use serde_json::Value;
use sluice_hostile::by_hand::{ByHand, report_field};

use crate::rounds;
use crate::support::{Home, Scanner, list, send};

/// Swaps of the short form.
const FEW: usize = 6;
/// Swaps for each round of the long form: 1,000 with its 200 rounds.
const SWAPS_OF_A_ROUND: usize = 5;
/// Scans after which memory is compared: by then everything was needed once.
const WARM: usize = 10;
/// By how much the memory of a process that goes on may differ, of what it had. Nothing is freed to the system at once.
const LEVEL: f64 = 1.5;

const LAYER: &str = "test/swapped";
/// The version that keeps every instrument.
const KEEPS: &str = "0.1.0";
/// The version that drops every instrument.
const DROPS: &str = "0.2.0";

/// Where ones lie in the memory of the layer that drops: behind the zeros of the other columns.
const ONES: usize = 81_920;
/// Instruments that there are ones for.
const MANY: usize = 1_024;

/// Two versions whose answers cannot be taken for each other's.
fn install(home: &Home) {
    let keeps = ByHand::new(LAYER).version(KEEPS);
    let drops = ByHand::new(LAYER)
        .version(DROPS)
        .fields(&format!("(data (i32.const {ONES}) \"{}\")", "\\01".repeat(MANY)))
        .scan(&format!("(i32.store (i32.const {}) (i32.const {ONES}))", report_field("outcomes")));
    for (version, layer) in [(KEEPS, keeps), (DROPS, drops)] {
        let file = home.file(&format!("{version}.wasm"), layer.component());
        home.ok(&["layer", "install", &file]);
    }
}

/// The version that a scan ran; it must be the one that its answers come from.
fn version_of(scan: &Value) -> String {
    assert_eq!(scan["status"], "complete", "{}", scan["warnings"]);
    let layers = list(&scan["stages"][0], "layers");
    assert_eq!(layers.len(), 1, "{layers:?}");
    let version = layers[0]["version"].as_str().unwrap().to_owned();
    let (kept, all) = (list(scan, "results").len(), scan["stages"][0]["in"].as_u64().unwrap() as usize);
    assert!(all > 0);
    assert_eq!(kept, if version == KEEPS { all } else { 0 }, "answers of another version than {version}");
    version
}

/// Resident memory of a process in KiB.
fn memory(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_ascii_whitespace().next()?.parse().ok())
        .expect("the process has a status")
}

/// Swaps back and forth while another process scans without a pause: no scan fails, each has the answers of the version
/// that it names, and the versions that are gone leave no memory behind.
pub fn swaps() {
    let home = Home::with_market();
    home.configure(&format!(
        "[[pipelines.swap.stages]]\nnumber = 0\nname = \"swap\"\nlayers = [\"{LAYER}\"]\n"
    ));
    install(&home);
    let mut scanner = Scanner::start_unheard(&home, &["--pipeline", "swap", "--every", "0", "--no-cache"]);
    let pid = scanner.pid();
    let swaps = rounds::long().map_or(FEW, |rounds| rounds * SWAPS_OF_A_ROUND);
    let (tell, told) = std::sync::mpsc::channel();
    let scans = std::thread::scope(|scope| {
        let reader = scope.spawn(move || {
            while let Some(scan) = scanner.next() {
                tell.send(version_of(&scan)).unwrap();
            }
        });
        let mut scans = 0;
        let mut scanned = |version: &str| {
            scans += 1;
            told.recv().expect("it goes on scanning") == version
        };
        (0..WARM).for_each(|_| assert!(scanned(KEEPS), "the first that was installed is active"));
        let early = memory(pid);
        for swap in 0..swaps {
            let version = if swap % 2 == 0 { DROPS } else { KEEPS };
            home.ok(&["layer", "activate", &format!("{LAYER}@{version}"), "--pipeline", "swap"]);
            while !scanned(version) {}
        }
        let late = memory(pid);
        send("-TERM", pid);
        // the scans that it still told of
        while told.recv().is_ok() {}
        reader.join().unwrap();
        assert!(late < early * LEVEL, "{early} KiB became {late} KiB within {scans} scans");
        eprintln!("{swaps} swaps during {scans} scans, {early} KiB became {late} KiB");
        scans
    });
    assert!(scans > swaps);
    let changes = home.json(&["audit", "log", "--action", "layer.activated", "--limit", "1000"]);
    assert_eq!(changes.as_array().unwrap().len(), swaps);
    home.ok(&["audit", "verify"]);
}

//! Killed with SIGKILL at instants spread over the whole command.

use std::process::Stdio;

use sluice_hostile::by_hand::ByHand;
use sluice_market::{Adjustment, AsOf, BarColumn, BarRequest, Market, Timeframe};

use crate::rounds::{duration_of, instant, kill_after, kills};
use crate::state::{sound, told};
use crate::support::{Home, bars_csv, walk};

/// Starts a command whose output nobody reads.
fn start(home: &Home, args: &[&str]) -> std::process::Child {
    let mut command = home.spawnable(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// A scan is stored with everything, or interrupted, or had not begun.
pub fn scans() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let whole = duration_of(home.spawnable(&["scan"]));
    for round in 0..kills() {
        let before = sound(&home);
        let finished = told(&home, "scan.finished").len();
        let done = kill_after(start(&home, &["scan"]), instant(round, whole));
        let after = sound(&home);
        let (finished_now, interrupted) = (told(&home, "scan.finished"), told(&home, "scan.interrupted"));
        let added = finished_now.len() - finished;
        assert!(added <= 1 && after.scans - before.scans <= 1, "round {round}: {before:?} {after:?}");
        assert!(!done || added == 1, "round {round}: a scan that was reported is not stored");
        assert_eq!(
            finished_now.len() + interrupted.len(),
            usize::try_from(after.scans).unwrap(),
            "round {round}: a scan is neither finished nor interrupted"
        );
    }
    let whole_scan = home.json(&["scan"]);
    assert_eq!(whole_scan["status"], "complete");
    sound(&home);
}

/// Everything in the bar set as a reader of the folder finds it: its digest and all of its values.
#[derive(Debug, PartialEq)]
struct Set {
    digest: String,
    /// By instrument; each with its bars column by column.
    bars: Vec<(String, Vec<Vec<f64>>)>,
}

impl Set {
    fn of(home: &Home) -> Self {
        let market = Market::open(&home.market()).unwrap();
        let snapshot = market.snapshot(&AsOf::Latest).unwrap();
        let request = BarRequest {
            timeframe: Timeframe::Day,
            columns: BarColumn::ALL,
            time: false,
            lookback: u32::MAX,
            max_age: None,
            adjustment: Adjustment::Raw,
        };
        let bars = snapshot.instruments().iter().enumerate().map(|(at, instrument)| {
            let bars = snapshot.read(&[at], &request).unwrap();
            (instrument.id.to_string(), bars.columns)
        });
        Self { digest: market.digest().to_owned(), bars: bars.collect() }
    }
}

/// The bars are wholly those of before or wholly those of the new file, in their digest and in every value, and the
/// same file can be imported again.
pub fn imports() {
    let home = Home::compiled();
    let bars = |seed| bars_csv(&[walk("AA", 60, seed), walk("BB", 60, seed + 100)].concat());
    let files: Vec<String> =
        (0..2).map(|seed| home.file(&format!("bars{seed}.csv"), bars(seed + 1))).collect();
    let finished = || home.json(&["audit", "log", "--limit", "1", "--action", "import.finished"])[0].clone();
    let imported = |file: &String| {
        home.ok(&["import", file]);
        let set = Set::of(&home);
        assert_eq!(finished()["after"]["digest"], set.digest.as_str());
        set
    };
    let sets = [imported(&files[0]), imported(&files[1])];
    assert_ne!(sets[0].digest, sets[1].digest);
    for (one, other) in sets[0].bars.iter().zip(&sets[1].bars) {
        assert_eq!(one.0, other.0);
        assert_ne!(one.1, other.1, "each instrument tells the sets apart");
    }
    let whole = duration_of(home.spawnable(&["import", &files[1]]));
    for round in 0..kills() {
        // the set is that of the other file
        let new = round % 2;
        let told = told(&home, "import.finished").len();
        let done = kill_after(start(&home, &["import", &files[new]]), instant(round, whole));
        sound(&home);
        let found = Set::of(&home);
        let is_new = found == sets[new];
        assert!(is_new || (!done && found == sets[1 - new]), "round {round}: {found:?} of {sets:?}");
        assert!(
            is_new || told == self::told(&home, "import.finished").len(),
            "round {round}: told and not done"
        );
        assert_eq!(imported(&files[new]), sets[new], "round {round}");
    }
    let whole_scan = home.json(&["scan"]);
    assert_eq!(whole_scan["status"], "complete");
}

/// A change is a revision with its audit row, or nothing.
pub fn changes() {
    let home = Home::with_market();
    let change = |threshold: usize| {
        home.spawnable(&["configure", "--stage", "2", "--threshold", &threshold.to_string()])
    };
    let whole = duration_of(change(1));
    for round in 0..kills() {
        let before = sound(&home);
        let threshold = 2 + round % 90;
        let mut command = change(threshold);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let done = kill_after(command.spawn().unwrap(), instant(round, whole));
        let after = sound(&home);
        let made = after.revision - before.revision;
        assert!(made <= 1 && (!done || made == 1), "round {round}: {before:?} {after:?}");
        assert_eq!(told(&home, "settings.changed").len() as u64, after.revision, "round {round}");
        home.ok(&["configure", "--stage", "2", "--threshold", "1"]);
    }
}

const LAYER: &str = "test/hand";

fn version(home: &Home, version: &str) -> String {
    let component = ByHand::new(LAYER).version(version).component();
    home.file(&format!("hand-{version}.wasm"), component)
}

/// A home whose pipeline calls the layer that is installed and swapped.
fn with_layer() -> Home {
    let home = Home::with_market();
    home.ok(&["layer", "install", &version(&home, "0.1.0")]);
    home.configure(&format!(
        "[[pipelines.hand.stages]]\nnumber = 1\nname = \"one\"\nlayers = [\"{LAYER}\"]\n"
    ));
    home
}

/// The version that a scan calls.
fn called(home: &Home) -> String {
    let scan = home.json(&["scan", "--pipeline", "hand"]);
    assert_eq!(scan["status"], "complete", "{scan}");
    let layers = scan["stages"][0]["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 1, "{scan}");
    layers[0]["version"].as_str().unwrap().to_owned()
}

/// One version is active, whole: the old or the new one, and the log tells of it if it is the new one.
pub fn activations() {
    let home = with_layer();
    home.ok(&["layer", "install", &version(&home, "0.2.0")]);
    let name = |version: &str| format!("{LAYER}@{version}");
    let activate = |version: &str| home.spawnable(&["layer", "activate", &name(version)]);
    let whole = duration_of(activate("0.2.0"));
    let mut active = "0.2.0";
    for round in 0..kills() {
        let other = if active == "0.1.0" { "0.2.0" } else { "0.1.0" };
        let before = told(&home, "layer.activated").len();
        let done = kill_after(start(&home, &["layer", "activate", &name(other)]), instant(round, whole));
        sound(&home);
        let made = told(&home, "layer.activated").len() - before;
        let now = called(&home);
        assert!(made <= 1 && (!done || made == 1), "round {round}: {made} activations");
        let expected = if made == 1 { other } else { active };
        assert_eq!(now, expected, "round {round}");
        active = expected;
    }
}

/// A layer is there with its bytes and its row in the log, or not at all; the active version never changes.
pub fn installations() {
    let home = with_layer();
    let file = version(&home, "0.2.0");
    let whole = duration_of(home.spawnable(&["layer", "install", &file]));
    home.ok(&["layer", "remove", &format!("{LAYER}@0.2.0")]);
    for round in 0..kills() {
        let before = told(&home, "layer.installed").len();
        let done = kill_after(start(&home, &["layer", "install", &file]), instant(round, whole));
        sound(&home);
        let made = told(&home, "layer.installed").len() - before;
        assert!(made <= 1 && (!done || made == 1), "round {round}: {made} installations");
        assert_eq!(called(&home), "0.1.0", "round {round}");
        let versions = home.json(&["layer", "show", LAYER])["versions"].as_array().unwrap().len();
        assert_eq!(versions, 1 + made, "round {round}");
        if made == 1 {
            // its bytes are those of the file: it loads and is called
            home.ok(&["layer", "activate", &format!("{LAYER}@0.2.0")]);
            assert_eq!(called(&home), "0.2.0", "round {round}");
            home.ok(&["layer", "rollback", LAYER]);
            home.ok(&["layer", "remove", &format!("{LAYER}@0.2.0")]);
        }
    }
}

//! Killed with SIGKILL at instants spread over the whole command.

use std::process::Stdio;

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

/// The bars are those of before or those of the new file, never a mixture, and can be imported again.
pub fn imports() {
    let home = Home::compiled();
    let bars = |seed| bars_csv(&[walk("AA", 60, seed), walk("BB", 60, seed + 100)].concat());
    let files: Vec<String> =
        (0..2).map(|seed| home.file(&format!("bars{seed}.csv"), bars(seed + 1))).collect();
    let digest = || {
        home.json(&["audit", "log", "--limit", "1", "--action", "import.finished"])[0]["after"]["digest"]
            .clone()
    };
    let scanned = || home.json(&["scan", "--dry-run", "--with", "sluice/universe"])["as_of"].clone();
    home.ok(&["import", &files[1]]);
    let second = digest();
    home.ok(&["import", &files[0]]);
    let first = digest();
    assert_ne!(first, second);
    let whole = duration_of(home.spawnable(&["import", &files[0]]));
    for round in 0..kills() {
        let file = &files[(round + 1) % 2];
        let done = kill_after(start(&home, &["import", file]), instant(round, whole));
        sound(&home);
        let as_of = scanned();
        assert_eq!(as_of, "2025-06-30T20:00:00Z", "round {round}");
        if done {
            assert_eq!(
                digest(),
                if round % 2 == 0 { second.clone() } else { first.clone() },
                "round {round}"
            );
        }
        home.ok(&["import", file]);
        assert_eq!(digest(), if round % 2 == 0 { second.clone() } else { first.clone() }, "round {round}");
    }
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

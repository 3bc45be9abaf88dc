//! Many processes at once.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use crate::rounds::long;
use crate::state::{sound, sound_with};
use crate::support::{Home, Ran};

/// Processes and changes of each: the long form is what a busy desk could do at worst.
fn sizes() -> (usize, usize) {
    if long().is_some() { (50, 20) } else { (8, 3) }
}

/// Every change that was accepted is in the history exactly once, as its own revision with the values it named; a
/// refused one names the change that came between.
pub fn changes() {
    let home = Home::with_market();
    home.ok(&["status"]);
    change_together(&home, &[]);
}

/// The same on whatever database `more` names.
pub fn change_together(home: &Home, more: &[&str]) {
    let (processes, each) = sizes();
    let accepted: Vec<(u64, String)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..processes)
            .map(|process| scope.spawn(move || change_in_turn(home, more, process, each)))
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(accepted.len() >= each, "one process's changes at least go through");
    let state = sound_with(home, more);
    assert_eq!(state.revision, accepted.len() as u64, "accepted changes and revisions");
    let numbers: BTreeSet<u64> = accepted.iter().map(|(revision, _)| *revision).collect();
    assert_eq!(numbers, (1..=state.revision).collect(), "each revision was given to one process");
    let history = home.json(&[&["configure", "--history", "--limit", "1000000"], more].concat());
    for row in history.as_array().unwrap() {
        let revision = row["revision"].as_u64().unwrap();
        let values = accepted.iter().find(|(number, _)| *number == revision).unwrap();
        assert_eq!(row["changes"][0]["new"].to_string(), values.1, "revision {revision}");
    }
}

/// Changes one setting again and again; gives the revisions that were accepted with their values. Half of the
/// processes change the same setting, the others one of their own stage.
fn change_in_turn(home: &Home, more: &[&str], process: usize, each: usize) -> Vec<(u64, String)> {
    let mut accepted = Vec::new();
    for turn in 0..each {
        // different from every other value that anybody sets
        let value = 1 + process * each + turn;
        let args = match process % 2 {
            0 => ["configure", "--stage", "2", "--max-symbols"],
            _ => ["configure", "--stage", "1", "--max-symbols"],
        };
        let value = value.to_string();
        let ran = home.run(&[&args[..], &[&value, "--format", "json"], more].concat());
        assert!(!ran.stderr.contains("locked"), "{}", ran.stderr);
        match ran.code {
            0 => accepted.push((ran.json()["revision"].as_u64().unwrap(), value)),
            _ => assert!(
                ran.stderr.contains("the settings changed since revision"),
                "{}{}",
                ran.stdout,
                ran.stderr
            ),
        }
    }
    accepted
}

/// Nobody who scans while others change settings hears of a locked database, and every scan is stored.
pub fn scans() {
    let home = Home::with_market();
    home.ok(&["scan"]);
    let before = sound(&home).scans;
    let (scanners, changes) = if long().is_some() { (20, 100) } else { (6, 8) };
    let quiet = |mut command: Command| {
        command.stdin(Stdio::null());
        Ran::of(command)
    };
    std::thread::scope(|scope| {
        let scans: Vec<_> = (0..scanners)
            .map(|_| scope.spawn(|| quiet(home.spawnable(&["scan", "--format", "json"]))))
            .collect();
        for change in 0..changes {
            let threshold = (change % 50).to_string();
            home.ok(&[
                "configure",
                "--stage",
                "2",
                "--threshold",
                &threshold,
                "--max-symbols",
                &(change + 1).to_string(),
            ]);
        }
        for scan in scans {
            let ran = scan.join().unwrap();
            assert_eq!(ran.code, 0, "{}", ran.stderr);
            assert!(!ran.stderr.contains("locked"), "{}", ran.stderr);
        }
    });
    assert_eq!(sound(&home).scans - before, scanners);
}

//! `sluice scan --every`: a process that keeps scanning, while others change what it scans with.

use crate::support::{Home, Scanner, list, test_layer};
use serde_json::Value;
use sluice_hostile::by_hand::ByHand;

/// Scans after which something that was changed must have been seen: those under way, and many more.
const SEEN_WITHIN: usize = 100;

fn symbols(scan: &Value) -> Vec<&str> {
    list(scan, "results").iter().map(|result| result["symbol"].as_str().unwrap()).collect()
}

#[test]
fn so_many_scans_are_made_one_after_the_other_each_stored() {
    let home = Home::with_market();
    let text = home.ok(&["scan", "--every", "0", "--times", "3", "--format", "json"]);
    let scans: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(scans.len(), 3);
    assert_eq!((symbols(&scans[0]), symbols(&scans[1])), (symbols(&scans[1]), symbols(&scans[2])));
    assert_ne!(scans[0]["scan_id"], scans[1]["scan_id"]);
    assert_eq!(home.json(&["status"])["scans"], 3);
}

#[test]
fn a_scan_that_is_partial_tells_the_exit_code_of_all() {
    let home = Home::with_market();
    let traps = home.file("traps.wasm", ByHand::new("test/traps").scan("unreachable").component());
    home.ok(&["layer", "install", &traps]);
    home.configure(
        "[[pipelines.bad.stages]]\nnumber = 0\nname = \"bad\"\n\
         layers = [\"sluice/universe\", \"test/traps\"]\npass = \"any\"\n",
    );
    let ran = home.run(&["scan", "--pipeline", "bad", "--every", "0", "--times", "2"]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(ran.stdout.matches("pipeline bad as of").count(), 2, "{}", ran.stdout);
}

#[test]
fn what_makes_no_sense_again_and_again_is_refused_before_anything_is_done() {
    let home = Home::empty();
    for (args, told) in [
        (
            &["--as-of", "2025-06-30"][..],
            "--every with --as-of 2025-06-30 would scan the same instant again and again",
        ),
        (&["--format", "csv"], "--every has no place for several scans in csv: give --format ndjson or json"),
    ] {
        let refusal = home.refuses(&[&["scan", "--every", "1"], args].concat(), 2);
        assert!(refusal.contains(told), "{refusal}");
    }
    for seconds in ["-1", "nan", "86401", "soon"] {
        let refusal = home.run(&["scan", &format!("--every={seconds}")]);
        assert_eq!(refusal.code, 2);
        assert!(refusal.stderr.contains("give seconds from 0 to 86400"), "{}", refusal.stderr);
    }
    assert_eq!(home.run(&["scan", "--times", "2"]).code, 2);
    assert_eq!(home.run(&["scan", "--every", "1", "--explain", "AAPL"]).code, 2);
    assert!(!home.path().join("sluice.db").exists());
}

#[test]
fn a_change_is_told_while_it_waits_and_a_signal_ends_it_well() {
    let home = Home::with_market();
    let mut scanner = Scanner::start(&home, &["--every", "86400"]);
    assert_eq!(scanner.scan()["status"], "complete");
    home.ok(&["configure", "--stage", "liquidity", "--max-symbols", "7"]);
    let told = scanner.told("settings.changed");
    assert!(told.starts_with("note: settings.changed "), "{told}");
    assert!(told.trim_end().ends_with(": the next scan goes by it"), "{told}");
    home.ok(&["layer", "install", &test_layer("empty")]);
    assert!(scanner.told("layer.installed").contains(" test/empty@0.1.0 by "));
    assert_eq!(scanner.end("-TERM"), Some(0));
    assert_eq!(home.json(&["status"])["last_scan"]["status"], "complete");
}

#[test]
fn the_next_scan_goes_by_what_another_process_changed() {
    let home = Home::with_market();
    let mut scanner = Scanner::start_unheard(&home, &["--every", "0.01", "--stage", "liquidity"]);
    let before = scanner.scan();
    assert!(list(&before, "results").len() > 7, "{before}");
    home.ok(&["configure", "--stage", "liquidity", "--max-symbols", "7"]);
    let seen = (0..SEEN_WITHIN).any(|_| list(&scanner.scan(), "results").len() == 7);
    assert!(seen, "the change was not seen within {SEEN_WITHIN} scans");
    scanner.end("-INT");
}

#[test]
fn a_later_scan_that_fails_is_told_and_the_next_one_may_work_again() {
    let home = Home::with_market();
    let mut scanner = Scanner::start(&home, &["--every", "0.05", "--times", "100"]);
    scanner.scan();
    let config = home.path().join("sluice.toml");
    let right = std::fs::read(&config).unwrap();
    std::fs::write(&config, "default-pipeline = 7").unwrap();
    assert!(scanner.told("error: ").contains("sluice.toml"));
    std::fs::write(&config, right).unwrap();
    // results from before the mistake may still stand in the pipe
    let working = scanner.scan()["status"].clone();
    assert_eq!(working, "complete");
    // to its own end: a signal might come within a scan, which is another code
    while scanner.next().is_some() {}
    assert_eq!(scanner.end("-TERM"), Some(4), "that of the worst scan");
}

#[test]
fn the_first_scan_must_work() {
    let home = Home::with_market();
    let refusal = home.refuses(&["scan", "--every", "0", "--with", "nobody/nothing"], 2);
    assert!(refusal.contains("no layer nobody/nothing"), "{refusal}");
}

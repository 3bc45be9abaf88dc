//! A scan that is stopped.

use crate::support::{Home, send, test_layer};
use serde_json::Value;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Between two looks at the store.
const POLL: Duration = Duration::from_millis(20);
/// A scan that has not begun after this long never will.
const BEGUN: Duration = Duration::from_secs(60);
/// An interrupt takes a fraction of a second; the rest is for a machine with other things to do.
const ENDED: Duration = Duration::from_secs(5);

/// A home with a layer that never comes back, and limits that let it.
fn home() -> Home {
    let home = Home::with_market();
    home.ok(&["layer", "install", &test_layer("spin")]);
    home.configure(
        "[[pipelines.spin.stages]]\nnumber = 0\nname = \"spin\"\nlayers = [\"test/spin\"]\n\
         [layers.\"test/spin\".limits]\nfuel = 100_000_000_000\nwall-ms = 300_000\n",
    );
    home
}

fn last_scan(home: &Home) -> Value {
    home.json(&["status"])["last_scan"].clone()
}

/// Starts the endless scan and waits until it is under way.
fn start(home: &Home) -> Child {
    let mut scan = home
        .spawnable(&["scan", "--pipeline", "spin"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while last_scan(home)["status"] != "running" {
        assert!(scan.try_wait().unwrap().is_none(), "the scan ended by itself");
        if begun.elapsed() > BEGUN {
            scan.kill().unwrap();
            panic!("the scan never began");
        }
        std::thread::sleep(POLL);
    }
    scan
}

/// Exit code, stdout and stderr of a scan that was told to stop.
fn end(mut scan: Child) -> (Option<i32>, String, String) {
    let told = Instant::now();
    while scan.try_wait().unwrap().is_none() {
        if told.elapsed() > ENDED {
            scan.kill().unwrap();
            panic!("the scan did not stop");
        }
        std::thread::sleep(POLL);
    }
    let output = scan.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn is_interrupted_by(signal: &str) {
    let home = home();
    let scan = start(&home);
    send(signal, scan.id());
    let (code, stdout, stderr) = end(scan);
    assert_eq!(code, Some(130), "{stderr}");
    assert_eq!((stdout.as_str(), stderr.lines().count()), ("", 1), "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
    let last = last_scan(&home);
    assert_eq!((&last["status"], &last["pipeline"]), (&"interrupted".into(), &"spin".into()));
    assert_eq!(home.json(&["alerts", "--all"]), serde_json::json!([]));
}

#[test]
fn ctrl_c_stops_a_scan_and_leaves_it_marked_interrupted() {
    is_interrupted_by("-INT");
}

#[test]
fn a_request_to_terminate_does_the_same() {
    is_interrupted_by("-TERM");
}

#[test]
fn a_killed_process_leaves_a_scan_that_is_found_interrupted() {
    let home = home();
    let mut scan = start(&home);
    scan.kill().unwrap();
    scan.wait().unwrap();
    assert_eq!(last_scan(&home)["status"], "interrupted");
}

#[test]
fn after_an_interrupt_the_next_scan_runs_as_ever() {
    let home = home();
    let before = home.json(&["scan", "--dry-run"]);
    let scan = start(&home);
    send("-INT", scan.id());
    end(scan);
    let after = home.json(&["scan"]);
    assert_eq!((&before["results"], &after["status"]), (&after["results"], &"complete".into()));
    assert_eq!(home.json(&["status"])["scans"], 2);
}

#[test]
fn a_second_scan_beside_a_running_one_is_no_trouble() {
    let home = home();
    let running = start(&home);
    assert_eq!(home.json(&["scan"])["status"], "complete");
    send("-INT", running.id());
    assert_eq!(end(running).0, Some(130));
}

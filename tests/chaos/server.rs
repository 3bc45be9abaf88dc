//! A PostgreSQL server that goes away, and one that many use at once.

use std::process::Stdio;
use std::time::Duration;

use sluice_test_postgres::Server;

use crate::rounds::{duration_of, instant, long};
use crate::state::sound_with;
use crate::support::Home;
use crate::together::change_together;

/// A scan during which the server crashes and comes back is stored once, as if nothing had happened.
pub fn restarted() {
    let server = Server::start().unwrap();
    let (home, url) = (Home::with_market(), server.url());
    let db = ["--db", url.as_str()];
    let scan = [&["scan", "--format", "json"][..], &db].concat();
    home.ok(&scan);
    let whole = duration_of(home.spawnable(&scan));
    let mut scans = sound_with(&home, &db).scans;
    for round in 0..long().map_or(4, |rounds| rounds.min(50)) {
        let mut command = home.spawnable(&scan);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // the instant of the crash is what is tested: nothing can be waited for
        std::thread::park_timeout(instant(round, whole));
        server.stop_at_once().unwrap();
        server.start_again().unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "round {round}: {told}");
        let state = sound_with(&home, &db);
        scans += 1;
        assert_eq!(state.scans, scans, "round {round}");
    }
}

/// A server that stands still (its connections stay open, nothing answers) for a moment within a scan is waited for;
/// one that stands still for good is named, and when it goes on, nothing that was promised is missing.
pub fn frozen() {
    let server = Server::start().unwrap();
    let (home, url) = (Home::with_market(), server.url());
    let db = ["--db", url.as_str()];
    let scan = [&["scan", "--format", "json"][..], &db].concat();
    home.ok(&scan);
    let whole = duration_of(home.spawnable(&scan));
    let mut scans = sound_with(&home, &db).scans;
    let frozen_scan = |round: usize, moment: Option<Duration>| {
        let mut command = home.spawnable(&scan);
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // the instant at which it freezes is what is tested: nothing can be waited for
        std::thread::park_timeout(instant(round, whole));
        server.pause().unwrap();
        if let Some(moment) = moment {
            std::thread::park_timeout(moment);
            server.resume().unwrap();
        }
        let output = child.wait_with_output().unwrap();
        server.resume().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for round in 0..long().map_or(3, |rounds| rounds.min(30)) {
        // every third one beyond what an attempt waits before it asks whether the server lives
        let moment = Duration::from_millis(if round % 3 == 2 { 12_000 } else { 300 });
        let (code, told) = frozen_scan(round, Some(moment));
        assert_eq!(code, Some(0), "round {round}: {told}");
        let state = sound_with(&home, &db);
        scans += 1;
        assert_eq!(state.scans, scans, "round {round}");
    }
    let mut named = 0;
    // a scan may have ended before the server froze
    for round in 1..=8 {
        let (code, told) = frozen_scan(round, None);
        if code != Some(0) {
            assert_eq!(code, Some(4), "round {round}: {told}");
            assert!(told.contains("could not be reached for "), "round {round}: {told}");
            named += 1;
        }
        let done = home.json(&[&["scan"][..], &db].concat());
        assert_eq!(done["status"], "complete", "round {round}: {done}");
        sound_with(&home, &db);
        if named > long().map_or(0, |rounds| rounds / 50) {
            break;
        }
    }
    assert!(named > 0, "no scan met the frozen server");
}

/// A server that stays away is named without its password, with what to do.
pub fn gone() {
    let server = Server::start().unwrap();
    let home = Home::with_market();
    let url = server.url().replace("sluice@", "sluice:geheim@");
    home.ok(&["status", "--db", &url]);
    server.stop_at_once().unwrap();
    let ran = home.run(&["status", "--db", &url]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("could not be reached for "), "{}", ran.stderr);
    assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
}

/// Every change that was accepted is in the history exactly once.
pub fn changes() {
    let server = Server::start().unwrap();
    let (home, url) = (Home::with_market(), server.url());
    home.ok(&["status", "--db", &url]);
    change_together(&home, &["--db", &url]);
}

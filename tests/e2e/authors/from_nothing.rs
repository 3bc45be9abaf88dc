//! From nothing to a layer that scans, as the README says: new, test, build, check, run, watch, install, scan.
//!
//! The only test that compiles: its crate's builds stay in the target folder, so that the second time is quick. It is
//! skipped where no Rust for layers or none of what the SDK depends on is at hand.

use crate::support::{Home, Ran, list, send};
use assert_cmd::Command;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

/// A cold build beside other work.
const LONGEST: Duration = Duration::from_secs(900);
/// The ways that need no network.
const WAYS: [&str; 2] = ["installed", "source"];

/// The program with the user's own Rust, which must not ask a network.
fn command(home: &Home, args: &[&str]) -> std::process::Command {
    let mut command = home.spawnable(args);
    let user = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        command.env(name, std::env::var_os(name).unwrap_or_else(|| user.join(folder).into()));
    }
    command.env("CARGO_NET_OFFLINE", "true").env("RUSTUP_AUTO_INSTALL", "0");
    if let Some(toolchain) = std::env::var_os("RUSTUP_TOOLCHAIN") {
        command.env("RUSTUP_TOOLCHAIN", toolchain);
    }
    command
}

fn run(home: &Home, args: &[&str]) -> Ran {
    let output = Command::from_std(command(home, args)).timeout(LONGEST).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn ok(home: &Home, args: &[&str]) -> String {
    let ran = run(home, args);
    assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
    ran.stdout
}

/// A way to a Rust for layers that works here; none, and a note, when there is none.
#[expect(clippy::print_stderr, reason = "a test that is skipped says why")]
fn way(home: &Home, build: &[&str]) -> Option<&'static str> {
    for way in WAYS {
        let ran = run(home, &[build, &["--toolchain", way]].concat());
        let missing = ["no Rust on this machine", "cannot run cargo", "offline", "no matching package"];
        match ran.code {
            0 => return Some(way),
            _ if missing.iter().any(|words| ran.stderr.contains(words)) => {}
            _ => panic!("{}{}", ran.stdout, ran.stderr),
        }
        eprintln!("skipped: {}", ran.stderr.lines().last().unwrap_or_default());
    }
    None
}

#[test]
fn a_layer_written_by_the_readme_works_at_the_first_try() {
    let home = Home::with_market();
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("authors").display().to_string();
    ok(&home, &["layer", "new", "me/near-high"]);
    let build = ["layer", "build", "near-high", "--target-dir", &target];
    let Some(way) = way(&home, &build) else { return };
    let how = ["--target-dir", target.as_str(), "--toolchain", way];
    let with = |args: &[&'static str]| -> Vec<String> {
        args.iter().chain(&how).map(|arg| (*arg).to_owned()).collect()
    };
    let run_with = |args: &[&'static str]| {
        let args = with(args);
        ok(&home, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };

    let built = run_with(&["layer", "build", "near-high", "--format", "json"]);
    let built: serde_json::Value = serde_json::from_str(&built).unwrap();
    assert_eq!((built["id"].as_str(), built["version"].as_str()), (Some("me/near-high"), Some("0.1.0")));
    let file = built["path"].as_str().unwrap().to_owned();
    assert!(file.ends_with("near-high.wasm") && built["size"].as_u64().unwrap() < 200 << 10, "{built}");

    let tested = run_with(&["layer", "test", "near-high"]);
    assert!(tested.contains("own tests passed"), "{tested}");
    assert_eq!(tested.lines().filter(|line| line.starts_with("passed")).count(), 6, "{tested}");

    let checked = ok(&home, &["layer", "check", &file]);
    assert!(checked.ends_with("it would be installed\n"), "{checked}");

    watch(&home, &with(&["layer", "run", "near-high", "--watch", "--format", "ndjson"]));

    ok(&home, &["layer", "install", &file]);
    let scan = home.json(&["scan", "--with", "me/near-high"]);
    assert!(!list(&scan, "results").is_empty(), "{scan}");
}

/// A changed source is built and asked again; Ctrl-C ends it.
fn watch(home: &Home, args: &[String]) {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut child = command(home, &args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let first = next();
    assert_eq!(first["layer"], "me/near-high@0.1.0");
    let source = home.user().join("near-high/src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, text.replace("near its high", "close to its high")).unwrap();
    let second = next();
    assert_ne!(first["digest"], second["digest"]);
    let reasons = list(&second, "results").iter().filter(|it| it["reason"] == "close to its high");
    assert!(reasons.count() > 0, "{second}");
    send("-INT", child.id());
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

//! One synthetic market with its compiled layers, made once per build of the program and copied into the homes:
//! compiling the layers anew for every test would take most of the suite's time.

use super::PROGRAM;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::UNIX_EPOCH;

/// Layers that every build with layers carries.
const BUNDLED: u64 = 19;

/// Panics when the program was built before its layers.
pub fn require_layers() {
    static BUILT_IN: OnceLock<u64> = OnceLock::new();
    let count = BUILT_IN.get_or_init(|| {
        let output = program(Path::new("/nonexistent"), &["status", "--format", "json"]);
        let status: serde_json::Value = serde_json::from_slice(&output).unwrap();
        status["bundled_layers"].as_u64().unwrap()
    });
    assert!(*count >= BUNDLED, "the program carries {count} of {BUNDLED} layers: run `cargo xtask test`");
}

/// Copies market and compiled layers.
pub fn copy_market(to: &Path) {
    copy(&template(), to);
}

/// Copies the compiled layers only.
pub fn copy_compiled_layers(to: &Path) {
    let template = template();
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(&template).unwrap().permissions()).unwrap();
    copy(&template.join("cache"), &to.join("cache"));
}

fn template() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(target).unwrap();
    let program_file = fs::metadata(PROGRAM).unwrap();
    let built = program_file.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let ready = target.join(format!("e2e-market-{built}-{}", program_file.len()));
    if !ready.exists() {
        let making = tempfile::Builder::new().prefix("e2e-making-").tempdir_in(target).unwrap();
        let home = making.path().join("home");
        program(
            &home,
            &["synthesize", "--symbols", "300", "--sessions", "80", "--seed", "1", "--end", super::END],
        );
        // a scan compiles what it names only; the list has all layers
        program(&home, &["layer", "list"]);
        // each home gets a database and a key of its own
        for name in
            ["sluice.db", "sluice.db-wal", "sluice.db-shm", "sluice.key", "audit.heads", "audit.heads.lock"]
        {
            let _ = fs::remove_file(home.join(name));
        }
        forget_others(target, &ready);
        // Another test may have been faster; then its own is as good.
        if fs::rename(&home, &ready).is_err() {
            assert!(ready.exists(), "cannot make {}", ready.display());
        }
    }
    ready
}

/// Removes what earlier builds of the program left.
fn forget_others(target: &Path, ready: &Path) {
    for entry in fs::read_dir(target).unwrap().flatten() {
        let old = entry.file_name().to_string_lossy().starts_with("e2e-market-") && entry.path() != ready;
        if old {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn program(home: &Path, args: &[&str]) -> Vec<u8> {
    let output = Command::new(PROGRAM).env_clear().args(args).arg("--home").arg(home).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Copies a folder with all in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

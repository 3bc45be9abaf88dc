//! What the tests share: homes, the program run in them, and small markets.

mod bars;
mod home;
mod scanner;
mod template;

pub use bars::{Bar, END, bars_csv, sessions, walk};
pub use home::{Home, Ran};
pub use scanner::Scanner;

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_sluice");

/// A layer of `tests/hostile`, as `cargo xtask test` builds it.
pub fn test_layer(name: &str) -> String {
    let path = repository().join("target/layers/test").join(name).with_extension("wasm");
    assert!(path.exists(), "{} is not built: run `cargo xtask test`", path.display());
    path.display().to_string()
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

/// Sends a signal, such as -INT, to the process of this number.
pub fn send(signal: &str, pid: u32) {
    let kill = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
    assert!(kill.unwrap().success());
}

/// Names of a JSON object's members.
pub fn keys(object: &Value) -> BTreeSet<&str> {
    let object = object.as_object().unwrap_or_else(|| panic!("{object} is no object"));
    object.keys().map(String::as_str).collect()
}

/// A JSON array.
pub fn list<'a>(object: &'a Value, key: &str) -> &'a Vec<Value> {
    object[key].as_array().unwrap_or_else(|| panic!("{key} is no array: {object}"))
}

/// One text of every object in a JSON array.
pub fn texts<'a>(object: &'a Value, array: &str, key: &str) -> Vec<&'a str> {
    list(object, array).iter().map(|item| item[key].as_str().unwrap()).collect()
}

/// Every file below a folder with its content, by path; for "nothing was changed".
pub fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// Whether the program under test encrypts its SQLite files: nothing can then be found or changed in their bytes.
pub fn encrypted() -> bool {
    cfg!(feature = "encrypted-sqlite")
}

//! A real compiler builds a real, tiny layer: it is built once, wraps, and tells nothing of this machine.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "the helpers of a test are tests too")]

use std::fs;
use std::path::{Path, PathBuf};

use sluice_build::{
    BuildError, ModulePath, Request, Search, Selection, ThisMachine, Toolchain, Way, build_layers,
    find_toolchain, wrap,
};
use wit_component::{StringEncoding, metadata};
use wit_parser::Resolve;

const MANIFEST: &str = r#"[package]
name = "tiny-layer"
version = "0.1.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]

[profile.layer]
inherits = "release"
panic = "abort"
strip = "debuginfo"

[workspace]
"#;

/// The panic carries the path of this source into the module.
const SOURCE: &str = r#"
#[used]
#[unsafe(link_section = "component-type:tiny")]
static WORLD: [u8; include_bytes!("../world.bin").len()] = *include_bytes!("../world.bin");

#[unsafe(export_name = "answer")]
pub extern "C" fn answer(at: u32) -> u32 {
    let numbers: Vec<u32> = (0..at).collect();
    match numbers.get(41) {
        Some(number) => number + 1,
        None => panic!("only {} numbers", numbers.len()),
    }
}
"#;

fn world() -> Vec<u8> {
    let mut resolve = Resolve::default();
    let text = "package tiny:layer@0.1.0; world tiny { export answer: func(at: u32) -> u32; }";
    let package = resolve.push_str("tiny.wit", text).unwrap();
    let world = resolve.select_world(&[package], None).unwrap();
    metadata::encode(&resolve, world, StringEncoding::UTF8, None, false).unwrap()
}

fn write_layer(dir: &Path) {
    fs::create_dir_all(dir.join("src")).unwrap();
    fs::write(dir.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(dir.join("src/lib.rs"), SOURCE).unwrap();
    fs::write(dir.join("world.bin"), world()).unwrap();
}

/// Only with the installed target: a compiler that has to build the standard library needs most of a minute for
/// each folder.
fn toolchain() -> Option<Toolchain> {
    let search = Search { dir: env!("CARGO_MANIFEST_DIR").into(), memory: None, ways: vec![Way::Installed] };
    match find_toolchain(&ThisMachine, &search, &mut |_| {}) {
        Ok(toolchain) => Some(toolchain),
        Err(error) => {
            eprintln!("skipped: {error}");
            None
        }
    }
}

fn build(toolchain: &Toolchain, dir: &Path) -> Result<Vec<ModulePath>, BuildError> {
    let target = dir.join("target");
    let request =
        Request { dir, selection: Selection::Package, target: &target, locked: false, offline: false };
    build_layers(toolchain, &request, &mut |_| {})
}

fn only(mut modules: Vec<ModulePath>) -> ModulePath {
    assert_eq!(modules.len(), 1, "{modules:?}");
    modules.remove(0)
}

#[test]
fn a_layer_is_built_once_and_becomes_a_component() {
    let Some(toolchain) = toolchain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let layer = dir.path().join("tiny");
    write_layer(&layer);
    let first = only(build(&toolchain, &layer).unwrap());
    assert_eq!((first.name.as_str(), first.fresh), ("tiny", false));
    let component = wrap(&fs::read(&first.path).unwrap()).unwrap();

    let second = only(build(&toolchain, &layer).unwrap());
    assert!(second.fresh);
    assert_eq!(wrap(&fs::read(&second.path).unwrap()).unwrap(), component);

    fs::write(layer.join("src/lib.rs"), SOURCE.replace("number + 1", "number + 2")).unwrap();
    let third = only(build(&toolchain, &layer).unwrap());
    assert!(!third.fresh);
    assert_ne!(wrap(&fs::read(&third.path).unwrap()).unwrap(), component);
}

#[test]
fn a_module_is_the_same_from_any_folder_and_names_none_of_this_machine() {
    let Some(toolchain) = toolchain() else { return };
    let dir = tempfile::tempdir().unwrap();
    let folders: [PathBuf; 2] = ["one/tiny", "another/place/tiny"].map(|name| dir.path().join(name));
    let modules = folders.each_ref().map(|folder| {
        write_layer(folder);
        fs::read(only(build(&toolchain, folder).unwrap()).path).unwrap()
    });
    assert!(modules[0] == modules[1], "the two modules differ");

    let text = String::from_utf8_lossy(&modules[0]);
    let home = std::env::var("HOME").unwrap_or_else(|_| "/home".into());
    for secret in [dir.path().to_str().unwrap(), &home, env!("CARGO_MANIFEST_DIR")] {
        assert!(secret.len() < 2 || !text.contains(secret), "{secret} is in the module");
    }
}

#[test]
fn a_layer_that_does_not_compile_is_told_with_the_compilers_first_error() {
    let Some(toolchain) = toolchain() else { return };
    let dir = tempfile::tempdir().unwrap();
    write_layer(dir.path());
    fs::write(dir.path().join("src/lib.rs"), "fn main() { wrong }").unwrap();
    let told = build(&toolchain, dir.path()).unwrap_err().to_string();
    assert!(told.contains("exit code 101; error[E0425]"), "{told}");
}

#[test]
fn a_package_that_makes_no_module_is_told_what_it_lacks() {
    let Some(toolchain) = toolchain() else { return };
    let dir = tempfile::tempdir().unwrap();
    write_layer(dir.path());
    fs::write(dir.path().join("Cargo.toml"), MANIFEST.replace("cdylib", "rlib")).unwrap();
    let told = build(&toolchain, dir.path()).unwrap_err().to_string();
    assert!(told.contains("crate-type = [\"cdylib\"]"), "{told}");
}

//! Puts the bundled layers and the source of the SDK into the program.
//!
//! `cargo xtask build` leaves them in `target/layers/*.wasm`; `SLUICE_LAYERS_DIR` names another folder. Without
//! any, the list is empty and the program still compiles, so that `cargo check` and editors need no toolchain
//! for WebAssembly. Makes `$OUT_DIR/bundled.rs` with `BUNDLED`: name and component of each layer, by name; and
//! `$OUT_DIR/sdk.rs` with what `sluice layer new` writes.

#[path = "build/sdk.rs"]
mod sdk;

use std::error::Error;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The folder to look in, in place of `<workspace>/target/layers`.
const FOLDER_VARIABLE: &str = "SLUICE_LAYERS_DIR";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={FOLDER_VARIABLE}");
    let workspace = workspace()?;
    let folder = folder(&workspace)?;
    println!("cargo::rerun-if-changed={}", folder.display());

    let layers = layers(&folder)?;
    if layers.is_empty() {
        println!(
            "cargo::warning=no layers in {}: this sluice carries none; run `cargo xtask build`",
            folder.display()
        );
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo did not set OUT_DIR")?);
    fs::write(out.join("bundled.rs"), source(&layers)?)?;
    fs::write(out.join("sdk.rs"), sdk::source(&workspace)?)?;
    Ok(())
}

fn workspace() -> Result<PathBuf, Box<dyn Error>> {
    let manifest =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or("cargo did not set CARGO_MANIFEST_DIR")?);
    let root = manifest.ancestors().nth(2).ok_or("the crate is not two folders below its workspace")?;
    Ok(root.to_owned())
}

fn folder(workspace: &Path) -> Result<PathBuf, Box<dyn Error>> {
    if let Some(folder) = env::var_os(FOLDER_VARIABLE).filter(|folder| !folder.is_empty()) {
        return fs::canonicalize(&folder)
            .map_err(|error| format!("{FOLDER_VARIABLE}={}: {error}", Path::new(&folder).display()).into());
    }
    let folder = workspace.join("target/layers");
    // Cargo runs this script at every build while a folder that it watches is missing.
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Name and file of each layer, by name.
fn layers(folder: &Path) -> Result<Vec<(String, PathBuf)>, Box<dyn Error>> {
    let mut layers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().and_then(OsStr::to_str);
        if let (Some(name), Some("wasm")) = (name, path.extension().and_then(OsStr::to_str)) {
            layers.push((name.to_owned(), path));
        }
    }
    layers.sort();
    Ok(layers)
}

fn source(layers: &[(String, PathBuf)]) -> Result<String, Box<dyn Error>> {
    let mut text = String::from("/// The layers inside the program: name and component, by name.\n");
    text.push_str("pub static BUNDLED: &[(&str, &[u8])] = &[\n");
    for (name, path) in layers {
        let path = path.to_str().ok_or_else(|| format!("{} is not UTF-8", path.display()))?;
        writeln!(text, "    ({name:?}, include_bytes!({path:?})),")?;
    }
    text.push_str("];\n");
    Ok(text)
}

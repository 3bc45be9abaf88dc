//! The layers of this repository: which there are, and where their components go.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::Context as _;
use sluice_build::{ModulePath, Progress, Request, Search, Selection, ThisMachine, Toolchain, Way};

use crate::place;
use crate::step::step;

/// The package whose examples are the layers for tests.
const TEST_LAYERS_PACKAGE: &str = "sluice-hostile";

/// Finds a Rust for layers, installing one if need be.
pub fn toolchain(only: Option<Way>) -> anyhow::Result<Toolchain> {
    let mut search = Search::new(place::root(), &place::target());
    if let Some(way) = only {
        search.ways = vec![way];
    }
    let toolchain = sluice_build::find_toolchain(&ThisMachine, &search, &mut show)?;
    eprintln!("xtask: layers are built with {toolchain}");
    Ok(toolchain)
}

/// Builds the layers that go into the program.
pub fn build_bundled(toolchain: &Toolchain) -> anyhow::Result<()> {
    let packages = bundled_packages(&place::root().join("plugins"))?;
    let folder = place::bundled_layers();
    if packages.is_empty() {
        return keep_only(&folder, &BTreeSet::new());
    }
    build(toolchain, Selection::Packages(packages), &folder)
}

/// Builds the layers that tests of the host use.
pub fn build_test(toolchain: &Toolchain) -> anyhow::Result<()> {
    build(toolchain, Selection::Examples(TEST_LAYERS_PACKAGE.to_owned()), &place::test_layers())
}

/// Package names of the bundled layers: one folder each.
fn bundled_packages(plugins: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(plugins).with_context(|| format!("cannot read {}", plugins.display()))? {
        let manifest = entry?.path().join("Cargo.toml");
        if !manifest.is_file() {
            continue;
        }
        let text =
            fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
        names.push(package_name(&text).with_context(|| format!("{} names no package", manifest.display()))?);
    }
    names.sort();
    Ok(names)
}

fn package_name(manifest: &str) -> Option<String> {
    let manifest: toml::Table = manifest.parse().ok()?;
    Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
}

fn build(toolchain: &Toolchain, selection: Selection, folder: &Path) -> anyhow::Result<()> {
    let (root, target) = (place::root(), place::target().join("guest"));
    let locked = env::var_os("CI").is_some();
    let request = Request { dir: &root, selection, target: &target, locked, offline: false };
    let modules = sluice_build::build_layers(toolchain, &request, &mut show)?;
    let mut files = BTreeSet::new();
    for module in &modules {
        files.insert(publish(module, folder)?);
    }
    keep_only(folder, &files)
}

/// Wraps a module and stores the component. This is done for a module that cargo left alone too: it takes
/// milliseconds, and the file is not touched when its bytes are the same.
fn publish(module: &ModulePath, folder: &Path) -> anyhow::Result<PathBuf> {
    let path = folder.join(&module.name).with_extension("wasm");
    let name = module.path.display();
    let bytes = fs::read(&module.path).with_context(|| format!("cannot read {name}"))?;
    let component = sluice_build::wrap(&bytes).with_context(|| format!("layer {}: {name}", module.name))?;
    if sluice_build::write_if_changed(&path, &component)? {
        eprintln!("xtask: layer {} is new: {} KiB", module.name, component.len().div_ceil(1024));
    }
    Ok(path)
}

/// Removes the components of layers that are no more.
fn keep_only(folder: &Path, files: &BTreeSet<PathBuf>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") && !files.contains(&path) {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn show(progress: Progress<'_>) {
    match progress {
        Progress::Trying(way) => eprintln!("xtask: trying {way}"),
        Progress::Refused(way, reason) => eprintln!("xtask: {way} does not work here: {reason}"),
        Progress::Cargo(line) => eprintln!("{line}"),
    }
}

/// All steps for layers: the toolchain, the bundled ones, and those of tests when wanted.
pub fn prepare(only: Option<Way>, with_test: bool) -> anyhow::Result<()> {
    let toolchain = step("find a Rust for layers", || toolchain(only))?;
    step("build the layers", || build_bundled(&toolchain))?;
    if with_test {
        step("build the layers of tests", || build_test(&toolchain))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_tells_its_package() {
        assert_eq!(
            package_name("[package]\nname = \"sluice-layer-volume\"\n").as_deref(),
            Some("sluice-layer-volume")
        );
        assert_eq!(package_name("[workspace]\n"), None);
        assert_eq!(package_name("name ="), None);
    }

    #[test]
    fn every_folder_with_a_manifest_is_a_layer_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b", "a"] {
            fs::create_dir(dir.path().join(name)).unwrap();
            let manifest = format!("[package]\nname = \"layer-{name}\"\n");
            fs::write(dir.path().join(name).join("Cargo.toml"), manifest).unwrap();
        }
        fs::create_dir(dir.path().join("empty")).unwrap();
        fs::write(dir.path().join("README.md"), "").unwrap();
        assert_eq!(bundled_packages(dir.path()).unwrap(), ["layer-a", "layer-b"]);
    }

    #[test]
    fn components_of_layers_that_are_gone_are_removed_and_other_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir(path("test")).unwrap();
        for name in ["stays.wasm", "gone.wasm", "note.txt", "test/other.wasm"] {
            fs::write(path(name), "").unwrap();
        }
        keep_only(dir.path(), &BTreeSet::from([path("stays.wasm")])).unwrap();
        assert!(path("stays.wasm").exists() && path("note.txt").exists() && path("test/other.wasm").exists());
        assert!(!path("gone.wasm").exists());
    }
}

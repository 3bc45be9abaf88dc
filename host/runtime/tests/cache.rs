//! The folder of compiled layers: used when it is whole and private, never otherwise.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

mod support;

use sha2::{Digest, Sha256};
use sluice_runtime::{CacheOutcome, Layer, Limits, Runtime, RuntimeOptions};
use std::fs;
use std::path::{Path, PathBuf};
use support::{assert_keeps, batch, hostile, scan};
use tempfile::TempDir;

/// Length of the magic and of the checksum before the compiled code.
const HEAD_BYTES: usize = 8 + 32;

struct Home {
    _temporary: TempDir,
    folder: PathBuf,
}

impl Home {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("compiled");
        Self { _temporary: temporary, folder }
    }

    fn runtime(&self) -> Runtime {
        Runtime::new(RuntimeOptions { cache: Some(self.folder.clone()), ..RuntimeOptions::default() })
            .unwrap()
    }

    /// Loads with a new runtime, as a new process would, and makes sure that the layer is the one asked for.
    fn load(&self, name: &str) -> Layer {
        let layer = self.runtime().load(name, &hostile(name)).unwrap();
        assert_eq!(layer.id(), format!("test/{name}"));
        assert_keeps(&scan(&layer, &batch(2), Limits::default()).unwrap().value, 2);
        layer
    }

    fn outcome(&self, name: &str) -> CacheOutcome {
        self.load(name).cache_outcome()
    }

    fn entries(&self) -> Vec<PathBuf> {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        entries
    }

    /// The only entry.
    fn entry(&self) -> PathBuf {
        let [entry] = self.entries().try_into().unwrap();
        entry
    }

    /// Replaces the entry and expects that it is not used but replaced by a whole one.
    fn assert_recompiled_after(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let whole = fs::read(self.entry()).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(self.entry(), &bytes).unwrap();
        assert_eq!(self.outcome("empty"), CacheOutcome::Compiled);
        assert_eq!(self.entries().len(), 1);
        assert_eq!(self.outcome("empty"), CacheOutcome::Hit);
    }
}

/// An entry as the cache itself would write it under that name.
fn with_right_checksum(entry: &Path, body: &[u8]) -> Vec<u8> {
    let name = entry.file_stem().unwrap().to_str().unwrap();
    let checksum = Sha256::new().chain_update(name).chain_update(body).finalize();
    [b"sluice2\n", checksum.as_slice(), body].concat()
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn the_second_load_is_a_hit_with_the_same_answers() {
    let home = Home::new();
    let compiled = home.load("empty");
    let cached = home.load("empty");
    assert_eq!(
        (compiled.cache_outcome(), cached.cache_outcome()),
        (CacheOutcome::Compiled, CacheOutcome::Hit)
    );
    assert_eq!(compiled.digest(), cached.digest());
    assert_eq!(compiled.descriptor(), cached.descriptor());
    let fuel = |layer: &Layer| scan(layer, &batch(9), Limits::default()).unwrap().usage.fuel;
    assert_eq!(fuel(&compiled), fuel(&cached));
}

#[test]
fn each_component_has_an_entry_of_its_own_named_by_its_digest() {
    let home = Home::new();
    assert_eq!(home.outcome("empty"), CacheOutcome::Compiled);
    assert_eq!(home.outcome("logs"), CacheOutcome::Compiled);
    assert_eq!(home.entries().len(), 2);
    let digest = home.load("empty").digest().to_owned();
    let names: Vec<String> =
        home.entries().iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.iter().any(|name| name.starts_with(&digest)), "{names:?}");
}

#[test]
fn a_flipped_bit_anywhere_in_an_entry_means_compiling_again() {
    let home = Home::new();
    home.load("empty");
    let length = fs::read(home.entry()).unwrap().len();
    for at in [0, 7, 8, HEAD_BYTES - 1, HEAD_BYTES, length / 2, length - 1] {
        home.assert_recompiled_after(|bytes| bytes[at] ^= 1);
    }
}

#[test]
fn a_truncated_or_longer_entry_means_compiling_again() {
    let home = Home::new();
    home.load("empty");
    let length = fs::read(home.entry()).unwrap().len();
    for kept in [0, 5, 8, HEAD_BYTES, length / 2, length - 1] {
        home.assert_recompiled_after(|bytes| bytes.truncate(kept));
    }
    home.assert_recompiled_after(|bytes| bytes.push(0));
}

#[test]
fn foreign_content_with_a_right_checksum_means_compiling_again() {
    let home = Home::new();
    home.load("empty");
    let entry = home.entry();
    let whole = fs::read(&entry).unwrap();
    assert_eq!(whole, with_right_checksum(&entry, &whole[HEAD_BYTES..]));
    let foreign = [b"".to_vec(), b"not compiled code".to_vec(), hostile("logs"), compiled_otherwise("empty")];
    for body in foreign {
        home.assert_recompiled_after(|bytes| *bytes = with_right_checksum(&entry, &body));
    }
}

/// What wasmtime makes of the same component under other settings: no fuel, no deadlines.
fn compiled_otherwise(name: &str) -> Vec<u8> {
    let engine = wasmtime::Engine::default();
    wasmtime::component::Component::from_binary(&engine, &hostile(name)).unwrap().serialize().unwrap()
}

#[test]
fn the_code_of_another_layer_under_this_name_is_never_taken_for_this_layer() {
    let home = Home::new();
    home.load("logs");
    let foreign = fs::read(home.entry()).unwrap();
    fs::remove_file(home.entry()).unwrap();
    home.load("empty");
    fs::write(home.entry(), foreign).unwrap();
    // whole, of this very build, but of another component
    assert_eq!(home.outcome("empty"), CacheOutcome::Compiled);
    assert_eq!(home.outcome("empty"), CacheOutcome::Hit);
}

#[cfg(unix)]
#[test]
fn a_new_folder_and_its_entries_are_the_owners_alone() {
    let home = Home::new();
    home.load("empty");
    assert_eq!(mode(&home.folder), 0o700);
    assert_eq!(mode(&home.entry()) & 0o077, 0);
}

#[cfg(unix)]
#[test]
fn a_folder_open_to_others_is_neither_read_nor_written() {
    let home = Home::new();
    for open in [0o755, 0o750, 0o701] {
        fs::create_dir_all(&home.folder).unwrap();
        set_mode(&home.folder, open);
        assert_eq!(home.outcome("empty"), CacheOutcome::Compiled);
        assert_eq!(home.entries(), Vec::<PathBuf>::new());
    }
    set_mode(&home.folder, 0o700);
    home.load("empty");
    set_mode(&home.folder, 0o755);
    assert_eq!(home.outcome("empty"), CacheOutcome::Compiled);
    set_mode(&home.folder, 0o700);
    assert_eq!(home.outcome("empty"), CacheOutcome::Hit);
}

#[cfg(unix)]
#[test]
fn a_link_to_a_private_folder_is_not_followed() {
    let home = Home::new();
    home.load("empty");
    let link = home.folder.with_file_name("link");
    std::os::unix::fs::symlink(&home.folder, &link).unwrap();
    let runtime = Runtime::new(RuntimeOptions { cache: Some(link), ..RuntimeOptions::default() }).unwrap();
    let layer = runtime.load("empty", &hostile("empty")).unwrap();
    assert_eq!(layer.cache_outcome(), CacheOutcome::Compiled);
}

#[test]
fn a_file_in_the_folders_place_only_means_no_cache() {
    let home = Home::new();
    fs::write(&home.folder, "in the way").unwrap();
    assert_eq!(home.outcome("empty"), CacheOutcome::Compiled);
    assert_eq!(fs::read_to_string(&home.folder).unwrap(), "in the way");
}

#[test]
fn without_a_cache_every_load_compiles() {
    let runtime = support::runtime();
    let layer = runtime.load("empty", &hostile("empty")).unwrap();
    assert_eq!(layer.cache_outcome(), CacheOutcome::Compiled);
    let layer = runtime.load("empty", &hostile("empty")).unwrap();
    assert_eq!(layer.cache_outcome(), CacheOutcome::Compiled);
}

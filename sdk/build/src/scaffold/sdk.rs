//! The SDK that a program carries, and writing it once for all layers that are made with it.

use super::ScaffoldError;
use std::fs;
use std::path::{Path, PathBuf};

/// Folder of the SDK's crate among its files; the contract lies where its bindings look for it.
const CRATE: &str = "sdk/rust";

/// The source of the SDK, as a program carries it.
#[derive(Debug, Clone, Copy)]
pub struct Sdk<'a> {
    /// Its version with a mark of its content: `0.1.0-5f3a90c1`.
    pub version: &'a str,
    /// The version of the contract that it speaks.
    pub api: &'a str,
    /// Path and text of each file.
    pub files: &'a [(&'a str, &'a str)],
    /// The `Cargo.lock` of a crate that depends on nothing else: the versions that the SDK was tested with.
    pub lock: &'a str,
}

impl Sdk<'_> {
    /// Writes it into a folder of its version within `folder`, unless it is there; gives the folder of its crate. Many
    /// processes may do so at once.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn unpack(&self, folder: &Path) -> Result<PathBuf, ScaffoldError> {
        let place = folder.join(self.version);
        if !place.join(CRATE).join("Cargo.toml").is_file() {
            match whole(&place, self.files.iter().copied()) {
                // another process was faster, and its files are the same
                Err(_) if place.join(CRATE).join("Cargo.toml").is_file() => {}
                done => done?,
            }
        }
        let path = place.join(CRATE);
        path.canonicalize().map_err(ScaffoldError::file("find", &path))
    }
}

/// Writes files into a folder that appears with all of them or not at all. An empty folder in its place is replaced.
pub(super) fn whole<'a>(
    dir: &Path,
    files: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), ScaffoldError> {
    let name = dir.file_name().unwrap_or_default().to_string_lossy();
    let part = dir.with_file_name(format!(".{name}.{}.sluice-part", std::process::id()));
    let written = write_all(&part, files).and_then(|()| {
        // renaming onto an empty folder replaces it, and onto any other thing fails
        fs::rename(&part, dir).map_err(ScaffoldError::file("make", dir))
    });
    if written.is_err() {
        let _ = fs::remove_dir_all(&part);
    }
    written
}

fn write_all<'a>(part: &Path, files: impl Iterator<Item = (&'a str, &'a str)>) -> Result<(), ScaffoldError> {
    for (path, text) in files {
        let path = part.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(ScaffoldError::file("make", folder))?;
        }
        fs::write(&path, text).map_err(ScaffoldError::file("write", &path))?;
    }
    Ok(())
}

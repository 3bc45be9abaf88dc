//! The component that a command is about: read from a file, or built from a crate.

use super::building;
use crate::args::Toolchain;
use crate::exit::Usage;
use crate::home::Home;
use anyhow::{Context, bail};
use sluice_engine::{Checked, check};
use sluice_runtime::{Layer, LoadError};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Largest file that is read at all, in bytes: one more than the sandbox takes, so that it is the sandbox that says
/// what is wrong.
const READ_BYTES: u64 = (64 << 20) + 1;

/// A component and what messages call it.
pub struct Component {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Component {
    /// A file as it is; a folder is the crate of a layer, which is built.
    ///
    /// # Errors
    /// When there is no such file, or the crate does not build.
    pub fn of(home: &Home, path: &Path, how: &Toolchain) -> anyhow::Result<Self> {
        if path.is_dir() {
            let built = building::build(home, path, how)?;
            return Ok(Self { path: built.path, bytes: built.bytes });
        }
        if !path.exists() {
            bail!(Usage(format!(
                "there is no {}: name the folder of a layer or a .wasm file",
                path.display()
            )));
        }
        Ok(Self { path: path.to_owned(), bytes: read(path)? })
    }

    /// The layer in it.
    ///
    /// # Errors
    /// The first reason why install would refuse it.
    pub fn layer(&self, home: &Home) -> anyhow::Result<Layer> {
        let name = self.path.display().to_string();
        home.runtime()?.load(&name, &self.bytes).map_err(|error| whole_size(error, &self.path).into())
    }

    /// The same with everything that a check tells of it, short of a trial call.
    pub fn checked(&self, home: &Home) -> anyhow::Result<Checked> {
        Ok(check(&home.runtime()?, &self.path.display().to_string(), &self.bytes))
    }
}

/// Tells the size of the whole file where only its beginning was read.
pub fn whole_size(error: LoadError, file: &Path) -> LoadError {
    match error {
        LoadError::TooLarge { source_name, actual, limit } => {
            LoadError::TooLarge { source_name, actual: size(file).unwrap_or(actual), limit }
        }
        other => other,
    }
}

/// The same for a check, whose refusals are words already.
pub fn tell_whole_size(checked: &mut Checked, file: &Path) {
    let Some(size) = size(file).filter(|size| *size > checked.size) else { return };
    let (read, whole) = (format!("{} bytes", checked.size), format!("{size} bytes"));
    checked.refusals.iter_mut().for_each(|refusal| *refusal = refusal.replace(&read, &whole));
    checked.size = size;
}

fn size(file: &Path) -> Option<usize> {
    std::fs::metadata(file).ok().and_then(|file| usize::try_from(file.len()).ok())
}

/// Reads a file as far as any layer goes.
pub fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(READ_BYTES).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

/// A folder for a market that is gone afterwards.
pub fn temporary() -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix("sluice-").tempdir().context("cannot make a temporary folder")
}

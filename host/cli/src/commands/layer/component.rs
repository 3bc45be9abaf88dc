//! The component that a command is about: read from a file, or built from a crate.

use super::building;
use crate::args::Toolchain;
use crate::exit::Usage;
use crate::home::Home;
use anyhow::{Context, bail};
use sluice_engine::{Checked, check};
use sluice_package::Fetched;
use sluice_runtime::{Layer, LoadError, MOST_COMPONENT_BYTES};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

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

/// What install would take.
pub struct Accepted {
    /// The layer.
    pub layer: Layer,
    /// What it imports.
    pub imports: Vec<String>,
    /// What an operator would stumble over.
    pub warnings: Vec<String>,
}

/// The layer in these bytes; `file` is the one that they are the beginning of, if they are of one.
///
/// # Errors
/// The first reason why install would refuse it.
pub fn accepted(home: &Home, name: &str, file: Option<&Path>, bytes: &[u8]) -> anyhow::Result<Accepted> {
    let mut checked = check(&home.runtime()?, name, bytes);
    if let Some(file) = file {
        tell_whole_size(&mut checked, file);
    }
    let Checked { layer, imports, warnings, refusals, .. } = checked;
    match (layer, refusals.into_iter().next()) {
        (Some(layer), _) => Ok(Accepted { layer, imports, warnings }),
        (None, Some(refusal)) => bail!(refusal),
        (None, None) => bail!("{name}: it is no layer"),
    }
}

/// Reads a file as far as any layer goes.
pub fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    sluice_package::read(file, MOST_COMPONENT_BYTES)
        .with_context(|| format!("cannot read {}", file.display()))
}

/// Reads a file that has at most `most` bytes of text.
pub fn read_text(file: &Path, most: usize) -> anyhow::Result<String> {
    let bytes =
        sluice_package::read(file, most).with_context(|| format!("cannot read {}", file.display()))?;
    if bytes.len() > most {
        bail!(Usage(format!("{} is longer than {most} bytes: it is no file of a key", file.display())));
    }
    String::from_utf8(bytes).map_err(|_| Usage(format!("{} is no text", file.display())).into())
}

/// The same as far as any layer goes, with the signature beside it.
pub fn fetch(file: &Path) -> anyhow::Result<Fetched> {
    sluice_package::fetch_file(file, MOST_COMPONENT_BYTES)
        .map_err(|(path, error)| anyhow::Error::new(error).context(format!("cannot read {}", path.display())))
}

/// A folder for a market that is gone afterwards.
pub fn temporary() -> anyhow::Result<TempDir> {
    tempfile::Builder::new().prefix("sluice-").tempdir().context("cannot make a temporary folder")
}

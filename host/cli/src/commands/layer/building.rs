//! Building the crate of a layer: what cargo says goes to stderr.

use crate::args::Toolchain;
use crate::home::Home;
use crate::output;
use sluice_build::{BuildError, LayerCrate, LayerFile, Progress};
use std::path::Path;

/// Finds a Rust, builds the crate, makes a component of it.
///
/// # Errors
/// See [`BuildError`].
pub fn build(home: &Home, dir: &Path, how: &Toolchain) -> Result<LayerFile, BuildError> {
    let (layer, toolchain) = ready(home, dir, how)?;
    layer.build(&toolchain, &mut show)
}

/// The same after its own tests, which run natively. The inner error is what the tests say.
///
/// # Errors
/// See [`BuildError`].
pub fn test_and_build(
    home: &Home,
    dir: &Path,
    how: &Toolchain,
) -> Result<(Result<(), BuildError>, LayerFile), BuildError> {
    let (layer, toolchain) = ready(home, dir, how)?;
    let tested = match layer.test(&toolchain, &mut show) {
        Err(error @ BuildError::Tests { .. }) => Err(error),
        other => Ok(other?),
    };
    Ok((tested, layer.build(&toolchain, &mut show)?))
}

fn ready(
    home: &Home,
    dir: &Path,
    how: &Toolchain,
) -> Result<(LayerCrate, sluice_build::Toolchain), BuildError> {
    let layer = LayerCrate::open(dir, how.target_dir.as_deref())?;
    let memory = home.sdk_folder().join("guest-toolchain.json");
    let toolchain = layer.toolchain(how.toolchain, Some(memory), &mut show)?;
    Ok((layer, toolchain))
}

fn show(progress: Progress<'_>) {
    match progress {
        Progress::Trying(way) => output::note(&format!("trying {way}")),
        Progress::Refused(way, reason) => output::note(&format!("{way} does not work here: {reason}")),
        Progress::Cargo(line) => output::passed_on(line),
    }
}

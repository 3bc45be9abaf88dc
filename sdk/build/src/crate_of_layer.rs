//! The crate of one layer, on the way from its source to the file that is shipped.

use crate::compile::environment;
use crate::{
    BuildError, Progress, Request, Search, Selection, Sink, ThisMachine, Toolchain, Way, build_layers,
    find_toolchain, wrap, write_if_changed,
};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

/// The crate of a layer.
#[derive(Debug, Clone)]
pub struct LayerCrate {
    dir: PathBuf,
    target: PathBuf,
}

/// A layer that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerFile {
    /// Where the component is.
    pub path: PathBuf,
    /// The component.
    pub bytes: Vec<u8>,
    /// Nothing had changed since it was built before.
    pub fresh: bool,
}

impl LayerCrate {
    /// The crate in a folder. Its builds go to `target`, or to `target` in its folder.
    ///
    /// # Errors
    /// There is no `Cargo.toml`.
    pub fn open(dir: &Path, target: Option<&Path>) -> Result<Self, BuildError> {
        if !dir.join("Cargo.toml").is_file() {
            return Err(BuildError::NoCrate { dir: dir.to_owned() });
        }
        // cargo runs in the crate's folder, whatever that of this process is
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|source| BuildError::File {
                action: "find",
                path: path.to_owned(),
                source,
            })
        };
        let dir = absolute(dir)?;
        let target = target.map_or_else(|| Ok(dir.join("target")), absolute)?;
        Ok(Self { dir, target })
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Finds a Rust for it: what is on the machine, or what rustup adds; packages of the operating system are installed
    /// only when `only` says so. What was found is remembered in `memory`.
    ///
    /// # Errors
    /// No way works.
    pub fn toolchain(
        &self,
        only: Option<Way>,
        memory: Option<PathBuf>,
        progress: Sink<'_>,
    ) -> Result<Toolchain, BuildError> {
        let ways = match only {
            Some(way) => vec![way],
            None => Way::ALL.into_iter().filter(|way| *way != Way::Debian).collect(),
        };
        let search = Search { dir: self.dir.clone(), memory, ways };
        Ok(find_toolchain(&ThisMachine, &search, progress)?)
    }

    /// Compiles it, makes a component of it and stores that in the target folder.
    ///
    /// # Errors
    /// It does not compile, makes no module, or none that fits the contract.
    pub fn build(&self, toolchain: &Toolchain, progress: Sink<'_>) -> Result<LayerFile, BuildError> {
        let guest = self.target.join("guest");
        let request = Request {
            dir: &self.dir,
            selection: Selection::Package,
            target: &guest,
            locked: false,
            offline: self.is_at_hand(&toolchain.cargo),
        };
        let modules = build_layers(toolchain, &request, progress)?;
        let module =
            modules.into_iter().next().ok_or_else(|| BuildError::NoModule { dir: self.dir.clone() })?;
        let failed =
            |source: io::Error| BuildError::File { action: "read", path: module.path.clone(), source };
        let bytes = fs::read(&module.path).map_err(failed)?;
        let bytes = wrap(&bytes).map_err(|source| BuildError::Wrap { path: module.path.clone(), source })?;
        // cargo calls the module by the crate, whose words are joined by underscores
        let name = module.path.file_stem().unwrap_or_default().to_string_lossy().replace('_', "-");
        let path = self.target.join(name).with_extension("wasm");
        let written = write_if_changed(&path, &bytes)?;
        Ok(LayerFile { path, bytes, fresh: module.fresh && !written })
    }

    /// Runs its own tests natively. All that cargo and the tests say goes to stderr.
    ///
    /// # Errors
    /// They fail or do not compile.
    pub fn test(&self, toolchain: &Toolchain, progress: Sink<'_>) -> Result<(), BuildError> {
        let cargo = &toolchain.cargo;
        let mut command = self.native(cargo);
        command.arg("test").arg("--target-dir").arg(&self.target);
        if self.is_at_hand(cargo) {
            command.arg("--offline");
        }
        command.stdin(Stdio::null()).stdout(Stdio::from(io::stderr()));
        progress(Progress::Cargo("cargo test"));
        let status = command.status().map_err(|source| BuildError::Run { program: cargo.clone(), source })?;
        match status.success() {
            true => Ok(()),
            false => Err(BuildError::Tests { dir: self.dir.clone(), code: status.code().unwrap_or(1) }),
        }
    }

    /// Cargo for this machine, with the compiler beside it: the one on the PATH may be rustup's, which installs and
    /// updates what it thinks is missing.
    fn native(&self, cargo: &Path) -> Command {
        let mut command = Command::new(cargo);
        environment::clear(&mut command);
        for (variable, tool) in [("RUSTC", "rustc"), ("RUSTDOC", "rustdoc")] {
            let beside = cargo.with_file_name(tool);
            if beside.is_file() {
                command.env(variable, beside);
            }
        }
        command.current_dir(&self.dir).env("RUSTUP_AUTO_INSTALL", "0");
        command
    }

    /// Whether everything that it depends on is on this machine, so that no registry need be asked.
    fn is_at_hand(&self, cargo: &Path) -> bool {
        let mut command = self.native(cargo);
        command.args(["fetch", "--offline", "--quiet"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_a_crate_is_told_what_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let told = LayerCrate::open(dir.path(), None).unwrap_err().to_string();
        assert!(
            told.contains("has no Cargo.toml") && told.contains("sluice layer new AUTHOR/NAME"),
            "{told}"
        );
    }

    #[test]
    fn builds_go_to_the_crates_own_folder_unless_another_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("Cargo.toml"), "").unwrap();
        assert_eq!(LayerCrate::open(dir.path(), None).unwrap().target, dir.path().join("target"));
        let other = dir.path().join("other");
        assert_eq!(LayerCrate::open(dir.path(), Some(&other)).unwrap().target, other);
    }
}

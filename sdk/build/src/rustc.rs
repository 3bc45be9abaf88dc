//! One Rust compiler: which version it is, what comes with it, whether it can make WebAssembly.

use std::path::{Path, PathBuf};

use crate::GUEST_TARGET;
use crate::machine::{Call, Machine};

/// The oldest compiler that builds layers: the workspace's own `rust-version`.
const OLDEST: (u32, u32) = (1, 95);

/// Below a sysroot: the source of the standard library, with the lock file that `-Zbuild-std` needs.
const LIBRARY: &str = "lib/rustlib/src/rust/library";

/// The smallest program there is: compiled to show that the compiler has code generation for the target.
const EMPTY_PROGRAM: &str = "#![feature(no_core)]\n#![no_core]\n";

/// A compiler that was asked who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rustc {
    pub path: PathBuf,
    pub sysroot: PathBuf,
    /// Triple of the machine that it runs on.
    pub host: String,
    /// e.g. 1.95.0
    pub release: String,
}

impl Rustc {
    /// Asks a compiler for its version and sysroot; the error is one line.
    pub fn probe(machine: &dyn Machine, path: &Path) -> Result<Self, String> {
        let version = ask(machine, path, &["-vV"])?;
        let field = |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let (Some(host), Some(release)) = (field("host:"), field("release:")) else {
            return Err(format!("{} -vV does not answer like a Rust compiler", path.display()));
        };
        let sysroot = ask(machine, path, &["--print", "sysroot"])?;
        Ok(Self {
            path: path.to_owned(),
            sysroot: PathBuf::from(sysroot.trim()),
            host: host.to_owned(),
            release: release.to_owned(),
        })
    }

    /// The standard library for the guest target is installed beside this compiler.
    pub fn has_target(&self, machine: &dyn Machine) -> bool {
        machine.exists(&self.sysroot.join("lib/rustlib").join(GUEST_TARGET).join("lib"))
    }

    /// Where the source of its standard library would be.
    pub fn library(&self) -> PathBuf {
        self.sysroot.join(LIBRARY)
    }

    /// Where rustup keeps `rust-lld`.
    pub fn linker_dir(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib").join(&self.host).join("bin")
    }

    /// Whether this compiler can build its own standard library for the guest target; the error says what is
    /// missing.
    pub fn can_build_std(&self, machine: &dyn Machine) -> Result<(), String> {
        let who = format!("{} {}", self.path.display(), self.release);
        if self.minor_version().is_none_or(|version| version < OLDEST) {
            return Err(format!("{who} is older than {}.{}", OLDEST.0, OLDEST.1));
        }
        if !machine.exists(&self.library().join("Cargo.lock")) {
            return Err(format!("{who} has no library source in {}", self.library().display()));
        }
        let args = ["--crate-type=lib", "--emit=obj", "-o", "-", "--target", GUEST_TARGET, "-"];
        let call = Call::new(&self.path, &args).env("RUSTC_BOOTSTRAP", "1").input(EMPTY_PROGRAM);
        match machine.run(&call) {
            Ok(output) if output.success => Ok(()),
            Ok(output) => Err(format!("{who} cannot make WebAssembly: {}", output.complaint())),
            Err(error) => Err(format!("{who} does not run: {error}")),
        }
    }

    fn minor_version(&self) -> Option<(u32, u32)> {
        let mut parts = self.release.split(['.', '-']);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }
}

fn ask(machine: &dyn Machine, path: &Path, args: &[&str]) -> Result<String, String> {
    match machine.run(&Call::new(path, args)) {
        Ok(output) if output.success => Ok(output.stdout),
        Ok(output) => Err(format!("{} {}: {}", path.display(), args.join(" "), output.complaint())),
        Err(error) => Err(format!("{} does not run: {error}", path.display())),
    }
}

//! What can go wrong, told so that the reader knows what to do next.

use std::fmt;
use std::path::PathBuf;

use crate::{GUEST_TARGET, Way};

/// A way to a toolchain that does not work here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// What was tried.
    pub way: Way,
    /// Why it does not work, in one line.
    pub reason: String,
}

/// No Rust for the guest target.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ToolchainError {
    /// There is no cargo to build with.
    #[error("cannot run cargo ({reason}); install Rust from https://rustup.rs and try again")]
    NoCargo {
        /// What the system said.
        reason: String,
    },
    /// Every way was tried.
    #[error("{}", NoneWorks(.attempts))]
    NoneWorks {
        /// In the order in which they were tried.
        attempts: Vec<Attempt>,
    },
}

/// The text of [`ToolchainError::NoneWorks`].
struct NoneWorks<'a>(&'a [Attempt]);

impl fmt::Display for NoneWorks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no Rust on this machine can build layers for {GUEST_TARGET}; tried:")?;
        for Attempt { way, reason } in self.0 {
            writeln!(f, "  - {way}: {reason}")?;
        }
        writeln!(f, "install one of these and try again:")?;
        writeln!(f, "  - rustup target add {GUEST_TARGET}")?;
        writeln!(f, "  - rustup component add rust-src")?;
        write!(f, "  - on Debian, as root: apt-get install rustc-web rust-web-src")
    }
}

/// A layer was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Nothing on this machine can build layers.
    #[error(transparent)]
    Toolchain(#[from] ToolchainError),
    /// A folder without a crate.
    #[error(
        "{} is no crate of a layer, for it has no Cargo.toml: name the folder of one, or make one with \
         `sluice layer new AUTHOR/NAME`", .dir.display()
    )]
    NoCrate {
        /// The folder.
        dir: PathBuf,
    },
    /// The author's own tests failed. What they said has gone to stderr.
    #[error("the tests of {} failed: exit code {code}", .dir.display())]
    Tests {
        /// The folder.
        dir: PathBuf,
        /// Cargo's exit code, 1 when it was killed.
        code: i32,
    },
    /// A program did not start, or its output could not be read.
    #[error("cannot run {program}: {source}")]
    Run {
        /// Which program.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Cargo refused. Its own words have gone to the progress sink.
    #[error("cargo could not build the layers of {}: exit code {code}{}", .dir.display(), because(.first_error.as_deref()))]
    Cargo {
        /// The folder that was built.
        dir: PathBuf,
        /// Cargo's exit code, 1 when it was killed.
        code: i32,
        /// What cargo said first, if anything.
        first_error: Option<String>,
    },
    /// Cargo was content but no module came out.
    #[error(
        "{} has no layer: no target of it makes a .wasm module; add `[lib] crate-type = [\"cdylib\"]` to its Cargo.toml",
        .dir.display()
    )]
    NoModule {
        /// The folder that was built.
        dir: PathBuf,
    },
    /// A file could not be read or written.
    #[error("cannot {action} {}: {source}", .path.display())]
    File {
        /// "read", "write"…
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The built module does not make a component.
    #[error("{}: {source}", .path.display())]
    Wrap {
        /// The module.
        path: PathBuf,
        /// What is wrong with it.
        source: WrapError,
    },
}

/// A module that does not make a component.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum WrapError {
    /// The bytes do not begin as WebAssembly does.
    #[error(
        "not a WebAssembly module ({size} bytes that do not start with \"\\0asm\"); pass the .wasm that cargo made"
    )]
    NotWasm {
        /// Bytes given.
        size: usize,
    },
    /// It is wrapped already.
    #[error("already a component; it needs no wrapping")]
    AlreadyComponent,
    /// Nobody said which world it implements.
    #[error(
        "the module has no component-type section, so it names no world; write it with sluice-sdk and its `export!` line"
    )]
    NoWorld,
    /// The module needs a WASI host.
    #[error(
        "the module imports {module}, which no layer may; build it for {GUEST_TARGET} instead of a WASI target"
    )]
    Wasi {
        /// The import's module name.
        module: String,
    },
    /// Anything else that the encoder refuses.
    #[error("the module does not make a component: {reason}")]
    Refused {
        /// The encoder's words in one line.
        reason: String,
    },
}

fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!("; {reason}")).unwrap_or_default()
}

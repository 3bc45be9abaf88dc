//! Finding a Rust that can build for the guest target.
//!
//! The ways are tried in the order of [`Way`]; quick checks first, the network and the package manager only when
//! nothing else is left. What was found is remembered in a small file, so that a slow attempt that fails (a
//! download without a network) is made once and not at every build.

mod memory;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::machine::{Call, Machine};
use crate::rustc::Rustc;
use crate::{Attempt, GUEST_TARGET, Progress, Sink, ToolchainError};
use memory::Memory;

/// Where Debian's `rustc-web` puts its compiler.
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";

/// Debian's compiler with its matching library source.
const DEBIAN_PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];

/// The standard library for the guest target is a download of about 20 MB.
const DOWNLOAD_DEADLINE: Duration = Duration::from_secs(300);

/// Seconds without a byte after which rustup gives up a download: without a network that is the whole wait.
const DOWNLOAD_STALL_SECONDS: &str = "15";

/// Compiler and source are some 150 MB to download and unpack.
const APT_DEADLINE: Duration = Duration::from_secs(900);

/// A way to a Rust that builds for the guest target, in the order of trying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The target is installed for the active Rust.
    Installed,
    /// `rustup target add` installs it.
    RustupAdd,
    /// A compiler that has its library source builds the standard library itself.
    Source,
    /// The same with a compiler that `apt-get` installs first.
    Debian,
}

impl Way {
    /// All, in the order of trying.
    pub const ALL: [Self; 4] = [Self::Installed, Self::RustupAdd, Self::Source, Self::Debian];

    /// The word for it in options and in the memory file.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::RustupAdd => "rustup",
            Self::Source => "source",
            Self::Debian => "debian",
        }
    }

    const fn installs(self) -> bool {
        matches!(self, Self::RustupAdd | Self::Debian)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Installed => "the target of the active Rust",
            Self::RustupAdd => "rustup target add",
            Self::Source => "a Rust with its library source",
            Self::Debian => "Debian's rustc-web and rust-web-src",
        })
    }
}

/// What to search and how far to go.
#[derive(Debug, Clone)]
pub struct Search {
    /// The folder whose Rust is the active one: rustup looks for `rust-toolchain.toml` from here upwards.
    pub dir: PathBuf,
    /// Where to remember what was found; none: nothing is remembered.
    pub memory: Option<PathBuf>,
    /// The ways that may be tried.
    pub ways: Vec<Way>,
}

impl Search {
    /// Every way, remembered in `<target>/guest-toolchain.json`.
    pub fn new(dir: impl Into<PathBuf>, target: &Path) -> Self {
        let memory = Some(target.join("guest-toolchain.json"));
        Self { dir: dir.into(), memory, ways: Way::ALL.to_vec() }
    }

    /// Only what is on the machine already: nothing is downloaded or installed, nothing remembered.
    pub fn without_installing(dir: impl Into<PathBuf>) -> Self {
        let ways = Way::ALL.into_iter().filter(|way| !way.installs()).collect();
        Self { dir: dir.into(), memory: None, ways }
    }
}

/// A Rust that builds for the guest target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// How it was found.
    pub way: Way,
    /// Cargo of the active Rust, always.
    pub cargo: PathBuf,
    /// The compiler for layers.
    pub rustc: PathBuf,
    /// Its version, e.g. 1.95.0.
    pub release: String,
    /// When it has to build the standard library itself: from where, and with which linker.
    pub library: Option<Library>,
}

/// What a compiler without the installed target needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Folder of the standard library's source.
    pub source: PathBuf,
    /// Folder of `rust-lld`, put on the PATH; none: it is there already.
    pub linker_dir: Option<PathBuf>,
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rust {} at {} ({})", self.release, self.rustc.display(), self.way)
    }
}

/// Finds a Rust that can build for [`GUEST_TARGET`], installing one when the search allows it and nothing else
/// works.
///
/// # Errors
/// No cargo; or no way works, with each way's reason and what to install.
pub fn find_toolchain(
    machine: &dyn Machine,
    search: &Search,
    progress: Sink<'_>,
) -> Result<Toolchain, ToolchainError> {
    let cargo = locate(machine, search, "cargo").map_err(|reason| ToolchainError::NoCargo { reason })?;
    let active = locate(machine, search, "rustc").and_then(|path| Rustc::probe(machine, &path));
    let finder = Finder { machine, search, cargo, active };
    let memory = search.memory.as_deref().map(Memory::new);

    if let Some(found) = finder.remembered(memory.as_ref()) {
        return Ok(found);
    }
    let mut attempts = Vec::new();
    for &way in &search.ways {
        if way.installs() {
            progress(Progress::Trying(way));
        }
        match finder.attempt(way) {
            Ok(found) => {
                if let (Some(memory), Ok(active)) = (&memory, &finder.active) {
                    memory.keep(&active.path, &found);
                }
                return Ok(found);
            }
            Err(reason) => {
                if way.installs() {
                    progress(Progress::Refused(way, &reason));
                }
                attempts.push(Attempt { way, reason });
            }
        }
    }
    Err(ToolchainError::NoneWorks { attempts })
}

/// The path of the active cargo or rustc: by rustup, else what the PATH has.
fn locate(machine: &dyn Machine, search: &Search, tool: &str) -> Result<PathBuf, String> {
    let which = Call::new("rustup", &["which", tool]).within(&search.dir);
    match machine.run(&which) {
        Ok(output) if output.success => return Ok(PathBuf::from(output.stdout.trim())),
        Ok(output) => return Err(output.complaint()),
        Err(_no_rustup) => {}
    }
    let found = on_path(machine, tool);
    found.ok_or_else(|| format!("neither rustup nor {tool} is on the PATH"))
}

fn on_path(machine: &dyn Machine, tool: &str) -> Option<PathBuf> {
    let path = machine.var("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(tool)).find(|file| machine.exists(file))
}

/// What the ways share.
struct Finder<'a> {
    machine: &'a dyn Machine,
    search: &'a Search,
    cargo: PathBuf,
    active: Result<Rustc, String>,
}

impl Finder<'_> {
    /// What an earlier search found, when it still holds. The installed target goes first even then: it may have
    /// been installed since, and asking costs nothing.
    fn remembered(&self, memory: Option<&Memory<'_>>) -> Option<Toolchain> {
        let active = self.active.as_ref().ok()?;
        if self.search.ways.contains(&Way::Installed) && active.has_target(self.machine) {
            return None;
        }
        let (way, path) = memory?.recall(&active.path)?;
        if !self.search.ways.contains(&way) {
            return None;
        }
        let rustc = Rustc::probe(self.machine, &path).ok()?;
        self.with_library(way, &rustc).ok()
    }

    fn attempt(&self, way: Way) -> Result<Toolchain, String> {
        match way {
            Way::Installed => self.installed(),
            Way::RustupAdd => self.rustup_add(),
            Way::Source => self.source(),
            Way::Debian => self.debian(),
        }
    }

    fn installed(&self) -> Result<Toolchain, String> {
        let active = self.active.as_ref().map_err(String::clone)?;
        if !active.has_target(self.machine) {
            let at = active.sysroot.display();
            return Err(format!("{GUEST_TARGET} is not installed for Rust {} in {at}", active.release));
        }
        Ok(self.toolchain(Way::Installed, active, None))
    }

    fn rustup_add(&self) -> Result<Toolchain, String> {
        let call = Call::new("rustup", &["target", "add", GUEST_TARGET])
            .within(&self.search.dir)
            .env("RUSTUP_MAX_RETRIES", "0")
            .env("RUSTUP_DOWNLOAD_TIMEOUT", DOWNLOAD_STALL_SECONDS)
            .deadline(DOWNLOAD_DEADLINE);
        succeed(self.machine, &call)?;
        let added = self.installed();
        added.map(|found| Toolchain { way: Way::RustupAdd, ..found })
    }

    fn source(&self) -> Result<Toolchain, String> {
        let mut reasons = Vec::new();
        for path in self.compilers() {
            let tried = Rustc::probe(self.machine, &path).and_then(|rustc| {
                rustc.can_build_std(self.machine)?;
                self.with_library(Way::Source, &rustc)
            });
            match tried {
                Ok(found) => return Ok(found),
                Err(reason) => reasons.push(reason),
            }
        }
        Err(if reasons.is_empty() { "there is no Rust compiler".to_owned() } else { reasons.join("; ") })
    }

    fn debian(&self) -> Result<Toolchain, String> {
        if !self.machine.exists(Path::new("/etc/debian_version")) {
            return Err("this is no Debian".to_owned());
        }
        if !self.machine.is_root() {
            return Err("apt-get needs root".to_owned());
        }
        let apt = |args: &[&str]| {
            let call =
                Call::new("apt-get", args).env("DEBIAN_FRONTEND", "noninteractive").deadline(APT_DEADLINE);
            let verb = args.first().unwrap_or(&"");
            succeed(self.machine, &call).map_err(|reason| format!("apt-get {verb}: {reason}"))
        };
        apt(&["update"])?;
        apt(&[&["install", "-y", "--no-install-recommends"][..], &DEBIAN_PACKAGES].concat())?;
        let rustc = Rustc::probe(self.machine, Path::new(SYSTEM_RUSTC))?;
        rustc.can_build_std(self.machine)?;
        self.with_library(Way::Debian, &rustc)
    }

    /// Compilers worth asking, each once: the active one, the system's, those on the PATH, rustup's others.
    /// The proxies of rustup are left out: they are the active one again.
    fn compilers(&self) -> Vec<PathBuf> {
        let machine = self.machine;
        let mut paths: Vec<PathBuf> = self.active.iter().map(|active| active.path.clone()).collect();
        let mut add = |path: PathBuf| {
            if machine.exists(&path) && !paths.contains(&path) {
                paths.push(path);
            }
        };
        add(PathBuf::from(SYSTEM_RUSTC));
        let path = machine.var("PATH").unwrap_or_default();
        for dir in std::env::split_paths(&path).filter(|dir| !machine.exists(&dir.join("rustup"))) {
            add(dir.join("rustc"));
        }
        if let Some(home) = self.rustup_home() {
            for toolchain in machine.list(&home.join("toolchains")) {
                add(toolchain.join("bin/rustc"));
            }
        }
        paths
    }

    fn rustup_home(&self) -> Option<PathBuf> {
        let machine = self.machine;
        let own = machine.var("RUSTUP_HOME").map(PathBuf::from);
        own.or_else(|| machine.var("HOME").map(|home| Path::new(&home).join(".rustup")))
    }

    fn with_library(&self, way: Way, rustc: &Rustc) -> Result<Toolchain, String> {
        let source = rustc.library();
        if !self.machine.exists(&source) {
            return Err(format!("{} has no library source", rustc.path.display()));
        }
        let linker_dir = self.linker_dir(rustc)?;
        Ok(self.toolchain(way, rustc, Some(Library { source, linker_dir })))
    }

    /// rustup ships `rust-lld` beside every compiler; Debian does not, so that the active Rust's is used.
    fn linker_dir(&self, rustc: &Rustc) -> Result<Option<PathBuf>, String> {
        let has_linker = |dir: &PathBuf| self.machine.exists(&dir.join("rust-lld"));
        let dirs =
            [Ok(rustc), self.active.as_ref()].into_iter().filter_map(Result::ok).map(Rustc::linker_dir);
        if let Some(dir) = dirs.into_iter().find(has_linker) {
            return Ok(Some(dir));
        }
        match on_path(self.machine, "rust-lld") {
            Some(_) => Ok(None),
            None => Err(format!(
                "no rust-lld to link with, neither in {} nor on the PATH",
                rustc.sysroot.display()
            )),
        }
    }

    fn toolchain(&self, way: Way, rustc: &Rustc, library: Option<Library>) -> Toolchain {
        let (rustc, release) = (rustc.path.clone(), rustc.release.clone());
        Toolchain { way, cargo: self.cargo.clone(), rustc, release, library }
    }
}

fn succeed(machine: &dyn Machine, call: &Call) -> Result<(), String> {
    match machine.run(call) {
        Ok(output) if output.success => Ok(()),
        Ok(output) => Err(output.complaint()),
        Err(error) => Err(error.to_string()),
    }
}

//! Running cargo for layers, and finding the modules that it made.

mod artifacts;
pub(crate) mod environment;

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use crate::{BuildError, GUEST_TARGET, Progress, Sink, Toolchain};

/// Name of the profile that layers are built with; the workspace of a layer defines it.
pub const LAYER_PROFILE: &str = "layer";

/// What to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The package of the folder itself.
    Package,
    /// These packages of the workspace, by package name.
    Packages(Vec<String>),
    /// Every example of one package of the workspace.
    Examples(String),
}

/// Where and what to build.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Folder of the `Cargo.toml`.
    pub dir: &'a Path,
    /// What of it.
    pub selection: Selection,
    /// Cargo's target folder for layers; a folder of their own keeps them from waiting for builds of the host.
    pub target: &'a Path,
    /// Refuse to change `Cargo.lock`.
    pub locked: bool,
    /// Take what is on this machine and ask no registry.
    pub offline: bool,
}

/// A core module that cargo made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModulePath {
    /// Name of the package's folder, or of the example.
    pub name: String,
    /// The `.wasm` file.
    pub path: PathBuf,
    /// It was there already and is up to date.
    pub fresh: bool,
}

/// Compiles layers to core modules with the layer profile, sorted by name. Cargo decides what is up to date.
/// The environment's own compiler flags are not used, and no path of this machine gets into a module, so that
/// equal sources make equal modules.
///
/// # Errors
/// Cargo does not run or refuses; nothing of the selection makes a `.wasm` module.
pub fn build_layers(
    toolchain: &Toolchain,
    request: &Request<'_>,
    progress: Sink<'_>,
) -> Result<Vec<ModulePath>, BuildError> {
    let workspace = workspace_root(toolchain, request.dir)?;
    let mut command = Command::new(&toolchain.cargo);
    command.current_dir(request.dir).args(arguments(toolchain, request));
    environment::prepare(&mut command, toolchain, &workspace);
    let messages = stream(command, request.dir, progress)?;
    let mut modules = artifacts::modules(&messages, &request.selection);
    if modules.is_empty() {
        return Err(BuildError::NoModule { dir: request.dir.to_owned() });
    }
    modules.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(modules)
}

fn arguments(toolchain: &Toolchain, request: &Request<'_>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = ["build", "--profile", LAYER_PROFILE, "--target", GUEST_TARGET]
        .into_iter()
        .chain(["--message-format", "json-render-diagnostics", "--target-dir"])
        .map(OsString::from)
        .collect();
    arguments.push(request.target.into());
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
    match &request.selection {
        Selection::Package => add(&["--lib"]),
        Selection::Packages(names) => {
            add(&["--lib"]);
            names.iter().for_each(|name| add(&["--package", name]));
        }
        Selection::Examples(name) => add(&["--package", name, "--examples"]),
    }
    if request.locked {
        add(&["--locked"]);
    }
    if request.offline {
        add(&["--offline"]);
    }
    if toolchain.library.is_some() {
        add(&["-Zbuild-std=std,panic_abort"]);
    }
    arguments
}

/// The folder that cargo names sources relative to.
fn workspace_root(toolchain: &Toolchain, dir: &Path) -> Result<PathBuf, BuildError> {
    let mut command = Command::new(&toolchain.cargo);
    command.current_dir(dir).args(["locate-project", "--workspace", "--message-format", "plain"]);
    let output = command.output().map_err(|source| not_run(toolchain, source))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(cargo_refused(dir, output.status.code(), first_error(said.lines())));
    }
    let manifest = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Path::new(&manifest).parent().unwrap_or(dir).to_owned())
}

/// Runs cargo to its end, hands its lines on as they come, and returns its messages, one JSON object per line.
fn stream(mut command: Command, dir: &Path, progress: Sink<'_>) -> Result<String, BuildError> {
    let program = PathBuf::from(command.get_program());
    let failed = |source| BuildError::Run { program: program.clone(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    let messages = read_aside(&mut child);
    let mut error = None;
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).split(b'\n') {
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            error = error.or_else(|| first_error([&*line]));
            progress(Progress::Cargo(line.trim_end()));
        }
    }
    let status = child.wait().map_err(failed)?;
    let messages =
        messages.join().unwrap_or_else(|_| Err(io::Error::other("the reader died"))).map_err(failed)?;
    if status.success() { Ok(messages) } else { Err(cargo_refused(dir, status.code(), error)) }
}

/// Reads standard output in a thread, so that a full pipe never stops cargo.
fn read_aside(child: &mut Child) -> thread::JoinHandle<io::Result<String>> {
    let stdout = child.stdout.take();
    thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stdout) = stdout {
            stdout.read_to_string(&mut text)?;
        }
        Ok(text)
    })
}

/// The first line that cargo marks as an error, colours or not.
fn first_error<'l>(lines: impl IntoIterator<Item = &'l str>) -> Option<String> {
    lines
        .into_iter()
        .find(|line| line.starts_with("error") || line.starts_with("\u{1b}[1m\u{1b}[91merror"))
        .map(str::to_owned)
}

fn cargo_refused(dir: &Path, code: Option<i32>, first_error: Option<String>) -> BuildError {
    BuildError::Cargo { dir: dir.to_owned(), code: code.unwrap_or(1), first_error }
}

fn not_run(toolchain: &Toolchain, source: io::Error) -> BuildError {
    BuildError::Run { program: toolchain.cargo.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Way;
    use crate::toolchain::Library;

    fn toolchain(library: Option<Library>) -> Toolchain {
        let (cargo, rustc) = ("/t/bin/cargo".into(), "/t/bin/rustc".into());
        Toolchain { way: Way::Installed, cargo, rustc, release: "1.95.0".into(), library }
    }

    fn told(toolchain: &Toolchain, selection: Selection) -> String {
        let target = Path::new("/l/target/guest");
        let request = Request { dir: Path::new("/l"), selection, target, locked: false, offline: false };
        let words = arguments(toolchain, &request);
        words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn cargo_is_told_profile_target_and_packages() {
        let told = told(&toolchain(None), Selection::Packages(vec!["a".into(), "b".into()]));
        assert_eq!(
            told,
            "build --profile layer --target wasm32-unknown-unknown --message-format json-render-diagnostics \
             --target-dir /l/target/guest --lib --package a --package b"
        );
    }

    #[test]
    fn the_standard_library_is_built_only_when_it_is_not_installed() {
        let library = Library { source: "/s".into(), linker_dir: None };
        let from_source = told(&toolchain(Some(library)), Selection::Examples("h".into()));
        assert!(from_source.ends_with("--package h --examples -Zbuild-std=std,panic_abort"), "{from_source}");
        let installed = told(&toolchain(None), Selection::Package);
        assert!(installed.ends_with("--lib"), "{installed}");
    }

    #[test]
    fn a_program_that_fails_leaves_its_code_and_its_first_error() {
        let mut command = Command::new("sh");
        command
            .args(["-c", "echo ' Compiling x' >&2; echo 'error: one' >&2; echo 'error: two' >&2; exit 101"]);
        let mut lines = Vec::new();
        let mut sink = |progress: Progress<'_>| {
            if let Progress::Cargo(line) = progress {
                lines.push(line.to_owned());
            }
        };
        let error = stream(command, Path::new("/l"), &mut sink).unwrap_err();
        assert_eq!(error.to_string(), "cargo could not build the layers of /l: exit code 101; error: one");
        assert_eq!(lines, [" Compiling x", "error: one", "error: two"]);
    }
}

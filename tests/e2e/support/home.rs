//! A home folder in a temporary one, and the program run with it.

use super::{PROGRAM, template};
use assert_cmd::Command;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The longest that any command may take on the slowest machine: beyond it the program hangs.
const HANGS: Duration = Duration::from_secs(120);

/// A home folder that is gone after the test. The program is run in an environment with nothing but a search path,
/// a zone and a user's folder, in which it has no business.
pub struct Home {
    folder: TempDir,
    zone: &'static str,
}

/// How a run ended.
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
}

impl Home {
    /// A home that does not exist yet.
    pub fn empty() -> Self {
        template::require_layers();
        Self { folder: TempDir::new().unwrap(), zone: "UTC" }
    }

    /// A home with a synthetic market: 300 instruments, 80 sessions to 2025-06-30, seed 1; and a pipeline of three stages.
    pub fn with_market() -> Self {
        let home = Self::with_market_and_default();
        home.configure("");
        home
    }

    /// The same market, with the default pipeline.
    pub fn with_market_and_default() -> Self {
        let home = Self::empty();
        template::copy_market(&home.path());
        home
    }

    /// A home without a market, in which the bundled layers are compiled already: for tests that bring bars of
    /// their own; and a pipeline of three stages.
    pub fn compiled() -> Self {
        let home = Self::compiled_and_default();
        home.configure("");
        home
    }

    /// The same, with the default pipeline.
    pub fn compiled_and_default() -> Self {
        let home = Self::empty();
        template::copy_compiled_layers(&home.path());
        home
    }

    /// Another home with the same content.
    pub fn copy(&self) -> Self {
        let copy = Self { folder: TempDir::new().unwrap(), zone: self.zone };
        template::copy(&self.path(), &copy.path());
        copy
    }

    /// The same in another time zone.
    pub fn in_zone(self, zone: &'static str) -> Self {
        Self { zone, ..self }
    }

    /// The home folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Folder of the bar set.
    pub fn market(&self) -> PathBuf {
        self.path().join("market")
    }

    /// The user's folder, beside the home.
    pub fn user(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file beside the home.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    /// Writes the configuration of three stages with something behind it.
    pub fn configure(&self, more: &str) {
        const THREE_STAGES: &str = include_str!("three_stages.toml");
        std::fs::create_dir_all(self.path()).unwrap();
        std::fs::write(self.path().join("sluice.toml"), format!("{THREE_STAGES}\n{more}")).unwrap();
    }

    /// The program, ready to be spawned.
    pub fn spawnable(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.bare(args);
        command.arg("--home").arg(self.path());
        command
    }

    /// The program without `--home`.
    pub fn bare(&self, args: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(PROGRAM);
        command.env_clear().env("HOME", self.user()).env("TZ", self.zone).current_dir(self.user());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.args(args);
        command
    }

    /// Runs to the end.
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.spawnable(args))
    }

    /// Runs to a good end; gives stdout.
    pub fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// Runs to a good end with `--format json`; gives the document.
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.ok(&[args, &["--format", "json"]].concat());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"))
    }

    /// Runs to a failure (exit code 4) that is one line on stderr and nothing on stdout; gives the line without
    /// `error: `.
    pub fn fails(&self, args: &[&str]) -> String {
        self.refuses(args, 4)
    }

    /// The same with another exit code.
    pub fn refuses(&self, args: &[&str], code: i32) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?}: {}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "", "{args:?} printed a result");
        let line = ran.stderr.strip_suffix('\n').expect("an error ends its line");
        assert_eq!(line.lines().count(), 1, "more than one line: {line}");
        line.strip_prefix("error: ").unwrap_or_else(|| panic!("no error: {line}")).to_owned()
    }
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(command: std::process::Command) -> Self {
        Self::from_output(Command::from_std(command).timeout(HANGS).output().unwrap())
    }

    /// Runs a command to its end with this on stdin.
    pub fn with_input(command: std::process::Command, input: impl Into<Vec<u8>>) -> Self {
        Self::from_output(Command::from_std(command).timeout(HANGS).write_stdin(input).output().unwrap())
    }

    fn from_output(output: std::process::Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap_or_else(|| panic!("killed: {:?}", output.status));
        Self { code, stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Stdout as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

//! Tests: all of them, those of an encrypted store, those that break things.

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};

use sluice_build::Way;

use crate::step::{run, skip, step, works};
use crate::tasks::PROGRAM_PACKAGE;
use crate::{layers, parts, place};

/// The package of the database.
const STORE_PACKAGE: &str = "sluice-store";

/// The only package with examples in its documentation that are worth running: those of an author.
const DOCUMENTED_PACKAGE: &str = "sluice-sdk";

/// The feature of both packages that turns SQLite into SQLCipher.
const ENCRYPTED: &str = "encrypted-sqlite";

/// A part of the names of tests that break things at random instants.
const CHAOS: &str = "chaos";

/// Tells those tests how many instants to try; they try a few without it.
const CHAOS_ROUNDS: &str = "SLUICE_CHAOS_ROUNDS";

/// What SQLCipher includes.
const OPENSSL_HEADER: &str = "#include <openssl/evp.h>\n";

/// What runs tests.
#[derive(Clone, Copy)]
enum Runner {
    Nextest,
    CargoTest,
}

impl Runner {
    fn find() -> Self {
        if nextest() { Self::Nextest } else { Self::CargoTest }
    }

    fn command(self) -> Command {
        match self {
            Self::Nextest => place::cargo(&["nextest", "run", "--cargo-profile", "release"]),
            Self::CargoTest => place::cargo(&["test", "--release", "--lib", "--bins", "--tests"]),
        }
    }

    /// In CI every failure is worth knowing.
    fn all(self, args: &[String]) -> Command {
        let mut command = self.command();
        if !chooses_packages(args) {
            command.arg("--workspace");
        }
        if env::var_os("CI").is_some() {
            command.arg("--no-fail-fast");
        }
        command.args(args);
        command
    }

    fn encrypted(self) -> Command {
        let mut command = self.command();
        command.args(["--package", STORE_PACKAGE, "--package", PROGRAM_PACKAGE, "--features", ENCRYPTED]);
        command
    }

    /// Without nextest a further name widens the choice instead of narrowing it.
    fn chaos(self, rounds: u32, args: &[String]) -> Command {
        let mut command = self.command();
        command.args(["--package", PROGRAM_PACKAGE]);
        match self {
            Self::Nextest => command.args(["--profile", CHAOS, "--filterset", &format!("test({CHAOS})")]),
            Self::CargoTest => command.arg(CHAOS),
        };
        command.args(args).env(CHAOS_ROUNDS, rounds.to_string());
        command
    }
}

/// Every test, or those that the arguments choose.
pub fn all(only: Option<Way>, args: &[String]) -> anyhow::Result<()> {
    parts::require_in_ci()?;
    layers::prepare(only, true)?;
    // The workspace's own builds of the program and of its tests share one set of features, so that the tests
    // of the command line find a program with the layers inside.
    let runner = Runner::find();
    step("test", || run(&mut runner.all(args)))?;
    if !args.is_empty() {
        skip("test the documentation", "only some tests were asked for");
        return Ok(());
    }
    step("test the documentation", || {
        run(&mut place::cargo(&["test", "--release", "--doc", "--package", DOCUMENTED_PACKAGE]))
    })
}

/// The tests of the store and of the program, with SQLCipher.
pub fn encrypted(only: Option<Way>, args: &[String]) -> anyhow::Result<()> {
    parts::require_in_ci()?;
    layers::prepare(only, true)?;
    let runner = Runner::find();
    let built = step("build with encrypted SQLite", || run(runner.encrypted().arg("--no-run")));
    if built.is_err() && !compiles(OPENSSL_HEADER) {
        eprintln!(
            "xtask: encrypted SQLite needs OpenSSL's headers, which are not installed (Debian: libssl-dev)"
        );
    }
    built?;
    step("test with encrypted SQLite", || run(runner.encrypted().args(args)))
}

/// The tests that break things, for as long as they take.
pub fn chaos(only: Option<Way>, rounds: u32, args: &[String]) -> anyhow::Result<()> {
    parts::require_in_ci()?;
    layers::prepare(only, true)?;
    let runner = Runner::find();
    step("break things", || run(&mut runner.chaos(rounds, args)))
}

fn chooses_packages(args: &[String]) -> bool {
    args.iter().any(|arg| arg == "--package" || arg.starts_with("--package=") || arg.starts_with("-p"))
}

/// Whether the C compiler finds what these lines include.
fn compiles(lines: &str) -> bool {
    let compiler = env::var_os("CC").unwrap_or_else(|| "cc".into());
    let mut command = Command::new(compiler);
    command
        .args(["-x", "c", "-fsyntax-only", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        input.write_all(lines.as_bytes()).ok();
    }
    child.wait().is_ok_and(|status| status.success())
}

/// Whether cargo-nextest is there, after an attempt to install it.
pub fn nextest() -> bool {
    let there = || works(&mut place::cargo(&["nextest", "--version"]));
    if there() {
        return true;
    }
    let install = || run(&mut place::cargo(&["install", "--locked", "cargo-nextest"]));
    let installed = step("install cargo-nextest", install).is_ok() && there();
    if !installed {
        skip("cargo-nextest", "it cannot be installed here; tests run with `cargo test` instead");
    }
    installed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(command: &Command) -> Vec<String> {
        command
            .get_args()
            .map(|arg| arg.to_str().unwrap().to_owned())
            .filter(|arg| arg != "--no-fail-fast")
            .collect()
    }

    #[test]
    fn a_filter_runs_over_the_whole_workspace() {
        let told = told(&Runner::Nextest.all(&["a_poisonous".to_owned()]));
        assert_eq!(told, ["nextest", "run", "--cargo-profile", "release", "--workspace", "a_poisonous"]);
    }

    #[test]
    fn a_chosen_package_is_the_only_one() {
        for args in [&["-p", "sluice-engine"][..], &["--package=sluice-engine"], &["-psluice-engine"]] {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            assert!(!told(&Runner::Nextest.all(&args)).contains(&"--workspace".to_owned()), "{args:?}");
        }
    }

    #[test]
    fn encrypted_tests_are_those_of_store_and_program_with_the_feature() {
        let told = told(&Runner::CargoTest.encrypted()).join(" ");
        assert!(
            told.ends_with("--package sluice-store --package sluice-cli --features encrypted-sqlite"),
            "{told}"
        );
    }

    #[test]
    fn chaos_runs_its_tests_alone_without_a_time_limit_and_says_how_often() {
        let command = Runner::Nextest.chaos(9, &["kill".to_owned()]);
        let told = told(&command).join(" ");
        assert!(
            told.ends_with("--package sluice-cli --profile chaos --filterset test(chaos) kill"),
            "{told}"
        );
        let rounds = command.get_envs().find(|(name, _)| *name == CHAOS_ROUNDS).and_then(|(_, value)| value);
        assert_eq!(rounds, Some("9".as_ref()));
    }

    #[test]
    fn a_header_is_there_or_not() {
        assert!(compiles("#include <stdio.h>\n"));
        assert!(!compiles("#include <no/such/header.h>\n"));
    }
}

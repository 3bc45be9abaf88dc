//! Set-up, build, demo, test and lint.

use std::env;
use std::process::Command;

use sluice_build::Way;

use crate::step::{run, skip, step, works};
use crate::{layers, place};

/// The package of the program.
const PROGRAM_PACKAGE: &str = "sluice-cli";

/// The only package with examples in its documentation that are worth running: those of an author.
const DOCUMENTED_PACKAGE: &str = "sluice-sdk";

pub fn setup(only: Option<Way>) -> anyhow::Result<()> {
    step("find a Rust for layers", || layers::toolchain(only))?;
    nextest();
    Ok(())
}

pub fn build(only: Option<Way>, layers_only: bool) -> anyhow::Result<()> {
    layers::prepare(only, false)?;
    if layers_only { Ok(()) } else { build_program() }
}

fn build_program() -> anyhow::Result<()> {
    step("build the program", || {
        run(&mut place::cargo(&["build", "--release", "--package", PROGRAM_PACKAGE]))
    })
}

pub fn demo(only: Option<Way>, args: &[String]) -> anyhow::Result<()> {
    build(only, false)?;
    run(Command::new(place::program()).arg("demo").args(args))
}

pub fn test(only: Option<Way>, args: &[String]) -> anyhow::Result<()> {
    layers::prepare(only, true)?;
    // The workspace's own builds of the program and of its tests share one set of features, so that the tests
    // of the command line find a program with the layers inside.
    let runner = if nextest() {
        step("test", || run(&mut nextest_run(args)))
    } else {
        step("test", || run(&mut cargo_test(args)))
    };
    runner?;
    if !args.is_empty() {
        skip("test the documentation", "only some tests were asked for");
        return Ok(());
    }
    step("test the documentation", || {
        run(&mut place::cargo(&["test", "--release", "--doc", "--package", DOCUMENTED_PACKAGE]))
    })
}

/// Everything, unless the arguments choose packages themselves.
fn selection(args: &[String]) -> Option<&'static str> {
    let chosen = |arg: &String| arg == "--package" || arg.starts_with("--package=") || arg.starts_with("-p");
    (!args.iter().any(chosen)).then_some("--workspace")
}

fn nextest_run(args: &[String]) -> Command {
    let mut command = place::cargo(&["nextest", "run", "--cargo-profile", "release"]);
    command.args(selection(args));
    if env::var_os("CI").is_some() {
        command.arg("--no-fail-fast");
    }
    command.args(args);
    command
}

fn cargo_test(args: &[String]) -> Command {
    let mut command = place::cargo(&["test", "--release", "--lib", "--bins", "--tests"]);
    command.args(selection(args)).args(args);
    command
}

/// Whether cargo-nextest is there, after an attempt to install it.
fn nextest() -> bool {
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

pub fn lint() -> anyhow::Result<()> {
    step("check the format", || run(&mut place::cargo(&["fmt", "--all", "--check"])))?;
    let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    step("check the lints", || run(&mut place::cargo(&clippy)))?;
    optional("check licences and advisories", "deny", &["check"])?;
    optional("check for unused dependencies", "machete", &[])
}

/// Runs a cargo subcommand that not everybody has.
fn optional(name: &str, tool: &str, args: &[&str]) -> anyhow::Result<()> {
    if !works(&mut place::cargo(&[tool, "--version"])) {
        skip(name, &format!("cargo-{tool} is not installed; `cargo install --locked cargo-{tool}`"));
        return Ok(());
    }
    step(name, || run(place::cargo(&[tool]).args(args)))
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
        let told = told(&nextest_run(&["a_poisonous".to_owned()]));
        assert_eq!(told, ["nextest", "run", "--cargo-profile", "release", "--workspace", "a_poisonous"]);
    }

    #[test]
    fn a_chosen_package_is_the_only_one() {
        for args in [&["-p", "sluice-engine"][..], &["--package=sluice-engine"], &["-psluice-engine"]] {
            let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
            assert!(!told(&nextest_run(&args)).contains(&"--workspace".to_owned()), "{args:?}");
        }
    }
}

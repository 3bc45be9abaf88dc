//! Set-up, build, demo and lint.

use std::process::Command;

use sluice_build::Way;

use crate::step::{run, skip, step, works};
use crate::{fuzz, layers, parts, place, testing};

/// The package of the program.
pub const PROGRAM_PACKAGE: &str = "sluice-cli";

pub fn setup(only: Option<Way>) -> anyhow::Result<()> {
    step("find a Rust for layers", || layers::toolchain(only))?;
    testing::nextest();
    parts::tell();
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

/// Where the program of the soak is.
const SOAK: [&str; 4] = ["--package", "sluice-engine", "--example", "soak"];

pub fn soak(only: Option<Way>, scans: u32, seed: u64) -> anyhow::Result<()> {
    layers::prepare(only, true)?;
    let arguments = ["--".to_owned(), scans.to_string(), seed.to_string()];
    step("soak", || run(place::cargo(&["run", "--release"]).args(SOAK).args(arguments)))
}

pub fn lint() -> anyhow::Result<()> {
    step("check the format", || run(&mut place::cargo(&["fmt", "--all", "--check"])))?;
    fuzz::format()?;
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

//! `cargo xtask …`: everything that takes more than one cargo command.
//!
//! Runs cargo, the layers' toolchain (through `sluice-build`) and the built program; writes below `target/` only.
//! It knows where things are in this repository, and nothing of what a scan is.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

mod bench;
#[cfg(test)]
mod cases;
mod fuzz;
mod layers;
mod parts;
mod place;
mod step;
mod tasks;
mod testing;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sluice_build::Way;

/// Work on Sluice.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    task: Task,
}

#[derive(Args)]
struct Options {
    /// Build layers with this kind of toolchain only, instead of the first that works
    #[arg(long, global = true, env = "SLUICE_GUEST_TOOLCHAIN", value_name = "WAY")]
    toolchain: Option<WayName>,
}

/// The words for [`Way`] on the command line.
#[derive(Clone, Copy, ValueEnum)]
enum WayName {
    Installed,
    Rustup,
    Source,
    Debian,
}

impl From<WayName> for Way {
    fn from(name: WayName) -> Self {
        match name {
            WayName::Installed => Self::Installed,
            WayName::Rustup => Self::RustupAdd,
            WayName::Source => Self::Source,
            WayName::Debian => Self::Debian,
        }
    }
}

#[derive(Subcommand)]
enum Task {
    /// Install what is missing: a Rust for layers, cargo-nextest; say whether tests find PostgreSQL
    Setup,
    /// Build the layers, then the program with the layers inside: target/release/sluice
    Build {
        /// Leave out the program
        #[arg(long)]
        layers_only: bool,
    },
    /// Build, then run `sluice demo`
    Demo {
        /// Passed on to `sluice demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the layers, then run every test of the workspace
    Test {
        /// Only the store's tests and those of the program, with SQLite files encrypted; needs OpenSSL's headers
        #[arg(long)]
        encrypted: bool,
        /// Passed on to the test runner, e.g. a part of a test's name or `-p sluice-engine`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Break the program at random instants, over and over: the tests with "chaos" in their names
    Chaos {
        /// Instants of each kind; without this command the tests take a few
        #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
        rounds: u32,
        /// Passed on to the test runner, e.g. another part of a test's name
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Scan with a random misbehaving layer beside good ones, over and over; report faults, overruns, growth
    Soak {
        /// Scans
        #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
        scans: u32,
        /// Which cases are drawn
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Hand made-up components, reports and files to the host: libFuzzer on the targets in fuzz/
    Fuzz(fuzz::Plan),
    /// Check format, lints, licences, advisories and unused dependencies
    Lint,
    /// Measure speed and memory on a synthetic market
    Bench(bench::Plan),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let only = cli.options.toolchain.map(Way::from);
    let done = match &cli.task {
        Task::Setup => tasks::setup(only),
        Task::Build { layers_only } => tasks::build(only, *layers_only),
        Task::Demo { args } => tasks::demo(only, args),
        Task::Test { encrypted: false, args } => testing::all(only, args),
        Task::Test { encrypted: true, args } => testing::encrypted(only, args),
        Task::Chaos { rounds, args } => testing::chaos(only, *rounds, args),
        Task::Soak { scans, seed } => tasks::soak(only, *scans, *seed),
        Task::Fuzz(plan) => fuzz::fuzz(plan),
        Task::Lint => tasks::lint(),
        Task::Bench(plan) => bench::run(only, plan),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if error.downcast_ref::<step::Failed>().is_none_or(|failed| !failed.told) {
                eprintln!("xtask: {error:#}");
            }
            step::exit_code(&error)
        }
    }
}

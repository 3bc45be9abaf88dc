//! Options of `sluice layer`.

use clap::{Args, Subcommand, ValueEnum};
use sluice_build::{LayerName, Way};
use sluice_market::{AsOf, Symbol};
use std::path::PathBuf;

/// What to do with layers.
#[derive(Debug, Subcommand)]
pub enum Layer {
    /// Make the crate of a new layer, with a test, a fixture and a README
    New(New),
    /// Build a layer to the file that is shipped
    Build(Build),
    /// Run a layer's own tests and try it against the rules that every layer keeps
    Test(Test),
    /// Tell whether a component would be installed, and what an operator would stumble over
    Check(Check),
    /// Measure time, fuel and memory of a layer against its limits
    Bench(Bench),
    /// Try a layer alone on imported data; nothing is stored
    Run(Run),
    /// Check a component and install it
    #[command(after_help = "Example: sluice layer install target/layers/gap.wasm")]
    Install {
        /// The component
        file: PathBuf,
    },
    /// The bundled and the installed layers
    List,
    /// Remove an installed layer; stored scans keep referring to it
    Remove {
        /// author/name or author/name@version
        layer: String,
    },
}

/// Options of `layer new`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice layer new me/near-high
  sluice layer new me/strongest --scope cross-section --path ~/layers/strongest")]
pub struct New {
    /// Who writes it and what it is called, in lower-case letters, digits and hyphens
    #[arg(value_name = "AUTHOR/NAME")]
    pub name: LayerName,
    /// What it judges
    #[arg(long, value_enum, default_value_t = Scope::PerInstrument)]
    pub scope: Scope,
    /// Folder of the new crate, which must not be there yet [default: NAME]
    #[arg(long, value_name = "DIR")]
    pub path: Option<PathBuf>,
}

/// What a layer judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// Each instrument alone
    PerInstrument,
    /// Instruments against each other
    CrossSection,
    /// The market as a whole
    Market,
}

/// How a crate is built.
#[derive(Debug, Clone, Args)]
pub struct Toolchain {
    /// Only this way to a Rust that builds layers: installed, rustup, source, debian [default: the first three]
    #[arg(long, value_name = "WAY", env = "SLUICE_GUEST_TOOLCHAIN", value_parser = way)]
    pub toolchain: Option<Way>,
    /// Folder of what is built [default: target in the crate's folder]
    #[arg(long, value_name = "DIR")]
    pub target_dir: Option<PathBuf>,
}

/// Options of `layer build`.
#[derive(Debug, Args)]
#[command(after_help = "Example: sluice layer build near-high")]
pub struct Build {
    /// Folder of the layer's crate
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// How it is built.
    #[command(flatten)]
    pub how: Toolchain,
}

/// Options of `layer test`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice layer test near-high          the crate's own tests, then the rules
  sluice layer test near-high.wasm     only the rules")]
pub struct Test {
    /// Folder of the layer's crate, or a component
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// How it is built.
    #[command(flatten)]
    pub how: Toolchain,
}

/// Options of `layer check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example: sluice layer check near-high/target/near-high.wasm

Exit code 1 when the component would be refused.")]
pub struct Check {
    /// The component
    pub file: PathBuf,
}

/// Options of `layer bench`.
#[derive(Debug, Args)]
#[command(after_help = "Example: sluice layer bench near-high/target/near-high.wasm")]
pub struct Bench {
    /// The component
    pub file: PathBuf,
}

/// Options of `layer run`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sluice layer run near-high --symbols AAPL,MSFT --as-of 2024-06-28 --explain
  sluice layer run near-high --symbols AAPL --watch
  sluice layer run near-high.wasm --format json")]
pub struct Run {
    /// Folder of the layer's crate, or a component
    pub path: PathBuf,
    /// Just these instruments, by any spelling of their tickers [default: all]
    #[arg(long, value_delimiter = ',', value_name = "A,B", value_parser = Symbol::spelled)]
    pub symbols: Vec<Symbol>,
    /// Instant that it is asked about: latest, now, a date (after that session's close) or an RFC 3339 time
    #[arg(long, default_value = "latest", value_name = "WHEN")]
    pub as_of: AsOf,
    /// Show what the layer sees of each instrument
    #[arg(long)]
    pub explain: bool,
    /// Build and run it again whenever a source file changes, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// How it is built.
    #[command(flatten)]
    pub how: Toolchain,
}

fn way(text: &str) -> Result<Way, String> {
    Way::ALL
        .into_iter()
        .find(|way| way.key() == text)
        .ok_or_else(|| format!("there is no such way: use {}", Way::ALL.map(Way::key).join(", ")))
}

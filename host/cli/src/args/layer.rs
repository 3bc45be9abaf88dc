//! Options of `sluice layer`.

use super::LayerId;
use super::trust::{Install, Publish, Sign};
use clap::{Args, Subcommand, ValueEnum};
use sluice_build::{LayerName, Way};
use sluice_market::{AsOf, Symbol};
use std::path::PathBuf;
use std::str::FromStr;

/// What to do with layers.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice layer list
  sluice layer new me/near-high
  sluice layer install near-high.wasm")]
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
    /// Sign a component, so that those who trust the key know that it is yours
    Sign(Sign),
    /// Put a component into a registry, with its signature
    Publish(Publish),
    /// Check a component and install it, from a file, the web or a registry
    Install(Install),
    /// The bundled and the installed layers, and where they are active
    #[command(after_help = "Example: sluice layer list --format json")]
    List,
    /// Everything about one layer: its versions, where they are active, what they did of late
    #[command(after_help = "Example: sluice layer show me/near-high")]
    Show {
        /// The layer
        #[arg(value_name = "AUTHOR/NAME")]
        layer: LayerId,
        /// Scans that it shows of its past
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
        scans: u32,
    },
    /// Make a version the active one, or try it beside the active one
    #[command(after_help = "\
The version is checked, loaded, its settings are checked, and it is called once; then the next scan \
calls it. Whatever fails, the version that is active stays so. Scans that run are not touched. \
With --shadow the next N whole scans call both, and only the active one counts; what differs is \
shown and stored. After them it becomes the active one, unless it faulted: then it is withdrawn.

Examples:
  sluice layer activate me/near-high@0.2.0
  sluice layer activate me/near-high@0.2.0 --shadow 5 --pipeline daily
  sluice layer activate sluice/gap@bundled            the program's own version again")]
    Activate {
        /// The version; `bundled` is the program's own
        #[arg(value_name = "AUTHOR/NAME@VERSION")]
        layer: LayerVersion,
        /// Only in this pipeline [default: all that name the layer]
        #[arg(long, value_name = "NAME")]
        pipeline: Option<String>,
        /// Try it in so many whole scans first
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
        shadow: Option<u32>,
    },
    /// Make the version that was active before the active one again
    #[command(after_help = "\
A second rollback takes the first one back.

Example: sluice layer rollback me/near-high")]
    Rollback(InPipeline),
    /// Let scans call a layer again
    #[command(after_help = "Example: sluice layer enable me/near-high")]
    Enable(InPipeline),
    /// Let scans leave a layer out
    #[command(after_help = "\
Scans say that it was left out; they are complete all the same. A stage whose layers are all \
disabled lets through whatever comes to it.

Example: sluice layer disable me/near-high --pipeline daily")]
    Disable(InPipeline),
    /// Remove an installed layer that is active nowhere; stored scans keep referring to it
    #[command(after_help = "Example: sluice layer remove me/near-high@0.1.0")]
    Remove {
        /// author/name or author/name@version
        layer: String,
    },
}

/// A layer, in one pipeline or in all.
#[derive(Debug, Args)]
pub struct InPipeline {
    /// The layer
    #[arg(value_name = "AUTHOR/NAME")]
    pub layer: LayerId,
    /// Only in this pipeline [default: all that name the layer]
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
}

/// A version of a layer: author/name@version.
#[derive(Debug, Clone)]
pub struct LayerVersion {
    /// The layer.
    pub id: LayerId,
    /// Its version.
    pub version: String,
}

impl FromStr for LayerVersion {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let named = typed.split_once('@').filter(|(_, version)| !version.is_empty());
        let Some((id, version)) = named else {
            return Err(
                "name the version, too: AUTHOR/NAME@VERSION; `sluice layer list` shows them".to_owned()
            );
        };
        Ok(Self { id: id.parse()?, version: version.to_owned() })
    }
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

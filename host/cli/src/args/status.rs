//! The command lines of `sluice status` and `sluice universe`.

use super::limit::Page;
use clap::{Args, Subcommand};

/// Options of `status`.
#[derive(Debug, Args)]
#[command(after_help = "\
Rates and durations are those of the last 50 scans of the pipeline. A stage is ok when every layer answered in the last \
scan and no breaker of its layers is open, degraded when some did not, failing when none did.

In CSV every figure has a row: of the whole, of a stage, with --detailed of a layer of it, and what went wrong.

Examples:
  sluice status
  sluice status --stage 2 --detailed
  sluice status --format json")]
pub struct Status {
    /// Pipeline in sluice.toml [default: its default-pipeline]
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
    /// Only this stage, by number or name
    #[arg(long, value_name = "N|NAME")]
    pub stage: Option<String>,
    /// Every layer, and what went wrong
    #[arg(long)]
    pub detailed: bool,
}

/// What to tell of the instruments.
#[derive(Debug, Clone, Subcommand)]
#[command(after_help = "\
Examples:
  sluice universe stats                 how many instruments there are, by kind, venue and sector
  sluice universe health                what is wrong with them")]
pub enum Universe {
    /// How many there are, by kind, venue, sector and timeframe
    #[command(after_help = "\
Examples:
  sluice universe stats
  sluice universe stats --format csv")]
    Stats,
    /// What is wrong with them: exit code 1 when something is
    #[command(after_help = "\
Fewer listed instruments than least-instruments, newer sessions than the newest bar, instruments without bars or whose \
bars end early, and such that no directory describes. [universe] in sluice.toml has the numbers.

Examples:
  sluice universe health
  sluice universe health --format json")]
    Health(Page),
}

//! The command line of `sluice configure`.

use super::limit::limit;
use clap::Args;

/// What changes something; nothing of it goes with looking.
const CHANGES: [&str; 5] = ["threshold", "max_symbols", "scan_interval", "set", "unset"];

/// Options of `configure`. Values are texts here: the engine parses them, so that a refusal names the bound.
#[derive(Debug, Args)]
#[command(after_help = "\
A setting in the database wins over sluice.toml, and sluice.toml over the layer's own default. The next scan uses it. \
All of a change is done or nothing of it. A change of something that somebody else changed since is refused.

Examples:
  sluice configure --show
  sluice configure --stage catalyst --threshold 70 --max-symbols 25
  sluice configure --stage 2 --set sluice/volume.min-ratio=3 --set sluice/technical.rsi-period=10
  sluice configure --stage 2 --unset threshold
  sluice configure --history --limit 10
  sluice configure --rollback 3")]
pub struct Configure {
    /// The stage, by number or name; without it --show, --history and --rollback are about all of them
    #[arg(long, value_name = "N|NAME")]
    pub stage: Option<String>,
    /// A bare number means --stage
    #[arg(long, value_name = "N", conflicts_with = "stage")]
    pub layer: Option<String>,
    /// Pipeline in sluice.toml [default: its default-pipeline]
    #[arg(long, value_name = "NAME")]
    pub pipeline: Option<String>,
    /// Least score that passes the stage, 0 to 100
    #[arg(long, value_name = "X", allow_hyphen_values = true)]
    pub threshold: Option<String>,
    /// Most instruments that pass the stage, 1 to 10000
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub max_symbols: Option<String>,
    /// Minutes between scans, 1 to 1440
    #[arg(long, value_name = "MIN", allow_hyphen_values = true)]
    pub scan_interval: Option<String>,
    /// Parameter of a layer of the stage, within the layer's own bounds; may be given several times
    #[arg(long, value_name = "LAYER.PARAM=VALUE")]
    pub set: Vec<String>,
    /// Take a setting out of the database again: threshold, max-symbols, scan-interval or LAYER.PARAM
    #[arg(long, value_name = "NAME")]
    pub unset: Vec<String>,
    /// Refuse the change when any revision is newer than this one
    #[arg(long, value_name = "REV", value_parser = clap::value_parser!(i64).range(0..), conflicts_with_all = ["show", "history"])]
    pub base: Option<i64>,
    /// Show every setting, what it may be and where it comes from
    #[arg(long, conflicts_with_all = CHANGES, conflicts_with_all = ["history", "rollback"])]
    pub show: bool,
    /// Show what was changed, when and by whom, newest first
    #[arg(long, conflicts_with_all = CHANGES, conflicts_with = "rollback")]
    pub history: bool,
    /// At most so many revisions [default: 100]
    #[arg(long, value_name = "N|all", requires = "history", conflicts_with_all = CHANGES, value_parser = limit)]
    pub limit: Option<u32>,
    /// Revisions before this one: the last that was seen
    #[arg(long, value_name = "REV", requires = "history", conflicts_with_all = CHANGES, value_parser = clap::value_parser!(i64).range(1..))]
    pub after: Option<i64>,
    /// Set everything as it was after this revision (with --stage: of that stage and its layers)
    #[arg(long, value_name = "REV", value_parser = clap::value_parser!(i64).range(0..), conflicts_with_all = CHANGES)]
    pub rollback: Option<i64>,
}

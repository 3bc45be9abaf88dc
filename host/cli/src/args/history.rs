//! The command lines of `sluice symbol` and `sluice diff`.

use super::limit::{Page, limit};
use clap::Args;
use sluice_market::Symbol;
use sluice_store::ScanId;

/// Options of `symbol`.
#[derive(Debug, Args)]
#[command(after_help = "\
Movements are found by scans of a whole pipeline on all instruments, each against the one before it.

Examples:
  sluice symbol AAPL                    what the layers said on the newest day, and why it went no further
  sluice symbol AAPL --history          when it entered, was promoted, was demoted, left, and why
  sluice symbol AAPL --history --limit 20 --after 41")]
pub struct SymbolWay {
    /// The instrument, by any spelling of its ticker
    #[arg(value_name = "SYMBOL", value_parser = Symbol::spelled)]
    pub symbol: Symbol,
    /// Its way through this scan, instead of the one as of the newest instant that it took part in; of several of that
    /// instant the one that ran last
    #[arg(long, value_name = "ID", conflicts_with = "history")]
    pub scan: Option<ScanId>,
    /// How its way changed from scan to scan, newest first
    #[arg(long)]
    pub history: bool,
    /// At most so many movements, or all
    #[arg(long, default_value = "100", value_name = "N|all", requires = "history", value_parser = limit)]
    pub limit: u32,
    /// Those behind this one: the `cursor` of the last movement that was seen
    #[arg(long, value_name = "CURSOR", requires = "history")]
    pub after: Option<i64>,
}

/// Options of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without scans: the scan of the whole pipeline on all instruments as of the newest instant (of several the one that \
ran last), against the one before it. With one: that scan \
against the one before it. With two: the second against the first.

Examples:
  sluice diff
  sluice diff 0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b21
  sluice diff --limit 20                the last line says how to go on
  sluice diff --stages --format csv     also instruments that moved among the earlier stages")]
pub struct Diff {
    /// The scan, or the earlier one of two
    #[arg(value_name = "SCAN")]
    pub first: Option<ScanId>,
    /// The later one
    #[arg(value_name = "SCAN")]
    pub second: Option<ScanId>,
    /// Of this pipeline, when no scan is named [default: the default pipeline]
    #[arg(long, value_name = "NAME", conflicts_with = "first")]
    pub pipeline: Option<String>,
    /// Also instruments that are in neither list of results, but moved from one stage to another
    #[arg(long)]
    pub stages: bool,
    /// How much of it is shown.
    #[command(flatten)]
    pub page: Page,
}

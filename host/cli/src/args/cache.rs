//! The command line of `sluice cache`.

use super::limit::whole;
use clap::{Args, Subcommand};

/// What to do with kept answers.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
A layer is asked again only about instruments of which it sees something new: what it said is kept \
under everything that decides it. `[cache] max-mib` in sluice.toml caps it, `sluice scan --no-cache` \
does without.

Examples:
  sluice cache                          what is kept, by layer, and how often it was found
  sluice cache clear --stage 2          of the layers of one stage
  sluice cache clear --older-than 168   what was not used for a week")]
pub struct Cache {
    /// Show it, when nothing is named
    #[command(subcommand)]
    pub command: Option<CacheCommand>,
}

/// What to do with kept answers.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// What is kept, by layer, and how often it was found
    #[command(after_help = "\
Examples:
  sluice cache stats
  sluice cache stats --format json")]
    Stats,
    /// Remove kept answers; scans ask for them again
    #[command(after_help = "\
Examples:
  sluice cache clear --all
  sluice cache clear --stage catalyst
  sluice cache clear --layer sluice/news
  sluice cache clear --older-than 24")]
    Clear(Clear),
}

/// Which answers go.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Clear {
    /// All of them
    #[arg(long)]
    pub all: bool,
    /// Those of the layers of this stage of the default pipeline, by number or name
    #[arg(long, value_name = "N|NAME")]
    pub stage: Option<String>,
    /// Those of this layer, whatever its version
    #[arg(long, value_name = "AUTHOR/NAME")]
    pub layer: Option<String>,
    /// Those that were not used for so many hours
    #[arg(long, value_name = "HOURS", value_parser = hours)]
    pub older_than: Option<u32>,
}

/// Hours, 1 and more.
fn hours(text: &str) -> Result<u32, String> {
    whole(text).map_err(|_| "write a whole number of hours, 1 or more, such as 24".to_owned())
}

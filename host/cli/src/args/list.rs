//! The command line of `sluice list`.

use super::limit::Page;
use clap::{Args, Subcommand};
use sluice_engine::ListName;
use sluice_market::Symbol;

/// Options of `list`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "\
A watchlist narrows a scan: `sluice scan --symbols @tech,AAPL`. A list that was made with --exclude is one of \
exclusions: no scan looks at its instruments, whatever else names them. Lists keep identities, so a renamed instrument \
stays on them. Every change has its row in the audit log.

Examples:
  sluice list                               all lists
  sluice list create tech
  sluice list add tech AAPL MSFT BRK.B
  sluice list create junk --exclude
  sluice list add junk GME
  sluice list show tech --format csv")]
pub struct List {
    /// What to do; without it all lists are shown
    #[command(subcommand)]
    pub command: Option<ListCommand>,
    /// How many lists are shown.
    #[command(flatten)]
    pub page: Page,
}

/// What to do with lists.
#[derive(Debug, Subcommand)]
pub enum ListCommand {
    /// Make an empty list
    #[command(after_help = "\
Examples:
  sluice list create tech
  sluice list create junk --exclude     no scan looks at what is on it")]
    Create {
        /// 1 to 64 of a-z, 0-9, dot, hyphen and underscore, the first no hyphen
        #[arg(value_parser = ListName::of_new)]
        name: ListName,
        /// No scan looks at its instruments
        #[arg(long)]
        exclude: bool,
    },
    /// Put instruments on a list
    #[command(after_help = "\
Examples:
  sluice list add tech AAPL MSFT BRK.B
  sluice list add tech NEWCO --force    a ticker that nobody knows yet")]
    Add {
        /// The list
        name: ListName,
        /// The instruments, by any spelling of their tickers
        #[arg(required = true, value_name = "SYMBOL", value_parser = Symbol::spelled)]
        symbols: Vec<Symbol>,
        /// Keep tickers that nobody knows: they count once they are imported
        #[arg(long)]
        force: bool,
    },
    /// Take instruments off a list
    #[command(after_help = "Example: sluice list remove tech MSFT BRK.B")]
    Remove {
        /// The list
        name: ListName,
        /// The instruments, by any spelling of their tickers
        #[arg(required = true, value_name = "SYMBOL", value_parser = Symbol::spelled)]
        symbols: Vec<Symbol>,
    },
    /// Show the instruments of a list
    #[command(after_help = "\
Examples:
  sluice list show tech
  sluice list show tech --limit 20      the last line says how to go on
  sluice list show tech --format csv")]
    Show {
        /// The list
        name: ListName,
        /// How much of it is shown.
        #[command(flatten)]
        page: Page,
    },
    /// Delete a list with all that is on it
    #[command(after_help = "Example: sluice list delete tech")]
    Delete {
        /// The list
        name: ListName,
    },
}

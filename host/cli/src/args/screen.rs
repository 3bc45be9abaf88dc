//! The command line of `sluice screen`.

use clap::Subcommand;

/// What to do with the language of screens.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  sluice screen functions
  sluice screen check 'rvol > 2 and close > sma(50)'
  sluice scan --where 'rvol > 2 and close > sma(50)'")]
pub enum Screen {
    /// List the functions and names that an expression can use
    #[command(after_help = "\
Operators: and, or, not, in (…), < <= > >= == !=, + - * /; close[1] is the close of the bar before; 5m is 5,000,000.

Examples:
  sluice screen functions
  sluice screen functions --format json")]
    Functions,
    /// Check an expression and say what it needs to see
    #[command(after_help = "\
Examples:
  sluice screen check 'rvol > 2 and rsi(14) < 70 and close > sma(50)'
  sluice screen check 'market_cap > 2b' --score 'rsi'")]
    Check {
        /// What must hold
        #[arg(value_name = "EXPR")]
        condition: String,
        /// How good it is
        #[arg(long, value_name = "EXPR")]
        score: Option<String>,
    },
}

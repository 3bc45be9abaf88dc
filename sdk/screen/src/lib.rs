//! The language of screens: `rvol > 2 and rsi(14) < 70 and close > sma(50) and sector != "Utilities"`.
//!
//! Text goes through four rooms: `token` cuts it into words, `parse` makes a tree, `check` gives every part a kind,
//! works out what the expression needs to see (columns, how many bars, facts, the quote, other layers) and refuses what makes no
//! sense, `eval` computes it over the bars of one instrument. `functions` is the one table of what there is.
//! An error points at the column of the text where it is.
//!
//! **Values.** A number or a condition has a value for every bar, oldest first; the expression's value is that of the
//! newest bar. Texts (`sector`, `symbol`), facts and the newest quote have one value. What is missing is *unknown*, never 0: arithmetic
//! and comparisons with it are unknown, `false and unknown` is false, `true or unknown` is true (Kleene's logic).

mod check;
mod error;
mod eval;
mod functions;
mod parse;
mod token;
mod tree;

pub use check::{Screen, Upstream, Wants};
pub use error::ScreenError;
pub use eval::{Answer, Sight};
pub use functions::{Described, functions, names};
pub use sluice_sdk::Quote;

/// Longest text of an expression in bytes.
pub const MAX_TEXT_BYTES: usize = 4096;
/// Parts of an expression: numbers, names, operators, calls.
pub const MAX_PARTS: usize = 512;
/// How deep parts may stand inside each other.
pub const MAX_DEPTH: usize = 48;
/// Bars that an expression may look back over, warm-up included.
pub const MAX_LOOKBACK: usize = 2500;
/// Largest period or offset, bars.
pub const MAX_PERIOD: usize = 1000;

#[cfg(test)]
mod tests;

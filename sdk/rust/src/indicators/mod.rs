//! Technical indicators: pure functions over columns of bars. They know no bars, batches or settings, only numbers.
//!
//! **Shape.** Columns are oldest first. The answer has a row for every bar; NaN means "no value": the bar is missing,
//! or the indicator is still warming up. A `period` is a number of bars; with a period of 0, or one longer than the
//! input, every row is NaN. When columns differ in length, the answer is as long as the longest, and the bars that
//! some column lacks are missing: the newest row is then NaN, never the value of an older bar.
//!
//! **Values.** Equal to TA-Lib (0.8) to 1e-9 relative, with the same rows of NaN at the start. A row never depends on
//! later bars. Every function gives finite numbers or NaN, and never panics.
//!
//! **Missing bars.** A number that is NaN, infinite or beyond ±1e100 is missing, and so is a bar of which a needed
//! number is missing. A missing bar ends what came before it: its row is NaN and all goes on after it as if the
//! series began there, with a new warm-up. For a window this means that the value is back as soon as the window is
//! clear of the gap (a 5-bar mean: five bars after the missing one); a recursion (EMA, RSI, ATR, MACD, ADX) is seeded
//! anew. Rows before the gap are what they would be without it. Only the running totals [`obv`] and
//! [`vwap_cumulative`] step over the gap and go on, since a restart would be a jump that never happened.
//!
//! **Nothing to divide by.** An oscillator in a market without any movement gives its neutral value: 50 for [`rsi`],
//! [`mfi`] and [`stochastic`] (TA-Lib: 0), 0 for [`z_score`] and the directional indicators. A ratio to zero has no
//! value, so NaN: [`roc`] from a price of 0, [`relative_volume`] after bars without volume, [`vwap`] of no volume.
//!
//! **Newest value only.** The functions that end in `_last`, and [`highest`] and [`lowest`], allocate nothing and give
//! exactly the last row of the column function (NaN for empty columns or columns of differing lengths).

mod averages;
mod crossing;
mod missing;
mod momentum;
mod rolling;
mod trend;
mod volatility;
mod volume;
mod window;

pub use averages::{ema, ema_last, sma, sma_last};
pub use crossing::{crosses_above, crosses_above_last, crosses_below, crosses_below_last};
pub use missing::{last_valid, last_valid_index, newest};
pub use momentum::{Stochastic, fast_k, percent_change, roc, roc_last, rsi, rsi_last, stochastic};
pub use rolling::{
    highest, lowest, rolling_max, rolling_mean, rolling_min, rolling_std, rolling_std_last, z_score,
    z_score_last,
};
pub use trend::{Adx, Macd, adx, adx_last, macd, macd_last};
pub use volatility::{Bollinger, atr, atr_last, bollinger, bollinger_last, true_range};
pub use volume::{mfi, obv, relative_volume, relative_volume_last, vwap, vwap_cumulative};

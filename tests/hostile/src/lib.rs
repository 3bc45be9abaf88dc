//! One tiny layer per misbehaviour, for the tests of the host. Those that Rust can make are examples of this crate,
//! named after what they do; several ways to misbehave alike are one layer with a setting `kind`. Those that it cannot
//! are written by hand, see [`by_hand`].
//!
//! Here is also the kernel of the benchmark: the very same code runs in `examples/kernel.rs` as a layer and natively, so
//! that the two can be compared.

#[cfg(not(target_arch = "wasm32"))]
pub mod by_hand;
pub mod poison;
pub mod spoiled;

use sluice_sdk::indicators::{atr_last, bollinger_last, macd_last, relative_volume_last, rsi_last};

/// Daily bars of each instrument that the kernel looks at.
pub const KERNEL_BARS: u32 = 252;

/// Bars of one instrument, oldest first. Prices in its currency, volume in shares.
#[derive(Debug, Clone, Copy)]
pub struct Columns<'a> {
    /// First prices.
    pub open: &'a [f64],
    /// Highest prices.
    pub high: &'a [f64],
    /// Lowest prices.
    pub low: &'a [f64],
    /// Last prices.
    pub close: &'a [f64],
    /// Shares traded.
    pub volume: &'a [f64],
}

/// What the kernel computes of the newest bar; NaN: not enough bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    /// RSI 14, 0 to 100.
    pub rsi: f64,
    /// ATR 14, in the instrument's currency.
    pub atr: f64,
    /// Histogram of MACD 12/26/9, in the instrument's currency.
    pub macd: f64,
    /// Where the middle of open and close is between the Bollinger bands 20/2: 0 the lower, 1 the upper one.
    pub band: f64,
    /// Volume to the mean of the 20 bars before.
    pub relative_volume: f64,
}

/// What a busy layer computes of one instrument.
pub fn kernel(bars: &Columns<'_>) -> Figures {
    let bands = bollinger_last(bars.close, 20, 2.0);
    let macd = macd_last(bars.close, 12, 26, 9);
    let newest = |column: &[f64]| column.last().copied().unwrap_or(f64::NAN);
    let middle = (newest(bars.open) + newest(bars.close)) / 2.0;
    Figures {
        rsi: rsi_last(bars.close, 14),
        atr: atr_last(bars.high, bars.low, bars.close, 14),
        macd: macd.histogram,
        band: (middle - bands.lower) / (bands.upper - bands.lower),
        relative_volume: relative_volume_last(bars.volume, 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_has_a_value_for_every_figure_after_a_year_of_bars() {
        let wave: Vec<f64> = (0..KERNEL_BARS).map(|bar| 100.0 + 10.0 * f64::from(bar).sin()).collect();
        let (high, low): (Vec<f64>, Vec<f64>) = wave.iter().map(|price| (price + 1.0, price - 1.0)).unzip();
        let bars = Columns { open: &wave, high: &high, low: &low, close: &wave, volume: &wave };
        let figures = kernel(&bars);
        let all = [figures.rsi, figures.atr, figures.macd, figures.band, figures.relative_volume];
        assert!(all.iter().all(|figure| figure.is_finite()), "{figures:?}");
        assert!((0.0..=100.0).contains(&figures.rsi), "{figures:?}");
    }

    #[test]
    fn the_kernel_has_no_value_without_bars() {
        let bars = Columns { open: &[], high: &[], low: &[], close: &[], volume: &[] };
        assert!(kernel(&bars).rsi.is_nan());
    }
}

//! Five columns of 252 daily bars of each instrument through the kernel of this crate; used by the benchmark.

use sluice_hostile::{Columns, KERNEL_BARS, kernel};
use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct Kernel {}
}

impl Layer for Kernel {
    fn about() -> About {
        About::new("test/kernel", "0.1.0", "Computes what a busy layer computes.")
            .measure("rsi", "", "RSI 14.")
            .measure("atr", "USD", "ATR 14.")
            .measure("macd", "USD", "MACD 12/26/9, histogram.")
            .measure("band", "ratio", "Where the close is between the Bollinger bands 20/2.")
            .measure("relative-volume", "ratio", "Volume to the mean of the 20 bars before.")
    }

    fn needs(&self) -> Needs {
        Needs::none().bars(BarsNeed::new("1d", KERNEL_BARS, &["open", "high", "low", "close", "volume"]))
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let bars = instrument.bars("1d");
        let figures = kernel(&Columns {
            open: bars.open(),
            high: bars.high(),
            low: bars.low(),
            close: bars.close(),
            volume: bars.volume(),
        });
        if figures.rsi.is_nan() {
            return Verdict::abstain("not enough bars");
        }
        Verdict::keep(figures.rsi, "computed").measures([
            ("rsi", figures.rsi),
            ("atr", figures.atr),
            ("macd", figures.macd),
            ("band", figures.band),
            ("relative-volume", figures.relative_volume),
        ])
    }
}

export!(Kernel);

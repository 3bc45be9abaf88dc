//! Stage 2, `sluice/breakout-52w`: a close above the highest high of the year before.
//!
//! The old high is the highest high of the `lookback` daily bars before the newest one; bars are adjusted for splits,
//! so that a high of before a split is comparable. Keeps when the close is more than `min-percent` above it.
//!
//! Score when kept: `50 + 10 · percent above` (at most 80), and 20 more when the volume confirms: at least
//! `confirm-volume` times the mean of the 20 bars before. Dropped: 0. Raises `TECHNICAL_BREAKOUT`, long, entry at the
//! close, confidence score / 100.
//!
//! Abstains with fewer than `lookback` + 1 bars (a young listing has no high of a year), without a bar in the newest
//! session, and when a number is missing.

use sluice_sdk::indicators::{highest, newest, percent_change, relative_volume_last};
use sluice_sdk::kind::TECHNICAL_BREAKOUT;
use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
/// Score at the old high.
const BASE_SCORE: f64 = 50.0;
/// Score of each percent above.
const PER_PERCENT: f64 = 10.0;
/// Greatest score of the price alone.
const PRICE_SCORE: f64 = 80.0;
/// Score of a volume that confirms.
const VOLUME_SCORE: f64 = 20.0;
/// Bars of the mean volume.
const VOLUME_BARS: usize = 20;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;

settings! {
    /// What is a new high.
    pub struct Breakout {
        /// Bars before the newest one whose highest high must be passed; a year has some 252.
        lookback: u32 = default(252).unit("bars").range(20..=2000),
        /// The close must be more than so far above the old high.
        min_percent: f64 = default(0.0).unit("percent").range(0.0..=50.0),
        /// Least relative volume that confirms.
        confirm_volume: f64 = default(1.5).unit("ratio").range(0.0..=1000.0),
    }
}

impl Layer for Breakout {
    fn about() -> About {
        About::new(
            "sluice/breakout-52w",
            env!("CARGO_PKG_VERSION"),
            "Keeps what closed above its highest high of the year before.",
        )
        .measure("above-high", "percent", "Close against the highest high of the bars before.")
        .measure("old-high", "USD", "Highest high of the bars before.")
        .measure("relative-volume", "ratio", "Volume of the newest bar to the mean of the 20 before.")
        .alert(TECHNICAL_BREAKOUT)
    }

    fn needs(&self) -> Needs {
        let columns = ["high", "close", "volume"];
        Needs::none().bars(BarsNeed::new(DAILY, self.lookback + 1, &columns).time()).sessions(SESSIONS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let bars = instrument.bars(DAILY);
        if bars.len() <= self.lookback as usize {
            return Verdict::abstain(format!("fewer than {} daily bars", self.lookback + 1));
        }
        if bars.misses_newest_session() {
            return Verdict::abstain("no bar in the newest session");
        }
        let old_high = highest(bars.before_last(1).high(), self.lookback as usize);
        let Some(close) = newest(bars.close()).filter(|close| *close > 0.0 && old_high > 0.0) else {
            return Verdict::abstain("a price is missing");
        };
        let above = percent_change(old_high, close);
        let volume = relative_volume_last(bars.volume(), VOLUME_BARS);
        self.verdict(above, volume, close).measures([
            ("above-high", above),
            ("old-high", old_high),
            ("relative-volume", volume),
        ])
    }
}

impl Breakout {
    fn verdict(&self, above: f64, volume: f64, close: f64) -> Verdict {
        if above <= self.min_percent {
            return Verdict::drop(0.0, "below its old high");
        }
        // an unknown volume confirms nothing
        let confirmed = volume >= self.confirm_volume;
        let price = (BASE_SCORE + PER_PERCENT * above).min(PRICE_SCORE);
        let score = price + if confirmed { VOLUME_SCORE } else { 0.0 };
        let alert = Alert::new(TECHNICAL_BREAKOUT)
            .severity(Severity::Notice)
            .confidence(score / score::FULL)
            .message(format!("Close {above:.1} % above the highest high of {} bars", self.lookback))
            .side(Side::Long)
            .entry(close)
            .number("above-high", above);
        Verdict::keep(score, if confirmed { "new high on high volume" } else { "new high" }).alert(alert)
    }
}

sluice_sdk::export!(Breakout);

#[cfg(test)]
mod tests;

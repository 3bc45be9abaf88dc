//! Stage 2, `sluice/gap`: an open far from the close before, up or down.
//!
//! The gap is the percentage of the newest daily bar's open from the close of the bar before. Keeps when it is at least
//! `min-gap` percent in a wanted direction. A gap is *held* when the day's range stayed clear of the close before:
//! low above it after a gap up, high below it after a gap down.
//!
//! Score: `min(10 · |gap|, 100)`, · 1.1 when held, at most 100; 0 when dropped. Raises `MOMENTUM`, long after a gap up,
//! short after a gap down; entry is the close, confidence is score / 100.
//!
//! Abstains with fewer than 2 bars, without a bar in the newest session, and when a price is missing. Drops below
//! `min-price`.

use sluice_sdk::indicators::percent_change;
use sluice_sdk::kind::MOMENTUM;
use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
/// Percent of a gap with the score 100.
const FULL_PERCENT: f64 = 10.0;
/// What the score of a gap that was held is multiplied by.
const HELD_FACTOR: f64 = 1.1;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;

choice! {
    /// Gaps that are looked for.
    pub enum Direction {
        /// Either way.
        Both = "both",
        /// Opens above the close before.
        Up = "up",
        /// Opens below the close before.
        Down = "down",
    }
}

settings! {
    /// What is a gap.
    pub struct Gap {
        /// Least distance of the open from the close before.
        min_gap: f64 = default(2.0).unit("percent").range(0.1..=100.0),
        /// Gaps that are looked for: both, up or down.
        direction: Direction = default(Direction::Both),
        /// Least close of the newest bar.
        min_price: f64 = default(5.0).unit("USD").range(0.0..=1e7),
    }
}

impl Layer for Gap {
    fn about() -> About {
        About::new(
            "sluice/gap",
            env!("CARGO_PKG_VERSION"),
            "Keeps what opened far from the close before, up or down.",
        )
        .measure("gap", "percent", "Open against the close before.")
        .measure("held", "", "1 when the bar stayed clear of the close before, else 0.")
        .alert(MOMENTUM)
    }

    fn needs(&self) -> Needs {
        let columns = ["open", "high", "low", "close"];
        Needs::none().bars(BarsNeed::new(DAILY, 2, &columns).time()).sessions(SESSIONS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let bars = instrument.bars(DAILY);
        let ([before, close], [_, open], [_, high], [_, low]) =
            (bars.close(), bars.open(), bars.high(), bars.low())
        else {
            return Verdict::abstain("fewer than 2 daily bars");
        };
        if bars.misses_newest_session() {
            return Verdict::abstain("no bar in the newest session");
        }
        let prices = [*before, *close, *open, *high, *low];
        if prices.iter().any(|price| !price.is_finite() || *price <= 0.0) {
            return Verdict::abstain("a price is missing");
        }
        let gap = percent_change(*before, *open);
        let held = if gap > 0.0 { low > before } else { high < before };
        self.verdict(gap, held, *close).measures([("gap", gap), ("held", f64::from(u8::from(held)))])
    }
}

impl Gap {
    fn verdict(&self, gap: f64, held: bool, close: f64) -> Verdict {
        let wanted = match self.direction {
            Direction::Both => true,
            Direction::Up => gap > 0.0,
            Direction::Down => gap < 0.0,
        };
        if close < self.min_price {
            return Verdict::drop(0.0, format!("close below {}", self.min_price));
        }
        if !wanted || gap.abs() < self.min_gap {
            return Verdict::drop(0.0, "no gap");
        }
        let factor = if held { HELD_FACTOR } else { 1.0 };
        let score = score::clamp(score::ratio(gap.abs(), FULL_PERCENT) * factor);
        let (side, word) = if gap > 0.0 { (Side::Long, "up") } else { (Side::Short, "down") };
        let alert = Alert::new(MOMENTUM)
            .severity(Severity::Notice)
            .confidence(score / score::FULL)
            .message(format!("Gap {word} of {:.1} %{}", gap.abs(), if held { ", held" } else { "" }))
            .side(side)
            .entry(close)
            .number("gap", gap);
        Verdict::keep(score, format!("gap {word}")).alert(alert)
    }
}

sluice_sdk::export!(Gap);

#[cfg(test)]
mod tests;

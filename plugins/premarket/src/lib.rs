//! Stage 3, `sluice/premarket`: what moves before the open.
//!
//! Answers only while the venue is in its pre-market, by the venue's own clock, and abstains at all other times. Looks at
//! bars of `timeframe` that are complete:
//! - *relative volume*: the volume of this pre-market so far, to the mean of what had traded by the same minute in the
//!   `sessions` before. It is never compared with a day or with a single minute.
//! - *change*: the newest price against the close of the session before, percent.
//!
//! Keeps when relative volume, change either way and volume reach their least. Score:
//! `50 · min(relative volume / 5, 1) + 30 · min(|change| / 3, 1) + 20 · min(volume / 200,000, 1)`; dropped: 0. Raises
//! `MOMENTUM` in the direction of the change, entry at the newest price, stale at the open.
//!
//! Abstains when there are no bars, or fewer than 5 earlier sessions of them, when nothing usually trades at this time,
//! and when the close before is missing or not of the session before. Nothing traded yet: dropped.

use sluice_sdk::indicators::{last_valid, percent_change};
use sluice_sdk::kind::MOMENTUM;
use sluice_sdk::prelude::*;
use sluice_sdk::{ByClock, Part, Step};

const DAILY: &str = "1d";
const PHASE: &str = "pre";
/// Fewer earlier sessions tell of no usual volume.
const MIN_SESSIONS: usize = 5;
/// Relative volume, percent and shares that score in full, and how much of the score each is.
const FULL_RATIO: f64 = 5.0;
const FULL_CHANGE: f64 = 3.0;
const FULL_VOLUME: f64 = 200_000.0;
const WEIGHTS: [f64; 3] = [0.5, 0.3, 0.2];

settings! {
    /// What moves.
    pub struct Premarket {
        /// Bars that are looked at.
        timeframe: Step = default(Step::Quarter),
        /// Earlier sessions that tell what is usual.
        sessions: u32 = default(20).unit("sessions").range(5..=60),
        /// Least relative volume.
        min_ratio: f64 = default(2.0).unit("ratio").range(0.0..=1000.0),
        /// Least change from the close before, either way.
        min_change: f64 = default(2.0).unit("percent").range(0.0..=100.0),
        /// Least volume of this pre-market so far.
        min_volume: f64 = default(10e3).unit("shares").range(0.0..=1e12),
    }
}

impl Layer for Premarket {
    fn about() -> About {
        About::new(
            "sluice/premarket",
            env!("CARGO_PKG_VERSION"),
            "Keeps what moves before the open on unusual volume.",
        )
        .measure("relative-volume", "ratio", "Volume so far to what is usual by the same minute.")
        .measure("change", "percent", "Newest price against the close before.")
        .measure("volume", "shares", "Volume of this pre-market so far.")
        .measure("vwap", "USD", "Volume-weighted average price of this pre-market.")
        .alert(MOMENTUM)
    }

    fn needs(&self) -> Needs {
        let lookback = self.timeframe.bars_of(self.sessions + 1);
        let columns = ["high", "low", "close", "volume"];
        Needs::none()
            .bars(BarsNeed::new(self.timeframe.as_str(), lookback, &columns).time())
            .bars(BarsNeed::new(DAILY, 1, &["close"]).time())
            .sessions(self.sessions + 1)
            .clock()
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        if instrument.venue().phase() != PHASE {
            return Verdict::abstain("its venue is not in its pre-market");
        }
        let bars = instrument.bars(self.timeframe.as_str());
        if bars.is_empty() {
            return Verdict::abstain(format!("no bars of {}", self.timeframe.as_str()));
        }
        let Some(clock) = bars.by_clock(Part::Pre, self.timeframe) else {
            return Verdict::abstain("the sessions of its venue are unknown");
        };
        if clock.sessions < MIN_SESSIONS {
            return Verdict::abstain(format!("bars of fewer than {MIN_SESSIONS} earlier sessions"));
        }
        let Some(before) = instrument.close_before() else {
            return Verdict::abstain("the close of the session before is missing");
        };
        let Some(price) = last_valid(clock.bars.close()).filter(|price| *price > 0.0) else {
            return Verdict::drop(0.0, "nothing traded before the open");
        };
        if clock.usual <= 0.0 {
            return Verdict::abstain("nothing usually trades by this minute");
        }
        let opens = instrument.venue().newest_session().map(|session| session.opens());
        let change = percent_change(before, price);
        self.verdict(&clock, change, price, opens.unwrap_or_default()).measures([
            ("relative-volume", clock.volume / clock.usual),
            ("change", change),
            ("volume", clock.volume),
            ("vwap", clock.vwap()),
        ])
    }
}

impl Premarket {
    fn verdict(&self, clock: &ByClock<'_>, change: f64, price: f64, opens: i64) -> Verdict {
        let ratio = clock.volume / clock.usual;
        if clock.volume < self.min_volume {
            return Verdict::drop(0.0, format!("volume below {} shares", self.min_volume));
        }
        if ratio < self.min_ratio {
            return Verdict::drop(0.0, "usual volume");
        }
        if change.abs() < self.min_change {
            return Verdict::drop(0.0, "hardly moved");
        }
        let [of_ratio, of_change, of_volume] = WEIGHTS;
        let score = of_ratio * score::ratio(ratio, FULL_RATIO)
            + of_change * score::ratio(change.abs(), FULL_CHANGE)
            + of_volume * score::ratio(clock.volume, FULL_VOLUME);
        let (side, reason) = if change > 0.0 {
            (Side::Long, "up before the open")
        } else {
            (Side::Short, "down before the open")
        };
        let alert = Alert::new(MOMENTUM)
            .severity(Severity::Urgent)
            .confidence(score / score::FULL)
            .message(format!("{change:+.1} % before the open on {ratio:.1} times the usual volume"))
            .side(side)
            .entry(price)
            .expires_at(opens)
            .number("relative-volume", ratio);
        Verdict::keep(score, reason).alert(alert)
    }
}

sluice_sdk::export!(Premarket);

#[cfg(test)]
mod tests;

//! Stage 2, `sluice/relative-strength`: what gained more than a reference over the same sessions.
//!
//! Excess is the instrument's change over `lookback` bars minus that of `reference` between the same two days, in
//! percentage points. The reference's bars are found by time, not by position, so that a stock that did not trade on
//! some days is compared over the same span. Keeps when the excess is at least `min-excess`.
//!
//! Score: 0 at an excess of nothing, 100 at `full-excess`, a straight line between; 0 when dropped. Raises `MOMENTUM`,
//! long, when kept; confidence is score / 100.
//!
//! Abstains when the market has no such reference or it has no bar on one of the two days, with fewer than
//! `lookback` + 1 bars, without a bar in the newest session, and when a close is missing.

use sluice_sdk::indicators::{newest, percent_change};
use sluice_sdk::kind::MOMENTUM;
use sluice_sdk::prelude::*;
use sluice_sdk::{Bars, Instant};

const DAILY: &str = "1d";
/// Two bars are of the same day when they begin less than so long apart: venues open at different hours.
const SAME_DAY_MS: i64 = 12 * 3_600_000;
/// The reference may have bars on days on which the instrument did not trade: so many times as many are asked for.
const REFERENCE_FACTOR: u32 = 2;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;
/// Longest ticker of a reference in bytes.
const MAX_TICKER_BYTES: u32 = 32;

settings! {
    /// What is strong.
    pub struct RelativeStrength {
        /// What instruments are compared with.
        reference: String = text("SPY").max_length(MAX_TICKER_BYTES),
        /// Bars over which the change is taken; a quarter has some 63.
        lookback: u32 = default(63).unit("bars").range(1..=500),
        /// Least change beyond that of the reference.
        min_excess: f64 = default(5.0).unit("percent").range(-100.0..=1000.0),
        /// Change beyond that of the reference that scores 100.
        full_excess: f64 = default(25.0).unit("percent").range(0.1..=1000.0),
    }
}

impl Layer for RelativeStrength {
    fn about() -> About {
        About::new(
            "sluice/relative-strength",
            env!("CARGO_PKG_VERSION"),
            "Keeps what gained more than a reference over the same sessions.",
        )
        .measure("excess", "percent", "Change minus that of the reference, percentage points.")
        .measure("change", "percent", "Close against the close `lookback` bars before.")
        .measure("reference-change", "percent", "The same of the reference.")
        .alert(MOMENTUM)
    }

    fn needs(&self) -> Needs {
        let lookback = REFERENCE_FACTOR * (self.lookback + 1);
        Needs::none()
            .bars(BarsNeed::new(DAILY, lookback, &["close"]).time())
            .reference(&self.reference)
            .sessions(SESSIONS)
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let Some(reference) = batch.reference(&self.reference) else {
            let reason = format!("the market has no reference {}", self.reference);
            return Ok(batch.instruments().map(|_| Verdict::abstain(reason.clone())).collect());
        };
        let reference = reference.bars(DAILY);
        Ok(batch.instruments().map(|instrument| self.compare(&instrument.bars(DAILY), &reference)).collect())
    }
}

impl RelativeStrength {
    fn compare(&self, bars: &Bars<'_>, reference: &Bars<'_>) -> Verdict {
        if bars.len() <= self.lookback as usize {
            return Verdict::abstain(format!("fewer than {} daily bars", self.lookback + 1));
        }
        if bars.misses_newest_session() {
            return Verdict::abstain("no bar in the newest session");
        }
        let bars = bars.last(self.lookback as usize + 1);
        let ([from, ..], [.., to]) = (bars.time(), bars.time()) else {
            return Verdict::abstain("the times of its bars are unknown");
        };
        let (Some(then), Some(now)) = (bars.close().first().copied().filter(price), newest(bars.close()))
        else {
            return Verdict::abstain("a close is missing");
        };
        let (Some(reference_then), Some(reference_now)) =
            (close_on(reference, *from), close_on(reference, *to))
        else {
            return Verdict::abstain(format!("{} has no bar on the same days", self.reference));
        };
        let change = percent_change(then, now);
        let reference_change = percent_change(reference_then, reference_now);
        self.verdict(change, reference_change).measures([
            ("excess", change - reference_change),
            ("change", change),
            ("reference-change", reference_change),
        ])
    }

    fn verdict(&self, change: f64, reference: f64) -> Verdict {
        let excess = change - reference;
        if excess < self.min_excess {
            return Verdict::drop(0.0, format!("not {} % ahead of {}", self.min_excess, self.reference));
        }
        let score = score::ratio(excess, self.full_excess);
        let message =
            format!("{excess:.1} percentage points ahead of {} in {} bars", self.reference, self.lookback);
        let alert = Alert::new(MOMENTUM)
            .confidence(score / score::FULL)
            .message(message)
            .side(Side::Long)
            .number("excess", excess);
        Verdict::keep(score, format!("ahead of {}", self.reference)).alert(alert)
    }
}

fn price(price: &f64) -> bool {
    price.is_finite() && *price > 0.0
}

/// The close of the bar that began on the same day.
fn close_on(bars: &Bars<'_>, time: Instant) -> Option<f64> {
    let after = bars.time().partition_point(|&opens| opens < time.saturating_add(SAME_DAY_MS));
    let at = after.checked_sub(1)?;
    let same_day = *bars.time().get(at)? > time.saturating_sub(SAME_DAY_MS);
    bars.close().get(at).copied().filter(|close| same_day && price(close))
}

sluice_sdk::export!(RelativeStrength);

#[cfg(test)]
mod tests;

//! Stage 3, `sluice/intraday`: what moves during the session.
//!
//! Answers only while the venue is in its regular session, and abstains at all other times. Looks at complete bars of
//! `timeframe`:
//! - *relative volume*: the session's volume so far, to the mean of what had traded by the same minute in the `sessions`
//!   before;
//! - *change*: the newest price against the close of the session before, percent;
//! - *momentum*: the newest price against that `momentum-minutes` earlier, percent;
//! - *VWAP*: of the session so far, with (high + low + close) / 3 as price;
//! - *spread*: of the newest quote, in percent of its middle, where there is a quote since the session opened.
//!
//! Keeps when relative volume and change either way reach their least. Score:
//! `(0.30 · min(5, ratio) + 0.25 · min(4, |change|) + 0.20 · min(3, |momentum| / 2) + 0.10 · max(0, 2 − 10 · spread))`
//! as a percentage of the most that this can be, 3.3; without a quote the last part is left out of both. Dropped: 0.
//! Raises `MOMENTUM` in the direction of the change, entry at the newest price, when the price is on the same side of the
//! VWAP; stale at the close.
//!
//! Abstains when there are no bars, or fewer than 5 earlier sessions of them, when nothing traded in them or in this
//! session, and when the close before is missing or not of the session before.

use sluice_sdk::indicators::{last_valid, percent_change};
use sluice_sdk::kind::MOMENTUM;
use sluice_sdk::prelude::*;
use sluice_sdk::{ByClock, Part, Step};

const DAILY: &str = "1d";
const PHASE: &str = "regular";
const MINUTE_MS: i64 = 60_000;
/// Fewer earlier sessions tell of no usual volume.
const MIN_SESSIONS: usize = 5;

settings! {
    /// What moves.
    pub struct Intraday {
        /// Bars that are looked at.
        timeframe: Step = default(Step::Five),
        /// Earlier sessions that tell what is usual.
        sessions: u32 = default(20).unit("sessions").range(5..=60),
        /// Least relative volume.
        min_ratio: f64 = default(2.0).unit("ratio").range(0.0..=1000.0),
        /// Least change from the close before, either way.
        min_change: f64 = default(2.0).unit("percent").range(0.0..=100.0),
        /// Minutes of the momentum.
        momentum_minutes: u32 = default(30).unit("minutes").range(1..=390),
    }
}

impl Layer for Intraday {
    fn about() -> About {
        About::new(
            "sluice/intraday",
            env!("CARGO_PKG_VERSION"),
            "Keeps what moves during the session on unusual volume.",
        )
        .measure("relative-volume", "ratio", "Volume so far to what is usual by the same minute.")
        .measure("change", "percent", "Newest price against the close before.")
        .measure("momentum", "percent", "Newest price against that some minutes earlier.")
        .measure("vwap", "USD", "Volume-weighted average price of the session so far.")
        .measure("spread", "percent", "Ask minus bid of the newest quote, of their middle.")
        .alert(MOMENTUM)
    }

    fn needs(&self) -> Needs {
        let lookback = self.timeframe.bars_of(self.sessions + 1);
        let columns = ["high", "low", "close", "volume"];
        Needs::none()
            .bars(BarsNeed::new(self.timeframe.as_str(), lookback, &columns).time())
            .bars(BarsNeed::new(DAILY, 1, &["close"]).time())
            .sessions(self.sessions + 1)
            .quotes()
            .clock()
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        if instrument.venue().phase() != PHASE {
            return Verdict::abstain("its venue is not in its session");
        }
        let bars = instrument.bars(self.timeframe.as_str());
        if bars.is_empty() {
            return Verdict::abstain(format!("no bars of {}", self.timeframe.as_str()));
        }
        let Some(clock) = bars.by_clock(Part::Regular, self.timeframe) else {
            return Verdict::abstain("the sessions of its venue are unknown");
        };
        if clock.sessions < MIN_SESSIONS {
            return Verdict::abstain(format!("bars of fewer than {MIN_SESSIONS} earlier sessions"));
        }
        let Some(before) = instrument.close_before() else {
            return Verdict::abstain("the close of the session before is missing");
        };
        let Some(price) = last_valid(clock.bars.close()).filter(|price| *price > 0.0 && clock.usual > 0.0)
        else {
            return Verdict::abstain("nothing has traded in this session, or in those before by this minute");
        };
        let moves = Moves {
            price,
            ratio: clock.volume / clock.usual,
            change: percent_change(before, price),
            momentum: self.momentum(&clock, price),
            vwap: clock.vwap(),
            spread: spread(instrument),
        };
        let closes = instrument.venue().newest_session().map(|session| session.closes());
        self.verdict(&moves, closes.unwrap_or_default()).measures([
            ("relative-volume", moves.ratio),
            ("change", moves.change),
            ("momentum", moves.momentum),
            ("vwap", moves.vwap),
            ("spread", moves.spread.unwrap_or(f64::NAN)),
        ])
    }
}

/// The figures of an instrument.
struct Moves {
    price: f64,
    ratio: f64,
    change: f64,
    /// NaN at the session's start.
    momentum: f64,
    vwap: f64,
    spread: Option<f64>,
}

impl Moves {
    fn score(&self) -> f64 {
        let momentum = if self.momentum.is_nan() { 0.0 } else { self.momentum.abs() };
        let price =
            0.30 * self.ratio.min(5.0) + 0.25 * self.change.abs().min(4.0) + 0.20 * (momentum / 2.0).min(3.0);
        let most = 0.30 * 5.0 + 0.25 * 4.0 + 0.20 * 3.0;
        match self.spread {
            None => score::ratio(price, most),
            Some(spread) => score::ratio(price + 0.10 * (2.0 - 10.0 * spread).max(0.0), most + 0.10 * 2.0),
        }
    }
}

impl Intraday {
    /// Against the close of the bar that ended so many minutes before the newest one did.
    fn momentum(&self, clock: &ByClock<'_>, price: f64) -> f64 {
        let times = clock.bars.time();
        let Some(newest) = times.last() else { return f64::NAN };
        let then = newest.saturating_sub(i64::from(self.momentum_minutes) * MINUTE_MS);
        let at = times.partition_point(|&time| time <= then).checked_sub(1);
        let before = at.and_then(|at| clock.bars.close().get(at));
        before.map_or(f64::NAN, |before| percent_change(*before, price))
    }

    fn verdict(&self, moves: &Moves, closes: i64) -> Verdict {
        if moves.ratio < self.min_ratio {
            return Verdict::drop(0.0, "usual volume");
        }
        if moves.change.abs() < self.min_change {
            return Verdict::drop(0.0, "hardly moved");
        }
        let score = moves.score();
        let up = moves.change > 0.0;
        let (side, reason) =
            if up { (Side::Long, "up in the session") } else { (Side::Short, "down in the session") };
        let verdict = Verdict::keep(score, reason);
        let goes_on = if up { moves.price > moves.vwap } else { moves.price < moves.vwap };
        if !goes_on {
            return verdict;
        }
        let word = if up { "above" } else { "below" };
        verdict.alert(
            Alert::new(MOMENTUM)
                .severity(Severity::Urgent)
                .confidence(score / score::FULL)
                .message(format!(
                    "{:+.1} % on {:.1} times the usual volume, {word} the session's VWAP",
                    moves.change, moves.ratio
                ))
                .side(side)
                .entry(moves.price)
                .expires_at(closes)
                .number("relative-volume", moves.ratio),
        )
    }
}

/// Percent; none without a quote since the session opened, with a one-sided or with a crossed one.
fn spread(instrument: &Instrument<'_>) -> Option<f64> {
    let opens = instrument.venue().newest_session()?.opens();
    instrument.quote().filter(|quote| quote.at >= opens)?.spread()
}

sluice_sdk::export!(Intraday);

#[cfg(test)]
mod tests;

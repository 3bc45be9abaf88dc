//! Stage 2, `sluice/technical`: breakouts and momentum in daily bars.
//!
//! Five rules look at the newest bar (see the table in `rules.rs`): a close above the prior 20-bar high, a
//! close that crosses its 50-bar mean, a gap up, a rising RSI, most closes up. A rule that lacks bars or numbers is
//! skipped. What fires is combined by `100 · (1 − Π(1 − sᵢ/100))`; nothing fired: drop with 0.
//!
//! Alerts, both long: `TECHNICAL_BREAKOUT` when one of the first two fires, `MOMENTUM` when one of the others does. Entry
//! is the close, stop is 2 ATR below, target 4 ATR above, so that the reward is twice the risk; no stop and no target
//! when ATR is unknown or the stop would not be positive. Confidence is the combined score of the alert's own rules
//! divided by 100.
//!
//! RSI and ATR are Wilder's over 14 bars; `lookback` bars are more than their warm-up needs. Abstains with fewer than
//! 30 bars, without a bar in the newest session, and when the newest bar lacks a price or its volume. Drops below
//! `min-price`.

mod rules;

use rules::{Fired, Rules, Theme};
use sluice_sdk::Bars;
use sluice_sdk::indicators::atr_last;
use sluice_sdk::kind::{MOMENTUM, TECHNICAL_BREAKOUT};
use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
/// Fewer bars than this are no history.
const MIN_BARS: usize = 30;
/// Period of ATR, bars.
const ATR_PERIOD: usize = 14;
/// Distance from the entry to the stop, in ATR.
const STOP_ATR: f64 = 2.0;
/// Distance from the entry to the target, in ATR.
const TARGET_ATR: f64 = 4.0;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;

settings! {
    /// How far back to look and what to leave out.
    pub struct Technical {
        /// Bars that are looked at; RSI and ATR are smoothed over all of them.
        lookback: u32 = default(120).unit("bars").range(60..=1000),
        /// Least close of the newest bar.
        min_price: f64 = default(5.0).unit("USD").range(0.0..=1e7),
        /// A breakout counts only on a volume above 1.5 times the mean of the 20 bars before.
        confirm_volume: bool = default(true),
        /// An open above the close before counts; off where the layer `sluice/gap` counts it already.
        gaps: bool = default(true),
    }
}

impl Layer for Technical {
    fn about() -> About {
        About::new(
            "sluice/technical",
            env!("CARGO_PKG_VERSION"),
            "Keeps what breaks out or gains momentum in daily bars.",
        )
        .measure("rsi", "", "Wilder's relative strength index over 14 bars, 0 to 100.")
        .measure("atr", "USD", "Wilder's average true range over 14 bars.")
        .measure("gap", "percent", "Open against the close before.")
        .measure("breakout", "percent", "Close against the highest high of the 20 bars before.")
        .measure("change-5", "percent", "Close against the close 5 bars before.")
        .alert(TECHNICAL_BREAKOUT)
        .alert(MOMENTUM)
    }

    fn needs(&self) -> Needs {
        let columns = ["open", "high", "low", "close", "volume"];
        Needs::none().bars(BarsNeed::new(DAILY, self.lookback, &columns).time()).sessions(SESSIONS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let bars = instrument.bars(DAILY);
        if bars.len() < MIN_BARS {
            return Verdict::abstain(format!("fewer than {MIN_BARS} daily bars"));
        }
        if bars.misses_newest_session() {
            return Verdict::abstain("no bar in the newest session");
        }
        let Some(close) = complete_close(&bars) else {
            return Verdict::abstain("its newest bar has no price or no volume");
        };
        if close < self.min_price {
            return Verdict::drop(0.0, format!("close below {}", self.min_price));
        }
        self.verdict(&bars, close)
    }
}

impl Technical {
    fn verdict(&self, bars: &Bars<'_>, close: f64) -> Verdict {
        let rules = Rules::of(bars, self.confirm_volume, self.gaps);
        let fired = rules.fired();
        let atr = atr_last(bars.high(), bars.low(), bars.close(), ATR_PERIOD);
        let mut verdict = if fired.is_empty() {
            Verdict::drop(0.0, "no rule fired")
        } else {
            Verdict::keep(fired.score(), fired.names())
        };
        for (kind, theme) in [(TECHNICAL_BREAKOUT, Theme::Breakout), (MOMENTUM, Theme::Momentum)] {
            let own = fired.of(theme);
            if !own.is_empty() {
                verdict = verdict.alert(long(kind, &own, close, atr));
            }
        }
        verdict.measures([
            ("rsi", rules.rsi),
            ("atr", atr),
            ("gap", rules.gap),
            ("breakout", rules.breakout),
            ("change-5", rules.change),
        ])
    }
}

/// Close of the newest bar when all of the bar is there: prices and volume finite and above 0.
fn complete_close(bars: &Bars<'_>) -> Option<f64> {
    let columns = [bars.open(), bars.high(), bars.low(), bars.volume(), bars.close()];
    let there = |column: &[f64]| column.last().copied().filter(|number| *number > 0.0 && number.is_finite());
    columns.iter().try_fold(0.0, |_, column| there(column))
}

fn long(kind: &'static str, fired: &Fired, close: f64, atr: f64) -> Alert {
    let score = fired.score();
    let alert = Alert::new(kind)
        .severity(Severity::Notice)
        .confidence(score / score::FULL)
        .message(fired.names())
        .side(Side::Long)
        .entry(close);
    let stop = close - STOP_ATR * atr;
    if stop > 0.0 && stop < close { alert.stop(stop).target(close + TARGET_ATR * atr) } else { alert }
}

sluice_sdk::export!(Technical);

#[cfg(test)]
mod tests;

//! Stage 2, `sluice/volume`: unusual volume in the newest session.
//!
//! Relative volume is the volume of the newest daily bar divided by the mean of the `lookback` bars before it. Keeps
//! when it reaches `min-ratio` and the volume itself reaches `min-volume`, and then raises `VOLUME_SPIKE`.
//!
//! Score: `100 · min(relative volume / 5, 1)` when kept, 0 when dropped. The alert's confidence is score / 100.
//!
//! Abstains when the newest session of the venue has no bar, when the newest bar has no price or no volume, and when
//! one of the bars before it is missing.

use sluice_sdk::indicators::{relative_volume_last, rolling_std_last, sma_last};
use sluice_sdk::kind::VOLUME_SPIKE;
use sluice_sdk::prelude::*;

const DAILY: &str = "1d";
/// Relative volume with the score 100.
const FULL_SCORE_RATIO: f64 = 5.0;
/// Newest sessions that are asked for, to see whether the newest has a bar.
const SESSIONS: u32 = 2;

settings! {
    /// What is unusual.
    pub struct Volume {
        /// Bars before the newest one that its volume is compared with.
        lookback: u32 = default(20).unit("bars").range(2..=250),
        /// Least relative volume.
        min_ratio: f64 = default(2.5).unit("ratio").range(1.0..=1000.0),
        /// Least volume of the newest bar.
        min_volume: f64 = default(100e3).unit("shares").range(0.0..=1e12),
    }
}

impl Layer for Volume {
    fn about() -> About {
        About::new(
            "sluice/volume",
            env!("CARGO_PKG_VERSION"),
            "Keeps what traded far more than usual in the newest session.",
        )
        .measure("relative-volume", "ratio", "Volume of the newest bar to the mean of the bars before.")
        .measure("z-score", "", "Standard deviations of the bars before that the volume is above their mean.")
        .measure("volume", "shares", "Volume of the newest bar.")
        .alert(VOLUME_SPIKE)
    }

    fn needs(&self) -> Needs {
        Needs::none()
            .bars(BarsNeed::new(DAILY, self.lookback + 1, &["close", "volume"]).time())
            .sessions(SESSIONS)
    }

    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let bars = instrument.bars(DAILY);
        let (before, volume) = match bars.volume() {
            [before @ .., newest] if before.len() >= self.lookback as usize => (before, *newest),
            _ => return Verdict::abstain(format!("fewer than {} daily bars", self.lookback + 1)),
        };
        if bars.misses_newest_session() {
            return Verdict::abstain("no bar in the newest session");
        }
        let priced = bars.last_close().is_some_and(|close| close > 0.0 && close.is_finite());
        let traded = volume > 0.0 && volume.is_finite();
        if !priced || !traded {
            return Verdict::abstain("its newest bar has no price or no volume");
        }
        let ratio = relative_volume_last(bars.volume(), self.lookback as usize);
        if !ratio.is_finite() {
            return Verdict::abstain("volumes before the newest bar are missing or zero");
        }
        self.verdict(ratio, volume).measures([
            ("relative-volume", ratio),
            ("z-score", self.z_score(before, volume)),
            ("volume", volume),
        ])
    }
}

impl Volume {
    fn verdict(&self, ratio: f64, volume: f64) -> Verdict {
        if ratio < self.min_ratio {
            return Verdict::drop(0.0, "usual volume");
        }
        if volume < self.min_volume {
            return Verdict::drop(0.0, format!("volume below {} shares", self.min_volume));
        }
        let score = score::ratio(ratio, FULL_SCORE_RATIO);
        let alert = Alert::new(VOLUME_SPIKE)
            .severity(Severity::Notice)
            .confidence(score / score::FULL)
            .message(format!("Volume {ratio:.1} times the mean of {} bars", self.lookback))
            .number("relative-volume", ratio);
        Verdict::keep(score, "unusual volume").alert(alert)
    }

    /// Population standard deviations of the bars before; NaN when their volumes are all the same.
    fn z_score(&self, before: &[f64], volume: f64) -> f64 {
        let lookback = self.lookback as usize;
        let z = (volume - sma_last(before, lookback)) / rolling_std_last(before, lookback);
        if z.is_finite() { z } else { f64::NAN }
    }
}

sluice_sdk::export!(Volume);

#[cfg(test)]
mod tests;

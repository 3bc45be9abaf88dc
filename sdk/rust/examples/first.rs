//! A first own layer: keeps what is close to its highest close of a year.
use sluice_sdk::prelude::*;

settings! {
    /// How close is close.
    pub struct NearHigh {
        /// Furthest distance from the highest close.
        max_distance: f64 = default(5.0).unit("percent").range(0.0..=50.0),
    }
}

impl Layer for NearHigh {
    fn about() -> About {
        About::new("me/near-high", "0.1.0", "Keeps what is close to its highest close of a year.").measure(
            "distance",
            "percent",
            "Close below the highest.",
        )
    }
    fn needs(&self) -> Needs {
        Needs::none().bars(BarsNeed::new("1d", 252, &["close"]))
    }
    fn judge(&self, instrument: &Instrument) -> Verdict {
        let bars = instrument.bars("1d");
        let Some(close) = bars.last_close().filter(|c| *c > 0.0) else { return Verdict::abstain("no price") };
        let high = bars.close().iter().copied().fold(close, f64::max);
        let distance = 100.0 * (1.0 - close / high);
        if distance > self.max_distance {
            return Verdict::drop(0.0, "far from its high").measure("distance", distance);
        }
        let score = score::linear(distance, self.max_distance, 0.0);
        Verdict::keep(score, "near its high").measure("distance", distance)
    }
}

export!(NearHigh);

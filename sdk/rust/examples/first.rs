//! A first own layer.

use sluice_sdk::prelude::*;

settings! {
    /// Keeps stocks whose close is near its highest of the year.
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
            "How far the close is below its highest.",
        )
    }

    fn needs(&self) -> Needs {
        Needs::none().bars(BarsNeed::new("1d", 252, &["close"]))
    }

    fn judge(&self, instrument: &Instrument) -> Verdict {
        let bars = instrument.bars("1d");
        let Some(close) = bars.last_close() else { return Verdict::abstain("no bars") };
        let high = bars.close().iter().copied().fold(close, f64::max);
        let distance = 100.0 * (1.0 - close / high);
        let score = score::linear(distance, 2.0 * self.max_distance, 0.0);
        let near = distance <= self.max_distance;
        let verdict = if near {
            Verdict::keep(score, "near its high")
        } else {
            Verdict::drop(score, "far from its high")
        };
        verdict.measure("distance", distance)
    }
}

export!(NearHigh);

//! Keeps everything with the score NaN.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct NanScores {}
}

impl Layer for NanScores {
    fn about() -> About {
        About::new("test/nan-scores", "0.1.0", "Keeps everything with the score NaN.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn judge(&self, _: &Instrument<'_>) -> Verdict {
        Verdict::keep(f64::NAN, "no number")
    }
}

export!(NanScores);

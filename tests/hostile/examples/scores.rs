//! Scores at and beyond the edge of what a score may be. The setting `kind` says which. −0 and subnormal numbers are
//! legal: they lie within 0 to 100.

use sluice_sdk::prelude::*;

/// The smallest number above 0.
const SUBNORMAL: f64 = f64::from_bits(1);

settings! {
    /// What the score of everything is.
    struct Scores {
        /// The misbehaviour.
        kind: String = text("none"),
    }
}

impl Scores {
    fn score(&self) -> Option<f64> {
        Some(match self.kind.as_str() {
            "none" => 50.0,
            "nan" => f64::NAN,
            "infinity" => f64::INFINITY,
            "minus-infinity" => f64::NEG_INFINITY,
            "minus-one" => -1.0,
            "above-hundred" => 100.0001,
            "just-above-hundred" => 100.0_f64.next_up(),
            "just-below-zero" => -SUBNORMAL,
            "minus-zero" => -0.0,
            "subnormal" => SUBNORMAL,
            "hundred" => 100.0,
            _ => return None,
        })
    }
}

impl Layer for Scores {
    fn about() -> About {
        About::new("test/scores", "0.1.0", "Scores at and beyond the edge of what a score may be.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let score = self.score().ok_or_else(|| Fault::new(format!("there is no kind {}", self.kind)))?;
        Ok(batch.instruments().map(|_| Verdict::keep(score, "always")).collect())
    }
}

export!(Scores);

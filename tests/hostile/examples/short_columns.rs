//! Answers with one verdict too few.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct ShortColumns {}
}

impl Layer for ShortColumns {
    fn about() -> About {
        About::new("test/short-columns", "0.1.0", "Answers with one verdict too few.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let verdict = |_| Verdict::keep(50.0, "always");
        Ok(batch.instruments().skip(1).map(verdict).collect())
    }
}

export!(ShortColumns);

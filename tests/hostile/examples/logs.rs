//! Logs that a scan began, then keeps everything: shows that calls overlap.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct Logs {}
}

impl Layer for Logs {
    fn about() -> About {
        About::new(
            "test/logs",
            "0.1.0",
            "Logs that a scan began, then keeps everything: shows that calls overlap.",
        )
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        log::info("enter");
        Ok(batch.instruments().map(|_| Verdict::keep(50.0, "always")).collect())
    }
}

export!(Logs);

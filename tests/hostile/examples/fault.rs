//! Gives up: every scan is a fault.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct GivesUp {}
}

impl Layer for GivesUp {
    fn about() -> About {
        About::new("test/fault", "0.1.0", "Gives up: every scan is a fault.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        Err(Fault::new(format!("gave up on {} instruments", batch.len())))
    }
}

export!(GivesUp);

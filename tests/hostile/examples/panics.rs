//! Panics in scan. Its message, file and line must be in the log.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct Panics {}
}

impl Layer for Panics {
    fn about() -> About {
        About::new("test/panics", "0.1.0", "Panics in scan.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    #[expect(clippy::panic, reason = "the misbehaviour that this layer is for")]
    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        panic!("on purpose, with {} instruments", batch.len());
    }
}

export!(Panics);

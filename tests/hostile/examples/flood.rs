//! Logs 10,000 lines of 2,000 bytes, then keeps everything.

use sluice_sdk::prelude::*;

const LINES: usize = 10_000;
const LINE_BYTES: usize = 2_000;

settings! {
    /// No settings.
    struct Flood {}
}

impl Layer for Flood {
    fn about() -> About {
        About::new("test/flood", "0.1.0", "Logs 10,000 lines of 2,000 bytes, then keeps everything.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let line = "x".repeat(LINE_BYTES);
        (0..LINES).for_each(|_| log::warn(&line));
        Ok(batch.instruments().map(|_| Verdict::keep(50.0, "always")).collect())
    }
}

export!(Flood);

//! Logs without end: unless told, 10,000 lines of 2,000 bytes. Then keeps everything.

use sluice_sdk::prelude::*;

settings! {
    /// How much it logs.
    struct Flood {
        /// Lines.
        lines: u32 = default(10_000),
        /// Length of each.
        line_bytes: u32 = default(2_000).unit("bytes"),
    }
}

impl Layer for Flood {
    fn about() -> About {
        About::new("test/flood", "0.1.0", "Logs without end, then keeps everything.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let line = "x".repeat(self.line_bytes as usize);
        (0..self.lines).for_each(|_| log::warn(&line));
        Ok(batch.instruments().map(|_| Verdict::keep(50.0, "always")).collect())
    }
}

export!(Flood);

//! Never comes back: an endless loop in scan.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct Spin {}
}

impl Layer for Spin {
    fn about() -> About {
        About::new("test/spin", "0.1.0", "Never comes back: an endless loop in scan.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let _ = batch;
        let mut turns = 0_u64;
        loop {
            turns = std::hint::black_box(turns.wrapping_add(1));
        }
    }
}

export!(Spin);

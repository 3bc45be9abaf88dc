//! Allocates without end, a mebibyte at a time, and touches all of it.

use sluice_sdk::prelude::*;

/// One bite.
const CHUNK_BYTES: usize = 1 << 20;

settings! {
    /// No settings.
    struct Hungry {}
}

impl Layer for Hungry {
    fn about() -> About {
        About::new(
            "test/hungry",
            "0.1.0",
            "Allocates without end, a mebibyte at a time, and touches all of it.",
        )
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let _ = batch;
        let mut hoard = Vec::new();
        loop {
            hoard.push(std::hint::black_box(vec![1_u8; CHUNK_BYTES]));
        }
    }
}

export!(Hungry);

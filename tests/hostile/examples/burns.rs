//! Turns a loop as often as the setting `turns` says, then keeps everything: just under a limit, or just over it.

use sluice_sdk::prelude::*;

settings! {
    /// How much it burns.
    struct Burns {
        /// Turns of the loop in every call.
        turns: u32 = default(1_000),
    }
}

impl Layer for Burns {
    fn about() -> About {
        About::new("test/burns", "0.1.0", "Burns fuel, then keeps everything.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        (0..self.turns).for_each(|turn| {
            std::hint::black_box(turn);
        });
        Ok(batch.instruments().map(|_| Verdict::keep(50.0, "always")).collect())
    }
}

export!(Burns);

//! Keeps a count of its calls and answers by it: whoever asks a second time would get another answer. The host gives
//! every call a fresh instance, so that all of them are the first.

use sluice_sdk::prelude::*;
use std::sync::atomic::{AtomicU32, Ordering};

/// Calls of `scan` so far.
static CALLS: AtomicU32 = AtomicU32::new(0);

settings! {
    /// What it does with the count.
    struct State {
        /// The misbehaviour: `counts` gives it as the score, `every-second` faults when it is even.
        kind: String = text("counts"),
    }
}

impl Layer for State {
    fn about() -> About {
        About::new("test/state", "0.1.0", "Answers by the count of its calls.")
    }

    fn needs(&self) -> Needs {
        CALLS.fetch_add(10, Ordering::Relaxed);
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let call = CALLS.fetch_add(1, Ordering::Relaxed) + 1;
        if self.kind == "every-second" && call.is_multiple_of(2) {
            return Err(Fault::new(format!("no answer in call {call}")));
        }
        Ok(batch.instruments().map(|_| Verdict::keep(f64::from(call), "by the count of calls")).collect())
    }
}

export!(State);

//! Needs nothing and keeps everything at 50: the cheapest layer there is, and the report for an empty batch.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct Empty {}
}

impl Layer for Empty {
    fn about() -> About {
        About::new("test/empty", "0.1.0", "Keeps everything.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn judge(&self, _: &Instrument<'_>) -> Verdict {
        Verdict::keep(50.0, "always")
    }
}

export!(Empty);

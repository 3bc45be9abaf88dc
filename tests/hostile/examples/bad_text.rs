//! Gives a reason that clears the terminal.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct BadText {}
}

impl Layer for BadText {
    fn about() -> About {
        About::new("test/bad-text", "0.1.0", "Gives a reason that clears the terminal.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn judge(&self, _: &Instrument<'_>) -> Verdict {
        Verdict::keep(50.0, "\u{1b}[2J\u{1b}[31mcleared")
    }
}

export!(BadText);

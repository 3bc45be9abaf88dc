//! Raises an alert of a kind that it does not declare.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct UndeclaredAlert {}
}

impl Layer for UndeclaredAlert {
    fn about() -> About {
        About::new("test/undeclared-alert", "0.1.0", "Raises an alert of a kind that it does not declare.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn judge(&self, _: &Instrument<'_>) -> Verdict {
        Verdict::keep(50.0, "always").alert(Alert::new("UNDECLARED").message("nobody knows me"))
    }
}

export!(UndeclaredAlert);

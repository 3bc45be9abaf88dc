//! Gives a reason and an alert that would be SQL if anybody put them into a statement.

use sluice_sdk::prelude::*;

const KIND: &str = "TEST";

settings! {
    /// No settings.
    struct SqlText {}
}

impl Layer for SqlText {
    fn about() -> About {
        About::new("test/sql-text", "0.1.0", "Gives texts that look like SQL.").alert(KIND)
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn judge(&self, _: &Instrument<'_>) -> Verdict {
        let alert = Alert::new(KIND).message("'); DELETE FROM alerts; --");
        Verdict::keep(50.0, "'); DROP TABLE verdicts; --").alert(alert)
    }
}

export!(SqlText);

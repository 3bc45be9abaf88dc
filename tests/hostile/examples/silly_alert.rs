//! Raises a sound alert on every instrument. The first one also gets a long alert with its stop above the entry.

use sluice_sdk::prelude::*;

const KIND: &str = "TEST";

settings! {
    /// No settings.
    struct SillyAlert {}
}

impl Layer for SillyAlert {
    fn about() -> About {
        About::new("test/silly-alert", "0.1.0", "Raises a sound alert on every instrument.").alert(KIND)
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let silly = || Alert::new(KIND).side(Side::Long).entry(10.0).stop(11.0).target(12.0).message("silly");
        let sound = || Alert::new(KIND).side(Side::Long).entry(10.0).stop(9.0).target(12.0).message("sound");
        let verdict = |row| match row {
            0 => Verdict::keep(50.0, "always").alert(silly()).alert(sound()),
            _ => Verdict::keep(50.0, "always").alert(sound()),
        };
        Ok((0..batch.len()).map(verdict).collect())
    }
}

export!(SillyAlert);

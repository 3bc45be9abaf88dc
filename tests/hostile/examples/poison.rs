//! Fine with every instrument but some, see `poison.rs` of the crate. Judges each instrument alone.

use sluice_hostile::poison::Poison;
use sluice_sdk::prelude::*;
use sluice_sdk::setting::{Given, Parameter};

struct Alone(Poison);

impl sluice_sdk::Settings for Alone {
    fn parameters() -> Vec<Parameter> {
        Poison::parameters()
    }

    fn read(given: &mut Given) -> Self {
        Self(Poison::read(given))
    }
}

impl Layer for Alone {
    fn about() -> About {
        About::new("test/poison", "0.1.0", "Fine with every instrument but some.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        self.0.scan(batch)
    }
}

export!(Alone);

//! Fine with every instrument but some, see `poison.rs` of the crate. Judges all of them together.

use sluice_hostile::poison::Poison;
use sluice_sdk::prelude::*;
use sluice_sdk::setting::{Given, Parameter};

struct Together(Poison);

impl sluice_sdk::Settings for Together {
    fn parameters() -> Vec<Parameter> {
        Poison::parameters()
    }

    fn read(given: &mut Given) -> Self {
        Self(Poison::read(given))
    }
}

impl Layer for Together {
    fn about() -> About {
        About::new("test/poison-cross", "0.1.0", "Fine with every instrument but some.")
            .scope(Scope::CrossSection)
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        self.0.scan(batch)
    }
}

export!(Together);

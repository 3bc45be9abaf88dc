//! Says that it judges each instrument alone, but scores it by its place in the call, whether or not it has a bar; and
//! declares a measure that it never writes.

use sluice_sdk::prelude::*;

settings! {
    /// No settings.
    struct Leaky {}
}

impl Layer for Leaky {
    fn about() -> About {
        About::new("test/leaky", "0.1.0", "Scores instruments by their place in the call.")
            .measure("place", "", "Place in the call.")
            .measure("unwritten", "", "Nothing.")
    }

    fn needs(&self) -> Needs {
        Needs::none().bars(BarsNeed::new("1d", 1, &["close"]))
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let judge = |(place, _)| {
            let place = f64::from(u32::try_from(place).unwrap_or(u32::MAX));
            Verdict::keep(place % 100.0, "by its place").measure("place", place)
        };
        Ok(batch.instruments().enumerate().map(judge).collect())
    }
}

export!(Leaky);

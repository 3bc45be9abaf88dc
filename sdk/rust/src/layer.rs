//! What an author implements.

use crate::{About, Batch, Fault, Instrument, Needs, Report, SettingFault, Settings, Verdict};

/// A layer: a pure function from what was known at an instant, and settings, to a report. The struct holds the
/// settings and comes from [`settings!`](crate::settings); [`export!`](crate::export) makes a component of it.
///
/// The same arguments must give the same answer: there is no clock, no chance, no state between calls.
pub trait Layer: Settings {
    /// Who the layer is, its measures and its alerts. Always the same.
    fn about() -> About;

    /// What these settings need to see. Called once per scan, before [`scan`](Self::scan).
    fn needs(&self) -> Needs;

    /// Refuses settings that do not fit together. Types, bounds and choices were checked before.
    fn check(&self) -> Vec<SettingFault> {
        Vec::new()
    }

    /// Judges one instrument by itself. Abstain when data is missing or makes no sense.
    fn judge(&self, instrument: &Instrument<'_>) -> Verdict {
        let _ = instrument;
        Verdict::abstain("the layer does not judge instruments")
    }

    /// Judges a whole batch. A layer that compares instruments or looks at the market as a whole overrides this;
    /// for the others it calls [`judge`](Self::judge) on each.
    ///
    /// # Errors
    /// A [`Fault`] when the batch as a whole cannot be judged; the host then has no answer from this layer.
    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        Ok(batch.instruments().map(|instrument| self.judge(&instrument)).collect())
    }
}

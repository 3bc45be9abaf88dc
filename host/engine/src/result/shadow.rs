//! A version that was tried beside the active one: where the two differ.

use super::{InstrumentError, Opinion};
use serde::Serialize;
use sluice_store::VersionKey;

/// A version that was tried beside the active one on the same instruments, and where the two differ.
#[derive(Debug, Serialize)]
pub struct ShadowResult {
    /// Name of the stage.
    pub stage: String,
    /// author/name.
    pub layer: String,
    /// The version that counts.
    pub active: String,
    /// SHA-256 of its component.
    pub active_digest: String,
    /// The version that is tried.
    pub candidate: String,
    /// SHA-256 of its component.
    pub candidate_digest: String,
    /// Why it faulted, or was not called.
    pub fault: Option<String>,
    /// Instruments on which it faulted; the first of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<InstrumentError>,
    /// Instruments that both judged.
    pub instruments: usize,
    /// Those of which they say something else.
    pub outcomes_differ: usize,
    /// Those to which they give other scores.
    pub scores_differ: usize,
    /// By how much these scores differ in the mean; none: they do not.
    pub mean_difference: Option<f64>,
    /// By how much they differ at most.
    pub greatest_difference: Option<f64>,
    /// Other outcomes, then scores that differ most; at most twenty.
    pub differences: Vec<VerdictDifference>,
    /// Alerts that only the candidate raised.
    pub alerts_more: usize,
    /// Alerts that only the active version raised.
    pub alerts_fewer: usize,
    /// At most twenty of each.
    pub alerts: Vec<AlertDifference>,
    /// Fuel per instrument, as many times the active version's; none where one of them was not called.
    pub fuel_ratio: Option<f64>,
    /// What becomes of it.
    pub then: Then,
    /// What the store calls the active version and the candidate.
    #[serde(skip)]
    pub(crate) keys: (VersionKey, VersionKey),
}

/// What becomes of a version that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It is tried in more scans.
    Tried {
        /// How many.
        scans_left: u32,
    },
    /// It became the active one.
    Switched,
    /// It is not tried any more, and did not become active.
    Withdrawn,
}

/// An instrument on which two versions differ.
#[derive(Debug, Serialize)]
pub struct VerdictDifference {
    /// Its ticker.
    pub symbol: String,
    /// What the active version says.
    pub active: Said,
    /// What the candidate says.
    pub candidate: Said,
}

/// What a version says of an instrument.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Said {
    /// keep, drop, abstain or error.
    pub outcome: Opinion,
    /// 0–100; none with abstain.
    pub score: Option<f64>,
}

/// An alert that only one of two versions raised.
#[derive(Debug, Clone, Serialize)]
pub struct AlertDifference {
    /// candidate or active.
    pub only: &'static str,
    /// The ticker; none: the market.
    pub symbol: Option<String>,
    /// Its kind.
    pub kind: String,
    /// long or short.
    pub side: Option<&'static str>,
}

impl ShadowResult {
    /// Why it may not become the active one.
    pub(crate) fn refusal(&self) -> Option<String> {
        let on = |error: &InstrumentError| format!("on {} it faulted: {}", error.symbol, error.fault);
        self.fault.clone().or_else(|| self.errors.first().map(on))
    }
}

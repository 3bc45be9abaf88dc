//! What a scan found, in the shape of `scan --format json`; with what the store keeps beside it.
//!
//! ```text
//! instrument   an instrument that got through, and what the layers said of it
//! alert        an alert, as it was raised and as it is printed
//! details      what is stored beside the printed result
//! shadow       versions that were tried beside active ones
//! ```

mod alert;
mod details;
mod instrument;
mod shadow;

use crate::config::StageNumber;
use crate::explain::Explanation;
use crate::stats::{Drift, Stats};
use serde::Serialize;
use sluice_market::Instant;

pub use alert::AlertResult;
pub(crate) use alert::{RaisedAlert, alert_result, side_word};
pub(crate) use details::{Details, LayerConduct, Reached, Verdicts};
pub use instrument::{InstrumentResult, LayerOpinion, Opinion};
pub use shadow::{AlertDifference, Said, ShadowResult, Then, VerdictDifference};

/// How a scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScanStatus {
    /// Every layer answered.
    Complete,
    /// Some layer faulted or was skipped; the rest is here.
    Partial,
    /// Every layer of a stage faulted, so nothing can be said.
    Failed,
}

/// How one layer fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerStatus {
    /// Its answers are used; but for the instruments on which it faulted, if there are any.
    Ok,
    /// Some answer was unusable and no instrument was found behind it, so none is used.
    Faulted,
    /// It was not called, because its breaker is open.
    Skipped,
    /// It was not called, because its breaker is open; what it said in an earlier scan is used.
    LastGood,
}

/// A whole scan.
#[derive(Debug, Serialize)]
pub struct ScanResult {
    /// Identity in the store; none when nothing is stored.
    pub scan_id: Option<String>,
    /// The pipeline.
    pub pipeline: String,
    /// The instant that the scan is about.
    pub as_of: Instant,
    /// Close of the newest bar that was known then.
    pub data_until: Option<Instant>,
    /// How it ended.
    pub status: ScanStatus,
    /// Where the clocks of its venues stood at that instant.
    pub venues: Vec<crate::VenueState>,
    /// The funnel.
    pub stages: Vec<StageResult>,
    /// What the last stage let through, best first.
    pub results: Vec<InstrumentResult>,
    /// Instruments that the scan did not look at, because a list excludes them.
    pub excluded: usize,
    /// How many more there are, which the view leaves out.
    pub hidden: usize,
    /// Alerts on the results and on the market, in the order of the results.
    pub alerts: Vec<AlertResult>,
    /// Alerts that are not among them, because they repeat what was told before.
    pub alerts_held_back: usize,
    /// Versions that were tried beside active ones; nothing else rests on them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shadows: Vec<ShadowResult>,
    /// Revision of the run-time settings that it ran with; 0: none.
    pub settings_revision: i64,
    /// What a user should know.
    pub warnings: Vec<String>,
    /// Of the instrument that was to be explained.
    #[serde(skip)]
    pub explanation: Option<Explanation>,
    /// Everything else that is stored.
    #[serde(skip)]
    pub(crate) details: Details,
}

/// A stage of the funnel.
#[derive(Debug, Serialize)]
pub struct StageResult {
    /// Its number.
    pub number: StageNumber,
    /// Its name.
    pub name: String,
    /// Instruments that came in.
    #[serde(rename = "in")]
    pub entered: usize,
    /// Instruments that got through.
    pub out: usize,
    /// Instruments of which no layer had an opinion.
    pub no_opinion: usize,
    /// Its layers.
    pub layers: Vec<LayerResult>,
    /// Layers that an operator disabled (author/name): they have no part in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disabled: Vec<String>,
}

/// A layer's run.
#[derive(Debug, Serialize)]
pub struct LayerResult {
    /// author/name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component.
    pub digest: String,
    /// How it fared.
    pub status: LayerStatus,
    /// Why it faulted, or was not called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Instruments on which it faulted; it has no opinion on them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<InstrumentError>,
    /// Calls made.
    pub calls: u64,
    /// Instruments whose answers came from the verdict cache: they cost no call and no fuel.
    pub cache_hits: usize,
    /// Instruments whose answers were looked for in the verdict cache and not found.
    pub cache_misses: usize,
    /// Fuel of all calls, comparable within one version of wasmtime.
    pub fuel: u64,
    /// Wall time of all calls, summed, in milliseconds.
    pub wall_ms: f64,
    /// Wall time of the longest call, in milliseconds.
    #[serde(skip)]
    pub longest_call_ms: f64,
    /// Greatest memory of a call, in bytes.
    pub peak_memory_bytes: usize,
    /// Instruments on which it had no opinion.
    pub abstained: usize,
    /// Why it had none, the most frequent reason first, ties by their text; at most five reasons.
    pub abstained_because: Vec<Abstention>,
    /// Figures over its scores.
    pub stats: Stats,
    /// Scores far from the others, farthest first, at most twenty.
    pub outliers: Vec<Outlier>,
    /// Against its last runs; none when too few are comparable.
    pub drift: Option<Drift>,
}

/// A reason for which a layer had no opinion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Abstention {
    /// In the layer's words; of an instrument on which it faulted, the fault. Empty: it gave none.
    pub reason: String,
    /// On how many instruments.
    pub count: usize,
}

/// A score far from the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlier {
    /// The ticker.
    pub symbol: String,
    /// 0–100.
    pub score: f64,
    /// Distance from the median in robust standard deviations.
    pub z: f64,
}

/// An instrument that made a layer fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InstrumentError {
    /// Its ticker.
    pub symbol: String,
    /// The layer's fault.
    pub fault: String,
}

/// NaN, "no number" inside, becomes none outside.
pub(crate) fn known(number: f64) -> Option<f64> {
    (!number.is_nan()).then_some(number)
}

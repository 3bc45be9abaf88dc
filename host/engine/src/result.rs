//! What a scan found, in the shape of `scan --format json`; with what the store keeps beside it.

mod shadow;

use crate::config::StageNumber;
use crate::explain::Explanation;
use crate::risk::Risk;
use crate::run::Expense;
use crate::stats::{Drift, Stats};
use serde::{Serialize, Serializer};
pub use shadow::{AlertDifference, Said, ShadowResult, Then, VerdictDifference};
use sluice_market::Instant;
use sluice_runtime::{Alert, Outcome, Severity, Side};
use sluice_store::Cause;
use std::collections::BTreeMap;

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
    /// Figures over its scores.
    pub stats: Stats,
    /// Scores far from the others, farthest first, at most twenty.
    pub outliers: Vec<Outlier>,
    /// Against its last runs; none when too few are comparable.
    pub drift: Option<Drift>,
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

/// An instrument that got through.
#[derive(Debug, Serialize)]
pub struct InstrumentResult {
    /// From 1.
    pub rank: usize,
    /// Its ticker.
    pub symbol: String,
    /// keep; abstain when no layer of any stage had an opinion.
    #[serde(serialize_with = "outcome")]
    pub outcome: Outcome,
    /// The score of the last stage with an opinion, 0–100; none without any.
    pub score: Option<f64>,
    /// Its rank among all scores of that stage, 0–100.
    pub percentile: Option<f64>,
    /// What the layers of that stage said.
    pub reason: String,
    /// What every layer said, by id.
    pub layers: BTreeMap<String, LayerOpinion>,
    /// The figures that were asked for, in that order.
    #[serde(serialize_with = "figures", skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<(String, crate::Cell)>,
    /// Position in the snapshot.
    #[serde(skip)]
    pub(crate) instrument: usize,
}

/// What a layer's say on an instrument came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Opinion {
    /// Goes on.
    Keep,
    /// Found wanting.
    Drop,
    /// No opinion.
    Abstain,
    /// The layer faulted on it.
    Error,
}

impl From<Outcome> for Opinion {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Keep => Self::Keep,
            Outcome::Drop => Self::Drop,
            Outcome::Abstain => Self::Abstain,
        }
    }
}

/// What one layer said of one instrument.
#[derive(Debug, Serialize)]
pub struct LayerOpinion {
    /// keep, drop, abstain, error.
    pub outcome: Opinion,
    /// 0–100; none with abstain.
    pub score: Option<f64>,
    /// Its measures; none where it had no number.
    pub measures: BTreeMap<String, Option<f64>>,
}

/// An alert.
#[derive(Debug, Serialize)]
pub struct AlertResult {
    /// The ticker; none: the market.
    pub symbol: Option<String>,
    /// Its kind.
    pub kind: String,
    /// info, notice, urgent.
    #[serde(serialize_with = "severity")]
    pub severity: Severity,
    /// 0–1.
    pub confidence: f64,
    /// What happened.
    pub message: String,
    /// The layer that raised it.
    pub layer: String,
    /// long or short.
    #[serde(serialize_with = "side")]
    pub side: Option<Side>,
    /// Entry price.
    pub entry: Option<f64>,
    /// Stop price.
    pub stop: Option<f64>,
    /// Target price.
    pub target: Option<f64>,
    /// The host's figures; none without a side.
    pub risk: Option<Risk>,
    /// Position among all alerts of the scan.
    #[serde(skip)]
    pub(crate) position: usize,
    /// Position in the snapshot; none: the market.
    #[serde(skip)]
    pub(crate) instrument: Option<usize>,
}

/// What is stored but not part of the printed result.
#[derive(Debug, Default)]
pub(crate) struct Details {
    /// Per layer of the plan what it said of every instrument that it saw.
    pub(crate) verdicts: Vec<Verdicts>,
    /// Every believed alert.
    pub(crate) alerts: Vec<RaisedAlert>,
    /// Per layer of the plan what each of its calls cost.
    pub(crate) expenses: Vec<Vec<Expense>>,
    /// Per layer of the plan how it did, for its breaker.
    pub(crate) conducts: Vec<LayerConduct>,
    /// How far every instrument came; nothing of a failed scan.
    pub(crate) reached: Vec<Reached>,
}

/// How far an instrument came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reached {
    /// Position in the snapshot.
    pub(crate) instrument: usize,
    /// Place of the last stage that let it through, from 1; 0: none did.
    pub(crate) level: u8,
    /// Place from 0 of the first stage that stopped it.
    pub(crate) stopped: Option<u8>,
    /// Why that stage stopped it.
    pub(crate) cause: Cause,
    /// Of that stage, else of the last one; NaN: none.
    pub(crate) score: f64,
}

/// What a breaker needs to know of a layer's run.
#[derive(Debug, Clone, Default)]
pub(crate) struct LayerConduct {
    /// One for each shard of a faulted layer, else one for each instrument on which it faulted.
    pub(crate) faults: Vec<String>,
    /// Whether any call brought an answer.
    pub(crate) answered: bool,
    /// Calls made.
    pub(crate) calls: u64,
}

/// A layer's believed answers, column by column, over all shards.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    /// Positions in the snapshot, ascending.
    pub(crate) instruments: Vec<usize>,
    pub(crate) outcomes: Vec<Outcome>,
    /// NaN with abstain.
    pub(crate) scores: Vec<f64>,
    /// Ranks of the scores among this layer's own.
    pub(crate) percentiles: Vec<f64>,
    pub(crate) reasons: Vec<String>,
    /// Per instrument an index into `reasons`.
    pub(crate) reason: Vec<u32>,
    /// In the order of the descriptor.
    pub(crate) measures: Vec<Vec<f64>>,
    /// Positions in the columns on which the layer faulted, ascending: there it abstains, and the reason is its fault.
    pub(crate) errors: Vec<usize>,
}

impl Verdicts {
    /// What it said at a position.
    pub(crate) fn opinion(&self, position: usize) -> Option<Opinion> {
        let outcome = Opinion::from(*self.outcomes.get(position)?);
        let faulted = self.errors.binary_search(&position).is_ok();
        Some(if faulted { Opinion::Error } else { outcome })
    }

    /// Where an instrument stands in the columns.
    pub(crate) fn position(&self, instrument: usize) -> Option<usize> {
        self.instruments.binary_search(&instrument).ok()
    }

    /// The reason at a position.
    pub(crate) fn reason(&self, position: usize) -> Option<&str> {
        self.reasons.get(*self.reason.get(position)? as usize).map(String::as_str)
    }
}

/// An alert with the layer and the instrument that it belongs to.
#[derive(Debug)]
pub(crate) struct RaisedAlert {
    /// Position in the plan.
    pub(crate) layer: usize,
    /// Position in the snapshot; none: the market.
    pub(crate) instrument: Option<usize>,
    /// Whether it is part of the printed result.
    pub(crate) surfaced: bool,
    pub(crate) alert: Alert,
    /// None of one that is not shown.
    pub(crate) risk: Option<Risk>,
}

/// An alert as it is printed; `instruments` are those of the snapshot.
pub(crate) fn alert_result(
    raised: &RaisedAlert,
    layer: &str,
    instruments: &[sluice_market::Instrument],
) -> AlertResult {
    let known = raised.instrument.and_then(|at| instruments.get(at));
    AlertResult {
        symbol: known.map(|known| known.symbol.to_string()),
        kind: raised.alert.kind.clone(),
        severity: raised.alert.severity,
        confidence: raised.alert.confidence,
        message: raised.alert.message.clone(),
        layer: layer.to_owned(),
        side: raised.alert.side,
        entry: raised.alert.entry,
        stop: raised.alert.stop,
        target: raised.alert.target,
        risk: None,
        position: usize::MAX,
        instrument: raised.instrument,
    }
}

/// keep, drop, abstain.
pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Keep => "keep",
        Outcome::Drop => "drop",
        Outcome::Abstain => "abstain",
    }
}

fn figures<S: Serializer>(columns: &[(String, crate::Cell)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(columns.iter().map(|(name, cell)| (name, cell)))
}

fn outcome<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome_word(*outcome))
}

fn severity<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity_word(*severity))
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Notice => "notice",
        Severity::Urgent => "urgent",
    }
}

fn side<S: Serializer>(side: &Option<Side>, serializer: S) -> Result<S::Ok, S::Error> {
    side.map(side_word).serialize(serializer)
}

pub(crate) fn side_word(side: Side) -> &'static str {
    match side {
        Side::Long => "long",
        Side::Short => "short",
    }
}

impl InstrumentResult {
    /// keep or abstain.
    pub fn outcome_word(&self) -> &'static str {
        outcome_word(self.outcome)
    }
}

impl AlertResult {
    /// info, notice or urgent.
    pub fn severity_word(&self) -> &'static str {
        severity_word(self.severity)
    }

    /// long or short.
    pub fn side_word(&self) -> Option<&'static str> {
        self.side.map(side_word)
    }

    /// What is won at the target for what is lost at the stop; none unless all prices are known.
    pub fn reward_to_risk(&self) -> Option<f64> {
        self.risk.as_ref()?.reward_risk
    }

    /// The entry that the figures rest on: the layer's, else the newest close.
    pub fn effective_entry(&self) -> Option<f64> {
        self.risk.as_ref().map_or(self.entry, |risk| risk.entry)
    }

    /// The stop that the figures rest on: the layer's, else one by the average true range.
    pub fn effective_stop(&self) -> Option<f64> {
        self.risk.as_ref().map_or(self.stop, |risk| risk.stop)
    }
}

/// NaN, "no number" inside, becomes none outside.
pub(crate) fn known(number: f64) -> Option<f64> {
    (!number.is_nan()).then_some(number)
}

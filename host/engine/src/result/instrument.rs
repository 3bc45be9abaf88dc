//! An instrument that got through, and what every layer said of it.

use serde::{Serialize, Serializer};
use sluice_runtime::Outcome;
use std::collections::BTreeMap;

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

impl InstrumentResult {
    /// keep or abstain.
    pub fn outcome_word(&self) -> &'static str {
        outcome_word(self.outcome)
    }
}

/// keep, drop, abstain.
fn outcome_word(outcome: Outcome) -> &'static str {
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

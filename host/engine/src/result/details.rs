//! What is stored of a scan beside the printed result: every verdict, every alert, what calls cost, how far instruments
//! came.

use super::{Opinion, RaisedAlert};
use crate::run::Expense;
use sluice_runtime::Outcome;

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

/// How far the instrument at a position in the snapshot came.
pub(crate) type Reached = sluice_store::Reached<usize>;

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

//! A stage from its input to its survivors.

mod columns;

use super::Inputs;
use super::work::{Item, Part, ShardRange};
use crate::batch::{self, Beside, Reading, Said};
use crate::combine::{Combined, Gate, Opinion, combine, survivors};
use crate::error::EngineError;
use crate::plan::{Plan, PlannedLayer, Sight};
use crate::result::{RaisedAlert, Verdicts};
use crate::shard::shards;
use sluice_runtime::Outcome;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(super) use columns::LayerOutcome;

/// A stage whose calls are being made.
pub(super) struct Running {
    pub(super) name: String,
    /// Instruments that came in: ascending positions in the snapshot.
    pub(super) input: Arc<Vec<usize>>,
    pub(super) max_age: Option<u32>,
    first_layer: usize,
    layers: Vec<LayerProgress>,
    /// Answers of earlier stages that some layer here may read.
    upstream: Vec<Said>,
    left: Mutex<usize>,
}

struct LayerProgress {
    shards: Vec<ShardRange>,
    parts: Mutex<Vec<Option<Part>>>,
    references: OnceLock<Reading>,
}

/// A stage that is done.
pub(super) struct Finished {
    /// Instruments that came in: ascending positions in the snapshot.
    pub(super) input: Arc<Vec<usize>>,
    /// The verdict on each of them.
    pub(super) combined: Vec<Combined>,
    /// Positions in the snapshot, best first.
    pub(super) survivors: Vec<usize>,
    /// Its layers, in the order of the plan.
    pub(super) layers: Vec<LayerOutcome>,
}

impl Running {
    /// The stage and its calls, layer by layer within each shard, so that its layers run side by side.
    pub(super) fn new(
        inputs: Inputs<'_>,
        stage: usize,
        input: Arc<Vec<usize>>,
        done: &[Arc<Finished>],
    ) -> (Self, Vec<Item>) {
        let planned = inputs.plan.stages.get(stage);
        let first_layer = planned.map_or(0, |planned| planned.layers.start);
        let planned_layers =
            planned.and_then(|planned| inputs.plan.layers.get(planned.layers.clone())).unwrap_or_default();
        let layers: Vec<LayerProgress> =
            planned_layers.iter().map(|layer| LayerProgress::new(layer, &input)).collect();
        let longest = layers.iter().map(|layer| layer.shards.len()).max().unwrap_or(0);
        let items: Vec<Item> = (0..longest)
            .flat_map(|shard| (0..layers.len()).map(move |layer| Item { stage, layer, shard }))
            .filter(|item| layers.get(item.layer).is_some_and(|layer| item.shard < layer.shards.len()))
            .collect();
        let running = Self {
            name: planned.map(|planned| planned.config.name.clone()).unwrap_or_default(),
            max_age: planned.and_then(|planned| planned.config.max_age),
            upstream: columns::upstream(planned_layers, &input, done),
            input,
            first_layer,
            layers,
            left: Mutex::new(items.len()),
        };
        (running, items)
    }

    /// The planned layer at a position within the stage.
    pub(super) fn layer<'p>(&self, plan: &'p Plan, layer: usize) -> Option<&'p PlannedLayer> {
        plan.layers.get(self.first_layer + layer)
    }

    /// Rows of the input that belong to an item.
    pub(super) fn shard(&self, item: Item) -> Option<ShardRange> {
        self.layers.get(item.layer)?.shards.get(item.shard).cloned()
    }

    /// Whether an answer of the layer was already unusable.
    pub(super) fn has_faulted(&self, layer: usize) -> bool {
        let faulted = |part: &Option<Part>| part.as_ref().is_some_and(|part| part.answer.is_err());
        self.layers.get(layer).is_some_and(|progress| progress.parts().iter().any(faulted))
    }

    /// The layer's references, read once for all shards.
    pub(super) fn references(
        &self,
        inputs: Inputs<'_>,
        layer: usize,
        sight: &Sight,
    ) -> Result<&Reading, EngineError> {
        let Some(progress) = self.layers.get(layer) else {
            return Err(EngineError::Worker(format!("stage {} has no layer number {layer}", self.name)));
        };
        if let Some(reading) = progress.references.get() {
            return Ok(reading);
        }
        let reading = batch::references(inputs.snapshot, inputs.find, sight, self.max_age)?;
        Ok(progress.references.get_or_init(|| reading))
    }

    /// What a shard sees beside its bars.
    pub(super) fn beside(&self, sight: &Sight, range: ShardRange) -> Beside {
        let cut = |values: &Vec<f64>| values.get(range.clone()).unwrap_or_default().to_vec();
        let shard_of = |said: &Said| Said {
            layer: said.layer.clone(),
            columns: said.columns.iter().map(|(name, values)| (name.clone(), cut(values))).collect(),
        };
        let wanted = |said: &&Said| sight.needs.upstream.contains(&said.layer);
        let upstream = self.upstream.iter().filter(wanted).map(shard_of).collect();
        let unknown = if sight.needs.facts.is_empty() { Vec::new() } else { vec![f64::NAN; range.len()] };
        Beside { upstream, unknown }
    }

    /// Keeps a part; true when it was the stage's last.
    pub(super) fn deposit(&self, item: Item, part: Part) -> bool {
        if let Some(progress) = self.layers.get(item.layer)
            && let Some(slot) = progress.parts().get_mut(item.shard)
        {
            *slot = Some(part);
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        *left = left.saturating_sub(1);
        *left == 0
    }
}

impl LayerProgress {
    fn new(layer: &PlannedLayer, input: &[usize]) -> Self {
        let scope = layer.layer.descriptor().scope;
        let bars = layer.sight.as_ref().map(|sight| sight.bars.as_slice()).unwrap_or_default();
        let mut next = 0;
        let range = |shard: &[usize]| {
            let start = next;
            next += shard.len();
            start..next
        };
        let shards: Vec<ShardRange> = match layer.sight {
            Ok(_) => shards(input, scope, bars).into_iter().map(range).collect(),
            Err(_) => Vec::new(),
        };
        let parts = Mutex::new(shards.iter().map(|_| None).collect());
        Self { shards, parts, references: OnceLock::new() }
    }

    fn parts(&self) -> std::sync::MutexGuard<'_, Vec<Option<Part>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Joins the layers' parts, combines their verdicts and cuts the survivors.
pub(super) fn finish(inputs: Inputs<'_>, stage: usize, running: &Running) -> Finished {
    let layers: Vec<LayerOutcome> = running
        .layers
        .iter()
        .enumerate()
        .filter_map(|(at, progress)| {
            let planned = running.layer(inputs.plan, at)?;
            let parts = std::mem::take(&mut *progress.parts());
            Some(columns::join(planned, running.first_layer + at, &running.input, &progress.shards, parts))
        })
        .collect();
    let Some(planned) = inputs.plan.stages.get(stage) else {
        return Finished {
            input: running.input.clone(),
            combined: Vec::new(),
            survivors: Vec::new(),
            layers,
        };
    };
    let config = &planned.config;
    let voices: Vec<(&Verdicts, f64)> = layers
        .iter()
        .zip(inputs.plan.layers.get(planned.layers.clone()).unwrap_or_default())
        .filter_map(|(layer, planned)| layer.verdicts.as_ref().map(|verdicts| (verdicts, planned.weight)))
        .collect();
    let opinion = |at: usize, (verdicts, weight): &(&Verdicts, f64)| Opinion {
        outcome: verdicts.outcomes.get(at).copied().unwrap_or(Outcome::Abstain),
        score: verdicts.scores.get(at).copied().unwrap_or(f64::NAN),
        weight: *weight,
    };
    let combined: Vec<Combined> = (0..running.input.len())
        .map(|at| combine(voices.iter().map(|voice| opinion(at, voice)), config.pass, config.score))
        .collect();
    // a stage of market layers only judges no instrument and lets all of them through
    let only_market = !layers.is_empty() && layers.iter().all(|layer| layer.is_market);
    let gate = Gate {
        unknown: if only_market { crate::Unknown::Keep } else { config.unknown },
        threshold: config.threshold,
        max_symbols: config.max_symbols,
    };
    let known = inputs.snapshot.instruments();
    let symbols: Vec<_> = running.input.iter().map(|at| known.get(*at).map(|known| &known.symbol)).collect();
    let through = survivors(&combined, &symbols, gate);
    let survivors = through.into_iter().filter_map(|at| running.input.get(at).copied()).collect();
    Finished { input: running.input.clone(), combined, survivors, layers }
}

/// What every one of these stages let through, ascending.
pub(super) fn common(sources: &[Arc<Finished>]) -> Vec<usize> {
    let mut sets = sources.iter().map(|source| source.survivors.iter().copied().collect::<BTreeSet<usize>>());
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |common, set| common.intersection(&set).copied().collect()).into_iter().collect()
}

/// An alert of a layer's shard, told by its place in the snapshot.
pub(super) fn raised(layer: usize, shard: &[usize], alert: sluice_runtime::Alert) -> RaisedAlert {
    let instrument = alert.instrument.and_then(|at| shard.get(at as usize).copied());
    RaisedAlert { layer, instrument, surfaced: false, alert }
}

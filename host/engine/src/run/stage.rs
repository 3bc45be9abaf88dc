//! A stage from its input to its survivors.

mod columns;

use super::Inputs;
use super::call::{Fault, Part};
use super::isolate::MOST_LEFT_OUT;
use super::work::{Done, Isolated, Item, Task};
use crate::batch::{self, Reading, Said};
use crate::cache::{Fresh, Page};
use crate::combine::{Combined, Gate, Opinion, combine, survivors};
use crate::error::EngineError;
use crate::plan::{Plan, PlannedLayer, Sight};
use crate::result::Verdicts;
use crate::shard::shards;
use sluice_runtime::{Outcome, Scope};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub(super) use columns::LayerOutcome;

/// A stage whose calls are being made.
pub(super) struct Running {
    pub(super) name: String,
    /// Instruments that came in: ascending positions in the snapshot.
    pub(super) input: Arc<Vec<usize>>,
    pub(super) max_age: Option<u32>,
    first_layer: usize,
    /// How many layers count; behind them stand those that are tried beside them.
    counting: usize,
    /// Positions in [`Plan::shadows`] of those that are tried.
    shadows: Vec<usize>,
    layers: Vec<LayerProgress>,
    /// Answers of earlier stages that some layer here may read.
    upstream: Vec<Said>,
    /// Of each instrument the score with which it came; NaN: none.
    before: Vec<f64>,
    left: Mutex<Left>,
}

/// What is still to be done.
struct Left {
    items: usize,
    /// The searches for what made layers fault are under way, or were not needed.
    searched: bool,
}

/// What follows when an item is done.
pub(super) enum Next {
    /// Others are still under way.
    Wait,
    /// All shards were called: these searches are to be made.
    Search(Vec<Item>),
    /// The stage can be ended.
    End,
}

struct LayerProgress {
    scope: Scope,
    /// Rows of the input that each shard covers.
    shards: Vec<Range<usize>>,
    /// Of each shard what it brought; none while it was not called.
    parts: Mutex<Vec<Option<Part>>>,
    isolated: Mutex<Option<Isolated>>,
    references: OnceLock<Reading>,
    page: OnceLock<Arc<Page>>,
}

/// A stage that is done.
pub(super) struct Finished {
    /// Instruments that came in: ascending positions in the snapshot.
    pub(super) input: Arc<Vec<usize>>,
    /// The verdict on each of them.
    pub(super) combined: Vec<Combined>,
    /// Positions in the snapshot, best first.
    pub(super) survivors: Vec<usize>,
    /// What it let through.
    pub(super) gate: Gate,
    /// Its layers, in the order of the plan.
    pub(super) layers: Vec<LayerOutcome>,
    /// Versions that are tried beside some of them: positions in [`Plan::shadows`], and what each said.
    pub(super) shadows: Vec<(usize, LayerOutcome)>,
    /// The score that each instrument leaves with: this stage's, without an opinion the one that it came with.
    scores: Vec<f64>,
}

impl Running {
    /// The stage and its calls, layer by layer within each shard, so that its layers run side by side.
    pub(super) fn new(
        inputs: Inputs<'_>,
        stage: usize,
        input: Arc<Vec<usize>>,
        sources: &[Arc<Finished>],
        done: &[Arc<Finished>],
    ) -> (Self, Vec<Item>) {
        let planned = inputs.plan.stages.get(stage);
        let first_layer = planned.map_or(0, |planned| planned.layers.start);
        let counting =
            planned.and_then(|planned| inputs.plan.layers.get(planned.layers.clone())).unwrap_or_default();
        let shadows = inputs.plan.shadows.iter().enumerate().filter(|(_, shadow)| shadow.stage == stage);
        let (shadows, tried): (Vec<usize>, Vec<&PlannedLayer>) =
            shadows.map(|(at, shadow)| (at, &shadow.candidate)).unzip();
        let planned_layers: Vec<&PlannedLayer> = counting.iter().chain(tried).collect();
        let layers: Vec<LayerProgress> =
            planned_layers.iter().map(|layer| LayerProgress::new(layer, &input)).collect();
        let longest = layers.iter().map(|layer| layer.shards.len()).max().unwrap_or(0);
        let items: Vec<Item> = (0..longest)
            .flat_map(|shard| (0..layers.len()).map(move |layer| (layer, shard)))
            .filter(|(layer, shard)| layers.get(*layer).is_some_and(|layer| *shard < layer.shards.len()))
            .map(|(layer, shard)| Item { stage, layer, task: Task::Shard(shard) })
            .collect();
        let running = Self {
            name: planned.map(|planned| planned.config.name.clone()).unwrap_or_default(),
            max_age: planned.and_then(|planned| planned.config.max_age),
            upstream: columns::upstream(&planned_layers, &input, done),
            before: scores_of(&input, sources),
            input,
            first_layer,
            counting: counting.len(),
            shadows,
            layers,
            left: Mutex::new(Left { items: items.len(), searched: false }),
        };
        (running, items)
    }

    /// The planned layer at a position within the stage.
    pub(super) fn layer<'p>(&self, plan: &'p Plan, layer: usize) -> Option<&'p PlannedLayer> {
        match layer.checked_sub(self.counting) {
            None => plan.layers.get(self.first_layer + layer),
            Some(tried) => plan.shadows.get(*self.shadows.get(tried)?).map(|shadow| &shadow.candidate),
        }
    }

    /// Rows of the input that belong to a shard.
    pub(super) fn shard(&self, layer: usize, shard: usize) -> Range<usize> {
        self.layers.get(layer).and_then(|layer| layer.shards.get(shard).cloned()).unwrap_or_default()
    }

    /// Whether the layer faulted on so many shards that no more calls are worth it.
    pub(super) fn is_hopeless(&self, layer: usize) -> bool {
        self.layers.get(layer).is_some_and(|progress| is_hopeless(&progress.parts()))
    }

    /// Whether some shard of the layer was answered.
    pub(super) fn has_answers(&self, layer: usize) -> bool {
        let answered = |part: &Option<Part>| part.as_ref().is_some_and(Part::has_answers);
        self.layers.get(layer).is_some_and(|progress| progress.parts().iter().any(answered))
    }

    /// Rows and faults of the layer's faulty shards, in their order.
    pub(super) fn faulty_shards(&self, layer: usize) -> Vec<(Vec<usize>, Fault)> {
        let Some(progress) = self.layers.get(layer) else { return Vec::new() };
        let called = |part: &Option<Part>| {
            let made = part.as_ref()?.made.as_ref()?;
            Some((made.rows.clone(), made.answer.as_ref().err()?.clone()))
        };
        progress.parts().iter().filter_map(called).collect()
    }

    /// Positions in the snapshot of these rows.
    pub(super) fn positions(&self, rows: &[usize]) -> Vec<usize> {
        rows.iter().filter_map(|row| self.input.get(*row).copied()).collect()
    }

    /// What the cache has of the layer, read once for all shards.
    pub(super) fn page(&self, layer: usize, read: impl FnOnce() -> Arc<Page>) -> Arc<Page> {
        match self.layers.get(layer) {
            Some(progress) => progress.page.get_or_init(read).clone(),
            None => read(),
        }
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
        let reading = batch::references(inputs.snapshot, sight, self.max_age)?;
        Ok(progress.references.get_or_init(|| reading))
    }

    /// What the layers that this one reads said of all rows.
    pub(super) fn said<'a>(&'a self, sight: &'a Sight) -> impl Iterator<Item = &'a Said> {
        self.upstream.iter().filter(|said| sight.needs.upstream.contains(&said.layer))
    }

    /// What the layers that this one reads said of these rows, in their order.
    pub(super) fn upstream(&self, sight: &Sight, rows: &[usize]) -> Vec<Said> {
        let cut = |values: &Vec<f64>| rows.iter().filter_map(|row| values.get(*row).copied()).collect();
        let shard_of = |said: &Said| Said {
            layer: said.layer.clone(),
            columns: said.columns.iter().map(|(name, values)| (name.clone(), cut(values))).collect(),
        };
        self.said(sight).map(shard_of).collect()
    }

    /// Keeps what an item brought.
    pub(super) fn deposit(&self, item: Item, done: Done) -> Next {
        match (self.layers.get(item.layer), item.task, done) {
            (Some(progress), Task::Shard(shard), Done::Shard(part)) => {
                if let Some(slot) = progress.parts().get_mut(shard) {
                    *slot = part.map(|part| *part);
                }
            }
            (Some(progress), _, Done::Isolated(isolated)) => *progress.isolated() = Some(isolated),
            _ => {}
        }
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.items = left.items.saturating_sub(1);
        if left.items > 0 {
            return Next::Wait;
        }
        if std::mem::replace(&mut left.searched, true) {
            return Next::End;
        }
        let searches = self.searches(item.stage);
        left.items = searches.len();
        if searches.is_empty() { Next::End } else { Next::Search(searches) }
    }

    /// A search for each layer that faulted somewhere, but not everywhere as far as is known.
    fn searches(&self, stage: usize) -> Vec<Item> {
        let worth = |progress: &LayerProgress| {
            let parts = progress.parts();
            let faulted = |part: &Option<Part>| part.as_ref().is_some_and(|part| part.fault().is_some());
            progress.scope != Scope::Market && parts.iter().any(faulted) && !is_hopeless(&parts)
        };
        let layers = self.layers.iter().enumerate().filter(|(_, progress)| worth(progress));
        layers.map(|(layer, _)| Item { stage, layer, task: Task::Isolate }).collect()
    }
}

/// The first shards faulted, each of them: with as many poisonous instruments the search would give up, too.
fn is_hopeless(parts: &[Option<Part>]) -> bool {
    let faulted = |part: &Option<Part>| part.as_ref().is_some_and(|part| part.fault().is_some());
    parts.get(..MOST_LEFT_OUT).is_some_and(|first| first.iter().all(faulted))
}

impl LayerProgress {
    fn new(layer: &PlannedLayer, input: &[usize]) -> Self {
        let scope = layer.component.scope();
        let mut next = 0;
        let range = |shard: &[usize]| {
            let start = next;
            next += shard.len();
            start..next
        };
        let shards: Vec<Range<usize>> = match &layer.sight {
            Ok(sight) => shards(input, scope, &sight.bars).into_iter().map(range).collect(),
            Err(_) => Vec::new(),
        };
        let parts = Mutex::new(shards.iter().map(|_| None).collect());
        let (references, page) = (OnceLock::new(), OnceLock::new());
        Self { scope, shards, parts, isolated: Mutex::default(), references, page }
    }

    /// References that the layer named but did not see; none when it was not called.
    fn unseen(&self, inputs: Inputs<'_>, planned: &PlannedLayer) -> Vec<String> {
        let Some((sight, read)) = planned.sight.as_ref().ok().zip(self.references.get()) else {
            return Vec::new();
        };
        let unseen = batch::unseen_references(inputs.snapshot, sight, read);
        unseen.into_iter().map(str::to_owned).collect()
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Option<Part>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn isolated(&self) -> MutexGuard<'_, Option<Isolated>> {
        self.isolated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Joins the layers' parts, combines their verdicts and cuts the survivors.
pub(super) fn finish(inputs: Inputs<'_>, stage: usize, running: &Running) -> Finished {
    let mut layers: Vec<LayerOutcome> = running
        .layers
        .iter()
        .enumerate()
        .filter_map(|(at, progress)| {
            let planned = running.layer(inputs.plan, at)?;
            let mut parts = std::mem::take(&mut *progress.parts());
            if is_hopeless(&parts) {
                // which of the others were called still depends on the threads
                parts.truncate(MOST_LEFT_OUT);
            }
            let isolated = progress.isolated().take();
            let (layer, instruments) = (running.first_layer + at, inputs.snapshot.instruments());
            let parts = parts.into_iter().flatten();
            let mut joined = columns::join(planned, layer, &running.input, instruments, parts, isolated);
            joined.unseen = progress.unseen(inputs, planned);
            if let Some(page) = progress.page.get() {
                joined.missed = running.input.len().saturating_sub(joined.cached);
                joined.fresh = Some(Fresh::new(page.clone(), &std::mem::take(&mut joined.entries)));
            }
            Some(joined)
        })
        .collect();
    let tried = layers.split_off(running.counting.min(layers.len()));
    let shadows = running.shadows.iter().copied().zip(tried).collect();
    let Some(planned) = inputs.plan.stages.get(stage) else {
        return Finished {
            input: running.input.clone(),
            combined: Vec::new(),
            survivors: Vec::new(),
            gate: Gate { unknown: crate::Unknown::Drop, threshold: None, max_symbols: None },
            layers,
            shadows,
            scores: Vec::new(),
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
        .map(|at| {
            let before = running.before.get(at).copied().unwrap_or(f64::NAN);
            combine(voices.iter().map(|voice| opinion(at, voice)), config.pass, config.score, before)
        })
        .collect();
    // a stage of market layers only judges no instrument and lets all of them through
    let only_market = !layers.is_empty() && layers.iter().all(|layer| layer.is_market);
    let gate = Gate {
        unknown: if only_market || layers.is_empty() { crate::Unknown::Keep } else { config.unknown },
        threshold: config.threshold,
        // one whose layers are all disabled is as if it were not there
        max_symbols: config.max_symbols.filter(|_| !layers.is_empty()),
    };
    let known = inputs.snapshot.instruments();
    let symbols: Vec<_> = running.input.iter().map(|at| known.get(*at).map(|known| &known.symbol)).collect();
    let through = survivors(&combined, &running.before, &symbols, gate);
    let survivors = through.into_iter().filter_map(|at| running.input.get(at).copied()).collect();
    let left_with = |(verdict, before): (&Combined, &f64)| match verdict.score.is_nan() {
        true => *before,
        false => verdict.score,
    };
    let scores = combined.iter().zip(&running.before).map(left_with).collect();
    Finished { input: running.input.clone(), combined, survivors, gate, layers, shadows, scores }
}

/// The scores with which instruments left the stages that they come from; of several the greatest. NaN: none.
fn scores_of(input: &[usize], sources: &[Arc<Finished>]) -> Vec<f64> {
    let of = |stage: &Arc<Finished>, instrument: usize| {
        let at = stage.input.binary_search(&instrument).ok()?;
        stage.scores.get(at).copied().filter(|score| !score.is_nan())
    };
    // `f64::max` leaves NaN out
    let greatest = |instrument: &usize| {
        sources.iter().filter_map(|stage| of(stage, *instrument)).fold(f64::NAN, f64::max)
    };
    input.iter().map(greatest).collect()
}

/// What every one of these stages let through, ascending.
pub(super) fn common(sources: &[Arc<Finished>]) -> Vec<usize> {
    let mut sets = sources.iter().map(|source| source.survivors.iter().copied().collect::<BTreeSet<usize>>());
    let first = sets.next().unwrap_or_default();
    sets.fold(first, |common, set| common.intersection(&set).copied().collect()).into_iter().collect()
}

//! A layer's parts → its columns over the whole input; and columns of earlier layers → what a later one reads.

use super::{Finished, raised};
use crate::batch::Said;
use crate::plan::PlannedLayer;
use crate::result::{LayerStatus, RaisedAlert, Verdicts};
use crate::run::work::{Part, ShardRange};
use crate::stats::percentile_ranks;
use sluice_runtime::{CallUsage, Scope};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A layer's run over all shards.
pub(in crate::run) struct LayerOutcome {
    pub(in crate::run) id: String,
    pub(in crate::run) status: LayerStatus,
    pub(in crate::run) fault: Option<String>,
    pub(in crate::run) is_market: bool,
    /// None when it faulted, or judges only the market.
    pub(in crate::run) verdicts: Option<Verdicts>,
    pub(in crate::run) measures: Vec<String>,
    pub(in crate::run) alerts: Vec<RaisedAlert>,
    pub(in crate::run) refused: Vec<String>,
    /// Distinct warnings that it logged, in the order of the shards.
    pub(in crate::run) complaints: Vec<String>,
    /// Instruments whose data was too old to be shown to it.
    pub(in crate::run) stale: Vec<usize>,
    pub(in crate::run) calls: u64,
    pub(in crate::run) usage: CallUsage,
}

/// Joins the parts in the order of the shards. One unusable answer makes all of them unusable.
pub(super) fn join(
    planned: &PlannedLayer,
    layer: usize,
    input: &[usize],
    shards: &[ShardRange],
    parts: Vec<Option<Part>>,
) -> LayerOutcome {
    let descriptor = planned.layer.descriptor();
    let mut outcome = LayerOutcome {
        id: descriptor.id.clone(),
        status: LayerStatus::Ok,
        fault: planned.sight.as_ref().err().cloned(),
        is_market: descriptor.scope == Scope::Market,
        verdicts: None,
        measures: descriptor.measures.iter().map(|measure| measure.name.clone()).collect(),
        alerts: Vec::new(),
        refused: Vec::new(),
        complaints: Vec::new(),
        stale: Vec::new(),
        calls: 0,
        usage: CallUsage::default(),
    };
    let mut verdicts =
        Verdicts { measures: vec![Vec::new(); descriptor.measures.len()], ..Verdicts::default() };
    let mut said = BTreeSet::new();
    for (part, range) in parts.into_iter().zip(shards) {
        let Some(part) = part else { continue };
        count(&mut outcome, part.usage);
        outcome.stale.extend(part.stale);
        outcome.complaints.extend(part.complaints.into_iter().filter(|line| said.insert(line.clone())));
        let shard = input.get(range.clone()).unwrap_or_default();
        match part.answer {
            Err(fault) => outcome.fault = outcome.fault.or(Some(fault)),
            Ok(believed) => {
                outcome.refused.extend(believed.refused);
                outcome.alerts.extend(believed.alerts.into_iter().map(|alert| raised(layer, shard, alert)));
                if !outcome.is_market {
                    append(&mut verdicts, shard, believed.outcomes, believed.scores, believed.measures);
                    let first = u32::try_from(verdicts.reasons.len()).unwrap_or(u32::MAX);
                    verdicts.reasons.extend(believed.reasons);
                    verdicts.reason.extend(believed.reason.iter().map(|index| index.saturating_add(first)));
                }
            }
        }
    }
    if outcome.fault.is_some() {
        outcome.status = LayerStatus::Faulted;
        outcome.alerts.clear();
        outcome.refused.clear();
    } else if !outcome.is_market {
        verdicts.percentiles = percentile_ranks(&verdicts.scores);
        outcome.verdicts = Some(verdicts);
    }
    outcome
}

fn count(outcome: &mut LayerOutcome, usage: Option<CallUsage>) {
    let Some(usage) = usage else { return };
    outcome.calls += 1;
    outcome.usage.fuel = outcome.usage.fuel.saturating_add(usage.fuel);
    outcome.usage.wall += usage.wall;
    outcome.usage.peak_memory_bytes = outcome.usage.peak_memory_bytes.max(usage.peak_memory_bytes);
}

fn append(
    verdicts: &mut Verdicts,
    shard: &[usize],
    outcomes: Vec<sluice_runtime::Outcome>,
    scores: Vec<f64>,
    measures: Vec<Vec<f64>>,
) {
    verdicts.instruments.extend_from_slice(shard);
    verdicts.outcomes.extend(outcomes);
    verdicts.scores.extend(scores);
    for (column, values) in verdicts.measures.iter_mut().zip(measures) {
        column.extend(values);
    }
}

/// Scores and measures of the earlier layers that some layer here reads, aligned with the input. NaN where the
/// earlier layer did not see the instrument.
pub(super) fn upstream(layers: &[PlannedLayer], input: &[usize], done: &[Arc<Finished>]) -> Vec<Said> {
    let wanted = |id: &String| {
        layers.iter().any(|layer| layer.sight.as_ref().is_ok_and(|sight| sight.needs.upstream.contains(id)))
    };
    done.iter()
        .flat_map(|stage| &stage.layers)
        .filter(|layer| wanted(&layer.id))
        .filter_map(|layer| layer.verdicts.as_ref().map(|verdicts| (layer, verdicts)))
        .map(|(layer, verdicts)| {
            let positions: Vec<Option<usize>> = input.iter().map(|at| verdicts.position(*at)).collect();
            let align = |values: &[f64]| -> Vec<f64> {
                let at = |position: &Option<usize>| position.and_then(|at| values.get(at)).copied();
                positions.iter().map(|position| at(position).unwrap_or(f64::NAN)).collect()
            };
            let mut columns = vec![("score".to_owned(), align(&verdicts.scores))];
            columns.extend(
                layer
                    .measures
                    .iter()
                    .zip(&verdicts.measures)
                    .map(|(name, values)| (name.clone(), align(values))),
            );
            Said { layer: layer.id.clone(), columns }
        })
        .collect()
}

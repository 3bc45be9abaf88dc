//! Finished stages → the explanation of one instrument's way.

use super::Inputs;
use super::stage::{Finished, LayerOutcome};
use crate::error::EngineError;
use crate::explain::{ExplainedLayer, ExplainedStage, Explanation, seen};
use crate::plan::{PlannedLayer, PlannedStage};
use crate::record::json_value;
use crate::result::{InstrumentResult, Reached, Verdicts, alert_result, known};
use std::collections::BTreeMap;

/// Explains the instrument at a position of the snapshot.
///
/// # Errors
/// When the data cannot be read.
pub(super) fn explain(
    inputs: Inputs<'_>,
    finished: &[Finished],
    results: &[InstrumentResult],
    reached: &[Reached],
    position: usize,
) -> Result<Option<Explanation>, EngineError> {
    let Some(instrument) = inputs.snapshot.instruments().get(position) else { return Ok(None) };
    let way = reached.iter().find(|one| one.instrument == position);
    let stage_name = |at: u8| inputs.plan.stages.get(usize::from(at)).map(|stage| stage.config.name.clone());
    let stages = finished.iter().zip(&inputs.plan.stages).enumerate();
    let stages = stages.map(|(at, (stage, planned))| {
        let earlier = finished.get(..at).unwrap_or_default();
        explained(inputs, stage, planned, earlier, position)
    });
    Ok(Some(Explanation {
        symbol: instrument.symbol.to_string(),
        id: instrument.id.to_string(),
        name: instrument.name.clone(),
        rank: results.iter().find(|result| result.instrument == position).map(|result| result.rank),
        stopped: way.and_then(|way| stage_name(way.stopped?)),
        // of a failed scan nothing is known
        cause: way.map_or("fault", |way| way.cause.as_str()),
        score: way.and_then(|way| known(way.score)),
        stages: stages.collect::<Result<_, _>>()?,
    }))
}

fn explained(
    inputs: Inputs<'_>,
    stage: &Finished,
    planned: &PlannedStage,
    earlier: &[Finished],
    position: usize,
) -> Result<ExplainedStage, EngineError> {
    let row = stage.input.binary_search(&position).ok();
    let planned_layers = inputs.plan.layers.get(planned.layers.clone()).unwrap_or_default();
    let layers = match row {
        None => Vec::new(),
        Some(_) => stage
            .layers
            .iter()
            .zip(planned_layers)
            .map(|(layer, of)| explained_layer(inputs, layer, of, planned.config.max_age, earlier, position))
            .collect::<Result<_, _>>()?,
    };
    let verdict = row.and_then(|row| stage.combined.get(row));
    Ok(ExplainedStage {
        number: planned.config.number,
        name: planned.config.name.clone(),
        reached: row.is_some(),
        passed: stage.survivors.contains(&position),
        score: verdict.and_then(|verdict| known(verdict.score)),
        threshold: stage.gate.threshold,
        max_symbols: stage.gate.max_symbols,
        layers,
    })
}

fn explained_layer(
    inputs: Inputs<'_>,
    layer: &LayerOutcome,
    planned: &PlannedLayer,
    max_age: Option<u32>,
    earlier: &[Finished],
    position: usize,
) -> Result<ExplainedLayer, EngineError> {
    let saw = match planned.called() {
        None => None,
        Some((_, sight)) => {
            let wanted = |of: &&LayerOutcome| sight.needs.upstream.contains(&of.id);
            let upstream = earlier.iter().flat_map(|stage| &stage.layers).filter(wanted);
            let upstream = upstream.filter_map(|of| Some((of.id.clone(), said(of, position)?))).collect();
            Some(seen(inputs.snapshot, sight, position, max_age, upstream)?)
        }
    };
    let verdict = layer.verdicts.as_ref().and_then(|verdicts| Some((verdicts, verdicts.position(position)?)));
    let number = |of: fn(&Verdicts) -> &Vec<f64>| {
        verdict.and_then(|(verdicts, at)| of(verdicts).get(at).copied()).and_then(known)
    };
    let settings = planned.settings.iter().map(|of| (of.name.clone(), json_value(&of.value)));
    let alerts = layer.alerts.iter().filter(|raised| raised.instrument == Some(position));
    Ok(ExplainedLayer {
        id: layer.id.clone(),
        version: planned.component.version().to_owned(),
        status: layer.status,
        fault: layer.fault.clone(),
        settings: settings.collect(),
        saw,
        outcome: verdict.and_then(|(verdicts, at)| verdicts.opinion(at)),
        score: number(|verdicts| &verdicts.scores),
        percentile: number(|verdicts| &verdicts.percentiles),
        reason: verdict.and_then(|(verdicts, at)| verdicts.reason(at)).map(str::to_owned),
        measures: measures(layer, position).unwrap_or_default(),
        alerts: alerts.map(|raised| alert_result(raised, &layer.id, inputs.snapshot.instruments())).collect(),
    })
}

fn measures(layer: &LayerOutcome, position: usize) -> Option<BTreeMap<String, Option<f64>>> {
    let verdicts = layer.verdicts.as_ref()?;
    let at = verdicts.position(position)?;
    let columns = layer.measures.iter().cloned().zip(&verdicts.measures);
    Some(columns.map(|(name, values)| (name, values.get(at).copied().and_then(known))).collect())
}

/// What a layer said of an instrument, as later layers read it.
fn said(layer: &LayerOutcome, position: usize) -> Option<BTreeMap<String, Option<f64>>> {
    let verdicts = layer.verdicts.as_ref()?;
    let score = verdicts.scores.get(verdicts.position(position)?).copied().and_then(known);
    let mut columns = measures(layer, position)?;
    columns.insert("score".to_owned(), score);
    Some(columns)
}

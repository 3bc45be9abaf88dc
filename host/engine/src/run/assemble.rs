//! Finished stages → the result that a user reads and the store keeps.

mod abstained;
mod missing;
mod shadow;

use super::Inputs;
use super::explain::explain;
use super::reach::reached;
use super::stage::{Finished, LayerOutcome};
use crate::combine::Combined;
use crate::error::EngineError;
use crate::result::{
    AlertResult, Details, InstrumentError, InstrumentResult, LayerConduct, LayerOpinion, LayerResult,
    LayerStatus, Outlier, RaisedAlert, ScanResult, ScanStatus, StageResult, Verdicts, alert_result, known,
};
use crate::stats::{Stats, outliers, percentile_ranks};
use sluice_runtime::Outcome;
use std::collections::BTreeMap;

/// Most warnings of one kind and layer that are spelled out.
const SPELLED_OUT: usize = 3;
/// Symbols that a warning names.
const NAMED: usize = 5;

/// # Errors
/// When what is to be explained cannot be read again.
pub(super) fn result(inputs: Inputs<'_>, finished: Vec<Finished>) -> Result<ScanResult, EngineError> {
    let mut warnings = Vec::new();
    let of_everything =
        finished.iter().zip(&inputs.plan.stages).filter(|(_, planned)| planned.after.is_empty());
    let universe = of_everything.map(|(stage, _)| stage.input.len()).max().unwrap_or(0);
    let mut stages = Vec::with_capacity(finished.len());
    for (stage, planned) in finished.iter().zip(&inputs.plan.stages) {
        let called = inputs.plan.layers.get(planned.layers.clone()).unwrap_or_default();
        let layers =
            stage.layers.iter().zip(called).map(|(outcome, planned)| layer_result(inputs, outcome, planned));
        let no_opinion = stage.combined.iter().filter(|verdict| verdict.outcome == Outcome::Abstain).count();
        stages.push(StageResult {
            number: planned.config.number,
            name: planned.config.name.clone(),
            entered: stage.input.len(),
            out: stage.survivors.len(),
            no_opinion,
            layers: layers.collect(),
            disabled: planned.disabled.clone(),
        });
        warnings.extend(missing::warnings(inputs.snapshot, stage, called)?);
        warn(inputs, stage, planned.config.max_age, &mut warnings);
        let expected = planned.config.expect.as_ref();
        let name = &planned.config.name;
        warnings.extend(expected.and_then(|expect| expect.remark(name, stage.survivors.len(), universe)));
    }
    let status = status(&finished);
    // a failed scan has no result: what its last stage says rests on nothing
    let results = if status == ScanStatus::Failed { Vec::new() } else { results(inputs, &finished) };
    let (alerts, raised) = alerts(inputs, &finished, &results);
    let reached = if status == ScanStatus::Failed { Vec::new() } else { reached(&finished) };
    let explanation = match inputs.explain {
        Some(position) => explain(inputs, &finished, &results, &reached, position)?,
        None => None,
    };
    let shadows = shadow::results(inputs, &finished);
    let details = Details { reached, ..details(finished, raised) };
    Ok(ScanResult {
        scan_id: None,
        pipeline: inputs.plan.pipeline.clone(),
        as_of: inputs.snapshot.as_of(),
        data_until: inputs.snapshot.data_until(),
        status,
        // the one who asked knows which day was meant
        venues: Vec::new(),
        stages,
        results,
        excluded: 0,
        hidden: 0,
        alerts,
        // the store knows what was told before
        alerts_held_back: 0,
        shadows,
        settings_revision: inputs.plan.settings_revision,
        warnings,
        explanation,
        details,
    })
}

fn layer_result(
    inputs: Inputs<'_>,
    outcome: &LayerOutcome,
    planned: &crate::plan::PlannedLayer,
) -> LayerResult {
    let usage = outcome.usage();
    let errors = outcome
        .errors
        .iter()
        .map(|(at, fault)| InstrumentError { symbol: symbol(inputs, *at).to_owned(), fault: fault.clone() });
    let scores = outcome.verdicts.as_ref().map(|verdicts| verdicts.scores.as_slice()).unwrap_or_default();
    LayerResult {
        id: outcome.id.clone(),
        version: planned.component.version().to_owned(),
        digest: planned.component.digest().to_owned(),
        status: outcome.status,
        fault: outcome.fault.clone(),
        errors: errors.collect(),
        calls: outcome.expenses.len() as u64,
        cache_hits: outcome.cached,
        cache_misses: outcome.missed,
        fuel: usage.fuel,
        wall_ms: (usage.wall.as_secs_f64() * 1e6).round() / 1e3,
        longest_call_ms: outcome.longest_call().as_secs_f64() * 1e3,
        peak_memory_bytes: usage.peak_memory_bytes,
        abstained: outcome.abstained(),
        abstained_because: outcome.verdicts.as_ref().map(abstained::reasons).unwrap_or_default(),
        stats: Stats::of(scores),
        outliers: outcome.verdicts.as_ref().map(|verdicts| far(inputs, verdicts)).unwrap_or_default(),
        // the store knows the last runs
        drift: None,
    }
}

/// The scores far from the others.
fn far(inputs: Inputs<'_>, verdicts: &Verdicts) -> Vec<Outlier> {
    let outlier = |(at, z): (usize, f64)| {
        let instrument = *verdicts.instruments.get(at)?;
        Some(Outlier { symbol: symbol(inputs, instrument).to_owned(), score: *verdicts.scores.get(at)?, z })
    };
    outliers(&verdicts.scores).into_iter().filter_map(outlier).collect()
}

fn symbol(inputs: Inputs<'_>, at: usize) -> &str {
    inputs.snapshot.instruments().get(at).map_or("", |instrument| instrument.symbol.as_str())
}

/// Failed when no layer of a stage said anything, partial when some layer did not, or not of every instrument, or in
/// an earlier scan.
fn status(finished: &[Finished]) -> ScanStatus {
    let silent = |layer: &LayerOutcome| matches!(layer.status, LayerStatus::Faulted | LayerStatus::Skipped);
    let wanting = |layer: &LayerOutcome| layer.status != LayerStatus::Ok || !layer.errors.is_empty();
    if finished.iter().any(|stage| !stage.layers.is_empty() && stage.layers.iter().all(silent)) {
        ScanStatus::Failed
    } else if finished.iter().any(|stage| stage.layers.iter().any(wanting)) {
        ScanStatus::Partial
    } else {
        ScanStatus::Complete
    }
}

fn warn(inputs: Inputs<'_>, stage: &Finished, max_age: Option<u32>, warnings: &mut Vec<String>) {
    for layer in &stage.layers {
        if let Some(fault) = &layer.fault {
            warnings.push(match layer.status {
                LayerStatus::Faulted => format!("{} faulted, none of its answers is used: {fault}", layer.id),
                LayerStatus::Ok | LayerStatus::Skipped | LayerStatus::LastGood => {
                    format!("{} was not called: {fault}", layer.id)
                }
            });
        }
        let errors: Vec<String> = layer
            .errors
            .iter()
            .map(|(at, fault)| format!("left {} out, which made it fault: {fault}", symbol(inputs, *at)))
            .collect();
        spell_out(warnings, &errors, |line| format!("{} {line}", layer.id), "more instruments");
        spell_out(warnings, &layer.complaints, |line| format!("{}: {line}", layer.id), "more warnings");
        spell_out(
            warnings,
            &layer.refused,
            |line| format!("{}: {line}; refused", layer.id),
            "more alerts refused",
        );
    }
    let mut stale: Vec<usize> = stage.layers.iter().flat_map(|layer| layer.stale.iter().copied()).collect();
    stale.sort_unstable();
    stale.dedup();
    if let (Some(max_age), false) = (max_age, stale.is_empty()) {
        let known = inputs.snapshot.instruments();
        let symbol = |at: &usize| known.get(*at).map(|known| known.symbol.to_string()).unwrap_or_default();
        let (subject, verb) = if stale.len() == 1 { ("instrument", "has") } else { ("instruments", "have") };
        warnings.push(format!(
            "{} {subject} {verb} no bar of the last {max_age} sessions, so the data counts as missing: {}",
            stale.len(),
            named(&stale, symbol)
        ));
    }
}

/// The names of the first of them, and whether there are more.
fn named<T>(all: &[T], name: impl Fn(&T) -> String) -> String {
    let names: Vec<String> = all.iter().take(NAMED).map(name).collect();
    let dots = if all.len() > NAMED { ", …" } else { "" };
    format!("{}{dots}", names.join(", "))
}

fn spell_out(warnings: &mut Vec<String>, lines: &[String], text: impl Fn(&String) -> String, more: &str) {
    warnings.extend(lines.iter().take(SPELLED_OUT).map(&text));
    if let Some(rest) = lines.len().checked_sub(SPELLED_OUT)
        && rest > 0
    {
        warnings.push(text(&format!("… and {rest} {more}")));
    }
}

/// What the last stage let through. The last stage with an opinion on an instrument speaks for it: one that keeps the
/// unknown takes nothing from what was said before.
fn results(inputs: Inputs<'_>, finished: &[Finished]) -> Vec<InstrumentResult> {
    let Some(last) = finished.last() else { return Vec::new() };
    let percentiles: Vec<Vec<f64>> = finished
        .iter()
        .map(|stage| {
            percentile_ranks(&stage.combined.iter().map(|verdict| verdict.score).collect::<Vec<_>>())
        })
        .collect();
    let known_instruments = inputs.snapshot.instruments();
    let spoken = |(stage, percentiles): (&'_ Finished, &Vec<f64>), at: usize| {
        let position = stage.input.binary_search(&at).ok()?;
        let combined = *stage.combined.get(position)?;
        Some((combined, percentiles.get(position).copied().and_then(known)))
    };
    last.survivors
        .iter()
        .enumerate()
        .filter_map(|(rank, at)| {
            let stages = finished.iter().zip(&percentiles).rev();
            let mut said = stages.filter_map(|stage| Some((stage.0, spoken(stage, *at)?)));
            let first = said.next()?;
            let has_opinion = |combined: &Combined| combined.outcome != Outcome::Abstain;
            let (stage, (combined, percentile)) = match has_opinion(&first.1.0) {
                true => first,
                false => said.find(|(_, (combined, _))| has_opinion(combined)).unwrap_or(first),
            };
            Some(InstrumentResult {
                rank: rank + 1,
                symbol: known_instruments.get(*at)?.symbol.to_string(),
                outcome: combined.outcome,
                score: known(combined.score),
                percentile,
                reason: reason(stage, *at),
                layers: opinions(finished, *at),
                columns: Vec::new(),
                instrument: *at,
            })
        })
        .collect()
}

/// What the layers of a stage that kept the instrument said; of all with an opinion when none kept it.
fn reason(stage: &Finished, instrument: usize) -> String {
    let said = |keep: bool| {
        let of = |layer: &LayerOutcome| {
            let verdicts = layer.verdicts.as_ref()?;
            let at = verdicts.position(instrument)?;
            let kept = verdicts.outcomes.get(at) == Some(&Outcome::Keep);
            if keep && !kept { None } else { verdicts.reason(at).map(str::to_owned) }
        };
        stage.layers.iter().filter_map(of).filter(|text| !text.is_empty()).collect::<Vec<_>>()
    };
    let kept = said(true);
    if kept.is_empty() { said(false) } else { kept }.join("; ")
}

fn opinions(finished: &[Finished], instrument: usize) -> BTreeMap<String, LayerOpinion> {
    let opinion = |layer: &LayerOutcome, verdicts: &Verdicts| {
        let at = verdicts.position(instrument)?;
        let measure =
            |(name, values): (&String, &Vec<f64>)| (name.clone(), values.get(at).copied().and_then(known));
        Some(LayerOpinion {
            outcome: verdicts.opinion(at)?,
            score: verdicts.scores.get(at).copied().and_then(known),
            measures: layer.measures.iter().zip(&verdicts.measures).map(measure).collect(),
        })
    };
    finished
        .iter()
        .flat_map(|stage| &stage.layers)
        .filter_map(|layer| Some((layer.id.clone(), opinion(layer, layer.verdicts.as_ref()?)?)))
        .collect()
}

/// Alerts of the market first, then of the results in their order; and all alerts for the store.
fn alerts(
    inputs: Inputs<'_>,
    finished: &[Finished],
    results: &[InstrumentResult],
) -> (Vec<AlertResult>, Vec<(usize, usize)>) {
    let ranks: BTreeMap<usize, usize> =
        results.iter().map(|result| (result.instrument, result.rank)).collect();
    let rank = |raised: &RaisedAlert| match raised.instrument {
        None => Some(0),
        Some(at) => ranks.get(&at).copied(),
    };
    let mut shown: Vec<(usize, usize, &RaisedAlert, &str)> = finished
        .iter()
        .flat_map(|stage| &stage.layers)
        .flat_map(|layer| layer.alerts.iter().map(|raised| (raised, layer.id.as_str())))
        .enumerate()
        .filter_map(|(position, (raised, id))| rank(raised).map(|rank| (rank, position, raised, id)))
        .collect();
    // within one instrument alerts stand in the order of the plan
    shown.sort_by_key(|(rank, position, _, _)| (*rank, *position));
    let known_instruments = inputs.snapshot.instruments();
    let alerts = shown
        .into_iter()
        .map(|(_, position, raised, layer)| AlertResult {
            position,
            ..alert_result(raised, layer, known_instruments)
        })
        .collect();
    (alerts, ranks.into_iter().collect())
}

fn details(finished: Vec<Finished>, ranks: Vec<(usize, usize)>) -> Details {
    let ranked: BTreeMap<usize, usize> = ranks.into_iter().collect();
    let mut details = Details::default();
    for stage in finished {
        for layer in stage.layers {
            details.conducts.push(LayerConduct {
                faults: layer.faults,
                answered: layer.answered,
                calls: layer.expenses.len() as u64,
            });
            details.expenses.push(layer.expenses);
            details.verdicts.push(layer.verdicts.unwrap_or_default());
            details.alerts.extend(layer.alerts.into_iter().map(|raised| {
                let surfaced = raised.instrument.is_none_or(|at| ranked.contains_key(&at));
                RaisedAlert { surfaced, ..raised }
            }));
        }
    }
    details
}

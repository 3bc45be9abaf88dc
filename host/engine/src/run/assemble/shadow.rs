//! A version that is tried beside the active one: where the two differ.

use super::symbol;
use crate::plan::PlannedShadow;
use crate::result::{
    AlertDifference, InstrumentError, LayerStatus, Opinion, RaisedAlert, Said, ShadowResult, Then,
    VerdictDifference, Verdicts, known, side_word,
};
use crate::run::Inputs;
use crate::run::stage::{Finished, LayerOutcome};
use std::collections::BTreeMap;

/// Most differences of each kind that are spelled out; the counts tell of all.
const SPELLED_OUT: usize = 20;

/// What every version did that was tried, in the order of the plan.
pub(super) fn results(inputs: Inputs<'_>, finished: &[Finished]) -> Vec<ShadowResult> {
    let of_stage = |(at, stage): (usize, &Finished)| {
        let result = |(shadow, tried): &(usize, LayerOutcome)| {
            let planned = inputs.plan.shadows.get(*shadow)?;
            let first = inputs.plan.stages.get(at)?.layers.start;
            let active = stage.layers.get(planned.beside.checked_sub(first)?)?;
            result(inputs, at, planned, active, tried)
        };
        stage.shadows.iter().filter_map(result).collect::<Vec<_>>()
    };
    finished.iter().enumerate().flat_map(of_stage).collect()
}

fn result(
    inputs: Inputs<'_>,
    stage: usize,
    planned: &PlannedShadow,
    active: &LayerOutcome,
    tried: &LayerOutcome,
) -> Option<ShadowResult> {
    let counting = inputs.plan.layers.get(planned.beside)?;
    let none = Verdicts::default();
    let said = (active.verdicts.as_ref().unwrap_or(&none), tried.verdicts.as_ref().unwrap_or(&none));
    let verdicts = compare(inputs, said);
    let (more, fewer) = (only(&tried.alerts, &active.alerts), only(&active.alerts, &tried.alerts));
    let named = |alerts: &[&RaisedAlert], only: &'static str| -> Vec<AlertDifference> {
        let named = |raised: &&RaisedAlert| AlertDifference {
            only,
            symbol: raised.instrument.map(|at| symbol(inputs, at).to_owned()),
            kind: raised.alert.kind.clone(),
            side: raised.alert.side.map(side_word),
        };
        alerts.iter().take(SPELLED_OUT).map(named).collect()
    };
    let error = |(at, fault): &(usize, String)| InstrumentError {
        symbol: symbol(inputs, *at).to_owned(),
        fault: fault.clone(),
    };
    let component = &planned.candidate.component;
    Some(ShadowResult {
        stage: inputs.plan.stages.get(stage)?.config.name.clone(),
        layer: active.id.clone(),
        active: counting.component.version().to_owned(),
        active_digest: counting.component.digest().to_owned(),
        candidate: component.version().to_owned(),
        candidate_digest: component.digest().to_owned(),
        fault: tried.fault.clone().filter(|_| tried.status != LayerStatus::Ok),
        errors: tried.errors.iter().take(SPELLED_OUT).map(error).collect(),
        instruments: verdicts.instruments,
        outcomes_differ: verdicts.outcomes,
        scores_differ: verdicts.scores.len(),
        mean_difference: mean(&verdicts.scores),
        greatest_difference: verdicts.scores.iter().copied().reduce(f64::max),
        differences: verdicts.spelled_out,
        alerts_more: more.len(),
        alerts_fewer: fewer.len(),
        alerts: [named(&more, "candidate"), named(&fewer, "active")].concat(),
        fuel_ratio: fuel_ratio(active, tried),
        then: Then::Tried { scans_left: planned.scans_left },
        keys: (counting.origin.key(counting.component.digest()), planned.key.clone()),
    })
}

/// Where two versions' verdicts differ.
#[derive(Default)]
struct Compared {
    /// Instruments that both saw.
    instruments: usize,
    /// Those with other outcomes.
    outcomes: usize,
    /// By how much scores differ where both have one.
    scores: Vec<f64>,
    spelled_out: Vec<VerdictDifference>,
}

fn compare(inputs: Inputs<'_>, (active, tried): (&Verdicts, &Verdicts)) -> Compared {
    let mut compared = Compared::default();
    let mut all: Vec<(f64, VerdictDifference)> = Vec::new();
    for (at, instrument) in active.instruments.iter().enumerate() {
        let Some(there) = tried.position(*instrument) else { continue };
        let (Some(before), Some(now)) = (said(active, at), said(tried, there)) else { continue };
        compared.instruments += 1;
        let distance = before.score.zip(now.score).map_or(0.0, |(before, now)| (before - now).abs());
        let is_other = before.outcome != now.outcome;
        compared.outcomes += usize::from(is_other);
        if distance > 0.0 {
            compared.scores.push(distance);
        }
        if is_other || distance > 0.0 {
            let symbol = symbol(inputs, *instrument).to_owned();
            // another outcome weighs more than any score
            let weight = distance + if is_other { 1_000.0 } else { 0.0 };
            all.push((weight, VerdictDifference { symbol, active: before, candidate: now }));
        }
    }
    // instruments stand in the order of their tickers, which equal weights keep
    all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    compared.spelled_out = all.into_iter().take(SPELLED_OUT).map(|(_, difference)| difference).collect();
    compared
}

fn said(verdicts: &Verdicts, at: usize) -> Option<Said> {
    let outcome: Opinion = verdicts.opinion(at)?;
    Some(Said { outcome, score: verdicts.scores.get(at).copied().and_then(known) })
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Alerts that only the first has: told apart by instrument, kind, side and the layer's own key.
fn only<'a>(first: &'a [RaisedAlert], second: &[RaisedAlert]) -> Vec<&'a RaisedAlert> {
    let key = |raised: &RaisedAlert| {
        let side = raised.alert.side.map(side_word);
        (raised.instrument, raised.alert.kind.clone(), side, raised.alert.dedupe_key.clone())
    };
    let mut left: BTreeMap<_, usize> = BTreeMap::new();
    second.iter().for_each(|raised| *left.entry(key(raised)).or_default() += 1);
    let is_new = |raised: &&RaisedAlert| match left.get_mut(&key(raised)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    first.iter().filter(is_new).collect()
}

/// Fuel per instrument that was asked about, as many times the active version's; none where one of them was not asked.
fn fuel_ratio(active: &LayerOutcome, tried: &LayerOutcome) -> Option<f64> {
    let per_instrument = |outcome: &LayerOutcome| {
        let asked: usize = outcome.expenses.iter().map(|expense| expense.instruments).sum();
        let fuel = outcome.usage().fuel;
        (asked > 0 && fuel > 0).then(|| fuel as f64 / asked as f64)
    };
    Some(per_instrument(tried)? / per_instrument(active)?)
}

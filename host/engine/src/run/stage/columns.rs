//! A layer's parts → its columns over the whole input; and columns of earlier layers → what a later one reads.

mod absent;

use super::Finished;
use crate::batch::Said;
use crate::cache::Fresh;
use crate::plan::PlannedLayer;
use crate::result::{LayerStatus, RaisedAlert, Verdicts};
use crate::run::call::{Expense, Fault, Part};
use crate::run::isolate::Found;
use crate::run::lookup::Entries;
use crate::run::work::Isolated;
use crate::stats::percentile_ranks;
use crate::validate::{Believed, Refused};
use sluice_market::Instrument;
use sluice_runtime::{CallUsage, Outcome, Scope};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

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
    /// References that it named but did not see, in its order.
    pub(in crate::run) unseen: Vec<String>,
    /// Instruments on which it faulted (positions in the snapshot, ascending), with the fault.
    pub(in crate::run) errors: Vec<(usize, String)>,
    /// Faults for its breaker: one for each shard of a faulted layer, else one for each instrument left out, or for
    /// each call that was too much at once.
    pub(in crate::run) faults: Vec<String>,
    /// Whether any of its calls brought an answer.
    pub(in crate::run) answered: bool,
    /// What each call cost, in the order of the shards.
    pub(in crate::run) expenses: Vec<Expense>,
    /// Instruments whose answers were in the verdict cache.
    pub(in crate::run) cached: usize,
    /// Instruments whose answers were not.
    pub(in crate::run) missed: usize,
    /// What of the answers may be kept: nothing of a layer that faulted.
    pub(in crate::run) entries: Entries,
    /// The same, on its way into the cache; none when the cache was not used.
    pub(in crate::run) fresh: Option<Fresh>,
}

impl LayerOutcome {
    /// One that said nothing yet.
    fn new(planned: &PlannedLayer) -> Self {
        Self {
            id: planned.component.id().to_owned(),
            status: LayerStatus::Ok,
            fault: None,
            is_market: planned.component.scope() == Scope::Market,
            verdicts: None,
            measures: planned.measures(),
            alerts: Vec::new(),
            refused: Vec::new(),
            complaints: Vec::new(),
            stale: Vec::new(),
            unseen: Vec::new(),
            errors: Vec::new(),
            faults: Vec::new(),
            answered: false,
            expenses: Vec::new(),
            cached: 0,
            missed: 0,
            entries: Entries::new(),
            fresh: None,
        }
    }

    /// Instruments on which it had no opinion.
    pub(in crate::run) fn abstained(&self) -> usize {
        let scores = self.verdicts.as_ref().map(|verdicts| verdicts.scores.as_slice()).unwrap_or_default();
        scores.iter().filter(|score| score.is_nan()).count()
    }

    /// Wall time of the longest call.
    pub(in crate::run) fn longest_call(&self) -> Duration {
        self.expenses.iter().map(|expense| expense.usage.wall).max().unwrap_or_default()
    }

    /// Fuel and wall time of all calls, summed, and the greatest memory of one.
    pub(in crate::run) fn usage(&self) -> CallUsage {
        self.expenses.iter().fold(CallUsage::default(), |sum, expense| CallUsage {
            fuel: sum.fuel.saturating_add(expense.usage.fuel),
            wall: sum.wall + expense.usage.wall,
            peak_memory_bytes: sum.peak_memory_bytes.max(expense.usage.peak_memory_bytes),
        })
    }
}

/// Joins the parts in the order of the shards (`instruments`: of the snapshot), with what was found in the faulty ones. A faulty shard in which nothing
/// was found makes all answers unusable.
pub(super) fn join(
    planned: &PlannedLayer,
    layer: usize,
    input: &[usize],
    instruments: &[Instrument],
    parts: impl Iterator<Item = Part>,
    isolated: Option<Isolated>,
) -> LayerOutcome {
    let mut outcome = LayerOutcome::new(planned);
    if let Err(absence) = &planned.sight {
        absent::stand_in(&mut outcome, absence, input, instruments);
        return outcome;
    }
    let mut answers: Vec<(Vec<usize>, Believed)> = Vec::new();
    let mut faults: Vec<String> = Vec::new();
    let mut said = BTreeSet::new();
    let mut entries = Entries::new();
    for Part { hits, made, stale } in parts {
        outcome.stale.extend(stale);
        if let Some(hits) = hits {
            outcome.cached += hits.rows.len();
            outcome.complaints.extend(hits.complaints.into_iter().filter(|line| said.insert(line.clone())));
            answers.push((hits.rows, hits.answer));
        }
        let Some(made) = made else { continue };
        outcome.expenses.push(made.expense);
        outcome.complaints.extend(made.complaints.into_iter().filter(|line| said.insert(line.clone())));
        entries.extend(made.entries);
        match made.answer {
            Err(fault) => faults.push(fault.text),
            Ok(believed) => answers.push((made.rows, believed)),
        }
    }
    let mut left_out = Vec::new();
    let mut why = String::new();
    if let Some(isolated) = isolated {
        outcome.expenses.extend(isolated.expenses);
        entries.extend(isolated.entries);
        outcome.complaints.extend(isolated.complaints.into_iter().filter(|line| said.insert(line.clone())));
        match isolated.found {
            Ok(Found { answers: found, left_out: out }) => {
                if out.is_empty() {
                    // it was too much at once: no instrument is behind it
                    let told = |fault: &String| format!("faulted on a call, but not on its parts: {fault}");
                    outcome.complaints.extend(faults.first().map(told));
                }
                outcome.faults = match out.is_empty() {
                    true => std::mem::take(&mut faults),
                    false => out.iter().map(|(_, fault)| fault.text.clone()).collect(),
                };
                faults.clear();
                answers.extend(found);
                left_out = out;
            }
            Err(reason) => why = reason,
        }
    }
    outcome.answered = !answers.is_empty();
    if let Some(fault) = faults.first() {
        outcome.fault = Some(if why.is_empty() { fault.clone() } else { format!("{fault}; {why}") });
        outcome.status = LayerStatus::Faulted;
        outcome.faults = faults;
        return outcome;
    }
    outcome.entries = entries;
    gather(&mut outcome, layer, input, answers, left_out);
    outcome
}

/// Lays the answers on the rows of the input that they are about.
fn gather(
    outcome: &mut LayerOutcome,
    layer: usize,
    input: &[usize],
    answers: Vec<(Vec<usize>, Believed)>,
    left_out: Vec<(usize, Fault)>,
) {
    let mut columns = Columns::new(input.len(), outcome.measures.len());
    let mut refused = Vec::new();
    for (rows, believed) in answers {
        let instrument = |at: u32| rows.get(at as usize).and_then(|row| input.get(*row).copied());
        let own = |of: &Refused| (of.instrument.and_then(instrument), of.rule.clone());
        refused.extend(believed.refused.iter().map(own));
        outcome.alerts.extend(believed.alerts.iter().map(|alert| RaisedAlert {
            layer,
            instrument: alert.instrument.and_then(instrument),
            surfaced: false,
            alert: alert.clone(),
            risk: None,
        }));
        if !outcome.is_market {
            columns.lay(&rows, believed);
        }
    }
    // the order of the shards is that of the instruments, but what a search brought comes after them
    outcome.alerts.sort_by_key(|raised| raised.instrument);
    refused.sort_by_key(|(instrument, _)| *instrument);
    outcome.refused = refused.into_iter().map(|(_, rule)| rule).collect();
    for (row, fault) in left_out {
        columns.leave_out(row, fault.text.clone());
        outcome.errors.extend(input.get(row).map(|instrument| (*instrument, fault.text)));
    }
    outcome.errors.sort();
    if !outcome.is_market {
        outcome.verdicts = Some(columns.verdicts(input));
    }
}

/// Verdicts on every row of the input.
struct Columns(Verdicts);

impl Columns {
    fn new(rows: usize, measures: usize) -> Self {
        Self(Verdicts {
            outcomes: vec![Outcome::Abstain; rows],
            scores: vec![f64::NAN; rows],
            reason: vec![0; rows],
            measures: vec![vec![f64::NAN; rows]; measures],
            ..Verdicts::default()
        })
    }

    fn lay(&mut self, rows: &[usize], believed: Believed) {
        let first = u32::try_from(self.0.reasons.len()).unwrap_or(u32::MAX);
        self.0.reasons.extend(believed.reasons);
        let reason = believed.reason.iter().map(|index| index.saturating_add(first));
        lay(&mut self.0.outcomes, rows, believed.outcomes.into_iter());
        lay(&mut self.0.scores, rows, believed.scores.into_iter());
        lay(&mut self.0.reason, rows, reason);
        for (column, values) in self.0.measures.iter_mut().zip(believed.measures) {
            lay(column, rows, values.into_iter());
        }
    }

    fn leave_out(&mut self, row: usize, fault: String) {
        let number = u32::try_from(self.0.reasons.len()).unwrap_or(u32::MAX);
        self.0.reasons.push(fault);
        lay(&mut self.0.reason, &[row], std::iter::once(number));
        self.0.errors.push(row);
    }

    fn verdicts(mut self, input: &[usize]) -> Verdicts {
        self.0.errors.sort_unstable();
        self.0.instruments = input.to_vec();
        self.0.percentiles = percentile_ranks(&self.0.scores);
        self.0
    }
}

fn lay<T>(column: &mut [T], rows: &[usize], values: impl Iterator<Item = T>) {
    for (row, value) in rows.iter().zip(values) {
        if let Some(place) = column.get_mut(*row) {
            *place = value;
        }
    }
}

/// Scores and measures of the earlier layers that some layer here reads, aligned with the input. NaN where the
/// earlier layer did not see the instrument.
pub(super) fn upstream(layers: &[&PlannedLayer], input: &[usize], done: &[Arc<Finished>]) -> Vec<Said> {
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

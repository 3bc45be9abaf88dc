//! A layer that was not called: nothing, or what it said in an earlier scan.

use super::{Columns, LayerOutcome};
use crate::plan::Absence;
use crate::result::{LayerStatus, Verdicts};
use sluice_market::Instrument;
use sluice_runtime::Outcome;
use sluice_store::{GoodVerdict, LastGood, Outcome as Stored};
use std::collections::BTreeMap;

/// Lays what is used instead on the rows of the input (positions in `instruments`). Instruments that the earlier
/// report did not see, or on which the layer faulted then, get no opinion; its alerts are not raised again.
pub(super) fn stand_in(
    outcome: &mut LayerOutcome,
    absence: &Absence,
    input: &[usize],
    instruments: &[Instrument],
) {
    outcome.fault = Some(absence.told());
    outcome.status = LayerStatus::Skipped;
    if absence.faulted {
        outcome.status = LayerStatus::Faulted;
        outcome.faults.push(absence.why.clone());
    }
    let Some(good) = &absence.last_good else { return };
    outcome.status = LayerStatus::LastGood;
    if !outcome.is_market {
        outcome.verdicts = Some(verdicts(good, &outcome.measures, input, instruments));
    }
}

fn verdicts(good: &LastGood, measures: &[String], input: &[usize], instruments: &[Instrument]) -> Verdicts {
    let said: BTreeMap<&str, &GoodVerdict> =
        good.verdicts.iter().map(|verdict| (verdict.ident.as_str(), verdict)).collect();
    // another version may have had other measures
    let places: Vec<Option<usize>> =
        measures.iter().map(|name| good.measures.iter().position(|known| known == name)).collect();
    let mut columns = Columns::new(input.len(), measures.len());
    columns.0.reasons.push(String::new());
    for (row, at) in input.iter().enumerate() {
        let known = instruments.get(*at).and_then(|instrument| said.get(instrument.id.as_str()));
        if let Some(verdict) = known {
            columns.repeat(row, verdict, &places);
        }
    }
    columns.verdicts(input)
}

impl Columns {
    fn repeat(&mut self, row: usize, verdict: &GoodVerdict, places: &[Option<usize>]) {
        let outcome = match verdict.outcome {
            Stored::Keep => Outcome::Keep,
            Stored::Drop => Outcome::Drop,
            Stored::Abstain | Stored::Error => return,
        };
        let reason = u32::try_from(self.0.reasons.len()).unwrap_or(u32::MAX);
        self.0.reasons.push(verdict.reason.clone());
        super::lay(&mut self.0.outcomes, &[row], std::iter::once(outcome));
        super::lay(&mut self.0.scores, &[row], std::iter::once(verdict.score));
        super::lay(&mut self.0.reason, &[row], std::iter::once(reason));
        for (column, place) in self.0.measures.iter_mut().zip(places) {
            let value = place.and_then(|place| verdict.measures.get(place).copied()).unwrap_or(f64::NAN);
            super::lay(column, &[row], std::iter::once(value));
        }
    }
}

//! The answer: verdicts become columns here, equal reasons become one text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::bindings::types as raw;
use crate::verdict::Outcome;
use crate::{About, Alert, Batch, Instrument, Verdict};

/// Why a scan failed as a whole. A layer that merely lacks data abstains instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    message: String,
    instrument: Option<u32>,
}

impl Fault {
    /// The whole scan failed, for this reason.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), instrument: None }
    }

    /// The instrument that caused it; the host can then do without it.
    pub fn at(self, instrument: &Instrument<'_>) -> Self {
        Self { instrument: Some(instrument.index()), ..self }
    }

    pub(crate) fn into_raw(self) -> raw::Fault {
        raw::Fault { message: self.message, instrument: self.instrument }
    }
}

/// The answer to a batch: one verdict per instrument in the batch's order (`collect` them), and what there is to say
/// of the market as a whole.
///
/// ```
/// use sluice_sdk::{Report, Verdict};
/// let report: Report = [40.0, 60.0].into_iter().map(|score| Verdict::keep(score, "ranked")).collect();
/// let report = report.market("breadth", 0.5);
/// ```
#[derive(Debug, Default)]
pub struct Report {
    outcomes: Vec<raw::Outcome>,
    scores: Vec<f64>,
    reasons: BTreeMap<Cow<'static, str>, u32>,
    reason: Vec<u32>,
    measures: Vec<(&'static str, Vec<f64>)>,
    alerts: Vec<(Option<u32>, Alert)>,
    market: Vec<(String, f64)>,
}

impl Report {
    /// No verdicts: for a market layer, or to add them one by one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the verdict on the next instrument.
    pub fn push(&mut self, verdict: Verdict) {
        let row = self.outcomes.len();
        self.outcomes.push(match verdict.outcome {
            Outcome::Keep => raw::Outcome::Keep,
            Outcome::Drop => raw::Outcome::Drop,
            Outcome::Abstain => raw::Outcome::Abstain,
        });
        self.scores.push(verdict.score);
        let reason = self.reason_index(verdict.reason);
        self.reason.push(reason);
        for (name, number) in verdict.measures {
            self.measure(row, name, number);
        }
        let instrument = u32::try_from(row).ok();
        self.alerts.extend(verdict.alerts.into_iter().map(|alert| (instrument, alert)));
    }

    /// A number on the market as a whole.
    pub fn market(mut self, name: impl Into<String>, number: f64) -> Self {
        self.market.push((name.into(), number));
        self
    }

    /// An alert on the market as a whole.
    pub fn alert(mut self, alert: Alert) -> Self {
        self.alerts.push((None, alert));
        self
    }

    fn reason_index(&mut self, reason: Cow<'static, str>) -> u32 {
        if let Some(&index) = self.reasons.get(&reason) {
            return index;
        }
        let index = u32::try_from(self.reasons.len()).unwrap_or(u32::MAX);
        self.reasons.insert(reason, index);
        index
    }

    /// Columns come into being with their first number; rows without one are NaN.
    fn measure(&mut self, row: usize, name: &'static str, number: f64) {
        let known = self.measures.iter().position(|&(known, _)| known == name);
        let at = known.unwrap_or_else(|| {
            self.measures.push((name, Vec::new()));
            self.measures.len() - 1
        });
        let Some((_, column)) = self.measures.get_mut(at) else { return };
        column.resize(row, f64::NAN);
        column.push(number);
    }

    /// The contract's report: measures in the order of the descriptor, alerts with their keys.
    ///
    /// Fails when a measure was reported that `about` does not declare: its values would have no place.
    pub(crate) fn into_raw(mut self, about: &About, batch: &Batch) -> Result<raw::Report, Fault> {
        let rows = self.outcomes.len();
        let mut measures = Vec::new();
        for name in about.measure_names() {
            let known = self.measures.iter().position(|&(known, _)| known == name);
            let mut values = known.map_or_else(Vec::new, |at| self.measures.swap_remove(at).1);
            values.resize(rows, f64::NAN);
            measures.push(raw::Column { name: name.to_owned(), values: raw::Values::Numbers(values) });
        }
        if let Some((name, _)) = self.measures.first() {
            return Err(Fault::new(format!(
                "measure {name:?} was reported, but about() does not declare it"
            )));
        }
        Ok(raw::Report {
            outcomes: self.outcomes,
            scores: self.scores,
            reasons: in_order(self.reasons),
            reason: self.reason,
            measures,
            alerts: keyed(self.alerts, batch),
            market: self.market,
        })
    }
}

impl FromIterator<Verdict> for Report {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut report = Self::new();
        verdicts.into_iter().for_each(|verdict| report.push(verdict));
        report
    }
}

/// The reasons by their index.
fn in_order(reasons: BTreeMap<Cow<'static, str>, u32>) -> Vec<String> {
    let mut indexed: Vec<(u32, Cow<'static, str>)> =
        reasons.into_iter().map(|(text, at)| (at, text)).collect();
    indexed.sort_unstable_by_key(|&(at, _)| at);
    indexed.into_iter().map(|(_, text)| text.into_owned()).collect()
}

fn keyed(alerts: Vec<(Option<u32>, Alert)>, batch: &Batch) -> Vec<raw::Alert> {
    let of = |index: u32| (index, batch.id(index as usize));
    alerts.into_iter().map(|(instrument, alert)| alert.into_raw(instrument.map(of))).collect()
}

#[cfg(test)]
mod tests;

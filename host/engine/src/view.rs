//! What of a scan's result is shown: which instruments, in which order, with which figures beside them. A scan is
//! stored whole before anything is left out here.

mod column;
mod figures;

use crate::error::EngineError;
use crate::kinds::same_kind;
use crate::plan::Plan;
use crate::result::{InstrumentResult, ScanResult};
pub use column::{COLUMN_NAMES, Column, ColumnError, Sort};
use serde::Serialize;
use sluice_market::Snapshot;
use sluice_runtime::text;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use thiserror::Error;

/// Longest typed name that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;

/// What is shown; by default everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// Only instruments with an alert of one of these kinds; empty: all.
    pub catalysts: Vec<String>,
    /// Only instruments with at least this score, 0 to 100.
    pub min_score: Option<f64>,
    /// Another order than that of the ranks.
    pub sort: Option<Sort>,
    /// So many of them, after sorting.
    pub top: Option<usize>,
    /// Figures beside each instrument.
    pub columns: Vec<Column>,
}

/// A view that makes no sense for a scan.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ViewError {
    /// A kind of alert that none of the scan's layers raises.
    #[error("no layer of this scan raises alerts of the kind {kind}: they raise {known}")]
    Kind {
        /// As it was typed.
        kind: String,
        /// The kinds there are.
        known: String,
    },
}

/// A figure of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// It is not known.
    Missing,
    /// A number.
    Number(f64),
    /// Whether a condition holds.
    Truth(bool),
    /// A text.
    Text(String),
    /// Numbers, oldest first.
    Series(Vec<f64>),
}

impl View {
    /// Refuses kinds of alerts that no layer of the plan raises: a typing error would look like an empty result.
    pub(crate) fn check(&self, plan: &Plan) -> Result<(), ViewError> {
        let descriptors = plan.layers.iter().filter_map(|planned| planned.component.descriptor());
        let known: BTreeSet<&str> =
            descriptors.flat_map(|descriptor| &descriptor.alerts).map(String::as_str).collect();
        match self.catalysts.iter().find(|kind| !known.iter().any(|known| same_kind(known, kind))) {
            None => Ok(()),
            Some(kind) => Err(ViewError::Kind {
                kind: text::clean(kind, SHOWN_BYTES),
                known: match known.is_empty() {
                    true => "none".to_owned(),
                    false => known.into_iter().collect::<Vec<_>>().join(", "),
                },
            }),
        }
    }

    /// Leaves out of the result what is not asked for, counts it, and adds the figures.
    pub(crate) fn apply(&self, result: &mut ScanResult, snapshot: &Snapshot) -> Result<(), EngineError> {
        let whole = result.results.len();
        self.choose(result);
        if let Some(sort) = &self.sort {
            let cells = figures::cells(&result.results, &result.alerts, snapshot, &[&sort.column])?;
            let mut keyed: Vec<(Cell, InstrumentResult)> =
                cells.into_iter().map(first).zip(std::mem::take(&mut result.results)).collect();
            // stable: equal ones stay in the order of their ranks
            keyed.sort_by(|(a, _), (b, _)| order(a, b, sort.descending));
            result.results = keyed.into_iter().map(|(_, result)| result).collect();
        }
        result.results.truncate(self.top.unwrap_or(usize::MAX));
        result.hidden = whole - result.results.len();
        if result.hidden > 0 {
            let shown: BTreeSet<&str> = result.results.iter().map(|result| result.symbol.as_str()).collect();
            result.alerts.retain(|alert| alert.symbol.as_deref().is_none_or(|symbol| shown.contains(symbol)));
        }
        if !self.columns.is_empty() {
            let columns: Vec<&Column> = self.columns.iter().collect();
            let cells = figures::cells(&result.results, &result.alerts, snapshot, &columns)?;
            for (result, cells) in result.results.iter_mut().zip(cells) {
                result.columns =
                    self.columns.iter().map(|column| column.name().to_owned()).zip(cells).collect();
            }
        }
        Ok(())
    }

    fn choose(&self, result: &mut ScanResult) {
        if !self.catalysts.is_empty() {
            let wanted = |kind: &str| self.catalysts.iter().any(|wanted| same_kind(wanted, kind));
            let alerts = result.alerts.iter().filter(|alert| wanted(&alert.kind));
            let with: BTreeSet<&str> = alerts.filter_map(|alert| alert.symbol.as_deref()).collect();
            result.results.retain(|result| with.contains(result.symbol.as_str()));
        }
        if let Some(least) = self.min_score {
            result.results.retain(|result| result.score.is_some_and(|score| score >= least));
        }
    }
}

fn first(cells: Vec<Cell>) -> Cell {
    cells.into_iter().next().unwrap_or(Cell::Missing)
}

/// What is not known comes last in either direction.
fn order(a: &Cell, b: &Cell, descending: bool) -> Ordering {
    let compared = match (a, b) {
        (Cell::Missing, Cell::Missing) => return Ordering::Equal,
        (Cell::Missing, _) => return Ordering::Greater,
        (_, Cell::Missing) => return Ordering::Less,
        (Cell::Number(a), Cell::Number(b)) => a.total_cmp(b),
        (Cell::Truth(a), Cell::Truth(b)) => a.cmp(b),
        (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
        // a column has cells of one kind
        _ => Ordering::Equal,
    };
    if descending { compared.reverse() } else { compared }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_comes_last_in_either_direction() {
        let sorted = |descending| {
            let mut cells = vec![Cell::Number(2.0), Cell::Missing, Cell::Number(3.0), Cell::Number(1.0)];
            cells.sort_by(|a, b| order(a, b, descending));
            cells
        };
        let [one, two, three] = [1.0, 2.0, 3.0].map(Cell::Number);
        assert_eq!(sorted(false), [one.clone(), two.clone(), three.clone(), Cell::Missing]);
        assert_eq!(sorted(true), [three, two, one, Cell::Missing]);
    }

    #[test]
    fn a_kind_has_many_spellings() {
        assert!(same_kind("gap-up", "GAP_UP") && same_kind("Gap-Up", "gap_up"));
        assert!(!same_kind("gap-up", "gap-down"));
    }
}

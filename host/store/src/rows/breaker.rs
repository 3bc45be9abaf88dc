//! Breakers of components, and reports that stand in for those of a component that is not called.

use crate::ids::{AuditAction, BreakerState, Outcome, ScanId};

/// The breaker of one component. All instants are UTC milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerRow {
    /// author/name of the layer.
    pub layer: String,
    /// Digest of its component.
    pub digest: String,
    /// Whether it is called.
    pub state: BreakerState,
    /// When it faulted: the faults that still count, oldest first.
    pub faults: Vec<i64>,
    /// How often it opened since the last healthy day.
    pub openings: u32,
    /// When it opened last.
    pub opened_at: Option<i64>,
    /// From when on it may be tried again.
    pub retry_at: Option<i64>,
    /// Who tries it while it is half-open.
    pub probe: Option<String>,
    /// Until when that is believed.
    pub probe_until: Option<i64>,
    /// The newest fault.
    pub last_fault: Option<String>,
    /// When that was.
    pub last_fault_at: Option<i64>,
    /// Why an operator tripped it.
    pub reason: Option<String>,
    /// The last change of its state.
    pub changed_at: i64,
}

impl BreakerRow {
    /// What a component without a row has.
    #[must_use]
    pub fn closed(layer: &str, digest: &str) -> Self {
        Self {
            layer: layer.to_owned(),
            digest: digest.to_owned(),
            state: BreakerState::Closed,
            faults: Vec::new(),
            openings: 0,
            opened_at: None,
            retry_at: None,
            probe: None,
            probe_until: None,
            last_fault: None,
            last_fault_at: None,
            reason: None,
            changed_at: 0,
        }
    }
}

/// What a change of a breaker's state leaves in the audit log; the store adds who, when, and of which component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerNote {
    /// One of the breakers' actions.
    pub action: AuditAction,
    /// How it was before, JSON.
    pub before_json: String,
    /// How it is since, JSON.
    pub after_json: String,
}

/// What is to become of a breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerChange<T> {
    /// The breaker since; of the same component.
    pub row: BreakerRow,
    /// For the audit log; none: nothing that it tells of.
    pub note: Option<BreakerNote>,
    /// What the one who asked for the change learns.
    pub answer: T,
}

/// A usable report of a layer from an earlier scan.
#[derive(Debug, Clone, PartialEq)]
pub struct LastGood {
    /// The scan.
    pub scan: ScanId,
    /// The instant that the scan is about.
    pub as_of: i64,
    /// Version of the layer that reported.
    pub version: String,
    /// Digest of its component.
    pub digest: String,
    /// Names of the measures, in the order of [`GoodVerdict::measures`].
    pub measures: Vec<String>,
    /// What it said, in the order in which the instruments became known.
    pub verdicts: Vec<GoodVerdict>,
}

/// What a layer said of one instrument; NaN: none.
#[derive(Debug, Clone, PartialEq)]
pub struct GoodVerdict {
    /// Permanent identity of the instrument.
    pub ident: String,
    /// What it said.
    pub outcome: Outcome,
    /// 0..100.
    pub score: f64,
    /// Why.
    pub reason: String,
    /// In the order of [`LastGood::measures`].
    pub measures: Vec<f64>,
}

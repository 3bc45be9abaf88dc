//! What changed: a note for the audit log, and an event for whoever watches the program.

use serde::Serialize;
use sluice_market::Instant;
use sluice_store::{AuditAction, BreakerChange, BreakerNote, BreakerRow, BreakerState};

/// A breaker that went from one state to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// author/name of the layer.
    pub layer: String,
    /// Digest of its component.
    pub digest: String,
    /// How it was.
    pub from: BreakerState,
    /// How it is.
    pub to: BreakerState,
    /// What the audit log calls it.
    pub action: AuditAction,
    /// The fault or the operator's reason; empty: there is none.
    pub why: String,
}

impl Transition {
    /// Tells those who watch: a layer that is taken out of use is a warning, all else is information.
    pub fn emit(&self) {
        let Self { layer, digest, from, to, action, why } = self;
        match action {
            AuditAction::BreakerOpened | AuditAction::BreakerQuarantined => {
                tracing::warn!(%layer, %digest, %from, %to, %why, "{action}");
            }
            _ => tracing::info!(%layer, %digest, %from, %to, %why, "{action}"),
        }
    }
}

/// What was decided of a breaker. The transition is told by [`tell`](Self::tell), after the change is committed: one
/// that is tried twice happens once.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "the transition must be told once the change is committed"]
pub struct Decided<T> {
    /// The answer.
    pub value: T,
    /// How the breaker's state changed; none: it did not.
    pub transition: Option<Transition>,
}

impl<T> Decided<T> {
    /// Emits the transition, if there was one, and gives the answer.
    pub fn tell(self) -> T {
        if let Some(transition) = &self.transition {
            transition.emit();
        }
        self.value
    }
}

/// A change of which nobody needs to know.
pub(super) fn quietly<T>(row: BreakerRow, value: T) -> BreakerChange<Decided<T>> {
    BreakerChange { row, note: None, answer: Decided { value, transition: None } }
}

/// A change that is audited and told.
pub(super) fn openly<T>(
    before: &BreakerRow,
    row: BreakerRow,
    action: AuditAction,
    cause: Cause<'_>,
    value: T,
) -> BreakerChange<Decided<T>> {
    let (fault, probe, why) = match cause {
        Cause::None => (None, None, ""),
        Cause::Probe(who) => (None, Some(who), ""),
        Cause::Fault(text) => (Some(text), None, text),
        // the reason is part of every state
        Cause::Operator(text) => (None, None, text),
    };
    let (earlier, later) = (State::of(before), State { fault, probe, ..State::of(&row) });
    let note = BreakerNote { action, before_json: earlier.json(), after_json: later.json() };
    let transition = Transition {
        layer: row.layer.clone(),
        digest: row.digest.clone(),
        from: before.state,
        to: row.state,
        action,
        why: why.to_owned(),
    };
    BreakerChange { row, note: Some(note), answer: Decided { value, transition: Some(transition) } }
}

/// Why a breaker's state changes.
pub(super) enum Cause<'a> {
    None,
    Fault(&'a str),
    Operator(&'a str),
    Probe(&'a str),
}

/// What the audit log keeps of a row, what matters most first: a list of the log may cut it.
#[derive(Serialize)]
struct State<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<&'a str>,
    reason: Option<&'a str>,
    openings: u32,
    retry_at: Option<String>,
}

impl<'a> State<'a> {
    fn of(row: &'a BreakerRow) -> Self {
        Self {
            state: row.state.as_str(),
            fault: None,
            probe: None,
            reason: row.reason.as_deref(),
            openings: row.openings,
            retry_at: row.retry_at.map(|at| Instant::from_millis(at).to_string()),
        }
    }

    fn json(&self) -> String {
        // texts and numbers have no reason to fail; the log then says nothing rather than the scan
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }
}

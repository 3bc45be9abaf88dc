//! What changed: a note for the audit log, and an event for whoever watches the program.

use serde_json::{Value, json};
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
    let mut after = state(&row);
    let why = match cause {
        Cause::None => String::new(),
        Cause::Probe(who) => {
            after["probe"] = json!(who);
            String::new()
        }
        Cause::Fault(text) => {
            after["fault"] = json!(text);
            text.to_owned()
        }
        // the reason is part of every state
        Cause::Operator(text) => text.to_owned(),
    };
    let transition = Transition {
        layer: row.layer.clone(),
        digest: row.digest.clone(),
        from: before.state,
        to: row.state,
        action,
        why,
    };
    let note = BreakerNote { action, before_json: state(before).to_string(), after_json: after.to_string() };
    BreakerChange { row, note: Some(note), answer: Decided { value, transition: Some(transition) } }
}

/// Why a breaker's state changes.
pub(super) enum Cause<'a> {
    None,
    Fault(&'a str),
    Operator(&'a str),
    Probe(&'a str),
}

/// What the audit log keeps of a row.
fn state(row: &BreakerRow) -> Value {
    json!({
        "state": row.state.as_str(),
        "openings": row.openings,
        "retry_at": row.retry_at.map(|at| Instant::from_millis(at).to_string()),
        "reason": row.reason,
    })
}

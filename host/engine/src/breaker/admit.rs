//! Before a scan's calls: may the layer be called?

use super::clock::settle;
use super::refusal::Refusal;
use super::rules::{BreakerRules, millis};
use super::transition::{Cause, Decided, openly, quietly};
use sluice_store::{AuditAction, BreakerChange, BreakerRow, BreakerState};

/// Whether a layer may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Closed,
    /// Yes, and its conduct decides whether others may.
    Probe,
    /// No.
    Refused(Refusal),
}

/// Decides whether `who` may call the layer now. The first one who asks after the wait becomes the probe, and stays
/// it when it asks again; a probe that has not reported in time is forgotten. `who` names one scan of one process.
pub fn admit(
    rules: &BreakerRules,
    row: BreakerRow,
    now: i64,
    who: &str,
) -> BreakerChange<Decided<Admission>> {
    let row = settle(rules, row, now);
    if row.state == BreakerState::Closed {
        return quietly(row, Admission::Closed);
    }
    if is_due(&row, now) {
        return probe(rules, row, now, who);
    }
    if row.state == BreakerState::HalfOpen && row.probe.as_deref() == Some(who) {
        return quietly(row, Admission::Probe);
    }
    let refusal = Refusal::of(&row);
    quietly(row, Admission::Refused(refusal))
}

/// Whether the next one who asks becomes the probe: the wait is over, or the last probe ended without a word.
pub fn is_due(row: &BreakerRow, now: i64) -> bool {
    match row.state {
        BreakerState::Closed | BreakerState::Quarantined => false,
        BreakerState::Open => row.retry_at.is_none_or(|at| at <= now),
        BreakerState::HalfOpen => row.probe.is_none() || row.probe_until.is_none_or(|until| until <= now),
    }
}

/// Whether there is nothing to tell of a breaker: closed, with no fault and no opening that still counts.
pub fn is_plain(row: &BreakerRow) -> bool {
    row.state == BreakerState::Closed && row.faults.is_empty() && row.openings == 0
}

fn probe(rules: &BreakerRules, before: BreakerRow, now: i64, who: &str) -> BreakerChange<Decided<Admission>> {
    let mut row = before.clone();
    row.state = BreakerState::HalfOpen;
    row.probe = Some(who.to_owned());
    row.probe_until = Some(now.saturating_add(millis(rules.probe)));
    row.retry_at = None;
    row.changed_at = now;
    openly(&before, row, AuditAction::BreakerProbed, Cause::Probe(who), Admission::Probe)
}

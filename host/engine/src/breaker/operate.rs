//! What an operator does to a breaker.

use super::admit::is_plain;
use super::tidy;
use super::transition::{Cause, Decided, openly, quietly};
use sluice_store::{AuditAction, BreakerChange, BreakerRow, BreakerState};

/// Closes a breaker and forgets what counted against the layer; its newest fault stays to be seen. Tells whether there
/// was anything to do.
pub fn reset(before: BreakerRow, now: i64) -> BreakerChange<Decided<bool>> {
    if is_plain(&before) {
        return quietly(before, false);
    }
    let row = BreakerRow {
        last_fault: before.last_fault.clone(),
        last_fault_at: before.last_fault_at,
        changed_at: now,
        ..BreakerRow::closed(&before.layer, &before.digest)
    };
    openly(&before, row, AuditAction::BreakerReset, Cause::None, true)
}

/// Keeps the layer from being called until an operator resets it, whatever its state was. Tells whether that changed
/// anything: it does not when the same reason holds already.
pub fn trip(before: BreakerRow, now: i64, reason: &str) -> BreakerChange<Decided<bool>> {
    let reason = tidy(reason);
    if before.state == BreakerState::Quarantined && before.reason.as_ref() == Some(&reason) {
        return quietly(before, false);
    }
    let mut row = before.clone();
    row.state = BreakerState::Quarantined;
    row.opened_at = Some(now);
    row.changed_at = now;
    row.retry_at = None;
    (row.probe, row.probe_until) = (None, None);
    row.reason = Some(reason.clone());
    openly(&before, row, AuditAction::BreakerTripped, Cause::Operator(&reason), true)
}

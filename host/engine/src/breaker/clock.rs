//! A row as it counts now. Clocks are set back, and rules are changed: no instant of a row may then keep a layer out
//! for longer than the rules can mean.

use super::rules::{BreakerRules, millis};
use sluice_store::{BreakerRow, BreakerState};

/// A row as it counts now: what happened is at the latest now, what is waited for is at most the longest wait away; old faults and, after a
/// healthy time, old openings are forgotten.
pub fn settle(rules: &BreakerRules, mut row: BreakerRow, now: i64) -> BreakerRow {
    let past = |at: i64| at.min(now);
    row.faults.iter_mut().for_each(|at| *at = past(*at));
    row.opened_at = row.opened_at.map(past);
    row.last_fault_at = row.last_fault_at.map(past);
    row.changed_at = past(row.changed_at);
    row.retry_at = row.retry_at.map(|at| at.min(now.saturating_add(rules.longest_wait())));
    row.probe_until = row.probe_until.map(|at| at.min(now.saturating_add(millis(rules.probe))));
    if row.state == BreakerState::Closed {
        forget_old_faults(rules, &mut row, now);
        let since = row.last_fault_at.map_or(row.changed_at, |fault| fault.max(row.changed_at));
        if now.saturating_sub(since) >= millis(rules.healthy) {
            row.openings = 0;
        }
    }
    row
}

/// Keeps those within the window, and of them as many of the newest as open a breaker: more decide nothing.
pub(super) fn forget_old_faults(rules: &BreakerRules, row: &mut BreakerRow, now: i64) {
    let window = millis(rules.window);
    row.faults.retain(|at| now.saturating_sub(*at) < window);
    row.faults.drain(..row.faults.len().saturating_sub(rules.most_faults()));
}

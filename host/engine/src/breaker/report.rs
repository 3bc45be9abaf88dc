//! After a scan's calls: how did the layer do?

use super::clock::{forget_old_faults, settle};
use super::rules::BreakerRules;
use super::tidy;
use super::transition::{Cause, Decided, openly, quietly};
use sluice_store::{AuditAction, BreakerChange, BreakerRow, BreakerState};

/// How a layer did in one scan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conduct {
    /// Its faults in words, oldest first: one per shard that failed as a whole, or per instrument that was found to be
    /// the cause.
    pub faults: Vec<String>,
    /// No call was usable.
    pub all_faulted: bool,
    /// Calls that were made.
    pub calls: u64,
}

impl Conduct {
    /// How many faults it is charged with.
    fn charged(&self) -> usize {
        self.faults.len().max(usize::from(self.all_faulted))
    }

    fn last_fault(&self) -> &str {
        self.faults.last().map_or("every call faulted", String::as_str)
    }

    /// Whether it is enough to open a breaker by itself.
    fn is_bad(&self, rules: &BreakerRules) -> bool {
        self.all_faulted || self.charged() >= rules.most_faults()
    }
}

/// Takes the conduct of a layer in a scan of `who` into account. `noise`, 0 to 1, lengthens or shortens the wait.
///
/// Only the probe closes a breaker or opens it again; it works when it would not have opened a closed breaker by
/// itself, and its own faults count from then on. Scans that began before a breaker opened, and report after it,
/// change nothing but the newest fault.
pub fn report(
    rules: &BreakerRules,
    row: BreakerRow,
    now: i64,
    who: &str,
    conduct: &Conduct,
    noise: f64,
) -> BreakerChange<Decided<()>> {
    let mut row = settle(rules, row, now);
    let before = row.clone();
    let probing = row.state == BreakerState::HalfOpen && row.probe.as_deref() == Some(who);
    if conduct.charged() == 0 && conduct.calls == 0 {
        // nothing was learnt: the next one may probe
        if probing {
            (row.probe, row.probe_until) = (None, None);
        }
        return quietly(row, ());
    }
    charge(rules, &mut row, now, conduct);
    match row.state {
        BreakerState::Closed if conduct.is_bad(rules) || is_full(rules, &row, conduct) => {
            open(rules, &before, row, now, noise)
        }
        BreakerState::HalfOpen if probing && conduct.is_bad(rules) => open(rules, &before, row, now, noise),
        BreakerState::HalfOpen if probing => close(&before, row, now, conduct),
        _ => quietly(row, ()),
    }
}

/// Notes the faults.
fn charge(rules: &BreakerRules, row: &mut BreakerRow, now: i64, conduct: &Conduct) {
    let charged = conduct.charged();
    if charged == 0 {
        return;
    }
    row.faults.extend(std::iter::repeat_n(now, charged.min(rules.most_faults())));
    forget_old_faults(rules, row, now);
    row.last_fault = Some(tidy(conduct.last_fault()));
    row.last_fault_at = Some(now);
}

/// Whether these faults were the last of so many that it opens.
fn is_full(rules: &BreakerRules, row: &BreakerRow, conduct: &Conduct) -> bool {
    conduct.charged() > 0 && row.faults.len() >= rules.most_faults()
}

/// Opens it for a while, or for good when it opened too often.
fn open(
    rules: &BreakerRules,
    before: &BreakerRow,
    mut row: BreakerRow,
    now: i64,
    noise: f64,
) -> BreakerChange<Decided<()>> {
    row.openings = row.openings.saturating_add(1);
    row.opened_at = Some(now);
    row.changed_at = now;
    (row.probe, row.probe_until) = (None, None);
    let action = if row.openings >= rules.openings.max(1) {
        row.state = BreakerState::Quarantined;
        row.retry_at = None;
        AuditAction::BreakerQuarantined
    } else {
        row.state = BreakerState::Open;
        row.retry_at = Some(now.saturating_add(rules.jittered(row.openings, noise)));
        AuditAction::BreakerOpened
    };
    let fault = row.last_fault.clone().unwrap_or_default();
    openly(before, row, action, Cause::Fault(&fault), ())
}

/// Closes it; what the probe itself did wrong still counts.
fn close(
    before: &BreakerRow,
    mut row: BreakerRow,
    now: i64,
    conduct: &Conduct,
) -> BreakerChange<Decided<()>> {
    let own = row.faults.len().saturating_sub(conduct.charged());
    row.faults.drain(..own);
    row.state = BreakerState::Closed;
    row.changed_at = now;
    (row.opened_at, row.retry_at) = (None, None);
    (row.probe, row.probe_until) = (None, None);
    openly(before, row, AuditAction::BreakerClosed, Cause::None, ())
}

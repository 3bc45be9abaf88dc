//! Why a layer is not called, in words.

use sluice_market::Instant;
use sluice_store::{BreakerRow, BreakerState};
use std::fmt;

/// A layer that is not called because its breaker is not closed. As a text it is one line that follows the layer's
/// name and says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// author/name of the layer.
    pub layer: String,
    /// Open, half-open or quarantined.
    pub state: BreakerState,
    /// How often it opened since the last healthy time.
    pub openings: u32,
    /// When it opened last, UTC ms.
    pub opened_at: Option<i64>,
    /// From when on it may be probed, UTC ms; while another one probes it: when that one is given up at the latest.
    /// None: not before an operator resets it.
    pub retry_at: Option<i64>,
    /// The newest fault.
    pub last_fault: Option<String>,
    /// Why an operator tripped it.
    pub reason: Option<String>,
}

impl Refusal {
    pub(super) fn of(row: &BreakerRow) -> Self {
        let probed = row.state == BreakerState::HalfOpen;
        Self {
            layer: row.layer.clone(),
            state: row.state,
            openings: row.openings,
            opened_at: row.opened_at,
            retry_at: if probed { row.probe_until } else { row.retry_at },
            last_fault: row.last_fault.clone(),
            reason: row.reason.clone(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, state, openings, opened_at, retry_at, last_fault, reason } = self;
        let (since, until) = (At(" since ", *opened_at), At(" ", *retry_at));
        let fault = Fault(last_fault.as_deref());
        match (state, reason) {
            (BreakerState::Quarantined, Some(reason)) => write!(
                f,
                "an operator tripped its breaker (reason: {reason}){since}; `sluice breaker reset {layer}` closes it"
            ),
            (BreakerState::Quarantined, None) => write!(
                f,
                "its breaker is quarantined{since}, opened {openings} times without a healthy day between{fault}; \
                 activate a version that works, or `sluice breaker reset {layer}` once the cause is gone"
            ),
            (BreakerState::HalfOpen, _) => write!(
                f,
                "its breaker is half-open{fault}; another scan probes it, until{until} at the latest: scan again \
                 after it, or close it with `sluice breaker reset {layer}`"
            ),
            (BreakerState::Open | BreakerState::Closed, _) => write!(
                f,
                "its breaker is open{since}{fault}; a scan probes it from{until} on, `sluice breaker reset {layer}` \
                 closes it at once"
            ),
        }
    }
}

/// An instant with what leads to it; nothing when there is none.
struct At(&'static str, Option<i64>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(at) => write!(f, "{}{}", self.0, Instant::from_millis(at)),
            None => Ok(()),
        }
    }
}

/// A fault in brackets; nothing when there is none.
struct Fault<'a>(Option<&'a str>);

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(fault) => write!(f, " (last fault: {fault})"),
            None => Ok(()),
        }
    }
}

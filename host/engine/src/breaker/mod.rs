//! The breaker of a layer: after too many faults the layer is not called for a while, then probed, then called again,
//! or given up until an operator says otherwise.
//!
//! ```text
//!              too many faults                  the wait is over
//!   closed ─────────────────────▶ open ─────────────────────▶ half-open (one probe)
//!     ▲ ▲                          ▲                            │      │
//!     │ │                          └──────── it fails ──────────┘      │
//!     │ └───────────────────────────── it works ───────────────────────┘
//!     └── an operator resets it ── quarantined ◀── opened too often, or an operator trips it
//! ```
//!
//! A breaker belongs to one component: a layer's id with a digest. Another version has another breaker.
//!
//! Everything here is a pure function from a row and the present to another row, so that the store can run it inside
//! a transaction, and again when the transaction is repeated: no clock, no randomness, no database. Who calls gives
//! the present, the noise, and [tells](Decided::tell) of the transition once the transaction is committed.

mod admit;
mod clock;
mod operate;
mod refusal;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod transition;

pub use admit::{Admission, admit, is_due, is_plain};
pub use clock::settle;
pub use operate::{reset, trip};
pub use refusal::Refusal;
pub use report::{Conduct, report};
pub use rules::BreakerRules;
pub use transition::{Decided, Transition};

/// Longest text of a fault or a reason that is kept, in bytes.
pub const TEXT_BYTES: usize = 500;

/// A text that may be kept and shown: one line, nothing that acts on a terminal, not too long.
fn tidy(text: &str) -> String {
    let longest = TEXT_BYTES;
    let mut line = sluice_runtime::text::line(text, longest);
    // what is unprintable was replaced by something longer
    while line.len() > longest {
        line.pop();
    }
    line
}

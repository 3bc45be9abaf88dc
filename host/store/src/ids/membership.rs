//! Words of the history of stages.

use std::fmt;
use std::str::FromStr;

use super::UnknownWord;

words!(
    /// Why an instrument came no further in a scan.
    Cause, "cause", "passed, verdict, no-opinion, fault, threshold, max-symbols or unlisted", {
        /// It came through to the end.
        Passed = "passed",
        /// Too few layers of a stage kept it.
        Verdict = "verdict",
        /// No layer of a stage had an opinion.
        NoOpinion = "no-opinion",
        /// No layer of a stage had an opinion, and one of them faulted on it.
        Fault = "fault",
        /// Its score was below a stage's threshold.
        Threshold = "threshold",
        /// Others had higher scores, and the stage takes so many only.
        MaxSymbols = "max-symbols",
        /// It was not listed.
        Unlisted = "unlisted",
    }
);

words!(
    /// How an instrument came further, or less far, than in the scan before.
    Movement, "movement", "entered, left, promoted, demoted or first-scan", {
        /// It had passed no stage, and now some.
        Entered = "entered",
        /// It had passed some stage, and now none.
        Left = "left",
        /// It passed more stages.
        Promoted = "promoted",
        /// It passed fewer stages.
        Demoted = "demoted",
        /// No movement, but how far it had come when they began to be told. It is read from the scan and never stored as one.
        FirstScan = "first-scan",
    }
);

/// In the order of the bytes that are stored.
const CAUSES: [Cause; 7] = [
    Cause::Passed,
    Cause::Verdict,
    Cause::NoOpinion,
    Cause::Fault,
    Cause::Threshold,
    Cause::MaxSymbols,
    Cause::Unlisted,
];

impl Cause {
    pub(crate) fn code(self) -> u8 {
        CAUSES.iter().position(|cause| *cause == self).and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX)
    }

    pub(crate) fn of_code(code: u8) -> Option<Self> {
        CAUSES.get(usize::from(code)).copied()
    }
}

//! Identities and the closed sets of words, each with the one spelling that the database knows.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is none of the words of a closed set, or no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is no {what}; expected {expected}")]
pub struct UnknownWord {
    /// What the text was read as.
    pub what: &'static str,
    /// The text.
    pub given: String,
    /// What would have been understood.
    pub expected: &'static str,
}

/// Declares a closed set of words: the enum, its spelling in the database, and both directions between them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal, $expected:literal, { $($(#[$item:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$item])* $variant,)+
        }

        impl $name {
            /// The word as it is stored and printed.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err(UnknownWord { what: $what, given: other.to_owned(), expected: $expected }),
                }
            }
        }
    };
}

mod audit;
mod membership;

pub use audit::{AuditAction, AuditFaultKind};
pub use membership::{Cause, Movement};

words!(
    /// Where a scan stands.
    ScanStatus, "scan status", "running, complete, partial, failed or interrupted", {
        /// Begun and not finished yet.
        Running = "running",
        /// Every layer answered.
        Complete = "complete",
        /// Some layer failed or was skipped; the rest is here.
        Partial = "partial",
        /// No usable result.
        Failed = "failed",
        /// Stopped by a user, or its process is gone.
        Interrupted = "interrupted",
    }
);

words!(
    /// How a scan can end when its results are stored.
    FinalStatus, "final scan status", "complete, partial or failed", {
        /// Every layer answered.
        Complete = "complete",
        /// Some layer failed or was skipped; the rest is stored.
        Partial = "partial",
        /// No usable result.
        Failed = "failed",
    }
);

words!(
    /// How one layer fared in one scan.
    LayerRunStatus, "layer run status", "ok, faulted, skipped or last-good", {
        /// Every answer was usable.
        Ok = "ok",
        /// Some answer was not.
        Faulted = "faulted",
        /// Not called.
        Skipped = "skipped",
        /// Not called; an earlier report of it stood in.
        LastGood = "last-good",
    }
);

words!(
    /// Whether a component is called.
    BreakerState, "breaker state", "closed, open, half-open or quarantined", {
        /// It is.
        Closed = "closed",
        /// Not before some instant.
        Open = "open",
        /// By one who tries it.
        HalfOpen = "half-open",
        /// Not until an operator says so.
        Quarantined = "quarantined",
    }
);

/// Where a list of alerts goes on: the last alert that was seen. Opaque; it is printed and read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCursor {
    pub(crate) scan: i64,
    pub(crate) alert: i64,
}

impl AlertCursor {
    /// Whether it stands before another one in the list: newest scan first, then in the order of its alerts.
    pub(crate) fn comes_before(self, other: Self) -> bool {
        self.scan > other.scan || (self.scan == other.scan && self.alert < other.alert)
    }
}

impl fmt::Display for AlertCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.scan, self.alert)
    }
}

impl FromStr for AlertCursor {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let number = |part: &str| match part.bytes().all(|byte| byte.is_ascii_digit()) {
            true => part.parse().ok(),
            false => None,
        };
        let parts = text.split_once('-').and_then(|(scan, alert)| Some((number(scan)?, number(alert)?)));
        match parts {
            Some((scan, alert)) => Ok(Self { scan, alert }),
            None => Err(UnknownWord {
                what: "cursor",
                given: text.to_owned(),
                expected: "the cursor of an alert that was listed, such as 12-345",
            }),
        }
    }
}

words!(
    /// How much an alert matters.
    Severity, "severity", "info, notice or urgent", {
        /// Good to know.
        Info = "info",
        /// Worth a look.
        Notice = "notice",
        /// Now.
        Urgent = "urgent",
    }
);

words!(
    /// The side of a trade.
    Side, "side", "long or short", {
        /// Bought first.
        Long = "long",
        /// Sold first.
        Short = "short",
    }
);

words!(
    /// What a layer said of one instrument. Columns of verdicts carry it as a number: keep 0, drop 1, abstain 2, error 3.
    Outcome, "outcome", "keep, drop, abstain or error", {
        /// Goes on to the next stage.
        Keep = "keep",
        /// Judged and found wanting.
        Drop = "drop",
        /// No opinion.
        Abstain = "abstain",
        /// The layer faulted on this instrument; there is no score.
        Error = "error",
    }
);

impl From<Outcome> for u8 {
    fn from(outcome: Outcome) -> u8 {
        match outcome {
            Outcome::Keep => 0,
            Outcome::Drop => 1,
            Outcome::Abstain => 2,
            Outcome::Error => 3,
        }
    }
}

impl TryFrom<u8> for Outcome {
    type Error = UnknownWord;

    fn try_from(code: u8) -> Result<Self, UnknownWord> {
        match code {
            0 => Ok(Self::Keep),
            1 => Ok(Self::Drop),
            2 => Ok(Self::Abstain),
            3 => Ok(Self::Error),
            other => Err(UnknownWord {
                what: "outcome",
                given: other.to_string(),
                expected: "0 (keep), 1 (drop), 2 (abstain) or 3 (error)",
            }),
        }
    }
}

/// The identity of a scan: a UUID of version 7, so that newer scans sort after older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScanId(Uuid);

impl ScanId {
    /// A new identity from the clock and the system's randomness.
    #[must_use]
    pub(crate) fn generate() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for ScanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for ScanId {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Uuid::try_parse(text).map(Self).map_err(|_| UnknownWord {
            what: "scan id",
            given: text.to_owned(),
            expected: "a UUID such as 0198c2f4-5a10-7c3e-9d42-6f1f0c9a7b21",
        })
    }
}

/// The identity of a layer run within one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayerRunId(pub(crate) i64);

impl fmt::Display for LayerRunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_reads_back_as_itself_and_another_is_refused_with_the_choices() {
        for status in [ScanStatus::Running, ScanStatus::Partial, ScanStatus::Interrupted] {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
        let error = "done".parse::<ScanStatus>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"done\" is no scan status; expected running, complete, partial, failed or interrupted"
        );
    }

    #[test]
    fn outcomes_are_numbered_in_the_order_of_the_contract() {
        let outcomes = [Outcome::Keep, Outcome::Drop, Outcome::Abstain, Outcome::Error];
        for (code, outcome) in (0..).zip(outcomes) {
            assert_eq!(u8::from(outcome), code);
            assert_eq!(Outcome::try_from(code), Ok(outcome));
        }
        assert!(Outcome::try_from(4).is_err());
    }

    #[test]
    fn scan_ids_are_of_version_7_and_sort_by_age() {
        let ids: Vec<String> = (0..50).map(|_| ScanId::generate().to_string()).collect();
        assert!(ids.is_sorted());
        assert_eq!(ids[0].as_bytes()[14], b'7');
        assert_eq!(ids[7].parse::<ScanId>().unwrap().to_string(), ids[7]);
        assert!("0198; DROP TABLE scans".parse::<ScanId>().is_err());
    }
}

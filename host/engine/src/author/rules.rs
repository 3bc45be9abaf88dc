//! The rules that a scan relies on, and what to look at when one is broken.

use serde::Serialize;

/// A rule that every layer keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The same call twice gives the same answer.
    Deterministic,
    /// The order of the instruments changes nothing.
    OrderIndependent,
    /// The size of the shards changes nothing.
    ShardIndependent,
    /// Without data there is no opinion.
    Abstains,
    /// Odd data is no reason to fail.
    Survives,
    /// What comes after the instant changes nothing.
    NoLookAhead,
}

impl Rule {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 6] = [
        Self::Survives,
        Self::Deterministic,
        Self::OrderIndependent,
        Self::ShardIndependent,
        Self::Abstains,
        Self::NoLookAhead,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Deterministic => "deterministic",
            Self::OrderIndependent => "order-independent",
            Self::ShardIndependent => "shard-independent",
            Self::Abstains => "abstains",
            Self::Survives => "survives",
            Self::NoLookAhead => "no-look-ahead",
        }
    }

    /// What it says.
    pub fn says(self) -> &'static str {
        match self {
            Self::Deterministic => "the same call twice gives the same answer, to the last bit",
            Self::OrderIndependent => "instruments in another order get the same answers",
            Self::ShardIndependent => "shards of 1, 7 and 512 give the same answers",
            Self::Abstains => "an instrument without data gets no opinion",
            Self::Survives => "NaN, zero volume, one bar, no bars, halts and extreme prices are no fault",
            Self::NoLookAhead => "bars, events and facts that come later change nothing",
        }
    }

    /// What to look at when it is broken.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Deterministic => {
                "look for the order of a HashMap or HashSet: use a BTreeMap, or sort before you judge"
            }
            Self::OrderIndependent => {
                "look for what one instrument leaves for the next, and for ties that the place in the batch decides: \
                 break ties by the ticker"
            }
            Self::ShardIndependent => {
                "a per-instrument layer judges each instrument alone, for nobody says what shares its call: look for \
                 totals or ranks over the batch, or declare the scope cross-section"
            }
            Self::Abstains => {
                "return Verdict::abstain when bars or events are missing: a default score would pass for a judgement"
            }
            Self::Survives => {
                "look for divisions by zero, for an index beyond the bars, and for NaN that gets into a score"
            }
            Self::NoLookAhead => {
                "the host hands over nothing that was not known yet, so this is a fault of the host: report it"
            }
        }
    }
}

//! What the set keeps beside bars and instruments: where bars came from, corporate actions, events, facts,
//! memberships in indices, and quotes.
//!
//! Each kind but origins has a file of its own, only when there is something to keep, sorted by instrument and then
//! by time. Instants are final: what a source said of a date was turned into one by the venue's calendar at the
//! import.

mod actions;
mod events;
mod facts;
mod file;
mod members;
mod quotes;
mod sorted;
#[cfg(test)]
mod whole;

use serde::{Deserialize, Serialize};

use crate::instant::Instant;
use crate::symbol::Symbol;
pub(crate) use file::{Record, RecordFile, Records};
pub(crate) use sorted::SortedRecords;
#[cfg(test)]
pub(crate) use whole::RecordSet;

/// Where bars came from. The bar files name these by number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct OriginRecord {
    /// Who made the file, in lower-case letters; `csv` when nobody knows.
    pub(crate) source: String,
    pub(crate) stamped: Stamped,
    pub(crate) adjusted: Adjusted,
    /// Up to which day splits (and dividends) are contained in the prices: the newest date of the instrument's
    /// bars in the file. None for raw prices, and for sets that were written before this was kept.
    pub(crate) through: Option<i32>,
}

/// What the stamp of a bar meant in its file. In the set bars are always told by their open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Stamped {
    /// The instant at which the bar begins.
    Open,
    /// The instant at which it ends.
    Close,
}

/// What the prices of a file have been adjusted for when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Adjusted {
    /// Nothing: as traded.
    Raw,
    /// Splits.
    Split,
    /// Splits and dividends.
    Total,
    /// Nobody says. Read as adjusted for the splits that were known when the file was imported.
    Unknown,
}

impl Adjusted {
    /// The canonical text.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Split => "split",
            Self::Total => "total",
            Self::Unknown => "unknown",
        }
    }
}

/// A corporate action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ActionRecord {
    /// Position in the instrument table.
    pub(crate) instrument: u32,
    /// Identity: an import that has it again replaces it.
    pub(crate) id: String,
    pub(crate) kind: ActionRecordKind,
    /// The first day on which shares trade without the dividend, with the new ratio or under the new ticker.
    pub(crate) ex_day: i32,
    #[serde(with = "crate::instant::millis")]
    pub(crate) known_at: Instant,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum ActionRecordKind {
    /// New shares for each old one.
    Split(f64),
    /// Cash for each share, in the instrument's currency as of the ex-date.
    Dividend(f64),
    /// The instrument gets another ticker.
    Rename {
        /// The ticker before.
        from: Symbol,
        /// The ticker from the ex-date on.
        to: Symbol,
    },
    /// The listing ends.
    Delisting,
}

/// Something that became known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct EventRecord {
    /// Position in the instrument table.
    pub(crate) instrument: u32,
    /// Identity: an import that has it again replaces it.
    pub(crate) id: String,
    pub(crate) kind: String,
    #[serde(with = "crate::instant::millis")]
    pub(crate) known_at: Instant,
    #[serde(with = "crate::instant::millis")]
    pub(crate) effective_at: Instant,
    pub(crate) headline: String,
    /// Who made the file.
    pub(crate) source: String,
    pub(crate) numbers: Vec<(String, f64)>,
    pub(crate) attributes: Vec<(String, String)>,
}

/// A number that became known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FactRecord {
    /// Position in the instrument table.
    pub(crate) instrument: u32,
    pub(crate) name: String,
    pub(crate) value: f64,
    #[serde(with = "crate::instant::millis")]
    pub(crate) known_at: Instant,
}

/// A membership in an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemberRecord {
    /// Position in the instrument table.
    pub(crate) instrument: u32,
    pub(crate) index: String,
    /// First day as a member; none: since ever.
    pub(crate) from_day: Option<i32>,
    /// First day no longer as a member; none: still.
    pub(crate) to_day: Option<i32>,
}

/// What was bid and asked for an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct QuoteRecord {
    /// Position in the instrument table.
    pub(crate) instrument: u32,
    /// When it became known.
    #[serde(with = "crate::instant::millis")]
    pub(crate) at: Instant,
    /// Prices in the instrument's currency as they were quoted: 0 when there was nobody, none when nobody says.
    pub(crate) bid: Option<f64>,
    pub(crate) ask: Option<f64>,
    /// Shares.
    pub(crate) bid_size: Option<f64>,
    pub(crate) ask_size: Option<f64>,
    /// Price of the newest trade by then.
    pub(crate) last: Option<f64>,
}

impl MemberRecord {
    /// A day on which the member surely was one.
    pub(crate) fn day(&self) -> i32 {
        self.from_day.or(self.to_day.map(|to| to.saturating_sub(1))).unwrap_or(i32::MAX - 1)
    }
}

impl OriginRecord {
    /// What is assumed of bars of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self { source: "csv".to_owned(), stamped: Stamped::Open, adjusted: Adjusted::Unknown, through: None }
    }
}

//! Instruments: identity, kind, status and what else a directory says.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::symbol::{Symbol, printable};

/// Longest identity in bytes.
pub const MAX_ID_BYTES: usize = 64;
/// Longest open text (kind or status that we have no name for) in bytes.
const MAX_OPEN_TEXT_BYTES: usize = 32;

/// Permanent identity of an instrument: survives a rename, differs when a ticker is reused.
///
/// Without a directory that knows better it is `<MIC>:<SYMBOL>`. Printable ASCII without blanks and quotes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct InstrumentId(#[serde(serialize_with = "serialize_text")] Arc<str>);

/// A text that is no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is no instrument id: 1 to {MAX_ID_BYTES} printable ASCII characters without blanks and quotes"
)]
pub struct InstrumentIdError {
    /// The text, escaped and cut.
    pub text: String,
}

fn serialize_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl InstrumentId {
    /// The identity of a listing that no directory describes.
    #[must_use]
    pub fn of_listing(mic: &str, symbol: &Symbol) -> Self {
        Self(Arc::from(format!("{mic}:{symbol}")))
    }

    /// The identity as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for InstrumentId {
    type Error = InstrumentIdError;

    fn try_from(text: &str) -> Result<Self, InstrumentIdError> {
        let clean = |b: u8| b.is_ascii_graphic() && !matches!(b, b'\'' | b'"' | b'`');
        if text.is_empty() || text.len() > MAX_ID_BYTES || !text.bytes().all(clean) {
            return Err(InstrumentIdError { text: printable(text, MAX_ID_BYTES) });
        }
        Ok(Self(Arc::from(text)))
    }
}

impl std::str::FromStr for InstrumentId {
    type Err = InstrumentIdError;

    fn from_str(text: &str) -> Result<Self, InstrumentIdError> {
        Self::try_from(text)
    }
}

impl fmt::Display for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for InstrumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstrumentId({})", self.0)
    }
}

impl<'de> Deserialize<'de> for InstrumentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::try_from(text.as_str()).map_err(serde::de::Error::custom)
    }
}

/// An open text: canonical values by name, others kept as they are.
macro_rules! open_text {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal $(| $alias:literal)*),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// Nobody said.
            #[default]
            Unknown,
            /// A value without a name here: lower-case letters, digits and hyphens.
            Other(Arc<str>),
        }

        impl $name {
            /// Reads a text, whatever its case. Empty or unreadable texts are `Unknown`.
            #[must_use]
            pub fn parse(text: &str) -> Self {
                Self::named(text).unwrap_or_else(|| {
                    let text = open_text_form(text);
                    Self::named(&text).unwrap_or_else(|| Self::Other(Arc::from(text)))
                })
            }

            fn named(text: &str) -> Option<Self> {
                Some(match text {
                    $($text $(| $alias)* => Self::$variant,)*
                    "" | "unknown" => Self::Unknown,
                    _ => return None,
                })
            }

            /// The canonical text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown => "unknown",
                    Self::Other(text) => text,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(Self::parse(&String::deserialize(deserializer)?))
            }
        }
    };
}

/// Lower-case words joined by hyphens; empty when the text cannot be brought into that form.
fn open_text_form(text: &str) -> String {
    let form: String = text
        .trim()
        .chars()
        .map(|c| if matches!(c, ' ' | '_') { '-' } else { c.to_ascii_lowercase() })
        .collect();
    let clean = form.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if clean && form.len() <= MAX_OPEN_TEXT_BYTES { form } else { String::new() }
}

open_text! {
    /// What an instrument is. It comes from reference data, never from letters in the ticker.
    Kind {
        /// Common share.
        Stock = "stock" | "common" | "common-stock" | "cs" | "equity",
        /// Depositary receipt.
        Adr = "adr" | "adrc" | "depositary-receipt",
        /// Exchange-traded fund.
        Etf = "etf" | "etn" | "etp",
        /// Other fund.
        Fund = "fund" | "closed-end-fund" | "mutual-fund",
        /// Preferred share.
        Preferred = "preferred" | "preferred-stock" | "pfd",
        /// Warrant.
        Warrant = "warrant",
        /// Subscription right.
        Right = "right",
        /// Unit of several securities.
        Unit = "unit",
        /// Index.
        Index = "index",
        /// Currency pair.
        Forex = "forex" | "fx" | "currency",
        /// Crypto pair.
        Crypto = "crypto" | "cryptocurrency",
        /// Future, option, or the like.
        Derivative = "derivative",
    }
}

open_text! {
    /// Whether an instrument can be traded, as the directory says.
    Status {
        /// Trades.
        Active = "active" | "listed",
        /// Trading is halted for now.
        Halted = "halted",
        /// Suspended for longer.
        Suspended = "suspended",
        /// No longer listed.
        Delisted = "delisted" | "inactive",
        /// The venue's test issue.
        Test = "test",
    }
}

/// What is known of an instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instrument {
    /// Permanent identity.
    pub id: InstrumentId,
    /// Canonical ticker.
    pub symbol: Symbol,
    /// Name of the security, empty when unknown.
    pub name: String,
    /// ISO 10383 market identifier code of its venue.
    pub mic: String,
    /// What it is.
    pub kind: Kind,
    /// Whether it trades.
    pub status: Status,
    /// ISO 4217, empty when unknown.
    pub currency: String,
    /// Sector by the directory's own scheme.
    pub sector: Option<String>,
    /// Industry by the directory's own scheme.
    pub industry: Option<String>,
    /// Smallest tradable quantity in shares; NaN when unknown.
    pub lot: f64,
    /// Price step in the instrument's currency; NaN when unknown.
    pub tick: f64,
    /// Other spellings of its ticker, by which vendors know it: `BRK-B` and `BRK/B` of `BRK.B`.
    pub aliases: Vec<Symbol>,
    /// Tickers that it had before, oldest first.
    pub former: Vec<FormerTicker>,
    /// First date of its listing, where known.
    pub listed: Option<NaiveDate>,
    /// First date on which it is no longer listed, where known.
    pub delisted: Option<NaiveDate>,
    /// What else a directory says of it, by name: `cik`, `market-category`.
    pub attributes: Vec<(String, String)>,
}

/// A ticker that an instrument no longer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerTicker {
    /// The ticker.
    pub symbol: Symbol,
    /// First date on which the instrument had another one.
    pub until: NaiveDate,
}

impl Instrument {
    /// An instrument of which only ticker and venue are known.
    #[must_use]
    pub fn listed(symbol: Symbol, mic: &str) -> Self {
        Self {
            id: InstrumentId::of_listing(mic, &symbol),
            symbol,
            name: String::new(),
            mic: mic.to_owned(),
            kind: Kind::Unknown,
            status: Status::Unknown,
            currency: String::new(),
            sector: None,
            industry: None,
            lot: f64::NAN,
            tick: f64::NAN,
            aliases: Vec::new(),
            former: Vec::new(),
            listed: None,
            delisted: None,
            attributes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_texts_round_trip_and_others_are_kept() {
        for text in [
            "stock",
            "adr",
            "etf",
            "fund",
            "preferred",
            "warrant",
            "right",
            "unit",
            "index",
            "forex",
            "crypto",
            "derivative",
            "unknown",
            "spac-thing",
        ] {
            assert_eq!(Kind::parse(text).as_str(), text);
        }
        for text in ["active", "halted", "suspended", "delisted", "test", "unknown", "when-issued"] {
            assert_eq!(Status::parse(text).as_str(), text);
        }
        assert_eq!(Kind::parse(" Common Stock "), Kind::Stock);
        assert_eq!(Kind::parse("<script>"), Kind::Unknown);
        assert_eq!(Kind::parse(""), Kind::Unknown);
    }

    #[test]
    fn an_id_without_directory_is_venue_and_symbol() {
        let symbol = Symbol::try_from("BRK.B").unwrap();
        assert_eq!(InstrumentId::of_listing("XNYS", &symbol).as_str(), "XNYS:BRK.B");
        assert!(InstrumentId::try_from("a b").is_err());
        assert!(InstrumentId::try_from("").is_err());
    }
}

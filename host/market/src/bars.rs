//! The shape of a request for bars and of its answer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::symbol::printable;

/// A text that names nothing we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no {what}: known are {known}")]
pub struct NameError {
    /// What was expected.
    pub what: &'static str,
    /// The text, escaped and cut.
    pub text: String,
    /// The names that are known.
    pub known: String,
}

/// A closed set of names.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident, $what:literal { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them, in their natural order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Reads the canonical text.
            ///
            /// # Errors
            /// Names the text and the known ones.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                Self::ALL.iter().copied().find(|name| name.as_str() == text).ok_or_else(|| NameError {
                    what: $what,
                    text: printable(text, 32),
                    known: [$($text),*].join(", "),
                })
            }

            /// The canonical text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
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
                Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::parse(text)
            }
        }
    };
}

names! {
    /// The span of one bar.
    Timeframe, "timeframe" {
        /// One second.
        Second = "1s",
        /// One minute.
        Minute = "1m",
        /// Five minutes.
        Minutes5 = "5m",
        /// Fifteen minutes.
        Minutes15 = "15m",
        /// Thirty minutes.
        Minutes30 = "30m",
        /// One hour.
        Hour = "1h",
        /// One session.
        Day = "1d",
        /// One week.
        Week = "1w",
        /// One month.
        Month = "1mo",
    }
}

impl Timeframe {
    /// The span in milliseconds of a bar within a day, which is told by the instant of its open. None for bars of
    /// whole days, which are told by a date of their venue.
    #[must_use]
    pub const fn millis(self) -> Option<i64> {
        match self {
            Self::Second => Some(1_000),
            Self::Minute => Some(60_000),
            Self::Minutes5 => Some(300_000),
            Self::Minutes15 => Some(900_000),
            Self::Minutes30 => Some(1_800_000),
            Self::Hour => Some(3_600_000),
            Self::Day | Self::Week | Self::Month => None,
        }
    }
}

names! {
    /// A column of a bar. Prices in the instrument's currency, volume in shares, NaN where missing.
    BarColumn, "bar column" {
        /// First price.
        Open = "open",
        /// Highest price.
        High = "high",
        /// Lowest price.
        Low = "low",
        /// Last price.
        Close = "close",
        /// Traded shares.
        Volume = "volume",
    }
}

names! {
    /// What prices and volumes are adjusted for.
    #[derive(Default)]
    Adjustment, "adjustment" {
        /// Nothing: as they were traded.
        Raw = "raw",
        /// Splits, so that all bars are comparable as of the instant that is asked about.
        #[default]
        Split = "split",
        /// Splits, and prices for dividends too.
        Total = "total",
    }
}

/// Which bars of some instruments to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarRequest<'a> {
    /// The span of a bar.
    pub timeframe: Timeframe,
    /// The columns, in the order of the answer.
    pub columns: &'a [BarColumn],
    /// Fill in [`Bars::time`].
    pub time: bool,
    /// At most so many newest visible bars of each instrument.
    pub lookback: u32,
    /// An instrument whose newest visible bar is older than so many completed sessions of its venue gets no
    /// rows. 0: the bar of the newest completed session is needed. None: any age.
    pub max_age: Option<u32>,
    /// What prices and volumes are adjusted for, by what was known at the instant.
    pub adjustment: Adjustment,
}

/// Bars column by column: instrument `i` of the request owns the rows `starts[i]..starts[i + 1]`, oldest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bars {
    /// First row of each instrument, then the number of rows: one entry more than instruments.
    pub starts: Vec<u32>,
    /// Bar opens in UTC milliseconds; empty unless asked for. A daily bar opens with its session, one of a week or
    /// month with the first of its sessions, a bar whose date is no session at the venue's local midnight.
    pub time: Vec<i64>,
    /// The columns of the request, NaN where missing.
    pub columns: Vec<Vec<f64>>,
    /// Ascending positions in the request whose newest visible bar is older than `max_age`.
    pub stale: Vec<u32>,
}

impl Bars {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.starts.last().map_or(0, |rows| *rows as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_an_unknown_one_lists_the_known() {
        for timeframe in Timeframe::ALL {
            assert_eq!(Timeframe::parse(timeframe.as_str()), Ok(*timeframe));
            let text = serde_json::to_string(timeframe).unwrap();
            assert_eq!(serde_json::from_str::<Timeframe>(&text).unwrap(), *timeframe);
        }
        for adjustment in Adjustment::ALL {
            assert_eq!(Adjustment::parse(adjustment.as_str()), Ok(*adjustment));
        }
        for column in BarColumn::ALL {
            assert_eq!(BarColumn::parse(column.as_str()), Ok(*column));
        }
        assert_eq!(
            BarColumn::parse("vwap").unwrap_err().to_string(),
            "\"vwap\" is no bar column: known are open, high, low, close, volume"
        );
    }
}

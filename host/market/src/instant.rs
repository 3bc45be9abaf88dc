//! Instants: UTC milliseconds inside, RFC 3339 outside.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Instant(i64);

/// A text that is no RFC 3339 instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no instant: write it like 2018-02-07T21:00:00Z")]
pub struct InstantError {
    /// The text, escaped and cut.
    pub text: String,
}

impl Instant {
    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The wall clock. Only the edges of the program may ask; results never depend on it.
    #[must_use]
    pub fn now() -> Self {
        Self(Utc::now().timestamp_millis())
    }

    /// As a chrono date and time; none beyond the years that chrono knows.
    #[must_use]
    pub fn to_utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

impl From<DateTime<Utc>> for Instant {
    /// Fractions of a millisecond are cut towards the past.
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.timestamp_millis())
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC, with milliseconds only where there are some.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.to_utc() {
            Some(time) => f.pad(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            None => write!(f, "{} ms", self.0),
        }
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, InstantError> {
        DateTime::parse_from_rfc3339(text)
            .map(|time| Self::from(time.with_timezone(&Utc)))
            .map_err(|_| InstantError { text: crate::symbol::printable(text, 40) })
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Instants as numbers, where bytes count and nobody reads them: `#[serde(with = "crate::instant::millis")]`.
pub(crate) mod millis {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::Instant;

    pub(crate) fn serialize<S: Serializer>(instant: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
        instant.millis().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        i64::deserialize(deserializer).map(Instant::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_and_read_as_rfc_3339_in_utc() {
        let instant = Instant::from_millis(1_518_037_200_000);
        assert_eq!(instant.to_string(), "2018-02-07T21:00:00Z");
        assert_eq!("2018-02-07T16:00:00-05:00".parse(), Ok(instant));
        assert_eq!(Instant::from_millis(1_518_037_200_123).to_string(), "2018-02-07T21:00:00.123Z");
        assert_eq!(serde_json::to_string(&instant).unwrap(), "\"2018-02-07T21:00:00Z\"");
    }

    #[test]
    fn extreme_instants_print_without_panic() {
        assert_eq!(Instant::from_millis(i64::MAX).to_string(), format!("{} ms", i64::MAX));
        assert!("2018-02-07".parse::<Instant>().is_err());
    }

    proptest::proptest! {
        #[test]
        fn text_round_trips(millis in -62_000_000_000_000_i64..250_000_000_000_000) {
            let instant = Instant::from_millis(millis);
            proptest::prop_assert_eq!(instant.to_string().parse(), Ok(instant));
        }
    }
}

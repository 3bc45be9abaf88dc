//! The instant that a question is about.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use crate::instant::Instant;
use crate::symbol::printable;

/// How a user names the instant of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AsOf {
    /// The close of the newest bar.
    #[default]
    Latest,
    /// The wall clock.
    Now,
    /// After the close of that date's session (of every venue in the set).
    Date(NaiveDate),
    /// That instant.
    At(Instant),
}

/// A text that names no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{text}\" is no as-of: write latest, now, a date like 2018-02-07, or an instant like 2018-02-07T21:00:00Z"
)]
pub struct AsOfError {
    /// The text, escaped and cut.
    pub text: String,
}

impl FromStr for AsOf {
    type Err = AsOfError;

    fn from_str(text: &str) -> Result<Self, AsOfError> {
        match text {
            "latest" => return Ok(Self::Latest),
            "now" => return Ok(Self::Now),
            _ => {}
        }
        if let Some(date) = crate::parse::iso_date(text.as_bytes()) {
            return Ok(Self::Date(date));
        }
        text.parse().map(Self::At).map_err(|_| AsOfError { text: printable(text, 40) })
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.pad("latest"),
            Self::Now => f.pad("now"),
            Self::Date(date) => f.pad(&date.to_string()),
            Self::At(instant) => instant.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_printed_the_same() {
        for text in ["latest", "now", "2018-02-07", "2018-02-07T21:00:00Z"] {
            assert_eq!(text.parse::<AsOf>().map(|as_of| as_of.to_string()), Ok(text.to_owned()));
        }
        assert!("2018-02-30".parse::<AsOf>().is_err());
        assert!("yesterday".parse::<AsOf>().is_err());
        assert!("2018-2-7".parse::<AsOf>().is_err());
    }
}

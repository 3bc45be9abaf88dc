//! What the user says where files do not say it themselves.

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;

use super::detect;
use super::error::ImportError;
use super::reader::{Reader, Said};
use crate::bars::Timeframe;
use crate::symbol::{Symbol, printable};

/// What the user says where files do not. It holds for all files of an import.
#[derive(Debug, Clone, Default)]
pub struct ImportHints {
    /// What to take the files for; none: each is recognised.
    pub format: Option<FormatName>,
    /// The ticker of files that hold bars of one instrument; none: the file's name, where it tells.
    pub symbol: Option<Symbol>,
    /// The zone of times without an offset; none: the venue's.
    pub zone: Option<Zone>,
    /// The timeframe of bars; none: what the file tells, or what its times show.
    pub timeframe: Option<Timeframe>,
    /// Columns of the files by our names.
    pub columns: Vec<ColumnName>,
}

/// A format that a reader understands, with what it is told beside: `yahoo`, `constituents=sp500`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatName(String);

/// A zone of the IANA database: `America/New_York`, `UTC`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(pub(crate) Tz);

/// A column of a file by our name: `close=Last Price`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnName {
    ours: String,
    theirs: String,
}

/// A text that is none of what a hint can be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HintError {
    /// No zone of that name.
    #[error("\"{0}\" is no time zone: use a name like America/New_York, Europe/London, Asia/Tokyo or UTC")]
    Zone(String),
    /// No pair of names.
    #[error("\"{0}\" names no column: write ours=theirs, e.g. close=\"Last Price\"")]
    Column(String),
    /// No format of that name.
    #[error("{0}")]
    Format(String),
}

impl ImportHints {
    pub(crate) fn reader(&self) -> Result<Option<&'static Reader>, ImportError> {
        self.format.as_ref().map(|format| detect::named(&format.0).map(|(reader, _)| reader)).transpose()
    }

    pub(crate) fn said(&self) -> Result<Said, ImportError> {
        let named = self.format.as_ref().map(|format| detect::named(&format.0)).transpose()?;
        Ok(Said {
            part: named.and_then(|(_, part)| part),
            symbol: self.symbol.as_ref().map(ToString::to_string),
            zone: self.zone.map(|zone| zone.0),
            timeframe: self.timeframe,
            columns: self.columns.iter().map(|name| (name.ours.clone(), name.theirs.clone())).collect(),
        })
    }
}

impl FromStr for FormatName {
    type Err = HintError;

    fn from_str(text: &str) -> Result<Self, HintError> {
        detect::named(text).map_err(|error| HintError::Format(error.to_string()))?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for Zone {
    type Err = HintError;

    fn from_str(text: &str) -> Result<Self, HintError> {
        text.parse().map(Self).map_err(|_| HintError::Zone(printable(text, 40)))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.name())
    }
}

impl FromStr for ColumnName {
    type Err = HintError;

    fn from_str(text: &str) -> Result<Self, HintError> {
        let names = text.split_once('=').map(|(ours, theirs)| (ours.trim(), theirs.trim()));
        match names {
            Some((ours, theirs)) if !ours.is_empty() && !theirs.is_empty() => {
                Ok(Self { ours: ours.to_owned(), theirs: theirs.to_owned() })
            }
            _ => Err(HintError::Column(printable(text, 60))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_become_what_readers_are_told() {
        let hints = ImportHints {
            format: Some("yahoo=x".parse().unwrap()),
            symbol: Some("BRK.B".parse().unwrap()),
            zone: Some("Asia/Tokyo".parse().unwrap()),
            timeframe: Some(Timeframe::Hour),
            columns: vec!["close=Last Price".parse().unwrap()],
        };
        let said = hints.said().unwrap();
        assert_eq!(
            (said.symbol.as_deref(), said.zone, said.part.as_deref()),
            (Some("BRK.B"), Some(Tz::Asia__Tokyo), Some("x"))
        );
        assert_eq!(said.columns.get("close").map(String::as_str), Some("Last Price"));
        assert_eq!(hints.reader().unwrap().map(|reader| reader.name), Some("yahoo"));
        assert!(ImportHints::default().reader().unwrap().is_none());
    }

    #[test]
    fn a_wrong_hint_says_what_is_right() {
        assert_eq!(
            "New York".parse::<Zone>().unwrap_err().to_string(),
            "\"New York\" is no time zone: use a name like America/New_York, Europe/London, Asia/Tokyo or UTC"
        );
        for text in ["close", "=x", "close="] {
            assert_eq!(
                text.parse::<ColumnName>().unwrap_err().to_string(),
                format!("\"{text}\" names no column: write ours=theirs, e.g. close=\"Last Price\"")
            );
        }
        let error = "excel".parse::<FormatName>().unwrap_err().to_string();
        assert!(error.starts_with("no format is called \"excel\": known are yahoo ("), "{error}");
    }
}

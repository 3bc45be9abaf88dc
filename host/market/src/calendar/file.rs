//! `calendar.toml`: what a user adds to the calendars.
//!
//! ```toml
//! [[day]]
//! mic = "XNYS"
//! date = 2026-12-24
//! kind = "half-day"      # or "closure", "late-open", "session"
//! closes = "13:00"       # the venue's clock
//! note = "Christmas Eve"
//! ```
//! Parsed strictly: an unknown key, a date that is none, a key that does not belong to the kind is an error with its
//! line. Whether a day fits the venue's tables is decided where it is laid over them.

use std::ops::Range;

use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use toml::{Spanned, Value};

use super::CalendarFileError;
use super::change::{DayChange, DayKind};
use crate::symbol::printable;

/// Longest text of the file that a message repeats, in characters.
const SHOWN: usize = 40;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    day: Vec<DayTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayTable {
    mic: String,
    date: Spanned<Value>,
    kind: KindWord,
    opens: Option<Spanned<Value>>,
    closes: Option<Spanned<Value>>,
    note: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum KindWord {
    Closure,
    HalfDay,
    LateOpen,
    Session,
}

impl KindWord {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Closure => "closure",
            Self::HalfDay => "half-day",
            Self::LateOpen => "late-open",
            Self::Session => "session",
        }
    }
}

/// A day of the file and its line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) line: usize,
    pub(super) change: DayChange,
}

/// The days of a file, in its order.
pub(super) fn parse(path: &str, text: &str) -> Result<Vec<Line>, CalendarFileError> {
    let line_of = |span: Range<usize>| {
        text.as_bytes().iter().take(span.start).filter(|byte| **byte == b'\n').count() + 1
    };
    let refused = |span: Range<usize>, message: String| CalendarFileError::Line {
        path: path.to_owned(),
        line: line_of(span),
        message,
    };
    let file: File = toml::from_str(text).map_err(|error| {
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        refused(error.span().unwrap_or_default(), message)
    })?;
    let day = |day: DayTable| {
        let span = day.date.span();
        let date = date_of(day.date.get_ref()).map_err(|message| refused(span.clone(), message))?;
        let time = |name: &str, value: Option<&Spanned<Value>>, wanted: bool| match (value, wanted) {
            (Some(value), true) => {
                let time = time_of(value.get_ref());
                time.map(Some).map_err(|message| refused(value.span(), format!("{name}: {message}")))
            }
            (None, false) => Ok(None),
            (Some(value), false) => {
                let message = format!("kind \"{}\" has no {name}", day.kind.as_str());
                Err(refused(value.span(), message))
            }
            (None, true) => {
                let kind = day.kind.as_str();
                let message =
                    format!("kind \"{kind}\" needs {name} of the venue's clock, such as {name} = \"13:00\"");
                Err(refused(span.clone(), message))
            }
        };
        let wants_opens = matches!(day.kind, KindWord::LateOpen | KindWord::Session);
        let wants_closes = matches!(day.kind, KindWord::HalfDay | KindWord::Session);
        let opens = time("opens", day.opens.as_ref(), wants_opens)?;
        let closes = time("closes", day.closes.as_ref(), wants_closes)?;
        let kind = match (opens, closes) {
            (None, None) => DayKind::Closure,
            (None, Some(closes)) => DayKind::HalfDay { closes },
            (Some(opens), None) => DayKind::LateOpen { opens },
            (Some(opens), Some(closes)) => DayKind::Session { opens, closes },
        };
        let note = day.note.map(|note| printable(&note, usize::MAX));
        let change = DayChange { mic: day.mic, date, kind, note };
        Ok(Line { line: line_of(span), change })
    };
    file.day.into_iter().map(day).collect()
}

/// A TOML date, or a text like one.
fn date_of(value: &Value) -> Result<NaiveDate, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let date = crate::parse::iso_date(text.as_bytes());
    date.ok_or_else(|| format!("\"{}\" is no date: write it like 2026-12-24", printable(&text, SHOWN)))
}

/// A TOML time, or a text like one.
fn time_of(value: &Value) -> Result<NaiveTime, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    ["%H:%M", "%H:%M:%S"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(&text, format).ok())
        .ok_or_else(|| format!("\"{}\" is no time of day: write it like \"13:00\"", printable(&text, SHOWN)))
}

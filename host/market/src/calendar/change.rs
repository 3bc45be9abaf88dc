//! Days that a user changes: closures, half days, late opens and sessions that a venue's tables do not have.

use chrono::{NaiveDate, NaiveTime};
use serde::Serialize;

/// A day that differs from a venue's tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayChange {
    /// The venue's ISO 10383 code as it was written; all codes with the same sessions are meant.
    pub mic: String,
    /// Venue-local date.
    pub date: NaiveDate,
    /// What is different.
    #[serde(flatten)]
    pub kind: DayKind,
    /// Why, in the user's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What is different on a day. Times are those of the venue's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum DayKind {
    /// No session all day.
    Closure,
    /// The session ends early.
    HalfDay {
        /// End of the session.
        closes: NaiveTime,
    },
    /// The session starts late.
    LateOpen {
        /// Start of the session.
        opens: NaiveTime,
    },
    /// A session with these hours, whatever the tables say.
    Session {
        /// Start of the session.
        opens: NaiveTime,
        /// End of the session.
        closes: NaiveTime,
    },
}

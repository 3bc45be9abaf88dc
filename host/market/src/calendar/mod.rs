//! Venue calendars: which dates are sessions, and when they open and close.
//!
//! MIC in, sessions in UTC out: the tables of `exchange-hours` with corrections ([`venues`]), and over them the days
//! that a user changes ([`Calendars`]). A date that nobody covers is a typed "no coverage", never a guess.

mod calendars;
mod change;
mod file;
mod schedule;
mod venues;
mod year;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::instant::Instant;
pub use calendars::{CalendarFileError, CalendarSource, Calendars};
pub use change::{DayChange, DayKind};
use schedule::Schedule;
pub(crate) use venues::ticker_space;
use year::Day;

/// Longest run of closed days inside a covered calendar (Chinese new year has 9 to 11); a longer one is treated
/// as the end of the calendar.
const LONGEST_CLOSURE_DAYS: u32 = 45;

/// One trading session of a venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Venue-local date.
    pub date: NaiveDate,
    /// Start of pre-market trading; equals `opens` where there is none.
    pub pre_opens: Instant,
    /// Start of the regular session.
    pub opens: Instant,
    /// End of the regular session.
    pub closes: Instant,
    /// End of the closing auction, which makes the price of the close; equals `closes` where there is none. The
    /// daily bar is known from here on.
    pub settles: Instant,
    /// End of post-market trading; equals `closes` where there is none.
    pub post_closes: Instant,
    /// Midday break [start, end) of the regular session.
    pub midday_break: Option<(Instant, Instant)>,
    /// The regular session ends earlier than on an ordinary day.
    pub early_close: bool,
}

/// Where a venue's clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No trading.
    Closed,
    /// Before the regular session.
    Pre,
    /// In the regular session.
    Regular,
    /// In the midday break.
    Break,
    /// After the regular session.
    Post,
    /// The calendar does not cover the date.
    Unknown,
}

impl Phase {
    /// The canonical text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Pre => "pre",
            Self::Regular => "regular",
            Self::Break => "break",
            Self::Post => "post",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why a calendar does not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// No calendar for that code.
    #[error("no calendar for venue \"{mic}\": use an ISO 10383 code such as XNYS, XNAS, XLON, XTKS or XHKG")]
    UnknownVenue {
        /// The code, escaped and cut.
        mic: String,
    },
    /// The venue's tables do not reach that date.
    #[error("the calendar of {mic} does not cover {date}: it knows {covered}")]
    NoCoverage {
        /// The venue.
        mic: String,
        /// The date.
        date: NaiveDate,
        /// The ranges that it covers, as text.
        covered: String,
    },
    /// The code is known, but no table of the venue's holidays.
    #[error(
        "there is no calendar for {mic}: no table of its holidays is known; calendar.toml can add sessions"
    )]
    NoCalendar {
        /// The venue.
        mic: String,
    },
}

/// The sessions of one venue. Cloning is cheap; clones share what was computed.
#[derive(Clone)]
pub struct Calendar {
    mic: &'static str,
    schedule: Arc<Schedule>,
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({})", self.mic)
    }
}

impl Calendar {
    /// The venue's ISO 10383 code.
    #[must_use]
    pub fn mic(&self) -> &'static str {
        self.mic
    }

    /// The venue's IANA time zone.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.tz().name()
    }

    /// The session of a venue-local date; none when the venue is closed all day.
    ///
    /// # Errors
    /// [`CalendarError::NoCoverage`] when the tables do not say.
    pub fn session(&self, date: NaiveDate) -> Result<Option<Session>, CalendarError> {
        match self.schedule.day(date) {
            Day::Open(session) => Ok(Some(session)),
            Day::Closed => Ok(None),
            Day::NotCovered => Err(self.not_covered(date)),
        }
    }

    /// The newest `n` sessions whose trading, pre-market included, had begun at `instant`, oldest first. Fewer when
    /// the calendar does not reach that far back; none when it does not cover the instant.
    #[must_use]
    pub fn sessions_until(&self, instant: Instant, n: usize) -> Vec<Session> {
        let mut sessions: Vec<_> =
            self.back_from(instant).filter(|s| s.pre_opens <= instant).take(n).collect();
        sessions.reverse();
        sessions
    }

    /// The newest session whose daily bar was known at `instant`.
    #[must_use]
    pub fn last_completed(&self, instant: Instant) -> Option<Session> {
        self.back_from(instant).find(|session| session.settles <= instant)
    }

    /// The first session that opens after `instant`; none where the calendar ends before.
    #[must_use]
    pub fn next_session(&self, instant: Instant) -> Option<Session> {
        let today = self.local_date(instant)?;
        let sessions = today.iter_days().take(LONGEST_CLOSURE_DAYS as usize).map_while(|date| {
            match self.schedule.day(date) {
                Day::Open(session) => Some(Some(session)),
                Day::Closed => Some(None),
                Day::NotCovered => None,
            }
        });
        sessions.flatten().find(|session| session.opens > instant)
    }

    /// Where the venue's clock stands. Ends are exclusive: at the close it is no longer `Regular`.
    #[must_use]
    pub fn phase(&self, instant: Instant) -> Phase {
        let Some(date) = self.local_date(instant) else { return Phase::Unknown };
        let session = match self.schedule.day(date) {
            Day::Open(session) => session,
            Day::Closed => return Phase::Closed,
            Day::NotCovered => return Phase::Unknown,
        };
        if instant < session.pre_opens || instant >= session.post_closes {
            Phase::Closed
        } else if instant < session.opens {
            Phase::Pre
        } else if instant >= session.closes {
            Phase::Post
        } else if session.midday_break.is_some_and(|(start, end)| start <= instant && instant < end) {
            Phase::Break
        } else {
            Phase::Regular
        }
    }

    /// The venue's clock at an instant; none beyond the years that chrono knows.
    #[must_use]
    pub fn local(&self, instant: Instant) -> Option<NaiveDateTime> {
        instant.to_utc().map(|time| time.with_timezone(&self.tz()).naive_local())
    }

    /// The venue-local date of an instant.
    #[must_use]
    pub fn local_date(&self, instant: Instant) -> Option<NaiveDate> {
        self.local(instant).map(|time| time.date())
    }

    /// When the daily bar of a date is known: when its session's close is made, or the end of that local day when the date is
    /// no session or not covered.
    #[must_use]
    pub fn known_at(&self, date: NaiveDate) -> Instant {
        match self.schedule.day(date) {
            Day::Open(session) => session.settles,
            Day::Closed | Day::NotCovered => {
                self.midnight(date.checked_add_days(Days::new(1)).unwrap_or(date))
            }
        }
    }

    /// When the daily bar of a date opens: with its session, or at local midnight.
    #[must_use]
    pub fn bar_opens(&self, date: NaiveDate) -> Instant {
        match self.schedule.day(date) {
            Day::Open(session) => session.opens,
            Day::Closed | Day::NotCovered => self.midnight(date),
        }
    }

    pub(crate) fn tz(&self) -> Tz {
        self.schedule.tz()
    }

    /// Whether a date counts as a session. Monday to Friday stand in where the tables do not reach.
    pub(crate) fn counts_as_session(&self, date: NaiveDate) -> bool {
        match self.schedule.day(date) {
            Day::Open(_) => true,
            Day::Closed => false,
            Day::NotCovered => date.weekday().num_days_from_monday() < 5,
        }
    }

    /// Sessions backwards from the local date of an instant, up to the end of the calendar.
    fn back_from(&self, instant: Instant) -> impl Iterator<Item = Session> + '_ {
        let mut date = self.local_date(instant);
        let mut closed_days = 0;
        std::iter::from_fn(move || {
            loop {
                let today = date?;
                date = today.pred_opt();
                match self.schedule.day(today) {
                    Day::Open(session) => {
                        closed_days = 0;
                        return Some(session);
                    }
                    Day::Closed if closed_days < LONGEST_CLOSURE_DAYS => closed_days += 1,
                    Day::Closed | Day::NotCovered => {
                        date = None;
                        return None;
                    }
                }
            }
        })
    }

    /// The first instant of a local day.
    pub(crate) fn midnight(&self, date: NaiveDate) -> Instant {
        local_midnight(self.tz(), date)
    }

    fn not_covered(&self, date: NaiveDate) -> CalendarError {
        let mic = self.mic.to_owned();
        let ranges = self.schedule.coverage();
        if ranges.is_empty() {
            return CalendarError::NoCalendar { mic };
        }
        let texts: Vec<String> = ranges.iter().map(|(first, last)| format!("{first} to {last}")).collect();
        CalendarError::NoCoverage { mic, date, covered: texts.join(", ") }
    }
}

/// The first instant of a local day. Where a zone change skips midnight it is the first hour that exists.
pub(crate) fn local_midnight(zone: Tz, date: NaiveDate) -> Instant {
    let midnight = date.and_time(NaiveTime::MIN);
    (0..4)
        .find_map(|hour| zone.from_local_datetime(&(midnight + chrono::Duration::hours(hour))).earliest())
        .map_or_else(
            || Instant::from(midnight.and_utc()),
            |time: DateTime<Tz>| time.with_timezone(&Utc).into(),
        )
}

#[cfg(test)]
mod tests;

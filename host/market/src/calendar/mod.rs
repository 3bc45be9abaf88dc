//! Venue calendars: which dates are sessions, and when they open and close.
//!
//! A thin wrapper over `exchange-hours`: MIC in, sessions in UTC out. A date that its tables do not cover is a
//! typed "no coverage", never a guess. Years are computed once, on demand, and shared by all clones.

mod venues;
mod year;

use std::fmt;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use exchange_hours::{ExchangeCalendar, calendar_for_exchange};

use crate::instant::Instant;
use crate::symbol::printable;
use venues::Venue;
pub(crate) use venues::ticker_space;
use year::{Day, Year};

/// First year that a calendar can answer for: the floor of `exchange-hours`.
const FIRST_YEAR: i32 = 2010;
/// Years that a calendar has room for; how many are covered depends on the venue's published holidays.
const YEARS: usize = 40;
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
    /// End of the regular session; the daily bar is known from here on.
    pub closes: Instant,
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
    /// No trading, or a date without coverage.
    Closed,
    /// Before the regular session.
    Pre,
    /// In the regular session.
    Regular,
    /// In the midday break.
    Break,
    /// After the regular session.
    Post,
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
}

/// The sessions of one venue. Cloning is cheap; clones share what was computed.
#[derive(Clone)]
pub struct Calendar {
    mic: Arc<str>,
    venue: &'static Venue,
    source: ExchangeCalendar,
    years: Arc<[OnceLock<Year>]>,
}

impl fmt::Debug for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendar({})", self.mic)
    }
}

impl Calendar {
    /// The calendar of a venue by its ISO 10383 code. US equity venues share the NYSE sessions.
    ///
    /// # Errors
    /// [`CalendarError::UnknownVenue`].
    pub fn for_mic(mic: &str) -> Result<Self, CalendarError> {
        let unknown = || CalendarError::UnknownVenue { mic: printable(mic, 12) };
        let venue = venues::find(mic).ok_or_else(unknown)?;
        Ok(Self {
            mic: Arc::from(mic),
            venue,
            source: calendar_for_exchange(venue.exchange),
            years: (0..YEARS).map(|_| OnceLock::new()).collect(),
        })
    }

    /// The venue's ISO 10383 code.
    #[must_use]
    pub fn mic(&self) -> &str {
        &self.mic
    }

    /// The venue's IANA time zone.
    #[must_use]
    pub fn zone(&self) -> &'static str {
        self.source.tz().name()
    }

    /// The session of a venue-local date; none when the venue is closed all day.
    ///
    /// # Errors
    /// [`CalendarError::NoCoverage`] when the tables do not say.
    pub fn session(&self, date: NaiveDate) -> Result<Option<Session>, CalendarError> {
        match self.day(date) {
            Day::Open(session) => Ok(Some(session)),
            Day::Closed => Ok(None),
            Day::NotCovered => Err(CalendarError::NoCoverage {
                mic: self.mic.to_string(),
                date,
                covered: self.covered_ranges(),
            }),
        }
    }

    /// The newest `n` sessions that had opened at `instant`, oldest first. Fewer when the calendar does not
    /// reach that far back; none when it does not cover the instant.
    #[must_use]
    pub fn sessions_until(&self, instant: Instant, n: usize) -> Vec<Session> {
        let mut sessions: Vec<_> = self.back_from(instant).filter(|s| s.opens <= instant).take(n).collect();
        sessions.reverse();
        sessions
    }

    /// The newest session that had closed at `instant`.
    #[must_use]
    pub fn last_completed(&self, instant: Instant) -> Option<Session> {
        self.back_from(instant).find(|session| session.closes <= instant)
    }

    /// Where the venue's clock stands. Ends are exclusive: at the close it is no longer `Regular`.
    #[must_use]
    pub fn phase(&self, instant: Instant) -> Phase {
        let Some(date) = self.local_date(instant) else { return Phase::Closed };
        let Day::Open(session) = self.day(date) else { return Phase::Closed };
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

    /// The venue-local date of an instant.
    #[must_use]
    pub fn local_date(&self, instant: Instant) -> Option<NaiveDate> {
        instant.to_utc().map(|time| time.with_timezone(&self.source.tz()).date_naive())
    }

    /// When the daily bar of a date is known: its session's close, or the end of that local day when the date is
    /// no session or not covered.
    #[must_use]
    pub fn known_at(&self, date: NaiveDate) -> Instant {
        match self.day(date) {
            Day::Open(session) => session.closes,
            Day::Closed | Day::NotCovered => {
                self.midnight(date.checked_add_days(Days::new(1)).unwrap_or(date))
            }
        }
    }

    /// When the daily bar of a date opens: with its session, or at local midnight.
    #[must_use]
    pub fn bar_opens(&self, date: NaiveDate) -> Instant {
        match self.day(date) {
            Day::Open(session) => session.opens,
            Day::Closed | Day::NotCovered => self.midnight(date),
        }
    }

    pub(crate) fn tz(&self) -> Tz {
        self.source.tz()
    }

    /// Whether a date counts as a session. Monday to Friday stand in where the tables do not reach.
    pub(crate) fn counts_as_session(&self, date: NaiveDate) -> bool {
        match self.day(date) {
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
                match self.day(today) {
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

    fn day(&self, date: NaiveDate) -> Day {
        let slot = usize::try_from(date.year() - FIRST_YEAR).ok().and_then(|index| self.years.get(index));
        match slot {
            Some(year) => year.get_or_init(|| Year::build(self.source, self.venue, date.year())).day(date),
            None => Day::NotCovered,
        }
    }

    fn midnight(&self, date: NaiveDate) -> Instant {
        local_midnight(self.source.tz(), date)
    }

    /// The ranges that the tables cover, as text.
    fn covered_ranges(&self) -> String {
        let mut ranges: Vec<(NaiveDate, NaiveDate)> = Vec::new();
        for range in self.source.coverage().complete_ranges() {
            match ranges.last_mut() {
                Some((_, last)) if last.succ_opt() == Some(range.first()) => *last = range.last(),
                _ => ranges.push((range.first(), range.last())),
            }
        }
        let texts: Vec<String> = ranges.iter().map(|(first, last)| format!("{first} to {last}")).collect();
        if texts.is_empty() { "no date".to_owned() } else { texts.join(", ") }
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

//! Venues and their sessions, as views.

use crate::Instant;
use crate::bindings::types as raw;

const DAY_MS: i64 = 86_400_000;
/// A venue's day begins so long before its session: clocks shift by one hour, and what is told by its date alone takes
/// effect at that date's following midnight.
const BEFORE_SESSION_MS: i64 = 2 * 3_600_000;
const DAYS_PER_WEEK: i64 = 7;

/// A venue with its clock. Of an instrument without a venue every answer is empty.
#[derive(Debug, Clone, Copy)]
pub struct Venue<'a>(pub(crate) Option<&'a raw::Venue>);

impl<'a> Venue<'a> {
    /// ISO 10383 market identifier code, "" when unknown.
    pub fn mic(&self) -> &'a str {
        self.0.map_or("", |venue| &venue.mic)
    }

    /// IANA time zone name, "" when unknown.
    pub fn zone(&self) -> &'a str {
        self.0.map_or("", |venue| &venue.zone)
    }

    /// closed, pre, regular, break, post or unknown at the as-of instant (open); "" without a venue.
    pub fn phase(&self) -> &'a str {
        self.0.map_or("", |venue| &venue.phase)
    }

    /// The newest sessions, oldest first; at most as many as the needs asked for.
    pub fn sessions(&self) -> impl DoubleEndedIterator<Item = Session<'a>> + ExactSizeIterator + use<'a> {
        self.raw_sessions().iter().map(Session)
    }

    /// The newest session whose trading, its pre-market included, had begun at the as-of instant.
    pub fn newest_session(&self) -> Option<Session<'a>> {
        self.raw_sessions().last().map(Session)
    }

    /// When the `count`-th newest session began to trade (its pre-market included). Where the calendar does not
    /// reach that far back: the oldest session it has. None: no session is known, or `count` is 0.
    pub fn session_start(&self, count: u32) -> Option<Instant> {
        let sessions = self.raw_sessions();
        let from = sessions.len().saturating_sub(count as usize);
        sessions.get(from).map(|session| session.pre_opens)
    }

    /// How many sessions ahead of the newest one an instant lies: 0 on the newest session's day, 1 up to the next
    /// session's. Sessions to come are told by the weekdays of those that are known (the needs should ask for 10), so
    /// a holiday among them counts as one. None: it lies before the newest session, or no session is known.
    pub fn sessions_ahead(&self, instant: Instant) -> Option<u32> {
        let begins = |session: &raw::Session| session.pre_opens.saturating_sub(BEFORE_SESSION_MS);
        let newest = begins(self.raw_sessions().last()?);
        let days = instant.saturating_sub(newest).div_euclid(DAY_MS);
        if days <= 0 {
            return u32::try_from(days).ok();
        }
        // rounded, since a day on which clocks shift has 23 or 25 hours
        let weekday = |session: &raw::Session| {
            (begins(session).saturating_sub(newest) + DAY_MS / 2).div_euclid(DAY_MS).rem_euclid(DAYS_PER_WEEK)
        };
        let trades =
            |day: i64| self.raw_sessions().iter().any(|s| weekday(s) == day.rem_euclid(DAYS_PER_WEEK));
        let in_a_week = (0..DAYS_PER_WEEK).filter(|&day| trades(day)).count() as i64;
        let (weeks, rest) = ((days - 1) / DAYS_PER_WEEK, (days - 1) % DAYS_PER_WEEK);
        let between = weeks * in_a_week + (1..=rest).filter(|&day| trades(day)).count() as i64;
        u32::try_from(1 + between).ok()
    }

    fn raw_sessions(&self) -> &'a [raw::Session] {
        self.0.map_or(&[], |venue| &venue.sessions)
    }
}

/// One trading session.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a>(&'a raw::Session);

impl Session<'_> {
    /// Venue-local date, YYYYMMDD.
    pub fn date(&self) -> u32 {
        self.0.date
    }

    /// Start of pre-market trading; equals `opens` where there is none.
    pub fn pre_opens(&self) -> Instant {
        self.0.pre_opens
    }

    /// Start of the regular session.
    pub fn opens(&self) -> Instant {
        self.0.opens
    }

    /// End of the regular session.
    pub fn closes(&self) -> Instant {
        self.0.closes
    }

    /// End of post-market trading; equals `closes` where there is none.
    pub fn post_closes(&self) -> Instant {
        self.0.post_closes
    }

    /// Midday break `[start, end)` of the regular session.
    pub fn midday_break(&self) -> Option<(Instant, Instant)> {
        self.0.break_
    }

    /// The regular session ends earlier than on an ordinary day.
    pub fn early_close(&self) -> bool {
        self.0.early_close
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(day: i64) -> raw::Session {
        let opens = day * DAY_MS + 52_200_000;
        raw::Session {
            date: 0,
            pre_opens: opens - 19_800_000,
            opens,
            closes: opens + 23_400_000,
            post_closes: opens + 37_800_000,
            break_: None,
            early_close: false,
        }
    }

    fn venue(days: &[i64]) -> raw::Venue {
        raw::Venue {
            mic: "XNYS".to_owned(),
            zone: "America/New_York".to_owned(),
            phase: "post".to_owned(),
            sessions: days.iter().copied().map(session).collect(),
        }
    }

    /// Sessions on the Monday to Friday of two weeks; the newest is Friday, day 11.
    const FORTNIGHT: [i64; 10] = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11];

    #[test]
    fn sessions_ahead_skip_the_weekend() {
        let raw = venue(&FORTNIGHT);
        let ahead = |day: i64, from_pre_open: i64| {
            Venue(Some(&raw)).sessions_ahead(session(day).pre_opens + from_pre_open)
        };
        assert_eq!([11, 12, 13, 14, 15, 18, 21].map(|day| ahead(day, 0)), [0, 1, 1, 1, 2, 5, 6].map(Some));
        assert_eq!(ahead(14, 16 * 3_600_000), Some(1), "in the evening of Monday");
        assert_eq!(ahead(14, -3_600_000), Some(1), "when clocks have shifted");
        assert_eq!(ahead(12, -4 * 3_600_000), Some(0), "the midnight after Friday is still Friday's");
        assert_eq!(ahead(10, 0), None, "the session before");
    }

    #[test]
    fn sessions_ahead_of_a_venue_that_never_closes_are_days_and_of_an_unknown_one_are_unknown() {
        let raw = venue(&[5, 6, 7, 8, 9, 10, 11]);
        assert_eq!(Venue(Some(&raw)).sessions_ahead(session(21).opens), Some(10));
        assert_eq!(Venue(None).sessions_ahead(session(21).opens), None);
    }
}

//! Venues and their sessions, as views.

use crate::Instant;
use crate::bindings::types as raw;

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

    /// The newest session that had opened at the as-of instant.
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

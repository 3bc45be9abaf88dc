//! Where the clocks of the venues stand at a scan: what its result says of its day, and whether that day has a session.

use crate::error::EngineError;
use chrono::NaiveDate;
use serde::Serialize;
use sluice_market::{AsOf, Calendar, Instant, Session, Snapshot};

/// Venues that a message names.
const NAMED: usize = 5;

/// A venue's clock at the instant of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VenueState {
    /// ISO 10383 code.
    pub mic: &'static str,
    /// IANA time zone.
    pub zone: &'static str,
    /// closed, pre, regular, break, post; unknown when the calendar does not cover the day.
    pub phase: &'static str,
    /// The venue-local day that the scan is about; none beyond the years of any calendar.
    pub date: Option<NaiveDate>,
    /// Whether that day has a session; none when the calendar does not cover it.
    pub is_session: Option<bool>,
    /// The newest session that was completed.
    pub last_session: Option<SessionTimes>,
    /// The first one that opens later.
    pub next_session: Option<SessionTimes>,
}

/// When a session takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SessionTimes {
    /// Venue-local date.
    pub date: NaiveDate,
    /// Its start.
    pub open_utc: Instant,
    /// Its end.
    pub close_utc: Instant,
    /// Whether it ends earlier than on an ordinary day.
    pub early_close: bool,
}

impl From<Session> for SessionTimes {
    fn from(session: Session) -> Self {
        let Session { date, opens, closes, early_close, .. } = session;
        Self { date, open_utc: opens, close_utc: closes, early_close }
    }
}

impl VenueState {
    fn new(calendar: &Calendar, as_of: AsOf, instant: Instant) -> Self {
        let date = day(calendar, as_of, instant);
        Self {
            mic: calendar.mic(),
            zone: calendar.zone(),
            phase: calendar.phase(instant).as_str(),
            date,
            is_session: date.and_then(|date| has_session(calendar, date)),
            last_session: calendar.last_completed(instant).map(SessionTimes::from),
            next_session: calendar.next_session(instant).map(SessionTimes::from),
        }
    }

    /// The venues whose clocks say the same, with one of their states; in the order of their first.
    pub fn alike(states: &[Self]) -> Vec<(Vec<&'static str>, &Self)> {
        let mut groups: Vec<(Vec<&'static str>, &Self)> = Vec::new();
        for state in states {
            let same = |other: &Self| Self { mic: other.mic, ..state.clone() } == *other;
            match groups.iter_mut().find(|(_, other)| same(other)) {
                Some((mics, _)) => mics.push(state.mic),
                None => groups.push((vec![state.mic], state)),
            }
        }
        groups
    }
}

/// The clocks of the venues of some instruments, by code.
pub(crate) fn states(snapshot: &Snapshot, universe: &[usize], as_of: AsOf) -> Vec<VenueState> {
    let states = calendars(snapshot, universe).into_iter();
    states.map(|calendar| VenueState::new(calendar, as_of, snapshot.as_of())).collect()
}

/// What a user should know of a day without a session, or of one that no calendar covers.
pub(crate) fn remarks(states: &[VenueState]) -> Vec<String> {
    let remark = |(mics, state): (Vec<&str>, &VenueState)| {
        let date = state.date?;
        match (state.is_session, state.last_session) {
            (Some(true), _) => None,
            (Some(false), Some(last)) => Some(format!(
                "{date} is no session of {}: the last completed one, {}, is used",
                named(&mics),
                last.date
            )),
            (Some(false), None) => Some(format!("{date} is no session of {}", named(&mics))),
            (None, _) => Some(format!(
                "no calendar of {} covers {date}: its sessions are not known, weekdays are counted instead",
                named(&mics)
            )),
        }
    };
    VenueState::alike(states).into_iter().filter_map(remark).collect()
}

/// Refuses a day on which none of the venues of some instruments has a session, as far as their calendars know: today
/// for a scan of what is newest, else the day that was asked for.
pub(crate) fn require_open(
    snapshot: &Snapshot,
    universe: &[usize],
    as_of: AsOf,
    now: Instant,
) -> Result<(), EngineError> {
    let instant = match as_of {
        AsOf::At(instant) => instant,
        AsOf::Latest | AsOf::Now | AsOf::Date(_) => now,
    };
    let calendars = calendars(snapshot, universe);
    let open = |calendar: &&Calendar| {
        day(calendar, as_of, instant).and_then(|date| has_session(calendar, date)) == Some(true)
    };
    if calendars.iter().any(open) {
        return Ok(());
    }
    let date = calendars.first().and_then(|calendar| day(calendar, as_of, instant));
    // the next one after a day that was asked for, not after now
    let after = match as_of {
        AsOf::Date(_) => snapshot.as_of(),
        AsOf::Latest | AsOf::Now | AsOf::At(_) => instant,
    };
    let next = calendars
        .iter()
        .filter_map(|calendar| calendar.next_session(after))
        .min_by_key(|session| session.opens);
    let mics: Vec<&str> = calendars.iter().map(|calendar| calendar.mic()).collect();
    Err(EngineError::NoSession {
        date: date.map_or_else(|| instant.to_string(), |date| date.to_string()),
        venues: named(&mics),
        next: next.map_or_else(
            || "no calendar tells when the next one is".to_owned(),
            |next| format!("the next one is {}, it opens at {}", next.date, next.opens),
        ),
    })
}

fn calendars<'a>(snapshot: &'a Snapshot, universe: &[usize]) -> Vec<&'a Calendar> {
    let mut venues: Vec<usize> = universe.iter().map(|instrument| snapshot.venue_of(*instrument)).collect();
    venues.sort_unstable();
    venues.dedup();
    venues.into_iter().filter_map(|venue| snapshot.calendars().get(venue)).collect()
}

/// The day that is asked about. A date without a session ends with that day, so that its instant is the next one's.
fn day(calendar: &Calendar, as_of: AsOf, instant: Instant) -> Option<NaiveDate> {
    match as_of {
        AsOf::Date(date) => Some(date),
        AsOf::Latest | AsOf::Now | AsOf::At(_) => calendar.local_date(instant),
    }
}

fn has_session(calendar: &Calendar, date: NaiveDate) -> Option<bool> {
    calendar.session(date).ok().map(|session| session.is_some())
}

fn named(mics: &[&str]) -> String {
    let dots = if mics.len() > NAMED { ", …" } else { "" };
    format!("{}{dots}", mics.iter().take(NAMED).copied().collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests;

//! What the calendars of the venues say of imported bars.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::super::sink::{Stamp, Stamped, When};
use crate::bars::Timeframe;
use crate::calendar::{Calendar, CalendarError, Calendars, local_midnight};
use crate::days::{LocalDays, date_of, day_of};
use crate::instant::Instant;
use crate::periods;

/// Days around the epoch for which answers are kept: 1900 to 2100.
const FIRST_DAY: i32 = -25_567;
const DAYS: usize = 73_049;

/// The calendars that an import asks, by number.
pub(crate) struct Venues {
    now: Instant,
    calendars: Calendars,
    venues: Vec<Venue>,
    by_mic: HashMap<String, Option<usize>>,
}

impl Venues {
    pub(crate) fn new(now: Instant, calendars: Calendars) -> Self {
        Self { now, calendars, venues: Vec::new(), by_mic: HashMap::new() }
    }

    /// The number of a venue; none when it has no calendar.
    pub(crate) fn number(&mut self, mic: &str) -> Option<usize> {
        if let Some(known) = self.by_mic.get(mic) {
            return *known;
        }
        let calendar = self.calendars.for_mic(mic).ok();
        let number = calendar.map(|calendar| {
            self.venues.push(Venue::new(calendar, self.now));
            self.venues.len() - 1
        });
        self.by_mic.insert(mic.to_owned(), number);
        number
    }

    pub(crate) fn get(&self, number: usize) -> Option<&Venue> {
        self.venues.get(number)
    }

    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut Venue> {
        self.venues.get_mut(number)
    }

    /// The calendar of a venue.
    pub(crate) fn calendar(&mut self, mic: &str) -> Result<&Calendar, CalendarError> {
        let number = self.number(mic);
        number
            .and_then(|number| self.venues.get(number))
            .map(Venue::calendar)
            .ok_or_else(|| CalendarError::UnknownVenue { mic: crate::symbol::printable(mic, 12) })
    }
}

/// What a calendar says of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayKind {
    Session,
    Closed,
    NotCovered,
}

/// When a bar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// As the set tells bars: the first day, or UTC milliseconds of the open.
    pub(crate) key: i64,
    /// The venue's day on which it begins.
    pub(crate) day: i32,
}

/// A calendar with the answers that it gave.
pub(crate) struct Venue {
    calendar: Calendar,
    now: Instant,
    local: LocalDays,
    kinds: Vec<Option<DayKind>>,
    /// Newest complete bar of days, weeks, months.
    newest: [i32; 3],
}

impl Venue {
    fn new(calendar: Calendar, now: Instant) -> Self {
        let newest = [Timeframe::Day, Timeframe::Week, Timeframe::Month]
            .map(|timeframe| periods::newest_complete(&calendar, timeframe, now));
        Self { local: LocalDays::new(calendar.tz()), kinds: vec![None; DAYS], calendar, now, newest }
    }

    pub(crate) fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The venue's day of UTC milliseconds.
    pub(crate) fn day(&mut self, millis: i64) -> i32 {
        self.local.day(millis)
    }

    pub(crate) fn zone(&self) -> Tz {
        self.calendar.tz()
    }

    /// When a bar with that stamp is; none for a date where an instant is needed.
    pub(crate) fn moment(&mut self, timeframe: Timeframe, stamped: Stamped, stamp: Stamp) -> Option<Moment> {
        let Some(span) = timeframe.millis() else {
            let day = match stamp {
                Stamp::Day(date) => day_of(date),
                // the end of a day is the first instant of the next one
                Stamp::At(instant) => self.local.day(instant.millis() - i64::from(stamped == Stamped::Close)),
            };
            let first = periods::first_day(timeframe, day);
            return Some(Moment { key: i64::from(first), day: first });
        };
        let Stamp::At(instant) = stamp else { return None };
        let key = match stamped {
            Stamped::Open => instant.millis(),
            Stamped::Close => instant.millis().saturating_sub(span),
        };
        Some(Moment { key, day: self.local.day(key) })
    }

    /// Whether a bar was complete when the import began.
    pub(crate) fn is_complete(&self, timeframe: Timeframe, moment: Moment) -> bool {
        let [day, week, month] = self.newest;
        match timeframe {
            Timeframe::Day => moment.day <= day,
            Timeframe::Week => moment.day <= week,
            Timeframe::Month => moment.day <= month,
            _ => {
                let span = timeframe.millis().unwrap_or_default();
                moment.key <= self.now.millis().saturating_sub(span)
                    || periods::known_at(&self.calendar, timeframe, moment.key) <= self.now
            }
        }
    }

    pub(crate) fn kind(&mut self, day: i32) -> DayKind {
        let slot = usize::try_from(i64::from(day) - i64::from(FIRST_DAY)).ok();
        let slot = slot.and_then(|index| self.kinds.get_mut(index));
        if let Some(Some(kind)) = slot {
            return *kind;
        }
        let kind = match self.calendar.session(date_of(day)) {
            Ok(Some(_)) => DayKind::Session,
            Ok(None) => DayKind::Closed,
            Err(_) => DayKind::NotCovered,
        };
        if let Some(slot) = slot {
            *slot = Some(kind);
        }
        kind
    }
}

/// The instant that a source means, by the venue's calendar. Where a date is no session, or nobody knows, the whole
/// venue-local day stands in for it.
pub(crate) fn instant_of(calendar: &Calendar, when: When) -> Instant {
    match when {
        When::At(instant) => instant,
        When::BeforeOpen(date) => match calendar.session(date) {
            Ok(Some(session)) => session.pre_opens,
            Ok(None) | Err(_) => local_midnight(calendar.tz(), date),
        },
        When::AfterClose(date) => calendar.known_at(date),
        When::OnDate(date) => local_midnight(calendar.tz(), date.succ_opt().unwrap_or(date)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn venue(mic: &str, now: &str) -> Venue {
        Venue::new(Calendars::default().for_mic(mic).unwrap(), now.parse().unwrap())
    }

    fn at(text: &str) -> Stamp {
        Stamp::At(text.parse().unwrap())
    }

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    #[test]
    fn a_daily_stamp_belongs_to_the_venues_date() {
        let mut venue = venue("XNYS", "2026-01-05T12:00:00Z");
        let mut of = |stamped, stamp| venue.moment(Timeframe::Day, stamped, stamp).unwrap();
        // midnight in New York, on both sides of a change of its clocks
        assert_eq!(of(Stamped::Open, at("2005-04-01T05:00:00Z")).day, day("2005-04-01"));
        assert_eq!(of(Stamped::Open, at("2005-04-04T04:00:00Z")).day, day("2005-04-04"));
        assert_eq!(of(Stamped::Close, at("2005-04-05T04:00:00Z")).day, day("2005-04-04"));
        assert_eq!(of(Stamped::Close, at("2005-04-04T20:00:00Z")).day, day("2005-04-04"));
        assert_eq!(of(Stamped::Open, Stamp::Day("2005-04-04".parse().unwrap())).day, day("2005-04-04"));
    }

    #[test]
    fn weeks_and_months_are_told_by_their_first_day_whatever_day_the_stamp_has() {
        let mut venue = venue("XNYS", "2026-01-05T12:00:00Z");
        let mut key = |timeframe, date: &str| {
            venue.moment(timeframe, Stamped::Open, Stamp::Day(date.parse().unwrap())).unwrap().key
        };
        for date in ["2024-07-01", "2024-07-05", "2024-07-07"] {
            assert_eq!(key(Timeframe::Week, date), i64::from(day("2024-07-01")), "{date}");
        }
        assert_eq!(key(Timeframe::Month, "2024-07-31"), i64::from(day("2024-07-01")));
    }

    #[test]
    fn an_intraday_bar_is_told_by_its_open_on_the_days_on_which_clocks_change() {
        let mut venue = venue("XNYS", "2026-01-05T12:00:00Z");
        let mut of = |stamped, text| venue.moment(Timeframe::Minutes30, stamped, at(text)).unwrap();
        let open = |text: &str| text.parse::<Instant>().unwrap().millis();
        let spring = of(Stamped::Close, "2025-03-10T14:00:00Z");
        assert_eq!(spring, Moment { key: open("2025-03-10T13:30:00Z"), day: day("2025-03-10") });
        let autumn = of(Stamped::Open, "2025-11-03T14:30:00Z");
        assert_eq!(autumn, Moment { key: open("2025-11-03T14:30:00Z"), day: day("2025-11-03") });
        // the hour that comes twice is two bars
        assert_ne!(of(Stamped::Open, "2025-11-02T05:30:00Z"), of(Stamped::Open, "2025-11-02T06:30:00Z"));
        let date = Stamp::Day("2025-03-10".parse().unwrap());
        assert_eq!(venue.moment(Timeframe::Minutes30, Stamped::Open, date), None);
    }

    #[test]
    fn a_bar_that_still_runs_is_not_complete() {
        let mut venue = venue("XNYS", "2024-07-03T13:01:00Z");
        let mut complete = |timeframe, text| {
            let moment = venue.moment(timeframe, Stamped::Open, at(text)).unwrap();
            venue.is_complete(timeframe, moment)
        };
        assert!(!complete(Timeframe::Minutes15, "2024-07-03T13:00:00Z"));
        assert!(complete(Timeframe::Minutes15, "2024-07-03T12:45:00Z"));
        assert!(!complete(Timeframe::Day, "2024-07-03T04:00:00Z"));
        assert!(complete(Timeframe::Day, "2024-07-02T04:00:00Z"));
        assert!(!complete(Timeframe::Week, "2024-07-01T04:00:00Z"));
    }

    #[test]
    fn an_hour_that_the_close_cuts_is_complete_at_the_close() {
        let mut venue = venue("XNYS", "2024-07-03T17:00:00Z");
        let moment = venue.moment(Timeframe::Hour, Stamped::Open, at("2024-07-03T16:30:00Z")).unwrap();
        assert!(venue.is_complete(Timeframe::Hour, moment));
    }

    #[test]
    fn what_a_source_says_of_a_date_is_an_instant_of_the_venue() {
        let new_york = Calendars::default().for_mic("XNYS").unwrap();
        let of = |when: When| instant_of(&new_york, when).to_string();
        let half_day = "2024-07-03".parse().unwrap();
        assert_eq!(of(When::BeforeOpen(half_day)), "2024-07-03T08:00:00Z");
        assert_eq!(of(When::AfterClose(half_day)), "2024-07-03T17:00:00Z");
        assert_eq!(of(When::OnDate(half_day)), "2024-07-04T04:00:00Z");
        let holiday = "2024-07-04".parse().unwrap();
        assert_eq!(of(When::BeforeOpen(holiday)), "2024-07-04T04:00:00Z");
        assert_eq!(of(When::AfterClose(holiday)), "2024-07-05T04:00:00Z");
    }
}

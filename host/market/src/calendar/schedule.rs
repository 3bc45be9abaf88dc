//! What the tables of a venue, and the days that a user changed, say of a date.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use exchange_hours::{ExchangeCalendar, calendar_for_exchange};

use super::change::DayKind;
use super::venues::{Hours, Venue};
use super::year::{Day, US_POST_HOURS, Year, is_early, us_pre_opens};
use super::{Session, local_midnight};
use crate::instant::Instant;

/// First year that tables can answer for: the floor of `exchange-hours`.
const FIRST_YEAR: i32 = 2010;
/// Years that there is room for; how many are covered depends on the venue's published holidays.
const YEARS: usize = 40;

/// The days of one venue, or of several that keep the same hours. Years are worked out once, on demand.
pub(super) struct Schedule {
    venue: &'static Venue,
    source: Source,
    changed: BTreeMap<NaiveDate, Day>,
}

enum Source {
    Tables { tables: ExchangeCalendar, years: Box<[OnceLock<Year>]> },
    Always,
}

impl Schedule {
    pub(super) fn new(venue: &'static Venue) -> Self {
        let source = match venue.hours {
            Hours::Always => Source::Always,
            Hours::Exchange(exchange) => Source::Tables {
                tables: calendar_for_exchange(exchange),
                years: (0..YEARS).map(|_| OnceLock::new()).collect(),
            },
        };
        Self { venue, source, changed: BTreeMap::new() }
    }

    pub(super) fn tz(&self) -> Tz {
        match &self.source {
            Source::Tables { tables, .. } => tables.tz(),
            Source::Always => Tz::UTC,
        }
    }

    /// What is known of a date.
    pub(super) fn day(&self, date: NaiveDate) -> Day {
        match self.changed.get(&date) {
            Some(day) => *day,
            None => self.ordinary(date),
        }
    }

    /// The spans that the tables cover; none for a venue that is always open, which covers every date.
    pub(super) fn coverage(&self) -> Vec<(NaiveDate, NaiveDate)> {
        let mut ranges: Vec<(NaiveDate, NaiveDate)> = Vec::new();
        let Source::Tables { tables, .. } = &self.source else { return ranges };
        for range in tables.coverage().complete_ranges() {
            match ranges.last_mut() {
                Some((_, last)) if last.succ_opt() == Some(range.first()) => *last = range.last(),
                _ => ranges.push((range.first(), range.last())),
            }
        }
        ranges
    }

    /// Changes a day. The error says what does not fit, without naming venue and date.
    pub(super) fn change(&mut self, date: NaiveDate, kind: DayKind) -> Result<(), String> {
        let day = match kind {
            DayKind::Closure => Day::Closed,
            DayKind::HalfDay { closes } => {
                let ordinary = self.ordinary_session(date)?;
                let end = self.instant(date, closes)?;
                if end > ordinary.closes {
                    let usual = self.clock(ordinary.closes);
                    return Err(format!("it closes at {usual} anyway, before {}", minutes(closes)));
                }
                let session = self.shape(date, Some(ordinary), (ordinary.opens, end))?;
                Day::Open(Session { early_close: true, ..session })
            }
            DayKind::LateOpen { opens } => {
                let ordinary = self.ordinary_session(date)?;
                let start = self.instant(date, opens)?;
                if start < ordinary.opens {
                    let usual = self.clock(ordinary.opens);
                    return Err(format!("it opens at {usual} anyway, after {}", minutes(opens)));
                }
                Day::Open(self.shape(date, Some(ordinary), (start, ordinary.closes))?)
            }
            DayKind::Session { opens, closes } => {
                let ordinary = match self.ordinary(date) {
                    Day::Open(session) => Some(session),
                    Day::Closed | Day::NotCovered => None,
                };
                let hours = (self.instant(date, opens)?, self.instant(date, closes)?);
                Day::Open(self.shape(date, ordinary, hours)?)
            }
        };
        self.changed.insert(date, day);
        Ok(())
    }

    /// What the tables alone say.
    fn ordinary(&self, date: NaiveDate) -> Day {
        let (tables, years) = match &self.source {
            Source::Always => return Day::Open(all_day(date)),
            Source::Tables { tables, years } => (*tables, years),
        };
        match usize::try_from(date.year() - FIRST_YEAR).ok().and_then(|index| years.get(index)) {
            Some(year) => year.get_or_init(|| Year::build(tables, self.venue, date.year())).day(date),
            None => Day::NotCovered,
        }
    }

    fn ordinary_session(&self, date: NaiveDate) -> Result<Session, String> {
        match self.ordinary(date) {
            Day::Open(session) => Ok(session),
            Day::Closed => Err("there is no session: kind = \"session\" adds one".to_owned()),
            Day::NotCovered => {
                Err("the calendar does not cover that date: kind = \"session\" tells both opens and closes"
                    .to_owned())
            }
        }
    }

    /// A session with other hours than the tables have.
    fn shape(
        &self,
        date: NaiveDate,
        ordinary: Option<Session>,
        (opens, closes): (Instant, Instant),
    ) -> Result<Session, String> {
        if closes <= opens {
            return Err(format!(
                "it would close at {}, not after its open at {}",
                self.clock(closes),
                self.clock(opens)
            ));
        }
        let same_close = ordinary.filter(|ordinary| ordinary.closes == closes);
        let mut session = Session {
            date,
            pre_opens: ordinary.map_or(opens, |ordinary| ordinary.pre_opens.min(opens)),
            opens,
            closes,
            settles: same_close.map_or(closes, |ordinary| ordinary.settles),
            post_closes: same_close.map_or(closes, |ordinary| ordinary.post_closes),
            midday_break: ordinary
                .and_then(|ordinary| ordinary.midday_break)
                .filter(|(start, end)| opens < *start && *end < closes),
            early_close: self.is_early(date, closes),
        };
        if let (true, Source::Tables { tables, .. }) = (self.venue.consolidated_us, &self.source) {
            session.pre_opens = us_pre_opens(*tables, date).map_or(opens, |pre| opens.min(pre.into()));
            let hours = Duration::hours(US_POST_HOURS).num_milliseconds();
            session.post_closes = Instant::from_millis(closes.millis().saturating_add(hours));
        }
        Ok(session)
    }

    fn is_early(&self, date: NaiveDate, closes: Instant) -> bool {
        match (&self.source, closes.to_utc()) {
            (Source::Tables { tables, .. }, Some(closes)) => is_early(*tables, date, closes),
            (Source::Always, _) => closes < all_day(date).closes,
            (_, None) => false,
        }
    }

    /// A time of the venue's clock on a date. Times that a zone change skips do not exist.
    fn instant(&self, date: NaiveDate, time: NaiveTime) -> Result<Instant, String> {
        let local = self.tz().from_local_datetime(&date.and_time(time));
        local.earliest().map(|time: DateTime<Tz>| time.with_timezone(&Utc).into()).ok_or_else(|| {
            format!("{} does not exist in {}: the clock skips it", minutes(time), self.tz().name())
        })
    }

    /// The venue's clock at an instant.
    fn clock(&self, instant: Instant) -> String {
        instant.to_utc().map_or_else(String::new, |time| minutes(time.with_timezone(&self.tz()).time()))
    }
}

/// A day in UTC.
fn all_day(date: NaiveDate) -> Session {
    let opens = local_midnight(Tz::UTC, date);
    let closes = local_midnight(Tz::UTC, date.succ_opt().unwrap_or(date));
    Session {
        date,
        pre_opens: opens,
        opens,
        closes,
        settles: closes,
        post_closes: closes,
        midday_break: None,
        early_close: false,
    }
}

/// `13:00`, with seconds only where there are some.
fn minutes(time: NaiveTime) -> String {
    let text = time.to_string();
    text.strip_suffix(":00").map_or(text.clone(), str::to_owned)
}

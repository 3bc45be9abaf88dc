//! The sessions of one venue in one year, worked out once.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Timelike, Utc};
use exchange_hours::{CalendarQueryError, DateCoverage, ExchangeCalendar, SessionKind};

use super::venues::{Venue, Ymd};
use super::{Session, local_midnight};
use crate::instant::Instant;

/// US pre-market trading starts at 04:00 New York (consolidated tape, since 2005 or earlier).
const US_PRE_OPENS_HOUR: u32 = 4;
/// US post-market trading lasts four hours: 20:00 New York, 17:00 after an early close at 13:00.
pub(super) const US_POST_HOURS: i64 = 4;
/// Trading that ends so soon after the continuous session is its closing auction, whose price is the bar's close:
/// only then is the bar known.
const LONGEST_AUCTION_MINUTES: i64 = 15;
/// A shorter pause in a regular session is an auction, not a midday break.
const SHORTEST_BREAK_MINUTES: i64 = 15;

/// What a calendar says of a date.
#[derive(Debug, Clone, Copy)]
pub(super) enum Day {
    Open(Session),
    Closed,
    NotCovered,
}

/// One entry for each day of the year.
pub(super) struct Year(Vec<Day>);

impl Year {
    pub(super) fn build(source: ExchangeCalendar, venue: &Venue, year: i32) -> Self {
        let days = (1..=366).filter_map(|ordinal| NaiveDate::from_yo_opt(year, ordinal));
        Self(days.map(|date| day_of(source, venue, date).unwrap_or(Day::NotCovered)).collect())
    }

    pub(super) fn day(&self, date: NaiveDate) -> Day {
        self.0.get(date.ordinal0() as usize).copied().unwrap_or(Day::NotCovered)
    }
}

type Window = (DateTime<Utc>, DateTime<Utc>);

fn day_of(source: ExchangeCalendar, venue: &Venue, date: NaiveDate) -> Result<Day, CalendarQueryError> {
    if source.coverage().coverage_on(date) != DateCoverage::Covered {
        return Ok(Day::NotCovered);
    }
    if venue.closures.contains(&ymd(date)) {
        return Ok(Day::Closed);
    }
    let regular = windows_of(source, date, SessionKind::Regular)?;
    let (Some(first), Some(last)) = (regular.first(), regular.last()) else { return Ok(Day::Closed) };
    let (opens, mut closes) = (first.0, last.1);
    let early_close = is_early(source, date, closes);
    let (pre_opens, post_closes) = if venue.consolidated_us {
        (us_pre_opens(source, date).unwrap_or(opens).min(opens), closes + Duration::hours(US_POST_HOURS))
    } else {
        closes += minutes(venue.auction, date);
        let all = windows_of(source, date, SessionKind::Both)?;
        let first = all.first().map_or(opens, |window| window.0.min(opens));
        (first, all.last().map_or(closes, |window| window.1.max(closes)))
    };
    let auction = post_closes - closes <= Duration::minutes(LONGEST_AUCTION_MINUTES);
    if early_close {
        closes -= minutes(venue.half_day_auction, date);
    }
    let midday_break = midday_break(&regular).or_else(|| lunch(source, venue, date, closes));
    Ok(Day::Open(Session {
        date,
        pre_opens: pre_opens.into(),
        opens: opens.into(),
        closes: closes.into(),
        settles: if auction { post_closes } else { closes }.into(),
        post_closes: post_closes.into(),
        midday_break,
        early_close,
    }))
}

/// A correction by some minutes, from when it holds on.
fn minutes(correction: Option<(Ymd, i64)>, date: NaiveDate) -> Duration {
    let minutes = correction.filter(|(since, _)| ymd(date) >= *since).map_or(0, |(_, minutes)| minutes);
    Duration::minutes(minutes)
}

/// The lunch of a venue whose table leaves it out; none on a day that ends before.
fn lunch(
    source: ExchangeCalendar,
    venue: &Venue,
    date: NaiveDate,
    closes: DateTime<Utc>,
) -> Option<(Instant, Instant)> {
    let (_, start, end) = *venue.lunches.iter().rev().find(|(since, ..)| ymd(date) >= *since)?;
    let at = |second: u32| {
        let time = NaiveTime::from_num_seconds_from_midnight_opt(second, 0)?;
        Some(source.tz().from_local_datetime(&date.and_time(time)).earliest()?.with_timezone(&Utc))
    };
    let (start, end) = (at(start)?, at(end)?);
    (end < closes).then(|| (start.into(), end.into()))
}

fn ymd(date: NaiveDate) -> Ymd {
    (date.year(), date.month(), date.day())
}

/// The windows of one kind that open on a local date, in order.
fn windows_of(
    source: ExchangeCalendar,
    date: NaiveDate,
    kind: SessionKind,
) -> Result<Vec<Window>, CalendarQueryError> {
    let mut windows: Vec<Window> = Vec::new();
    let start = local_midnight(source.tz(), date).to_utc().unwrap_or_default();
    let mut next = beyond(date, source.session_bounds_with(start, kind))?;
    while let Some(window) = next {
        let opened = window.0.with_timezone(&source.tz()).date_naive();
        if opened > date {
            break;
        }
        if opened == date {
            windows.push(window);
        }
        next = beyond(date, source.next_session_after_with(window.0, kind))?;
    }
    Ok(windows)
}

/// A refusal that is about a later date only says that nothing more is known on this one.
fn beyond<T>(
    date: NaiveDate,
    answer: Result<Option<T>, CalendarQueryError>,
) -> Result<Option<T>, CalendarQueryError> {
    match answer {
        Err(error) if error.date() > date => Ok(None),
        other => other,
    }
}

pub(super) fn us_pre_opens(source: ExchangeCalendar, date: NaiveDate) -> Option<DateTime<Utc>> {
    let time = NaiveTime::from_hms_opt(US_PRE_OPENS_HOUR, 0, 0)?;
    Some(source.tz().from_local_datetime(&date.and_time(time)).earliest()?.with_timezone(&Utc))
}

/// The longest pause between regular windows that is long enough for a break.
fn midday_break(regular: &[Window]) -> Option<(Instant, Instant)> {
    regular
        .iter()
        .zip(regular.iter().skip(1))
        .map(|(before, after)| (before.1, after.0))
        .filter(|(start, end)| *end - *start >= Duration::minutes(SHORTEST_BREAK_MINUTES))
        .max_by_key(|(start, end)| *end - *start)
        .map(|(start, end)| (start.into(), end.into()))
}

/// Whether the venue's ordinary week closes later on that weekday.
pub(super) fn is_early(source: ExchangeCalendar, date: NaiveDate, closes: DateTime<Utc>) -> bool {
    let weekday = date.weekday().num_days_from_monday() as usize;
    let ordinary = source.hours_at(closes);
    let ordinary_close = ordinary
        .regular
        .iter()
        .filter(|rule| rule.days.get(weekday).copied().unwrap_or(false) && !rule.wraps_to_next_day())
        .map(|rule| rule.close_ssm)
        .max();
    ordinary_close
        .is_some_and(|ordinary| closes.with_timezone(&source.tz()).num_seconds_from_midnight() < ordinary)
}

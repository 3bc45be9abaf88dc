//! When bars begin and from when on they are known, for every timeframe.
//!
//! A bar's *key* is the day on which it begins (days, weeks from Monday, months), or the UTC milliseconds at which it
//! opens (within a day).

use chrono::Datelike;

use crate::bars::Timeframe;
use crate::calendar::Calendar;
use crate::days::{date_of, day_of};
use crate::instant::Instant;

/// The Monday before 1970-01-01, which was a Thursday, in days from it.
const MONDAY: i32 = -3;

/// The first day of the period that a day belongs to; the day itself for timeframes up to a day.
pub(crate) fn first_day(timeframe: Timeframe, day: i32) -> i32 {
    match timeframe {
        Timeframe::Week => day - (day - MONDAY).rem_euclid(7),
        Timeframe::Month => day - date_of(day).day0() as i32,
        _ => day,
    }
}

/// The first day after the period that begins on a day.
pub(crate) fn next_first_day(timeframe: Timeframe, first: i32) -> i32 {
    match timeframe {
        Timeframe::Week => first + 7,
        // a month has at most 31 days
        Timeframe::Month => first_day(timeframe, first + 31),
        _ => first + 1,
    }
}

/// The last day of the period that begins on a day on which the venue trades: its close ends the bar. The last day
/// of all where it does not trade.
pub(crate) fn last_session_day(calendar: &Calendar, timeframe: Timeframe, first: i32) -> i32 {
    let next = next_first_day(timeframe, first);
    let trades = |day: &i32| calendar.counts_as_session(date_of(*day));
    (first..next).rev().find(trades).unwrap_or(next - 1)
}

/// From when on a bar is known: within a day its end, or the end of the closing auction if that is earlier; else when
/// the close of its last session is made.
pub(crate) fn known_at(calendar: &Calendar, timeframe: Timeframe, key: i64) -> Instant {
    let Some(span) = timeframe.millis() else {
        let first = i32::try_from(key).unwrap_or_default();
        return calendar.known_at(date_of(last_session_day(calendar, timeframe, first)));
    };
    let (open, end) = (Instant::from_millis(key), Instant::from_millis(key.saturating_add(span)));
    let session = calendar.local_date(open).and_then(|date| calendar.session(date).ok().flatten());
    match session {
        Some(session) if open < session.settles && session.settles < end => session.settles,
        _ => end,
    }
}

/// The key of the newest bar of whole days that is complete at an instant.
pub(crate) fn newest_complete(calendar: &Calendar, timeframe: Timeframe, now: Instant) -> i32 {
    let Some(today) = calendar.local_date(now).map(day_of) else { return i32::MAX };
    let first = first_day(timeframe, today);
    if known_at(calendar, timeframe, i64::from(first)) <= now {
        first
    } else {
        first_day(timeframe, first - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn new_york() -> Calendar {
        crate::calendar::Calendars::default().for_mic("XNYS").unwrap()
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_their_first() {
        assert_eq!(first_day(Timeframe::Week, day("2024-07-07")), day("2024-07-01"));
        assert_eq!(first_day(Timeframe::Week, day("2024-07-08")), day("2024-07-08"));
        assert_eq!(first_day(Timeframe::Week, day("1969-12-31")), day("1969-12-29"));
        assert_eq!(first_day(Timeframe::Month, day("2024-02-29")), day("2024-02-01"));
        assert_eq!(next_first_day(Timeframe::Month, day("2024-02-01")), day("2024-03-01"));
        assert_eq!(next_first_day(Timeframe::Month, day("2024-12-01")), day("2025-01-01"));
        assert_eq!(first_day(Timeframe::Day, 5), 5);
    }

    #[test]
    fn a_week_is_known_at_the_close_of_its_last_session() {
        let known = |timeframe, text| known_at(&new_york(), timeframe, i64::from(day(text)));
        assert_eq!(known(Timeframe::Week, "2024-07-01"), at("2024-07-05T20:00:00Z"));
        // Good Friday
        assert_eq!(known(Timeframe::Week, "2024-03-25"), at("2024-03-28T20:00:00Z"));
        assert_eq!(known(Timeframe::Month, "2024-11-01"), at("2024-11-29T18:00:00Z"));
        assert_eq!(known(Timeframe::Day, "2024-11-29"), at("2024-11-29T18:00:00Z"));
    }

    #[test]
    fn an_hour_ends_with_the_session_on_a_half_day_too() {
        let known = |text| known_at(&new_york(), Timeframe::Hour, at(text).millis());
        assert_eq!(known("2024-07-02T13:30:00Z"), at("2024-07-02T14:30:00Z"));
        assert_eq!(known("2024-07-02T19:30:00Z"), at("2024-07-02T20:00:00Z"));
        assert_eq!(known("2024-07-03T16:30:00Z"), at("2024-07-03T17:00:00Z"));
        assert_eq!(known("2024-07-02T20:00:00Z"), at("2024-07-02T21:00:00Z"));
        assert_eq!(known("2024-07-06T16:30:00Z"), at("2024-07-06T17:30:00Z"));
    }

    #[test]
    fn the_newest_complete_bar_is_the_one_whose_last_session_has_closed() {
        let newest = |timeframe, text| newest_complete(&new_york(), timeframe, at(text));
        assert_eq!(newest(Timeframe::Day, "2024-07-03T16:59:59Z"), day("2024-07-02"));
        assert_eq!(newest(Timeframe::Day, "2024-07-03T17:00:00Z"), day("2024-07-03"));
        assert_eq!(newest(Timeframe::Week, "2024-07-05T19:59:59Z"), day("2024-06-24"));
        assert_eq!(newest(Timeframe::Week, "2024-07-05T20:00:00Z"), day("2024-07-01"));
        assert_eq!(newest(Timeframe::Month, "2024-07-31T19:00:00Z"), day("2024-06-01"));
    }

    #[test]
    fn a_bar_across_the_close_is_known_when_the_closing_auction_is_over() {
        let london = crate::calendar::Calendars::default().for_mic("XLON").unwrap();
        let known = |open: &str| known_at(&london, Timeframe::Hour, at(open).millis());
        assert_eq!(known("2024-11-05T15:00:00Z"), at("2024-11-05T16:00:00Z"));
        assert_eq!(known("2024-11-05T16:00:00Z"), at("2024-11-05T16:40:00Z"));
    }
}

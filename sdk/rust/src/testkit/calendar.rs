//! The kit's calendar: a session on every Monday to Friday.

use crate::Instant;
use crate::bindings::types as raw;

/// Friday 2024-06-28 in days since the epoch.
const NEWEST_DAY: i64 = 19_902;
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
const PRE_OPENS_MS: i64 = 9 * HOUR_MS;
const OPENS_MS: i64 = 14 * HOUR_MS + HOUR_MS / 2;
const CLOSES_MS: i64 = 21 * HOUR_MS;
const POST_CLOSES_MS: i64 = 25 * HOUR_MS;
const SESSIONS_PER_WEEK: i64 = 5;

/// When the regular session so many sessions before the newest one opened; 0 is the newest. The `time` of its bar.
pub fn session_opens(ago: u32) -> Instant {
    session(ago).opens
}

/// The session so many before the newest one.
pub(super) fn session(ago: u32) -> raw::Session {
    let ago = i64::from(ago);
    let day = NEWEST_DAY - 7 * (ago / SESSIONS_PER_WEEK) - ago % SESSIONS_PER_WEEK;
    let midnight = day * DAY_MS;
    raw::Session {
        date: date(day),
        pre_opens: midnight + PRE_OPENS_MS,
        opens: midnight + OPENS_MS,
        closes: midnight + CLOSES_MS,
        post_closes: midnight + POST_CLOSES_MS,
        break_: None,
        early_close: false,
    }
}

/// The newest `count` sessions that had begun, oldest first.
pub(super) fn newest(count: u32, as_of: Instant) -> Vec<raw::Session> {
    let begun = (0..).find(|&ago| session(ago).pre_opens <= as_of).unwrap_or(0);
    (begun..begun + count).rev().map(session).collect()
}

/// Where the clock stands in the newest session that had begun.
pub(super) fn phase(as_of: Instant) -> &'static str {
    match newest(1, as_of).first() {
        Some(session) if as_of < session.opens => "pre",
        Some(session) if as_of < session.closes => "regular",
        Some(session) if as_of < session.post_closes => "post",
        _ => "closed",
    }
}

/// YYYYMMDD of a day since the epoch, proleptic Gregorian. Counts from 1 March of year 0, so that a leap day is the
/// last day of its year; 400 years have 146,097 days.
fn date(day: i64) -> u32 {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    u32::try_from(year * 10_000 + month * 100 + day_of_month).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_skip_weekends_and_know_their_dates() {
        let dates: Vec<u32> = newest(7, session(0).closes).iter().map(|session| session.date).collect();
        assert_eq!(dates, [20240620, 20240621, 20240624, 20240625, 20240626, 20240627, 20240628]);
    }

    #[test]
    fn a_session_begins_with_its_pre_market() {
        let newest_at = |instant: i64| newest(1, instant)[0].date;
        let pre = session(0).pre_opens;
        assert_eq!((newest_at(pre - 1), newest_at(pre)), (20240627, 20240628));
        let phases = [pre, session(0).opens, session(0).closes, session(0).post_closes].map(phase);
        assert_eq!(phases, ["pre", "regular", "post", "closed"]);
    }

    #[test]
    fn dates_are_right_around_leap_days() {
        assert_eq!([date(0), date(11_016), date(11_017), date(-1)], [19700101, 20000229, 20000301, 19691231]);
    }
}

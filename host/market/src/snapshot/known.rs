//! Which bars are known at an instant, and which of them are fresh.
//!
//! Bars of days, weeks and months are told by a day, shorter ones by the millisecond at which they open: their *key*.
//! Keys ascend with the instants at which the bars become known, so that what is visible of an instrument is
//! everything up to one key.

use crate::bars::Timeframe;
use crate::calendar::Calendar;
use crate::days::{date_of, day_of};
use crate::instant::Instant;
use crate::periods::{first_day, known_at, next_first_day};

/// 1900-01-01 in days since the epoch: imports refuse older bars.
const OLDEST_DAY: i32 = -25_567;

/// Beyond a year nobody asks how old data is exactly, and every year of a calendar takes milliseconds to work out.
pub const MAX_STALE_SESSIONS: u32 = 250;

/// The last day that a bar covers which is told by a day.
pub(super) fn last_day_of(timeframe: Timeframe, day: i32) -> i32 {
    next_first_day(timeframe, first_day(timeframe, day)) - 1
}

/// When a bar begins that is told by a day: with the first session that it covers.
pub(crate) fn day_opens_at(calendar: &Calendar, timeframe: Timeframe, day: i32) -> Instant {
    let mut days = day..=last_day_of(timeframe, day);
    let session = days.find(|day| calendar.counts_as_session(date_of(*day)));
    calendar.bar_opens(date_of(session.unwrap_or(day)))
}

/// The newest key that was known at an instant. `days` are the dates that have bars, ascending.
pub(super) fn newest_known(
    calendar: &Calendar,
    timeframe: Timeframe,
    days: &[i32],
    as_of: Instant,
) -> Option<i64> {
    if let Some(span) = timeframe.millis() {
        // bars that began before a close are known with it, all others at their end
        let whole = as_of.millis().saturating_sub(span);
        let closed = calendar.last_completed(as_of).map(|session| session.settles.millis() - 1);
        return Some(closed.map_or(whole, |closed| closed.max(whole)));
    }
    let known = days.partition_point(|day| known_at(calendar, timeframe, i64::from(*day)) <= as_of);
    known.checked_sub(1).and_then(|newest| days.get(newest)).map(|day| i64::from(*day))
}

/// The oldest key that a bar may have whose age is at most so many completed sessions.
pub(super) fn oldest_fresh(calendar: &Calendar, timeframe: Timeframe, as_of: Instant, max_age: u32) -> i64 {
    let Some(day) = oldest_fresh_day(calendar, as_of, max_age) else { return i64::MIN };
    if timeframe.millis().is_some() {
        return calendar.midnight(date_of(day)).millis();
    }
    let first = first_day(timeframe, day);
    let is_complete = known_at(calendar, timeframe, i64::from(first)) <= calendar.known_at(date_of(day));
    // a week or month that was not over by then is not missed: the one before it will do
    i64::from(if is_complete { first } else { first_day(timeframe, first - 1) })
}

/// The day of the session that has an age of so many completed sessions; none beyond the oldest data.
fn oldest_fresh_day(calendar: &Calendar, as_of: Instant, max_age: u32) -> Option<i32> {
    let mut date = calendar.local_date(as_of)?;
    let mut newer = 0_u32;
    loop {
        if calendar.counts_as_session(date) && calendar.known_at(date) <= as_of {
            if newer == max_age {
                return Some(day_of(date));
            }
            newer += 1;
        }
        date = date.pred_opt().filter(|before| day_of(*before) > OLDEST_DAY)?;
    }
}

/// Sessions after a day that were completed at an instant, counted up to [`MAX_STALE_SESSIONS`].
pub(super) fn sessions_since(calendar: &Calendar, day: i32, as_of: Instant) -> u32 {
    let Some(today) = calendar.local_date(as_of) else { return 0 };
    let completed = date_of(day)
        .iter_days()
        .skip(1)
        .take_while(|date| *date <= today)
        .filter(|date| calendar.counts_as_session(*date) && calendar.known_at(*date) <= as_of)
        .take(MAX_STALE_SESSIONS as usize);
    u32::try_from(completed.count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendars;

    fn new_york() -> Calendar {
        Calendars::default().for_mic("XNYS").unwrap()
    }

    fn instant(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn the_newest_known_key_is_that_of_the_newest_known_bar() {
        let calendar = new_york();
        let opens: Vec<i64> =
            (0..60).map(|half| instant("2024-07-02T12:00:00Z").millis() + half * 1_800_000).collect();
        for minute in 0..24 * 60 {
            let as_of = Instant::from_millis(instant("2024-07-02T12:00:00Z").millis() + minute * 60_000);
            let newest = newest_known(&calendar, Timeframe::Hour, &[], as_of).unwrap();
            for open in &opens {
                let known = known_at(&calendar, Timeframe::Hour, *open) <= as_of;
                assert_eq!(*open <= newest, known, "{} as of {as_of}", Instant::from_millis(*open));
            }
        }
    }

    #[test]
    fn a_week_that_is_not_over_is_not_missed() {
        let oldest = |as_of: &str, age| {
            date_of(i32::try_from(oldest_fresh(&new_york(), Timeframe::Week, instant(as_of), age)).unwrap())
                .to_string()
        };
        assert_eq!(oldest("2024-07-10T21:00:00Z", 0), "2024-07-01");
        assert_eq!(oldest("2024-07-12T21:00:00Z", 0), "2024-07-08");
        assert_eq!(oldest("2024-07-12T21:00:00Z", 1), "2024-07-01");
    }
}

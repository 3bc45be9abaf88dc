//! Local clocks: from the time on a venue's wall to the instant.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::instant::Instant;

/// What a time on a wall means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// One instant.
    One(Instant),
    /// Clocks were set back over it: it happened twice, first at this instant.
    Twice(Instant),
    /// Clocks were set forward over it: it never happened.
    Never,
}

/// Reads wall clocks; the rules of a zone are asked once for each date.
#[derive(Debug, Default)]
pub(crate) struct WallClock {
    /// Zone, date, and the offset in seconds that holds all over it.
    last: Option<(Tz, NaiveDate, i32)>,
}

impl WallClock {
    /// The instant at which clocks of a zone show a time.
    pub(crate) fn instant(&mut self, zone: Tz, time: NaiveDateTime) -> Meaning {
        let date = time.date();
        if let Some((last, day, offset)) = self.last
            && day == date
            && last == zone
        {
            return Meaning::One(before(time, offset));
        }
        let offset = |time: NaiveDateTime| {
            zone.offset_from_local_datetime(&time).map(|offset| offset.fix().local_minus_utc())
        };
        let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
        let tomorrow = date.checked_add_days(Days::new(1)).unwrap_or(date);
        if let (Some(first), Some(last)) =
            (offset(midnight(date)).single(), offset(midnight(tomorrow)).single())
            && first == last
        {
            self.last = Some((zone, date, first));
            return Meaning::One(before(time, first));
        }
        match offset(time) {
            chrono::LocalResult::Single(offset) => Meaning::One(before(time, offset)),
            chrono::LocalResult::Ambiguous(one, other) => {
                Meaning::Twice(before(time, one).min(before(time, other)))
            }
            chrono::LocalResult::None => Meaning::Never,
        }
    }
}

/// UTC is a local time less its offset in seconds.
fn before(time: NaiveDateTime, offset: i32) -> Instant {
    Instant::from_millis(time.and_utc().timestamp_millis() - i64::from(offset) * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YORK: Tz = Tz::America__New_York;

    fn meaning(zone: Tz, text: &str) -> Meaning {
        WallClock::default().instant(zone, text.parse().unwrap())
    }

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_wall_clock_follows_its_zone_over_the_year() {
        assert_eq!(meaning(NEW_YORK, "2022-03-11T09:30:00"), Meaning::One(at("2022-03-11T14:30:00Z")));
        assert_eq!(meaning(NEW_YORK, "2022-03-14T09:30:00"), Meaning::One(at("2022-03-14T13:30:00Z")));
        assert_eq!(meaning(Tz::Asia__Tokyo, "2026-01-05T09:00:00"), Meaning::One(at("2026-01-05T00:00:00Z")));
    }

    #[test]
    fn an_hour_that_happens_twice_is_the_earlier_one_and_one_that_never_does_is_none() {
        assert_eq!(meaning(NEW_YORK, "2025-11-02T01:30:00"), Meaning::Twice(at("2025-11-02T05:30:00Z")));
        assert_eq!(meaning(NEW_YORK, "2025-03-09T02:30:00"), Meaning::Never);
        assert_eq!(meaning(NEW_YORK, "2025-03-09T03:30:00"), Meaning::One(at("2025-03-09T07:30:00Z")));
    }

    #[test]
    fn the_offset_of_a_date_is_kept_for_that_date_and_zone_only() {
        let mut clock = WallClock::default();
        let mut see = |zone, text: &str| clock.instant(zone, text.parse().unwrap());
        assert_eq!(see(NEW_YORK, "2022-03-11T00:00:00"), Meaning::One(at("2022-03-11T05:00:00Z")));
        assert_eq!(see(Tz::UTC, "2022-03-11T00:00:00"), Meaning::One(at("2022-03-11T00:00:00Z")));
        assert_eq!(see(NEW_YORK, "2022-03-14T00:00:00"), Meaning::One(at("2022-03-14T04:00:00Z")));
    }
}

//! Dates as days since the Unix epoch, the way the bar file stores them (Parquet `date32`).

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use crate::calendar::local_midnight;
use crate::instant::Instant;

/// Days from 0001-01-01 (day 1 of chrono's common era) to the Unix epoch.
const EPOCH_FROM_CE: i32 = 719_163;

/// Days since 1970-01-01.
pub(crate) fn day_of(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH_FROM_CE
}

/// The date of a day; the epoch for days that chrono cannot express, which no reader lets through.
pub(crate) fn date_of(day: i32) -> NaiveDate {
    day.checked_add(EPOCH_FROM_CE).and_then(NaiveDate::from_num_days_from_ce_opt).unwrap_or_default()
}

/// The local days of instants: a zone is asked once for each run of instants of one day.
pub(crate) struct LocalDays {
    zone: Tz,
    day: i32,
    /// UTC milliseconds at which the day begins and ends.
    start: i64,
    end: i64,
}

impl LocalDays {
    pub(crate) const fn new(zone: Tz) -> Self {
        Self { zone, day: 0, start: 0, end: 0 }
    }

    /// The day of UTC milliseconds; the epoch for instants that chrono cannot express.
    pub(crate) fn day(&mut self, millis: i64) -> i32 {
        if !(self.start..self.end).contains(&millis) {
            let Some(time) = Instant::from_millis(millis).to_utc() else { return 0 };
            let date = time.with_timezone(&self.zone).date_naive();
            let next = date.succ_opt().unwrap_or(date);
            self.day = day_of(date);
            self.start = local_midnight(self.zone, date).millis();
            self.end = local_midnight(self.zone, next).millis();
        }
        self.day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_days_change_at_local_midnight_whatever_the_clocks_do() {
        let mut days = LocalDays::new(Tz::America__New_York);
        let mut day = |text: &str| date_of(days.day(text.parse::<Instant>().unwrap().millis())).to_string();
        assert_eq!(day("2025-03-09T04:59:59Z"), "2025-03-08");
        assert_eq!(day("2025-03-09T05:00:00Z"), "2025-03-09");
        assert_eq!(day("2025-03-10T03:59:59Z"), "2025-03-09");
        assert_eq!(day("2025-03-10T04:00:00Z"), "2025-03-10");
        assert_eq!(day("2025-11-02T03:59:59Z"), "2025-11-01");
        assert_eq!(day("2025-11-03T04:59:59Z"), "2025-11-02");
    }

    #[test]
    fn days_count_from_the_unix_epoch() {
        assert_eq!(day_of("1970-01-01".parse().unwrap()), 0);
        assert_eq!(day_of("2018-02-07".parse().unwrap()), 17_569);
        assert_eq!(date_of(17_569).to_string(), "2018-02-07");
        assert_eq!(date_of(-1).to_string(), "1969-12-31");
    }
}

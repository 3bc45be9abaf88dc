//! Dates as days since the Unix epoch, the way the bar file stores them (Parquet `date32`).

use chrono::{Datelike, NaiveDate};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_the_unix_epoch() {
        assert_eq!(day_of("1970-01-01".parse().unwrap()), 0);
        assert_eq!(day_of("2018-02-07".parse().unwrap()), 17_569);
        assert_eq!(date_of(17_569).to_string(), "2018-02-07");
        assert_eq!(date_of(-1).to_string(), "1969-12-31");
    }
}

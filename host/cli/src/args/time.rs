//! Instants and ages as they are typed.

use chrono::{Days, NaiveDate, NaiveTime};
use sluice_market::Instant;
use std::str::FromStr;

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// An instant, or a date, which is a whole day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Its first millisecond, since the Unix epoch.
    pub first: i64,
    /// The first millisecond after it.
    pub end: i64,
}

/// A text that is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write a date like 2026-06-30 (the whole day, in UTC), or an instant like 2026-06-30T20:00:00Z")]
pub struct MomentError;

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        if let Ok(instant) = text.parse::<Instant>() {
            return Ok(Self { first: instant.millis(), end: instant.millis().saturating_add(1) });
        }
        // exactly YYYY-MM-DD: chrono would also take 2026-6-3
        let date =
            text.parse::<NaiveDate>().ok().filter(|date| date.to_string() == text).ok_or(MomentError)?;
        let next = date.checked_add_days(Days::new(1)).ok_or(MomentError)?;
        let start = |date: NaiveDate| date.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        Ok(Self { first: start(date), end: start(next) })
    }
}

/// How old something is: a number of hours, days or weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    millis: i64,
}

/// A text that is no age.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write days, weeks or hours, at least one: 90d, 12w, 36h")]
pub struct AgeError;

impl Age {
    /// The instant that is so long before `now`.
    pub fn before(self, now: Instant) -> Instant {
        Instant::from_millis(now.millis().saturating_sub(self.millis))
    }
}

impl FromStr for Age {
    type Err = AgeError;

    fn from_str(text: &str) -> Result<Self, AgeError> {
        let unit = match text.chars().last() {
            Some('h') => HOUR_MS,
            Some('d') => 24 * HOUR_MS,
            Some('w') => 7 * 24 * HOUR_MS,
            _ => return Err(AgeError),
        };
        let digits = text.get(..text.len() - 1).unwrap_or_default();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // a sign, which an integer may have, is none of an age
            return Err(AgeError);
        }
        let count: i64 = digits.parse().ok().filter(|count| *count > 0).ok_or(AgeError)?;
        Ok(Self { millis: count.checked_mul(unit).ok_or(AgeError)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> (String, String) {
        let moment: Moment = text.parse().unwrap();
        let print = |millis| Instant::from_millis(millis).to_string();
        (print(moment.first), print(moment.end))
    }

    #[test]
    fn a_date_is_its_whole_day_and_an_instant_is_itself() {
        assert_eq!(day("2026-06-30"), ("2026-06-30T00:00:00Z".into(), "2026-07-01T00:00:00Z".into()));
        assert_eq!(
            day("2026-06-30T16:00:00-04:00"),
            ("2026-06-30T20:00:00Z".into(), "2026-06-30T20:00:00.001Z".into())
        );
    }

    #[test]
    fn what_is_no_date_and_no_instant_is_refused() {
        for text in ["", "yesterday", "2026-6-3", "2026-02-30", "20260630", "2026-06-30T20:00", "1e3", "nan"]
        {
            assert_eq!(text.parse::<Moment>(), Err(MomentError), "{text}");
        }
        assert!("+262142-12-31".parse::<Moment>().is_err(), "the last day that chrono knows has no next");
    }

    #[test]
    fn an_age_is_so_long_before_now() {
        let now = "2026-06-30T12:00:00Z".parse().unwrap();
        for (age, instant) in
            [("36h", "2026-06-29T00:00:00Z"), ("90d", "2026-04-01T12:00:00Z"), ("1w", "2026-06-23T12:00:00Z")]
        {
            assert_eq!(age.parse::<Age>().unwrap().before(now).to_string(), instant);
        }
    }

    #[test]
    fn any_other_age_is_refused() {
        for text in [
            "",
            "d",
            "0d",
            "-1d",
            "+1d",
            "90",
            "1.5d",
            "1e3d",
            "90 d",
            "90D",
            "90m",
            "99999999999999999d",
            "d9",
            "1é",
        ] {
            assert_eq!(text.parse::<Age>(), Err(AgeError), "{text}");
        }
    }
}

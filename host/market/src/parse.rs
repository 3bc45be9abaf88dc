//! Readers for the small texts of data files: dates and numbers.

use chrono::{DateTime, NaiveDate, NaiveTime};
use chrono_tz::Tz;

/// Texts that mean "no number".
const MISSING: [&[u8]; 8] = [b"", b"na", b"n/a", b"nan", b"null", b"none", b"-", b"<na>"];

/// A number of a data file; NaN when it is missing, none when it is neither.
pub(crate) fn number(text: &[u8]) -> Option<f64> {
    let text = text.trim_ascii();
    if let Some(value) = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok())
        && value.is_finite()
    {
        return Some(value);
    }
    MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)).then_some(f64::NAN)
}

/// Why a text is no date of a daily bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateFault {
    /// Not a date in a form that can be told apart from others.
    Unreadable,
    /// The stamp of an intraday bar.
    TimeOfDay,
}

/// The date of a daily bar: `2018-02-07`, `2018/02/07`, `2018.02.07` or `20180207`, also followed by a time that
/// is midnight as written or in the venue's zone.
pub(crate) fn bar_date(text: &[u8], zone: Tz) -> Result<NaiveDate, DateFault> {
    let text = text.trim_ascii();
    if let Some(date) = plain_date(text) {
        return Ok(date);
    }
    let (date, time) = text.split_at_checked(10).ok_or(DateFault::Unreadable)?;
    let date = plain_date(date).ok_or(DateFault::Unreadable)?;
    let time = match time {
        [b' ' | b'T' | b't', time @ ..] => time,
        _ => return Err(DateFault::Unreadable),
    };
    if is_midnight(time) {
        return Ok(date);
    }
    let stamp = std::str::from_utf8(text).ok().map(|text| text.replacen(' ', "T", 1));
    match stamp.as_deref().map(DateTime::parse_from_rfc3339) {
        Some(Ok(stamp)) => midnight_date(stamp, zone).ok_or(DateFault::TimeOfDay),
        _ if time.first().is_some_and(u8::is_ascii_digit) => Err(DateFault::TimeOfDay),
        _ => Err(DateFault::Unreadable),
    }
}

/// The local date of a stamp that is midnight in that zone.
pub(crate) fn midnight_date<Z: chrono::TimeZone>(stamp: DateTime<Z>, zone: Tz) -> Option<NaiveDate> {
    let local = stamp.with_timezone(&zone).naive_local();
    (local.time() == NaiveTime::MIN).then(|| local.date())
}

/// `00:00`, `00:00:00`, with zero fractions, and any zone after it.
fn is_midnight(time: &[u8]) -> bool {
    let zone =
        time.iter().position(|byte| matches!(byte, b'+' | b'-' | b'Z' | b'z' | b' ')).unwrap_or(time.len());
    let (clock, _) = time.split_at(zone);
    clock.len() >= 5 && clock.iter().all(|byte| matches!(byte, b'0' | b':' | b'.'))
}

/// `YYYY-MM-DD`, exactly.
pub(crate) fn iso_date(text: &[u8]) -> Option<NaiveDate> {
    (text.get(4) == Some(&b'-')).then(|| plain_date(text)).flatten()
}

fn plain_date(text: &[u8]) -> Option<NaiveDate> {
    match *text {
        [y1, y2, y3, y4, s1 @ (b'-' | b'/' | b'.'), m1, m2, s2, d1, d2] if s1 == s2 => {
            date_of(&[y1, y2, y3, y4], &[m1, m2], &[d1, d2])
        }
        [y1, y2, y3, y4, m1, m2, d1, d2] => date_of(&[y1, y2, y3, y4], &[m1, m2], &[d1, d2]),
        _ => None,
    }
}

fn date_of(year: &[u8], month: &[u8], day: &[u8]) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(digits(year)?).ok()?, digits(month)?, digits(day)?)
}

/// Decimal digits, and nothing else, as a number; at most four.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YORK: Tz = Tz::America__New_York;

    #[test]
    fn numbers_are_read_and_missing_ones_are_nan() {
        assert_eq!(number(b" 12.5 "), Some(12.5));
        assert_eq!(number(b"158168416"), Some(158_168_416.0));
        assert_eq!(number(b"1.5e6"), Some(1_500_000.0));
        for text in ["", " ", "NA", "null", "NaN", "None", "-"] {
            assert!(number(text.as_bytes()).is_some_and(f64::is_nan), "{text:?}");
        }
        for text in ["inf", "1,234", "12.5 USD", "0x10", "--", "\u{ff}"] {
            assert_eq!(number(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn dates_of_daily_bars_are_read_in_every_unambiguous_form() {
        for text in [
            "2018-02-07",
            "2018/02/07",
            "2018.02.07",
            "20180207",
            " 2018-02-07 ",
            "2018-02-07 00:00:00",
            "2018-02-07T00:00:00.000Z",
            "2018-02-07 00:00:00-05:00",
            "2018-02-07T05:00:00Z",
        ] {
            let read = bar_date(text.as_bytes(), NEW_YORK);
            assert_eq!(read.map(|date| date.to_string()), Ok("2018-02-07".to_owned()), "{text}");
        }
    }

    #[test]
    fn intraday_stamps_and_ambiguous_dates_are_refused() {
        assert_eq!(bar_date(b"2018-02-07 09:31:00", NEW_YORK), Err(DateFault::TimeOfDay));
        assert_eq!(bar_date(b"2018-02-07T14:30:00Z", NEW_YORK), Err(DateFault::TimeOfDay));
        for text in [
            "02/07/2018",
            "7.2.2018",
            "2018-02-30",
            "2018-13-01",
            "",
            "1518037200",
            "2018-02/07",
            "2018-02-07x",
        ] {
            assert_eq!(bar_date(text.as_bytes(), NEW_YORK), Err(DateFault::Unreadable), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_readers_panic(text in proptest::collection::vec(proptest::num::u8::ANY, 0..40)) {
            let _ = number(&text);
            let _ = bar_date(&text, NEW_YORK);
        }
    }
}

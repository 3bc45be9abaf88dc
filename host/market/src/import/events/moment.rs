//! Moments as files of events write them.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::import::faults::{FaultKind, Place, quoted};
use crate::import::sink::{Sink, When};
use crate::instant::Instant;
use crate::parse::iso_date;

/// Units of Unix time by the number of their digits in this century, in nanoseconds.
const UNITS: [(usize, i64); 4] = [(10, 1_000_000_000), (13, 1_000_000), (16, 1_000), (19, 1)];
/// Nanoseconds of a millisecond.
const MILLI: i64 = 1_000_000;

/// Reads moments, and keeps the unit in which a file counts Unix time.
#[derive(Debug, Default)]
pub(super) struct Moments {
    digits: Option<usize>,
}

/// Why a text is no moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MomentFault {
    /// Neither a date nor a time in a form that cannot be mistaken.
    Unreadable,
    /// Unix time in another unit than before.
    Unit,
}

impl MomentFault {
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Unreadable => {
                "is no moment: write it like 2024-01-31, 2024-01-31T14:30:00Z or 2024-01-31 post"
            }
            Self::Unit => "counts Unix time in another unit than the rows before",
        }
    }
}

impl Moments {
    /// Reads an RFC 3339 time, a time without an offset in `zone`, a date, a date with `pre` or `post`, or Unix
    /// time in s, ms, µs or ns.
    pub(super) fn read(&mut self, text: &str, zone: Tz) -> Result<When, MomentFault> {
        let text = text.trim();
        if let Some(date) = plain_date(text) {
            return Ok(When::OnDate(date));
        }
        if text.len() >= 10 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.unix(text).map(When::At);
        }
        let (date, rest) = text.split_at_checked(10).ok_or(MomentFault::Unreadable)?;
        let date = iso_date(date.as_bytes()).ok_or(MomentFault::Unreadable)?;
        if let Some(part) = Part::read(rest.trim_start_matches([' ', 'T', '-'])) {
            return Ok(part.of(date));
        }
        clock(date, rest, zone).ok_or(MomentFault::Unreadable)
    }

    /// The moment in a cell of a table; none, and a counted fault, when it is none.
    pub(super) fn cell(&mut self, sink: &mut dyn Sink, place: Place, text: &str, zone: Tz) -> Option<When> {
        match self.read(text, zone) {
            Ok(when) => Some(when),
            Err(fault) => {
                let text = quoted(text.as_bytes());
                sink.fault(FaultKind::Date, place, &mut || format!("{text} {}", fault.reason()));
                None
            }
        }
    }

    fn unix(&mut self, text: &str) -> Result<Instant, MomentFault> {
        let unit = UNITS.iter().find(|(digits, _)| *digits == text.len());
        let (digits, nanos) = *unit.ok_or(MomentFault::Unreadable)?;
        if *self.digits.get_or_insert(digits) != digits {
            return Err(MomentFault::Unit);
        }
        let count: i64 = text.parse().map_err(|_| MomentFault::Unreadable)?;
        // a part of a millisecond is rounded up: nothing is known before its time
        let up = |parts: i64| count.div_euclid(parts) + i64::from(count.rem_euclid(parts) > 0);
        let millis = if nanos >= MILLI { count.checked_mul(nanos / MILLI) } else { Some(up(MILLI / nanos)) };
        millis.map(Instant::from_millis).ok_or(MomentFault::Unreadable)
    }
}

/// The part of a day in which something was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    BeforeOpen,
    AfterClose,
}

impl Part {
    /// `pre`, `bmo`, `before market open`; `post`, `amc`, `after market close`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        match plain.to_ascii_lowercase().as_str() {
            "pre" | "bmo" | "premarket" | "beforeopen" | "beforemarketopen" | "timepremarket" => {
                Some(Self::BeforeOpen)
            }
            "post" | "amc" | "postmarket" | "afterclose" | "aftermarketclose" | "afterhours"
            | "timeafterhours" => Some(Self::AfterClose),
            _ => None,
        }
    }

    pub(super) const fn of(self, date: NaiveDate) -> When {
        match self {
            Self::BeforeOpen => When::BeforeOpen(date),
            Self::AfterClose => When::AfterClose(date),
        }
    }
}

/// `YYYY-MM-DD` or `YYYYMMDD`, exactly.
pub(crate) fn plain_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    match text.len() {
        10 => iso_date(text.as_bytes()),
        8 if text.bytes().all(|byte| byte.is_ascii_digit()) => NaiveDate::parse_from_str(text, "%Y%m%d").ok(),
        _ => None,
    }
}

/// The venue-local date of a text that begins with one: `2020-08-31`, `2020-08-31 00:00:00-04:00`.
pub(super) fn leading_date(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    plain_date(text).or_else(|| {
        let (date, rest) = text.split_at_checked(10)?;
        rest.starts_with([' ', 'T']).then(|| iso_date(date.as_bytes())).flatten()
    })
}

/// A date and a time of day, with or without an offset.
fn clock(date: NaiveDate, rest: &str, zone: Tz) -> Option<When> {
    let time = rest.strip_prefix([' ', 'T', 't'])?.trim();
    let time = time.strip_suffix(" UTC").map_or_else(|| time.to_owned(), |time| format!("{time}Z"));
    if let Ok(stamp) = DateTime::parse_from_rfc3339(&format!("{date}T{time}")) {
        return Some(When::At(rounded_up(stamp.to_utc())));
    }
    // `+0000`, as Python writes it
    if let Ok(stamp) = DateTime::parse_from_str(&format!("{date}T{time}"), "%Y-%m-%dT%H:%M:%S%.f%z") {
        return Some(When::At(rounded_up(stamp.to_utc())));
    }
    let time =
        ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(&time, form).ok())?;
    // nobody publishes at midnight sharp: it is a date that a program has written as a time
    if time == NaiveTime::MIN {
        return Some(When::OnDate(date));
    }
    local(date.and_time(time), zone).map(When::At)
}

/// The first millisecond that is not before a time.
fn rounded_up(time: DateTime<Utc>) -> Instant {
    let begun = Instant::from(time);
    let is_whole = time.timestamp_subsec_nanos().is_multiple_of(1_000_000);
    if is_whole { begun } else { Instant::from_millis(begun.millis().saturating_add(1)) }
}

/// A local time as an instant: the second one where the clock goes back, the first that exists where it goes ahead.
pub(super) fn local(time: NaiveDateTime, zone: Tz) -> Option<Instant> {
    let found = match zone.from_local_datetime(&time) {
        LocalResult::Single(found) => found,
        LocalResult::Ambiguous(_, second) => second,
        LocalResult::None => {
            let quarters = (1..=12).map(|quarters| time + chrono::Duration::minutes(15 * quarters));
            quarters.into_iter().find_map(|later| zone.from_local_datetime(&later).earliest())?
        }
    };
    Some(rounded_up(found.to_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YORK: Tz = Tz::America__New_York;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn at(text: &str) -> Result<When, MomentFault> {
        Ok(When::At(text.parse().unwrap()))
    }

    #[test]
    fn moments_are_read_in_every_form_that_cannot_be_mistaken() {
        for (text, when) in [
            ("2024-01-31T14:30:00Z", at("2024-01-31T14:30:00Z")),
            ("2024-01-31 09:30:00-05:00", at("2024-01-31T14:30:00Z")),
            ("2024-01-31 09:30:00", at("2024-01-31T14:30:00Z")),
            ("2024-07-31T09:30", at("2024-07-31T13:30:00Z")),
            ("2024-01-31 14:30:00 UTC", at("2024-01-31T14:30:00Z")),
            ("2024-01-31 14:30:00+0000", at("2024-01-31T14:30:00Z")),
            ("2024-01-31", Ok(When::OnDate(date("2024-01-31")))),
            ("20240131", Ok(When::OnDate(date("2024-01-31")))),
            ("2024-01-31 00:00:00", Ok(When::OnDate(date("2024-01-31")))),
            ("2024-01-31 pre", Ok(When::BeforeOpen(date("2024-01-31")))),
            ("2024-01-31 after market close", Ok(When::AfterClose(date("2024-01-31")))),
        ] {
            assert_eq!(Moments::default().read(text, NEW_YORK), when, "{text}");
        }
        for text in
            ["", "1/31/2024", "31.01.2024", "2024-02-30", "2024-01-31 25:00", "soon", "12345", "2024-01-31x"]
        {
            assert_eq!(Moments::default().read(text, NEW_YORK), Err(MomentFault::Unreadable), "{text}");
        }
    }

    #[test]
    fn unix_time_is_told_by_its_digits_and_a_file_keeps_its_unit() {
        for text in ["1706711400", "1706711400000", "1706711400000000", "1706711400000000000"] {
            assert_eq!(Moments::default().read(text, NEW_YORK), at("2024-01-31T14:30:00Z"), "{text}");
        }
        let mut moments = Moments::default();
        assert!(moments.read("1706711400000", NEW_YORK).is_ok());
        assert_eq!(moments.read("1706711400", NEW_YORK), Err(MomentFault::Unit));
        assert!(moments.read("2024-01-31", NEW_YORK).is_ok());
    }

    #[test]
    fn a_part_of_a_millisecond_counts_as_a_whole_one() {
        for text in [
            "2024-01-31T14:30:00.0000001Z",
            "2024-01-31 14:30:00.000001+0000",
            "2024-01-31 09:30:00.0001",
            "1706711400000001",
            "1706711400000000001",
        ] {
            assert_eq!(Moments::default().read(text, NEW_YORK), at("2024-01-31T14:30:00.001Z"), "{text}");
        }
    }

    #[test]
    fn a_time_that_a_clock_change_makes_twice_or_never_is_the_later_one() {
        let read = |text: &str| Moments::default().read(text, NEW_YORK);
        assert_eq!(read("2024-11-03 01:30:00"), at("2024-11-03T06:30:00Z"));
        assert_eq!(read("2024-03-10 02:30:00"), at("2024-03-10T07:00:00Z"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[0-9TZ:.+ -]{0,30}|\\PC{0,30}") {
            let _ = Moments::default().read(&text, NEW_YORK);
            let _ = leading_date(&text);
        }
    }
}

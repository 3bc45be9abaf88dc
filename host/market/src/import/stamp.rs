//! The times of data files: dates, clocks, numbers since the epoch.
//!
//! A stamp is read as it is written; what it means is decided where the zone and the timeframe are known. Numbers
//! since the epoch tell their unit by their magnitude. Whether `02/07/2018` is in February or in July is told by
//! the whole file ([`OrderEvidence`]) or not at all.

use std::path::Path;

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

use super::error::ImportError;
use super::faults::quoted;
use crate::instant::Instant;

/// Two-digit years up to this one are in this century.
const LAST_SHORT_YEAR: u32 = 68;
const MONTHS: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// Only a date.
    Date(NaiveDate),
    /// A clock's time without a zone.
    Clock(NaiveDateTime),
    /// A clock's time with its offset from UTC in seconds.
    Offset(NaiveDateTime, i32),
    /// A clock's time with the name of its zone.
    Zoned(NaiveDateTime, Tz),
    /// A number since the epoch.
    Epoch(Instant, Unit),
}

/// Unit of a number since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// 10 digits today.
    Seconds,
    /// 13 digits.
    Millis,
    /// 16 digits.
    Micros,
    /// 19 digits.
    Nanos,
}

/// Which number of `02/07/2018` is the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The first one.
    MonthFirst,
    /// The second one.
    DayFirst,
}

/// Why a text is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeFault {
    /// It is none in any form that is known.
    Unreadable,
    /// It is a date whose order nobody has told yet.
    OrderUnknown,
}

impl Unit {
    /// In words.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Millis => "milliseconds",
            Self::Micros => "microseconds",
            Self::Nanos => "nanoseconds",
        }
    }

    /// Unit and milliseconds of a number since the epoch. Bounds lie between the units' numbers of the years 1973
    /// to 5138.
    pub(crate) fn of(number: i64) -> Option<(Self, i64)> {
        Some(match number {
            100_000_000..100_000_000_000 => (Self::Seconds, number * 1000),
            100_000_000_000..100_000_000_000_000 => (Self::Millis, number),
            100_000_000_000_000..100_000_000_000_000_000 => (Self::Micros, number / 1000),
            100_000_000_000_000_000.. => (Self::Nanos, number / 1_000_000),
            _ => return None,
        })
    }
}

impl Time {
    /// Reads a stamp: a date, a date and a clock (also in two fields), or a number since the epoch.
    pub(crate) fn read(text: &[u8], clock: &[u8], order: Option<Order>) -> Result<Self, TimeFault> {
        let text = text.trim_ascii();
        let Some((date, rest)) = date(text, order)? else {
            return epoch(text).filter(|_| clock.is_empty()).ok_or(TimeFault::Unreadable);
        };
        let rest = rest.trim_ascii_start();
        let rest = rest.strip_prefix(b"T").or_else(|| rest.strip_prefix(b"t")).unwrap_or(rest);
        let clock = if rest.is_empty() { clock.trim_ascii() } else { rest.trim_ascii() };
        if clock.is_empty() {
            return Ok(Self::Date(date));
        }
        on(date, clock).ok_or(TimeFault::Unreadable)
    }

    /// The date as it is written; of a number since the epoch, in UTC.
    pub(crate) fn written_date(self) -> NaiveDate {
        self.written().date()
    }

    /// Whether the clock stands at midnight as it is written.
    pub(crate) fn at_midnight(self) -> bool {
        self.written().time() == NaiveTime::MIN
    }

    /// Date and clock as they are written; of a number since the epoch, in UTC.
    pub(crate) fn written(self) -> NaiveDateTime {
        match self {
            Self::Date(date) => date.and_time(NaiveTime::MIN),
            Self::Clock(time) | Self::Offset(time, _) | Self::Zoned(time, _) => time,
            Self::Epoch(at, _) => {
                at.to_utc().map_or(NaiveDateTime::MIN, |time: DateTime<_>| time.naive_utc())
            }
        }
    }

    /// The instant, where the text tells it without a zone's rules.
    pub(crate) fn exact(self) -> Option<Instant> {
        match self {
            Self::Offset(time, seconds) => {
                let utc = time.checked_sub_signed(Duration::seconds(seconds.into()))?;
                Some(Instant::from(utc.and_utc()))
            }
            Self::Epoch(at, _) => Some(at),
            Self::Date(_) | Self::Clock(_) | Self::Zoned(..) => None,
        }
    }
}

/// A date at the start of a text, and what follows it; none when the text starts with no date.
fn date(text: &[u8], order: Option<Order>) -> Result<Option<(NaiveDate, &[u8])>, TimeFault> {
    if let [y1, y2, y3, y4, m1, m2, d1, d2, rest @ ..] = text
        && rest.first().is_none_or(|byte| matches!(byte, b' ' | b'T' | b't' | b','))
        && let Some(number) = digits(&[*y1, *y2, *y3, *y4, *m1, *m2, *d1, *d2])
    {
        let date = ymd(number / 10_000, number / 100 % 100, number % 100).ok_or(TimeFault::Unreadable)?;
        return Ok(Some((date, rest)));
    }
    let Some((first, sign, rest)) = part(text) else { return Ok(None) };
    if !matches!(sign, b'-' | b'/' | b'.' | b' ' | b',') {
        return Ok(None);
    }
    let Some((second, again, rest)) = part(rest.trim_ascii_start()) else { return Ok(None) };
    let rest = rest.trim_ascii_start();
    let length = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (third, rest) = rest.split_at(length);
    let unreadable = Err(TimeFault::Unreadable);
    let numbers = (digits(first), digits(second), digits(third));
    let date = match (numbers, (first.len(), third.len())) {
        ((Some(year), Some(month), Some(day)), (4, 1..=2)) if sign == again => ymd(year, month, day),
        ((Some(one), Some(other), Some(year)), (1..=2, 2 | 4)) if sign == again => match order {
            None => return Err(TimeFault::OrderUnknown),
            Some(Order::MonthFirst) => ymd(full_year(year, third), one, other),
            Some(Order::DayFirst) => ymd(full_year(year, third), other, one),
        },
        ((Some(day), None, Some(year)), (1..=2, 2 | 4)) => {
            month(second).and_then(|month| ymd(full_year(year, third), month, day))
        }
        ((None, Some(day), Some(year)), (_, 2 | 4)) => {
            month(first).and_then(|month| ymd(full_year(year, third), month, day))
        }
        _ => return unreadable,
    };
    date.map_or(unreadable, |date| Ok(Some((date, rest))))
}

/// Letters or digits, the sign behind them, and the rest.
fn part(text: &[u8]) -> Option<(&[u8], u8, &[u8])> {
    let length = text.iter().position(|byte| !byte.is_ascii_alphanumeric())?;
    let (part, rest) = text.split_at_checked(length).filter(|(part, _)| (1..=9).contains(&part.len()))?;
    let (sign, rest) = rest.split_first()?;
    Some((part, *sign, rest))
}

fn full_year(year: u32, text: &[u8]) -> u32 {
    match text.len() {
        2 if year <= LAST_SHORT_YEAR => 2000 + year,
        2 => 1900 + year,
        _ => year,
    }
}

fn month(name: &[u8]) -> Option<u32> {
    let start = name.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    u32::try_from(index + 1).ok()
}

fn ymd(year: u32, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}

/// Decimal digits and nothing else, at most nine.
fn digits(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 9 {
        return None;
    }
    text.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
}

/// A clock with what may follow it: fractions, AM or PM, an offset, a zone.
fn on(date: NaiveDate, text: &[u8]) -> Option<Time> {
    let length =
        text.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b':' | b'.')).unwrap_or(text.len());
    let (clock, rest) = text.split_at(length);
    let (clock, fraction) = match clock.iter().position(|byte| *byte == b'.') {
        Some(point) => (clock.get(..point)?, clock.get(point + 1..)?),
        None => (clock, &[][..]),
    };
    let (mut hour, minute, second) = hours(clock)?;
    let rest = rest.trim_ascii();
    let rest = match rest.get(..2).map(<[u8]>::to_ascii_lowercase).as_deref() {
        Some(half @ (b"am" | b"pm")) if (1..=12).contains(&hour) => {
            hour = hour % 12 + if half == b"pm" { 12 } else { 0 };
            rest.get(2..)?.trim_ascii()
        }
        _ => rest,
    };
    let time = date.and_time(NaiveTime::from_hms_milli_opt(hour, minute, second, millis(fraction)?)?);
    match rest {
        [] => Some(Time::Clock(time)),
        [b'Z' | b'z'] => Some(Time::Offset(time, 0)),
        [sign @ (b'+' | b'-'), offset @ ..] => {
            let (hours, minutes) = match offset {
                [h1, h2, b':', m1, m2] | [h1, h2, m1, m2] => (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?),
                [h1, h2] => (digits(&[*h1, *h2])?, 0),
                _ => return None,
            };
            let seconds =
                i32::try_from(hours * 3600 + minutes * 60).ok().filter(|_| hours < 24 && minutes < 60)?;
            Some(Time::Offset(time, if *sign == b'-' { -seconds } else { seconds }))
        }
        name => {
            let zone: Tz = std::str::from_utf8(name).ok()?.parse().ok()?;
            Some(Time::Zoned(time, zone))
        }
    }
}

/// `9:30`, `09:30:00`, `0930`, `093000`.
fn hours(clock: &[u8]) -> Option<(u32, u32, u32)> {
    if clock.contains(&b':') {
        let mut parts =
            clock.split(|byte| *byte == b':').map(|part| digits(part).filter(|_| part.len() <= 2));
        let time = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
        return parts.next().is_none().then_some(time);
    }
    let number = digits(clock)?;
    match clock.len() {
        3 | 4 => Some((number / 100, number % 100, 0)),
        5 | 6 => Some((number / 10_000, number / 100 % 100, number % 100)),
        // Stooq's and MetaTrader's daily files have a column of zeros
        1 if number == 0 => Some((0, 0, 0)),
        _ => None,
    }
}

/// Milliseconds of a fraction of a second; what is finer is cut.
fn millis(fraction: &[u8]) -> Option<u32> {
    let mut value = 0;
    for index in 0..3 {
        value = value * 10 + fraction.get(index).map_or(Some(0), |byte| digits(&[*byte]))?;
    }
    fraction.iter().all(u8::is_ascii_digit).then_some(value)
}

/// A number since the epoch; a fraction counts where the number is one of seconds.
fn epoch(text: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (unit, mut millis_since) = Unit::of(whole.parse().ok()?)?;
    if unit == Unit::Seconds {
        millis_since += i64::from(millis(fraction.as_bytes())?);
    } else if !fraction.bytes().all(|byte| byte == b'0') {
        return None;
    }
    Some(Time::Epoch(Instant::from_millis(millis_since), unit))
}

/// What the dates of a file tell of their order.
#[derive(Debug, Default)]
pub(crate) struct OrderEvidence {
    month_first: Option<(u64, String)>,
    day_first: Option<(u64, String)>,
    undecided: Option<(u64, String)>,
}

impl OrderEvidence {
    /// Looks at a stamp.
    pub(crate) fn see(&mut self, line: u64, text: &[u8]) {
        if date(text.trim_ascii(), None) != Err(TimeFault::OrderUnknown) {
            return;
        }
        let fits = |order| matches!(date(text.trim_ascii(), Some(order)), Ok(Some(_)));
        let slot = match (fits(Order::MonthFirst), fits(Order::DayFirst)) {
            (true, true) => &mut self.undecided,
            (true, false) => &mut self.month_first,
            (false, true) => &mut self.day_first,
            (false, false) => return,
        };
        slot.get_or_insert_with(|| (line, quoted(text)));
    }

    /// Whether there was a date whose order matters.
    pub(crate) fn asked(&self) -> bool {
        self.month_first.is_some() || self.day_first.is_some() || self.undecided.is_some()
    }

    /// What they tell; none when no date has an order.
    ///
    /// # Errors
    /// Dates that contradict each other or do not tell.
    pub(crate) fn order(&self, path: &Path) -> Result<Option<Order>, ImportError> {
        let advice = "write its dates like 2018-02-07";
        match (&self.month_first, &self.day_first, &self.undecided) {
            (Some((line, month)), Some((other, day)), _) => {
                let reason =
                    format!("line {line}: {month} has its month first, and {day} in line {other} its day");
                Err(ImportError::content(path, reason, advice))
            }
            (Some(_), None, _) => Ok(Some(Order::MonthFirst)),
            (None, Some(_), _) => Ok(Some(Order::DayFirst)),
            (None, None, Some((line, text))) => {
                let reason = format!(
                    "line {line}: whether {text} begins with the month or with the day cannot be told, here and \
                     in the rest of the file"
                );
                Err(ImportError::content(path, reason, advice))
            }
            (None, None, None) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;

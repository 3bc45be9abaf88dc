//! Timeframes, worked out from the distances between stamps.
//!
//! The most common distance between bars of one instrument that follow each other is the timeframe, provided that
//! nearly all other distances are multiples of it. Whatever does not tell is asked for, never guessed.

use std::collections::BTreeSet;
use std::path::Path;

use super::error::ImportError;
use crate::bars::Timeframe;

/// Milliseconds.
const DAY: i64 = 86_400_000;
/// A longer distance is one of days: DST days have 23 and 25 hours.
const NEARLY_A_DAY: i64 = 20 * 3_600_000;
/// Distinct distances that are counted; a file with more has no timeframe.
const MAX_KINDS: usize = 512;
/// Dates that are kept: sixteen years of sessions.
const MAX_DATES: usize = 4096;
/// Bars that are closer than so many days are no weeks: a long weekend has up to four closed days.
const CLOSE_DAYS: i64 = 5;
/// Distances that must be seen before a week or a month is believed.
const MIN_LONG: u64 = 3;
/// Share of distances, as one in so many, that may be no multiple of the most common one.
const STRAYS: u64 = 20;

/// The distances of a file's stamps.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// Ticker and stamp of the row before.
    last: Option<(Vec<u8>, i64)>,
    /// Between rows of one ticker: distance in milliseconds, and how often.
    own: Vec<(i64, u64)>,
    /// Between rows of whatever ticker.
    any: Vec<(i64, u64)>,
    rows: u64,
    /// Whether some stamp is not at midnight.
    clock: bool,
    /// The dates of all tickers together, at most [`MAX_DATES`].
    dates: BTreeSet<i64>,
}

impl Steps {
    /// Looks at a row: milliseconds on some steady clock, and whether that is midnight.
    pub(crate) fn see(&mut self, ticker: &[u8], millis: i64, midnight: bool) {
        self.rows += 1;
        self.clock |= !midnight;
        if self.dates.len() < MAX_DATES {
            self.dates.insert(millis.div_euclid(DAY));
        }
        let Some((last, before)) = &mut self.last else {
            self.last = Some((ticker.to_vec(), millis));
            return;
        };
        let step = millis.saturating_sub(*before).saturating_abs();
        *before = millis;
        let same = last == ticker;
        if !same {
            last.clear();
            last.extend_from_slice(ticker);
        }
        if step > 0 {
            count(&mut self.any, step);
            if same {
                count(&mut self.own, step);
            }
        }
    }

    /// Distances seen so far between rows of one ticker.
    pub(crate) fn seen(&self) -> u64 {
        self.own.iter().map(|(_, count)| count).sum()
    }

    /// The timeframe; none when the stamps do not tell.
    ///
    /// # Errors
    /// Stamps that tell of a timeframe that is not stored, or of several.
    pub(crate) fn timeframe(&self) -> Result<Option<Timeframe>, String> {
        let steps = if self.own.is_empty() { &self.any } else { &self.own };
        // without a single time there is nothing to misread
        if self.rows == 0 {
            return Ok(Some(Timeframe::Day));
        }
        if steps.is_empty() && self.clock {
            return Ok(None);
        }
        let within_days: Vec<(i64, u64)> =
            steps.iter().copied().filter(|(step, _)| *step < NEARLY_A_DAY).collect();
        if !within_days.is_empty() {
            return intraday(&within_days).map(Some);
        }
        match self.is_crowded() {
            // rows in no order can look as if they were far apart
            true if self.own.is_empty() => Ok(Some(Timeframe::Day)),
            true => days(steps).map(|told| told.filter(|timeframe| *timeframe == Timeframe::Day)),
            false => days(steps),
        }
    }

    /// Whether the dates, in their order, are closer together than weeks and months are.
    fn is_crowded(&self) -> bool {
        let pairs = self.dates.iter().zip(self.dates.iter().skip(1));
        let close = pairs.filter(|(one, other)| *other - *one < CLOSE_DAYS).count() as u64;
        2 * close > self.dates.len() as u64
    }

    /// The same for a whole file, where not to know is an error.
    ///
    /// # Errors
    /// What keeps the timeframe from being told.
    pub(crate) fn decided(&self, path: &Path) -> Result<Timeframe, ImportError> {
        let reason = match self.timeframe() {
            Ok(Some(timeframe)) => return Ok(timeframe),
            Ok(None) => "it has too few bars to tell their timeframe".to_owned(),
            Err(reason) => reason,
        };
        Err(ImportError::content(path, reason, format!("name one with --timeframe: {}", known())))
    }
}

/// The timeframes, for messages.
pub(crate) fn known() -> String {
    Timeframe::ALL.iter().map(|timeframe| timeframe.as_str()).collect::<Vec<_>>().join(", ")
}

fn count(steps: &mut Vec<(i64, u64)>, step: i64) {
    if let Some((_, count)) = steps.iter_mut().find(|(known, _)| *known == step) {
        *count += 1;
    } else if steps.len() < MAX_KINDS {
        steps.push((step, 1));
    }
}

/// The most common distance; the shorter one of two.
fn most_common(steps: &[(i64, u64)]) -> i64 {
    steps.iter().max_by_key(|(step, count)| (*count, -*step)).map_or(0, |(step, _)| *step)
}

fn intraday(steps: &[(i64, u64)]) -> Result<Timeframe, String> {
    let common = most_common(steps);
    let found = Timeframe::ALL.iter().copied().find(|timeframe| timeframe.millis() == Some(common));
    let Some(timeframe) = found else {
        return Err(format!("its bars are {} apart, which is no timeframe that is stored", words(common)));
    };
    let total: u64 = steps.iter().map(|(_, count)| count).sum();
    let odd: Vec<&(i64, u64)> = steps.iter().filter(|(step, _)| step % common != 0).collect();
    let strays: u64 = odd.iter().map(|(_, count)| count).sum();
    if strays * STRAYS > total {
        let example = odd.iter().map(|(step, _)| *step).min().unwrap_or_default();
        let (common, example) = (words(common), words(example));
        return Err(format!("most of its bars are {common} apart, and others {example}"));
    }
    Ok(timeframe)
}

/// Spans of dates that bars are made of, in days, and what they are.
const SPANS: [(std::ops::RangeInclusive<i64>, Option<Timeframe>); 4] =
    [(6..=8, Some(Timeframe::Week)), (28..=31, Some(Timeframe::Month)), (89..=92, None), (364..=366, None)];

fn days(steps: &[(i64, u64)]) -> Result<Option<Timeframe>, String> {
    let steps: Vec<(i64, u64)> = steps.iter().map(|(step, count)| ((step + DAY / 2) / DAY, *count)).collect();
    let sum = |fits: &dyn Fn(i64) -> bool| -> u64 {
        steps.iter().filter(|(step, _)| fits(*step)).map(|(_, count)| count).sum()
    };
    let total = sum(&|_| true);
    // the last bar of weeks is often one of the days so far
    if steps.is_empty() || 2 * sum(&|step| step < CLOSE_DAYS) > total {
        return Ok(Some(Timeframe::Day));
    }
    let span = SPANS.iter().find(|(span, _)| 2 * sum(&|step| span.contains(&step)) >= total);
    match span {
        // bars of days with gaps, or in no order
        None => Ok(Some(Timeframe::Day)),
        Some(_) if total < MIN_LONG => Ok(None),
        Some((_, Some(timeframe))) => Ok(Some(*timeframe)),
        Some((_, None)) => {
            let common = most_common(&steps);
            Err(format!("its bars are {common} days apart, which is no timeframe that is stored"))
        }
    }
}

fn words(millis: i64) -> String {
    match millis / 1000 {
        seconds if millis % 1000 != 0 => format!("{seconds}.{:03} s", millis % 1000),
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    fn told(stamps: &[i64], midnight: bool) -> Result<Option<&'static str>, String> {
        let mut steps = Steps::default();
        for stamp in stamps {
            steps.see(b"A", *stamp, midnight);
        }
        steps.timeframe().map(|timeframe| timeframe.map(Timeframe::as_str))
    }

    #[test]
    fn the_most_common_distance_is_the_timeframe() {
        assert_eq!(told(&[0, MINUTE, 2 * MINUTE, 5 * MINUTE], false), Ok(Some("1m")));
        let sessions: Vec<i64> =
            (0..3).flat_map(|day| (0..7).map(move |hour| day * DAY + hour * 60 * MINUTE)).collect();
        assert_eq!(told(&sessions, false), Ok(Some("1h")));
        assert_eq!(told(&[900_000, 0], false), Ok(Some("15m")), "descending");
    }

    #[test]
    fn days_weeks_and_months_are_told_apart() {
        let of = |days: &[i64]| told(&days.iter().map(|day| day * DAY).collect::<Vec<_>>(), true);
        assert_eq!(of(&[0, 1, 4, 5]), Ok(Some("1d")));
        assert_eq!(of(&[0, 3]), Ok(Some("1d")), "a Friday and a Monday");
        assert_eq!(of(&[0]), Ok(Some("1d")));
        assert_eq!(of(&[0, 7, 14, 20, 28]), Ok(Some("1w")));
        assert_eq!(of(&[0, 31, 59, 90, 120]), Ok(Some("1mo")));
        assert_eq!(of(&[0, 7, 14, 21, 24]), Ok(Some("1w")), "the last week is not over");
        assert_eq!(of(&[0, 7]), Ok(None), "two bars could be of days or of weeks");
        assert_eq!(of(&[0, 24, 91]), Ok(Some("1d")), "days with gaps");
        let mixed: Vec<i64> = (0..120).map(|n| n % 12 * 30 + n / 12).collect();
        let mut several = Steps::default();
        for (row, day) in mixed.iter().enumerate() {
            several.see([b"A", b"B", b"C"][row % 3], day * DAY, true);
        }
        assert_eq!(several.timeframe(), Ok(Some(Timeframe::Day)), "tickers and months in turns");
        assert_eq!(of(&[700, 12, 400, 90, 1200]), Ok(Some("1d")), "days in no order");
        assert!(of(&[0, 91, 182, 274]).unwrap_err().starts_with("its bars are 91 days apart"));
        // the day on which clocks change has 23 hours
        assert_eq!(told(&[0, 23 * 60 * MINUTE], false), Ok(Some("1d")));
    }

    #[test]
    fn what_does_not_tell_is_asked_for() {
        assert_eq!(told(&[5], false), Ok(None));
        assert_eq!(told(&[], true), Ok(Some("1d")));
        assert_eq!(
            told(&[0, 10 * MINUTE, 20 * MINUTE], false).unwrap_err(),
            "its bars are 10 min apart, which is no timeframe that is stored"
        );
        assert_eq!(
            told(&[0, 30 * MINUTE, 90 * MINUTE, 150 * MINUTE], false).unwrap_err(),
            "most of its bars are 1 h apart, and others 30 min"
        );
        let mut one = Steps::default();
        one.see(b"A", 5, false);
        let error = one.decided(Path::new("f.csv")).unwrap_err().to_string();
        assert!(
            error.starts_with(
                "f.csv: it has too few bars to tell their timeframe; name one with --timeframe: "
            )
        );
    }

    #[test]
    fn rows_of_other_tickers_count_only_where_no_ticker_follows_itself() {
        let mut steps = Steps::default();
        for (ticker, day) in [(b"A", 0), (b"B", 0), (b"A", 1), (b"B", 1), (b"A", 2)] {
            steps.see(ticker, day * DAY, true);
        }
        assert_eq!(steps.timeframe(), Ok(Some(Timeframe::Day)));
        assert_eq!(steps.seen(), 0);
    }
}

//! Bars as rows.

use std::ops::Range;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use super::BarTime;
use super::stored::Stored;
use crate::bars::Timeframe;
use crate::calendar::{Calendar, local_midnight};
use crate::days::day_of;
use crate::error::MarketError;
use crate::market::Market;

/// One bar. NaN is missing, and none in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BarRow {
    /// Which bar.
    pub time: BarTime,
    /// First price.
    #[serde(serialize_with = "known")]
    pub open: f64,
    /// Highest price.
    #[serde(serialize_with = "known")]
    pub high: f64,
    /// Lowest price.
    #[serde(serialize_with = "known")]
    pub low: f64,
    /// Last price.
    #[serde(serialize_with = "known")]
    pub close: f64,
    /// Traded shares.
    #[serde(serialize_with = "known")]
    pub volume: f64,
}

fn known<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Some(*number).filter(|number| !number.is_nan()).serialize(serializer)
}

/// Which bars: those that begin on the venue's dates from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarSpan {
    /// The span of a bar.
    pub timeframe: Timeframe,
    /// First date.
    pub from: Option<NaiveDate>,
    /// Last date.
    pub to: Option<NaiveDate>,
}

impl BarSpan {
    /// The keys of its bars.
    pub(crate) fn keys(&self, calendar: &Calendar) -> Range<i64> {
        let key = |date: NaiveDate| match self.timeframe.millis() {
            Some(_) => local_midnight(calendar.tz(), date).millis(),
            None => i64::from(day_of(date)),
        };
        let start = self.from.map_or(i64::MIN, key);
        start..self.to.and_then(|to| to.succ_opt()).map_or(i64::MAX, key)
    }
}

/// Stored bars of instruments, given by ascending positions in [`Market::instruments`]: one list for each of them,
/// oldest first.
///
/// # Errors
/// A timeframe that is not stored, a file that cannot be read.
pub(super) fn imported(
    market: &Market,
    instruments: &[usize],
    span: &BarSpan,
) -> Result<Vec<Vec<BarRow>>, MarketError> {
    let set = &market.set;
    let Some(series) = set.series.iter().find(|series| series.timeframe == span.timeframe) else {
        return Err(MarketError::Timeframe { timeframe: span.timeframe, known: set.timeframes() });
    };
    let wanted = |position: usize| set.venue(position).map_or(0..0, |venue| span.keys(&venue.calendar));
    let stored = Stored::read(series, instruments, wanted)?;
    let each = stored.instruments().map(|own| {
        let value = |column: &[f64], row: usize| column.get(row).copied().unwrap_or(f64::NAN);
        let row = |(row, key): (usize, &i64)| {
            let [open, high, low, close, volume] = own.columns.map(|column| value(column, row));
            BarRow { time: BarTime::of(span.timeframe, *key), open, high, low, close, volume }
        };
        own.keys.iter().enumerate().map(row).collect()
    });
    Ok(each.collect())
}

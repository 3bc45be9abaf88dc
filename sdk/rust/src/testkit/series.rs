//! Bars for a test.

use super::calendar::session_opens;
use crate::Instant;

/// Shares traded in each bar unless told.
const VOLUME: f64 = 1_000_000.0;

/// Bars of one instrument at one timeframe, oldest first; one per session up to the newest, unless told otherwise.
#[derive(Debug, Clone)]
pub struct Series {
    time: Vec<Instant>,
    columns: Vec<(String, Vec<f64>)>,
}

impl Series {
    /// Bars with these closes; open, high and low equal the close, a million shares each.
    pub fn closes(closes: &[f64]) -> Self {
        let count = u32::try_from(closes.len()).unwrap_or(u32::MAX);
        let series = Self { time: (0..count).rev().map(session_opens).collect(), columns: Vec::new() };
        let series = ["open", "high", "low", "close"].iter().fold(series, |s, name| s.column(name, closes));
        series.volume(&vec![VOLUME; closes.len()])
    }

    /// `count` equal bars.
    pub fn flat(count: usize, price: f64, volume: f64) -> Self {
        Self::closes(&vec![price; count]).volume(&vec![volume; count])
    }

    /// Sets the opens.
    pub fn open(self, values: &[f64]) -> Self {
        self.column("open", values)
    }

    /// Sets the highs.
    pub fn high(self, values: &[f64]) -> Self {
        self.column("high", values)
    }

    /// Sets the lows.
    pub fn low(self, values: &[f64]) -> Self {
        self.column("low", values)
    }

    /// Sets the volumes.
    pub fn volume(self, values: &[f64]) -> Self {
        self.column("volume", values)
    }

    /// Sets any column; what is missing at the end is NaN.
    pub fn column(mut self, name: &str, values: &[f64]) -> Self {
        let mut values = values.to_vec();
        values.resize(self.time.len(), f64::NAN);
        self.columns.retain(|(known, _)| known != name);
        self.columns.push((name.to_owned(), values));
        self
    }

    /// Changes one number of the newest bar.
    pub fn newest(mut self, name: &str, number: f64) -> Self {
        let column = self.columns.iter_mut().find(|(known, _)| known == name);
        if let Some(newest) = column.and_then(|(_, values)| values.last_mut()) {
            *newest = number;
        }
        self
    }

    /// Says how many sessions before the newest one each bar was, oldest first: `[40, 30, 0]`.
    pub fn sessions_ago(self, ago: impl IntoIterator<Item = u32>) -> Self {
        self.times(ago.into_iter().map(session_opens))
    }

    /// Says when each bar opened, oldest first.
    pub fn times(mut self, times: impl IntoIterator<Item = Instant>) -> Self {
        let times: Vec<Instant> = times.into_iter().collect();
        assert_eq!(times.len(), self.time.len(), "there must be a time for each bar");
        self.time = times;
        self
    }

    /// The newest rows of the times.
    pub(super) fn newest_times(&self, count: u32) -> &[Instant] {
        newest(&self.time, count)
    }

    /// The newest rows of a column; NaN when the test did not set it.
    pub(super) fn newest_rows(&self, name: &str, count: u32) -> Vec<f64> {
        let known = self.columns.iter().find(|(known, _)| known == name);
        let missing = || vec![f64::NAN; self.newest_times(count).len()];
        known.map_or_else(missing, |(_, values)| newest(values, count).to_vec())
    }
}

fn newest<T>(rows: &[T], count: u32) -> &[T] {
    rows.get(rows.len().saturating_sub(count as usize)..).unwrap_or_default()
}

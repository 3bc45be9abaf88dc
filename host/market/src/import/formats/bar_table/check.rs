//! Whether stamps fit a timeframe that was worked out from the first of them.

use std::path::Path;

use chrono::NaiveDateTime;

use super::reading::at;
use crate::bars::Timeframe;
use crate::days::day_of;
use crate::import::error::ImportError;
use crate::import::faults::Place;
use crate::import::sink::Ticker;
use crate::import::steps::known as timeframes;
use crate::instant::Instant;

/// Share of rows, as one in so many, that may contradict the timeframe.
const STRAYS: u64 = 20;

/// Counts what does not fit.
#[derive(Default)]
pub(super) struct Check {
    rows: u64,
    odd: u64,
    first_odd: Option<Place>,
    /// Milliseconds of the first stamp.
    anchor: Option<i64>,
    /// Of the row before: ticker, day, and the time as it is written.
    last: Option<(Ticker, i32, NaiveDateTime)>,
}

impl Check {
    /// Bars of a day or longer are not closer to each other than that. The same time twice is another fault.
    pub(super) fn day(&mut self, place: Place, ticker: Ticker, written: NaiveDateTime, timeframe: Timeframe) {
        self.rows += 1;
        let day = day_of(written.date());
        let shortest = match timeframe {
            Timeframe::Month => 26,
            Timeframe::Week => 5,
            _ => 1,
        };
        if let Some((last, before, same)) = self.last.replace((ticker, day, written))
            && last == ticker
            && same != written
            && day.abs_diff(before) < shortest
        {
            self.strays(place);
        }
    }

    /// Whether a bar begins whole spans, in milliseconds, after the first one.
    pub(super) fn on_grid(&mut self, place: Place, stamp: Instant, span: i64) -> bool {
        self.rows += 1;
        let anchor = *self.anchor.get_or_insert(stamp.millis());
        let fits = stamp.millis().saturating_sub(anchor) % span == 0;
        if !fits {
            self.strays(place);
        }
        fits
    }

    fn strays(&mut self, place: Place) {
        self.odd += 1;
        self.first_odd.get_or_insert(place);
    }

    /// All rows are read.
    ///
    /// # Errors
    /// Too many that do not fit.
    pub(super) fn verdict(&self, path: &Path, timeframe: Timeframe) -> Result<(), ImportError> {
        if self.odd * STRAYS <= self.rows {
            return Ok(());
        }
        let place = at(self.first_odd.unwrap_or(Place::Nowhere));
        let reason = format!(
            "{place}its first rows are bars of {timeframe}, but {} of {} rows do not fit",
            self.odd, self.rows
        );
        let advice = format!("name the timeframe with --timeframe: {}", timeframes());
        Err(ImportError::content(path, reason, advice))
    }
}

//! What a set holds, for people and for other programs: holdings, bars as rows, files of them.
//!
//! Layers see bars through a [`Snapshot`](crate::Snapshot), as of an instant and adjusted. People may look at the same
//! bars, or at what was imported: a [`BarView`] is one or the other.

mod export;
mod holdings;
mod rows;
mod stored;
mod view;

use std::fmt;

use chrono::NaiveDate;
use serde::{Serialize, Serializer};

use crate::bars::Timeframe;
use crate::calendar::Calendar;
use crate::days::date_of;
use crate::instant::Instant;

pub use export::{ExportError, ExportFormat, ExportProgress, ExportRequest, ExportSummary, export};
pub use holdings::{BarSource, Holding, holdings};
pub use rows::{BarRow, BarSpan};
pub(crate) use stored::{Own, Stored};
pub use view::BarView;

/// Which bar: the venue's date of a bar of a day, a week (its Monday) or a month (its first); the instant at which a
/// shorter one opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BarTime {
    /// A date of the venue.
    Day(NaiveDate),
    /// An instant.
    At(Instant),
}

impl BarTime {
    /// By the key that the set has: a day, or the UTC milliseconds of the open.
    pub(crate) fn of(timeframe: Timeframe, key: i64) -> Self {
        match timeframe.millis() {
            Some(_) => Self::At(Instant::from_millis(key)),
            None => Self::Day(date_of(i32::try_from(key).unwrap_or_default())),
        }
    }

    /// The venue's date.
    pub(crate) fn date(self, calendar: &Calendar) -> NaiveDate {
        match self {
            Self::Day(date) => date,
            Self::At(instant) => calendar.local_date(instant).unwrap_or_default(),
        }
    }
}

impl fmt::Display for BarTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => f.pad(&date.to_string()),
            Self::At(instant) => instant.fmt(f),
        }
    }
}

impl Serialize for BarTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

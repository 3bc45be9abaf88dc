//! What can go wrong with a market set.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use chrono::NaiveDate;
use parquet::errors::ParquetError;

use crate::bars::Timeframe;
use crate::calendar::CalendarError;

/// Why a market set cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// The operating system refuses a file.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was being done, e.g. `read`.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file of the set is not what was written.
    #[error("{} is damaged: {reason}; import the data again", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The set was written by a newer program.
    #[error("{} has format {found}, this program knows up to {known}: update the program", path.display())]
    Format {
        /// The manifest.
        path: PathBuf,
        /// Its format number.
        found: u32,
        /// The newest that we know.
        known: u32,
    },
    /// Somebody else is writing.
    #[error("{} is being written by {holder}: wait until that is done and try again", path.display())]
    Busy {
        /// The folder of the set.
        path: PathBuf,
        /// Who holds the lock, as far as known.
        holder: String,
    },
    /// There is no bar to be as of.
    #[error("the market in {} has no bars: import some first", path.display())]
    NoBars {
        /// The folder of the set.
        path: PathBuf,
    },
    /// A timeframe of which there is no bar.
    #[error("there are no {timeframe} bars: there are bars of {}", names(known))]
    Timeframe {
        /// The timeframe that was asked for.
        timeframe: Timeframe,
        /// Those that have some.
        known: Vec<Timeframe>,
    },
    /// A position outside the instrument table.
    #[error("instrument {position} of {count} was asked for")]
    Position {
        /// The position.
        position: usize,
        /// How many instruments there are.
        count: usize,
    },
    /// More rows in one answer than its offsets can count.
    #[error("the request is for {rows} rows, the limit of one answer is {limit}: ask for fewer instruments")]
    TooManyRows {
        /// Rows of the answer.
        rows: u64,
        /// The limit.
        limit: u64,
    },
    /// The calendar has nothing to say.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// A synthetic market of an impossible size.
    #[error("{what} is {actual}, allowed are {minimum} to {maximum}")]
    Size {
        /// Which option.
        what: &'static str,
        /// Its value.
        actual: u32,
        /// Smallest value.
        minimum: u32,
        /// Largest value.
        maximum: u32,
    },
    /// The calendar does not have as many sessions as asked for.
    #[error(
        "the calendar of {mic} has {found} sessions up to {end}, {wanted} were asked for: take a later end or fewer sessions"
    )]
    TooFewSessions {
        /// The venue.
        mic: String,
        /// The last date.
        end: NaiveDate,
        /// How many there are.
        found: usize,
        /// How many were asked for.
        wanted: u32,
    },
}

fn names(timeframes: &[Timeframe]) -> String {
    timeframes.iter().map(|timeframe| timeframe.as_str()).collect::<Vec<_>>().join(", ")
}

impl MarketError {
    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }

    /// Of a read through the Parquet reader: the operating system's error, else the content makes no sense.
    pub(crate) fn reading(path: impl Into<PathBuf>, error: ParquetError) -> Self {
        let of_system =
            |error: &io::Error| error.raw_os_error().is_some() || error.kind() == ErrorKind::TimedOut;
        match error {
            ParquetError::External(source) => match source.downcast::<io::Error>() {
                Ok(source) if of_system(&source) => {
                    Self::Io { what: "read", path: path.into(), source: *source }
                }
                Ok(other) => Self::damaged(path, other),
                Err(other) => Self::damaged(path, other),
            },
            other => Self::damaged(path, other),
        }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> Self {
        let mut reason = reason.to_string();
        if let Some(end) = reason.find('\n') {
            reason.truncate(end);
        }
        Self::Damaged { path: path.into(), reason }
    }
}

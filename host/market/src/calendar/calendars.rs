//! The calendars of all venues, with what a user changes in them.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

use super::change::DayChange;
use super::file::{self, Line};
use super::schedule::Schedule;
use super::venues::{self, VENUES};
use super::{Calendar, CalendarError};
use crate::symbol::printable;

/// Why a file with changed days cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CalendarFileError {
    /// The operating system refuses it.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A line of it is wrong.
    #[error("{path}, line {line}: {message}")]
    Line {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what to do.
        message: String,
    },
}

/// The file that changed days were read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarSource {
    /// Its path, absolute where it was read from disk.
    pub path: String,
    /// SHA-256 of its text, lower-case hex.
    pub digest: String,
}

/// The calendars of all venues: the tables, and the days that a user changed in them. Cloning is cheap; clones share
/// what was worked out.
#[derive(Clone)]
pub struct Calendars(Arc<Shared>);

struct Shared {
    source: Option<CalendarSource>,
    /// By code and date.
    changes: Vec<DayChange>,
    /// In the order of [`VENUES`], made on demand.
    schedules: Box<[OnceLock<Arc<Schedule>>]>,
}

impl Default for Calendars {
    /// The tables alone.
    fn default() -> Self {
        let schedules = VENUES.iter().map(|_| OnceLock::new()).collect();
        Self(Arc::new(Shared { source: None, changes: Vec::new(), schedules }))
    }
}

impl fmt::Debug for Calendars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Calendars({:?})", self.0.changes)
    }
}

impl Calendars {
    /// The tables with the days that a `calendar.toml` changes; the tables alone when there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read, and each of its lines that cannot be understood or contradicts the tables or
    /// another line.
    pub fn read(path: &Path) -> Result<Self, CalendarFileError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let whole = std::fs::canonicalize(path)
                    .map_or_else(|_| name.clone(), |path| path.display().to_string());
                Self::build(&name, whole, &text)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(CalendarFileError::Read { path: name, source }),
        }
    }

    /// As [`Calendars::read`] with the text of a file called `path`.
    ///
    /// # Errors
    /// As [`Calendars::read`].
    pub fn parse(path: &str, text: &str) -> Result<Self, CalendarFileError> {
        Self::build(path, path.to_owned(), text)
    }

    fn build(name: &str, whole: String, text: &str) -> Result<Self, CalendarFileError> {
        let lines = file::parse(name, text)?;
        let mut schedules: Vec<Option<Schedule>> = VENUES.iter().map(|_| None).collect();
        // By schedule and date: the line, and the code that it names.
        let mut set = std::collections::BTreeMap::new();
        for Line { line, change } in &lines {
            let refused =
                |message: String| CalendarFileError::Line { path: name.to_owned(), line: *line, message };
            let (position, mic) =
                venues::find(&change.mic).ok_or_else(|| refused(unknown(&change.mic).to_string()))?;
            if let Some((before, other)) = set.insert((position, change.date), (*line, mic)) {
                let shared = if other == mic { String::new() } else { format!(", which {other} shares,") };
                return Err(refused(format!(
                    "{} of {mic}{shared} is set in line {before} already: keep one of them, kind = \"session\" tells both opens and closes",
                    change.date
                )));
            }
            let (Some(venue), Some(slot)) = (VENUES.get(position), schedules.get_mut(position)) else {
                continue;
            };
            slot.get_or_insert_with(|| Schedule::new(venue))
                .change(change.date, change.kind)
                .map_err(|reason| refused(format!("{mic} on {}: {reason}", change.date)))?;
        }
        let mut changes: Vec<DayChange> = lines.into_iter().map(|line| line.change).collect();
        changes.sort_by(|a, b| (&a.mic, a.date).cmp(&(&b.mic, b.date)));
        let schedules = schedules.into_iter().map(|made| match made {
            Some(schedule) => OnceLock::from(Arc::new(schedule)),
            None => OnceLock::new(),
        });
        let digest = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
        let source = Some(CalendarSource { path: whole, digest });
        Ok(Self(Arc::new(Shared { source, changes, schedules: schedules.collect() })))
    }

    /// The calendar of a venue by its ISO 10383 code. US equity venues share the NYSE sessions; `XXXX` is what no
    /// venue trades, and always open.
    ///
    /// # Errors
    /// [`CalendarError::UnknownVenue`].
    pub fn for_mic(&self, mic: &str) -> Result<Calendar, CalendarError> {
        let (position, mic) = venues::find(mic).ok_or_else(|| unknown(mic))?;
        let (venue, slot) =
            VENUES.get(position).zip(self.0.schedules.get(position)).ok_or_else(|| unknown(mic))?;
        let schedule = slot.get_or_init(|| Arc::new(Schedule::new(venue)));
        Ok(Calendar { mic, schedule: Arc::clone(schedule) })
    }

    /// Whether a code has a calendar.
    #[must_use]
    pub fn knows(mic: &str) -> bool {
        venues::find(mic).is_some()
    }

    /// The changed days, by code and date.
    #[must_use]
    pub fn changes(&self) -> &[DayChange] {
        &self.0.changes
    }

    /// The file that changed days were read from; none when there was no file.
    #[must_use]
    pub fn source(&self) -> Option<&CalendarSource> {
        self.0.source.as_ref()
    }
}

fn unknown(mic: &str) -> CalendarError {
    CalendarError::UnknownVenue { mic: printable(mic, 12) }
}

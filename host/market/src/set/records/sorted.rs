//! The records of a generation that is being written: they come in any order.

use std::path::{Path, PathBuf};

use super::file::write_records;
use super::{ActionRecord, EventRecord, FactRecord, MemberRecord, QuoteRecord, Record};
use crate::error::MarketError;
use crate::instrument::Instrument;
use crate::set::content::Content;
use crate::set::manifest::Manifest;
use crate::set::writer::{Partial, write_file};
use crate::spool::{Key, Sorter};

/// All records of a generation; their positions are those of its instruments.
pub(crate) struct SortedRecords {
    pub(crate) actions: Sorter<ActionRecord>,
    pub(crate) events: Sorter<EventRecord>,
    pub(crate) facts: Sorter<FactRecord>,
    pub(crate) members: Sorter<MemberRecord>,
    pub(crate) quotes: Sorter<QuoteRecord>,
}

impl<T: Record> Sorter<T> {
    /// Adds a record to those of a file.
    pub(crate) fn add(&mut self, record: &T) -> Result<(), MarketError> {
        let mut place = Key::default();
        record.place(&mut place);
        self.push(&place, record);
        self.relieve()
    }
}

impl SortedRecords {
    /// What the files of all kinds are called.
    pub(in crate::set) const FILES: [&str; 5] =
        [ActionRecord::FILE, EventRecord::FILE, FactRecord::FILE, MemberRecord::FILE, QuoteRecord::FILE];

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

    /// All records are there.
    pub(crate) fn finish(&mut self) -> Result<(), MarketError> {
        self.actions.finish()?;
        self.events.finish()?;
        self.facts.finish()?;
        self.members.finish()?;
        self.quotes.finish()
    }

    /// Adds all records to the digest of a set; none leave it as it is.
    pub(crate) fn digest(&self, content: &mut Content) -> Result<(), MarketError> {
        digest(&self.actions, content)?;
        digest(&self.events, content)?;
        digest(&self.facts, content)?;
        digest(&self.members, content)?;
        digest(&self.quotes, content)
    }

    /// The kinds of which there are records, and how many.
    pub(crate) fn counts(&self) -> Vec<(String, u64)> {
        let counts = [
            counted(&self.actions),
            counted(&self.events),
            counted(&self.facts),
            counted(&self.members),
            counted(&self.quotes),
        ];
        counts.into_iter().filter(|(_, rows)| *rows > 0).collect()
    }

    /// Writes a file for each kind of which there are records, under a temporary name; returns the names to come.
    pub(in crate::set) fn write(
        &self,
        dir: &Path,
        manifest: &Manifest,
        instruments: &[Instrument],
    ) -> Result<Vec<(Partial, PathBuf)>, MarketError> {
        let files = [
            write(&self.actions, dir, manifest, instruments)?,
            write(&self.events, dir, manifest, instruments)?,
            write(&self.facts, dir, manifest, instruments)?,
            write(&self.members, dir, manifest, instruments)?,
            write(&self.quotes, dir, manifest, instruments)?,
        ];
        Ok(files.into_iter().flatten().collect())
    }
}

fn digest<T: Record>(records: &Sorter<T>, content: &mut Content) -> Result<(), MarketError> {
    if records.len() == 0 {
        return Ok(());
    }
    content.text(T::FILE);
    content.count(records.len());
    for record in records.values()? {
        record?.digest(content);
    }
    Ok(())
}

fn counted<T: Record>(records: &Sorter<T>) -> (String, u64) {
    (T::FILE.to_owned(), records.len())
}

fn write<T: Record>(
    records: &Sorter<T>,
    dir: &Path,
    manifest: &Manifest,
    instruments: &[Instrument],
) -> Result<Option<(Partial, PathBuf)>, MarketError> {
    if records.len() == 0 {
        return Ok(None);
    }
    let values = records.values()?;
    let file = write_file(dir, T::FILE, |out, path| write_records(out, path, values, instruments))?;
    Ok(Some((file, manifest.record_path(dir, T::FILE))))
}

//! Writing a generation: instrument by instrument, then one step that makes it current.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use parquet::errors::ParquetError;

use super::bar_writer::{BarWriter, Rows};
use super::content::Content;
use super::lock::WriteLock;
use super::manifest::{BarPart, FORMAT, Manifest, remove_leftovers, rename, sync_folder};
use super::records::{OriginRecord, SortedRecords};
use super::table::{self, Table, write_table};
use crate::bars::Timeframe;
use crate::error::MarketError;
use crate::instrument::Instrument;

/// Writes one generation while it holds the write lock. Dropped before `commit` it leaves the set as it was.
pub(crate) struct SetWriter {
    dir: PathBuf,
    /// Shortest timeframe first.
    bars: Vec<BarWriter>,
    table: Table,
    zone: Tz,
    content: Content,
    origins: Origins,
    /// What is known beside bars, with positions in the order of [`SetWriter::push`].
    pub(crate) records: SortedRecords,
    _lock: WriteLock,
}

/// The origins, numbered in the order in which bars first have them.
#[derive(Default)]
struct Origins {
    /// As the caller knows them.
    given: HashMap<OriginRecord, u32>,
    /// By the caller's number: the number in the manifest.
    number_of: Vec<Option<i64>>,
    used: Vec<OriginRecord>,
    /// Those of the rows that are being written.
    row_numbers: Vec<i64>,
}

/// A file that is removed unless it is renamed.
pub(super) struct Partial(pub(super) PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone is what we want: it was renamed, or a later writer removes it.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl SetWriter {
    /// Takes the write lock of a folder, which is created when it is not there.
    pub(crate) fn lock(dir: &Path) -> Result<Locked, MarketError> {
        std::fs::create_dir_all(dir).map_err(MarketError::io("create", dir))?;
        Ok(Locked { dir: dir.to_path_buf(), lock: WriteLock::acquire(dir)? })
    }

    /// The number by which rows are told to come from an origin.
    pub(crate) fn origin(&mut self, origin: OriginRecord) -> u32 {
        let next = u32::try_from(self.origins.number_of.len()).unwrap_or(u32::MAX);
        let number = *self.origins.given.entry(origin).or_insert(next);
        if number == next {
            self.origins.number_of.push(None);
        }
        number
    }

    /// Adds an instrument, whose venue has its clocks in `zone`. Instruments must come by symbol, then id, each
    /// once.
    pub(crate) fn push(&mut self, instrument: Instrument, zone: Tz) {
        self.end();
        table::digest(&instrument, &mut self.content);
        self.table.instruments.push(instrument);
        self.zone = zone;
    }

    /// Adds bars to the instrument that was pushed last, after those of the same timeframe that it has already.
    pub(crate) fn append(&mut self, timeframe: Timeframe, rows: Rows<'_>) -> Result<(), MarketError> {
        let Some(instrument) = self.table.instruments.last().filter(|_| !rows.keys.is_empty()) else {
            return Ok(());
        };
        let place = self.bars.partition_point(|bars| bars.timeframe() < timeframe);
        if self.bars.get(place).is_none_or(|bars| bars.timeframe() != timeframe) {
            self.bars.insert(place, BarWriter::create(&self.dir, timeframe)?);
            let before = self.table.instruments.len() - 1;
            self.table.spans.insert(place, vec![table::Span::default(); before]);
        }
        let Some(bars) = self.bars.get_mut(place) else { return Ok(()) };
        self.origins.number(rows.origins);
        bars.append(instrument.symbol.as_str(), (&instrument.mic, self.zone), rows, &self.origins.row_numbers)
    }

    /// Ends the bars of the instrument that was pushed last.
    fn end(&mut self) {
        if self.table.instruments.is_empty() {
            return;
        }
        for (bars, spans) in self.bars.iter_mut().zip(&mut self.table.spans) {
            let span = bars.end();
            spans.push(if span.rows == 0 { table::Span::default() } else { span });
        }
    }

    /// Makes the generation current, unless the current one has the same content. Returns its manifest.
    pub(crate) fn commit(mut self) -> Result<Manifest, MarketError> {
        self.end();
        self.records.finish()?;
        let manifest = self.manifest()?;
        let current = Manifest::read(&self.dir).ok().flatten();
        if let Some(current) = current.filter(|current| current.digest == manifest.digest)
            && current.files(&self.dir).iter().all(|file| file.exists())
        {
            drop(self.bars);
            remove_leftovers(&self.dir, Some(&current));
            return Ok(current);
        }
        let mut files = Vec::new();
        for bars in self.bars {
            let target = manifest.bar_path(&self.dir, bars.timeframe());
            files.push((bars.close()?, target));
        }
        let instruments = &self.table.instruments;
        let timeframes = manifest.timeframes();
        let table = write_file(&self.dir, "instruments", |out, path| {
            write_table(out, &self.table, &timeframes).map_err(|error| write_error(path, error))
        })?;
        files.push((table, manifest.table_path(&self.dir)));
        files.extend(self.records.write(&self.dir, &manifest, instruments)?);
        for (partial, target) in &files {
            rename(&partial.0, target)?;
        }
        sync_folder(&self.dir)?;
        manifest.publish(&self.dir)?;
        remove_leftovers(&self.dir, Some(&manifest));
        Ok(manifest)
    }

    fn manifest(&mut self) -> Result<Manifest, MarketError> {
        let mut content = Content::new("sluice market set 2");
        content.part(self.content.clone());
        let mut bars: Vec<BarPart> = Vec::with_capacity(self.bars.len());
        for (writer, spans) in self.bars.iter_mut().zip(&self.table.spans) {
            let (part, columns) = writer.part()?;
            content.part(columns);
            spans.iter().for_each(|span| content.count(span.rows));
            bars.push(part);
        }
        self.origins.digest(&mut content);
        self.records.digest(&mut content)?;
        Ok(Manifest {
            format: FORMAT,
            digest: content.hex(),
            instruments: self.table.instruments.len() as u64,
            bars,
            origins: std::mem::take(&mut self.origins.used),
            records: self.records.counts(),
        })
    }
}

/// Writes a whole file under a temporary name.
pub(super) fn write_file(
    dir: &Path,
    kind: &str,
    write: impl FnOnce(BufWriter<File>, &Path) -> Result<BufWriter<File>, MarketError>,
) -> Result<Partial, MarketError> {
    let partial = Partial(dir.join(format!("{kind}-new.partial")));
    let file = File::create(&partial.0).map_err(MarketError::io("create", &partial.0))?;
    let out = write(BufWriter::new(file), &partial.0)?;
    finish(out, &partial.0)?;
    Ok(partial)
}

impl Origins {
    /// The numbers of some rows in the manifest.
    fn number(&mut self, rows: &[u32]) {
        self.row_numbers.clear();
        for origin in rows {
            let known = self.number_of.get(*origin as usize).copied().flatten();
            let number = known.unwrap_or_else(|| self.first_use(*origin));
            self.row_numbers.push(number);
        }
    }

    #[cold]
    fn first_use(&mut self, origin: u32) -> i64 {
        let record = self.given.iter().find(|(_, number)| **number == origin).map(|(record, _)| record);
        let number = i64::try_from(self.used.len()).unwrap_or(i64::MAX);
        self.used.push(record.cloned().unwrap_or_else(OriginRecord::unknown));
        if let Some(slot) = self.number_of.get_mut(origin as usize) {
            *slot = Some(number);
        }
        number
    }

    fn digest(&self, content: &mut Content) {
        content.count(self.used.len() as u64);
        for origin in &self.used {
            content.text(&origin.source);
            content.text(&format!("{:?} {:?}", origin.stamped, origin.adjusted));
            content.optional_day(origin.through);
        }
    }
}

/// A folder whose write lock we hold.
pub(crate) struct Locked {
    dir: PathBuf,
    lock: WriteLock,
}

impl Locked {
    /// Starts a generation, with so many bytes of memory for the records of each kind.
    pub(crate) fn start(self, memory: u64) -> SetWriter {
        SetWriter {
            records: SortedRecords::new(&self.dir, memory),
            dir: self.dir,
            bars: Vec::new(),
            table: Table::default(),
            zone: Tz::UTC,
            content: Content::new("instruments"),
            origins: Origins::default(),
            _lock: self.lock,
        }
    }
}

pub(super) fn finish(out: BufWriter<File>, path: &Path) -> Result<(), MarketError> {
    let synced = out.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|mut file| {
        file.flush()?;
        file.sync_all()
    });
    synced.map_err(MarketError::io("write", path))
}

pub(super) fn write_error(path: &Path, error: ParquetError) -> MarketError {
    MarketError::Io { what: "write", path: path.to_path_buf(), source: std::io::Error::other(error) }
}

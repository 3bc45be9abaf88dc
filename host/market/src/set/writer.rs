//! Writing a generation: instrument by instrument, then one step that makes it current.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use sha2::{Digest, Sha256};

use super::lock::WriteLock;
use super::manifest::{FORMAT, Manifest, remove_leftovers, rename, sync_folder};
use super::table::{Listing, write_table};
use super::{BAR_COLUMNS, FIRST_NUMBER, NUMBERS};
use crate::error::MarketError;
use crate::instrument::Instrument;

/// A row group ends with the instrument that reaches so many rows: 520 instruments of one year. Readers of a
/// shard then open one or two groups, and the writer holds 6 MB of one.
const GROUP_ROWS: usize = 131_072;
/// Rows of a page: 32 KiB of f64. Small enough that a short look-back skips most of a long history, large enough
/// that a system call per page does not show.
const PAGE_ROWS: usize = 4096;

/// Writes one generation while it holds the write lock. Dropped before `commit` it leaves the set as it was.
pub(crate) struct SetWriter {
    dir: PathBuf,
    bars: ArrowWriter<BufWriter<File>>,
    bar_path: Partial,
    group: Group,
    rows: u64,
    listings: Vec<Listing>,
    bar_days: BTreeMap<String, BTreeSet<i32>>,
    hash: Sha256,
    _lock: WriteLock,
}

/// A file that is removed unless it is renamed.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone is what we want: it was renamed, or a later writer removes it.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Rows of the row group that is being filled.
#[derive(Default)]
struct Group {
    symbols: Vec<String>,
    keys: Vec<i32>,
    days: Vec<i32>,
    numbers: [Vec<f64>; NUMBERS],
}

impl SetWriter {
    /// Takes the write lock of a folder, which is created when it is not there.
    pub(crate) fn lock(dir: &Path) -> Result<Locked, MarketError> {
        std::fs::create_dir_all(dir).map_err(MarketError::io("create", dir))?;
        Ok(Locked { dir: dir.to_path_buf(), lock: WriteLock::acquire(dir)? })
    }

    /// Adds an instrument with its bars. Instruments must come by symbol, then id, each once; days must ascend;
    /// all columns are equally long.
    pub(crate) fn push(
        &mut self,
        instrument: Instrument,
        days: &[i32],
        numbers: [&[f64]; NUMBERS],
    ) -> Result<(), MarketError> {
        self.digest(&instrument, days, numbers);
        let key = i32::try_from(self.group.symbols.len()).unwrap_or(i32::MAX);
        self.group.symbols.push(instrument.symbol.as_str().to_owned());
        self.group.keys.extend(std::iter::repeat_n(key, days.len()));
        self.group.days.extend_from_slice(days);
        for (column, values) in self.group.numbers.iter_mut().zip(numbers) {
            column.extend_from_slice(values);
        }
        let seen = self.bar_days.entry(instrument.mic.clone()).or_default();
        seen.extend(days);
        let rows = days.len() as u64;
        let days = days.first().copied().zip(days.last().copied());
        self.listings.push(Listing { instrument, first_row: self.rows, rows, days });
        self.rows += rows;
        if self.group.days.len() >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn digest(&mut self, instrument: &Instrument, days: &[i32], numbers: [&[f64]; NUMBERS]) {
        let optional =
            |text: &Option<String>| text.clone().map_or_else(String::new, |text| format!("+{text}"));
        let texts = [
            instrument.id.as_str(),
            instrument.symbol.as_str(),
            &instrument.name,
            &instrument.mic,
            instrument.kind.as_str(),
            instrument.status.as_str(),
            &instrument.currency,
            &optional(&instrument.sector),
            &optional(&instrument.industry),
        ];
        for text in texts {
            self.hash.update((text.len() as u64).to_le_bytes());
            self.hash.update(text.as_bytes());
        }
        self.hash.update(canonical(instrument.lot));
        self.hash.update(canonical(instrument.tick));
        self.hash.update((days.len() as u64).to_le_bytes());
        let mut bytes: Vec<u8> = days.iter().flat_map(|day| day.to_le_bytes()).collect();
        self.hash.update(&bytes);
        for column in numbers {
            bytes.clear();
            bytes.extend(column.iter().flat_map(|value| canonical(*value)));
            self.hash.update(&bytes);
        }
    }

    fn flush(&mut self) -> Result<(), MarketError> {
        let group = std::mem::take(&mut self.group);
        if group.days.is_empty() {
            return Ok(());
        }
        let written = group.into_batch().and_then(|batch| {
            self.bars.write(&batch)?;
            self.bars.flush()
        });
        written.map_err(|error| write_error(&self.bar_path.0, error))
    }

    /// Makes the generation current, unless the current one has the same content. Returns its manifest.
    pub(crate) fn commit(mut self) -> Result<Manifest, MarketError> {
        self.flush()?;
        let manifest = Manifest {
            format: FORMAT,
            digest: hex(&self.hash.finalize_reset()),
            bars: self.rows,
            instruments: self.listings.len() as u64,
            bar_days: std::mem::take(&mut self.bar_days)
                .into_iter()
                .map(|(mic, days)| (mic, days.into_iter().collect()))
                .collect(),
        };
        let current = Manifest::read(&self.dir).ok().flatten();
        let unchanged = current.is_some_and(|current| current.digest == manifest.digest)
            && manifest.bar_path(&self.dir).exists()
            && manifest.table_path(&self.dir).exists();
        if unchanged {
            remove_leftovers(&self.dir, Some(&manifest));
            return Ok(manifest);
        }
        let failed = |error| write_error(&self.bar_path.0, error);
        finish(self.bars.into_inner().map_err(failed)?, &self.bar_path.0)?;
        let table_path = Partial(self.dir.join("instruments-new.partial"));
        let table = File::create(&table_path.0).map_err(MarketError::io("create", &table_path.0))?;
        let table = write_table(BufWriter::new(table), &self.listings);
        finish(table.map_err(|error| write_error(&table_path.0, error))?, &table_path.0)?;
        rename(&self.bar_path.0, &manifest.bar_path(&self.dir))?;
        rename(&table_path.0, &manifest.table_path(&self.dir))?;
        sync_folder(&self.dir)?;
        manifest.publish(&self.dir)?;
        remove_leftovers(&self.dir, Some(&manifest));
        Ok(manifest)
    }
}

/// A folder whose write lock we hold.
pub(crate) struct Locked {
    dir: PathBuf,
    lock: WriteLock,
}

impl Locked {
    /// Starts a generation.
    pub(crate) fn start(self) -> Result<SetWriter, MarketError> {
        let bar_path = self.dir.join("bars-1d-new.partial");
        let file = File::create(&bar_path).map_err(MarketError::io("create", &bar_path))?;
        let bars = ArrowWriter::try_new(BufWriter::new(file), bar_schema(), Some(bar_properties()))
            .map_err(|error| write_error(&bar_path, error))?;
        let mut hash = Sha256::new();
        hash.update(b"sluice market set 1\n");
        Ok(SetWriter {
            dir: self.dir,
            bars,
            bar_path: Partial(bar_path),
            group: Group::default(),
            rows: 0,
            listings: Vec::new(),
            bar_days: BTreeMap::new(),
            hash,
            _lock: self.lock,
        })
    }
}

impl Group {
    fn into_batch(self) -> Result<RecordBatch, ParquetError> {
        let symbols: ArrayRef = Arc::new(StringArray::from(self.symbols));
        let symbols = DictionaryArray::<Int32Type>::try_new(Int32Array::from(self.keys), symbols)?;
        let mut columns: Vec<ArrayRef> = vec![Arc::new(symbols), Arc::new(Date32Array::from(self.days))];
        columns.extend(self.numbers.map(|column| Arc::new(Float64Array::from(column)) as ArrayRef));
        Ok(RecordBatch::try_new(bar_schema(), columns)?)
    }
}

fn bar_schema() -> Arc<Schema> {
    let symbol = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let types = [symbol, DataType::Date32].into_iter().chain(std::iter::repeat_n(DataType::Float64, NUMBERS));
    let fields = BAR_COLUMNS.iter().zip(types).map(|(name, kind)| Field::new(*name, kind, false));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// Numbers PLAIN and uncompressed: reading them is one copy. Symbols and dates repeat, a dictionary packs them.
fn bar_properties() -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by("sluice".to_owned())
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for name in BAR_COLUMNS.iter().skip(FIRST_NUMBER) {
        let column = ColumnPath::from(*name);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column.clone(), Encoding::PLAIN)
            .set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    properties.build()
}

fn finish(out: BufWriter<File>, path: &Path) -> Result<(), MarketError> {
    let synced = out.into_inner().map_err(std::io::IntoInnerError::into_error).and_then(|mut file| {
        file.flush()?;
        file.sync_all()
    });
    synced.map_err(MarketError::io("write", path))
}

fn write_error(path: &Path, error: ParquetError) -> MarketError {
    MarketError::Io { what: "write", path: path.to_path_buf(), source: std::io::Error::other(error) }
}

/// Every NaN is the same NaN.
fn canonical(value: f64) -> [u8; 8] {
    if value.is_nan() { f64::NAN.to_le_bytes() } else { value.to_le_bytes() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! One kind of record in a Parquet file of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, Int32Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::MarketError;
use crate::instrument::Instrument;
use crate::set::Chunks;
use crate::set::columns::{position, same_columns};
use crate::set::content::Content;
use crate::set::writer::write_error;
use crate::spool::Key;

/// Rows that are encoded and decoded at a time.
const BATCH_ROWS: usize = 8192;
/// Encoded bytes that are held before they are written.
const ROW_GROUP_BYTES: usize = 8 << 20;
/// Rows that are reserved on the word of the file.
const MAX_RESERVED_ROWS: usize = 65_536;

/// A kind of record: its columns, its order, and its part of the digest.
pub(crate) trait Record: Clone + PartialEq + Serialize + DeserializeOwned {
    /// What the file is called.
    const FILE: &'static str;

    /// Position in the instrument table.
    fn instrument(&self) -> u32;

    /// To give it another position.
    fn instrument_mut(&mut self) -> &mut u32;

    /// Its place in the order of the file: by instrument first.
    fn place(&self, key: &mut Key);

    /// Its columns beside instrument and symbol, by name.
    fn columns(records: &[Self]) -> Result<Vec<(&'static str, ArrayRef)>, ArrowError>;

    /// The record of a row of a batch that has these columns after instrument and symbol.
    fn of_row(batch: &RecordBatch, row: usize, instrument: u32) -> Result<Self, String>;

    /// Adds it to a digest.
    fn digest(&self, content: &mut Content);
}

/// Where a batch has the first column of a kind's own: after instrument and symbol.
pub(super) const OWN: usize = 2;

/// The columns of some records; the symbol is there for people and other programs.
fn batch_of<T: Record>(records: &[T], instruments: &[Instrument]) -> Result<RecordBatch, ParquetError> {
    let positions: Int32Array =
        records.iter().map(|record| i32::try_from(record.instrument()).unwrap_or(i32::MAX)).collect();
    let symbol =
        |record: &T| instruments.get(record.instrument() as usize).map(|found| found.symbol.as_str());
    let symbols: StringArray = records.iter().map(symbol).collect();
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("instrument", Arc::new(positions)), ("symbol", Arc::new(symbols))];
    columns.extend(T::columns(records)?);
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?)
}

/// Writes records that are in their order to a file of that name.
pub(super) fn write_records<T: Record, W: Write + Send>(
    out: W,
    path: &Path,
    records: impl Iterator<Item = Result<T, MarketError>>,
    instruments: &[Instrument],
) -> Result<W, MarketError> {
    let failed = |error: ParquetError| write_error(path, error);
    let properties = WriterProperties::builder().set_created_by("sluice".to_owned()).build();
    let schema = batch_of::<T>(&[], instruments).map_err(failed)?.schema();
    let mut writer = ArrowWriter::try_new(out, schema, Some(properties)).map_err(failed)?;
    let mut write = |part: &mut Vec<T>| {
        writer.write(&batch_of(part, instruments)?)?;
        part.clear();
        if writer.in_progress_size() < ROW_GROUP_BYTES { Ok(()) } else { writer.flush() }
    };
    let mut part = Vec::with_capacity(BATCH_ROWS);
    for record in records {
        part.push(record?);
        if part.len() == BATCH_ROWS {
            write(&mut part).map_err(failed)?;
        }
    }
    write(&mut part).map_err(failed)?;
    writer.into_inner().map_err(failed)
}

/// An open file of records that are read when they are first asked for.
#[derive(Debug)]
pub(crate) struct Records<T> {
    file: Option<RecordFile>,
    loaded: OnceLock<Result<Vec<T>, String>>,
}

/// Where records are.
#[derive(Debug)]
pub(crate) struct RecordFile {
    path: PathBuf,
    chunks: Chunks,
    /// As the manifest counts them.
    rows: u64,
    /// Instruments of the set.
    instruments: u64,
}

impl RecordFile {
    /// Opens a file, so that it can be read even when another generation replaces it.
    pub(crate) fn open(path: &Path, rows: u64, instruments: u64) -> std::io::Result<Self> {
        Ok(Self { path: path.to_path_buf(), chunks: Chunks::open(path)?, rows, instruments })
    }
}

impl<T: Record> Records<T> {
    /// The records of a file; none at all without one.
    pub(crate) fn new(file: Option<RecordFile>) -> Self {
        Self { file, loaded: OnceLock::new() }
    }

    /// Whether there are none; costs nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.file.is_none()
    }

    /// All of them, in the order of the file: by instrument, then by time.
    pub(crate) fn all(&self) -> Result<&[T], MarketError> {
        let Some(file) = &self.file else { return Ok(&[]) };
        match self.loaded.get_or_init(|| load(file)) {
            Ok(records) => Ok(records),
            Err(reason) => Err(MarketError::damaged(&file.path, reason)),
        }
    }

    /// Hands on all of them in the order of the file, without keeping them.
    pub(crate) fn each(&self, take: &mut dyn FnMut(T) -> Result<(), MarketError>) -> Result<(), MarketError> {
        let Some(file) = &self.file else { return Ok(()) };
        read(file, take).map_err(|reason| MarketError::damaged(&file.path, reason))?
    }

    /// Those of one instrument.
    pub(crate) fn of(&self, instrument: usize) -> Result<&[T], MarketError> {
        let all = self.all()?;
        let start = all.partition_point(|record| (record.instrument() as usize) < instrument);
        let end = all.partition_point(|record| (record.instrument() as usize) <= instrument);
        Ok(all.get(start..end).unwrap_or_default())
    }
}

fn load<T: Record>(file: &RecordFile) -> Result<Vec<T>, String> {
    let rows = usize::try_from(file.rows).unwrap_or(usize::MAX);
    let mut records = Vec::with_capacity(rows.min(MAX_RESERVED_ROWS));
    let all = read(file, &mut |record| {
        records.push(record);
        Ok::<(), std::convert::Infallible>(())
    })?;
    match all {
        Ok(()) => Ok(records),
    }
}

/// Hands on the records of a file, one after the other.
fn read<T: Record, E>(
    file: &RecordFile,
    take: &mut dyn FnMut(T) -> Result<(), E>,
) -> Result<Result<(), E>, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(file.chunks.clone()).map_err(|error| text(&error))?;
    let wanted = batch_of::<T>(&[], &[]).map_err(|error| text(&error))?.schema();
    if !same_columns(builder.schema(), &wanted) {
        return Err(format!("its columns are not those of {}", T::FILE));
    }
    let mut rows = 0_u64;
    let (mut before, mut place) = (Key::default(), Key::default());
    for batch in builder.with_batch_size(BATCH_ROWS).build().map_err(|error| text(&error))? {
        let batch = batch.map_err(|error| text(&error))?;
        for row in 0..batch.num_rows() {
            rows += 1;
            let record = record_of::<T>(&batch, row, file.instruments);
            let record = record.map_err(|reason| format!("row {rows}: {reason}"))?;
            place.clear();
            record.place(&mut place);
            if place < before {
                return Err("its rows are not sorted".to_owned());
            }
            std::mem::swap(&mut before, &mut place);
            if let Err(error) = take(record) {
                return Ok(Err(error));
            }
        }
    }
    if rows != file.rows {
        return Err(format!("it has {rows} rows, the manifest counts {}", file.rows));
    }
    Ok(Ok(()))
}

fn record_of<T: Record>(batch: &RecordBatch, row: usize, instruments: u64) -> Result<T, String> {
    let instrument = position(batch, 0, row)?;
    if u64::from(instrument) >= instruments {
        return Err(format!("there is no instrument {instrument}"));
    }
    T::of_row(batch, row, instrument)
}

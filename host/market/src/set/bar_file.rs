//! Reading the bar file: only the columns and row ranges that were asked for, from any number of threads.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Repetition, Type};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{DataType, DoubleType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::serialized_reader::SerializedPageReader;

use super::{BAR_COLUMNS, Chunks, DATE_COLUMN, FIRST_NUMBER};
use crate::error::MarketError;

/// An open bar file. Its metadata is parsed once; every read has its own position.
#[derive(Debug)]
pub(crate) struct BarFile {
    path: PathBuf,
    chunks: Arc<Chunks>,
    metadata: ParquetMetaData,
    /// First row of each row group, then the number of rows.
    group_starts: Vec<u64>,
}

impl BarFile {
    /// Opens a file and checks that it has our columns.
    ///
    /// The outer error is the operating system's: the caller retries when the generation was just replaced.
    pub(crate) fn open(path: &Path) -> std::io::Result<Result<Self, MarketError>> {
        let chunks = Chunks::open(path)?;
        Ok(Self::with_chunks(path, chunks).map_err(|reason| MarketError::damaged(path, reason)))
    }

    fn with_chunks(path: &Path, chunks: Chunks) -> Result<Self, String> {
        let metadata = ParquetMetaDataReader::new()
            .with_offset_index_policy(PageIndexPolicy::Required)
            .parse_and_finish(&chunks)
            .map_err(|error| error.to_string())?;
        check_columns(&metadata)?;
        let mut group_starts = vec![0];
        let mut rows = 0_u64;
        for group in metadata.row_groups() {
            rows += u64::try_from(group.num_rows()).map_err(|_| "a row group has a negative length")?;
            group_starts.push(rows);
        }
        Ok(Self { path: path.to_path_buf(), chunks: Arc::new(chunks), metadata, group_starts })
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> u64 {
        self.group_starts.last().copied().unwrap_or_default()
    }

    /// Appends the dates of some rows, in days since the epoch. Ranges must ascend; one may repeat the last one.
    pub(crate) fn read_days(&self, ranges: &[Range<u64>], out: &mut Vec<i32>) -> Result<(), MarketError> {
        self.read::<Int32Type>(DATE_COLUMN, ranges, out)
    }

    /// Appends a number column (0 is open) of some rows. Ranges as in [`BarFile::read_days`].
    pub(crate) fn read_numbers(
        &self,
        number: usize,
        ranges: &[Range<u64>],
        out: &mut Vec<f64>,
    ) -> Result<(), MarketError> {
        self.read::<DoubleType>(FIRST_NUMBER + number, ranges, out)
    }

    fn read<T: DataType>(
        &self,
        column: usize,
        ranges: &[Range<u64>],
        out: &mut Vec<T::T>,
    ) -> Result<(), MarketError> {
        let wanted: u64 = ranges.iter().map(|range| range.end - range.start).sum();
        out.reserve(usize::try_from(wanted).unwrap_or_default());
        self.read_ranges::<T>(column, ranges, out).map_err(|error| MarketError::damaged(&self.path, error))
    }

    fn read_ranges<T: DataType>(
        &self,
        column: usize,
        ranges: &[Range<u64>],
        out: &mut Vec<T::T>,
    ) -> Result<(), ParquetError> {
        let mut cursor: Option<Cursor<T>> = None;
        let mut last: Option<&Range<u64>> = None;
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            if last == Some(range) {
                let length = range_length(range);
                let from = out.len().saturating_sub(length);
                out.extend_from_within(from..);
                continue;
            }
            last = Some(range);
            let mut next = range.start;
            while next < range.end {
                let mut here = match cursor.take() {
                    Some(cursor) if cursor.rows.contains(&next) && cursor.at <= next => cursor,
                    _ => self.cursor(column, next)?,
                };
                let end = range.end.min(here.rows.end);
                here.read(next..end, out)?;
                next = end;
                cursor = Some(here);
            }
        }
        Ok(())
    }

    fn cursor<T: DataType>(&self, column: usize, row: u64) -> Result<Cursor<T>, ParquetError> {
        let group = self.group_starts.partition_point(|start| *start <= row).saturating_sub(1);
        let outside = || ParquetError::General(format!("there is no row {row}"));
        let (Some(data), Some(start), Some(end)) = (
            self.metadata.row_groups().get(group),
            self.group_starts.get(group),
            self.group_starts.get(group + 1),
        ) else {
            return Err(outside());
        };
        let chunk: &ColumnChunkMetaData = data.columns().get(column).ok_or_else(outside)?;
        let index = self.metadata.page_index_for_row_group(group);
        let pages = index.offset_index(column).map(|index| index.page_locations().clone());
        let rows = *start..*end;
        let reader = SerializedPageReader::new(Arc::clone(&self.chunks), chunk, range_length(&rows), pages)?;
        let reader = ColumnReaderImpl::new(chunk.column_descr_ptr(), Box::new(reader));
        Ok(Cursor { reader, at: *start, rows })
    }
}

/// A column of one row group and how far it was read.
struct Cursor<T: DataType> {
    reader: ColumnReaderImpl<T>,
    at: u64,
    rows: Range<u64>,
}

impl<T: DataType> Cursor<T> {
    fn read(&mut self, rows: Range<u64>, out: &mut Vec<T::T>) -> Result<(), ParquetError> {
        let skip = range_length(&(self.at..rows.start));
        let wanted = range_length(&rows);
        let skipped = self.reader.skip_records(skip)?;
        let (read, ..) = self.reader.read_records(wanted, None, None, out)?;
        if skipped != skip || read != wanted {
            return Err(ParquetError::General(format!(
                "rows {} to {} are not all there",
                rows.start, rows.end
            )));
        }
        self.at = rows.end;
        Ok(())
    }
}

/// Rows of a range; a set never has more rows than memory could address.
fn range_length(range: &Range<u64>) -> usize {
    usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX)
}

fn check_columns(metadata: &ParquetMetaData) -> Result<(), String> {
    let schema = metadata.file_metadata().schema_descr();
    let names: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
    if names != BAR_COLUMNS {
        return Err(format!("its columns are {} instead of {}", names.join(", "), BAR_COLUMNS.join(", ")));
    }
    for (position, column) in schema.columns().iter().enumerate().skip(DATE_COLUMN) {
        let wanted = if position == DATE_COLUMN { Type::INT32 } else { Type::DOUBLE };
        let required = column.self_type().get_basic_info().repetition() == Repetition::REQUIRED;
        if column.physical_type() != wanted || !required {
            return Err(format!("its column {} is not a required {wanted}", column.name()));
        }
    }
    Ok(())
}

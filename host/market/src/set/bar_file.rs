//! Reading the bar file: only the columns and row ranges that were asked for, from any number of threads.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{Repetition, Type};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::{DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::serialized_reader::SerializedPageReader;

use super::{Chunks, FIRST_NUMBER, KEY_COLUMN, NUMBER_NAMES, ORIGIN_COLUMN, key_name};
use crate::bars::Timeframe;
use crate::error::MarketError;

/// An open bar file. Its metadata is parsed once; every read has its own position.
#[derive(Debug)]
pub(crate) struct BarFile {
    path: PathBuf,
    timeframe: Timeframe,
    /// Format 1 has none.
    has_origins: bool,
    chunks: Arc<Chunks>,
    metadata: ParquetMetaData,
    /// First row of each row group, then the number of rows.
    group_starts: Vec<u64>,
}

impl BarFile {
    /// Opens a file and checks that it has our columns.
    ///
    /// The outer error is the operating system's: the caller retries when the generation was just replaced.
    pub(crate) fn open(
        path: &Path,
        timeframe: Timeframe,
        first_format: bool,
    ) -> std::io::Result<Result<Self, MarketError>> {
        let chunks = Chunks::open(path)?;
        let file = Self::with_chunks(path, chunks, timeframe, !first_format);
        Ok(file.map_err(|reason| MarketError::damaged(path, reason)))
    }

    fn with_chunks(
        path: &Path,
        chunks: Chunks,
        timeframe: Timeframe,
        has_origins: bool,
    ) -> Result<Self, String> {
        let metadata = ParquetMetaDataReader::new()
            .with_offset_index_policy(PageIndexPolicy::Required)
            .parse_and_finish(&chunks)
            .map_err(|error| error.to_string())?;
        check_columns(&metadata, timeframe, has_origins)?;
        let mut group_starts = vec![0];
        let mut rows = 0_u64;
        for group in metadata.row_groups() {
            rows += u64::try_from(group.num_rows()).map_err(|_| "a row group has a negative length")?;
            group_starts.push(rows);
        }
        Ok(Self {
            path: path.to_path_buf(),
            timeframe,
            has_origins,
            chunks: Arc::new(chunks),
            metadata,
            group_starts,
        })
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> u64 {
        self.group_starts.last().copied().unwrap_or_default()
    }

    /// Appends the dates of some rows, in days since the epoch; for timeframes of whole days only. Ranges must
    /// ascend; one may repeat the last one.
    pub(crate) fn read_days(&self, ranges: &[Range<u64>], out: &mut Vec<i32>) -> Result<(), MarketError> {
        self.read::<Int32Type>(KEY_COLUMN, ranges, out)
    }

    /// Appends when the bars of some rows open, in UTC milliseconds; for timeframes within a day only. Ranges as
    /// in [`BarFile::read_days`].
    pub(crate) fn read_starts(&self, ranges: &[Range<u64>], out: &mut Vec<i64>) -> Result<(), MarketError> {
        self.read::<Int64Type>(KEY_COLUMN, ranges, out)
    }

    /// Appends the days or the starts, whichever the timeframe has. Ranges as in [`BarFile::read_days`].
    pub(crate) fn read_keys(&self, ranges: &[Range<u64>], out: &mut Vec<i64>) -> Result<(), MarketError> {
        if self.timeframe.millis().is_some() {
            return self.read::<Int64Type>(KEY_COLUMN, ranges, out);
        }
        let mut days = Vec::new();
        self.read_days(ranges, &mut days)?;
        out.extend(days.into_iter().map(i64::from));
        Ok(())
    }

    /// Appends the numbers of the origins of some rows. Ranges as in [`BarFile::read_days`].
    pub(crate) fn read_origins(&self, ranges: &[Range<u64>], out: &mut Vec<i32>) -> Result<(), MarketError> {
        if self.has_origins {
            return self.read::<Int32Type>(ORIGIN_COLUMN, ranges, out);
        }
        let rows = ranges.iter().map(range_length).sum();
        out.extend(std::iter::repeat_n(0, rows));
        Ok(())
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
        self.read_ranges::<T>(column, ranges, out).map_err(|error| MarketError::reading(&self.path, error))
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

fn check_columns(metadata: &ParquetMetaData, timeframe: Timeframe, has_origins: bool) -> Result<(), String> {
    let schema = metadata.file_metadata().schema_descr();
    let key = if timeframe.millis().is_some() { Type::INT64 } else { Type::INT32 };
    let mut wanted = vec![("symbol", Type::BYTE_ARRAY), (key_name(timeframe), key)];
    wanted.extend(NUMBER_NAMES.map(|name| (name, Type::DOUBLE)));
    if has_origins {
        wanted.push(("origin", Type::INT32));
    }
    let found: Vec<&str> = schema.columns().iter().map(|column| column.name()).collect();
    if !found.iter().eq(wanted.iter().map(|(name, _)| name)) {
        let wanted: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
        return Err(format!("its columns are {} instead of {}", found.join(", "), wanted.join(", ")));
    }
    for (column, (name, kind)) in schema.columns().iter().zip(wanted) {
        let required = column.self_type().get_basic_info().repetition() == Repetition::REQUIRED;
        if column.physical_type() != kind || !required {
            return Err(format!("its column {name} is not a required {kind}"));
        }
    }
    Ok(())
}

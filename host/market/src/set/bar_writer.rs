//! Writing the bar file of one timeframe.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, Date32Array, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray,
    TimestampMillisecondArray,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, TimeUnit};
use chrono_tz::Tz;
use parquet::arrow::ArrowWriter;
use parquet::basic::Encoding;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;

use super::content::Content;
use super::days::DaySet;
use super::manifest::BarPart;
use super::table::Span;
use super::writer::{Partial, finish, write_error};
use super::{NUMBER_NAMES, NUMBERS, key_name};
use crate::bars::Timeframe;
use crate::days::LocalDays;
use crate::error::MarketError;

/// A row group ends with the instrument that reaches so many rows: 520 instruments of one year. Readers of a
/// shard then open one or two groups, and the writer holds 6 MB of one.
const GROUP_ROWS: usize = 131_072;
/// Rows of a page: 32 KiB of f64. Small enough that a short look-back skips most of a long history, large enough
/// that a system call per page does not show.
const PAGE_ROWS: usize = 4096;

/// Some bars of one instrument and timeframe, in ascending order; all columns are equally long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// Days since the epoch, or UTC milliseconds of the open where the timeframe is shorter than a day.
    pub(crate) keys: &'a [i64],
    pub(crate) numbers: [&'a [f64]; NUMBERS],
    /// Numbers that [`super::SetWriter::origin`] gave.
    pub(crate) origins: &'a [u32],
}

/// Writes one timeframe, instrument by instrument.
pub(super) struct BarWriter {
    timeframe: Timeframe,
    out: ArrowWriter<BufWriter<File>>,
    path: Partial,
    group: Group,
    rows: u64,
    /// What the current instrument has so far.
    span: Span,
    days: BTreeMap<String, DaySet>,
    /// Keys, numbers, origins: a column is hashed on its own, so that it does not matter in which pieces it came.
    content: Vec<Content>,
    buffer: Vec<u8>,
}

/// Rows of the row group that is being filled.
#[derive(Default)]
struct Group {
    symbols: Vec<String>,
    symbol: Vec<i32>,
    keys: Vec<i64>,
    numbers: [Vec<f64>; NUMBERS],
    origins: Vec<i32>,
}

impl BarWriter {
    pub(super) fn create(dir: &Path, timeframe: Timeframe) -> Result<Self, MarketError> {
        let path = dir.join(format!("bars-{timeframe}-new.partial"));
        let file = File::create(&path).map_err(MarketError::io("create", &path))?;
        let out = ArrowWriter::try_new(BufWriter::new(file), schema(timeframe), Some(properties(timeframe)))
            .map_err(|error| write_error(&path, error))?;
        Ok(Self {
            timeframe,
            out,
            path: Partial(path),
            group: Group::default(),
            rows: 0,
            span: Span::default(),
            days: BTreeMap::new(),
            content: vec![Content::new("bars"); NUMBERS + 2],
            buffer: Vec::new(),
        })
    }

    pub(super) const fn timeframe(&self) -> Timeframe {
        self.timeframe
    }

    /// Adds bars of the instrument that is being written; `origins` are numbers of the manifest.
    pub(super) fn append(
        &mut self,
        symbol: &str,
        (mic, zone): (&str, Tz),
        rows: Rows<'_>,
        origins: &[i64],
    ) -> Result<(), MarketError> {
        let (Some(first), Some(last)) = (rows.keys.first(), rows.keys.last()) else { return Ok(()) };
        let (oldest, _) = self.span.keys.unwrap_or((*first, *last));
        self.span.keys = Some((oldest, *last));
        self.span.rows += rows.keys.len() as u64;
        if self.group.symbols.last().is_none_or(|before| before != symbol) {
            self.group.symbols.push(symbol.to_owned());
        }
        let number = i32::try_from(self.group.symbols.len() - 1).unwrap_or(i32::MAX);
        self.group.symbol.extend(std::iter::repeat_n(number, rows.keys.len()));
        self.group.keys.extend_from_slice(rows.keys);
        for (column, values) in self.group.numbers.iter_mut().zip(rows.numbers) {
            column.extend_from_slice(values);
        }
        self.group.origins.extend(origins.iter().map(|origin| i32::try_from(*origin).unwrap_or(i32::MAX)));
        self.digest(rows, origins);
        self.note_days(mic, zone, rows.keys);
        if self.group.keys.len() >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn digest(&mut self, rows: Rows<'_>, origins: &[i64]) {
        let mut content = self.content.iter_mut();
        for column in [rows.keys, origins] {
            if let Some(content) = content.next() {
                content.integers(column, &mut self.buffer);
            }
        }
        for (content, values) in content.zip(rows.numbers) {
            content.numbers(values, &mut self.buffer);
        }
    }

    fn note_days(&mut self, mic: &str, zone: Tz, keys: &[i64]) {
        if !self.days.contains_key(mic) {
            self.days.insert(mic.to_owned(), DaySet::default());
        }
        let Some(days) = self.days.get_mut(mic) else { return };
        if self.timeframe.millis().is_some() {
            let mut local = LocalDays::new(zone);
            keys.iter().for_each(|key| days.insert(local.day(*key)));
        } else {
            keys.iter().for_each(|key| days.insert(i32::try_from(*key).unwrap_or_default()));
        }
    }

    /// Where the bars of the instrument are that was being written; the next one may begin.
    pub(super) fn end(&mut self) -> Span {
        let span = std::mem::take(&mut self.span);
        let first = self.rows;
        self.rows += span.rows;
        Span { first, ..span }
    }

    fn flush(&mut self) -> Result<(), MarketError> {
        let group = std::mem::take(&mut self.group);
        if group.keys.is_empty() {
            return Ok(());
        }
        // an instrument may go on in the next group
        if let Some(symbol) = group.symbols.last() {
            self.group.symbols.push(symbol.clone());
        }
        let written = group.into_batch(self.timeframe).map_err(Into::into).and_then(|batch| {
            self.out.write(&batch)?;
            self.out.flush()
        });
        written.map_err(|error| write_error(&self.path.0, error))
    }

    /// What the manifest says of the bars, and their part of the digest.
    pub(super) fn part(&mut self) -> Result<(BarPart, Content), MarketError> {
        self.flush()?;
        let mut content = Content::new(self.timeframe.as_str());
        content.count(self.rows);
        self.content.drain(..).for_each(|column| content.part(column));
        let days = self.days.iter().map(|(mic, days)| (mic.clone(), days.days()));
        let part = BarPart { timeframe: self.timeframe, rows: self.rows, days: days.collect() };
        Ok((part, content))
    }

    /// Completes the file, which still has its temporary name.
    pub(super) fn close(self) -> Result<Partial, MarketError> {
        let out = self.out.into_inner().map_err(|error| write_error(&self.path.0, error))?;
        finish(out, &self.path.0)?;
        Ok(self.path)
    }
}

impl Group {
    fn into_batch(self, timeframe: Timeframe) -> Result<RecordBatch, ArrowError> {
        let symbols: ArrayRef = Arc::new(StringArray::from(self.symbols));
        let symbols = DictionaryArray::<Int32Type>::try_new(Int32Array::from(self.symbol), symbols)?;
        let keys: ArrayRef = if timeframe.millis().is_some() {
            Arc::new(TimestampMillisecondArray::from(self.keys).with_timezone("UTC"))
        } else {
            let days = self.keys.iter().map(|key| i32::try_from(*key).unwrap_or_default());
            Arc::new(days.collect::<Vec<i32>>().into_iter().map(Some).collect::<Date32Array>())
        };
        let mut columns: Vec<ArrayRef> = vec![Arc::new(symbols), keys];
        columns.extend(self.numbers.map(|column| Arc::new(Float64Array::from(column)) as ArrayRef));
        columns.push(Arc::new(Int32Array::from(self.origins)));
        RecordBatch::try_new(schema(timeframe), columns)
    }
}

fn schema(timeframe: Timeframe) -> Arc<Schema> {
    let symbol = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let key = match timeframe.millis() {
        Some(_) => DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        None => DataType::Date32,
    };
    let mut fields = vec![Field::new("symbol", symbol, false), Field::new(key_name(timeframe), key, false)];
    fields.extend(NUMBER_NAMES.map(|name| Field::new(name, DataType::Float64, false)));
    fields.push(Field::new("origin", DataType::Int32, false));
    Arc::new(Schema::new(fields))
}

/// Numbers PLAIN and uncompressed: reading them is one copy. Symbols, dates and origins repeat, a dictionary packs
/// them; starts do not.
fn properties(timeframe: Timeframe) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_created_by("sluice".to_owned())
        .set_max_row_group_row_count(None)
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    for name in NUMBER_NAMES {
        let column = ColumnPath::from(name);
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column.clone(), Encoding::PLAIN)
            .set_column_statistics_enabled(column, EnabledStatistics::None);
    }
    if timeframe.millis().is_some() {
        let column = ColumnPath::from(key_name(timeframe));
        properties = properties
            .set_column_dictionary_enabled(column.clone(), false)
            .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}

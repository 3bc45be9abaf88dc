//! Rows of bars into bytes of a format.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use arrow_array::builder::{Date32Builder, Float64Builder, StringBuilder, TimestampMillisecondBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::ExportFormat;
use crate::bars::Timeframe;
use crate::data::{BarRow, BarTime};
use crate::days::day_of;

/// Rows of a batch, which is written as a whole.
const BATCH_ROWS: usize = 65_536;
/// Rows of a row group of Parquet.
const GROUP_ROWS: usize = 1 << 20;

/// Writes rows as they come.
pub(super) struct Encoder {
    to: To,
    batch: Batch,
}

type Out = BufWriter<File>;

enum To {
    Parquet(Box<ArrowWriter<Out>>),
    Arrow(Box<FileWriter<Out>>),
    Csv(Out),
}

/// Rows that wait to be written, column by column.
struct Batch {
    schema: SchemaRef,
    symbol: StringBuilder,
    date: Date32Builder,
    time: TimestampMillisecondBuilder,
    /// Open, high, low, close, volume.
    numbers: [Float64Builder; 5],
}

/// `date` of bars of days and more, `time` in UTC of shorter ones.
fn schema(timeframe: Timeframe) -> SchemaRef {
    let key = match timeframe.millis() {
        Some(_) => Field::new("time", DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())), false),
        None => Field::new("date", DataType::Date32, false),
    };
    let mut fields = vec![Field::new("symbol", DataType::Utf8, false), key];
    fields.extend(
        ["open", "high", "low", "close", "volume"].map(|name| Field::new(name, DataType::Float64, true)),
    );
    Arc::new(Schema::new(fields))
}

impl Encoder {
    pub(super) fn new(format: ExportFormat, timeframe: Timeframe, mut out: Out) -> io::Result<Self> {
        let schema = schema(timeframe);
        let to = match format {
            ExportFormat::Parquet => {
                let properties = WriterProperties::builder()
                    .set_created_by("sluice".to_owned())
                    .set_compression(Compression::ZSTD(ZstdLevel::default()))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .build();
                let writer = ArrowWriter::try_new(out, Arc::clone(&schema), Some(properties));
                To::Parquet(Box::new(writer.map_err(of_parquet)?))
            }
            ExportFormat::Arrow => To::Arrow(Box::new(FileWriter::try_new(out, &schema).map_err(of_arrow)?)),
            ExportFormat::Csv => {
                let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
                writeln!(out, "{}", names.join(","))?;
                To::Csv(out)
            }
        };
        Ok(Self { to, batch: Batch::new(schema) })
    }

    /// Writes the bars of an instrument.
    pub(super) fn write(&mut self, symbol: &str, rows: &[BarRow]) -> io::Result<()> {
        if let To::Csv(out) = &mut self.to {
            return rows.iter().try_for_each(|row| line(out, symbol, row));
        }
        for row in rows {
            self.batch.push(symbol, row);
            if self.batch.rows() == BATCH_ROWS {
                self.hand_over()?;
            }
        }
        Ok(())
    }

    /// Writes what waits and the end of the format.
    pub(super) fn finish(mut self) -> io::Result<Out> {
        self.hand_over()?;
        let mut out = match self.to {
            To::Parquet(writer) => writer.into_inner().map_err(of_parquet)?,
            To::Arrow(mut writer) => {
                writer.finish().map_err(of_arrow)?;
                writer.into_inner().map_err(of_arrow)?
            }
            To::Csv(out) => out,
        };
        out.flush()?;
        Ok(out)
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if self.batch.rows() == 0 {
            return Ok(());
        }
        let batch = self.batch.take().map_err(of_arrow)?;
        match &mut self.to {
            To::Parquet(writer) => writer.write(&batch).map_err(of_parquet),
            To::Arrow(writer) => writer.write(&batch).map_err(of_arrow),
            To::Csv(_) => Ok(()),
        }
    }
}

/// A ticker has no comma and no quote, so that nothing needs to be quoted. No number is an empty field.
fn line(out: &mut Out, symbol: &str, row: &BarRow) -> io::Result<()> {
    write!(out, "{symbol},{}", row.time)?;
    for number in [row.open, row.high, row.low, row.close, row.volume] {
        if number.is_nan() {
            out.write_all(b",")?;
        } else {
            write!(out, ",{number}")?;
        }
    }
    out.write_all(b"\n")
}

impl Batch {
    fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            symbol: StringBuilder::new(),
            date: Date32Builder::new(),
            time: TimestampMillisecondBuilder::new(),
            numbers: std::array::from_fn(|_| Float64Builder::new()),
        }
    }

    fn rows(&self) -> usize {
        self.date.values_slice().len() + self.time.values_slice().len()
    }

    fn push(&mut self, symbol: &str, row: &BarRow) {
        self.symbol.append_value(symbol);
        match row.time {
            BarTime::Day(date) => self.date.append_value(day_of(date)),
            BarTime::At(instant) => self.time.append_value(instant.millis()),
        }
        let numbers = [row.open, row.high, row.low, row.close, row.volume];
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.append_option(Some(number).filter(|number| !number.is_nan()));
        }
    }

    fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let dates: ArrayRef = Arc::new(self.date.finish());
        let times: ArrayRef = Arc::new(self.time.finish().with_timezone("UTC"));
        let keys = if times.is_empty() { dates } else { times };
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.symbol.finish()), keys];
        columns.extend(self.numbers.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef));
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}

fn of_parquet(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        other => io::Error::other(other),
    }
}

fn of_arrow(error: ArrowError) -> io::Error {
    match error {
        ArrowError::IoError(_, error) => error,
        other => io::Error::other(other),
    }
}

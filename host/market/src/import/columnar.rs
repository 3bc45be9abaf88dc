//! Parquet files with the same column sets as the text tables.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type};
use arrow_array::{Array, ArrayRef, Date32Array, PrimitiveArray, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::error::ImportError;
use super::faults::{FaultKind, Place};
use super::layout::{BarLayout, DirectoryLayout, Layout, recognise};
use super::sink::{ListingRow, Sink, Stamp};
use super::source::parquet_error;
use super::text::unreadable;
use crate::days::date_of;
use crate::instrument::{Kind, Status};
use crate::parse::{DateFault, bar_date, midnight_date};
use crate::set::{Chunks, NUMBERS};

/// Rows that are decoded at a time: half a megabyte.
const BATCH_ROWS: usize = 8192;

/// Reads a Parquet file of some length into the intake.
pub(crate) fn read(
    path: &Path,
    (bytes, read): (u64, &Rc<Cell<u64>>),
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let chunks = Chunks::open(path).map_err(ImportError::io("open", path))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(chunks).map_err(|error| parquet_error(path, &error))?;
    let header: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let recognised = recognise(path, &header)?;
    let total = builder.metadata().file_metadata().num_rows().max(1).unsigned_abs();
    let used = recognised.layout.columns();
    let mask = ProjectionMask::roots(builder.parquet_schema(), used.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
    sink.begin(recognised.origin(true));
    let before = read.get();
    let mut rows = 0_u64;
    for batch in reader.map_err(|error| parquet_error(path, &error))? {
        let batch = batch.map_err(|error| parquet_error(path, &error))?;
        let columns = Columns { path, batch: &batch, used: &used, header: &header };
        match &recognised.layout {
            Layout::Bars(layout) => take_bars(&columns, layout, rows, sink)?,
            Layout::Directory(layout) => take_entries(&columns, layout, rows, sink)?,
        }
        rows += batch.num_rows() as u64;
        read.set(before + (u128::from(bytes) * u128::from(rows) / u128::from(total)) as u64);
        sink.progress(rows)?;
    }
    sink.progress(rows)
}

/// A batch with its columns by their position in the file.
struct Columns<'a> {
    path: &'a Path,
    batch: &'a RecordBatch,
    used: &'a [usize],
    header: &'a [String],
}

impl Columns<'_> {
    fn get(&self, column: usize) -> Result<&ArrayRef, ImportError> {
        // The projection keeps the order of the file.
        let position = self.used.iter().filter(|used| **used < column).count();
        self.batch.columns().get(position).ok_or_else(|| parquet_error(self.path, &"a column is not there"))
    }

    fn unfit(&self, column: usize, wanted: &str) -> impl Fn(&DataType) -> ImportError {
        let name = self.header.get(column).cloned().unwrap_or_default();
        let path = self.path.to_path_buf();
        let wanted = wanted.to_owned();
        move |found| {
            let name = crate::symbol::printable(&name, 24);
            ImportError::content(
                &path,
                format!("its column {name} has type {found}"),
                format!("write it as {wanted}"),
            )
        }
    }

    fn text(&self, column: usize) -> Result<StringArray, ImportError> {
        let array = self.get(column)?;
        let unfit = self.unfit(column, "text");
        let plain = match array.data_type() {
            DataType::Dictionary(_, values) => values.as_ref(),
            other => other,
        };
        if !matches!(plain, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) {
            return Err(unfit(array.data_type()));
        }
        let text = cast(array, &DataType::Utf8).map_err(|error| parquet_error(self.path, &error))?;
        Ok(text.as_string::<i32>().clone())
    }

    fn numbers(&self, column: usize) -> Result<PrimitiveArray<Float64Type>, ImportError> {
        let array = self.get(column)?;
        if !array.data_type().is_numeric() {
            return Err(self.unfit(column, "a number")(array.data_type()));
        }
        let numbers = cast(array, &DataType::Float64).map_err(|error| parquet_error(self.path, &error))?;
        Ok(numbers.as_primitive::<Float64Type>().clone())
    }
}

fn take_bars(
    columns: &Columns<'_>,
    layout: &BarLayout,
    rows_before: u64,
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let symbols = columns.text(layout.symbol)?;
    let dates = Dates::of(columns, layout.date)?;
    let mut numbers = Vec::with_capacity(NUMBERS);
    for column in layout.numbers {
        numbers.push(columns.numbers(column)?);
    }
    for row in 0..columns.batch.num_rows() {
        let place = Place::Row(rows_before + row as u64 + 1);
        let name = if symbols.is_null(row) { "" } else { symbols.value(row) };
        let Some(ticker) = sink.ticker(place, name.as_bytes()) else { continue };
        let date = match dates.date(row, sink.zone(ticker)) {
            Ok(date) => date,
            Err((text, fault)) => {
                sink.fault(FaultKind::Date, place, &mut || unreadable(text.as_bytes(), fault));
                continue;
            }
        };
        let mut values = [f64::NAN; NUMBERS];
        for (value, column) in values.iter_mut().zip(&numbers) {
            if !column.is_null(row) {
                *value = column.value(row);
            }
        }
        if values.iter().any(|value| value.is_infinite()) {
            sink.fault(FaultKind::Number, place, &mut || "a number is infinite".to_owned());
        } else {
            sink.bar(place, ticker, Stamp::Day(date), values);
        }
    }
    Ok(())
}

/// A column of dates in one of the forms that they come in.
enum Dates {
    Days(Date32Array),
    /// Milliseconds of naive or UTC time, and the zone that the file names, where it is one that we know.
    Stamps(PrimitiveArray<arrow_array::types::TimestampMillisecondType>, Option<Tz>),
    Texts(StringArray),
}

impl Dates {
    fn of(columns: &Columns<'_>, column: usize) -> Result<Self, ImportError> {
        let array = columns.get(column)?;
        let casted = |to: &DataType| cast(array, to).map_err(|error| parquet_error(columns.path, &error));
        match array.data_type() {
            DataType::Date32 | DataType::Date64 => {
                Ok(Self::Days(casted(&DataType::Date32)?.as_primitive::<Date32Type>().clone()))
            }
            DataType::Timestamp(_, zone) => {
                let stamps = casted(&DataType::Timestamp(TimeUnit::Millisecond, zone.clone()))?;
                let zone = zone.as_deref().map_or(Some(Tz::UTC), |zone| zone.parse().ok());
                Ok(Self::Stamps(stamps.as_primitive().clone(), zone))
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
                columns.text(column).map(Self::Texts)
            }
            other => Err(columns.unfit(column, "a date, a timestamp, or a text like 2018-02-07")(other)),
        }
    }

    fn date(&self, row: usize, venue: Tz) -> Result<NaiveDate, (String, DateFault)> {
        let missing = || (String::new(), DateFault::Unreadable);
        match self {
            Self::Days(days) if days.is_valid(row) => Ok(date_of(days.value(row))),
            Self::Stamps(stamps, zone) if stamps.is_valid(row) => {
                let stamp = DateTime::from_timestamp_millis(stamps.value(row)).ok_or_else(missing)?;
                let zone = zone.unwrap_or(venue);
                date_of_stamp(stamp, zone, venue).ok_or_else(|| (stamp.to_string(), DateFault::TimeOfDay))
            }
            Self::Texts(texts) if texts.is_valid(row) => {
                let text = texts.value(row);
                bar_date(text.as_bytes(), venue).map_err(|fault| (text.to_owned(), fault))
            }
            _ => Err(missing()),
        }
    }
}

/// The date of a stamp that is midnight in the file's zone, in UTC, or at the venue.
fn date_of_stamp(stamp: DateTime<Utc>, zone: Tz, venue: Tz) -> Option<NaiveDate> {
    [zone, Tz::UTC, venue].into_iter().find_map(|zone| midnight_date(stamp, zone))
}

fn take_entries(
    columns: &Columns<'_>,
    layout: &DirectoryLayout,
    rows_before: u64,
    sink: &mut dyn Sink,
) -> Result<(), ImportError> {
    let symbols = columns.text(layout.symbol)?;
    let optional = |column: Option<usize>| column.map(|column| columns.text(column)).transpose();
    let fields = [
        layout.name,
        layout.kind,
        layout.status,
        layout.mic,
        layout.currency,
        layout.sector,
        layout.industry,
    ];
    let mut texts = Vec::with_capacity(fields.len());
    for field in fields {
        texts.push(optional(field)?);
    }
    let sizes = [layout.lot, layout.tick];
    let mut numbers = Vec::with_capacity(sizes.len());
    for size in sizes {
        numbers.push(size.map(|column| columns.numbers(column)).transpose()?);
    }
    for row in 0..columns.batch.num_rows() {
        let mut texts = texts.iter().map(|column| {
            column.as_ref().filter(|column| column.is_valid(row)).map(|column| column.value(row).to_owned())
        });
        let mut numbers = numbers.iter().map(|column| {
            column.as_ref().filter(|column| column.is_valid(row)).map(|column| column.value(row))
        });
        let listing = ListingRow {
            symbol: if symbols.is_valid(row) { symbols.value(row).to_owned() } else { String::new() },
            name: texts.next().flatten(),
            kind: texts
                .next()
                .flatten()
                .filter(|text| !text.trim().is_empty())
                .map(|text| Kind::parse(&text)),
            status: texts
                .next()
                .flatten()
                .filter(|text| !text.trim().is_empty())
                .map(|text| Status::parse(&text)),
            mic: texts.next().flatten(),
            currency: texts.next().flatten(),
            sector: texts.next().flatten(),
            industry: texts.next().flatten(),
            lot: numbers.next().flatten(),
            tick: numbers.next().flatten(),
            ..ListingRow::default()
        };
        sink.listing(Place::Row(rows_before + row as u64 + 1), listing);
    }
    Ok(())
}

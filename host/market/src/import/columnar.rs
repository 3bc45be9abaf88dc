//! Parquet files with the same column sets as the text tables.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type};
use arrow_array::{Array, ArrayRef, Date32Array, PrimitiveArray, RecordBatch, StringArray};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::Intake;
use super::directory::Texts;
use super::error::ImportError;
use super::faults::{FaultKind, Place};
use super::layout::{BarLayout, DirectoryLayout, Layout, recognise};
use super::source::parquet_error;
use crate::days::day_of;
use crate::parse::{DateFault, bar_date, midnight_date};
use crate::set::{Chunks, NUMBERS};

/// Rows that are decoded at a time: half a megabyte.
const BATCH_ROWS: usize = 8192;

/// Reads a Parquet file of some length into the intake.
pub(crate) fn read(path: &Path, bytes: u64, intake: &mut Intake<'_>) -> Result<(), ImportError> {
    let chunks = Chunks::open(path).map_err(ImportError::io("open", path))?;
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(chunks).map_err(|error| parquet_error(path, &error))?;
    let header: Vec<String> = builder.schema().fields().iter().map(|field| field.name().clone()).collect();
    let recognised = recognise(path, &header)?;
    let total = builder.metadata().file_metadata().num_rows().max(1).unsigned_abs();
    let used = recognised.layout.columns();
    let mask = ProjectionMask::roots(builder.parquet_schema(), used.iter().copied());
    let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
    intake.start(path, true, &recognised);
    let before = intake.read.get();
    let mut rows = 0_u64;
    for batch in reader.map_err(|error| parquet_error(path, &error))? {
        let batch = batch.map_err(|error| parquet_error(path, &error))?;
        let columns = Columns { path, batch: &batch, used: &used, header: &header };
        match &recognised.layout {
            Layout::Bars(layout) => take_bars(&columns, layout, rows, intake)?,
            Layout::Directory(layout) => take_entries(&columns, layout, rows, intake)?,
        }
        rows += batch.num_rows() as u64;
        intake.check_rows(path)?;
        intake.read.set(before + (u128::from(bytes) * u128::from(rows) / u128::from(total)) as u64);
        intake.report();
    }
    intake.end(path, rows)
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
    intake: &mut Intake<'_>,
) -> Result<(), ImportError> {
    let symbols = columns.text(layout.symbol)?;
    let dates = Dates::of(columns, layout.date, intake.zone)?;
    let mut numbers = Vec::with_capacity(NUMBERS);
    for column in layout.numbers {
        numbers.push(columns.numbers(column)?);
    }
    for row in 0..columns.batch.num_rows() {
        let place = Place::Row(rows_before + row as u64 + 1);
        let name = if symbols.is_null(row) { "" } else { symbols.value(row) };
        let Some(symbol) = intake.bars.symbol_index(place, name.as_bytes()) else { continue };
        let day = match dates.day(row, intake.zone) {
            Ok(day) => day,
            Err((text, fault)) => {
                intake.bars.skip_date(place, text.as_bytes(), fault);
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
            intake.bars.skip(FaultKind::Number, place, || "a number is infinite".to_owned());
        } else {
            intake.bars.push(place, symbol, day, values);
        }
    }
    Ok(())
}

/// A column of dates in one of the forms that they come in.
enum Dates {
    Days(Date32Array),
    /// Milliseconds of naive or UTC time, and the zone that the file names.
    Stamps(PrimitiveArray<arrow_array::types::TimestampMillisecondType>, Tz),
    Texts(StringArray),
}

impl Dates {
    fn of(columns: &Columns<'_>, column: usize, venue: Tz) -> Result<Self, ImportError> {
        let array = columns.get(column)?;
        let casted = |to: &DataType| cast(array, to).map_err(|error| parquet_error(columns.path, &error));
        match array.data_type() {
            DataType::Date32 | DataType::Date64 => {
                Ok(Self::Days(casted(&DataType::Date32)?.as_primitive::<Date32Type>().clone()))
            }
            DataType::Timestamp(_, zone) => {
                let stamps = casted(&DataType::Timestamp(TimeUnit::Millisecond, zone.clone()))?;
                let zone = zone.as_deref().map_or(Tz::UTC, |zone| zone.parse().unwrap_or(venue));
                Ok(Self::Stamps(stamps.as_primitive().clone(), zone))
            }
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
                columns.text(column).map(Self::Texts)
            }
            other => Err(columns.unfit(column, "a date, a timestamp, or a text like 2018-02-07")(other)),
        }
    }

    fn day(&self, row: usize, venue: Tz) -> Result<i32, (String, DateFault)> {
        let unreadable = || (String::new(), DateFault::Unreadable);
        let date = match self {
            Self::Days(days) if days.is_valid(row) => return Ok(days.value(row)),
            Self::Stamps(stamps, zone) if stamps.is_valid(row) => {
                let stamp = DateTime::from_timestamp_millis(stamps.value(row)).ok_or_else(unreadable)?;
                date_of_stamp(stamp, *zone, venue).ok_or_else(|| (stamp.to_string(), DateFault::TimeOfDay))?
            }
            Self::Texts(texts) if texts.is_valid(row) => {
                let text = texts.value(row);
                bar_date(text.as_bytes(), venue).map_err(|fault| (text.to_owned(), fault))?
            }
            _ => return Err(unreadable()),
        };
        Ok(day_of(date))
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
    intake: &mut Intake<'_>,
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
            column.as_ref().filter(|column| column.is_valid(row)).map(|column| column.value(row).to_string())
        });
        let entry = Texts {
            symbol: if symbols.is_valid(row) { symbols.value(row).to_owned() } else { String::new() },
            name: texts.next().flatten(),
            kind: texts.next().flatten(),
            status: texts.next().flatten(),
            mic: texts.next().flatten(),
            currency: texts.next().flatten(),
            sector: texts.next().flatten(),
            industry: texts.next().flatten(),
            lot: numbers.next().flatten(),
            tick: numbers.next().flatten(),
        };
        intake.entry(Place::Row(rows_before + row as u64 + 1), entry);
    }
    Ok(())
}

//! Cells of columns in the types that other programs write.

use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMillisecondType};
use arrow_array::{
    Array, ArrayRef, Date32Array, Float64Array, Int64Array, PrimitiveArray, RecordBatch, StringArray,
};
use arrow_cast::cast;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::days::date_of;
use crate::import::error::ImportError;
use crate::import::faults::quoted;
use crate::import::stamp::{Time, Unit};
use crate::instant::Instant;
use crate::symbol::printable;

fn column<'a>(
    path: &Path,
    batch: &'a RecordBatch,
    position: usize,
) -> Result<(&'a ArrayRef, String), ImportError> {
    let name =
        batch.schema().fields().get(position).map_or_else(String::new, |field| printable(field.name(), 24));
    match batch.columns().get(position) {
        Some(column) => Ok((column, name)),
        None => Err(ImportError::content(path, "a column is not there", "write it again")),
    }
}

fn unfit(path: &Path, name: &str, found: &DataType, wanted: &str) -> ImportError {
    ImportError::content(path, format!("its column {name} has type {found}"), format!("write it as {wanted}"))
}

fn casted(path: &Path, array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ImportError> {
    cast(array, to).map_err(|error| {
        ImportError::content(
            path,
            format!("a column cannot be read: {}", printable(&error.to_string(), 120)),
            "write it again",
        )
    })
}

fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Dictionary(_, values) => is_text(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        _ => false,
    }
}

/// A column of texts.
pub(super) struct Texts(StringArray);

impl Texts {
    pub(super) fn of(path: &Path, batch: &RecordBatch, position: usize) -> Result<Self, ImportError> {
        let (array, name) = column(path, batch, position)?;
        if !is_text(array.data_type()) {
            return Err(unfit(path, &name, array.data_type(), "text"));
        }
        Ok(Self(casted(path, array, &DataType::Utf8)?.as_string::<i32>().clone()))
    }

    pub(super) fn get(&self, row: usize) -> Option<&str> {
        (row < self.0.len() && self.0.is_valid(row)).then(|| self.0.value(row))
    }
}

/// A column of numbers.
pub(super) struct Numbers(Float64Array);

impl Numbers {
    pub(super) fn of(path: &Path, batch: &RecordBatch, position: usize) -> Result<Self, ImportError> {
        let (array, name) = column(path, batch, position)?;
        if !array.data_type().is_numeric() {
            return Err(unfit(path, &name, array.data_type(), "a number"));
        }
        Ok(Self(casted(path, array, &DataType::Float64)?.as_primitive::<Float64Type>().clone()))
    }

    /// NaN where there is none.
    pub(super) fn get(&self, row: usize) -> f64 {
        if row < self.0.len() && self.0.is_valid(row) { self.0.value(row) } else { f64::NAN }
    }
}

/// A column of times in one of the forms that they come in.
pub(super) enum Times {
    Days(Date32Array),
    /// A clock without a zone, in milliseconds.
    Clocks(PrimitiveArray<TimestampMillisecondType>),
    /// UTC milliseconds, and the zone that the file names.
    Stamps(PrimitiveArray<TimestampMillisecondType>, Tz),
    /// Since the epoch, in a unit that the magnitude tells.
    Epochs(Int64Array),
    Texts(Texts),
}

impl Times {
    pub(super) fn of(path: &Path, batch: &RecordBatch, position: usize) -> Result<Self, ImportError> {
        let (array, name) = column(path, batch, position)?;
        match array.data_type() {
            DataType::Date32 | DataType::Date64 => {
                Ok(Self::Days(casted(path, array, &DataType::Date32)?.as_primitive::<Date32Type>().clone()))
            }
            DataType::Timestamp(_, zone) => {
                let stamps = casted(path, array, &DataType::Timestamp(TimeUnit::Millisecond, zone.clone()))?;
                let stamps = stamps.as_primitive().clone();
                match zone.as_deref() {
                    None => Ok(Self::Clocks(stamps)),
                    // an offset such as +09:00 names no zone, but the instants are right
                    Some(zone) => Ok(Self::Stamps(stamps, zone.parse().unwrap_or(Tz::UTC))),
                }
            }
            kind if kind.is_integer() => {
                Ok(Self::Epochs(casted(path, array, &DataType::Int64)?.as_primitive::<Int64Type>().clone()))
            }
            kind if is_text(kind) => Texts::of(path, batch, position).map(Self::Texts),
            other => Err(unfit(path, &name, other, "a date, a timestamp, or a text like 2018-02-07")),
        }
    }

    /// The time of a row, or its text when it is none.
    pub(super) fn get(&self, row: usize) -> Result<Time, String> {
        let nothing = || "a missing value".to_owned();
        match self {
            Self::Days(days) if row < days.len() && days.is_valid(row) => {
                Ok(Time::Date(date_of(days.value(row))))
            }
            Self::Clocks(clocks) if row < clocks.len() && clocks.is_valid(row) => {
                let clock =
                    DateTime::from_timestamp_millis(clocks.value(row)).ok_or_else(nothing)?.naive_utc();
                Ok(Time::Clock(clock))
            }
            Self::Stamps(stamps, zone) if row < stamps.len() && stamps.is_valid(row) => {
                let utc = DateTime::from_timestamp_millis(stamps.value(row)).ok_or_else(nothing)?;
                let offset = zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc();
                Ok(Time::Offset(utc.with_timezone(zone).naive_local(), offset))
            }
            Self::Epochs(numbers) if row < numbers.len() && numbers.is_valid(row) => {
                let number = numbers.value(row);
                let (unit, millis) = Unit::of(number).ok_or_else(|| number.to_string())?;
                Ok(Time::Epoch(Instant::from_millis(millis), unit))
            }
            Self::Texts(texts) => {
                let text = texts.get(row).ok_or_else(nothing)?;
                Time::read(text.as_bytes(), b"", None).map_err(|_| quoted(text.as_bytes()))
            }
            _ => Err(nothing()),
        }
    }
}

//! Columns of the small tables of a set, and the cells of a batch of which the types were checked.

use std::sync::Arc;

use arrow_array::builder::{Float64Builder, MapBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampMillisecondType};
use arrow_array::{
    Array, ArrayRef, Date32Array, Float64Array, MapArray, RecordBatch, StringArray, TimestampMillisecondArray,
};
use arrow_schema::{ArrowError, Schema};

use crate::instant::Instant;

/// Whether a file has the columns that are wanted: names and types in order.
pub(super) fn same_columns(found: &Schema, wanted: &Schema) -> bool {
    let (found, wanted) = (found.fields(), wanted.fields());
    found.len() == wanted.len()
        && found
            .iter()
            .zip(wanted)
            .all(|(a, b)| a.name() == b.name() && a.data_type().equals_datatype(b.data_type()))
}

pub(super) fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(super) fn numbers(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.collect::<Float64Array>())
}

pub(super) fn days(values: impl Iterator<Item = Option<i32>>) -> ArrayRef {
    Arc::new(values.collect::<Date32Array>())
}

/// Instants in UTC.
pub(super) fn instants(values: impl Iterator<Item = Option<Instant>>) -> ArrayRef {
    let millis: TimestampMillisecondArray = values.map(|value| value.map(Instant::millis)).collect();
    Arc::new(millis.with_timezone("UTC"))
}

/// Texts by name; an empty list is null, so that a column without any costs nothing.
pub(super) fn text_maps<'a>(
    rows: impl Iterator<Item = &'a [(String, String)]>,
) -> Result<ArrayRef, ArrowError> {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in rows {
        for (name, value) in row {
            builder.keys().append_value(name);
            builder.values().append_value(value);
        }
        builder.append(!row.is_empty())?;
    }
    Ok(Arc::new(builder.finish()))
}

/// Numbers by name, as [`text_maps`].
pub(super) fn number_maps<'a>(
    rows: impl Iterator<Item = &'a [(String, f64)]>,
) -> Result<ArrayRef, ArrowError> {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), Float64Builder::new());
    for row in rows {
        for (name, value) in row {
            builder.keys().append_value(name);
            builder.values().append_value(*value);
        }
        builder.append(!row.is_empty())?;
    }
    Ok(Arc::new(builder.finish()))
}

/// A text that has to be there.
pub(super) fn text(batch: &RecordBatch, column: usize, row: usize) -> Result<&str, String> {
    optional_text(batch, column, row).ok_or_else(|| missing(batch, column))
}

pub(super) fn optional_text(batch: &RecordBatch, column: usize, row: usize) -> Option<&str> {
    let column = batch.column(column).as_string::<i32>();
    (!column.is_null(row)).then(|| column.value(row))
}

/// A number; NaN where there is none.
pub(super) fn number(batch: &RecordBatch, column: usize, row: usize) -> f64 {
    optional_number(batch, column, row).unwrap_or(f64::NAN)
}

pub(super) fn optional_number(batch: &RecordBatch, column: usize, row: usize) -> Option<f64> {
    let column = batch.column(column).as_primitive::<Float64Type>();
    (!column.is_null(row)).then(|| column.value(row))
}

pub(super) fn day(batch: &RecordBatch, column: usize, row: usize) -> Option<i32> {
    let column = batch.column(column).as_primitive::<Date32Type>();
    (!column.is_null(row)).then(|| column.value(row))
}

/// An instant that has to be there.
pub(super) fn instant(batch: &RecordBatch, column: usize, row: usize) -> Result<Instant, String> {
    let array = batch.column(column).as_primitive::<TimestampMillisecondType>();
    if array.is_null(row) {
        return Err(missing(batch, column));
    }
    Ok(Instant::from_millis(array.value(row)))
}

/// A position that has to be there.
pub(super) fn position(batch: &RecordBatch, column: usize, row: usize) -> Result<u32, String> {
    let array = batch.column(column).as_primitive::<Int32Type>();
    if array.is_null(row) {
        return Err(missing(batch, column));
    }
    u32::try_from(array.value(row)).map_err(|_| format!("{} is no position", array.value(row)))
}

pub(super) fn count(batch: &RecordBatch, column: usize, row: usize) -> Result<u64, String> {
    let value = batch.column(column).as_primitive::<Int64Type>().value(row);
    u64::try_from(value).map_err(|_| format!("{value} is no count"))
}

pub(super) fn text_map(
    batch: &RecordBatch,
    column: usize,
    row: usize,
) -> Result<Vec<(String, String)>, String> {
    let column = batch.column(column).as_map();
    let Some(entries) = entries_of(column, row) else { return Ok(Vec::new()) };
    let (names, values) = (column.keys().as_string::<i32>(), column.values().as_string::<i32>());
    let entry = |index: usize| {
        let cell = |column: &StringArray| {
            (index < column.len() && column.is_valid(index)).then(|| column.value(index).to_owned())
        };
        cell(names).zip(cell(values)).ok_or_else(|| "an entry of a map is missing".to_owned())
    };
    entries.map(entry).collect()
}

pub(super) fn number_map(
    batch: &RecordBatch,
    column: usize,
    row: usize,
) -> Result<Vec<(String, f64)>, String> {
    let column = batch.column(column).as_map();
    let Some(entries) = entries_of(column, row) else { return Ok(Vec::new()) };
    let (names, values) = (column.keys().as_string::<i32>(), column.values().as_primitive::<Float64Type>());
    let entry = |index: usize| {
        let known = index < names.len() && index < values.len() && names.is_valid(index);
        let number = |index: usize| if values.is_valid(index) { values.value(index) } else { f64::NAN };
        known
            .then(|| (names.value(index).to_owned(), number(index)))
            .ok_or_else(|| "an entry of a map is missing".to_owned())
    };
    entries.map(entry).collect()
}

fn entries_of(column: &MapArray, row: usize) -> Option<std::ops::Range<usize>> {
    if column.is_null(row) {
        return None;
    }
    let at =
        |index: usize| column.value_offsets().get(index).and_then(|offset| usize::try_from(*offset).ok());
    Some(at(row)?..at(row + 1)?)
}

fn missing(batch: &RecordBatch, column: usize) -> String {
    let schema = batch.schema();
    let name = schema.fields().get(column).map_or("?", |field| field.name().as_str());
    format!("it has no {name}")
}

//! The instrument table: what is known of each instrument, and which rows of the bar file are its own.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::properties::WriterProperties;

use super::Chunks;
use crate::error::MarketError;
use crate::instrument::{Instrument, InstrumentId, Kind, Status};
use crate::symbol::Symbol;

/// Text columns, then numbers, then rows and dates.
const TEXTS: [&str; 9] = ["id", "symbol", "name", "mic", "kind", "status", "currency", "sector", "industry"];

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8192;
/// Rows that are reserved on the word of the file.
const MAX_RESERVED_ROWS: usize = 65_536;

/// An instrument and its rows.
#[derive(Debug, Clone)]
pub(crate) struct Listing {
    pub(crate) instrument: Instrument,
    /// First row in the bar file.
    pub(crate) first_row: u64,
    /// Number of rows.
    pub(crate) rows: u64,
    /// Days of the oldest and the newest bar.
    pub(crate) days: Option<(i32, i32)>,
}

fn schema() -> Arc<Schema> {
    let mut fields: Vec<Field> = TEXTS
        .iter()
        .map(|name| Field::new(*name, DataType::Utf8, matches!(*name, "sector" | "industry")))
        .collect();
    fields.extend(["lot", "tick"].map(|name| Field::new(name, DataType::Float64, false)));
    fields.extend(["first_row", "rows"].map(|name| Field::new(name, DataType::Int64, false)));
    fields.extend(["first_date", "last_date"].map(|name| Field::new(name, DataType::Date32, true)));
    Arc::new(Schema::new(fields))
}

pub(crate) fn write_table<W: Write + Send>(
    out: W,
    listings: &[Listing],
) -> Result<W, parquet::errors::ParquetError> {
    let text = |of: fn(&Instrument) -> Option<&str>| -> ArrayRef {
        Arc::new(listings.iter().map(|listing| of(&listing.instrument)).collect::<StringArray>())
    };
    let number = |of: fn(&Instrument) -> f64| -> ArrayRef {
        Arc::new(
            listings
                .iter()
                .map(|listing| of(&listing.instrument))
                .collect::<Vec<_>>()
                .into_iter()
                .collect::<Float64Array>(),
        )
    };
    let count = |of: fn(&Listing) -> u64| -> ArrayRef {
        Arc::new(listings.iter().map(|listing| i64::try_from(of(listing)).ok()).collect::<Int64Array>())
    };
    let day = |of: fn((i32, i32)) -> i32| -> ArrayRef {
        Arc::new(listings.iter().map(|listing| listing.days.map(of)).collect::<Date32Array>())
    };
    let columns = vec![
        text(|i| Some(i.id.as_str())),
        text(|i| Some(i.symbol.as_str())),
        text(|i| Some(&i.name)),
        text(|i| Some(&i.mic)),
        text(|i| Some(i.kind.as_str())),
        text(|i| Some(i.status.as_str())),
        text(|i| Some(&i.currency)),
        text(|i| i.sector.as_deref()),
        text(|i| i.industry.as_deref()),
        number(|i| i.lot),
        number(|i| i.tick),
        count(|l| l.first_row),
        count(|l| l.rows),
        day(|days| days.0),
        day(|days| days.1),
    ];
    // Uncompressed: the table is small, and opening a market waits for it.
    let properties = WriterProperties::builder().set_created_by("sluice".to_owned()).build();
    let mut writer = ArrowWriter::try_new(out, schema(), Some(properties))?;
    writer.write(&RecordBatch::try_new(schema(), columns)?)?;
    writer.into_inner()
}

/// Reads a table. The outer error is the operating system's, as in [`super::BarFile::open`].
pub(crate) fn read_table(path: &Path) -> std::io::Result<Result<Vec<Listing>, MarketError>> {
    let chunks = Chunks::open(path)?;
    Ok(listings_of(chunks).map_err(|reason| MarketError::damaged(path, reason)))
}

fn listings_of(chunks: Chunks) -> Result<Vec<Listing>, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let builder = ParquetRecordBatchReaderBuilder::try_new(chunks).map_err(|error| text(&error))?;
    let fields = builder.schema().fields();
    let same = fields.len() == schema().fields().len()
        && fields
            .iter()
            .zip(schema().fields())
            .all(|(a, b)| a.name() == b.name() && a.data_type() == b.data_type());
    if !same {
        return Err("its columns are not those of an instrument table".to_owned());
    }
    let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    // The count is the file's own word: a damaged one must not reserve the memory of the machine.
    let mut listings = Vec::with_capacity(rows.min(MAX_RESERVED_ROWS));
    for batch in builder.with_batch_size(BATCH_ROWS).build().map_err(|error| text(&error))? {
        let batch = batch.map_err(|error| text(&error))?;
        for row in 0..batch.num_rows() {
            listings.push(listing_of(&batch, row).map_err(|reason| format!("row {}: {reason}", row + 1))?);
        }
    }
    Ok(listings)
}

fn listing_of(batch: &RecordBatch, row: usize) -> Result<Listing, String> {
    let text = |column: usize| {
        let column = batch.column(column).as_string::<i32>();
        (!column.is_null(row)).then(|| column.value(row))
    };
    let owned = |column: usize| text(column).unwrap_or_default().to_owned();
    let number = |column: usize| batch.column(column).as_primitive::<Float64Type>().value(row);
    let count = |column: usize| {
        let value = batch.column(column).as_primitive::<Int64Type>().value(row);
        u64::try_from(value).map_err(|_| format!("{value} is no count"))
    };
    let day = |column: usize| {
        let column = batch.column(column).as_primitive::<Date32Type>();
        (!column.is_null(row)).then(|| column.value(row))
    };
    let (id, symbol) = (text(0).unwrap_or_default(), text(1).unwrap_or_default());
    Ok(Listing {
        instrument: Instrument {
            id: InstrumentId::try_from(id).map_err(|error| error.to_string())?,
            symbol: Symbol::try_from(symbol).map_err(|error| error.to_string())?,
            name: owned(2),
            mic: owned(3),
            kind: Kind::parse(text(4).unwrap_or_default()),
            status: Status::parse(text(5).unwrap_or_default()),
            currency: owned(6),
            sector: text(7).map(str::to_owned),
            industry: text(8).map(str::to_owned),
            lot: number(9),
            tick: number(10),
        },
        first_row: count(11)?,
        rows: count(12)?,
        days: day(13).zip(day(14)),
    })
}

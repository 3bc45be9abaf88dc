//! The instrument table: what is known of each instrument, and which rows of the bar files are its own.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, TimestampMillisecondType};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array, RecordBatch};
use arrow_schema::{ArrowError, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

use super::Chunks;
use super::columns::{
    count, day, days, instants, number, optional_text, same_columns, text, text_map, text_maps, texts,
};
use super::content::Content;
use crate::bars::Timeframe;
use crate::days::{date_of, day_of};
use crate::error::MarketError;
use crate::instant::Instant;
use crate::instrument::{FormerTicker, Instrument, InstrumentId, Kind, Status};
use crate::symbol::Symbol;

/// Columns that format 1 had before the rows of its bars: texts, then numbers.
const FIRST_COLUMNS: usize = 11;
/// Columns of the instruments alone in format 2.
const COLUMNS: usize = FIRST_COLUMNS + 5;
/// Columns of each timeframe.
const SPAN_COLUMNS: usize = 4;

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 8192;
/// Rows that are reserved on the word of the file.
const MAX_RESERVED_ROWS: usize = 65_536;

/// The instruments, and where their bars are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// Sorted by symbol, then id.
    pub(crate) instruments: Vec<Instrument>,
    /// For each timeframe of the manifest: the rows of each instrument.
    pub(crate) spans: Vec<Vec<Span>>,
}

/// The rows of an instrument in a bar file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Span {
    /// First row; 0 when there are none.
    pub(crate) first: u64,
    /// Number of rows.
    pub(crate) rows: u64,
    /// The oldest and the newest bar: days, or UTC milliseconds of their opens.
    pub(crate) keys: Option<(i64, i64)>,
}

type Columns = Vec<(String, ArrayRef, bool)>;

/// Adds an instrument to the digest of a set.
pub(super) fn digest(instrument: &Instrument, content: &mut Content) {
    content.text(instrument.id.as_str());
    content.text(instrument.symbol.as_str());
    content.text(&instrument.name);
    content.text(&instrument.mic);
    content.text(instrument.kind.as_str());
    content.text(instrument.status.as_str());
    content.text(&instrument.currency);
    content.optional(instrument.sector.as_deref());
    content.optional(instrument.industry.as_deref());
    content.number(instrument.lot);
    content.number(instrument.tick);
    content.count(instrument.aliases.len() as u64);
    instrument.aliases.iter().for_each(|alias| content.text(alias.as_str()));
    content.count(instrument.former.len() as u64);
    for former in &instrument.former {
        content.text(former.symbol.as_str());
        content.integer(i64::from(day_of(former.until)));
    }
    content.optional_day(instrument.listed.map(day_of));
    content.optional_day(instrument.delisted.map(day_of));
    content.count(instrument.attributes.len() as u64);
    for (name, value) in &instrument.attributes {
        content.text(name);
        content.text(value);
    }
}

/// The columns of a table with these timeframes.
fn columns_of(table: &Table, timeframes: &[Timeframe]) -> Result<Columns, ArrowError> {
    let text = |name: &str, of: fn(&Instrument) -> Option<&str>, optional: bool| {
        (name.to_owned(), texts(table.instruments.iter().map(of)), optional)
    };
    let number = |name: &str, of: fn(&Instrument) -> f64| {
        let values: Float64Array = table.instruments.iter().map(|instrument| Some(of(instrument))).collect();
        (name.to_owned(), Arc::new(values) as ArrayRef, false)
    };
    let date = |name: &str, of: fn(&Instrument) -> Option<i32>| {
        (name.to_owned(), days(table.instruments.iter().map(of)), true)
    };
    let mut columns = vec![
        text("id", |i| Some(i.id.as_str()), false),
        text("symbol", |i| Some(i.symbol.as_str()), false),
        text("name", |i| Some(&i.name), false),
        text("mic", |i| Some(&i.mic), false),
        text("kind", |i| Some(i.kind.as_str()), false),
        text("status", |i| Some(i.status.as_str()), false),
        text("currency", |i| Some(&i.currency), false),
        text("sector", |i| i.sector.as_deref(), true),
        text("industry", |i| i.industry.as_deref(), true),
        number("lot", |i| i.lot),
        number("tick", |i| i.tick),
        date("listed", |i| i.listed.map(day_of)),
        date("delisted", |i| i.delisted.map(day_of)),
    ];
    let joined: Vec<Option<String>> = table.instruments.iter().map(joined_aliases).collect();
    columns.push(("aliases".to_owned(), texts(joined.iter().map(Option::as_deref)), true));
    let former: Vec<Vec<(String, String)>> = table.instruments.iter().map(former_pairs).collect();
    columns.push(("former".to_owned(), text_maps(former.iter().map(Vec::as_slice))?, true));
    let attributes = table.instruments.iter().map(|instrument| instrument.attributes.as_slice());
    columns.push(("attributes".to_owned(), text_maps(attributes)?, true));
    for (timeframe, spans) in timeframes.iter().zip(&table.spans) {
        columns.extend(span_columns(*timeframe, spans));
    }
    Ok(columns)
}

/// Tickers have no blanks.
fn joined_aliases(instrument: &Instrument) -> Option<String> {
    let aliases: Vec<&str> = instrument.aliases.iter().map(Symbol::as_str).collect();
    (!aliases.is_empty()).then(|| aliases.join(" "))
}

fn former_pairs(instrument: &Instrument) -> Vec<(String, String)> {
    let former = instrument.former.iter();
    former.map(|former| (former.symbol.as_str().to_owned(), former.until.to_string())).collect()
}

/// Where the bars of a timeframe are: `1d_first_row`, `1d_rows`, `1d_oldest`, `1d_newest`.
fn span_columns(timeframe: Timeframe, spans: &[Span]) -> Columns {
    let count = |name: &str, of: fn(&Span) -> u64| {
        let values: Int64Array = spans.iter().map(|span| i64::try_from(of(span)).ok()).collect();
        (format!("{timeframe}_{name}"), Arc::new(values) as ArrayRef, false)
    };
    let key = |name: &str, of: fn((i64, i64)) -> i64| {
        let keys = spans.iter().map(|span| span.keys.map(of));
        let column = if timeframe.millis().is_some() {
            instants(keys.map(|key| key.map(Instant::from_millis)))
        } else {
            days(keys.map(|key| key.and_then(|key| i32::try_from(key).ok())))
        };
        (format!("{timeframe}_{name}"), column, true)
    };
    vec![
        count("first_row", |span| span.first),
        count("rows", |span| span.rows),
        key("oldest", |keys| keys.0),
        key("newest", |keys| keys.1),
    ]
}

fn batch_of(columns: Columns) -> Result<RecordBatch, ArrowError> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array, optional)| Field::new(name, array.data_type().clone(), *optional))
        .collect();
    let arrays = columns.into_iter().map(|(_, array, _)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
}

pub(super) fn write_table<W: Write + Send>(
    out: W,
    table: &Table,
    timeframes: &[Timeframe],
) -> Result<W, ParquetError> {
    let batch = batch_of(columns_of(table, timeframes)?)?;
    // Uncompressed: the table is small, and opening a market waits for it.
    let properties = WriterProperties::builder().set_created_by("sluice".to_owned()).build();
    let mut writer = ArrowWriter::try_new(out, batch.schema(), Some(properties))?;
    writer.write(&batch)?;
    writer.into_inner()
}

/// Reads a table of a set with these timeframes. The outer error is the operating system's, as in
/// [`super::BarFile::open`].
pub(crate) fn read_table(
    path: &Path,
    timeframes: &[Timeframe],
    first_format: bool,
) -> std::io::Result<Result<Table, MarketError>> {
    let chunks = Chunks::open(path)?;
    let table = table_of(chunks, timeframes, first_format);
    Ok(table.map_err(|reason| MarketError::damaged(path, reason)))
}

fn table_of(chunks: Chunks, timeframes: &[Timeframe], first_format: bool) -> Result<Table, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let builder = ParquetRecordBatchReaderBuilder::try_new(chunks).map_err(|error| text(&error))?;
    let wanted = wanted_schema(timeframes, first_format).map_err(|error| text(&error))?;
    if !same_columns(builder.schema(), &wanted) {
        return Err("its columns are not those of an instrument table".to_owned());
    }
    let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    // The count is the file's own word: a damaged one must not reserve the memory of the machine.
    let rows = rows.min(MAX_RESERVED_ROWS);
    let mut table = Table {
        instruments: Vec::with_capacity(rows),
        spans: timeframes.iter().map(|_| Vec::with_capacity(rows)).collect(),
    };
    let spans_at = if first_format { FIRST_COLUMNS } else { COLUMNS };
    for batch in builder.with_batch_size(BATCH_ROWS).build().map_err(|error| text(&error))? {
        let batch = batch.map_err(|error| text(&error))?;
        for row in 0..batch.num_rows() {
            let at_row = |reason: String| format!("row {}: {reason}", row + 1);
            let instrument = instrument_of(&batch, row, first_format).map_err(at_row)?;
            table.instruments.push(instrument);
            for (index, (timeframe, spans)) in timeframes.iter().zip(&mut table.spans).enumerate() {
                let column = spans_at + index * SPAN_COLUMNS;
                spans.push(span_of(&batch, column, row, *timeframe).map_err(at_row)?);
            }
        }
    }
    Ok(table)
}

/// The columns that a file should have. Those of format 1 are its own eleven, then those of the daily bars, whose
/// names had no timeframe.
fn wanted_schema(timeframes: &[Timeframe], first_format: bool) -> Result<Arc<Schema>, ArrowError> {
    let empty = Table { instruments: Vec::new(), spans: vec![Vec::new(); timeframes.len()] };
    if !first_format {
        return Ok(batch_of(columns_of(&empty, timeframes)?)?.schema());
    }
    let mut columns = columns_of(&empty, &[])?;
    columns.truncate(FIRST_COLUMNS);
    let names = ["first_row", "rows", "first_date", "last_date"];
    for ((_, array, optional), name) in span_columns(Timeframe::Day, &[]).into_iter().zip(names) {
        columns.push((name.to_owned(), array, optional));
    }
    Ok(batch_of(columns)?.schema())
}

fn instrument_of(batch: &RecordBatch, row: usize, first_format: bool) -> Result<Instrument, String> {
    let symbol_of = |text: &str| Symbol::try_from(text).map_err(|error| error.to_string());
    let owned = |column: usize| optional_text(batch, column, row).unwrap_or_default().to_owned();
    let id = InstrumentId::try_from(text(batch, 0, row)?).map_err(|error| error.to_string())?;
    let symbol = symbol_of(text(batch, 1, row)?)?;
    let mut instrument = Instrument {
        name: owned(2),
        mic: owned(3),
        kind: Kind::parse(optional_text(batch, 4, row).unwrap_or_default()),
        status: Status::parse(optional_text(batch, 5, row).unwrap_or_default()),
        currency: owned(6),
        sector: optional_text(batch, 7, row).map(str::to_owned),
        industry: optional_text(batch, 8, row).map(str::to_owned),
        lot: number(batch, 9, row),
        tick: number(batch, 10, row),
        id,
        symbol,
        aliases: Vec::new(),
        former: Vec::new(),
        listed: None,
        delisted: None,
        attributes: Vec::new(),
    };
    if first_format {
        return Ok(instrument);
    }
    instrument.listed = day(batch, FIRST_COLUMNS, row).map(date_of);
    instrument.delisted = day(batch, FIRST_COLUMNS + 1, row).map(date_of);
    if let Some(aliases) = optional_text(batch, FIRST_COLUMNS + 2, row) {
        instrument.aliases = aliases.split(' ').map(symbol_of).collect::<Result<_, _>>()?;
    }
    for (symbol, until) in text_map(batch, FIRST_COLUMNS + 3, row)? {
        let until = until.parse().map_err(|_| format!("\"{}\" is no date", until.escape_debug()))?;
        instrument.former.push(FormerTicker { symbol: symbol_of(&symbol)?, until });
    }
    instrument.attributes = text_map(batch, FIRST_COLUMNS + 4, row)?;
    Ok(instrument)
}

fn span_of(batch: &RecordBatch, column: usize, row: usize, timeframe: Timeframe) -> Result<Span, String> {
    let key = |column: usize| {
        let array = batch.column(column);
        if array.is_null(row) {
            None
        } else if timeframe.millis().is_some() {
            Some(array.as_primitive::<TimestampMillisecondType>().value(row))
        } else {
            Some(i64::from(array.as_primitive::<Date32Type>().value(row)))
        }
    };
    Ok(Span {
        first: count(batch, column, row)?,
        rows: count(batch, column + 1, row)?,
        keys: key(column + 2).zip(key(column + 3)),
    })
}

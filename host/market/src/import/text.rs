//! Long-form text tables: comma, semicolon or tab, with a header.

use std::io::{BufRead, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::error::ImportError;
use super::faults::{FaultKind, Place, quoted};
use super::layout::{BarLayout, DirectoryLayout, Layout, recognise};
use super::sink::{ListingRow, Sink, Stamp};
use super::source::read_error;
use crate::instrument::{Kind, Status};
use crate::parse::{DateFault, bar_date, number};
use crate::set::NUMBERS;

/// Rows between two progress reports.
const PROGRESS_ROWS: u64 = 8192;
/// A longer first line is no header.
const MAX_HEADER_BYTES: u64 = 64 << 10;

/// Reads a text file into the sink.
pub(crate) fn read(path: &Path, text: Box<dyn BufRead>, sink: &mut dyn Sink) -> Result<(), ImportError> {
    let failed = |error: csv::Error| csv_error(path, error);
    let mut text = text;
    let mut first = Vec::new();
    let header = (&mut text).take(MAX_HEADER_BYTES).read_until(b'\n', &mut first);
    header.map_err(|error| read_error(path, &error))?;
    let delimiter = delimiter_of(&first);
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(std::io::Cursor::new(first).chain(text));
    let mut record = ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(failed)?;
    let header: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    let recognised = recognise(path, &header)?;
    sink.begin(recognised.origin(false));
    let mut rows = 0_u64;
    while reader.read_byte_record(&mut record).map_err(failed)? {
        rows += 1;
        let place = Place::Line(record.position().map_or(0, csv::Position::line));
        if record.len() == header.len() {
            match &recognised.layout {
                Layout::Bars(layout) => take_bar(&record, place, layout, sink),
                Layout::Directory(layout) => take_entry(&record, place, layout, sink),
            }
        } else {
            let detail = &mut || format!("{} fields instead of {}", record.len(), header.len());
            sink.fault(FaultKind::Fields, place, detail);
        }
        if rows.is_multiple_of(PROGRESS_ROWS) {
            sink.progress(rows)?;
        }
    }
    sink.progress(rows)
}

fn take_bar(record: &ByteRecord, place: Place, layout: &BarLayout, sink: &mut dyn Sink) {
    let field = |index: usize| record.get(index).unwrap_or_default();
    let Some(ticker) = sink.ticker(place, field(layout.symbol)) else { return };
    let text = field(layout.date);
    let date = match bar_date(text, sink.zone(ticker)) {
        Ok(date) => date,
        Err(fault) => return sink.fault(FaultKind::Date, place, &mut || unreadable(text, fault)),
    };
    let mut values = [f64::NAN; NUMBERS];
    for (value, column) in values.iter_mut().zip(layout.numbers) {
        match number(field(column)) {
            Some(number) => *value = number,
            None => {
                let text = quoted(field(column));
                return sink.fault(FaultKind::Number, place, &mut || format!("{text} is no number"));
            }
        }
    }
    sink.bar(place, ticker, Stamp::Day(date), values);
}

/// Why a text is no date, in words.
pub(crate) fn unreadable(text: &[u8], fault: DateFault) -> String {
    match fault {
        DateFault::Unreadable => format!("{} is no date: want one like 2018-02-07", quoted(text)),
        DateFault::TimeOfDay => {
            format!("{} has a time of day: only daily bars can be imported", quoted(text))
        }
    }
}

fn take_entry(record: &ByteRecord, place: Place, layout: &DirectoryLayout, sink: &mut dyn Sink) {
    let text = |index: usize| String::from_utf8_lossy(record.get(index).unwrap_or_default());
    let optional = |index: Option<usize>| index.map(text).map(std::borrow::Cow::into_owned);
    let size = |index: Option<usize>| number(record.get(index?)?);
    sink.listing(
        place,
        ListingRow {
            symbol: text(layout.symbol).into_owned(),
            name: optional(layout.name),
            kind: optional(layout.kind).filter(|text| !text.trim().is_empty()).map(|text| Kind::parse(&text)),
            status: optional(layout.status)
                .filter(|text| !text.trim().is_empty())
                .map(|text| Status::parse(&text)),
            mic: optional(layout.mic),
            currency: optional(layout.currency),
            sector: optional(layout.sector),
            industry: optional(layout.industry),
            lot: size(layout.lot),
            tick: size(layout.tick),
            ..ListingRow::default()
        },
    );
}

/// The sign that splits the header into most fields; a comma when none does.
fn delimiter_of(header: &[u8]) -> u8 {
    let count = |sign: u8| header.iter().filter(|byte| **byte == sign).count();
    let best = [b'\t', b';', b','].into_iter().max_by_key(|sign| count(*sign));
    best.unwrap_or(b',')
}

fn csv_error(path: &Path, error: csv::Error) -> ImportError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => read_error(path, &error),
        other => ImportError::content(path, format!("it is no readable table: {other:?}"), "export it again"),
    }
}

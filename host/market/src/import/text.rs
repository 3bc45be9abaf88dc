//! Long-form text tables: comma, semicolon or tab, with a header.

use std::io::{BufRead, Read};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};

use super::Intake;
use super::directory::Texts;
use super::error::ImportError;
use super::faults::{FaultKind, Place, quoted};
use super::layout::{BarLayout, DirectoryLayout, Layout, recognise};
use super::source::read_error;
use crate::days::day_of;
use crate::parse::{bar_date, number};
use crate::set::NUMBERS;

/// Rows between two progress reports.
const PROGRESS_ROWS: u64 = 8192;
/// A longer first line is no header.
const MAX_HEADER_BYTES: u64 = 64 << 10;

/// Reads a text file into the intake.
pub(crate) fn read(path: &Path, text: Box<dyn BufRead>, intake: &mut Intake<'_>) -> Result<(), ImportError> {
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
    intake.start(path, false, &recognised);
    let mut rows = 0_u64;
    while reader.read_byte_record(&mut record).map_err(failed)? {
        rows += 1;
        let place = Place::Line(record.position().map_or(0, csv::Position::line));
        if record.len() == header.len() {
            match &recognised.layout {
                Layout::Bars(layout) => take_bar(&record, place, layout, intake),
                Layout::Directory(layout) => take_entry(&record, place, layout, intake),
            }
        } else {
            let detail = || format!("{} fields instead of {}", record.len(), header.len());
            intake.bars.skip(FaultKind::Fields, place, detail);
        }
        if rows.is_multiple_of(PROGRESS_ROWS) {
            intake.check_rows(path)?;
            intake.report();
        }
    }
    intake.end(path, rows)
}

fn take_bar(record: &ByteRecord, place: Place, layout: &BarLayout, intake: &mut Intake<'_>) {
    let field = |index: usize| record.get(index).unwrap_or_default();
    let Some(symbol) = intake.bars.symbol_index(place, field(layout.symbol)) else { return };
    let date = field(layout.date);
    let day = match intake.dates.day(date, |date| bar_date(date, intake.zone)) {
        Ok(day) => day,
        Err(fault) => return intake.bars.skip_date(place, date, fault),
    };
    let mut values = [f64::NAN; NUMBERS];
    for (value, column) in values.iter_mut().zip(layout.numbers) {
        match number(field(column)) {
            Some(number) => *value = number,
            None => {
                let text = quoted(field(column));
                return intake.bars.skip(FaultKind::Number, place, || format!("{text} is no number"));
            }
        }
    }
    intake.bars.push(place, symbol, day, values);
}

fn take_entry(record: &ByteRecord, place: Place, layout: &DirectoryLayout, intake: &mut Intake<'_>) {
    let text = |index: usize| String::from_utf8_lossy(record.get(index).unwrap_or_default());
    let optional = |index: Option<usize>| index.map(text).map(std::borrow::Cow::into_owned);
    intake.entry(
        place,
        Texts {
            symbol: text(layout.symbol).into_owned(),
            name: optional(layout.name),
            kind: optional(layout.kind),
            status: optional(layout.status),
            mic: optional(layout.mic),
            currency: optional(layout.currency),
            sector: optional(layout.sector),
            industry: optional(layout.industry),
            lot: optional(layout.lot),
            tick: optional(layout.tick),
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

/// The dates of the last rows, so that each distinct text is read once.
#[derive(Default)]
pub(crate) struct DateCache {
    text: Vec<u8>,
    day: i32,
}

impl DateCache {
    fn day<E>(
        &mut self,
        text: &[u8],
        read: impl FnOnce(&[u8]) -> Result<chrono::NaiveDate, E>,
    ) -> Result<i32, E> {
        if text == self.text.as_slice() && !text.is_empty() {
            return Ok(self.day);
        }
        let day = day_of(read(text)?);
        self.text.clear();
        self.text.extend_from_slice(text);
        self.day = day;
        Ok(day)
    }
}

//! Tables of text: separator, quotes, line numbers, names of columns.
//!
//! Lines are split here and not by a general CSV reader, because a row must know the line on which it begins, also
//! behind blank lines and fields of several lines, and because its size is bounded. A line without a quote, the
//! normal case, is split in place.
//!
//! A column is found by its plain name: letters and digits in lower case, so that `Adj Close`, `adj_close` and
//! `<ADJCLOSE>` are one. `--map ours=theirs` renames a column before anything looks at it.

mod separator;
mod split;

use std::collections::BTreeMap;
use std::io::{BufRead, Read};
use std::path::Path;

use super::error::ImportError;
use super::faults::{FaultKind, Place};
use super::reader::Input;
use super::sink::Sink;
use super::source::read_error;
use crate::symbol::printable;
use separator::{lines_of, separator};
use split::Split;

/// Rows between two progress reports.
const PROGRESS_ROWS: u64 = 8192;
/// Longest row in bytes: an unclosed quote must not swallow the file.
const MAX_ROW_BYTES: usize = 1 << 20;
/// Columns that a message lists.
const MAX_LISTED: usize = 24;

/// A table that is being read.
pub(crate) struct Table<'a> {
    path: &'a Path,
    lines: Lines<'a>,
    separator: u8,
    names: Vec<String>,
    plain: Vec<String>,
    row: Split,
    /// Where the current row begins, counted from 1.
    line: u64,
    rows: u64,
}

/// One row.
#[derive(Clone, Copy)]
pub(crate) struct Row<'t> {
    text: &'t [u8],
    bounds: &'t [(usize, usize)],
    line: u64,
}

impl<'a> Table<'a> {
    /// Finds the separator and reads the header.
    ///
    /// # Errors
    /// A file whose separator cannot be told, or that has no column which `--map` names.
    pub(crate) fn open(input: &'a mut Input<'_>) -> Result<Self, ImportError> {
        let map = &input.said.columns;
        let mut table = Self::headless(input, &[])?;
        if table.advance()? {
            let row = table.row();
            table.names = row.iter().map(name_of).collect();
        }
        table.plain = rename(&table.names, map)
            .map_err(|missing| no_column(table.path, &missing, &table.names))?
            .iter()
            .map(|name| plain_name(name))
            .collect();
        Ok(table)
    }

    /// A table without a header, whose columns are known.
    ///
    /// # Errors
    /// A file whose separator cannot be told.
    pub(crate) fn headless(input: &'a mut Input<'_>, names: &[&str]) -> Result<Self, ImportError> {
        let path = input.head.path;
        let separator = separator(input.head.bytes).map_err(|signs| two_separators(path, signs))?;
        Ok(Self {
            path,
            lines: Lines { text: &mut *input.text, next: 1 },
            separator,
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            plain: names.iter().map(|name| plain_name(name)).collect(),
            row: Split::default(),
            line: 0,
            rows: 0,
        })
    }

    /// Position of the first of these plain names that the table has.
    pub(crate) fn find(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.plain.iter().position(|column| column == name))
    }

    /// Plain names of all columns.
    pub(crate) fn plain_names(&self) -> &[String] {
        &self.plain
    }

    /// Names of the columns as the file has them.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Names, as the file has them, of the columns that are not among these.
    pub(crate) fn others(&self, used: &[usize]) -> Vec<String> {
        let others = self.names.iter().enumerate().filter(|(index, _)| !used.contains(index));
        others.map(|(_, name)| printable(name, 40)).collect()
    }

    /// The next row with as many fields as the header. Others are counted as faults; progress is told.
    ///
    /// # Errors
    /// A file that cannot be read further, a row without end, or what the sink says.
    pub(crate) fn next(&mut self, sink: &mut dyn Sink) -> Result<Option<Row<'_>>, ImportError> {
        loop {
            if !self.advance()? {
                sink.progress(self.rows)?;
                return Ok(None);
            }
            self.rows += 1;
            if self.rows.is_multiple_of(PROGRESS_ROWS) {
                sink.progress(self.rows)?;
            }
            if self.row.bounds.len() == self.plain.len() {
                return Ok(Some(self.row()));
            }
            let (fields, wanted) = (self.row.bounds.len(), self.plain.len());
            sink.fault(FaultKind::Fields, Place::Line(self.line), &mut || {
                format!("{fields} fields instead of {wanted}")
            });
        }
    }

    /// The next row whatever it looks like; for headers of several rows and for surveys.
    ///
    /// # Errors
    /// A file that cannot be read further, or a row without end.
    pub(crate) fn next_raw(&mut self) -> Result<Option<Row<'_>>, ImportError> {
        Ok(if self.advance()? { Some(self.row()) } else { None })
    }

    fn row(&self) -> Row<'_> {
        Row { text: self.row.text(), bounds: &self.row.bounds, line: self.line }
    }

    /// Reads the next row that is not blank.
    fn advance(&mut self) -> Result<bool, ImportError> {
        loop {
            self.line = self.lines.next;
            self.row.clear();
            if !self.lines.append(self.path, &mut self.row.raw)? {
                return Ok(false);
            }
            let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == self.separator;
            if self.row.raw.iter().all(blank) {
                continue;
            }
            while !self.row.split(self.separator) {
                let more = self.lines.append(self.path, &mut self.row.raw)?;
                if !more || self.row.raw.len() > MAX_ROW_BYTES {
                    let reason = format!("line {}: a quote is opened and not closed", self.line);
                    return Err(ImportError::content(self.path, reason, "correct that line"));
                }
            }
            return Ok(true);
        }
    }
}

impl<'t> Row<'t> {
    /// A field without blanks at its ends; empty when there is none.
    pub(crate) fn get(&self, column: usize) -> &'t [u8] {
        let field = self.bounds.get(column).and_then(|(start, end)| self.text.get(*start..*end));
        field.unwrap_or_default().trim_ascii()
    }

    /// A field of a column that a table may lack.
    pub(crate) fn maybe(&self, column: Option<usize>) -> &'t [u8] {
        column.map_or(&[], |column| self.get(column))
    }

    /// A field as text, none when it is empty.
    pub(crate) fn text(&self, column: Option<usize>) -> Option<String> {
        let field = self.maybe(column);
        (!field.is_empty()).then(|| String::from_utf8_lossy(field).into_owned())
    }

    /// All fields.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'t [u8]> + use<'t> {
        let row = *self;
        (0..row.bounds.len()).map(move |column| row.get(column))
    }

    /// The line on which it begins, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// Where it is.
    pub(crate) fn place(&self) -> Place {
        Place::Line(self.line)
    }
}

/// The lines of a file.
struct Lines<'a> {
    text: &'a mut dyn BufRead,
    /// Number of the next line, counted from 1.
    next: u64,
}

impl Lines<'_> {
    /// Appends the next line; false at the end of the file.
    fn append(&mut self, path: &Path, to: &mut Vec<u8>) -> Result<bool, ImportError> {
        let limit = MAX_ROW_BYTES as u64 + 1;
        let read = (&mut self.text).take(limit).read_until(b'\n', to);
        let read = read.map_err(|error| read_error(path, &error))?;
        if read as u64 == limit {
            let reason = format!("line {} has more than {MAX_ROW_BYTES} bytes", self.next);
            return Err(ImportError::content(path, reason, "check whether it is a table of text"));
        }
        self.next += 1;
        Ok(read > 0)
    }
}

/// Letters and digits in lower case: `GICS Sub-Industry` is `gicssubindustry`.
pub(crate) fn plain_name(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Names after `--map ours=theirs`: theirs is called ours, and what was called ours before loses its name.
///
/// # Errors
/// The first name that is no column.
pub(crate) fn rename(names: &[String], map: &BTreeMap<String, String>) -> Result<Vec<String>, String> {
    let mut renamed = names.to_vec();
    for (ours, theirs) in map {
        let plain = plain_name(theirs);
        let exact = names.iter().position(|name| name == theirs);
        let found = exact.or_else(|| names.iter().position(|name| plain_name(name) == plain));
        let Some(found) = found else { return Err(theirs.clone()) };
        for (index, name) in renamed.iter_mut().enumerate() {
            if index == found {
                name.clone_from(ours);
            } else if plain_name(name) == plain_name(ours) {
                name.clear();
            }
        }
    }
    Ok(renamed)
}

/// The first row of a text that may be a table, for recognising it.
pub(crate) fn header_of(bytes: &[u8]) -> Vec<String> {
    let Some(line) = lines_of(bytes).next() else { return Vec::new() };
    let mut split = Split::default();
    split.clear();
    split.raw.extend_from_slice(line);
    split.split(separator(bytes).unwrap_or(b','));
    let row = Row { text: split.text(), bounds: &split.bounds, line: 1 };
    row.iter().map(name_of).collect()
}

/// Columns for a message: printable, and not too many.
pub(crate) fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_LISTED).map(|name| printable(name, 24)).collect();
    format!("{}{}", shown.join(", "), if names.len() > shown.len() { ", …" } else { "" })
}

fn name_of(field: &[u8]) -> String {
    String::from_utf8_lossy(field).into_owned()
}

/// The error for a column that `--map` names and a file does not have.
pub(crate) fn no_column(path: &Path, missing: &str, names: &[String]) -> ImportError {
    let reason =
        format!("it has no column \"{}\": its columns are {}", printable(missing, 40), listed(names));
    ImportError::content(path, reason, "name one of them in --map")
}

fn two_separators(path: &Path, [one, other]: [u8; 2]) -> ImportError {
    let name = |sign: u8| if sign == b'\t' { "tab".to_owned() } else { format!("\"{}\"", char::from(sign)) };
    let reason =
        format!("line 1: its fields may be separated by {} as well as by {}", name(one), name(other));
    ImportError::content(path, reason, "write it with tabs, or with quotes around numbers that have a comma")
}

#[cfg(test)]
mod tests;

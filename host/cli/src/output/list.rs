//! Lists of any length, written as their items come, in constant memory.

use super::record::Record;
use super::{Output, note};
use crate::args::Format;
use crate::output::table::{self, Numbers};
use serde::Serialize;
use std::io::IsTerminal;

/// Rows of one table: a longer list becomes several, each with its header.
const BLOCK: usize = 1_000;

/// What lists are made of: an object in JSON, one row or several in tables and CSV.
pub trait Item: Serialize {
    /// Names of the columns.
    fn header(numbers: Numbers) -> &'static [&'static str];
    /// As many texts per row as there are columns.
    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>>;
    /// Hands its rows for programs to `take`, one after the other in the same record. Lists of millions write their
    /// fields without making texts of them first.
    ///
    /// # Errors
    /// The first of `take`.
    fn records(
        &self,
        record: &mut Record,
        take: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        for row in self.rows(Numbers::Exact) {
            row.iter().for_each(|text| record.text(text));
            take(record.end())?;
        }
        Ok(())
    }
}

/// A list that is being written.
pub struct ListWriter<'a> {
    out: &'a mut Output,
    header: fn(Numbers) -> &'static [&'static str],
    pretty: bool,
    written: u64,
    headed: bool,
    /// Rows of a table that is not full yet.
    block: Vec<Vec<String>>,
    record: Record,
}

/// How a list goes on that its limit cut.
#[derive(Debug, Clone)]
pub struct More {
    /// Cursor of the last item.
    pub cursor: String,
    /// The command that prints the next ones.
    pub command: String,
}

impl Output {
    /// Begins a list in whatever format was chosen. Nothing is written before its first item.
    pub fn list_writer<V: Item>(&mut self) -> ListWriter<'_> {
        let pretty = std::io::stdout().is_terminal();
        ListWriter {
            out: self,
            header: V::header,
            pretty,
            written: 0,
            headed: false,
            block: Vec::new(),
            record: Record::default(),
        }
    }

    /// A list that is there already. `empty` says in words that there is nothing.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn list<V: Item>(&mut self, values: &[V], empty: &str) -> anyhow::Result<()> {
        let mut list = self.list_writer::<V>();
        values.iter().try_for_each(|value| list.push(value))?;
        list.finish(empty, None)
    }
}

impl ListWriter<'_> {
    /// Writes an item, or keeps it until its table is full.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn push(&mut self, value: &impl Item) -> anyhow::Result<()> {
        match self.out.format() {
            Format::Json => self.element(value)?,
            Format::Ndjson => self.out.json_line(value)?,
            Format::Csv => {
                self.head()?;
                let Self { out, record, .. } = self;
                value.records(record, &mut |line| out.bytes(line))?;
            }
            Format::Table => self.block.extend(value.rows(Numbers::Rounded)),
        }
        self.written += 1;
        if self.block.len() >= BLOCK {
            self.hand_over()?;
        }
        Ok(())
    }

    /// Ends the list. `empty` says in words that there was nothing; `more` how it goes on.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn finish(mut self, empty: &str, more: Option<&More>) -> anyhow::Result<()> {
        match self.out.format() {
            Format::Json if self.written == 0 => self.out.line("[]")?,
            Format::Json if self.pretty => self.out.line("\n]")?,
            Format::Json => self.out.line("]")?,
            Format::Ndjson => {}
            Format::Csv => self.head()?,
            Format::Table if self.written == 0 => self.out.line(empty)?,
            Format::Table => self.hand_over()?,
        }
        let Some(more) = more else { return Ok(()) };
        match self.out.format() {
            Format::Table => self.out.line(format_args!("more: {}", more.command)),
            _ => {
                self.out.flush()?;
                note(&format!("the list goes on: --after {}", more.cursor));
                Ok(())
            }
        }
    }

    /// Whether nothing was pushed yet.
    pub fn is_empty(&self) -> bool {
        self.written == 0
    }

    /// An element of a JSON array, indented for a terminal.
    fn element(&mut self, value: &impl Item) -> anyhow::Result<()> {
        let before = match (self.written == 0, self.pretty) {
            (true, true) => "[\n  ",
            (true, false) => "[",
            (false, true) => ",\n  ",
            (false, false) => ",",
        };
        self.out.bytes(before.as_bytes())?;
        match self.pretty {
            true => {
                let text = serde_json::to_string_pretty(value)?.replace('\n', "\n  ");
                self.out.bytes(text.as_bytes())
            }
            false => self.out.json_part(value),
        }
    }

    /// Writes the header of CSV, once.
    fn head(&mut self) -> anyhow::Result<()> {
        if std::mem::replace(&mut self.headed, true) {
            return Ok(());
        }
        (self.header)(Numbers::Exact).iter().for_each(|name| self.record.text(name));
        self.out.bytes(self.record.end())
    }

    /// Writes the table that was kept.
    fn hand_over(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.block).into_iter();
        self.out.line(table::plain((self.header)(Numbers::Rounded), rows))
    }
}

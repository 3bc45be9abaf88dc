//! Lists of any length, written as their items come, in constant memory.

use super::{Output, note};
use crate::args::Format;
use crate::output::table::{self, Numbers};
use anyhow::Context;
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
}

/// A list that is being written.
pub struct ListWriter<'a, V> {
    out: &'a mut Output,
    pretty: bool,
    written: u64,
    headed: bool,
    block: Vec<Vec<String>>,
    items: std::marker::PhantomData<V>,
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
    pub fn list_writer<V: Item>(&mut self) -> ListWriter<'_, V> {
        let pretty = std::io::stdout().is_terminal();
        ListWriter {
            out: self,
            pretty,
            written: 0,
            headed: false,
            block: Vec::new(),
            items: std::marker::PhantomData,
        }
    }

    /// A list that is there already. `empty` says in words that there is nothing.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn list<V: Item>(&mut self, values: &[V], empty: &str) -> anyhow::Result<()> {
        let mut list = self.list_writer();
        values.iter().try_for_each(|value| list.push(value))?;
        list.finish(empty, None)
    }
}

impl<V: Item> ListWriter<'_, V> {
    /// Writes an item, or keeps it until its table is full.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn push(&mut self, value: &V) -> anyhow::Result<()> {
        match self.out.format() {
            Format::Json => self.element(value)?,
            Format::Ndjson => self.out.json_line(value)?,
            Format::Csv => self.block.extend(value.rows(Numbers::Exact)),
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
            Format::Csv => self.hand_over()?,
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

    /// An element of a JSON array, indented for a terminal.
    fn element(&mut self, value: &V) -> anyhow::Result<()> {
        let text = match self.pretty {
            true => serde_json::to_string_pretty(value)?.replace('\n', "\n  "),
            false => serde_json::to_string(value)?,
        };
        let before = match (self.written == 0, self.pretty) {
            (true, true) => "[\n  ",
            (true, false) => "[",
            (false, true) => ",\n  ",
            (false, false) => ",",
        };
        self.out.bytes(before.as_bytes())?;
        self.out.bytes(text.as_bytes())
    }

    /// Writes what was kept.
    fn hand_over(&mut self) -> anyhow::Result<()> {
        let rows = std::mem::take(&mut self.block).into_iter();
        if self.out.format() == Format::Table {
            return self.out.line(table::plain(V::header(Numbers::Rounded), rows));
        }
        let mut writer = csv::Writer::from_writer(&mut self.out.to);
        if !std::mem::replace(&mut self.headed, true) {
            writer.write_record(V::header(Numbers::Exact)).map_err(super::closed)?;
        }
        for row in rows {
            writer.write_record(row.iter().map(|text| super::field(text))).map_err(super::closed)?;
        }
        writer.flush().context("cannot write to stdout")
    }
}

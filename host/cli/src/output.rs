//! Results on stdout, through a buffer; complaints on stderr.

pub mod list;
pub mod scan;
pub mod table;

use crate::args::Format;
use anyhow::Context;
use serde::Serialize;
use std::io::{BufWriter, IsTerminal, StdoutLock, Write};

/// Where results go.
pub struct Output {
    format: Format,
    to: BufWriter<StdoutLock<'static>>,
}

impl Output {
    /// Buffered stdout in this format.
    pub fn new(format: Format) -> Self {
        Self { format, to: BufWriter::with_capacity(1 << 16, std::io::stdout().lock()) }
    }

    /// The format that the user chose.
    pub fn format(&self) -> Format {
        self.format
    }

    /// A line of text.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn line(&mut self, text: impl std::fmt::Display) -> anyhow::Result<()> {
        writeln!(self.to, "{text}").context("cannot write to stdout")
    }

    /// Bytes as they are.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn bytes(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        self.to.write_all(bytes).context("cannot write to stdout")
    }

    /// One value as a JSON document, indented for a terminal.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn json(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        if std::io::stdout().is_terminal() {
            serde_json::to_writer_pretty(&mut self.to, value).map_err(std::io::Error::from)?;
        } else {
            serde_json::to_writer(&mut self.to, value).map_err(std::io::Error::from)?;
        }
        self.line("")
    }

    /// One value as a line of JSON.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn json_line(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.to, value).map_err(std::io::Error::from)?;
        self.line("")
    }

    /// Rows of texts with a header, comma-separated; no number is an empty field.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn csv<R: AsRef<[String]>>(
        &mut self,
        header: &[&str],
        rows: impl Iterator<Item = R>,
    ) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(&mut self.to);
        writer.write_record(header).map_err(closed)?;
        for row in rows {
            writer.write_record(row.as_ref().iter().map(|text| field(text))).map_err(closed)?;
        }
        writer.flush().context("cannot write to stdout")
    }

    /// Hands everything over.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        self.to.flush().context("cannot write to stdout")
    }
}

/// A field of CSV: no number is an empty one.
fn field(text: &str) -> &str {
    if text == table::NONE { "" } else { text }
}

fn closed(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => anyhow::Error::new(error).context("cannot write to stdout"),
        other => anyhow::anyhow!("cannot write CSV: {other:?}"),
    }
}

/// Whether colours are wanted there: a terminal, and nobody said NO_COLOR (no-color.org).
pub fn colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// An error with its causes.
#[expect(clippy::print_stderr, reason = "the one place where the program tells the user what went wrong")]
pub fn complain(error: &anyhow::Error) {
    let red = colours(&std::io::stderr());
    let (start, end) = if red { ("\u{1b}[31m", "\u{1b}[0m") } else { ("", "") };
    eprintln!("{start}error:{end} {}", one_line(error));
}

/// The error and its causes on one line; a cause that the message above it repeats already is left out.
pub fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    let mut above = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line.clone_from(&cause);
        } else if !above.contains(&cause) {
            line.push_str(": ");
            line.push_str(&cause);
        }
        above = cause;
    }
    line
}

/// A warning.
#[expect(
    clippy::print_stderr,
    reason = "warnings of a scan belong beside its result, whatever the log level"
)]
pub fn warn(text: &str) {
    let yellow = colours(&std::io::stderr());
    let (start, end) = if yellow { ("\u{1b}[33m", "\u{1b}[0m") } else { ("", "") };
    eprintln!("{start}warning:{end} {text}");
}

/// Something beside the result that a person may want to know.
#[expect(clippy::print_stderr, reason = "a list that its limit cut must say so, whatever the log level")]
pub fn note(text: &str) {
    eprintln!("note: {text}");
}

/// A line of another program, as it came.
#[expect(clippy::print_stderr, reason = "who waits for a compiler wants to see what it says")]
pub fn passed_on(line: &str) {
    eprintln!("{line}");
}

/// A question, whose answer comes on the same line.
///
/// # Errors
/// When stderr cannot be written to.
pub fn ask(question: &str) -> std::io::Result<()> {
    let mut stderr = std::io::stderr().lock();
    stderr.write_all(question.as_bytes())?;
    stderr.flush()
}

//! Results on stdout, through a buffer; complaints on stderr.

pub mod clock;
pub mod explain;
pub mod health;
pub mod list;
pub mod record;
pub mod scan;
pub mod shadow;
pub mod spark;
pub mod table;

use crate::args::Format;
use anyhow::Context;
use clock::Clock;
use record::Record;
use serde::Serialize;
use sluice_market::Zone;
use std::borrow::Cow;
use std::io::{BufWriter, IsTerminal, StdoutLock, Write};

/// Where results go.
pub struct Output {
    format: Format,
    clock: Clock,
    to: BufWriter<StdoutLock<'static>>,
}

impl Output {
    /// Buffered stdout in this format, with instants by the clock of this zone where a person reads.
    pub fn new(format: Format, zone: Zone) -> Self {
        Self {
            format,
            clock: Clock::new(format, zone),
            to: BufWriter::with_capacity(1 << 16, std::io::stdout().lock()),
        }
    }

    /// The format that the user chose.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How instants are written.
    pub fn clock(&self) -> Clock {
        self.clock
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

    /// One value as JSON with nothing behind it.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn json_part(&mut self, value: &impl Serialize) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.to, value).map_err(std::io::Error::from)?;
        Ok(())
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
        let mut record = Record::default();
        header.iter().for_each(|name| record.text(name));
        self.bytes(record.end())?;
        for row in rows {
            row.as_ref().iter().for_each(|text| record.text(text));
            self.bytes(record.end())?;
        }
        Ok(())
    }

    /// Hands everything over.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn flush(&mut self) -> anyhow::Result<()> {
        self.to.flush().context("cannot write to stdout")
    }
}

/// A field of CSV: no number is an empty one. A text that a spreadsheet would compute, such as `=HYPERLINK(…)` in the
/// message of a stranger's layer, gets an apostrophe in front.
fn field(text: &str) -> Cow<'_, str> {
    if text == table::NONE {
        return Cow::Borrowed("");
    }
    match text.bytes().next() {
        Some(b'=' | b'@' | b'\t' | b'\r') => Cow::Owned(format!("'{text}")),
        // a number has a sign, too
        Some(b'+' | b'-') if text.parse::<f64>().is_err() => Cow::Owned(format!("'{text}")),
        _ => Cow::Borrowed(text),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_computes_no_text_of_a_stranger() {
        for (text, written) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2+3", "'-2+3"),
            ("-2.5", "-2.5"),
            ("+1e3", "+1e3"),
            ("EURUSD=X", "EURUSD=X"),
            ("–", ""),
            ("", ""),
        ] {
            assert_eq!(field(text), written, "{text}");
        }
    }
}

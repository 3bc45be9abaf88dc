//! A row of comma-separated values, put together in one buffer that every row uses again.

use super::field;
use std::io::Write;

/// A row on its way out, quoted as RFC 4180 has it.
#[derive(Debug, Default)]
pub struct Record {
    line: Vec<u8>,
    fields: usize,
}

impl Record {
    /// A text.
    pub fn text(&mut self, text: &str) {
        self.begin();
        let text = field(text);
        if text.bytes().any(|byte| matches!(byte, b'"' | b',' | b'\n' | b'\r')) {
            self.line.push(b'"');
            for (at, part) in text.split('"').enumerate() {
                if at > 0 {
                    self.line.extend_from_slice(b"\"\"");
                }
                self.line.extend_from_slice(part.as_bytes());
            }
            self.line.push(b'"');
        } else {
            self.line.extend_from_slice(text.as_bytes());
        }
    }

    /// A number with every digit; an empty field where there is none.
    pub fn number(&mut self, number: Option<f64>) {
        self.begin();
        if let Some(number) = number {
            // writing into memory does not fail
            let _ = write!(self.line, "{number}");
        }
    }

    /// A count.
    pub fn count(&mut self, count: u64) {
        self.begin();
        let _ = write!(self.line, "{count}");
    }

    /// Ends the row, and gives it with its line break until the next field begins another.
    pub fn end(&mut self) -> &[u8] {
        if self.fields == 1 && self.line.is_empty() {
            // a row of one empty field would be no row
            self.line.extend_from_slice(b"\"\"");
        }
        self.line.push(b'\n');
        self.fields = 0;
        &self.line
    }

    fn begin(&mut self) {
        match self.fields {
            0 => self.line.clear(),
            _ => self.line.push(b','),
        }
        self.fields += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let rows = [
            vec!["a", "", "b,c", "say \"yes\"", "two\nlines", "\r", "é"],
            vec!["", "x", "", "", "", "", "\""],
        ];
        let mut text = Vec::new();
        let mut record = Record::default();
        for row in &rows {
            row.iter().for_each(|field| record.text(field));
            text.extend_from_slice(record.end());
        }
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_slice());
        let read: Vec<Vec<String>> =
            reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
        assert_eq!(read[1], rows[1]);
        assert_eq!(read[0][..5], rows[0][..5]);
        // what a spreadsheet takes for the start of a formula is marked
        assert_eq!(read[0][5..], ["'\r", "é"]);
    }

    #[test]
    fn numbers_have_every_digit_and_a_row_of_nothing_is_a_row() {
        let mut record = Record::default();
        [Some(0.1 + 0.2), None, Some(-1e21)].into_iter().for_each(|number| record.number(number));
        assert_eq!(record.end(), b"0.30000000000000004,,-1000000000000000000000\n");
        record.text("");
        assert_eq!(record.end(), b"\"\"\n");
    }
}

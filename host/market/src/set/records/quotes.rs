//! Quotes on disk.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;

use super::QuoteRecord;
use super::file::{OWN, Record};
use crate::set::columns::{instant, instants, numbers, optional_number};
use crate::set::content::Content;
use crate::spool::Key;

/// A number of a quote.
type Number = fn(&QuoteRecord) -> Option<f64>;

/// The number columns in the order of the file.
const NUMBERS: [(&str, Number); 5] = [
    ("bid", |quote| quote.bid),
    ("ask", |quote| quote.ask),
    ("bid_size", |quote| quote.bid_size),
    ("ask_size", |quote| quote.ask_size),
    ("last", |quote| quote.last),
];

impl Record for QuoteRecord {
    const FILE: &'static str = "quotes";

    fn instrument(&self) -> u32 {
        self.instrument
    }

    fn instrument_mut(&mut self) -> &mut u32 {
        &mut self.instrument
    }

    fn place(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.integer(self.at.millis());
    }

    fn columns(records: &[Self]) -> Result<Vec<(&'static str, ArrayRef)>, ArrowError> {
        let mut columns = vec![("at", instants(records.iter().map(|quote| Some(quote.at))))];
        columns.extend(NUMBERS.map(|(name, of)| (name, numbers(records.iter().map(of)))));
        Ok(columns)
    }

    fn of_row(batch: &RecordBatch, row: usize, instrument: u32) -> Result<Self, String> {
        let at = instant(batch, OWN, row)?;
        let number = |place: usize| optional_number(batch, OWN + 1 + place, row);
        Ok(Self {
            instrument,
            at,
            bid: number(0),
            ask: number(1),
            bid_size: number(2),
            ask_size: number(3),
            last: number(4),
        })
    }

    fn digest(&self, content: &mut Content) {
        content.count(u64::from(self.instrument));
        content.integer(self.at.millis());
        // a missing number is NaN there, of which all are one
        NUMBERS.iter().for_each(|(_, of)| content.number(of(self).unwrap_or(f64::NAN)));
    }
}

//! Facts on disk.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;

use super::FactRecord;
use super::file::{OWN, Record};
use crate::set::columns::{instant, instants, number, numbers, text, texts};
use crate::set::content::Content;
use crate::spool::Key;

impl Record for FactRecord {
    const FILE: &'static str = "facts";

    fn instrument(&self) -> u32 {
        self.instrument
    }

    fn instrument_mut(&mut self) -> &mut u32 {
        &mut self.instrument
    }

    fn place(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.text(&self.name);
        key.integer(self.known_at.millis());
    }

    fn columns(records: &[Self]) -> Result<Vec<(&'static str, ArrayRef)>, ArrowError> {
        Ok(vec![
            ("name", texts(records.iter().map(|fact| Some(fact.name.as_str())))),
            ("value", numbers(records.iter().map(|fact| Some(fact.value)))),
            ("known_at", instants(records.iter().map(|fact| Some(fact.known_at)))),
        ])
    }

    fn of_row(batch: &RecordBatch, row: usize, instrument: u32) -> Result<Self, String> {
        Ok(Self {
            instrument,
            name: text(batch, OWN, row)?.to_owned(),
            value: number(batch, OWN + 1, row),
            known_at: instant(batch, OWN + 2, row)?,
        })
    }

    fn digest(&self, content: &mut Content) {
        content.count(u64::from(self.instrument));
        content.text(&self.name);
        content.number(self.value);
        content.integer(self.known_at.millis());
    }
}

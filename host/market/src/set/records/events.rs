//! Events on disk.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;

use super::EventRecord;
use super::file::{OWN, Record};
use crate::set::columns::{
    instant, instants, number_map, number_maps, optional_text, text, text_map, text_maps, texts,
};
use crate::set::content::Content;
use crate::spool::Key;

impl Record for EventRecord {
    const FILE: &'static str = "events";

    fn instrument(&self) -> u32 {
        self.instrument
    }

    fn instrument_mut(&mut self) -> &mut u32 {
        &mut self.instrument
    }

    fn place(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.integer(self.known_at.millis());
        key.integer(self.effective_at.millis());
        key.text(&self.id);
    }

    fn columns(records: &[Self]) -> Result<Vec<(&'static str, ArrayRef)>, ArrowError> {
        Ok(vec![
            ("id", texts(records.iter().map(|event| Some(event.id.as_str())))),
            ("kind", texts(records.iter().map(|event| Some(event.kind.as_str())))),
            ("known_at", instants(records.iter().map(|event| Some(event.known_at)))),
            ("effective_at", instants(records.iter().map(|event| Some(event.effective_at)))),
            ("headline", texts(records.iter().map(|event| Some(event.headline.as_str())))),
            ("source", texts(records.iter().map(|event| Some(event.source.as_str())))),
            ("numbers", number_maps(records.iter().map(|event| event.numbers.as_slice()))?),
            ("attributes", text_maps(records.iter().map(|event| event.attributes.as_slice()))?),
        ])
    }

    fn of_row(batch: &RecordBatch, row: usize, instrument: u32) -> Result<Self, String> {
        Ok(Self {
            instrument,
            id: text(batch, OWN, row)?.to_owned(),
            kind: text(batch, OWN + 1, row)?.to_owned(),
            known_at: instant(batch, OWN + 2, row)?,
            effective_at: instant(batch, OWN + 3, row)?,
            headline: optional_text(batch, OWN + 4, row).unwrap_or_default().to_owned(),
            source: optional_text(batch, OWN + 5, row).unwrap_or_default().to_owned(),
            numbers: number_map(batch, OWN + 6, row)?,
            attributes: text_map(batch, OWN + 7, row)?,
        })
    }

    fn digest(&self, content: &mut Content) {
        content.count(u64::from(self.instrument));
        for text in [&self.id, &self.kind, &self.headline, &self.source] {
            content.text(text);
        }
        content.integer(self.known_at.millis());
        content.integer(self.effective_at.millis());
        content.count(self.numbers.len() as u64);
        for (name, value) in &self.numbers {
            content.text(name);
            content.number(*value);
        }
        content.count(self.attributes.len() as u64);
        for (name, value) in &self.attributes {
            content.text(name);
            content.text(value);
        }
    }
}

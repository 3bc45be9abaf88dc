//! Memberships in indices on disk.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::ArrowError;

use super::MemberRecord;
use super::file::{OWN, Record};
use crate::set::columns::{day, days, text, texts};
use crate::set::content::Content;
use crate::spool::Key;

impl Record for MemberRecord {
    const FILE: &'static str = "members";

    fn instrument(&self) -> u32 {
        self.instrument
    }

    fn instrument_mut(&mut self) -> &mut u32 {
        &mut self.instrument
    }

    fn place(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.text(&self.index);
        key.optional(self.from_day);
        key.optional(self.to_day);
    }

    fn columns(records: &[Self]) -> Result<Vec<(&'static str, ArrayRef)>, ArrowError> {
        Ok(vec![
            ("index", texts(records.iter().map(|member| Some(member.index.as_str())))),
            ("from_date", days(records.iter().map(|member| member.from_day))),
            ("to_date", days(records.iter().map(|member| member.to_day))),
        ])
    }

    fn of_row(batch: &RecordBatch, row: usize, instrument: u32) -> Result<Self, String> {
        Ok(Self {
            instrument,
            index: text(batch, OWN, row)?.to_owned(),
            from_day: day(batch, OWN + 1, row),
            to_day: day(batch, OWN + 2, row),
        })
    }

    fn digest(&self, content: &mut Content) {
        content.count(u64::from(self.instrument));
        content.text(&self.index);
        content.optional_day(self.from_day);
        content.optional_day(self.to_day);
    }
}

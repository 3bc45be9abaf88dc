//! All records of a set at once, for tests.

use super::{ActionRecord, EventRecord, FactRecord, MemberRecord, QuoteRecord, Record};
use crate::set::SetWriter;
use crate::spool::Key;

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RecordSet {
    pub(crate) actions: Vec<ActionRecord>,
    pub(crate) events: Vec<EventRecord>,
    pub(crate) facts: Vec<FactRecord>,
    pub(crate) members: Vec<MemberRecord>,
    pub(crate) quotes: Vec<QuoteRecord>,
}

impl RecordSet {
    /// Brings the records into the order of the files.
    pub(crate) fn sort(&mut self) {
        fn sort<T: Record>(records: &mut [T]) {
            records.sort_by_cached_key(|record| {
                let mut place = Key::default();
                record.place(&mut place);
                place
            });
        }
        sort(&mut self.actions);
        sort(&mut self.events);
        sort(&mut self.facts);
        sort(&mut self.members);
        sort(&mut self.quotes);
    }

    /// Hands all of them to a writer.
    pub(crate) fn add_to(&self, writer: &mut SetWriter) {
        self.actions.iter().for_each(|record| writer.records.actions.add(record).unwrap());
        self.events.iter().for_each(|record| writer.records.events.add(record).unwrap());
        self.facts.iter().for_each(|record| writer.records.facts.add(record).unwrap());
        self.members.iter().for_each(|record| writer.records.members.add(record).unwrap());
        self.quotes.iter().for_each(|record| writer.records.quotes.add(record).unwrap());
    }
}

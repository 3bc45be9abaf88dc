//! Which records take the place of which.

use super::super::super::identity::{Ask, Identities, Plan};
use super::super::Changes;
use crate::error::MarketError;
use crate::instant::Instant;
use crate::set::{
    ActionRecord, ActionRecordKind, EventRecord, FactRecord, MemberRecord, QuoteRecord, Record,
};
use crate::spool::Key;

/// A kind of record of which a later one takes the place of others.
pub(super) trait Replaced: Record {
    /// What an import replaces as a whole.
    fn identity(&self, key: &mut Key);

    /// The day on which it is about who had the ticker; `local` gives the venue's day of an instant.
    fn day(&self, local: impl Fn(Instant) -> i32) -> i32;

    /// The number of the instrument that one is about which is told of a ticker on a day.
    fn holder(identities: &mut Identities, ask: Ask<'_>, day: i32) -> usize {
        identities.owner(ask, day)
    }

    /// Whether there is anything to it, about that instrument.
    fn counts(&self, _: &Plan) -> bool {
        true
    }

    /// Whether one that the import told earlier, under the same identity, stays beside this one. Both come with who
    /// made their files.
    fn leaves(&self, _source: &'static str, _earlier: &Self, _earlier_source: &'static str) -> bool {
        false
    }
}

impl Replaced for ActionRecord {
    fn identity(&self, key: &mut Key) {
        key.integer(self.instrument);
        match &self.kind {
            ActionRecordKind::Split(_) => key.integer(0),
            ActionRecordKind::Dividend(_) => key.integer(1),
            ActionRecordKind::Rename { from, to } => {
                key.integer(2);
                key.text(from.as_str());
                key.text(to.as_str());
            }
            ActionRecordKind::Delisting => key.integer(3),
        }
        if matches!(self.kind, ActionRecordKind::Split(_) | ActionRecordKind::Dividend(_)) {
            key.integer(self.ex_day);
        }
    }

    fn day(&self, _: impl Fn(Instant) -> i32) -> i32 {
        match self.kind {
            ActionRecordKind::Delisting => self.ex_day.saturating_sub(1),
            _ => self.ex_day,
        }
    }

    fn counts(&self, plan: &Plan) -> bool {
        // an end of a listing that goes on: its ticker only changed
        !matches!(self.kind, ActionRecordKind::Delisting) || plan.instrument.delisted.is_some()
    }

    fn leaves(&self, source: &'static str, earlier: &Self, earlier_source: &'static str) -> bool {
        // several dividends may go ex on one date, but only as one source tells it; of anything else there is one
        let several = matches!(self.kind, ActionRecordKind::Dividend(_));
        several && earlier_source == source && earlier.id != self.id
    }
}

impl Replaced for EventRecord {
    fn identity(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.text(&self.id);
    }

    fn day(&self, local: impl Fn(Instant) -> i32) -> i32 {
        local(self.known_at)
    }

    fn holder(identities: &mut Identities, ask: Ask<'_>, day: i32) -> usize {
        identities.subject(ask, day)
    }
}

impl Replaced for FactRecord {
    fn identity(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.text(&self.name);
        key.integer(self.known_at.millis());
    }

    fn day(&self, local: impl Fn(Instant) -> i32) -> i32 {
        local(self.known_at)
    }

    fn holder(identities: &mut Identities, ask: Ask<'_>, day: i32) -> usize {
        identities.subject(ask, day)
    }
}

impl Replaced for MemberRecord {
    fn identity(&self, key: &mut Key) {
        key.integer(self.instrument);
        key.text(&self.index);
    }

    fn day(&self, _: impl Fn(Instant) -> i32) -> i32 {
        Self::day(self)
    }

    fn leaves(&self, _: &'static str, earlier: &Self, _: &'static str) -> bool {
        earlier.from_day != self.from_day
    }
}

impl Replaced for QuoteRecord {
    fn identity(&self, key: &mut Key) {
        self.place(key);
    }

    fn day(&self, local: impl Fn(Instant) -> i32) -> i32 {
        local(self.at)
    }
}

/// Records with the same identity.
pub(super) struct Same<T> {
    identity: Key,
    /// Of the old set.
    old: Vec<T>,
    /// Of the import, and who made the file.
    told: Vec<(&'static str, T)>,
    /// Identity of a record that is compared; only there to be used again.
    other: Key,
}

impl<T> Default for Same<T> {
    fn default() -> Self {
        Self { identity: Key::default(), old: Vec::new(), told: Vec::new(), other: Key::default() }
    }
}

impl<T: Replaced> Same<T> {
    /// Whether a record has another identity than those before; it is the one that counts then.
    pub(super) fn is_other(&mut self, record: &T) -> bool {
        self.other.clear();
        record.identity(&mut self.other);
        let is_other = self.other != self.identity;
        std::mem::swap(&mut self.identity, &mut self.other);
        is_other
    }

    pub(super) fn keep(&mut self, record: T) {
        self.old.push(record);
    }

    pub(super) fn tell(&mut self, source: &'static str, record: T) {
        self.told.retain(|(other, earlier)| record.leaves(source, earlier, other));
        self.told.push((source, record));
    }

    /// Hands on what remains, and begins anew.
    pub(super) fn end(
        &mut self,
        changes: &mut Changes,
        place: &mut impl FnMut(T) -> Result<(), MarketError>,
    ) -> Result<(), MarketError> {
        let (old, told) = (std::mem::take(&mut self.old), std::mem::take(&mut self.told));
        if told.is_empty() {
            return old.into_iter().try_for_each(place);
        }
        for (_, record) in told {
            match old.as_slice() {
                old if old.contains(&record) => changes.unchanged += 1,
                [] => changes.added += 1,
                _ => changes.replaced += 1,
            }
            place(record)?;
        }
        Ok(())
    }
}

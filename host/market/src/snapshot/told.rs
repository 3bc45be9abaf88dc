//! What was told of instruments up to the instant: events, facts, memberships in indices.
//!
//! Whatever became known after the instant is not there. Of a fact the newest value counts that was known.

use super::Snapshot;
use crate::days::day_of;
use crate::error::MarketError;
use crate::instant::Instant;
use crate::set::{EventRecord, MemberRecord};

/// Which events of some instruments to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRequest<'a> {
    /// `earnings`, `news`, `split` …
    pub kind: &'a str,
    /// From where the windows are counted. Events known up to the snapshot's instant are seen even when this is
    /// earlier.
    pub around: Instant,
    /// Seconds: known at most so long before.
    pub known_within: u32,
    /// Seconds: effective at most so far ahead.
    pub effective_within: u32,
}

/// Something that was known of an instrument.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// Position in the request.
    pub instrument: u32,
    /// Identity within its source.
    pub id: &'a str,
    /// What it is.
    pub kind: &'a str,
    /// When it became public.
    pub known_at: Instant,
    /// When it takes effect.
    pub effective_at: Instant,
    /// One line for a human.
    pub headline: &'a str,
    /// Who reported it.
    pub source: &'a str,
    /// Its figures by name.
    pub numbers: Vec<(&'a str, f64)>,
    /// Its texts by name.
    pub attributes: Vec<(&'a str, &'a str)>,
}

impl Snapshot {
    /// The events of some instruments, given by position: in the order of the request, then as they became known.
    ///
    /// # Errors
    /// A position that does not exist, a file that cannot be read.
    pub fn events(
        &self,
        instruments: &[usize],
        request: &EventRequest<'_>,
    ) -> Result<Vec<Event<'_>>, MarketError> {
        let mut found = Vec::new();
        for (index, position) in (0_u32..).zip(instruments) {
            let own = self.checked(*position)?;
            let first = found.len();
            let events = self.set.events.of(own)?.iter().map(|record| told(index, record));
            found.extend(events.filter(|event| self.shows(request, event)));
            if let Some(own) = found.get_mut(first..) {
                own.sort_by(|a, b| (a.known_at, a.id).cmp(&(b.known_at, b.id)));
            }
        }
        Ok(found)
    }

    fn shows(&self, request: &EventRequest<'_>, event: &Event<'_>) -> bool {
        let around = request.around.millis();
        let oldest = around.saturating_sub(i64::from(request.known_within) * 1000);
        let furthest = around.saturating_add(i64::from(request.effective_within) * 1000);
        event.kind == request.kind
            && event.known_at <= self.as_of
            && event.known_at.millis() >= oldest
            && event.effective_at.millis() <= furthest
    }

    /// The newest known value of a fact for some instruments, given by position; NaN where there is none.
    ///
    /// # Errors
    /// A position that does not exist, a file that cannot be read.
    pub fn facts(&self, instruments: &[usize], name: &str) -> Result<Vec<f64>, MarketError> {
        let value = |position: &usize| {
            let records = self.set.facts.of(self.checked(*position)?)?;
            let known = records.iter().filter(|record| record.name == name && record.known_at <= self.as_of);
            Ok(known.max_by_key(|record| record.known_at).map_or(f64::NAN, |record| record.value))
        };
        instruments.iter().map(value).collect()
    }

    /// The indices that an instrument was a member of on the day of the snapshot.
    ///
    /// # Errors
    /// A position that does not exist, a file that cannot be read.
    pub fn indices(&self, position: usize) -> Result<Vec<&str>, MarketError> {
        let own = self.checked(position)?;
        let today = self.today(own);
        let records = self.set.members.of(own)?.iter();
        let mut indices: Vec<&str> =
            records.filter(|record| includes(record, today)).map(|record| record.index.as_str()).collect();
        indices.sort_unstable();
        indices.dedup();
        Ok(indices)
    }

    /// Ascending positions of the members of an index on the day of the snapshot.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn members(&self, index: &str) -> Result<Vec<usize>, MarketError> {
        let is_member = |record: &&MemberRecord| {
            record.index == index && includes(record, self.today(record.instrument as usize))
        };
        let records = self.set.members.all()?.iter().filter(is_member);
        let mut members: Vec<usize> =
            records.filter_map(|record| self.view.position_of(record.instrument as usize)).collect();
        members.sort_unstable();
        members.dedup();
        Ok(members)
    }
}

fn told(index: u32, record: &EventRecord) -> Event<'_> {
    Event {
        instrument: index,
        id: &record.id,
        kind: &record.kind,
        known_at: record.known_at,
        effective_at: record.effective_at,
        headline: &record.headline,
        source: &record.source,
        numbers: record.numbers.iter().map(|(name, number)| (name.as_str(), *number)).collect(),
        attributes: record.attributes.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect(),
    }
}

/// Whether a membership holds on a day: from its first one on, and no longer on the day that ends it.
fn includes(record: &MemberRecord, today: chrono::NaiveDate) -> bool {
    let today = day_of(today);
    record.from_day.is_none_or(|from| from <= today) && record.to_day.is_none_or(|to| today < to)
}

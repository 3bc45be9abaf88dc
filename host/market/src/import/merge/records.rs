//! Actions, events, facts, memberships and quotes: those of the old set, and the imported ones in their place.
//!
//! An import replaces what it tells again: a split or the dividends of an ex-date, a rename, the end of a listing; an
//! event with the same id; a fact of the same name known at the same time; the membership of an instrument in an
//! index as a whole; the quote of an instant.
//!
//! However many there are, what is in memory is the little that each spool holds: records are read as they were told,
//! sorted by what replaces each other, and handed to the writer, which sorts them as the files are.

mod replaced;

use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::error::ImportError;
use super::super::identity::{Identities, Plan};
use super::super::taken::{Taken, Told, ToldRecords};
use super::Merged;
use super::routes::ask;
use crate::calendar::Calendar;
use crate::days::day_of;
use crate::error::MarketError;
use crate::market::{Market, MarketSet};
use crate::set::{ActionRecord, EventRecord, FactRecord, MemberRecord, QuoteRecord, Records, SortedRecords};
use crate::spool::{Key, Sorter};
use replaced::{Replaced, Same};

/// A record under the number of its instrument's plan.
#[derive(Serialize, Deserialize)]
struct Candidate<T> {
    /// Where it was said; none: in the old set.
    section: Option<u32>,
    record: T,
}

/// The imported records, sorted by what replaces each other.
pub(super) struct Candidates {
    actions: Sorter<Candidate<ActionRecord>>,
    events: Sorter<Candidate<EventRecord>>,
    facts: Sorter<Candidate<FactRecord>>,
    members: Sorter<Candidate<MemberRecord>>,
    quotes: Sorter<Candidate<QuoteRecord>>,
}

impl Candidates {
    /// Finds the instruments of all records, which makes those that nobody knew.
    pub(super) fn new(
        told: ToldRecords,
        identities: &mut Identities,
        taken: &Taken,
        (dir, memory): (&Path, u64),
    ) -> Result<Self, ImportError> {
        let place = (dir, memory);
        Ok(Self {
            actions: resolved(told.actions, identities, taken, place)?,
            events: resolved(told.events, identities, taken, place)?,
            facts: resolved(told.facts, identities, taken, place)?,
            members: resolved(told.members, identities, taken, place)?,
            quotes: resolved(told.quotes, identities, taken, place)?,
        })
    }

    /// Hands the records of the old set and of the import to those of a new set.
    pub(super) fn settle(
        self,
        placing: &Placing<'_>,
        taken: &Taken,
        merged: &mut Merged,
        out: &mut SortedRecords,
    ) -> Result<(), ImportError> {
        let old = placing.set;
        settle(self.actions, &old.actions, placing, taken, (&mut merged.actions, &mut out.actions))?;
        settle(self.events, &old.events, placing, taken, (&mut merged.events, &mut out.events))?;
        settle(self.facts, &old.facts, placing, taken, (&mut merged.facts, &mut out.facts))?;
        settle(self.members, &old.members, placing, taken, (&mut merged.members, &mut out.members))?;
        settle(self.quotes, &old.quotes, placing, taken, (&mut merged.quotes, &mut out.quotes))
    }
}

/// Where instruments are in the new set.
pub(super) struct Placing<'a> {
    set: &'a MarketSet,
    /// By position in the old set: who has its days now.
    owners: Vec<Vec<(usize, Range<i32>)>>,
    /// By the number of the plan: the position in the new set.
    positions: Vec<u32>,
}

impl<'a> Placing<'a> {
    /// From the old set, who has the days of its instruments, and the plans in the order of the new set.
    pub(super) fn new(
        old: &'a Market,
        owners: Vec<Vec<(usize, Range<i32>)>>,
        plans: &[(usize, Plan)],
    ) -> Self {
        let numbers = plans.iter().map(|(number, _)| number + 1).max().unwrap_or_default();
        let mut positions = vec![u32::MAX; numbers];
        for ((number, _), position) in plans.iter().zip(0..) {
            if let Some(slot) = positions.get_mut(*number) {
                *slot = position;
            }
        }
        Self { set: &old.set, owners, positions }
    }

    /// The plan of a record of the old set.
    fn owner<T: Replaced>(&self, record: &T) -> u32 {
        let position = record.instrument() as usize;
        let calendar = || self.set.venue(position).map(|venue| &venue.calendar);
        let day = record.day(|instant| local_day(calendar(), instant));
        let own = self.owners.get(position).map_or(&[][..], Vec::as_slice);
        let found = own.iter().find(|(_, days)| days.contains(&day)).or_else(|| own.first());
        found.and_then(|(plan, _)| u32::try_from(*plan).ok()).unwrap_or(u32::MAX)
    }

    fn position(&self, plan: u32) -> u32 {
        self.positions.get(plan as usize).copied().unwrap_or(u32::MAX)
    }
}

fn local_day(calendar: Option<&Calendar>, instant: crate::instant::Instant) -> i32 {
    calendar.and_then(|calendar| calendar.local_date(instant)).map_or(0, day_of)
}

/// The records of one kind with their instruments.
fn resolved<T: Replaced>(
    told: Sorter<Told<T>>,
    identities: &mut Identities,
    taken: &Taken,
    (dir, memory): (&Path, u64),
) -> Result<Sorter<Candidate<T>>, ImportError> {
    let mut candidates = Sorter::new(dir, memory);
    for told in told.values()? {
        let Told { ticker, day, section, mut record } = told?;
        let Some(known) = taken.tickers.get(ticker as usize) else { continue };
        let ask = ask(known, &taken.venues);
        let plan = T::holder(identities, ask, day);
        identities.learn(plan, ask);
        let Ok(number) = u32::try_from(plan) else { continue };
        if identities.get(plan).is_some_and(|plan| record.counts(plan)) {
            *record.instrument_mut() = number;
            add(&mut candidates, Candidate { section: Some(section), record })?;
        }
    }
    Ok(candidates)
}

fn add<T: Replaced>(
    candidates: &mut Sorter<Candidate<T>>,
    candidate: Candidate<T>,
) -> Result<(), MarketError> {
    let mut identity = Key::default();
    candidate.record.identity(&mut identity);
    candidates.push(&identity, &candidate);
    candidates.relieve()
}

/// The imported records of one kind, and the old ones of which no imported one takes the place.
fn settle<T: Replaced>(
    mut candidates: Sorter<Candidate<T>>,
    old: &Records<T>,
    placing: &Placing<'_>,
    taken: &Taken,
    (changes, out): (&mut super::Changes, &mut Sorter<T>),
) -> Result<(), ImportError> {
    let mut place = |mut record: T| {
        *record.instrument_mut() = placing.position(record.instrument());
        out.add(&record)
    };
    let is_told = candidates.len() > 0;
    old.each(&mut |mut record| {
        *record.instrument_mut() = placing.owner(&record);
        if is_told { add(&mut candidates, Candidate { section: None, record }) } else { place(record) }
    })?;
    candidates.finish()?;
    let mut same = Same::default();
    for candidate in candidates.values()? {
        let Candidate { section, record } = candidate?;
        if same.is_other(&record) {
            same.end(changes, &mut place)?;
        }
        match section {
            None => same.keep(record),
            Some(section) => same.tell(taken.source(section), record),
        }
    }
    Ok(same.end(changes, &mut place)?)
}

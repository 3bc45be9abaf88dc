//! Actions, events, facts and memberships: those of the old set, and the imported ones in their place.
//!
//! An import replaces what it tells again: a split or the dividends of an ex-date, a rename, the end of a listing; an
//! event with the same id; a fact of the same name known at the same time; the membership of an instrument in an
//! index as a whole.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::ops::Range;

use super::super::error::ImportError;
use super::super::faults::{FaultExample, FaultKind};
use super::super::identity::{Identities, Plan};
use super::super::intake::venues::instant_of;
use super::super::intake::{Known, Said, Taken};
use super::super::sink::{ActionKind, ActionRow, EventRow, FactRow, MemberRow, Ticker, When};
use super::routes::ask;
use super::{Changes, Merged};
use crate::calendar::Calendar;
use crate::days::day_of;
use crate::instant::Instant;
use crate::market::Market;
use crate::set::{ActionRecord, ActionRecordKind, Content, EventRecord, FactRecord, MemberRecord, RecordSet};
use crate::symbol::Symbol;

/// Digits of an id that is made from the content.
const ID_DIGITS: usize = 16;

/// Records that name instruments by the number of their plan.
pub(super) struct Records(RecordSet);

impl Records {
    /// The records with the positions that instruments have in the order of the set.
    pub(super) fn placed(mut self, plans: &[(usize, Plan)]) -> RecordSet {
        let numbers = plans.iter().map(|(number, _)| number + 1).max().unwrap_or_default();
        let mut positions = vec![u32::MAX; numbers];
        for ((number, _), position) in plans.iter().zip(0..) {
            if let Some(slot) = positions.get_mut(*number) {
                *slot = position;
            }
        }
        let place = |instrument: &mut u32| {
            *instrument = positions.get(*instrument as usize).copied().unwrap_or(u32::MAX);
        };
        self.0.actions.iter_mut().for_each(|record| place(&mut record.instrument));
        self.0.events.iter_mut().for_each(|record| place(&mut record.instrument));
        self.0.facts.iter_mut().for_each(|record| place(&mut record.instrument));
        self.0.members.iter_mut().for_each(|record| place(&mut record.instrument));
        self.0
    }
}

/// Merges all records.
pub(super) fn merge(
    identities: &mut Identities,
    old: &Market,
    taken: &mut Taken,
    merged: &mut Merged,
) -> Result<Records, ImportError> {
    let mut reading = Reading { identities, taken };
    let (actions, events) = (reading.actions(), reading.events());
    let (facts, members) = (reading.facts(), reading.members());
    let owners = identities.owners_of_old(old.instruments().len());
    let market = &old.set;
    let owner = |position: u32, day: i32| owner_of(&owners, position, day);
    let calendar = |position: u32| market.venue(position as usize).map(|venue| &venue.calendar);
    let local = |position: u32, instant: Instant| {
        calendar(position).and_then(|calendar| calendar.local_date(instant)).map_or(0, day_of)
    };

    let old_actions = market.actions.all()?.iter().map(|record| {
        let day = match record.kind {
            ActionRecordKind::Delisting => record.ex_day.saturating_sub(1),
            _ => record.ex_day,
        };
        ActionRecord { instrument: owner(record.instrument, day), ..record.clone() }
    });
    let old_events = market.events.all()?.iter().map(|record| {
        let day = local(record.instrument, record.known_at);
        EventRecord { instrument: owner(record.instrument, day), ..record.clone() }
    });
    let old_facts = market.facts.all()?.iter().map(|record| {
        let day = local(record.instrument, record.known_at);
        FactRecord { instrument: owner(record.instrument, day), ..record.clone() }
    });
    let old_members = market.members.all()?.iter().map(|record| {
        let day = day_of_member(record.from_day, record.to_day);
        MemberRecord { instrument: owner(record.instrument, day), ..record.clone() }
    });
    Ok(Records(RecordSet {
        actions: grouped(old_actions, actions, action_key, &mut merged.actions),
        events: grouped(old_events, events, |event| (event.instrument, event.id.clone()), &mut merged.events),
        facts: grouped(old_facts, facts, fact_key, &mut merged.facts),
        members: grouped(old_members, members, member_key, &mut merged.members),
    }))
}

/// What replaces each other.
type ActionKey = (u32, u8, i32, Option<(Symbol, Symbol)>);

fn action_key(action: &ActionRecord) -> ActionKey {
    match &action.kind {
        ActionRecordKind::Split(_) => (action.instrument, 0, action.ex_day, None),
        ActionRecordKind::Dividend(_) => (action.instrument, 1, action.ex_day, None),
        ActionRecordKind::Rename { from, to } => (action.instrument, 2, 0, Some((from.clone(), to.clone()))),
        ActionRecordKind::Delisting => (action.instrument, 3, 0, None),
    }
}

fn fact_key(fact: &FactRecord) -> (u32, String, Instant) {
    (fact.instrument, fact.name.clone(), fact.known_at)
}

fn member_key(member: &MemberRecord) -> (u32, String) {
    (member.instrument, member.index.clone())
}

/// The new records, and the old ones of which no new one takes the place.
fn grouped<T: Clone + PartialEq, K: Hash + Eq>(
    old: impl Iterator<Item = T>,
    new: Vec<T>,
    key: impl Fn(&T) -> K,
    changes: &mut Changes,
) -> Vec<T> {
    if new.is_empty() {
        return old.collect();
    }
    let mut replaced: HashMap<K, Vec<T>> = new.iter().map(|record| (key(record), Vec::new())).collect();
    let mut records = Vec::with_capacity(new.len());
    for record in old {
        match replaced.get_mut(&key(&record)) {
            Some(group) => group.push(record),
            None => records.push(record),
        }
    }
    for record in &new {
        match replaced.get(&key(record)) {
            Some(group) if group.contains(record) => changes.unchanged += 1,
            Some(group) if !group.is_empty() => changes.replaced += 1,
            _ => changes.added += 1,
        }
    }
    records.extend(new);
    records
}

/// Whom a record of an old instrument belongs to now.
fn owner_of(owners: &[Vec<(usize, Range<i32>)>], position: u32, day: i32) -> u32 {
    let own = owners.get(position as usize).map_or(&[][..], Vec::as_slice);
    let found = own.iter().find(|(_, days)| days.contains(&day)).or_else(|| own.first());
    found.and_then(|(plan, _)| u32::try_from(*plan).ok()).unwrap_or(u32::MAX)
}

/// A day on which the member surely was one.
fn day_of_member(from: Option<i32>, to: Option<i32>) -> i32 {
    from.or(to.map(|to| to.saturating_sub(1))).unwrap_or(i32::MAX - 1)
}

/// Turns rows into records.
struct Reading<'a> {
    identities: &'a mut Identities,
    taken: &'a mut Taken,
}

impl Reading<'_> {
    fn ticker(&self, ticker: Ticker) -> Option<(&Known, &Calendar)> {
        let known = self.taken.tickers.get(ticker.0 as usize)?;
        Some((known, self.taken.venues.get(known.venue)?.calendar()))
    }

    /// The instrument that has a ticker on a day.
    fn owner(&mut self, ticker: Ticker, day: i32) -> Option<u32> {
        let known = self.taken.tickers.get(ticker.0 as usize)?;
        let ask = ask(known, &self.taken.venues);
        let owner = self.identities.owner(ask, day);
        self.identities.learn(owner, ask);
        u32::try_from(owner).ok()
    }

    /// The instrument that something which became known on a day is about.
    fn subject(&mut self, ticker: Ticker, day: i32) -> Option<u32> {
        let known = self.taken.tickers.get(ticker.0 as usize)?;
        let ask = ask(known, &self.taken.venues);
        let subject = self.identities.subject(ask, day);
        self.identities.learn(subject, ask);
        u32::try_from(subject).ok()
    }

    fn known(&self, ticker: Ticker, when: When) -> Option<(Instant, i32)> {
        let (_, calendar) = self.ticker(ticker)?;
        let instant = instant_of(calendar, when);
        Some((instant, calendar.local_date(instant).map_or(0, day_of)))
    }

    fn source<T>(&self, said: &Said<T>) -> &'static str {
        self.taken.sections.get(said.section as usize).map_or("csv", |section| section.origin.source)
    }

    fn fault<T>(&mut self, said: &Said<T>, ticker: Ticker, kind: FaultKind, detail: String) {
        let name = self.taken.tickers.get(ticker.0 as usize).map_or("", |known| known.spelling.as_str());
        let section = self.taken.sections.get(said.section as usize);
        let file = section.and_then(|section| self.taken.files.get(section.file));
        let file = file.map_or("", |file| file.name.as_str());
        let place = said.place;
        self.taken.faults.add(kind, 1, || FaultExample::new(file, place, detail).of(name, None));
    }

    fn actions(&mut self) -> Vec<ActionRecord> {
        let mut groups: HashMap<ActionKey, Vec<(&'static str, ActionRecord)>> = HashMap::new();
        for said in std::mem::take(&mut self.taken.actions) {
            let source = self.source(&said);
            let Some(record) = self.action(&said) else { continue };
            let group = groups.entry(action_key(&record)).or_default();
            // several dividends may go ex on one date, but only as one source tells it; of anything else there is one
            let several = matches!(record.kind, ActionRecordKind::Dividend(_));
            group.retain(|(other, known)| several && *other == source && known.id != record.id);
            group.push((source, record));
        }
        groups.into_values().flatten().map(|(_, record)| record).collect()
    }

    fn action(&mut self, said: &Said<ActionRow>) -> Option<ActionRecord> {
        let ActionRow { ticker, kind, ex_date, known, id } = &said.row;
        let ex_day = day_of(*ex_date);
        let positive = |value: &f64| value.is_finite() && *value > 0.0;
        let (kind, holder, day, content) = match kind {
            ActionKind::Split(ratio) | ActionKind::Dividend(ratio) if !positive(ratio) => {
                let detail = format!("{ratio} is no positive number");
                self.fault(said, *ticker, FaultKind::Entry, detail);
                return None;
            }
            ActionKind::Split(ratio) => {
                (ActionRecordKind::Split(*ratio), *ticker, ex_day, "split".to_owned())
            }
            ActionKind::Dividend(cash) => {
                (ActionRecordKind::Dividend(*cash), *ticker, ex_day, format!("dividend {cash}"))
            }
            ActionKind::Rename(other) => {
                let from = self.ticker(*ticker)?.0.canonical.clone();
                let to = self.ticker(*other)?.0.canonical.clone();
                (ActionRecordKind::Rename { from, to }, *other, ex_day, "rename".to_owned())
            }
            ActionKind::Delisting => {
                (ActionRecordKind::Delisting, *ticker, ex_day.saturating_sub(1), "delisting".to_owned())
            }
        };
        let (known_at, _) = self.known(*ticker, known.unwrap_or(When::BeforeOpen(*ex_date)))?;
        let id = id.clone().unwrap_or_else(|| format!("{content} {ex_date}"));
        let instrument = self.owner(holder, day)?;
        let ends = matches!(kind, ActionRecordKind::Delisting);
        let lives = |plan: &Plan| plan.instrument.delisted.is_none();
        if ends && self.identities.get(instrument as usize).is_some_and(lives) {
            // its ticker only changed
            return None;
        }
        Some(ActionRecord { instrument, id, kind, ex_day, known_at })
    }

    fn events(&mut self) -> Vec<EventRecord> {
        let mut records: Vec<EventRecord> = Vec::new();
        let mut places: HashMap<(u32, String), usize> = HashMap::new();
        for said in std::mem::take(&mut self.taken.events) {
            let source = self.source(&said);
            let Some(record) = self.event(said.row, source) else { continue };
            newest(&mut records, &mut places, (record.instrument, record.id.clone()), record);
        }
        records
    }

    fn event(&mut self, row: EventRow, source: &str) -> Option<EventRecord> {
        let (known_at, day) = self.known(row.ticker, row.known)?;
        let effective_at = match row.effective {
            Some(when) => self.known(row.ticker, when)?.0,
            None => known_at,
        };
        let id = row.id.unwrap_or_else(|| {
            let mut content = Content::new("event");
            content.text(&row.kind);
            content.integer(known_at.millis());
            content.integer(effective_at.millis());
            content.text(&row.headline);
            let mut id = content.hex();
            id.truncate(ID_DIGITS);
            id
        });
        Some(EventRecord {
            instrument: self.subject(row.ticker, day)?,
            id,
            kind: row.kind,
            known_at,
            effective_at,
            headline: row.headline,
            source: source.to_owned(),
            numbers: row.numbers,
            attributes: row.attributes,
        })
    }

    fn facts(&mut self) -> Vec<FactRecord> {
        let mut records: Vec<FactRecord> = Vec::new();
        let mut places = HashMap::new();
        for said in std::mem::take(&mut self.taken.facts) {
            let FactRow { ticker, name, value, known } = &said.row;
            if !value.is_finite() {
                self.fault(&said, *ticker, FaultKind::Number, format!("{name} is {value}"));
                continue;
            }
            let Some((known_at, day)) = self.known(*ticker, *known) else { continue };
            let Some(instrument) = self.subject(*ticker, day) else { continue };
            let record = FactRecord { instrument, name: name.clone(), value: *value, known_at };
            newest(&mut records, &mut places, fact_key(&record), record);
        }
        records
    }

    fn members(&mut self) -> Vec<MemberRecord> {
        let mut records: Vec<MemberRecord> = Vec::new();
        let mut places = HashMap::new();
        for said in std::mem::take(&mut self.taken.members) {
            let MemberRow { ticker, index, from, to } = said.row;
            let (from_day, to_day) = (from.map(day_of), to.map(day_of));
            let Some(instrument) = self.owner(ticker, day_of_member(from_day, to_day)) else { continue };
            let record = MemberRecord { instrument, index, from_day, to_day };
            let key = (instrument, record.index.clone(), from_day);
            newest(&mut records, &mut places, key, record);
        }
        records
    }
}

/// Adds a record, in the place of the one that said the same before.
fn newest<T, K: Hash + Eq>(records: &mut Vec<T>, places: &mut HashMap<K, usize>, key: K, record: T) {
    match places.entry(key) {
        Entry::Vacant(place) => {
            place.insert(records.len());
            records.push(record);
        }
        Entry::Occupied(place) => {
            if let Some(known) = records.get_mut(*place.get()) {
                *known = record;
            }
        }
    }
}

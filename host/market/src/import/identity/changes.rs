//! Renames, ends of listings, and directory entries: what changes whom a ticker belongs to.

use std::ops::Range;

use super::{ALWAYS, Ask, Identities, Plan};
use crate::days::{date_of, day_of};
use crate::instrument::{FormerTicker, Instrument};
use crate::symbol::Symbol;

/// Sources differ by some days about the date of a change; farther apart are two changes.
const SAME_CHANGE_DAYS: i32 = 30;

impl Identities {
    /// A ticker becomes another one on a day. Returns the instrument.
    ///
    /// `days_of` gives the oldest and the newest day of the bars of an instrument of the old set.
    pub(crate) fn rename(
        &mut self,
        from: Ask<'_>,
        to: Ask<'_>,
        day: i32,
        days_of: &dyn Fn(usize) -> Option<(i32, i32)>,
    ) -> usize {
        if let Some(plan) = self.renamed(from.canonical, to, day) {
            return plan;
        }
        let own =
            |plan: &usize| self.get(*plan).is_some_and(|plan| plan.instrument.symbol == *from.canonical);
        let holder = self.holder(from, day.saturating_sub(1)).or_else(|| self.ended(from, day).filter(own));
        let Some(plan) = holder else { return self.came_from(from, to, day) };
        let successor = self.holder(to, day).filter(|successor| *successor != plan);
        self.describe(plan, |instrument| {
            let former = FormerTicker { symbol: instrument.symbol.clone(), until: date_of(day) };
            instrument.former.push(former);
            instrument.symbol = to.canonical.clone();
            instrument.aliases.clear();
            // some sources tell the end of the old ticker too
            let ended = instrument.delisted.map(day_of);
            if ended.is_some_and(|ended| (ended - day).abs() <= SAME_CHANGE_DAYS) {
                instrument.delisted = None;
            }
        });
        if let Some(successor) = successor {
            self.join(plan, successor, day, days_of);
        }
        let mic = self.get(plan).map_or_else(|| to.mic.to_owned(), |plan| plan.instrument.mic.clone());
        self.name(plan, &mic, to.canonical.clone());
        plan
    }

    /// The instrument of which that rename is known already; it gets the newer date.
    fn renamed(&mut self, from: &Symbol, to: Ask<'_>, day: i32) -> Option<usize> {
        let known = |instrument: &Instrument| {
            let names = instrument.former.iter().map(|former| &former.symbol).chain([&instrument.symbol]);
            let next: Vec<&Symbol> = names.collect();
            instrument.former.iter().zip(next.iter().skip(1)).position(|(former, next)| {
                former.symbol == *from
                    && *next == to.canonical
                    && (day_of(former.until) - day).abs() <= SAME_CHANGE_DAYS
            })
        };
        let (plan, place) =
            self.holders(to).find_map(|(plan, _)| Some((plan, known(&self.get(plan)?.instrument)?)))?;
        self.describe(plan, |instrument| {
            if let Some(former) = instrument.former.get_mut(place) {
                former.until = date_of(day);
            }
        });
        Some(plan)
    }

    /// Nobody is known by the ticker before: the instrument with the new one had it, or a new one is made.
    fn came_from(&mut self, from: Ask<'_>, to: Ask<'_>, day: i32) -> usize {
        let plan = match self.holder(to, day) {
            Some(plan) => plan,
            None => {
                let plan = self.create(from);
                self.describe(plan, |instrument| {
                    instrument.symbol = to.canonical.clone();
                    instrument.aliases.clear();
                });
                self.name(plan, to.mic, to.canonical.clone());
                plan
            }
        };
        self.describe(plan, |instrument| {
            let former = FormerTicker { symbol: from.canonical.clone(), until: date_of(day) };
            let place = instrument.former.partition_point(|known| known.until < former.until);
            instrument.former.insert(place, former);
        });
        self.name(plan, from.mic, from.canonical.clone());
        plan
    }

    /// A series that began under the new ticker continues the older one. An instrument that had the ticker before
    /// keeps what it has until then.
    fn join(
        &mut self,
        plan: usize,
        successor: usize,
        day: i32,
        days_of: &dyn Fn(usize) -> Option<(i32, i32)>,
    ) {
        let Some(other) = self.plans.get_mut(successor) else { return };
        let oldest = other.old.iter().filter_map(|(position, _)| days_of(*position)).map(|days| days.0).min();
        let moved: Vec<(usize, Range<i32>)>;
        if oldest.is_none_or(|oldest| oldest >= day) {
            other.gone = true;
            moved = std::mem::take(&mut other.old);
            let instrument = other.instrument.clone();
            self.describe(plan, |older| complete(older, instrument));
        } else {
            moved =
                other.old.iter().map(|(position, days)| (*position, days.start.max(day)..days.end)).collect();
            for (_, days) in &mut other.old {
                days.end = days.end.min(day);
            }
        }
        if let Some(older) = self.plans.get_mut(plan) {
            older.old.extend(moved.into_iter().filter(|(_, days)| !days.is_empty()));
        }
    }

    /// A listing ends before a day. Returns the instrument; none when its ticker only changed then, which some
    /// sources tell as an end.
    pub(crate) fn delist(&mut self, ask: Ask<'_>, day: i32) -> Option<usize> {
        let told = self.ended(ask, day);
        let plan = told.unwrap_or_else(|| self.owner(ask, day.saturating_sub(1)));
        let renamed = self.get(plan).is_some_and(|Plan { instrument, .. }| {
            instrument.symbol != *ask.canonical && !instrument.aliases.contains(ask.spelling)
        });
        if renamed {
            return None;
        }
        self.describe(plan, |instrument| instrument.delisted = Some(date_of(day)));
        Some(plan)
    }

    /// Whose hold on a ticker ends about a day.
    pub(super) fn ended(&self, ask: Ask<'_>, day: i32) -> Option<usize> {
        let near = |end: i32| (i64::from(end) - i64::from(day)).abs() <= i64::from(SAME_CHANGE_DAYS);
        self.holders(ask).find(|(_, hold)| near(hold.days.end)).map(|(plan, _)| plan)
    }

    /// Whom a directory entry is about.
    ///
    /// An entry of an instrument that is no longer listed is about who had the ticker until then. Any other is about
    /// who has it now: a new instrument when the old one was delisted, or when its bars end before the new listing.
    pub(crate) fn listed(
        &mut self,
        ask: Ask<'_>,
        (listed, delisted): (Option<i32>, Option<i32>),
        is_dead: bool,
        days_of: &dyn Fn(usize) -> Option<(i32, i32)>,
    ) -> usize {
        if let Some(delisted) = delisted {
            let before = delisted.saturating_sub(1);
            return self.delist(ask, delisted).unwrap_or_else(|| self.owner(ask, before));
        }
        let today = ALWAYS.end - 1;
        let Some(holder) = self.holder(ask, today) else {
            let before = self.holders(ask).max_by_key(|(_, hold)| hold.days.end).map(|(plan, _)| plan);
            return match before {
                Some(before) if is_dead => before,
                _ => self.create(ask),
            };
        };
        let Some(listed) = listed else { return holder };
        let Some(plan) = self.get(holder) else { return holder };
        let newest = plan.old.iter().filter_map(|(position, _)| days_of(*position)).map(|days| days.1).max();
        let other = plan.instrument.listed.map(day_of) != Some(listed);
        match newest {
            Some(newest) if other && newest < listed => {
                self.describe(holder, |instrument| instrument.delisted = Some(date_of(newest + 1)));
                self.create(ask)
            }
            _ => holder,
        }
    }
}

/// What a newer entry of the same instrument says, where the older one says nothing.
fn complete(older: &mut Instrument, newer: Instrument) {
    if older.name.is_empty() {
        older.name = newer.name;
    }
    if older.currency.is_empty() {
        older.currency = newer.currency;
    }
    if older.kind == crate::instrument::Kind::Unknown {
        older.kind = newer.kind;
    }
    if older.status == crate::instrument::Status::Unknown {
        older.status = newer.status;
    }
    older.sector = older.sector.take().or(newer.sector);
    older.industry = older.industry.take().or(newer.industry);
    if older.lot.is_nan() {
        older.lot = newer.lot;
    }
    if older.tick.is_nan() {
        older.tick = newer.tick;
    }
    older.aliases = newer.aliases;
    older.listed = older.listed.or(newer.listed);
    older.delisted = newer.delisted;
    if older.attributes.is_empty() {
        older.attributes = newer.attributes;
    }
}

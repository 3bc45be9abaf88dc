//! Which instrument a ticker of a file is, on which days.
//!
//! A ticker belongs to an instrument for a while: until a rename, until a delisting. An instrument keeps its
//! identity through renames. A ticker that nobody holds on a day any more makes a new instrument (`XNYS:ENRN#2`); a
//! day before a renamed instrument got the ticker still belongs to it, because vendors give the whole history under
//! the newest ticker, unless another instrument held the ticker then.

mod changes;
mod names;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::calendar::ticker_space;
use crate::instrument::{Instrument, InstrumentId};
use crate::symbol::Symbol;
use names::{Hold, hold_of};

/// All days.
pub(crate) const ALWAYS: Range<i32> = i32::MIN..i32::MAX;

/// An instrument of the new set, and where its bars come from.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) instrument: Instrument,
    /// Positions in the old set, with the days for which they count; the first one is the instrument itself.
    pub(crate) old: Vec<(usize, Range<i32>)>,
    /// Its series was joined to another one's.
    gone: bool,
}

/// What a ticker looks like to whom it belongs: the text, its canonical form, and the venue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) spelling: &'a Symbol,
    pub(crate) canonical: &'a Symbol,
    pub(crate) mic: &'a str,
}

/// The instruments of the old set and of an import.
pub(crate) struct Identities {
    plans: Vec<Plan>,
    /// Who ever held a ticker, by the space in which tickers are unique.
    names: HashMap<(String, Symbol), Vec<usize>>,
    ids: HashSet<InstrumentId>,
}

impl Identities {
    /// The instruments of a set, by position.
    pub(crate) fn new(instruments: &[Instrument]) -> Self {
        let mut identities = Self { plans: Vec::new(), names: HashMap::new(), ids: HashSet::new() };
        for (position, instrument) in instruments.iter().enumerate() {
            let plan = identities.push(instrument.clone());
            if let Some(plan) = identities.plans.get_mut(plan) {
                plan.old.push((position, ALWAYS));
            }
        }
        identities
    }

    /// Adds an instrument under all its names.
    fn push(&mut self, instrument: Instrument) -> usize {
        let number = self.plans.len();
        self.ids.insert(instrument.id.clone());
        let names: Vec<Symbol> = std::iter::once(&instrument.symbol)
            .chain(instrument.former.iter().map(|former| &former.symbol))
            .chain(&instrument.aliases)
            .cloned()
            .collect();
        let mic = instrument.mic.clone();
        self.plans.push(Plan { instrument, old: Vec::new(), gone: false });
        names.into_iter().for_each(|name| self.name(number, &mic, name));
        number
    }

    fn name(&mut self, plan: usize, mic: &str, name: Symbol) {
        let holders = self.names.entry((ticker_space(mic).to_owned(), name)).or_default();
        if !holders.contains(&plan) {
            holders.push(plan);
        }
    }

    /// Who ever held a ticker: by the text itself first, else by its canonical form.
    fn holders(&self, ask: Ask<'_>) -> impl Iterator<Item = (usize, Hold)> + '_ {
        let space = ticker_space(ask.mic);
        let of = |symbol: &Symbol| {
            let key = (space.to_owned(), symbol.clone());
            let holds = self.names.get(&key).into_iter().flatten().filter_map(|plan| {
                let found = self.plans.get(*plan).filter(|found| !found.gone)?;
                Some((*plan, hold_of(&found.instrument, symbol)?))
            });
            holds.collect::<Vec<_>>()
        };
        let by_text = of(ask.spelling);
        let found = if by_text.is_empty() { of(ask.canonical) } else { by_text };
        found.into_iter()
    }

    /// Who held a ticker on a day. Where several did, the one that gives it up first, then the one that got it last.
    pub(crate) fn holder(&self, ask: Ask<'_>, day: i32) -> Option<usize> {
        self.holders(ask)
            .filter(|(_, hold)| hold.days.contains(&day))
            .min_by_key(|(plan, hold)| (hold.alias, hold.days.end, std::cmp::Reverse(hold.days.start), *plan))
            .map(|(plan, _)| plan)
    }

    /// Whom a day of a ticker belongs to: its holder; else the one that got it by a rename next; else, when nobody
    /// has it, a new instrument.
    pub(crate) fn owner(&mut self, ask: Ask<'_>, day: i32) -> usize {
        if let Some(holder) = self.holder(ask, day) {
            return holder;
        }
        let next = self.holders(ask).filter(|(_, hold)| hold.days.start > day);
        match next.min_by_key(|(plan, hold)| (hold.days.start, *plan)) {
            Some((plan, _)) => plan,
            None => self.create(ask),
        }
    }

    /// Whom something is about that is told of a ticker on a day. Some days after a ticker was given up it is still
    /// about who had it: the rename or the delisting itself, say.
    pub(crate) fn subject(&mut self, ask: Ask<'_>, day: i32) -> usize {
        let known = self.holder(ask, day).or_else(|| self.ended(ask, day));
        known.unwrap_or_else(|| self.owner(ask, day))
    }

    /// The days of a ticker from `first` to `last`, by owner.
    pub(crate) fn owners(&mut self, ask: Ask<'_>, first: i32, last: i32) -> Vec<(usize, Range<i32>)> {
        let mut bounds: Vec<i32> = self
            .holders(ask)
            .flat_map(|(_, hold)| [hold.days.start, hold.days.end])
            .filter(|bound| (first + 1..=last).contains(bound))
            .collect();
        bounds.sort_unstable();
        bounds.dedup();
        let mut owners: Vec<(usize, Range<i32>)> = Vec::new();
        let mut start = i32::MIN;
        let mut day = first;
        for end in bounds.into_iter().chain([i32::MAX]) {
            let owner = self.owner(ask, day);
            match owners.last_mut() {
                Some((before, days)) if *before == owner => days.end = end,
                _ => owners.push((owner, start..end)),
            }
            (start, day) = (end, end);
        }
        owners
    }

    /// A new instrument with a ticker; the first one of that name has the plain identity.
    fn create(&mut self, ask: Ask<'_>) -> usize {
        let mut instrument = Instrument::listed(ask.canonical.clone(), ask.mic);
        let plain = instrument.id.clone();
        for number in 2.. {
            if !self.ids.contains(&instrument.id) {
                break;
            }
            match InstrumentId::try_from(format!("{plain}#{number}").as_str()) {
                Ok(id) => instrument.id = id,
                Err(_) => break,
            }
        }
        let plan = self.push(instrument);
        self.learn(plan, ask);
        plan
    }

    /// Notes another spelling of an instrument's ticker.
    pub(crate) fn learn(&mut self, plan: usize, ask: Ask<'_>) {
        let Some(found) = self.plans.get_mut(plan) else { return };
        let instrument = &mut found.instrument;
        let is_known = hold_of(instrument, ask.spelling).is_some();
        if is_known || instrument.symbol != *ask.canonical {
            return;
        }
        if let Err(place) = instrument.aliases.binary_search(ask.spelling) {
            instrument.aliases.insert(place, ask.spelling.clone());
        }
        let mic = instrument.mic.clone();
        self.name(plan, &mic, ask.spelling.clone());
    }

    pub(crate) fn get(&self, plan: usize) -> Option<&Plan> {
        self.plans.get(plan)
    }

    /// Changes what is known of an instrument beside its names.
    pub(crate) fn describe(&mut self, plan: usize, change: impl FnOnce(&mut Instrument)) {
        if let Some(plan) = self.plans.get_mut(plan) {
            change(&mut plan.instrument);
        }
    }

    /// Whom a day of an instrument of the old set belongs to now.
    pub(crate) fn owners_of_old(&self, positions: usize) -> Vec<Vec<(usize, Range<i32>)>> {
        let mut owners = vec![Vec::new(); positions];
        for (number, plan) in self.plans.iter().enumerate().filter(|(_, plan)| !plan.gone) {
            for (position, days) in &plan.old {
                if let Some(own) = owners.get_mut(*position) {
                    own.push((number, days.clone()));
                }
            }
        }
        owners
    }

    /// The plans that remain in the order of the set, each with the number by which it was known.
    pub(crate) fn into_sorted(self) -> Vec<(usize, Plan)> {
        let mut plans: Vec<(usize, Plan)> =
            self.plans.into_iter().enumerate().filter(|(_, plan)| !plan.gone).collect();
        plans.sort_by(|(_, a), (_, b)| {
            let key = |plan: &Plan| (plan.instrument.symbol.clone(), plan.instrument.id.clone());
            key(a).cmp(&key(b))
        });
        plans
    }
}

#[cfg(test)]
mod tests;

//! The instruments as they were on the day of the snapshot.
//!
//! Delisted instruments are there while they lived, later ones are not yet, and one that was renamed since bears the
//! ticker of that day. Positions are those in the order of that day's tickers, so that a market that ends there has
//! the same instruments in the same order.

use chrono::NaiveDate;

use crate::instrument::{Instrument, Kind, Status};
use crate::symbol::Symbol;

/// The instruments of a snapshot.
#[derive(Debug)]
pub(super) struct View {
    /// None when all of them are as the set has them.
    changed: Option<Changed>,
    /// Ascending positions of those that were listed.
    listed: Vec<usize>,
}

/// Instruments of which some were different, sorted by the tickers of the day, then by id.
#[derive(Debug)]
struct Changed {
    instruments: Vec<Instrument>,
    /// Of each its position in the set.
    set_positions: Vec<usize>,
}

/// What decides whether an instrument was there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Presence {
    /// The venue's date at the instant.
    pub(super) today: NaiveDate,
    /// It has bars, but all of them came later.
    pub(super) has_only_later_bars: bool,
}

impl View {
    /// `presence` is asked by position in the set.
    pub(super) fn new(instruments: &[Instrument], presence: impl Fn(usize) -> Presence) -> Self {
        let differs = |(position, instrument): (usize, &Instrument)| {
            let today = presence(position).today;
            former_ticker(instrument, today).is_some() || lived_on(instrument, today)
        };
        let changed = instruments.iter().enumerate().any(differs).then(|| {
            let mut all: Vec<(usize, Instrument)> = instruments
                .iter()
                .enumerate()
                .map(|(position, instrument)| (position, as_of(instrument, presence(position).today)))
                .collect();
            all.sort_by(|(_, a), (_, b)| (&a.symbol, &a.id).cmp(&(&b.symbol, &b.id)));
            let (set_positions, instruments) = all.into_iter().unzip();
            Changed { instruments, set_positions }
        });
        let set_position = |position: usize| match &changed {
            Some(changed) => changed.set_positions.get(position).copied().unwrap_or(position),
            None => position,
        };
        let is_listed = |position: &usize| {
            let position = set_position(*position);
            instruments.get(position).is_some_and(|instrument| was_there(instrument, presence(position)))
        };
        let listed = (0..instruments.len()).filter(is_listed).collect();
        Self { changed, listed }
    }

    /// All of them; `own` are those of the set.
    pub(super) fn instruments<'a>(&'a self, own: &'a [Instrument]) -> &'a [Instrument] {
        self.changed.as_ref().map_or(own, |changed| &changed.instruments)
    }

    pub(super) fn listed(&self) -> &[usize] {
        &self.listed
    }

    /// Whether positions differ from those of the set.
    pub(super) fn has_own_positions(&self) -> bool {
        self.changed.is_some()
    }

    /// Where the set has an instrument; a position that does not exist stays one.
    pub(super) fn set_position(&self, position: usize) -> usize {
        match &self.changed {
            Some(changed) => changed.set_positions.get(position).copied().unwrap_or(usize::MAX),
            None => position,
        }
    }

    /// Where the snapshot has an instrument of the set.
    pub(super) fn position_of(&self, set_position: usize) -> Option<usize> {
        match &self.changed {
            Some(changed) => changed.set_positions.iter().position(|known| *known == set_position),
            None => Some(set_position),
        }
    }

    /// The instrument that had a ticker on the day: a listed one before another.
    pub(super) fn find(&self, own: &[Instrument], symbol: &Symbol) -> Option<usize> {
        let instruments = self.instruments(own);
        let first = instruments.partition_point(|instrument| instrument.symbol < *symbol);
        let same = instruments.iter().skip(first).take_while(|instrument| instrument.symbol == *symbol);
        let found = first..first + same.count();
        found.clone().find(|position| self.listed.binary_search(position).is_ok()).or(found.clone().next())
    }
}

/// The ticker that an instrument had on a date, where it was another one.
fn former_ticker(instrument: &Instrument, today: NaiveDate) -> Option<&Symbol> {
    instrument.former.iter().find(|former| today < former.until).map(|former| &former.symbol)
}

/// Whether an instrument that is called delisted was listed on that date still.
fn lived_on(instrument: &Instrument, today: NaiveDate) -> bool {
    instrument.status == Status::Delisted && instrument.delisted.is_some_and(|delisted| today < delisted)
}

fn as_of(instrument: &Instrument, today: NaiveDate) -> Instrument {
    let mut then = instrument.clone();
    if let Some(symbol) = former_ticker(instrument, today) {
        then.symbol = symbol.clone();
        then.former.retain(|former| former.until <= today);
    }
    if lived_on(instrument, today) {
        then.status = Status::Active;
    }
    then
}

/// Whether an instrument was listed. Where nobody said since when, and nothing is known of it but its bars, it came
/// with the first of them.
fn was_there(instrument: &Instrument, presence: Presence) -> bool {
    let Presence { today, has_only_later_bars } = presence;
    let begun = match instrument.listed {
        Some(listed) => listed <= today,
        None => !(has_only_later_bars && is_known_by_bars_only(instrument)),
    };
    begun && instrument.delisted.is_none_or(|delisted| today < delisted)
}

fn is_known_by_bars_only(instrument: &Instrument) -> bool {
    instrument.name.is_empty()
        && instrument.kind == Kind::Unknown
        && instrument.sector.is_none()
        && instrument.attributes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::FormerTicker;

    fn symbol(text: &str) -> Symbol {
        Symbol::try_from(text).unwrap()
    }

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn named(text: &str) -> Instrument {
        Instrument::listed(symbol(text), "XNYS")
    }

    fn view(instruments: &[Instrument], today: &str, later: &[usize]) -> View {
        View::new(instruments, |position| Presence {
            today: date(today),
            has_only_later_bars: later.contains(&position),
        })
    }

    fn listed<'a>(view: &'a View, own: &'a [Instrument]) -> Vec<&'a str> {
        view.listed().iter().map(|position| view.instruments(own)[*position].symbol.as_str()).collect()
    }

    /// SPXL was BGU until 2012-06-28.
    fn renamed() -> Vec<Instrument> {
        let mut spxl = named("SPXL");
        spxl.former = vec![FormerTicker { symbol: symbol("BGU"), until: date("2012-06-28") }];
        vec![named("AAA"), named("CCC"), spxl]
    }

    #[test]
    fn a_renamed_instrument_bears_the_ticker_of_the_day() {
        let own = renamed();
        let before = view(&own, "2012-06-27", &[]);
        assert_eq!(listed(&before, &own), ["AAA", "BGU", "CCC"]);
        assert_eq!(before.find(&own, &symbol("BGU")), Some(1));
        assert_eq!((before.set_position(1), before.position_of(2)), (2, Some(1)));
        assert_eq!(before.find(&own, &symbol("SPXL")), None);
        let after = view(&own, "2012-06-28", &[]);
        assert_eq!(listed(&after, &own), ["AAA", "CCC", "SPXL"]);
        assert_eq!((after.set_position(1), after.position_of(2)), (1, Some(2)));
    }

    #[test]
    fn an_instrument_is_there_while_it_is_listed() {
        let mut gone = named("GONE");
        (gone.listed, gone.delisted) = (Some(date("2000-01-03")), Some(date("2001-12-03")));
        gone.status = Status::Delisted;
        let own = [gone, named("STAYS")];
        assert_eq!(listed(&view(&own, "1999-12-31", &[]), &own), ["STAYS"]);
        assert_eq!(listed(&view(&own, "2001-12-02", &[]), &own), ["GONE", "STAYS"]);
        assert_eq!(listed(&view(&own, "2001-12-03", &[]), &own), ["STAYS"]);
        // while it lived nobody called it delisted
        let then = view(&own, "2001-12-02", &[]);
        assert_eq!(then.instruments(&own)[0].status, Status::Active);
        assert_eq!(view(&own, "2001-12-03", &[]).instruments(&own)[0].status, Status::Delisted);
    }

    #[test]
    fn one_that_only_bars_tell_of_comes_with_its_first_bar() {
        let mut described = named("BBB");
        described.kind = Kind::Stock;
        let own = [named("AAA"), described, named("CCC")];
        assert_eq!(listed(&view(&own, "2020-01-02", &[0, 1]), &own), ["BBB", "CCC"]);
    }

    #[test]
    fn a_reused_ticker_means_the_one_that_is_listed() {
        let (mut first, mut second) = (named("ENRN"), named("ENRN"));
        first.delisted = Some(date("2001-12-03"));
        second.id = "XNYS:ENRN#2".parse().unwrap();
        second.listed = Some(date("2019-01-02"));
        let own = [first, second];
        let found = |today| view(&own, today, &[]).find(&own, &symbol("ENRN"));
        assert_eq!(
            (found("2001-06-01"), found("2010-06-01"), found("2020-06-01")),
            (Some(0), Some(0), Some(1))
        );
    }
}

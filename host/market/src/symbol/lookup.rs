//! Finding an instrument by whatever spelling of its ticker somebody uses.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::OnceLock;

use super::Symbol;
use crate::instrument::Instrument;

/// The instruments' other names: vendors' spellings, and tickers that they had before.
///
/// Made at the first question that the tickers themselves do not answer.
#[derive(Debug, Default)]
pub(crate) struct Lookup(OnceLock<HashMap<Symbol, usize>>);

impl Lookup {
    /// The position of a ticker among instruments that are sorted by ticker: of the one that has it; else of one that has
    /// it as another spelling, or had it before; else the same for its canonical form. Where several have it, the one
    /// that is still listed, or was so last.
    pub(crate) fn find(&self, instruments: &[Instrument], symbol: &Symbol) -> Option<usize> {
        let found = |symbol: &Symbol| own(instruments, symbol).or_else(|| self.other(instruments, symbol));
        found(symbol).or_else(|| {
            let canonical = Symbol::canonical(symbol.as_str()).ok()?;
            if canonical == *symbol { None } else { found(&canonical) }
        })
    }

    fn other(&self, instruments: &[Instrument], symbol: &Symbol) -> Option<usize> {
        self.0.get_or_init(|| others(instruments)).get(symbol).copied()
    }
}

fn own(instruments: &[Instrument], symbol: &Symbol) -> Option<usize> {
    let first = instruments.partition_point(|instrument| instrument.symbol < *symbol);
    let same = instruments.iter().enumerate().skip(first).take_while(|(_, found)| found.symbol == *symbol);
    same.min_by_key(|(position, found)| rank(found, *position)).map(|(position, _)| position)
}

/// Still listed first, then by how long.
fn rank(instrument: &Instrument, position: usize) -> impl Ord + use<> {
    (instrument.delisted.is_some(), Reverse(instrument.delisted), position)
}

fn others(instruments: &[Instrument]) -> HashMap<Symbol, usize> {
    let mut names: Vec<(Symbol, u8, usize)> = Vec::new();
    for (position, instrument) in instruments.iter().enumerate() {
        names.extend(instrument.aliases.iter().map(|alias| (alias.clone(), 0, position)));
        // of a set that was made before tickers had one spelling
        let canonical = Symbol::canonical(instrument.symbol.as_str()).ok();
        names.extend(canonical.filter(|name| *name != instrument.symbol).map(|name| (name, 1, position)));
        names.extend(instrument.former.iter().map(|former| (former.symbol.clone(), 2, position)));
    }
    let rank_of =
        |kind: u8, position: usize| instruments.get(position).map(|found| (kind, rank(found, position)));
    names.sort_by_cached_key(|(_, kind, position)| rank_of(*kind, *position));
    let mut others = HashMap::with_capacity(names.len());
    for (name, _, position) in names {
        others.entry(name).or_insert(position);
    }
    others
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instrument::FormerTicker;

    fn symbol(text: &str) -> Symbol {
        Symbol::try_from(text).unwrap()
    }

    fn made(ticker: &str, aliases: &[&str], delisted: Option<&str>) -> Instrument {
        let mut instrument = Instrument::listed(symbol(ticker), "XNYS");
        instrument.aliases = aliases.iter().map(|alias| symbol(alias)).collect();
        instrument.delisted = delisted.map(|date| date.parse().unwrap());
        instrument
    }

    fn find(mut instruments: Vec<Instrument>, text: &str) -> Option<String> {
        instruments.sort_by(|a, b| a.symbol.cmp(&b.symbol));
        let position = Lookup::default().find(&instruments, &symbol(text))?;
        let found = &instruments[position];
        Some(format!(
            "{} {}",
            found.symbol,
            found.delisted.map_or("listed".to_owned(), |date| date.to_string())
        ))
    }

    #[test]
    fn every_spelling_finds_the_instrument_and_a_stranger_finds_none() {
        let market = || vec![made("AA$", &["AAp"], None), made("BRK.B", &[], None), made("MSFT", &[], None)];
        for text in ["BRK.B", "BRK-B", "BRK/B"] {
            assert_eq!(find(market(), text).as_deref(), Some("BRK.B listed"), "{text}");
        }
        for text in ["AA$", "AAp", "AA-", "AA.PR"] {
            assert_eq!(find(market(), text).as_deref(), Some("AA$ listed"), "{text}");
        }
        assert_eq!(find(market(), "BRK.A"), None);
        assert_eq!(find(market(), "msft"), None);
    }

    #[test]
    fn an_alias_that_is_written_so_comes_before_the_canonical_form() {
        let market = || vec![made("BAC$L", &["BAC-L", "BACpL"], None), made("BAC.L", &[], None)];
        assert_eq!(find(market(), "BAC-L").as_deref(), Some("BAC$L listed"));
        assert_eq!(find(market(), "BAC/L").as_deref(), Some("BAC.L listed"));
    }

    #[test]
    fn a_set_with_a_vendors_spelling_is_found_by_the_canonical_one() {
        assert_eq!(find(vec![made("BRK-B", &[], None)], "BRK.B").as_deref(), Some("BRK-B listed"));
    }

    #[test]
    fn a_reused_ticker_is_the_one_that_is_listed_or_was_last() {
        let old = || made("ENRN", &[], Some("2001-11-28"));
        assert_eq!(find(vec![old(), made("ENRN", &[], None)], "ENRN").as_deref(), Some("ENRN listed"));
        let last = vec![old(), made("ENRN", &[], Some("2020-01-02"))];
        assert_eq!(find(last, "ENRN").as_deref(), Some("ENRN 2020-01-02"));
    }

    #[test]
    fn a_former_ticker_leads_to_its_instrument_unless_another_one_has_it() {
        let renamed = || {
            let mut renamed = made("META", &[], None);
            renamed.former =
                vec![FormerTicker { symbol: symbol("FB"), until: "2022-06-09".parse().unwrap() }];
            renamed
        };
        assert_eq!(find(vec![renamed()], "FB").as_deref(), Some("META listed"));
        assert_eq!(find(vec![renamed(), made("FB", &[], None)], "FB").as_deref(), Some("FB listed"));
    }
}

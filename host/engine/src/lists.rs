//! Lists of instruments: watchlists that a scan can be narrowed to, and exclusions that every scan respects.
//!
//! A list keeps identities, so that a renamed instrument stays on it, and tickers of what nobody knew when it was added.

use crate::error::EngineError;
use sluice_market::{Market, Snapshot, Symbol, SymbolError};
use sluice_store::{ListEntry, Store};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Longest name of a list, in characters.
const LONGEST_NAME: usize = 64;
/// Symbols that a warning names.
const NAMED: usize = 5;

/// The name of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListName(String);

/// A text that names no list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "a list has a name of 1 to {LONGEST_NAME} of a-z, 0-9, dot, hyphen and underscore, the first no hyphen"
)]
pub struct ListNameError;

impl ListName {
    /// The name of a list that is to be made: with a hyphen in front it would look like an option. Where a list of such a
    /// name is there already, it can still be shown and deleted.
    ///
    /// # Errors
    /// When it names no list, or begins with a hyphen.
    pub fn of_new(text: &str) -> Result<Self, ListNameError> {
        if text.starts_with('-') { Err(ListNameError) } else { text.parse() }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ListName {
    type Err = ListNameError;

    fn from_str(text: &str) -> Result<Self, ListNameError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte);
        let fits = (1..=LONGEST_NAME).contains(&text.len()) && text.bytes().all(allowed);
        if fits { Ok(Self(text.to_owned())) } else { Err(ListNameError) }
    }
}

impl fmt::Display for ListName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a scan is narrowed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// An instrument, by any spelling of its ticker.
    Symbol(Symbol),
    /// All instruments of a list, written `@name`.
    List(ListName),
}

/// A text that is neither.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WantedError {
    /// No ticker.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// No name of a list.
    #[error(transparent)]
    List(#[from] ListNameError),
}

impl FromStr for Wanted {
    type Err = WantedError;

    fn from_str(text: &str) -> Result<Self, WantedError> {
        match text.strip_prefix('@') {
            Some(name) => Ok(Self::List(name.parse()?)),
            None => Ok(Self::Symbol(Symbol::spelled(text)?)),
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Symbol(symbol) => write!(f, "{symbol}"),
            Self::List(name) => write!(f, "@{name}"),
        }
    }
}

/// Finds what a person means by a ticker with `find`: the spelling as it is, else in capitals, as nearly all tickers are.
pub fn find_any_case(symbol: &Symbol, find: impl Fn(&Symbol) -> Option<usize>) -> Option<usize> {
    find(symbol).or_else(|| {
        let capitals = symbol.as_str().to_ascii_uppercase();
        find(&Symbol::try_from(capitals.as_str()).ok()?)
    })
}

/// The entries for some tickers. With `force` what the market does not know is kept by its ticker.
///
/// # Errors
/// Without it, the tickers that nobody knows.
pub fn list_entries(market: &Market, symbols: &[Symbol], force: bool) -> Result<Vec<ListEntry>, EngineError> {
    let known = |symbol: &Symbol| {
        find_any_case(symbol, |symbol| market.find(symbol)).and_then(|at| market.instruments().get(at))
    };
    let unknown: Vec<&str> =
        symbols.iter().filter(|symbol| known(symbol).is_none()).map(Symbol::as_str).collect();
    if !unknown.is_empty() && !force {
        return Err(EngineError::UnknownSymbols { symbols: unknown.join(", "), count: unknown.len() });
    }
    let entry = |symbol: &Symbol| match known(symbol) {
        Some(instrument) => {
            ListEntry { symbol: instrument.symbol.to_string(), ident: Some(instrument.id.to_string()) }
        }
        None => {
            let canonical = Symbol::canonical(symbol.as_str()).unwrap_or_else(|_| symbol.clone());
            ListEntry { symbol: canonical.to_string(), ident: None }
        }
    };
    Ok(symbols.iter().map(entry).collect())
}

/// The lists that matter for a scan, as they are when it begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lists {
    /// Those that the scan is narrowed to.
    pub(crate) named: BTreeMap<String, Vec<ListEntry>>,
    /// What no scan looks at.
    pub(crate) excluded: Vec<ListEntry>,
}

/// What a scan looks at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Universe {
    /// Ascending positions in the snapshot.
    pub(crate) instruments: Vec<usize>,
    /// How many were left out because they are excluded.
    pub(crate) excluded: usize,
    /// What a user should know of the lists.
    pub(crate) warnings: Vec<String>,
}

impl Lists {
    pub(crate) async fn read(store: &Store, wanted: &[Wanted]) -> Result<Self, EngineError> {
        let mut named = BTreeMap::new();
        for wanted in wanted {
            let Wanted::List(name) = wanted else { continue };
            match store.list(name.as_str()).await? {
                Some(entries) => named.insert(name.to_string(), entries),
                None => {
                    let lists = store.lists().await?;
                    let have: Vec<String> = lists.iter().map(|list| format!("@{}", list.name)).collect();
                    let have = if have.is_empty() { "none".to_owned() } else { have.join(", ") };
                    return Err(EngineError::UnknownList { name: name.to_string(), have });
                }
            };
        }
        Ok(Self { named, excluded: store.exclusions().await? })
    }

    /// The instruments asked for, all that were listed at the instant when none is named, without those that are
    /// excluded.
    pub(crate) fn universe(&self, wanted: &[Wanted], snapshot: &Snapshot) -> Result<Universe, EngineError> {
        let find = Finder::new(self, snapshot);
        let mut universe = Universe::default();
        let mut chosen: BTreeSet<usize> = match wanted.is_empty() {
            true => snapshot.listed().iter().copied().collect(),
            false => named(
                wanted.iter().filter_map(|wanted| match wanted {
                    Wanted::Symbol(symbol) => Some(symbol),
                    Wanted::List(_) => None,
                }),
                snapshot,
            )?,
        };
        for (name, entries) in &self.named {
            let listed = |at: usize| snapshot.listed().binary_search(&at).is_ok();
            let (found, missing): (Vec<_>, Vec<_>) = entries
                .iter()
                .map(|entry| (entry, find.position(entry).filter(|at| listed(*at))))
                .partition(|(_, at)| at.is_some());
            chosen.extend(found.into_iter().filter_map(|(_, at)| at));
            if !missing.is_empty() {
                let names: Vec<&str> =
                    missing.iter().take(NAMED).map(|(entry, _)| entry.symbol.as_str()).collect();
                let dots = if missing.len() > NAMED { ", …" } else { "" };
                universe.warnings.push(format!(
                    "{} of {} instruments of @{name} were not listed at {}: {}{dots}",
                    missing.len(),
                    entries.len(),
                    snapshot.as_of(),
                    names.join(", ")
                ));
            }
        }
        let excluded: BTreeSet<usize> =
            self.excluded.iter().filter_map(|entry| find.position(entry)).collect();
        let before = chosen.len();
        let mut dropped: Vec<usize> = Vec::new();
        chosen.retain(|at| {
            let keeps = !excluded.contains(at);
            dropped.extend((!keeps).then_some(*at));
            keeps
        });
        universe.excluded = before - chosen.len();
        if !wanted.is_empty() && !dropped.is_empty() {
            let known = snapshot.instruments();
            let names = dropped.iter().take(NAMED).filter_map(|at| known.get(*at));
            let names: Vec<&str> = names.map(|known| known.symbol.as_str()).collect();
            let dots = if dropped.len() > NAMED { ", …" } else { "" };
            universe.warnings.push(format!("left out, for a list excludes them: {}{dots}", names.join(", ")));
        }
        universe.instruments = chosen.into_iter().collect();
        Ok(universe)
    }
}

/// Names of the lists that exclude the instrument at a position.
pub(crate) async fn excluding(
    store: &Store,
    snapshot: &Snapshot,
    position: usize,
) -> Result<Vec<String>, EngineError> {
    let mut names = Vec::new();
    for list in store.lists().await?.into_iter().filter(|list| list.excludes) {
        let excluded = store.list(&list.name).await?.unwrap_or_default();
        let lists = Lists { excluded, ..Lists::default() };
        let find = Finder::new(&lists, snapshot);
        if lists.excluded.iter().any(|entry| find.position(entry) == Some(position)) {
            names.push(list.name);
        }
    }
    Ok(names)
}

/// Ascending positions of the instruments asked for; all that were listed at the instant when none is named.
pub(crate) fn of_symbols(symbols: &[Symbol], snapshot: &Snapshot) -> Result<Vec<usize>, EngineError> {
    match symbols.is_empty() {
        true => Ok(snapshot.listed().to_vec()),
        false => Ok(named(symbols.iter(), snapshot)?.into_iter().collect()),
    }
}

/// Positions of the instruments that are named one by one; each of them must have been listed.
fn named<'a>(
    symbols: impl Iterator<Item = &'a Symbol>,
    snapshot: &Snapshot,
) -> Result<BTreeSet<usize>, EngineError> {
    let found: Vec<(&Symbol, Option<usize>)> =
        symbols.map(|symbol| (symbol, find_any_case(symbol, |symbol| snapshot.find(symbol)))).collect();
    let those = |is_meant: &dyn Fn(Option<usize>) -> bool| {
        let symbols = found.iter().filter(|(_, position)| is_meant(*position));
        let symbols: Vec<&str> = symbols.map(|(symbol, _)| symbol.as_str()).collect();
        (symbols.len(), symbols.join(", "))
    };
    let (count, symbols) = those(&|position| position.is_none());
    if count > 0 {
        return Err(EngineError::UnknownSymbols { symbols, count });
    }
    let is_listed = |position: usize| snapshot.listed().binary_search(&position).is_ok();
    let (count, symbols) = those(&|position| !position.is_some_and(is_listed));
    if count > 0 {
        let as_of = snapshot.as_of().to_string();
        return Err(EngineError::NotListed { symbols, count, as_of });
    }
    Ok(found.into_iter().filter_map(|(_, position)| position).collect())
}

/// Finds the instruments of lists in a snapshot.
struct Finder<'a> {
    snapshot: &'a Snapshot,
    positions: HashMap<&'a str, usize>,
}

impl<'a> Finder<'a> {
    fn new(lists: &Lists, snapshot: &'a Snapshot) -> Self {
        let needed = !lists.excluded.is_empty() || !lists.named.is_empty();
        let all = snapshot.instruments().iter().enumerate();
        let positions = all.filter(|_| needed).map(|(at, instrument)| (instrument.id.as_str(), at)).collect();
        Self { snapshot, positions }
    }

    fn position(&self, entry: &ListEntry) -> Option<usize> {
        match &entry.ident {
            Some(ident) => self.positions.get(ident.as_str()).copied(),
            None => {
                let symbol = Symbol::try_from(entry.symbol.as_str()).ok()?;
                find_any_case(&symbol, |symbol| self.snapshot.find(symbol))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticker_in_small_letters_is_found_unless_another_is_spelled_like_it() {
        let find = |known: &'static [&str], typed: &str| {
            let position = |symbol: &Symbol| known.iter().position(|known| *known == symbol.as_str());
            find_any_case(&typed.parse().unwrap(), position)
        };
        assert_eq!(find(&["AAPL"], "aapl"), Some(0));
        assert_eq!(find(&["AAPL", "aapl"], "aapl"), Some(1));
        assert_eq!(find(&["BACpL"], "BACpL"), Some(0));
        assert_eq!((find(&["AAPL"], "aap"), find(&["BACpL"], "bacpl")), (None, None));
    }

    #[test]
    fn a_name_is_plain_and_an_at_sign_means_a_list() {
        assert_eq!("tech.2_a-b".parse::<ListName>().unwrap().as_str(), "tech.2_a-b");
        for text in ["", "Tech", "a b", "a/b", "ä", &"a".repeat(65)] {
            assert_eq!(text.parse::<ListName>(), Err(ListNameError), "{text}");
        }
        assert_eq!(ListName::of_new("a-b").unwrap().as_str(), "a-b");
        assert_eq!(ListName::of_new("-x"), Err(ListNameError));
        assert!("-x".parse::<ListName>().is_ok(), "one that was made before can be deleted");
        assert_eq!("@tech".parse::<Wanted>().unwrap().to_string(), "@tech");
        assert!(matches!("brk-b".parse::<Wanted>(), Ok(Wanted::Symbol(_))));
        assert!("@".parse::<Wanted>().is_err() && "a b".parse::<Wanted>().is_err());
    }
}

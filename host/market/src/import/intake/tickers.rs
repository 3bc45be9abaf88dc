//! Tickers as the files spell them, numbered in the order of their appearance.

use std::collections::HashMap;

use super::super::sink::Ticker;
use crate::symbol::{Symbol, SymbolError};

/// What is known of a ticker.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The text of the file where that is a ticker by itself; canonical where it is not (`BRK B`).
    pub(crate) spelling: Symbol,
    pub(crate) canonical: Symbol,
    /// Number of its venue in [`super::venues::Venues`].
    pub(crate) venue: usize,
    /// Oldest and newest day of its bars.
    pub(crate) days: Option<(i32, i32)>,
    /// Where its bars of the present section are.
    pub(super) course: Course,
}

/// The bars of a ticker in one section.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) section: u32,
    pub(super) newest_day: i32,
    /// Key of the row before.
    pub(super) last: Option<i64>,
    pub(super) direction: Direction,
}

/// Files run forwards or backwards; both are fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Unknown,
    Forwards,
    Backwards,
}

impl Course {
    pub(super) const fn new(section: u32) -> Self {
        Self { section, newest_day: i32::MIN, last: None, direction: Direction::Unknown }
    }

    /// Notes a bar; returns the key of the row before when the bar turns the order of the file around.
    pub(super) fn follow(&mut self, key: i64, day: i32) -> Option<i64> {
        self.newest_day = self.newest_day.max(day);
        let before = self.last.replace(key)?;
        let direction = match key.cmp(&before) {
            std::cmp::Ordering::Less => Direction::Backwards,
            std::cmp::Ordering::Equal => return None,
            std::cmp::Ordering::Greater => Direction::Forwards,
        };
        let turned = self.direction != Direction::Unknown && self.direction != direction;
        self.direction = direction;
        turned.then_some(before)
    }
}

/// All tickers of an import.
#[derive(Default)]
pub(crate) struct Tickers {
    known: Vec<Known>,
    by_spelling: HashMap<(usize, Symbol), Ticker>,
    /// By scope, then by the bytes of the file.
    by_text: Vec<HashMap<Box<[u8]>, Ticker>>,
    /// The ticker that was asked for last, its text, and the scope that it was asked in.
    last: Option<(usize, Vec<u8>, Ticker)>,
    scopes: Vec<Scope>,
    scope: usize,
}

/// What decides about the venue of a text beside the text: the file's own venue, and whether it is Yahoo's.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    mic: Option<String>,
    yahoo: bool,
}

impl Tickers {
    /// The next texts come from a file with that venue, of that source.
    pub(crate) fn begin(&mut self, mic: Option<&str>, source: &str) {
        let scope = Scope { mic: mic.map(str::to_owned), yahoo: source == "yahoo" };
        let known = self.scopes.iter().position(|other| *other == scope);
        self.scope = known.unwrap_or_else(|| {
            self.scopes.push(scope);
            self.by_text.push(HashMap::new());
            self.scopes.len() - 1
        });
    }

    /// The venue that the present file names, and whether it is Yahoo's.
    pub(crate) fn scope(&self) -> (Option<&str>, bool) {
        self.scopes.get(self.scope).map_or((None, false), |scope| (scope.mic.as_deref(), scope.yahoo))
    }

    /// The number of a text that was asked for before.
    pub(crate) fn find(&mut self, text: &[u8]) -> Option<Ticker> {
        if let Some((scope, last, ticker)) = &self.last
            && last == text
            && *scope == self.scope
        {
            return Some(*ticker);
        }
        let ticker = *self.by_text.get(self.scope)?.get(text)?;
        self.remember(text, ticker);
        Some(ticker)
    }

    fn remember(&mut self, text: &[u8], ticker: Ticker) {
        let (scope, last, number) = self.last.get_or_insert_with(|| (0, Vec::new(), ticker));
        last.clear();
        last.extend_from_slice(text);
        (*scope, *number) = (self.scope, ticker);
    }

    /// Numbers a text at a venue.
    pub(crate) fn add(&mut self, text: &[u8], venue: usize) -> Result<Ticker, SymbolError> {
        let written = String::from_utf8_lossy(text);
        let canonical = Symbol::canonical(&written)?;
        let spelling = Symbol::try_from(written.trim()).unwrap_or_else(|_| canonical.clone());
        let next = Ticker(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        let ticker = *self.by_spelling.entry((venue, spelling.clone())).or_insert(next);
        if ticker == next {
            self.known.push(Known { spelling, canonical, venue, days: None, course: Course::new(u32::MAX) });
        }
        if let Some(texts) = self.by_text.get_mut(self.scope) {
            texts.insert(Box::from(text), ticker);
        }
        self.remember(text, ticker);
        Ok(ticker)
    }

    pub(crate) fn get(&self, ticker: Ticker) -> Option<&Known> {
        self.known.get(ticker.0 as usize)
    }

    pub(super) fn get_mut(&mut self, ticker: Ticker) -> Option<&mut Known> {
        self.known.get_mut(ticker.0 as usize)
    }

    /// All of them, by number.
    pub(crate) fn all(&self) -> &[Known] {
        &self.known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_has_one_number_for_each_venue() {
        let mut tickers = Tickers::default();
        tickers.begin(None, "csv");
        let first = tickers.add(b"BP", 0).unwrap();
        assert_eq!(tickers.find(b"BP"), Some(first));
        assert_eq!(tickers.find(b"bp"), None);
        tickers.begin(Some("XLON"), "csv");
        assert_eq!(tickers.find(b"BP"), None);
        let second = tickers.add(b"BP", 1).unwrap();
        assert_ne!(first, second);
        tickers.begin(None, "csv");
        assert_eq!(tickers.find(b"BP"), Some(first));
        // another source, the same venue
        tickers.begin(None, "yahoo");
        assert_eq!(tickers.add(b" BP", 0).unwrap(), first);
    }

    #[test]
    fn a_spelling_that_is_no_ticker_by_itself_is_known_by_its_canonical_form() {
        let mut tickers = Tickers::default();
        tickers.begin(None, "csv");
        let dash = tickers.add(b"BRK-B", 0).unwrap();
        let blank = tickers.add(b"BRK B", 0).unwrap();
        let of = |ticker| {
            let known = tickers.get(ticker).unwrap();
            (known.spelling.as_str(), known.canonical.as_str())
        };
        assert_eq!(of(dash), ("BRK-B", "BRK.B"));
        assert_eq!(of(blank), ("BRK.B", "BRK.B"));
        assert!(tickers.add(b"A B C", 0).is_err());
    }

    #[test]
    fn a_file_may_run_backwards_but_not_turn_around() {
        let mut course = Course::new(0);
        let turns: Vec<Option<i64>> =
            [5, 4, 4, 3, 6, 7, 2].into_iter().map(|key| course.follow(key, 0)).collect();
        assert_eq!(turns, [None, None, None, None, Some(3), None, Some(7)]);
    }
}

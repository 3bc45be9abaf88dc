//! A sink that only collects, for tests of readers.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::path::Path;

use chrono_tz::Tz;

use super::error::ImportError;
use super::faults::{FaultKind, Place};
use super::reader::{Head, Input, Reader, Said};
use super::sink::{ActionRow, EventRow, FactRow, ListingRow, MemberRow, Origin, Sink, Stamp, Ticker};
use crate::set::NUMBERS;
use crate::symbol::Symbol;

/// Bytes of a file that a reader is recognised by.
const HEAD_BYTES: usize = 64 << 10;

/// Everything that a reader told, in its order.
pub(crate) struct Collected {
    pub(crate) origins: Vec<Origin>,
    /// Spellings by their number.
    pub(crate) tickers: Vec<String>,
    numbers: BTreeMap<String, u32>,
    pub(crate) bars: Vec<(Place, Ticker, Stamp, [f64; NUMBERS])>,
    pub(crate) listings: Vec<(Place, ListingRow)>,
    pub(crate) actions: Vec<(Place, ActionRow)>,
    pub(crate) events: Vec<(Place, EventRow)>,
    pub(crate) facts: Vec<(Place, FactRow)>,
    pub(crate) members: Vec<(Place, MemberRow)>,
    pub(crate) faults: Vec<(FaultKind, Place, String)>,
    /// The newest count that was reported.
    pub(crate) rows: u64,
    /// Zone of every venue.
    pub(crate) zone: Tz,
}

impl Default for Collected {
    /// Venues in New York.
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            tickers: Vec::new(),
            numbers: BTreeMap::new(),
            bars: Vec::new(),
            listings: Vec::new(),
            actions: Vec::new(),
            events: Vec::new(),
            facts: Vec::new(),
            members: Vec::new(),
            faults: Vec::new(),
            rows: 0,
            zone: Tz::America__New_York,
        }
    }
}

impl Collected {
    /// The spelling of a ticker.
    pub(crate) fn spelling(&self, ticker: Ticker) -> &str {
        self.tickers.get(ticker.0 as usize).map_or("?", String::as_str)
    }

    /// How often a kind of fault was told.
    pub(crate) fn count(&self, kind: FaultKind) -> usize {
        self.faults.iter().filter(|fault| fault.0 == kind).count()
    }

    /// Reads a text by a reader.
    pub(crate) fn read(reader: &Reader, name: &str, text: &[u8], said: &Said) -> Result<Self, ImportError> {
        let mut collected = Self::default();
        let columns = columns(text);
        let head =
            Head { path: Path::new(name), bytes: text.get(..HEAD_BYTES).unwrap_or(text), columns: &columns };
        let mut text = BufReader::new(text);
        let mut input = Input { head, text: &mut text, said };
        (reader.read)(&mut input, &mut collected)?;
        Ok(collected)
    }
}

/// The names of the readers of a table that see a text.
pub(crate) fn seen_by(readers: &[Reader], name: &str, text: &[u8]) -> Vec<&'static str> {
    let columns = columns(text);
    let bytes = text.get(..HEAD_BYTES).unwrap_or(text);
    let head = Head { path: Path::new(name), bytes, columns: &columns };
    readers.iter().filter(|reader| (reader.sees)(&head)).map(|reader| reader.name).collect()
}

/// The first line's fields, split at the sign that gives most.
fn columns(text: &[u8]) -> Vec<String> {
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let sign = [',', ';', '\t', '|'].into_iter().max_by_key(|sign| line.matches(*sign).count());
    let plain = |field: &str| field.trim().trim_matches('"').trim().to_lowercase();
    line.split(sign.unwrap_or(',')).map(plain).collect()
}

impl Sink for Collected {
    fn begin(&mut self, origin: Origin) {
        self.origins.push(origin);
    }

    fn ticker(&mut self, place: Place, text: &[u8]) -> Option<Ticker> {
        let text = String::from_utf8_lossy(text).trim().to_owned();
        if let Err(error) = Symbol::try_from(text.replace(' ', ".").as_str()) {
            self.faults.push((FaultKind::Symbol, place, error.to_string()));
            return None;
        }
        let next = self.tickers.len() as u32;
        let number = *self.numbers.entry(text.clone()).or_insert(next);
        if number == next {
            self.tickers.push(text);
        }
        Some(Ticker(number))
    }

    fn zone(&self, _ticker: Ticker) -> Tz {
        self.zone
    }

    fn bar(&mut self, place: Place, ticker: Ticker, stamp: Stamp, values: [f64; NUMBERS]) {
        self.bars.push((place, ticker, stamp, values));
    }

    fn listing(&mut self, place: Place, listing: ListingRow) {
        self.listings.push((place, listing));
    }

    fn action(&mut self, place: Place, action: ActionRow) {
        self.actions.push((place, action));
    }

    fn event(&mut self, place: Place, event: EventRow) {
        self.events.push((place, event));
    }

    fn fact(&mut self, place: Place, fact: FactRow) {
        self.facts.push((place, fact));
    }

    fn member(&mut self, place: Place, member: MemberRow) {
        self.members.push((place, member));
    }

    fn fault(&mut self, kind: FaultKind, place: Place, detail: &mut dyn FnMut() -> String) {
        self.faults.push((kind, place, detail()));
    }

    fn progress(&mut self, rows: u64) -> Result<(), ImportError> {
        self.rows = rows;
        Ok(())
    }
}

//! What tests of readers need: files in memory, and a sink that only collects.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono_tz::Tz;

use super::content::Content;
use super::error::ImportError;
use super::faults::{FaultKind, Place};
use super::files::FileSink;
use super::reader::{Head, Input, Reader, Said};
use super::sink::{
    ActionRow, EventRow, FactRow, ListingRow, MemberRow, Origin, QuoteRow, Sink, Stamp, Ticker,
};
use super::table::{header_of, rename};
use crate::set::NUMBERS;
use crate::symbol::Symbol;

/// Everything that a reader told, in its order.
#[derive(Debug)]
pub(crate) struct Collected {
    /// What each file was taken for.
    pub(crate) files: Vec<(PathBuf, &'static str)>,
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
    pub(crate) quotes: Vec<(Place, QuoteRow)>,
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
            files: Vec::new(),
            origins: Vec::new(),
            tickers: Vec::new(),
            numbers: BTreeMap::new(),
            bars: Vec::new(),
            listings: Vec::new(),
            actions: Vec::new(),
            events: Vec::new(),
            facts: Vec::new(),
            members: Vec::new(),
            quotes: Vec::new(),
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
        with_said(name, text, said, |input| (reader.read)(input, &mut collected))?;
        Ok(collected)
    }

    /// The same, with the error in words.
    pub(crate) fn told(reader: &Reader, name: &str, text: &[u8], said: &Said) -> Result<Self, String> {
        Self::read(reader, name, text, said).map_err(|error| error.to_string())
    }

    /// Each bar as a line: ticker, stamp, values.
    pub(crate) fn bar_lines(&self) -> Vec<String> {
        let line = |(_, ticker, stamp, values): &(Place, Ticker, Stamp, [f64; NUMBERS])| {
            let stamp = match stamp {
                Stamp::Day(date) => date.to_string(),
                Stamp::At(instant) => instant.to_string(),
            };
            let [open, high, low, close, volume] = values;
            format!("{} {stamp} {open} {high} {low} {close} {volume}", self.spelling(*ticker))
        };
        self.bars.iter().map(line).collect()
    }

    /// Each fault as a line: kind, place, words.
    pub(crate) fn fault_lines(&self) -> Vec<String> {
        let line = |(kind, place, detail): &(FaultKind, Place, String)| {
            let place = match place {
                Place::Line(line) => format!(" line {line}"),
                Place::Row(row) => format!(" row {row}"),
                Place::Nowhere => String::new(),
            };
            format!("{}{place}: {detail}", kind.as_str())
        };
        self.faults.iter().map(line).collect()
    }
}

/// Hands bytes to `take` the way an import hands over a file.
pub(crate) fn with_input<T>(
    name: &str,
    bytes: &[u8],
    take: impl FnOnce(&mut Input<'_>) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    with_said(name, bytes, &Said::default(), take)
}

/// The same with what the user says.
pub(crate) fn with_said<T>(
    name: &str,
    bytes: &[u8],
    said: &Said,
    take: impl FnOnce(&mut Input<'_>) -> Result<T, ImportError>,
) -> Result<T, ImportError> {
    let content = Content::memory(name, bytes);
    let head = content.head()?;
    let columns = columns(&head, said);
    let mut take = Some(take);
    content.read(&mut |text| {
        let head = Head { path: Path::new(name), bytes: &head, columns: &columns };
        let mut input = Input { head, text, content: &content, said };
        take.take().unwrap()(&mut input)
    })
}

/// The names of the readers of a table that see a text.
pub(crate) fn seen_by(readers: &[Reader], name: &str, text: &[u8]) -> Vec<&'static str> {
    let content = Content::memory(name, text);
    let bytes = content.head().unwrap();
    let columns = columns(&bytes, &Said::default());
    let head = Head { path: Path::new(name), bytes: &bytes, columns: &columns };
    readers.iter().filter(|reader| (reader.sees)(&head)).map(|reader| reader.name).collect()
}

fn columns(head: &[u8], said: &Said) -> Vec<String> {
    let header = header_of(head);
    let renamed = rename(&header, &said.columns).unwrap_or(header);
    renamed.iter().map(|name| name.to_lowercase()).collect()
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

    fn quote(&mut self, place: Place, quote: QuoteRow) {
        self.quotes.push((place, quote));
    }

    fn fault(&mut self, kind: FaultKind, place: Place, detail: &mut dyn FnMut() -> String) {
        self.faults.push((kind, place, detail()));
    }

    fn progress(&mut self, rows: u64) -> Result<(), ImportError> {
        self.rows = rows;
        Ok(())
    }
}

impl FileSink for Collected {
    fn start_file(&mut self, path: &Path, reader: &Reader) {
        self.files.push((path.to_path_buf(), reader.name));
    }

    fn end_file(&mut self, _path: &Path, _named: bool) -> Result<(), ImportError> {
        Ok(())
    }
}

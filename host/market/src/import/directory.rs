//! Directory entries: what a file says of instruments.

use super::faults::{FaultExample, FaultKind, Faults, Place};
use crate::calendar::Calendars;
use crate::instrument::{Instrument, Kind, Status};
use crate::parse::number;
use crate::symbol::{Symbol, printable};

/// Longest name, sector or industry in characters.
const MAX_TEXT_CHARS: usize = 200;

/// The fields of an entry as the file has them.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) symbol: String,
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) mic: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) sector: Option<String>,
    pub(crate) industry: Option<String>,
    pub(crate) lot: Option<String>,
    pub(crate) tick: Option<String>,
}

/// What a directory says of one instrument. None: nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) symbol: Symbol,
    pub(crate) mic: Option<String>,
    name: Option<String>,
    kind: Option<Kind>,
    status: Option<Status>,
    currency: Option<String>,
    sector: Option<String>,
    industry: Option<String>,
    lot: Option<f64>,
    tick: Option<f64>,
}

/// The entries of all files of an import.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) entries: Vec<Entry>,
    /// The last venue that was checked, and whether it has a calendar.
    venue: (String, bool),
}

impl Directory {
    pub(crate) fn push(&mut self, file: &str, place: Place, texts: Texts, faults: &mut Faults) {
        let example = |detail: String| FaultExample::new(file, place, detail);
        let symbol = match Symbol::try_from(texts.symbol.trim()) {
            Ok(symbol) => symbol,
            Err(error) => return faults.add(FaultKind::Symbol, 1, || example(error.to_string())),
        };
        let mic = clean(texts.mic).map(|mic| mic.to_ascii_uppercase());
        let known = mic.as_deref().is_none_or(|mic| self.has_calendar(mic));
        if !known {
            let shown = printable(mic.as_deref().unwrap_or_default(), 12);
            let detail = format!("no calendar for venue \"{shown}\"");
            faults.add(FaultKind::Venue, 1, || example(detail).of(symbol.as_str(), None));
        }
        let currency = clean(texts.currency).map(|currency| currency.to_ascii_uppercase());
        let iso = |text: &String| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let size =
            |text: Option<String>| text.and_then(|text| number(text.as_bytes())).filter(|size| *size > 0.0);
        self.entries.push(Entry {
            symbol,
            mic: mic.filter(|_| known),
            name: clean(texts.name),
            kind: clean(texts.kind).map(|text| Kind::parse(&text)),
            status: clean(texts.status).map(|text| Status::parse(&text)),
            currency: currency.filter(iso),
            sector: clean(texts.sector),
            industry: clean(texts.industry),
            lot: size(texts.lot),
            tick: size(texts.tick),
        });
    }

    fn has_calendar(&mut self, mic: &str) -> bool {
        if self.venue.0 != mic {
            self.venue = (mic.to_owned(), Calendars::knows(mic));
        }
        self.venue.1
    }
}

impl Entry {
    /// Writes what is said into an instrument; what is not said stays.
    pub(crate) fn apply(&self, instrument: &mut Instrument) {
        fn set<T: Clone>(target: &mut T, said: Option<&T>) {
            if let Some(said) = said {
                *target = said.clone();
            }
        }
        set(&mut instrument.mic, self.mic.as_ref());
        set(&mut instrument.name, self.name.as_ref());
        set(&mut instrument.kind, self.kind.as_ref());
        set(&mut instrument.status, self.status.as_ref());
        set(&mut instrument.currency, self.currency.as_ref());
        set(&mut instrument.lot, self.lot.as_ref());
        set(&mut instrument.tick, self.tick.as_ref());
        if self.sector.is_some() {
            instrument.sector.clone_from(&self.sector);
        }
        if self.industry.is_some() {
            instrument.industry.clone_from(&self.industry);
        }
    }
}

/// A text without control characters, bidirectional overrides and outer blanks; none when nothing is left.
fn clean(text: Option<String>) -> Option<String> {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let text: String = text?.chars().filter(|c| !hidden(*c)).take(MAX_TEXT_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

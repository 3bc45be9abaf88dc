//! Instruments for a test, and what happens to them.

use super::series::Series;
use crate::{Instant, Quote};

/// An instrument in the making.
#[derive(Debug, Clone)]
pub struct Listing {
    pub(super) symbol: String,
    pub(super) kind: String,
    pub(super) status: String,
    pub(super) mic: String,
    pub(super) name: String,
    pub(super) currency: String,
    pub(super) sector: Option<String>,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) bars: Vec<(String, Series)>,
    pub(super) events: Vec<Happening>,
    pub(super) quote: Option<Quote>,
    pub(super) facts: Vec<(String, f64)>,
    pub(super) upstream: Vec<(String, String, f64)>,
}

impl Listing {
    pub(super) fn new(symbol: &str) -> Self {
        Self {
            symbol: symbol.to_owned(),
            kind: "stock".to_owned(),
            status: "active".to_owned(),
            mic: "XNYS".to_owned(),
            name: format!("{symbol} Inc."),
            currency: "USD".to_owned(),
            sector: None,
            attributes: Vec::new(),
            bars: Vec::new(),
            events: Vec::new(),
            quote: None,
            facts: Vec::new(),
            upstream: Vec::new(),
        }
    }

    /// stock, adr, etf, …, unknown.
    pub fn kind(self, kind: &str) -> Self {
        Self { kind: kind.to_owned(), ..self }
    }

    /// active, halted, suspended, delisted, test, unknown.
    pub fn status(self, status: &str) -> Self {
        Self { status: status.to_owned(), ..self }
    }

    /// Market identifier code of its venue, "" for none that is known.
    pub fn mic(self, mic: &str) -> Self {
        Self { mic: mic.to_owned(), ..self }
    }

    /// Name of the security.
    pub fn name(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// ISO 4217.
    pub fn currency(self, currency: &str) -> Self {
        Self { currency: currency.to_owned(), ..self }
    }

    /// Its sector.
    pub fn sector(self, sector: &str) -> Self {
        Self { sector: Some(sector.to_owned()), ..self }
    }

    /// Anything else that a directory may say.
    pub fn attribute(mut self, name: &str, text: &str) -> Self {
        self.attributes.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Its bars at one timeframe.
    pub fn bars(mut self, timeframe: &str, series: Series) -> Self {
        self.bars.push((timeframe.to_owned(), series));
        self
    }

    /// Something that became known about it.
    pub fn event(mut self, event: Happening) -> Self {
        self.events.push(event);
        self
    }

    /// Its newest quote.
    pub fn quote(self, quote: Quote) -> Self {
        Self { quote: Some(quote), ..self }
    }

    /// A number known of it.
    pub fn fact(mut self, name: &str, number: f64) -> Self {
        self.facts.push((name.to_owned(), number));
        self
    }

    /// What another layer said of it: `score` or one of that layer's measures.
    pub fn upstream(mut self, layer: &str, measure: &str, number: f64) -> Self {
        self.upstream.push((layer.to_owned(), measure.to_owned(), number));
        self
    }

    pub(super) fn series(&self, timeframe: &str) -> Option<&Series> {
        self.bars.iter().find(|(known, _)| known == timeframe).map(|(_, series)| series)
    }
}

/// An event in the making.
#[derive(Debug, Clone)]
pub struct Happening {
    pub(super) kind: String,
    pub(super) known_at: Instant,
    pub(super) effective_at: Instant,
    pub(super) headline: String,
    pub(super) numbers: Vec<(String, f64)>,
    pub(super) attributes: Vec<(String, String)>,
}

impl Happening {
    /// An event of this kind, known and effective at this instant.
    pub fn new(kind: &str, known_at: Instant) -> Self {
        Self {
            kind: kind.to_owned(),
            known_at,
            effective_at: known_at,
            headline: String::new(),
            numbers: Vec::new(),
            attributes: Vec::new(),
        }
    }

    /// When it takes effect.
    pub fn effective_at(self, instant: Instant) -> Self {
        Self { effective_at: instant, ..self }
    }

    /// One line for a human.
    pub fn headline(self, headline: &str) -> Self {
        Self { headline: headline.to_owned(), ..self }
    }

    /// One of its figures.
    pub fn number(mut self, name: &str, number: f64) -> Self {
        self.numbers.push((name.to_owned(), number));
        self
    }

    /// One of its texts.
    pub fn attribute(mut self, name: &str, text: &str) -> Self {
        self.attributes.push((name.to_owned(), text.to_owned()));
        self
    }
}

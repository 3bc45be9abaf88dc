//! Events and quotes, as views, and where those of one instrument are found.

use crate::Instant;
use crate::bindings::types as raw;

/// Something that became known about an instrument.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a>(&'a raw::Event);

impl<'a> Event<'a> {
    /// Stable identity of the event within its source; an alert's evidence.
    pub fn id(&self) -> &'a str {
        &self.0.id
    }

    /// earnings, news, insider, dividend, split, halt, … (open).
    pub fn kind(&self) -> &'a str {
        &self.0.kind
    }

    /// When it became public.
    pub fn known_at(&self) -> Instant {
        self.0.known_at
    }

    /// When it takes effect, often in the future.
    pub fn effective_at(&self) -> Instant {
        self.0.effective_at
    }

    /// One line for a human.
    pub fn headline(&self) -> &'a str {
        &self.0.headline
    }

    /// Who reported it.
    pub fn source(&self) -> &'a str {
        &self.0.source
    }

    /// One of its figures, e.g. eps-estimate; none when absent or NaN.
    pub fn number(&self, name: &str) -> Option<f64> {
        let number = self.0.numbers.iter().find(|(known, _)| known == name).map(|&(_, number)| number);
        number.filter(|number| !number.is_nan())
    }

    /// One of its texts.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.0.attributes.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }
}

/// The newest quote of the venue's newest session (its pre-market included) that was known at the as-of instant. Prices in
/// the instrument's currency, sizes in shares; those from before a split are told in the shares of the instant. NaN: nobody
/// says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quote {
    /// When it became known.
    pub at: Instant,
    /// Best price that somebody buys at; 0: nobody does.
    pub bid: f64,
    /// Best price that somebody sells at; 0: nobody does.
    pub ask: f64,
    /// Shares wanted at the bid.
    pub bid_size: f64,
    /// Shares offered at the ask.
    pub ask_size: f64,
    /// Price of the newest trade by then.
    pub last: f64,
}

impl Quote {
    /// From bid to ask, in percent of the middle between them. None unless somebody bids and somebody asks, and not less.
    pub fn spread(&self) -> Option<f64> {
        let spread = 100.0 * (self.ask - self.bid) / f64::midpoint(self.bid, self.ask);
        (self.bid > 0.0 && spread.is_finite() && spread >= 0.0).then_some(spread)
    }
}

/// Events in the order of their instruments, so that those of one instrument are a slice.
#[derive(Debug)]
pub(crate) struct Events(Vec<raw::Event>);

impl Events {
    pub(crate) fn new(mut events: Vec<raw::Event>) -> Self {
        if !events.is_sorted_by_key(|event| event.instrument) {
            events.sort_by_key(|event| event.instrument);
        }
        Self(events)
    }

    pub(crate) fn of(&self, instrument: usize) -> impl Iterator<Item = Event<'_>> {
        let start = self.0.partition_point(|event| (event.instrument as usize) < instrument);
        let of_instrument = move |event: &&raw::Event| event.instrument as usize == instrument;
        self.0.get(start..).unwrap_or_default().iter().take_while(of_instrument).map(Event)
    }
}

/// Quotes in the order of their instruments.
#[derive(Debug)]
pub(crate) struct Quotes(Vec<raw::Quote>);

impl Quotes {
    pub(crate) fn new(mut quotes: Vec<raw::Quote>) -> Self {
        if !quotes.is_sorted_by_key(|quote| quote.instrument) {
            quotes.sort_by_key(|quote| quote.instrument);
        }
        Self(quotes)
    }

    pub(crate) fn of(&self, instrument: usize) -> Option<Quote> {
        let at = self.0.partition_point(|quote| (quote.instrument as usize) < instrument);
        let quote = self.0.get(at).filter(|quote| quote.instrument as usize == instrument)?;
        Some(Quote {
            at: quote.at,
            bid: quote.bid,
            ask: quote.ask,
            bid_size: quote.bid_size,
            ask_size: quote.ask_size,
            last: quote.last,
        })
    }
}

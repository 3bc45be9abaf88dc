//! What a layer asks to see. Only this is copied to it, so a layer asks for little and is fast.

use crate::bindings::types as raw;

/// What a layer needs under its settings. Begins with [`Needs::none`].
#[derive(Debug, Clone)]
pub struct Needs(pub(crate) raw::Needs);

impl Needs {
    /// Nothing but the instruments' id, symbol, kind, status and venue.
    pub fn none() -> Self {
        Self(raw::Needs {
            bars: Vec::new(),
            events: Vec::new(),
            facts: Vec::new(),
            quotes: false,
            upstream: Vec::new(),
            references: Vec::new(),
            sessions: 0,
            profile: false,
            clock: false,
            packed: false,
        })
    }

    /// Bars, as often as several timeframes are wanted.
    pub fn bars(mut self, need: BarsNeed) -> Self {
        self.0.bars.push(need.0);
        self
    }

    /// Events of this kind that became known at most `known_within` seconds ago and take effect at most
    /// `effective_within` seconds ahead.
    pub fn events(mut self, kind: &str, known_within: u32, effective_within: u32) -> Self {
        self.0.events.push(raw::EventNeed { kind: kind.to_owned(), known_within, effective_within });
        self
    }

    /// A number known of the instruments: market-cap, pe, float…
    pub fn fact(mut self, name: &str) -> Self {
        self.0.facts.push(name.to_owned());
        self
    }

    /// The newest quote of each instrument.
    pub fn quotes(mut self) -> Self {
        self.0.quotes = true;
        self
    }

    /// Score and measures of another layer (`author/name`).
    pub fn upstream(mut self, layer: &str) -> Self {
        self.0.upstream.push(layer.to_owned());
        self
    }

    /// A symbol to see beside the universe, the same for every shard: a benchmark, a sector fund.
    pub fn reference(mut self, symbol: &str) -> Self {
        self.0.references.push(symbol.to_owned());
        self
    }

    /// The newest `count` sessions of each venue.
    pub fn sessions(mut self, count: u32) -> Self {
        self.0.sessions = count;
        self
    }

    /// The instruments' name, currency, sector, industry, lot, tick and attributes.
    pub fn profile(mut self) -> Self {
        self.0.profile = true;
        self
    }

    /// `as_of` as the true instant instead of the newest bar's close; equal data is then no longer equal input.
    pub fn clock(mut self) -> Self {
        self.0.clock = true;
        self
    }
}

/// Bars that a layer wants to see; adjusted for splits unless told.
#[derive(Debug, Clone)]
pub struct BarsNeed(raw::BarsNeed);

impl BarsNeed {
    /// At most `lookback` bars (at least 1) of this timeframe (1m, 5m, 15m, 30m, 1h, 1d, 1w, 1mo) and these columns
    /// (open, high, low, close, volume, vwap, trades).
    pub fn new(timeframe: &str, lookback: u32, columns: &[&str]) -> Self {
        Self(raw::BarsNeed {
            timeframe: timeframe.to_owned(),
            columns: columns.iter().map(|&column| column.to_owned()).collect(),
            time: false,
            lookback,
            adjustment: "split".to_owned(),
        })
    }

    /// Also the instant at which each bar opens.
    pub fn time(mut self) -> Self {
        self.0.time = true;
        self
    }

    /// raw, split or total.
    pub fn adjustment(mut self, adjustment: &str) -> Self {
        adjustment.clone_into(&mut self.0.adjustment);
        self
    }
}

//! Everything that a layer sees in one call, and the views on it. The batch owns the columns that came in; a view
//! is an index and a borrow, so that looking costs nothing.
//!
//! Nothing that the host hands over can make a view panic: what is out of range or of the wrong length is empty.

use crate::bars::{Bars, Table};
use crate::bindings::types as raw;
use crate::column::Numbers;
use crate::event::{Event, Events, Quote, Quotes};
use crate::venue::Venue;
use crate::{Instant, log};

/// What a layer sees in one call.
#[derive(Debug)]
pub struct Batch {
    as_of: Instant,
    venues: Vec<raw::Venue>,
    universe: Universe,
    references: Universe,
    events: Events,
    quotes: Quotes,
    facts: Vec<Numbers>,
    upstream: Vec<Upstream>,
}

#[derive(Debug)]
struct Universe {
    instruments: Vec<raw::Instrument>,
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Upstream {
    layer: String,
    columns: Vec<Numbers>,
}

impl Batch {
    pub(crate) fn new(batch: raw::Batch) -> Self {
        Self {
            as_of: batch.as_of,
            venues: batch.venues,
            universe: Universe::new(batch.universe),
            references: Universe::new(batch.references),
            events: Events::new(batch.events),
            quotes: Quotes::new(batch.quotes),
            facts: batch.facts.into_iter().map(Numbers::new).collect(),
            upstream: batch.upstream.into_iter().map(Upstream::new).collect(),
        }
    }

    /// The instant that the answer is about.
    pub fn as_of(&self) -> Instant {
        self.as_of
    }

    /// How many instruments there are to judge.
    pub fn len(&self) -> usize {
        self.universe.instruments.len()
    }

    /// Nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The instruments to judge, in the order that the answer must have.
    pub fn instruments(&self) -> impl ExactSizeIterator<Item = Instrument<'_>> + DoubleEndedIterator {
        let view = |(index, raw)| Instrument { batch: self, side: Side::Shard, index, raw };
        self.universe.instruments.iter().enumerate().map(view)
    }

    /// A symbol that the needs named as a reference; none when the host does not know it.
    pub fn reference(&self, symbol: &str) -> Option<Instrument<'_>> {
        let index = self.references.instruments.iter().position(|raw| raw.symbol == symbol)?;
        let raw = self.references.instruments.get(index)?;
        Some(Instrument { batch: self, side: Side::Reference, index, raw })
    }

    /// The permanent identity of the instrument in this row, "" when there is none.
    pub(crate) fn id(&self, row: usize) -> &str {
        self.universe.instruments.get(row).map_or("", |raw| &raw.id)
    }

    /// The venues of all instruments.
    pub fn venues(&self) -> impl ExactSizeIterator<Item = Venue<'_>> {
        self.venues.iter().map(|venue| Venue(Some(venue)))
    }
}

impl Universe {
    fn new(universe: raw::Universe) -> Self {
        Self {
            instruments: universe.instruments,
            tables: universe.bars.into_iter().map(Table::new).collect(),
        }
    }
}

impl Upstream {
    fn new(upstream: raw::Upstream) -> Self {
        Self { layer: upstream.layer, columns: upstream.columns.into_iter().map(Numbers::new).collect() }
    }
}

/// Which of the batch's two universes an instrument is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Shard,
    Reference,
}

/// One instrument: a view, cheap to copy. The texts of its profile are empty unless the needs asked for `profile`.
#[derive(Debug, Clone, Copy)]
pub struct Instrument<'a> {
    batch: &'a Batch,
    side: Side,
    index: usize,
    raw: &'a raw::Instrument,
}

impl<'a> Instrument<'a> {
    /// Permanent identity: survives a rename, differs when a ticker is reused.
    pub fn id(&self) -> &'a str {
        &self.raw.id
    }

    /// Canonical ticker, e.g. BRK.B.
    pub fn symbol(&self) -> &'a str {
        &self.raw.symbol
    }

    /// stock, adr, etf, fund, preferred, warrant, right, unit, index, forex, crypto, derivative, unknown (open).
    pub fn kind(&self) -> &'a str {
        &self.raw.kind
    }

    /// active, halted, suspended, delisted, test, unknown (open).
    pub fn status(&self) -> &'a str {
        &self.raw.status
    }

    /// Name of the security (profile).
    pub fn name(&self) -> &'a str {
        &self.raw.name
    }

    /// ISO 4217 (profile).
    pub fn currency(&self) -> &'a str {
        &self.raw.currency
    }

    /// Sector by the directory's own scheme (profile).
    pub fn sector(&self) -> Option<&'a str> {
        self.raw.sector.as_deref()
    }

    /// Industry by the directory's own scheme (profile).
    pub fn industry(&self) -> Option<&'a str> {
        self.raw.industry.as_deref()
    }

    /// Smallest tradable quantity in shares (profile).
    pub fn lot(&self) -> Option<f64> {
        Some(self.raw.lot).filter(|lot| !lot.is_nan())
    }

    /// Price step in the instrument's currency (profile).
    pub fn tick(&self) -> Option<f64> {
        Some(self.raw.tick).filter(|tick| !tick.is_nan())
    }

    /// Anything else that the directory says (profile).
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.raw.attributes.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str())
    }

    /// Where it trades.
    pub fn venue(&self) -> Venue<'a> {
        Venue(self.batch.venues.get(self.raw.venue as usize))
    }

    /// Its bars at this timeframe; empty when it has none. With two needs of one timeframe: the first.
    pub fn bars(&self, timeframe: &str) -> Bars<'a> {
        let table = self.tables().iter().find(|table| table.timeframe() == timeframe);
        if table.is_none() && self.index == 0 {
            log::warn(format!("there are no bars {timeframe}: ask for them in needs()"));
        }
        Bars::of(table, self.index, self.venue(), self.batch.as_of)
    }

    /// Its bars by the n-th entry (from 0) of the needs' bars.
    pub fn bars_of_need(&self, n: usize) -> Bars<'a> {
        Bars::of(self.tables().get(n), self.index, self.venue(), self.batch.as_of)
    }

    /// Its events of this kind.
    pub fn events(&self, kind: &str) -> impl Iterator<Item = Event<'a>> {
        let events = (self.side == Side::Shard).then(|| self.batch.events.of(self.index));
        events.into_iter().flatten().filter(move |event| event.kind() == kind)
    }

    /// Its newest quote; none when nobody quoted anything since the newest session of its venue began.
    pub fn quote(&self) -> Option<Quote> {
        if self.side == Side::Shard { self.batch.quotes.of(self.index) } else { None }
    }

    /// A number known of it; none when unknown.
    pub fn fact(&self, name: &str) -> Option<f64> {
        self.in_column(&self.batch.facts, name)
    }

    /// What another layer (`author/name`) said of it: `score` or one of that layer's measures; none when it did not.
    pub fn upstream(&self, layer: &str, measure: &str) -> Option<f64> {
        let upstream = self.batch.upstream.iter().find(|upstream| upstream.layer == layer)?;
        self.in_column(&upstream.columns, measure)
    }

    /// Facts and upstream columns are of the shard only.
    fn in_column(&self, columns: &[Numbers], name: &str) -> Option<f64> {
        if self.side == Side::Reference {
            return None;
        }
        columns.iter().find(|column| column.name == name)?.known(self.index)
    }

    fn tables(&self) -> &'a [Table] {
        match self.side {
            Side::Shard => &self.batch.universe.tables,
            Side::Reference => &self.batch.references.tables,
        }
    }

    pub(crate) fn index(&self) -> u32 {
        u32::try_from(self.index).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;

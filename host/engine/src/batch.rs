//! What a layer sees in one call: read from the snapshot by its needs, nothing more, then lent to the sandbox
//! without copying a column.

use crate::plan::Sight;
use sluice_market::{
    BarRequest, Bars, Event, EventRequest, Instant, Instrument, MarketError, Quote, Snapshot, Symbol,
};
use sluice_runtime as sandbox;

/// Bars and other columns of some instruments, as read for one layer.
pub(crate) struct Reading {
    instruments: Vec<usize>,
    bars: Vec<Bars>,
}

impl Reading {
    /// Reads what `sight` asks for of these instruments (positions in the snapshot).
    pub(crate) fn read(
        snapshot: &Snapshot,
        sight: &Sight,
        instruments: &[usize],
        max_age: Option<u32>,
    ) -> Result<Self, MarketError> {
        let read = |plan: &crate::plan::BarsPlan| {
            snapshot.read(
                instruments,
                &BarRequest {
                    timeframe: plan.timeframe,
                    columns: &plan.columns,
                    time: plan.time,
                    lookback: plan.lookback,
                    max_age,
                    adjustment: plan.adjustment,
                },
            )
        };
        let bars = sight.bars.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { instruments: instruments.to_vec(), bars })
    }

    /// Positions in the snapshot of those whose data was too old to be shown.
    pub(crate) fn stale(&self) -> Vec<usize> {
        let mut stale: Vec<usize> = self
            .bars
            .iter()
            .flat_map(|bars| &bars.stale)
            .filter_map(|at| self.instruments.get(*at as usize).copied())
            .collect();
        stale.sort_unstable();
        stale.dedup();
        stale
    }

    /// Whether there is a bar of an instrument (a position in the snapshot).
    fn has_bars(&self, instrument: usize) -> bool {
        let Some(at) = self.instruments.iter().position(|known| *known == instrument) else { return false };
        let rows = |bars: &Bars| bars.starts.get(at).zip(bars.starts.get(at + 1)).is_some_and(|(a, b)| a < b);
        self.bars.iter().any(rows)
    }

    /// What was read for one need of the bars.
    pub(crate) fn bars(&self) -> &[Bars] {
        &self.bars
    }

    /// `indices` are those that the instruments belonged to, as far as anybody asks.
    pub(crate) fn universe<'a>(
        &'a self,
        snapshot: &'a Snapshot,
        sight: &'a Sight,
        indices: &[Vec<&'a str>],
    ) -> sandbox::Universe<'a> {
        let instruments = views(snapshot, sight, &self.instruments, indices);
        let bars = self
            .bars
            .iter()
            .zip(&sight.needs.bars)
            .map(|(bars, need)| sandbox::Bars {
                timeframe: &need.timeframe,
                starts: &bars.starts,
                time: &bars.time,
                columns: columns(&need.columns, &bars.columns),
            })
            .collect();
        sandbox::Universe { instruments, bars }
    }
}

/// The instruments at these positions as the layer sees them. `indices` are those that they belonged to, as far as
/// anybody asks.
pub(crate) fn views<'a>(
    snapshot: &'a Snapshot,
    sight: &Sight,
    positions: &[usize],
    indices: &[Vec<&'a str>],
) -> Vec<sandbox::Instrument<'a>> {
    let known = snapshot.instruments();
    let member_of = indices.iter().map(Vec::as_slice).chain(std::iter::repeat(&[][..]));
    positions
        .iter()
        .zip(member_of)
        .filter_map(|(at, indices)| known.get(*at).map(|instrument| (at, instrument, indices)))
        .map(|(at, instrument, indices)| {
            view(instrument, indices, snapshot.venue_of(*at), sight.needs.profile)
        })
        .collect()
}

/// The references of a layer that the market has, in the order in which the layer named them.
pub(crate) fn references(
    snapshot: &Snapshot,
    sight: &Sight,
    max_age: Option<u32>,
) -> Result<Reading, MarketError> {
    let named = sight.needs.references.iter();
    let instruments: Vec<usize> = named.filter_map(|text| reference(snapshot, text)).collect();
    Reading::read(snapshot, sight, &instruments, max_age)
}

/// The references that a layer named but does not see: the market does not have them, or no bar of what it asks for.
pub(crate) fn unseen_references<'a>(
    snapshot: &Snapshot,
    sight: &'a Sight,
    references: &Reading,
) -> Vec<&'a str> {
    let is_seen = |text: &str| {
        reference(snapshot, text).is_some_and(|at| sight.bars.is_empty() || references.has_bars(at))
    };
    sight.needs.references.iter().map(String::as_str).filter(|text| !is_seen(text)).collect()
}

fn reference(snapshot: &Snapshot, text: &str) -> Option<usize> {
    Symbol::spelled(text).ok().and_then(|symbol| snapshot.find(&symbol))
}

/// What an earlier layer said: columns by name, score first, then its measures.
pub(crate) struct Said {
    pub(crate) layer: String,
    pub(crate) columns: Vec<(String, Vec<f64>)>,
}

/// What was told of a shard's instruments up to the instant of the scan.
pub(crate) struct Told<'a> {
    events: Vec<Event<'a>>,
    /// One column for each fact that the layer asked for.
    facts: Vec<Vec<f64>>,
    /// The newest ones, in the order of the instruments; empty unless the layer asked for quotes.
    quotes: Vec<Quote>,
    /// Of each instrument the indices that it belonged to; empty unless the layer asked for profiles.
    indices: Vec<Vec<&'a str>>,
}

impl<'a> Told<'a> {
    /// Reads what `sight` asks for of these instruments (positions in the snapshot).
    ///
    /// Everything that was known at the scan's instant is shown, but the windows of events are counted from the
    /// instant that the layer is told: without a clock equal data gives equal input, whenever it is asked.
    pub(crate) fn read(
        snapshot: &'a Snapshot,
        sight: &Sight,
        instruments: &[usize],
    ) -> Result<Self, MarketError> {
        let around = Instant::from_millis(instant(snapshot, sight));
        let mut events = Vec::new();
        for need in &sight.needs.events {
            let request = EventRequest {
                kind: &need.kind,
                around,
                known_within: need.known_within,
                effective_within: need.effective_within,
            };
            events.extend(snapshot.events(instruments, &request)?);
        }
        if sight.needs.events.len() > 1 {
            let order = |event: &Event<'a>| (event.instrument, event.known_at, event.kind, event.id);
            events.sort_by(|a, b| order(a).cmp(&order(b)));
            // two needs for one kind may both have found it
            events.dedup_by(|a, b| order(a) == order(b));
        }
        let facts = sight.needs.facts.iter().map(|name| snapshot.facts(instruments, name));
        let quotes = if sight.needs.quotes { snapshot.quotes(instruments)? } else { Vec::new() };
        let indices = match sight.needs.profile {
            true => instruments.iter().map(|at| snapshot.indices(*at)).collect::<Result<_, _>>()?,
            false => Vec::new(),
        };
        Ok(Self { events, facts: facts.collect::<Result<_, _>>()?, quotes, indices })
    }

    /// One column for each fact that the layer asked for.
    pub(crate) fn facts(&self) -> &[Vec<f64>] {
        &self.facts
    }

    /// In the order of the instruments.
    pub(crate) fn quotes(&self) -> Vec<sandbox::Quote> {
        self.quotes.iter().map(quote).collect()
    }

    /// Of each instrument the indices that it belonged to.
    pub(crate) fn indices(&self) -> &[Vec<&'a str>] {
        &self.indices
    }

    /// In the order of the instruments.
    pub(crate) fn events(&self) -> Vec<sandbox::Event<'_>> {
        self.events.iter().map(event).collect()
    }
}

/// The batch of one call. `venues` are the same for every shard of a layer.
pub(crate) fn batch<'a>(
    snapshot: &'a Snapshot,
    sight: &'a Sight,
    venues: &[sandbox::Venue<'a>],
    shard: &'a Reading,
    references: &'a Reading,
    told: &'a Told<'a>,
    upstream: &'a [Said],
) -> sandbox::Batch<'a> {
    let said = |said: &'a Said| sandbox::Upstream {
        layer: &said.layer,
        columns: said.columns.iter().map(|(name, values)| sandbox::Column { name, values }).collect(),
    };
    sandbox::Batch {
        as_of: instant(snapshot, sight),
        packed: sight.needs.packed,
        venues: venues.to_vec(),
        universe: shard.universe(snapshot, sight, &told.indices),
        references: references.universe(snapshot, sight, &[]),
        events: told.events(),
        quotes: told.quotes(),
        facts: columns(&sight.needs.facts, &told.facts),
        upstream: upstream.iter().map(said).collect(),
    }
}

/// The venues with their clocks, as this layer asked for them.
pub(crate) fn venues<'a>(snapshot: &'a Snapshot, sight: &Sight) -> Vec<sandbox::Venue<'a>> {
    let at = Instant::from_millis(instant(snapshot, sight));
    snapshot
        .calendars()
        .iter()
        .map(|calendar| sandbox::Venue {
            mic: calendar.mic(),
            zone: calendar.zone(),
            phase: calendar.phase(at).as_str(),
            sessions: calendar
                .sessions_until(at, sight.needs.sessions as usize)
                .iter()
                .map(session)
                .collect(),
        })
        .collect()
}

/// The close of the newest bar, so that equal data is equal input; the real instant for a layer with a clock.
pub(crate) fn instant(snapshot: &Snapshot, sight: &Sight) -> i64 {
    if sight.needs.clock { snapshot.as_of() } else { snapshot.data_until().unwrap_or(snapshot.as_of()) }
        .millis()
}

fn event<'a>(event: &'a Event<'_>) -> sandbox::Event<'a> {
    sandbox::Event {
        id: event.id,
        instrument: event.instrument,
        kind: event.kind,
        known_at: event.known_at.millis(),
        effective_at: event.effective_at.millis(),
        headline: event.headline,
        source: event.source,
        numbers: &event.numbers,
        attributes: &event.attributes,
    }
}

fn quote(quote: &Quote) -> sandbox::Quote {
    sandbox::Quote {
        instrument: quote.instrument,
        at: quote.at.millis(),
        bid: quote.bid,
        ask: quote.ask,
        bid_size: quote.bid_size,
        ask_size: quote.ask_size,
        last: quote.last,
    }
}

fn columns<'a>(names: &'a [String], values: &'a [Vec<f64>]) -> Vec<sandbox::Column<'a>> {
    names.iter().zip(values).map(|(name, values)| sandbox::Column { name, values }).collect()
}

fn view<'a>(
    instrument: &'a Instrument,
    indices: &[&'a str],
    venue: usize,
    profile: bool,
) -> sandbox::Instrument<'a> {
    let own = instrument.attributes.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let attributes = own.chain(indices.iter().map(|index| ("index", *index))).filter(|_| profile);
    let shown = |text: &'a str| if profile { text } else { "" };
    sandbox::Instrument {
        id: instrument.id.as_str(),
        symbol: instrument.symbol.as_str(),
        name: shown(&instrument.name),
        venue: u32::try_from(venue).unwrap_or(u32::MAX),
        kind: instrument.kind.as_str(),
        status: instrument.status.as_str(),
        currency: shown(&instrument.currency),
        sector: instrument.sector.as_deref().filter(|_| profile),
        industry: instrument.industry.as_deref().filter(|_| profile),
        lot: if profile { instrument.lot } else { f64::NAN },
        tick: if profile { instrument.tick } else { f64::NAN },
        attributes: attributes.collect(),
    }
}

fn session(session: &sluice_market::Session) -> sandbox::Session {
    use chrono::Datelike;
    let date = session.date;
    sandbox::Session {
        date: u32::try_from(date.year()).unwrap_or(0) * 10_000 + date.month() * 100 + date.day(),
        pre_opens: session.pre_opens.millis(),
        opens: session.opens.millis(),
        closes: session.closes.millis(),
        post_closes: session.post_closes.millis(),
        midday_break: session.midday_break.map(|(start, end)| (start.millis(), end.millis())),
        early_close: session.early_close,
    }
}

//! The host's types → version 0.1's: only the small frames are built anew, every column stays where it is.
//!
//! The generated records borrow slices of generated records, so the frames live in [`Columns`] and [`Pieces`]
//! for as long as the call takes.

use super::wit;
use crate::model;

/// The column frames of one call, in the order that [`Pieces`] refers to them.
pub(super) struct Columns<'a> {
    universe: Vec<Vec<wit::ColumnParam<'a>>>,
    references: Vec<Vec<wit::ColumnParam<'a>>>,
    facts: Vec<wit::ColumnParam<'a>>,
    upstream: Vec<Vec<wit::ColumnParam<'a>>>,
}

impl<'a> Columns<'a> {
    pub(super) fn new(batch: &'a model::Batch<'a>, packed: &'a Packed) -> Self {
        let mut next = packed.0.iter();
        let mut frame = |column: &'a model::Column<'a>| wit::ColumnParam {
            name: column.name,
            values: match next.next() {
                Some(bytes) => wit::ValuesParam::Packed(bytes),
                None => wit::ValuesParam::Numbers(column.values),
            },
        };
        let mut frames =
            |columns: &'a [model::Column<'a>]| columns.iter().map(&mut frame).collect::<Vec<_>>();
        Self {
            universe: batch.universe.bars.iter().map(|bars| frames(&bars.columns)).collect(),
            references: batch.references.bars.iter().map(|bars| frames(&bars.columns)).collect(),
            facts: frames(&batch.facts),
            upstream: batch.upstream.iter().map(|layer| frames(&layer.columns)).collect(),
        }
    }
}

/// Little-endian bytes of every column in the order of [`Columns::new`]; empty when the layer reads numbers.
pub(super) struct Packed(Vec<Vec<u8>>);

impl Packed {
    pub(super) fn new(batch: &model::Batch<'_>) -> Self {
        if !batch.packed {
            return Self(Vec::new());
        }
        let bytes = |column: &model::Column<'_>| column.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let bars = batch.universe.bars.iter().chain(&batch.references.bars).flat_map(|bars| &bars.columns);
        let upstream = batch.upstream.iter().flat_map(|layer| &layer.columns);
        Self(bars.chain(&batch.facts).chain(upstream).map(bytes).collect())
    }
}

/// The other frames of one call.
pub(super) struct Pieces<'a> {
    sessions: Vec<Vec<wit::Session>>,
    universe: Vec<wit::Instrument<'a>>,
    universe_bars: Vec<wit::Bars<'a>>,
    references: Vec<wit::Instrument<'a>>,
    reference_bars: Vec<wit::Bars<'a>>,
    events: Vec<wit::Event<'a>>,
    quotes: Vec<wit::Quote>,
    facts: &'a [wit::ColumnParam<'a>],
    upstream: Vec<wit::Upstream<'a>>,
}

impl<'a> Pieces<'a> {
    pub(super) fn new(batch: &'a model::Batch<'a>, columns: &'a Columns<'a>) -> Self {
        Self {
            sessions: batch.venues.iter().map(|venue| venue.sessions.iter().map(session).collect()).collect(),
            universe: batch.universe.instruments.iter().map(instrument).collect(),
            universe_bars: bars(&batch.universe.bars, &columns.universe),
            references: batch.references.instruments.iter().map(instrument).collect(),
            reference_bars: bars(&batch.references.bars, &columns.references),
            events: batch.events.iter().map(event).collect(),
            quotes: batch.quotes.iter().map(quote).collect(),
            facts: &columns.facts,
            upstream: batch
                .upstream
                .iter()
                .zip(&columns.upstream)
                .map(|(upstream, columns)| wit::Upstream { layer: upstream.layer, columns })
                .collect(),
        }
    }

    /// The venues of `batch` with the sessions of this call.
    pub(super) fn venues(&'a self, batch: &'a model::Batch<'a>) -> Vec<wit::Venue<'a>> {
        let venue = |(venue, sessions): (&'a model::Venue<'a>, &'a Vec<wit::Session>)| wit::Venue {
            mic: venue.mic,
            zone: venue.zone,
            phase: venue.phase,
            sessions,
        };
        batch.venues.iter().zip(&self.sessions).map(venue).collect()
    }

    /// What goes into the call.
    pub(super) fn batch(&'a self, batch: &model::Batch<'_>, venues: &'a [wit::Venue<'a>]) -> wit::Batch<'a> {
        wit::Batch {
            as_of: batch.as_of,
            venues,
            universe: wit::Universe { instruments: &self.universe, bars: &self.universe_bars },
            references: wit::Universe { instruments: &self.references, bars: &self.reference_bars },
            events: &self.events,
            quotes: &self.quotes,
            facts: self.facts,
            upstream: &self.upstream,
        }
    }
}

fn session(session: &model::Session) -> wit::Session {
    wit::Session {
        date: session.date,
        pre_opens: session.pre_opens,
        opens: session.opens,
        closes: session.closes,
        post_closes: session.post_closes,
        break_: session.midday_break,
        early_close: session.early_close,
    }
}

fn instrument<'a>(instrument: &'a model::Instrument<'a>) -> wit::Instrument<'a> {
    wit::Instrument {
        id: instrument.id,
        symbol: instrument.symbol,
        name: instrument.name,
        venue: instrument.venue,
        kind: instrument.kind,
        status: instrument.status,
        currency: instrument.currency,
        sector: instrument.sector,
        industry: instrument.industry,
        lot: instrument.lot,
        tick: instrument.tick,
        attributes: &instrument.attributes,
    }
}

fn bars<'a>(bars: &'a [model::Bars<'a>], columns: &'a [Vec<wit::ColumnParam<'a>>]) -> Vec<wit::Bars<'a>> {
    let one = |(bars, columns): (&'a model::Bars<'a>, &'a Vec<wit::ColumnParam<'a>>)| wit::Bars {
        timeframe: bars.timeframe,
        starts: bars.starts,
        time: bars.time,
        columns,
    };
    bars.iter().zip(columns).map(one).collect()
}

fn event<'a>(event: &model::Event<'a>) -> wit::Event<'a> {
    wit::Event {
        id: event.id,
        instrument: event.instrument,
        kind: event.kind,
        known_at: event.known_at,
        effective_at: event.effective_at,
        headline: event.headline,
        source: event.source,
        numbers: event.numbers,
        attributes: event.attributes,
    }
}

fn quote(quote: &model::Quote) -> wit::Quote {
    wit::Quote {
        instrument: quote.instrument,
        at: quote.at,
        bid: quote.bid,
        ask: quote.ask,
        bid_size: quote.bid_size,
        ask_size: quote.ask_size,
        last: quote.last,
    }
}

/// The lists inside settings, whose frames must outlive the settings' own.
pub(super) struct SettingLists<'a> {
    texts: Vec<Vec<&'a str>>,
    tables: Vec<Vec<(&'a str, f64)>>,
}

impl<'a> SettingLists<'a> {
    pub(super) fn new(settings: &'a [model::Setting]) -> Self {
        let texts = |setting: &'a model::Setting| match &setting.value {
            model::Value::Texts(texts) => texts.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        let table = |setting: &'a model::Setting| match &setting.value {
            model::Value::Table(rows) => rows.iter().map(|(name, number)| (name.as_str(), *number)).collect(),
            _ => Vec::new(),
        };
        Self { texts: settings.iter().map(texts).collect(), tables: settings.iter().map(table).collect() }
    }

    /// The settings as the call takes them.
    pub(super) fn settings(&'a self, settings: &'a [model::Setting]) -> Vec<wit::Setting<'a>> {
        let mut taken = Vec::with_capacity(settings.len());
        for ((setting, texts), table) in settings.iter().zip(&self.texts).zip(&self.tables) {
            let value = match &setting.value {
                model::Value::Number(number) => wit::ValueParam::Number(*number),
                model::Value::Integer(integer) => wit::ValueParam::Integer(*integer),
                model::Value::Boolean(boolean) => wit::ValueParam::Boolean(*boolean),
                model::Value::Text(text) => wit::ValueParam::Text(text),
                model::Value::Texts(_) => wit::ValueParam::Texts(texts),
                model::Value::Table(_) => wit::ValueParam::Table(table),
            };
            taken.push(wit::Setting { name: &setting.name, value });
        }
        taken
    }
}

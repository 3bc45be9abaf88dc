//! What decides a layer's answer, as keys: the layer with its settings, what all instruments of a call share, and what
//! it sees of one of them.

use super::FORMAT;
use super::digest::{Digest, Digester};
use crate::batch::Said;
use crate::plan::{BarsPlan, PlannedLayer, Sight};
use sluice_market::{Bars, Snapshot};
use sluice_runtime::{Event, Instrument, Layer, Limits, Quote, Session, Universe, Venue, WASMTIME_VERSION};
use std::time::Duration;

/// The layer and everything about it that decides what it answers. Limits belong to it, since a call under others may
/// fault; but not the wall time, by which no call is kept that ended.
pub(crate) fn layer_key(planned: &PlannedLayer, layer: &Layer, sight: &Sight) -> Digest {
    let mut digester = Digester::new("layer");
    digester.count(FORMAT as usize);
    digester.text(env!("CARGO_PKG_VERSION"));
    digester.text(std::env::consts::ARCH);
    digester.text(WASMTIME_VERSION);
    digester.text(layer.digest());
    // their text is unambiguous: names are quoted, numbers told to the last bit
    digester.text(&format!("{:?}", planned.settings));
    digester.text(&format!("{:?}", Limits { wall: Duration::ZERO, ..planned.limits }));
    digester.text(&format!("{:?}", sight.needs));
    digester.finish()
}

/// What every call of a layer in a stage sees beside the instruments.
pub(crate) struct Shared<'a> {
    pub(crate) as_of: i64,
    pub(crate) venues: &'a [Venue<'a>],
    pub(crate) references: &'a Universe<'a>,
    pub(crate) upstream: &'a [&'a Said],
}

impl Shared<'_> {
    pub(crate) fn key(&self) -> Digest {
        let mut digester = Digester::new("shared");
        digester.integer(self.as_of);
        digester.count(self.venues.len());
        for venue in self.venues {
            digester.texts([venue.mic, venue.zone, venue.phase].into_iter());
            digester.count(venue.sessions.len());
            venue.sessions.iter().for_each(|of| session(&mut digester, of));
        }
        digester.count(self.references.instruments.len());
        self.references.instruments.iter().for_each(|of| instrument(&mut digester, of));
        digester.count(self.references.bars.len());
        for bars in &self.references.bars {
            digester.text(bars.timeframe);
            let starts: Vec<i64> = bars.starts.iter().map(|start| i64::from(*start)).collect();
            digester.integers(&starts);
            digester.integers(bars.time);
            bars.columns.iter().for_each(|column| digester.numbers(column.values));
        }
        digester.count(self.upstream.len());
        for said in self.upstream {
            digester.text(&said.layer);
            digester.texts(said.columns.iter().map(|(name, _)| name.as_str()));
        }
        digester.finish()
    }
}

fn session(digester: &mut Digester, session: &Session) {
    let Session { date, pre_opens, opens, closes, post_closes, midday_break, early_close } = *session;
    digester.count(date as usize);
    digester.integers(&[pre_opens, opens, closes, post_closes]);
    digester.flag(midday_break.is_some());
    let (start, end) = midday_break.unwrap_or_default();
    digester.integers(&[start, end]);
    digester.flag(early_close);
}

/// Everything that the contract says of an instrument.
pub(crate) fn instrument(digester: &mut Digester, instrument: &Instrument<'_>) {
    let Instrument {
        id,
        symbol,
        name,
        venue,
        kind,
        status,
        currency,
        sector,
        industry,
        lot,
        tick,
        attributes,
    } = instrument;
    digester.texts([*id, symbol, name, kind, status, currency].into_iter());
    digester.count(*venue as usize);
    digester.optional(*sector);
    digester.optional(*industry);
    digester.number(*lot);
    digester.number(*tick);
    digester.count(attributes.len());
    for (name, text) in attributes {
        digester.text(name);
        digester.text(text);
    }
}

/// An event, but for the number of its instrument, which depends on who is asked about beside it.
pub(crate) fn event(digester: &mut Digester, event: &Event<'_>) {
    let Event { id, instrument: _, kind, known_at, effective_at, headline, source, numbers, attributes } =
        event;
    digester.texts([*id, kind, headline, source].into_iter());
    digester.integers(&[*known_at, *effective_at]);
    digester.count(numbers.len());
    for (name, number) in *numbers {
        digester.text(name);
        digester.number(*number);
    }
    digester.count(attributes.len());
    for (name, text) in *attributes {
        digester.text(name);
        digester.text(text);
    }
}

/// A quote, but for the number of its instrument.
pub(crate) fn quote(digester: &mut Digester, quote: &Quote) {
    let Quote { instrument: _, at, bid, ask, bid_size, ask_size, last } = *quote;
    digester.integer(at);
    [bid, ask, bid_size, ask_size, last].into_iter().for_each(|number| digester.number(number));
}

/// The bars of the instrument at a place of a reading.
pub(crate) fn bars(digester: &mut Digester, bars: &Bars, at: usize) -> Digest {
    let start = digester.mark();
    let place = |at: usize| bars.starts.get(at).map_or(0, |row| *row as usize);
    let rows = place(at)..place(at + 1);
    digester.integers(bars.time.get(rows.clone()).unwrap_or_default());
    digester.count(rows.len());
    for column in &bars.columns {
        digester.numbers(column.get(rows.clone()).unwrap_or_default());
    }
    let digest = digester.finish();
    digester.back_to(start);
    digest
}

/// What decides the bars that are read for a need: with the same one, an instrument's are the same without looking.
pub(crate) fn bars_key(snapshot: &Snapshot, plan: &BarsPlan, max_age: Option<u32>) -> Digest {
    let mut digester = Digester::new("bars");
    digester.count(FORMAT as usize);
    digester.text(env!("CARGO_PKG_VERSION"));
    digester.text(snapshot.market_digest());
    digester.text(&format!("{:?}", snapshot.calendar_changes()));
    digester.integer(snapshot.as_of().millis());
    digester.text(&format!("{plan:?}"));
    digester.integer(max_age.map_or(-1, i64::from));
    digester.finish()
}

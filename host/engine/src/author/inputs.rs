//! What a layer sees of one instrument, for an author who wonders why it says what it says.

use super::error::AuthorError;
use super::subject::Subject;
use crate::batch::{self, Reading, Told};
use crate::explain::SawQuote;
use serde::Serialize;
use sluice_market::{Instant, Snapshot};

/// Newest bars that are shown of each timeframe.
const SHOWN_BARS: usize = 3;
/// Most events that are shown.
const SHOWN_EVENTS: usize = 20;

/// What a layer sees of an instrument.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// Ticker.
    pub symbol: String,
    /// Kind of the security.
    pub kind: String,
    /// Its status.
    pub status: String,
    /// The instant that the layer is told, RFC 3339.
    pub as_of: String,
    /// One for each need for bars.
    pub bars: Vec<SeenBars>,
    /// Events, the newest last; at most some.
    pub events: Vec<SeenEvent>,
    /// Facts by name; none: not known.
    pub facts: Vec<(String, Option<f64>)>,
    /// The newest quote; none unless the layer asks for quotes and there is one.
    pub quote: Option<SawQuote>,
    /// References that the market has, with their bars.
    pub references: Vec<(String, usize)>,
}

/// Bars of one timeframe.
#[derive(Debug, Serialize)]
pub struct SeenBars {
    /// Timeframe.
    pub timeframe: String,
    /// How many it sees.
    pub count: usize,
    /// How many it asked for.
    pub lookback: u32,
    /// Numbers that are missing.
    pub missing: usize,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The newest bars: when they opened (when the layer asked for it) and their columns; none: missing.
    pub newest: Vec<(Option<String>, Vec<Option<f64>>)>,
}

/// An event.
#[derive(Debug, Serialize)]
pub struct SeenEvent {
    /// Kind.
    pub kind: String,
    /// When it became known, RFC 3339.
    pub known_at: String,
    /// Headline.
    pub headline: String,
    /// Figures by name.
    pub numbers: Vec<(String, f64)>,
}

/// What the layer sees of an instrument (a position in the snapshot).
///
/// # Errors
/// When the data cannot be read.
pub fn seen(subject: &Subject, snapshot: &Snapshot, instrument: usize) -> Result<Seen, AuthorError> {
    let sight = &subject.sight;
    let (one, none) = ([instrument], []);
    let reading = Reading::read(snapshot, sight, &one, None)?;
    let references = batch::references(snapshot, sight, None)?;
    let told = Told::read(snapshot, sight, &one)?;
    let venues = batch::venues(snapshot, sight);
    let batch = batch::batch(snapshot, sight, &venues, &reading, &references, &told, &none);
    let known = |number: &f64| Some(*number).filter(|number| !number.is_nan());
    let bars = batch.universe.bars.iter().zip(&sight.bars).map(|(bars, plan)| {
        let count = bars.columns.first().map_or(bars.time.len(), |column| column.values.len());
        let newest = (count.saturating_sub(SHOWN_BARS)..count).map(|row| {
            let open = bars.time.get(row).map(|millis| Instant::from_millis(*millis).to_string());
            (open, bars.columns.iter().map(|column| column.values.get(row).and_then(known)).collect())
        });
        SeenBars {
            timeframe: bars.timeframe.to_owned(),
            count,
            lookback: plan.lookback,
            missing: bars
                .columns
                .iter()
                .flat_map(|column| column.values)
                .filter(|number| number.is_nan())
                .count(),
            columns: bars.columns.iter().map(|column| column.name.to_owned()).collect(),
            newest: newest.collect(),
        }
    });
    let events = batch.events.iter().rev().take(SHOWN_EVENTS).rev().map(|event| SeenEvent {
        kind: event.kind.to_owned(),
        known_at: Instant::from_millis(event.known_at).to_string(),
        headline: event.headline.to_owned(),
        numbers: event.numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
    });
    let facts = batch.facts.iter().map(|fact| (fact.name.to_owned(), fact.values.first().and_then(known)));
    let bars_of = |at: usize| {
        let bars = batch.references.bars.first();
        let row = |at: usize| bars.and_then(|bars| bars.starts.get(at)).map_or(0, |row| *row as usize);
        row(at + 1).saturating_sub(row(at))
    };
    let references = batch.references.instruments.iter().enumerate();
    let instrument = batch.universe.instruments.first();
    Ok(Seen {
        symbol: instrument.map_or("", |it| it.symbol).to_owned(),
        kind: instrument.map_or("", |it| it.kind).to_owned(),
        status: instrument.map_or("", |it| it.status).to_owned(),
        as_of: Instant::from_millis(batch.as_of).to_string(),
        bars: bars.collect(),
        events: events.collect(),
        facts: facts.collect(),
        quote: batch.quotes.first().map(SawQuote::of),
        references: references.map(|(at, it)| (it.symbol.to_owned(), bars_of(at))).collect(),
    })
}

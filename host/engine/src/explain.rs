//! What every layer of a scan saw, computed and said of one instrument, and why it went no further.

use crate::batch::{self, Reading, Told};
use crate::config::StageNumber;
use crate::error::EngineError;
use crate::plan::{BarsPlan, Sight};
use crate::result::{AlertResult, LayerStatus, Opinion};
use serde::Serialize;
use serde_json::Value as Json;
use sluice_market::{BarRequest, Instant, Snapshot};
use std::collections::BTreeMap;

/// One instrument's way through a scan, with reasons.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// Its ticker on the day.
    pub symbol: String,
    /// Its permanent identity.
    pub id: String,
    /// Its name, "" when unknown.
    pub name: String,
    /// Its place among the results.
    pub rank: Option<usize>,
    /// Name of the first stage that stopped it.
    pub stopped: Option<String>,
    /// Why: passed, verdict, no-opinion, fault, threshold, max-symbols.
    pub cause: &'static str,
    /// The score that decided: of the stage that stopped it, else of the last one.
    pub score: Option<f64>,
    /// Every stage, in order.
    pub stages: Vec<ExplainedStage>,
}

/// A stage of its way.
#[derive(Debug, Serialize)]
pub struct ExplainedStage {
    /// Its number.
    pub number: StageNumber,
    /// Its name.
    pub name: String,
    /// Whether the instrument came into it.
    pub reached: bool,
    /// Whether it got through.
    pub passed: bool,
    /// What the layers' scores came to.
    pub score: Option<f64>,
    /// Least score.
    pub threshold: Option<f64>,
    /// Most survivors.
    pub max_symbols: Option<u32>,
    /// Its layers; empty unless the instrument came into it.
    pub layers: Vec<ExplainedLayer>,
}

/// A layer that was asked about it.
#[derive(Debug, Serialize)]
pub struct ExplainedLayer {
    /// author/name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// How it fared in the scan.
    pub status: LayerStatus,
    /// Why it faulted or was not called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Every setting that it was asked with.
    pub settings: BTreeMap<String, Json>,
    /// What it saw; none when it was not called.
    pub saw: Option<Saw>,
    /// What it said; none of a layer that judges the market only, or said nothing.
    pub outcome: Option<Opinion>,
    /// 0–100.
    pub score: Option<f64>,
    /// Rank of that score among all of the layer's own, 0–100.
    pub percentile: Option<f64>,
    /// Why.
    pub reason: Option<String>,
    /// What it computed; none where it had no number.
    pub measures: BTreeMap<String, Option<f64>>,
    /// The alerts that it raised on the instrument.
    pub alerts: Vec<AlertResult>,
}

/// What a layer sees of one instrument.
#[derive(Debug, Serialize)]
pub struct Saw {
    /// The instant that it was told.
    pub as_of: Instant,
    /// One for each of its needs.
    pub bars: Vec<SawBars>,
    /// Events, oldest first.
    pub events: Vec<SawEvent>,
    /// Facts by name; none where nothing is known.
    pub facts: BTreeMap<String, Option<f64>>,
    /// Whether it asked for quotes.
    pub asked_for_quotes: bool,
    /// The newest quote; none unless it asked for quotes and somebody quoted something in the newest session.
    pub quote: Option<SawQuote>,
    /// What earlier layers said, by layer.
    pub upstream: BTreeMap<String, BTreeMap<String, Option<f64>>>,
    /// References that it asked for and the market has.
    pub references: Vec<String>,
}

/// Bars that a layer sees.
#[derive(Debug, Serialize)]
pub struct SawBars {
    /// 1d, …
    pub timeframe: &'static str,
    /// Raw, adjusted for splits, or for dividends too.
    pub adjustment: String,
    /// Most bars back that it asked for.
    pub lookback: u32,
    /// Bars that there are.
    pub count: usize,
    /// Open of the oldest.
    pub first: Option<Instant>,
    /// Open of the newest.
    pub last: Option<Instant>,
    /// Its data was too old for the stage, so that it counts as missing.
    pub too_old: bool,
    /// The newest bar, by the columns asked for.
    pub newest: BTreeMap<String, f64>,
}

/// An event that a layer sees.
#[derive(Debug, Serialize)]
pub struct SawEvent {
    /// What it is.
    pub kind: String,
    /// When it became public.
    pub known_at: Instant,
    /// When it takes effect.
    pub effective_at: Instant,
    /// One line.
    pub headline: String,
    /// Its figures.
    pub numbers: BTreeMap<String, f64>,
}

/// A quote that a layer sees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SawQuote {
    /// When it became known.
    pub at: Instant,
    /// Price in the instrument's currency; 0: nobody bid.
    pub bid: Option<f64>,
    /// Price in the instrument's currency; 0: nobody asked.
    pub ask: Option<f64>,
    /// Shares.
    pub bid_size: Option<f64>,
    /// Shares.
    pub ask_size: Option<f64>,
    /// Price of the newest trade by then.
    pub last: Option<f64>,
}

/// Reads again what a layer saw of the instrument at a position. `upstream`: what earlier layers said of it.
///
/// # Errors
/// When the data cannot be read.
pub(crate) fn seen(
    snapshot: &Snapshot,
    sight: &Sight,
    position: usize,
    max_age: Option<u32>,
    upstream: BTreeMap<String, BTreeMap<String, Option<f64>>>,
) -> Result<Saw, EngineError> {
    let told = Told::read(snapshot, sight, &[position])?;
    let value = |column: &Vec<f64>| column.first().copied().and_then(crate::result::known);
    let bars = sight.bars.iter().map(|plan| seen_bars(snapshot, plan, position, max_age));
    let found = batch::references(snapshot, sight, max_age)?;
    Ok(Saw {
        as_of: Instant::from_millis(batch::instant(snapshot, sight)),
        bars: bars.collect::<Result<_, _>>()?,
        events: told.events().iter().map(event).collect(),
        facts: sight.needs.facts.iter().cloned().zip(told.facts().iter().map(value)).collect(),
        asked_for_quotes: sight.needs.quotes,
        quote: told.quotes().first().map(SawQuote::of),
        upstream,
        references: symbols(snapshot, sight, &found),
    })
}

fn symbols(snapshot: &Snapshot, sight: &Sight, found: &Reading) -> Vec<String> {
    let universe = found.universe(snapshot, sight, &[]);
    universe.instruments.iter().map(|instrument| instrument.symbol.to_owned()).collect()
}

fn seen_bars(
    snapshot: &Snapshot,
    plan: &BarsPlan,
    position: usize,
    max_age: Option<u32>,
) -> Result<SawBars, EngineError> {
    let bars = snapshot.read(
        &[position],
        &BarRequest {
            timeframe: plan.timeframe,
            columns: &plan.columns,
            // whether it asked for them or not: people want to know
            time: true,
            lookback: plan.lookback,
            max_age,
            adjustment: plan.adjustment,
        },
    )?;
    let newest = plan.columns.iter().zip(&bars.columns);
    let newest = newest.filter_map(|(column, values)| Some((column.as_str().to_owned(), *values.last()?)));
    Ok(SawBars {
        timeframe: plan.timeframe.as_str(),
        adjustment: plan.adjustment.as_str().to_owned(),
        lookback: plan.lookback,
        count: bars.time.len(),
        first: bars.time.first().map(|open| Instant::from_millis(*open)),
        last: bars.time.last().map(|open| Instant::from_millis(*open)),
        too_old: !bars.stale.is_empty(),
        newest: newest.collect(),
    })
}

fn event(event: &sluice_runtime::Event<'_>) -> SawEvent {
    SawEvent {
        kind: event.kind.to_owned(),
        known_at: Instant::from_millis(event.known_at),
        effective_at: Instant::from_millis(event.effective_at),
        headline: event.headline.to_owned(),
        numbers: event.numbers.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect(),
    }
}

impl SawQuote {
    pub(crate) fn of(quote: &sluice_runtime::Quote) -> Self {
        use crate::result::known;
        Self {
            at: Instant::from_millis(quote.at),
            bid: known(quote.bid),
            ask: known(quote.ask),
            bid_size: known(quote.bid_size),
            ask_size: known(quote.ask_size),
            last: known(quote.last),
        }
    }

    /// Its numbers by name; of what nobody says none.
    #[must_use]
    pub fn numbers(&self) -> BTreeMap<String, f64> {
        let numbers = [
            ("bid", self.bid),
            ("ask", self.ask),
            ("bid-size", self.bid_size),
            ("ask-size", self.ask_size),
            ("last", self.last),
        ];
        numbers.into_iter().filter_map(|(name, number)| Some((name.to_owned(), number?))).collect()
    }
}

//! The figures of the instruments of a result, computed over their newest daily bars, as the scan's instant knew them.

use super::Cell;
use super::column::{Column, What};
use crate::error::EngineError;
use crate::result::{AlertResult, InstrumentResult};
use sluice_market::{
    Adjustment, BarColumn, BarRequest, Bars, Instant, Instrument, MarketError, Quote, Snapshot, Timeframe,
};
use sluice_screen::{Sight, Wants};
use std::collections::BTreeMap;

/// Closes of a sparkline.
const SPARK_CLOSES: usize = 20;
/// Instruments whose bars are read at once, so that a long list costs no more memory than a short one.
const AT_ONCE: usize = 256;

/// One row per result, with a cell for each column.
pub(super) fn cells(
    results: &[InstrumentResult],
    alerts: &[AlertResult],
    snapshot: &Snapshot,
    columns: &[&Column],
) -> Result<Vec<Vec<Cell>>, EngineError> {
    let needs = Needs::of(columns);
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for symbol in alerts.iter().filter_map(|alert| alert.symbol.as_deref()) {
        *counts.entry(symbol).or_default() += 1;
    }
    let mut rows = Vec::with_capacity(results.len());
    for part in results.chunks(AT_ONCE) {
        let known = Known::read(snapshot, &needs, part)?;
        for (at, result) in part.iter().enumerate() {
            let alerts = counts.get(result.symbol.as_str()).copied().unwrap_or_default();
            let seen = known.of(snapshot, &needs, at, result);
            rows.push(columns.iter().map(|column| cell(column, result, alerts, seen.as_ref())).collect());
        }
    }
    Ok(rows)
}

fn cell(column: &Column, result: &InstrumentResult, alerts: u32, seen: Option<&Seen<'_>>) -> Cell {
    let number = |value: Option<f64>| value.map_or(Cell::Missing, Cell::Number);
    match &column.what {
        What::Rank => Cell::Number(result.rank as f64),
        What::Symbol => Cell::Text(result.symbol.clone()),
        What::Outcome => Cell::Text(result.outcome_word().to_owned()),
        What::Score => number(result.score),
        What::Percentile => number(result.percentile),
        What::Reason => Cell::Text(result.reason.clone()),
        What::Alerts => Cell::Number(f64::from(alerts)),
        What::Date => seen.and_then(|seen| seen.date.clone()).map_or(Cell::Missing, Cell::Text),
        What::Spark => {
            let closes = seen.map(|seen| seen.column(BarColumn::Close.as_str())).unwrap_or_default();
            let newest = closes.get(closes.len().saturating_sub(SPARK_CLOSES)..).unwrap_or_default();
            if newest.is_empty() { Cell::Missing } else { Cell::Series(newest.to_vec()) }
        }
        What::Expression(screen) => {
            let Some(seen) = seen else { return Cell::Missing };
            if screen.is_text() {
                return screen.text_value(seen).map_or(Cell::Missing, Cell::Text);
            }
            match screen.value(seen) {
                value if value.is_nan() => Cell::Missing,
                value if screen.is_condition() => Cell::Truth(value > 0.0),
                value => Cell::Number(value),
            }
        }
    }
}

/// What the columns need to see.
struct Needs {
    wants: Wants,
    columns: Vec<BarColumn>,
    lookback: u32,
    dates: bool,
}

impl Needs {
    fn of(columns: &[&Column]) -> Self {
        let mut wants = Wants::default();
        let mut dates = false;
        for column in columns {
            match &column.what {
                What::Expression(screen) => wants = wants.with(screen.wants().clone()),
                What::Spark => {
                    wants.columns.insert(BarColumn::Close.as_str());
                    wants.lookback = wants.lookback.max(SPARK_CLOSES);
                }
                What::Date => {
                    wants.columns.insert(BarColumn::Close.as_str());
                    wants.lookback = wants.lookback.max(1);
                    dates = true;
                }
                _ => {}
            }
        }
        let columns = wants.columns.iter().filter_map(|name| BarColumn::parse(name).ok()).collect();
        let lookback = u32::try_from(wants.lookback).unwrap_or(u32::MAX);
        Self { wants, columns, lookback, dates }
    }
}

/// What is known of some instruments.
struct Known<'a> {
    bars: Option<Bars>,
    /// One column per fact.
    facts: Vec<(&'a str, Vec<f64>)>,
    /// In the order of the instruments.
    quotes: Vec<Quote>,
}

impl<'a> Known<'a> {
    fn read(
        snapshot: &Snapshot,
        needs: &'a Needs,
        results: &[InstrumentResult],
    ) -> Result<Self, MarketError> {
        let instruments: Vec<usize> = results.iter().map(|result| result.instrument).collect();
        let request = BarRequest {
            timeframe: Timeframe::Day,
            columns: &needs.columns,
            time: needs.dates,
            lookback: needs.lookback,
            max_age: None,
            adjustment: Adjustment::default(),
        };
        let has_days = snapshot.timeframes().contains(&Timeframe::Day) && needs.lookback > 0;
        let bars = has_days.then(|| snapshot.read(&instruments, &request)).transpose()?;
        let fact = |name: &'a String| Ok((name.as_str(), snapshot.facts(&instruments, name)?));
        let facts = needs.wants.facts.iter().map(fact).collect::<Result<_, MarketError>>()?;
        let quotes = if needs.wants.quote { snapshot.quotes(&instruments)? } else { Vec::new() };
        Ok(Self { bars, facts, quotes })
    }

    /// What is known of the one at a position.
    fn of<'b>(
        &'b self,
        snapshot: &'b Snapshot,
        needs: &'b Needs,
        at: usize,
        result: &'b InstrumentResult,
    ) -> Option<Seen<'b>> {
        let instrument = snapshot.instruments().get(result.instrument)?;
        let mut columns = Vec::new();
        let mut date = None;
        if let Some(bars) = &self.bars {
            let row = |at: usize| bars.starts.get(at).map(|row| *row as usize);
            let rows = row(at)?..row(at + 1)?;
            let cut = |values: &'b Vec<f64>| values.get(rows.clone()).unwrap_or_default();
            let named = needs.columns.iter().zip(&bars.columns);
            columns = named.map(|(column, values)| (column.as_str(), cut(values))).collect();
            let open =
                rows.end.checked_sub(1).filter(|_| !rows.is_empty()).and_then(|row| bars.time.get(row));
            let calendar = snapshot.calendars().get(snapshot.venue_of(result.instrument));
            date = open
                .zip(calendar)
                .and_then(|(open, calendar)| calendar.local_date(Instant::from_millis(*open)))
                .map(|date| date.to_string());
        }
        let fact = |(name, values): &'b (&'a str, Vec<f64>)| (*name, values.get(at).copied());
        let facts = self.facts.iter().map(fact).filter_map(|(name, value)| Some((name, value?))).collect();
        let indices = match needs.wants.profile {
            true => snapshot.indices(result.instrument).unwrap_or_default(),
            false => Vec::new(),
        };
        let quote = self.quotes.binary_search_by_key(&at, |quote| quote.instrument as usize);
        let quote = quote.ok().and_then(|quote| self.quotes.get(quote));
        Some(Seen { instrument, indices, columns, facts, quote, date, result })
    }
}

/// An instrument as the language of screens sees it.
struct Seen<'a> {
    instrument: &'a Instrument,
    indices: Vec<&'a str>,
    columns: Vec<(&'static str, &'a [f64])>,
    facts: Vec<(&'a str, f64)>,
    quote: Option<&'a Quote>,
    date: Option<String>,
    result: &'a InstrumentResult,
}

impl Sight for Seen<'_> {
    fn bars(&self) -> usize {
        self.columns.first().map_or(0, |(_, values)| values.len())
    }

    fn column(&self, name: &str) -> &[f64] {
        self.columns.iter().find(|(column, _)| *column == name).map_or(&[], |(_, values)| values)
    }

    fn text(&self, name: &str) -> Option<&str> {
        let instrument = self.instrument;
        let text = match name {
            "symbol" => instrument.symbol.as_str(),
            "kind" => instrument.kind.as_str(),
            "status" => instrument.status.as_str(),
            "venue" => instrument.mic.as_str(),
            "name" => instrument.name.as_str(),
            "currency" => instrument.currency.as_str(),
            "sector" => instrument.sector.as_deref()?,
            "industry" => instrument.industry.as_deref()?,
            _ => return None,
        };
        (!matches!(text, "" | "unknown")).then_some(text)
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        let own = self.instrument.attributes.iter().find(|(known, _)| known.as_str() == name);
        let index = || self.indices.first().copied().filter(|_| name == "index");
        own.map(|(_, text)| text.as_str()).or_else(index)
    }

    fn fact(&self, name: &str) -> Option<f64> {
        self.facts.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn quote(&self) -> Option<sluice_screen::Quote> {
        let Quote { instrument: _, at, bid, ask, bid_size, ask_size, last } = *self.quote?;
        Some(sluice_screen::Quote { at: at.millis(), bid, ask, bid_size, ask_size, last })
    }

    fn upstream(&self, layer: &str, measure: &str) -> Option<f64> {
        let opinion = self.result.layers.get(layer)?;
        if measure == "score" { opinion.score } else { opinion.measures.get(measure).copied().flatten() }
    }
}

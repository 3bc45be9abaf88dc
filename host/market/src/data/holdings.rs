//! Which bars a set has of an instrument, and where they came from.

use serde::Serialize;

use super::BarTime;
use crate::bars::Timeframe;
use crate::error::MarketError;
use crate::market::Market;

/// The bars of one instrument and timeframe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Holding {
    /// The span of a bar.
    #[serde(serialize_with = "text")]
    pub timeframe: Timeframe,
    /// How many there are.
    pub bars: u64,
    /// The oldest one.
    pub first: BarTime,
    /// The newest one.
    pub last: BarTime,
    /// Where they came from, most bars first.
    pub sources: Vec<BarSource>,
}

/// Where bars came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BarSource {
    /// Who made the file, in lower-case letters; `csv` when nobody knows.
    pub source: String,
    /// What its prices had been adjusted for: raw, split, total, unknown.
    pub adjustment: &'static str,
    /// How many bars came from there.
    pub bars: u64,
}

fn text<S: serde::Serializer>(timeframe: &Timeframe, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(timeframe.as_str())
}

/// What a set has of an instrument, given by its position in [`Market::instruments`]; shortest timeframe first.
///
/// # Errors
/// A file that cannot be read.
pub fn holdings(market: &Market, position: usize) -> Result<Vec<Holding>, MarketError> {
    let set = &market.set;
    let mut found = Vec::new();
    for series in &set.series {
        let Some(span) = series.spans.get(position) else { continue };
        let Some((first, last)) = span.keys else { continue };
        let mut origins = Vec::new();
        let rows = span.first..span.first + span.rows;
        series.file.read_origins(std::slice::from_ref(&rows), &mut origins)?;
        let time = |key: i64| BarTime::of(series.timeframe, key);
        found.push(Holding {
            timeframe: series.timeframe,
            bars: span.rows,
            first: time(first),
            last: time(last),
            sources: sources(market, &origins),
        });
    }
    Ok(found)
}

/// Origins that differ only in how far their adjustments reach are one source.
fn sources(market: &Market, origins: &[i32]) -> Vec<BarSource> {
    let mut sources: Vec<BarSource> = Vec::new();
    for run in origins.chunk_by(|a, b| a == b) {
        let origin = run.first().and_then(|origin| usize::try_from(*origin).ok());
        let Some(origin) = origin.and_then(|origin| market.set.origins.get(origin)) else { continue };
        let (source, adjustment, bars) = (&origin.source, origin.adjusted.as_str(), run.len() as u64);
        match sources.iter_mut().find(|known| known.source == *source && known.adjustment == adjustment) {
            Some(known) => known.bars += bars,
            None => sources.push(BarSource { source: source.clone(), adjustment, bars }),
        }
    }
    sources.sort_by(|a, b| b.bars.cmp(&a.bars).then_with(|| a.source.cmp(&b.source)));
    sources
}

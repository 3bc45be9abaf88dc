//! Whose bars are looked at: as they were imported, or as they were known at an instant.

use super::{BarRow, BarSpan, rows};
use crate::bars::{Adjustment, Timeframe};
use crate::error::MarketError;
use crate::instrument::Instrument;
use crate::market::{Market, MarketSet};
use crate::snapshot::Snapshot;
use crate::symbol::Symbol;

/// Bars to look at. Positions of instruments are its own.
#[derive(Debug, Clone, Copy)]
pub enum BarView<'a> {
    /// All of them, as they were imported.
    Imported(&'a Market),
    /// Those that were known at the instant of a snapshot, under the tickers of that day, adjusted as of then.
    Known(&'a Snapshot, Adjustment),
}

impl<'a> BarView<'a> {
    /// The instruments, sorted by symbol, then id.
    #[must_use]
    pub fn instruments(&self) -> &'a [Instrument] {
        match self {
            Self::Imported(market) => market.instruments(),
            Self::Known(snapshot, _) => snapshot.instruments(),
        }
    }

    /// The position of a ticker in any of its spellings.
    #[must_use]
    pub fn find(&self, symbol: &Symbol) -> Option<usize> {
        match self {
            Self::Imported(market) => market.find(symbol),
            Self::Known(snapshot, _) => snapshot.find(symbol),
        }
    }

    /// Bars of instruments, given by ascending positions: one list for each of them, oldest first.
    ///
    /// # Errors
    /// A timeframe without bars, a position that does not exist, a file that cannot be read.
    pub fn rows(&self, instruments: &[usize], span: &BarSpan) -> Result<Vec<Vec<BarRow>>, MarketError> {
        match self {
            Self::Imported(market) => rows::imported(market, instruments, span),
            Self::Known(snapshot, adjustment) => snapshot.rows(instruments, span, *adjustment),
        }
    }

    /// How many bars of an instrument are stored: at least as many as [`BarView::rows`] gives.
    pub(crate) fn stored_rows(&self, instrument: usize, timeframe: Timeframe) -> u64 {
        let (set, position): (&MarketSet, usize) = match self {
            Self::Imported(market) => (&market.set, instrument),
            Self::Known(snapshot, _) => snapshot.place(instrument),
        };
        let series = set.series.iter().find(|series| series.timeframe == timeframe);
        series.and_then(|series| series.spans.get(position)).map_or(0, |span| span.rows)
    }
}

#[cfg(test)]
mod tests;

//! `sluice data`: what was imported.

mod check;
mod export;
mod list;
mod show;

use crate::args::{Data, Sight, Span};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use anyhow::bail;
use sluice_engine::{EngineError, find_any_case, look};
use sluice_market::{BarSpan, BarView, Market, Snapshot, Symbol};

/// Does it.
pub fn run(home: &Home, command: &Data, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Data::List(options) => list::run(home, options, out),
        Data::Show(options) => show::run(home, options, out),
        Data::Export(options) => export::run(home, options, out),
        Data::Check(options) => check::run(home, options, out),
    }
}

/// Everything that was imported.
fn imported(home: &Home) -> anyhow::Result<Market> {
    let market = home.market()?;
    if market.bar_count() == 0 {
        return Err(EngineError::NoData.into());
    }
    Ok(market)
}

/// The market as of the instant that bars are to be seen from; none when they are shown as they were imported.
fn snapshot(market: &Market, sight: &Sight) -> anyhow::Result<Option<Snapshot>> {
    match (sight.adjust, sight.as_of) {
        (None, None) => Ok(None),
        (_, as_of) => Ok(Some(look(market, &as_of.unwrap_or_default())?)),
    }
}

/// The bars to look at.
fn view<'a>(market: &'a Market, snapshot: Option<&'a Snapshot>, sight: &Sight) -> BarView<'a> {
    match snapshot {
        Some(snapshot) => BarView::Known(snapshot, sight.adjust.unwrap_or_default()),
        None => BarView::Imported(market),
    }
}

/// Ascending positions of the instruments asked for; all of them when none is named.
fn positions(view: BarView<'_>, symbols: &[Symbol]) -> anyhow::Result<Vec<usize>> {
    if symbols.is_empty() {
        return Ok((0..view.instruments().len()).collect());
    }
    let found: Vec<Option<usize>> =
        symbols.iter().map(|symbol| find_any_case(symbol, |symbol| view.find(symbol))).collect();
    let unknown = symbols.iter().zip(&found).filter(|(_, found)| found.is_none());
    let unknown: Vec<&str> = unknown.map(|(symbol, _)| symbol.as_str()).collect();
    if !unknown.is_empty() {
        return Err(EngineError::UnknownSymbols { symbols: unknown.join(", "), count: unknown.len() }.into());
    }
    let mut positions: Vec<usize> = found.into_iter().flatten().collect();
    positions.sort_unstable();
    positions.dedup();
    Ok(positions)
}

fn span(options: &Span) -> anyhow::Result<BarSpan> {
    if let (Some(from), Some(to)) = (options.from, options.to)
        && to < from
    {
        bail!(Usage(format!("--to {to} is before --from {from}")));
    }
    let Span { timeframe, from, to } = *options;
    Ok(BarSpan { timeframe, from, to })
}

//! `sluice data`: what was imported.

mod check;
mod export;
mod list;
mod show;

use crate::args::{Data, Span};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use anyhow::bail;
use sluice_engine::EngineError;
use sluice_market::{BarSpan, Market, Symbol};

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

/// Ascending positions of the instruments asked for; all of them when none is named.
fn positions(market: &Market, symbols: &[Symbol]) -> anyhow::Result<Vec<usize>> {
    if symbols.is_empty() {
        return Ok((0..market.instruments().len()).collect());
    }
    let found: Vec<Option<usize>> = symbols.iter().map(|symbol| market.find(symbol)).collect();
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

//! `sluice universe`

use super::paging;
use crate::args::{Format, Page, Universe};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{self, Numbers};
use sluice_engine::{EngineError, UniverseFinding, UniverseStats, universe_health, universe_stats};
use sluice_market::{Instant, Market};

/// Counts the instruments, or checks them.
pub fn run(home: &Home, command: &Universe, out: &mut Output) -> anyhow::Result<Exit> {
    if !home.has_market() {
        return Err(EngineError::NoData.into());
    }
    let market = home.market()?;
    match command {
        Universe::Stats => stats(&market, out),
        Universe::Health(page) => health(home, &market, page, out),
    }
}

fn stats(market: &Market, out: &mut Output) -> anyhow::Result<Exit> {
    let stats = universe_stats(market)?;
    match out.format() {
        Format::Json => out.json(&stats)?,
        Format::Ndjson => out.json_line(&stats)?,
        Format::Csv => out.csv(&["by", "what", "instruments"], rows(&stats, Numbers::Exact).into_iter())?,
        Format::Table => {
            let rows = rows(&stats, Numbers::Rounded).into_iter();
            out.line(table::plain(&["by", "what", "instruments"], rows))?;
        }
    }
    Ok(Exit::Done)
}

fn rows(stats: &UniverseStats, numbers: Numbers) -> Vec<Vec<String>> {
    let row = |by: &str, what: &str, count: usize| {
        vec![by.to_owned(), what.to_owned(), numbers.count(count as u64)]
    };
    let mut rows = vec![row("all", "known", stats.instruments), row("all", "listed", stats.listed)];
    for (by, counts) in [
        ("kind", &stats.kinds),
        ("venue", &stats.venues),
        ("sector", &stats.sectors),
        ("timeframe", &stats.timeframes),
    ] {
        rows.extend(counts.iter().map(|(what, count)| row(by, what, *count)));
    }
    rows
}

fn health(home: &Home, market: &Market, page: &Page, out: &mut Output) -> anyhow::Result<Exit> {
    let findings = universe_health(market, &home.config()?.universe, Instant::now())?;
    paging::print(out, &findings, page, |finding| finding.check, "nothing is wrong with the universe")?;
    Ok(if findings.is_empty() { Exit::Done } else { Exit::Found })
}

impl Item for UniverseFinding {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["check", "count", "what is wrong"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        vec![vec![self.check.to_owned(), numbers.count(self.count as u64), self.message.clone()]]
    }
}

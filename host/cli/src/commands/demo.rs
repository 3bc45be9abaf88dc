//! `sluice demo`

use super::{scan, synthesize};
use crate::args::{Demo, Scan, ViewArgs};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use sluice_market::AsOf;

/// Scans a synthetic market in a home of its own. The market is made once and again when a session was completed
/// since, or another one is asked for.
pub fn run(home: &Home, options: &Demo, out: &mut Output) -> anyhow::Result<Exit> {
    let home = home.within("demo");
    let end = match options.end {
        Some(end) => end,
        None => synthesize::last_session(&home)?,
    };
    let options = Demo { end: Some(end), ..*options };
    if !is_made(&home, &options)? {
        synthesize::make(&home, &options)?;
        remember(&home, &options)?;
    }
    let request = Scan {
        pipeline: None,
        stage: None,
        with: Vec::new(),
        layer: None,
        symbols: Vec::new(),
        as_of: AsOf::Latest,
        require_open: false,
        condition: None,
        score: None,
        dry_run: false,
        view: ViewArgs { show_alerts: true, ..ViewArgs::default() },
        no_cache: false,
        new: false,
        explain: None,
        every: None,
        times: None,
    };
    scan::run(&home, &request, out)
}

/// File that tells which market the demo's home holds.
const MADE: &str = "demo-market.txt";

fn is_made(home: &Home, options: &Demo) -> anyhow::Result<bool> {
    let made = std::fs::read_to_string(home.folder().join(MADE)).unwrap_or_default();
    Ok(made == recipe(options) && !home.market()?.is_empty())
}

fn remember(home: &Home, options: &Demo) -> anyhow::Result<()> {
    Ok(std::fs::write(home.folder().join(MADE), recipe(options))?)
}

/// Everything that decides what the market looks like, the program's version included.
fn recipe(options: &Demo) -> String {
    let Demo { symbols, sessions, seed, end } = options;
    let end = end.map(|end| end.to_string()).unwrap_or_default();
    format!(
        "sluice {} symbols {symbols} sessions {sessions} seed {seed} end {end}\n",
        env!("CARGO_PKG_VERSION")
    )
}

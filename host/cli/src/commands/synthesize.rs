//! `sluice synthesize`: a seeded market for demos and benchmarks.

use super::audited::{self, Account};
use crate::args::{Demo, Synthesize};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::progress::Progress;
use serde_json::json;
use sluice_market::{Instant, SyntheticOptions, discard_unfinished, synthesize};

/// Replaces the bar set of the home folder.
pub fn run(home: &Home, options: &Synthesize, out: &mut Output) -> anyhow::Result<Exit> {
    make(home, &options.market)?;
    out.line(format_args!(
        "made {} instruments × {} sessions in {}",
        options.market.symbols,
        options.market.sessions,
        home.market_folder().display()
    ))?;
    Ok(Exit::Done)
}

/// Makes the market.
pub fn make(home: &Home, market: &Demo) -> anyhow::Result<()> {
    let mic = home.config()?.venue;
    let end = match market.end {
        Some(end) => end,
        None => last_session(home)?,
    };
    let plan =
        json!({ "symbols": market.symbols, "sessions": market.sessions, "seed": market.seed, "end": end });
    let account = Account { subject: "synthetic market".to_owned(), plan };
    let options =
        SyntheticOptions { symbols: market.symbols, sessions: market.sessions, seed: market.seed, end, mic };
    let progress = Progress::new();
    let folder = home.market_folder();
    let tidy = folder.clone();
    audited::import(
        home,
        account,
        move || discard_unfinished(&tidy),
        || {
            let made = synthesize(&folder, &options, &mut |step| progress.import(step));
            progress.finish();
            Ok(made?)
        },
    )?;
    Ok(())
}

/// Date of the last session that is completed.
pub fn last_session(home: &Home) -> anyhow::Result<chrono::NaiveDate> {
    let mic = home.config()?.venue;
    let last = home.calendars()?.for_mic(&mic)?.last_completed(Instant::now());
    last.map(|session| session.date)
        .ok_or_else(|| anyhow::anyhow!("the calendar of {mic} does not reach today: give --end DATE"))
}

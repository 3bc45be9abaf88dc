//! `sluice synthesize`: a seeded market for demos and benchmarks.

use crate::args::{Demo, Synthesize};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::progress::Progress;
use crate::signals;
use sluice_market::{Calendar, Instant, SyntheticOptions, discard_unfinished, synthesize};

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
        None => last_session(&mic)?,
    };
    home.make()?;
    let options =
        SyntheticOptions { symbols: market.symbols, sessions: market.sessions, seed: market.seed, end, mic };
    let progress = Progress::new();
    let folder = home.market_folder();
    let tidy = folder.clone();
    let made = signals::tidy_on_signal(
        move || discard_unfinished(&tidy),
        || synthesize(&folder, &options, &mut |step| progress.import(step)),
    )?;
    progress.finish();
    made?;
    Ok(())
}

/// Date of the last session that is completed.
pub fn last_session(mic: &str) -> anyhow::Result<chrono::NaiveDate> {
    let last = Calendar::for_mic(mic)?.last_completed(Instant::now());
    last.map(|session| session.date)
        .ok_or_else(|| anyhow::anyhow!("the calendar of {mic} does not reach today: give --end DATE"))
}

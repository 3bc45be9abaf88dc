//! A synthetic market: seeded, the same on every platform, with the faults of real ones.
//!
//! Nothing here copies real prices. Returns have a market factor, a sector factor, heavy tails and clusters of
//! volatility; volumes cluster and spike; a few instruments halt, split without adjustment, or have bad ticks.
//!
//! Its sessions are those of the tables alone, without the days that a user changes in a `calendar.toml`: equal options
//! give equal markets in every home.

mod listing;
mod path;
mod random;

use std::path::Path as FilePath;

use chrono::NaiveDate;

use crate::bars::Timeframe;
use crate::calendar::{Calendars, Session, ticker_space};
use crate::days::{date_of, day_of};
use crate::error::MarketError;
use crate::import::{ImportProgress, ImportStep, ImportSummary};
use crate::market::Market;
use crate::set::{Adjusted, OriginRecord, Rows, SetWriter, Stamped};
use listing::Made;
use path::{Factors, Path};
use random::Draws;

/// Bounds of [`SyntheticOptions::symbols`].
const SYMBOLS: (u32, u32) = (1, 50_000);
/// Bounds of [`SyntheticOptions::sessions`].
const SESSIONS: (u32, u32) = (2, 5_000);
/// Stream of the instruments and of the factors; the bars of an instrument have its own.
const COMMON_STREAM: u64 = 0;
/// A synthetic market has no records.
const RECORD_MEMORY: u64 = 0;
/// Instruments between two progress reports.
const PROGRESS_INSTRUMENTS: usize = 64;

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntheticOptions {
    /// Number of instruments, 1 to 50,000.
    pub symbols: u32,
    /// Number of sessions, 2 to 5,000.
    pub sessions: u32,
    /// Equal seeds give equal markets.
    pub seed: u64,
    /// The last session is the one of this date or the last before it.
    pub end: NaiveDate,
    /// Venue whose calendar is used (ISO 10383).
    pub mic: String,
}

/// Replaces the set in `dir` by a synthetic market. The summary lists no faults, though some were put in.
///
/// # Errors
/// Sizes out of bounds, too few sessions in the calendar, a set that cannot be written.
pub fn synthesize(
    dir: &FilePath,
    options: &SyntheticOptions,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<ImportSummary, MarketError> {
    check_size("number of symbols", options.symbols, SYMBOLS)?;
    check_size("number of sessions", options.sessions, SESSIONS)?;
    let days = session_days(options)?;
    let mut draws = Draws::new(options.seed, COMMON_STREAM);
    let factors = Factors::new(days.len(), &mut draws);
    let currency = if ticker_space(&options.mic) == "US" { "USD" } else { "" };
    let made = listing::make(options.symbols, &mut draws, &options.mic, currency);

    let lock = SetWriter::lock(dir)?;
    let before = Market::open(dir).map(|old| old.digest().to_owned()).unwrap_or_default();
    let mut writer = lock.start(RECORD_MEMORY);
    let origin = writer.origin(OriginRecord {
        source: "synthetic".to_owned(),
        stamped: Stamped::Open,
        adjusted: Adjusted::Raw,
        through: None,
    });
    let zone = Calendars::default().for_mic(&options.mic)?.tz();
    let origins = vec![origin; days.len()];
    let total = made.len();
    let mut path = Path::default();
    let (mut bars, mut own_days) = (0_u64, Vec::new());
    for (done, Made { instrument, sector, stream }) in made.into_iter().enumerate() {
        let mut draws = Draws::new(options.seed, stream);
        path.make(days.len(), &factors, sector, &instrument.kind, &instrument.status, &mut draws);
        own_days.clear();
        own_days
            .extend(path.sessions.iter().filter_map(|session| days.get(*session).copied().map(i64::from)));
        writer.push(instrument, zone);
        writer.append(
            Timeframe::Day,
            Rows {
                keys: &own_days,
                numbers: path.numbers.each_ref().map(Vec::as_slice),
                origins: origins.get(..own_days.len()).unwrap_or_default(),
            },
        )?;
        bars += own_days.len() as u64;
        if done % PROGRESS_INSTRUMENTS == 0 || done + 1 == total {
            progress(ImportProgress { step: ImportStep::Make, done: done as u64 + 1, total: total as u64 });
        }
    }
    let manifest = writer.commit()?;
    let same = before == manifest.digest;
    Ok(ImportSummary {
        format: format!("synthetic (seed {})", options.seed),
        rows: bars,
        bars_added: if same { 0 } else { bars },
        bars_unchanged: if same { bars } else { 0 },
        instruments: total as u64,
        instruments_added: if same { 0 } else { total as u64 },
        first_date: days.first().copied().map(date_of),
        last_date: days.last().copied().map(date_of),
        digest: manifest.digest,
        ..ImportSummary::default()
    })
}

/// The newest sessions up to the end, oldest first.
fn session_days(options: &SyntheticOptions) -> Result<Vec<i32>, MarketError> {
    let calendar = Calendars::default().for_mic(&options.mic)?;
    let sessions: Vec<Session> =
        calendar.sessions_until(calendar.known_at(options.end), options.sessions as usize);
    if sessions.len() < options.sessions as usize {
        return Err(MarketError::TooFewSessions {
            mic: options.mic.clone(),
            end: options.end,
            found: sessions.len(),
            wanted: options.sessions,
        });
    }
    Ok(sessions.iter().map(|session| day_of(session.date)).collect())
}

fn check_size(what: &'static str, actual: u32, (minimum, maximum): (u32, u32)) -> Result<(), MarketError> {
    if (minimum..=maximum).contains(&actual) {
        return Ok(());
    }
    Err(MarketError::Size { what, actual, minimum, maximum })
}

#[cfg(test)]
mod tests;

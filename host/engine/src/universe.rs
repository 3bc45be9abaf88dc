//! The instruments of a market in numbers, and what is wrong with them as a universe to scan.

use crate::config::UniverseRules;
use crate::error::EngineError;
use serde::Serialize;
use sluice_market::{
    Adjustment, AsOf, BarRequest, Instant, Instrument, Kind, MAX_STALE_SESSIONS, Market, Snapshot, Timeframe,
};
use std::collections::BTreeMap;

/// Symbols that a finding names.
const NAMED: usize = 5;
/// Word for what no directory tells.
const UNKNOWN: &str = "unknown";

/// Counts of instruments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UniverseStats {
    /// All that are known, delisted ones too.
    pub instruments: usize,
    /// Those that are listed now.
    pub listed: usize,
    /// Of the listed ones, by what they are.
    pub kinds: BTreeMap<String, usize>,
    /// By venue, ISO 10383.
    pub venues: BTreeMap<String, usize>,
    /// By sector, in the directory's own words.
    pub sectors: BTreeMap<String, usize>,
    /// With bars of a timeframe.
    pub timeframes: BTreeMap<String, usize>,
}

/// Something that is wrong with the universe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UniverseFinding {
    /// small, stale-data, stale-tails, no-bars, no-directory.
    pub check: &'static str,
    /// How many instruments, or sessions, it is about.
    pub count: usize,
    /// In words, with what to do.
    pub message: String,
}

/// Counts the instruments of a market, as they are listed at its newest bar.
///
/// # Errors
/// When there is no market, or its files cannot be read.
pub fn universe_stats(market: &Market) -> Result<UniverseStats, EngineError> {
    let snapshot = newest(market)?;
    let listed = listed(&snapshot);
    let count = |word: &dyn Fn(&Instrument) -> String| {
        let mut counts = BTreeMap::new();
        for (_, instrument) in &listed {
            *counts.entry(word(instrument)).or_default() += 1;
        }
        counts
    };
    let or_unknown = |text: &str| if text.is_empty() { UNKNOWN.to_owned() } else { text.to_owned() };
    let positions: Vec<usize> = listed.iter().map(|(at, _)| *at).collect();
    let mut timeframes = BTreeMap::new();
    for timeframe in snapshot.timeframes() {
        let bars = snapshot.read(&positions, &request(*timeframe, None))?;
        timeframes.insert(timeframe.to_string(), with_rows(&bars.starts));
    }
    Ok(UniverseStats {
        instruments: snapshot.instruments().len(),
        listed: listed.len(),
        kinds: count(&|instrument| instrument.kind.to_string()),
        venues: count(&|instrument| or_unknown(&instrument.mic)),
        sectors: count(&|instrument| or_unknown(instrument.sector.as_deref().unwrap_or_default())),
        timeframes,
    })
}

/// What is wrong with the universe, by these rules, at this moment.
///
/// # Errors
/// When there is no market, or its files cannot be read.
pub fn universe_health(
    market: &Market,
    rules: &UniverseRules,
    now: Instant,
) -> Result<Vec<UniverseFinding>, EngineError> {
    let snapshot = newest(market)?;
    let listed = listed(&snapshot);
    let mut findings = Vec::new();
    let mut find = |check, count, message| findings.push(UniverseFinding { check, count, message });
    if listed.len() < rules.least_instruments as usize {
        let message = format!(
            "{} instruments are listed, fewer than {}: import a directory or more bars, or lower least-instruments",
            listed.len(),
            rules.least_instruments
        );
        find("small", listed.len(), message);
    }
    let behind = market.snapshot_at_now(&AsOf::Now, now)?.stale_sessions();
    if behind > 0 {
        let more = if behind >= MAX_STALE_SESSIONS { " or more" } else { "" };
        let plural = if behind == 1 { "session was" } else { "sessions were" };
        let message = format!("{behind}{more} {plural} completed since the newest bar: import newer bars");
        find("stale-data", behind as usize, message);
    }
    if snapshot.timeframes().contains(&Timeframe::Day) {
        let positions: Vec<usize> = listed.iter().map(|(at, _)| *at).collect();
        let any = snapshot.read(&positions, &request(Timeframe::Day, None))?;
        let fresh = snapshot.read(&positions, &request(Timeframe::Day, Some(rules.stale_sessions)))?;
        let stale: Vec<&Instrument> =
            fresh.stale.iter().filter_map(|at| listed.get(*at as usize)).map(|(_, it)| *it).collect();
        if !stale.is_empty() {
            let message = format!(
                "{} have no bar of the last {} sessions, though they count as listed: {}",
                instruments(stale.len()),
                rules.stale_sessions,
                named(&stale)
            );
            find("stale-tails", stale.len(), message);
        }
        let bare: Vec<&Instrument> = any
            .starts
            .windows(2)
            .zip(&listed)
            .filter(|(rows, _)| rows.first() == rows.last())
            .map(|(_, (_, instrument))| *instrument)
            .collect();
        if !bare.is_empty() {
            let message = format!("{} have no daily bar at all: {}", instruments(bare.len()), named(&bare));
            find("no-bars", bare.len(), message);
        }
    }
    let undescribed: Vec<&Instrument> =
        listed.iter().map(|(_, it)| *it).filter(|it| it.kind == Kind::Unknown).collect();
    if !undescribed.is_empty() {
        let message = format!(
            "of {} no directory says what they are: import one, such as nasdaqtraded.txt ({})",
            instruments(undescribed.len()),
            named(&undescribed)
        );
        find("no-directory", undescribed.len(), message);
    }
    Ok(findings)
}

fn newest(market: &Market) -> Result<Snapshot, EngineError> {
    if market.is_empty() {
        return Err(EngineError::NoData);
    }
    Ok(market.snapshot(&AsOf::Latest)?)
}

/// Those that are listed, with their positions.
fn listed(snapshot: &Snapshot) -> Vec<(usize, &Instrument)> {
    let known = snapshot.instruments();
    snapshot.listed().iter().filter_map(|at| Some((*at, known.get(*at)?))).collect()
}

/// The newest bar of each, without a figure of it.
fn request(timeframe: Timeframe, max_age: Option<u32>) -> BarRequest<'static> {
    BarRequest { timeframe, columns: &[], time: false, lookback: 1, max_age, adjustment: Adjustment::Raw }
}

fn with_rows(starts: &[u32]) -> usize {
    starts.windows(2).filter(|rows| rows.first() != rows.last()).count()
}

fn instruments(count: usize) -> String {
    if count == 1 { "1 instrument".to_owned() } else { format!("{count} instruments") }
}

fn named(instruments: &[&Instrument]) -> String {
    let names: Vec<&str> = instruments.iter().take(NAMED).map(|it| it.symbol.as_str()).collect();
    let dots = if instruments.len() > NAMED { ", …" } else { "" };
    format!("{}{dots}", names.join(", "))
}

//! Measures opening and reading a synthetic market of 10,000 instruments and 252 sessions.
//!
//! `cargo run --release -p sluice-market --example market_speed -- FOLDER` makes the market in the folder first when
//! there is none.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant as Clock};

use sluice_market::{
    Adjustment, AsOf, BarColumn, BarRequest, Market, MarketError, Snapshot, SyntheticOptions, Timeframe,
    synthesize,
};

const SHARD: usize = 512;
const REPEATS: usize = 15;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name a folder for the market")?;
    let mut out = std::io::stdout().lock();
    if Market::open(&dir)?.is_empty() {
        let options = SyntheticOptions {
            symbols: 10_000,
            sessions: 252,
            seed: 1,
            end: "2025-06-30".parse()?,
            mic: "XNYS".to_owned(),
        };
        let start = Clock::now();
        synthesize(&dir, &options, &mut |_| {})?;
        writeln!(out, "synthesize           {:9.1} ms", millis(start.elapsed()))?;
    }
    let open = best(|| Market::open(&dir).map(drop))?;
    let market = Market::open(&dir)?;
    writeln!(
        out,
        "open                 {open:9.1} ms, {} instruments, {} bars",
        market.instruments().len(),
        market.bar_count()
    )?;
    let snapshot = market.snapshot(&AsOf::Latest)?;
    let all = [BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close, BarColumn::Volume];
    let two = [BarColumn::Close, BarColumn::Volume];
    let request = |columns, time, lookback| BarRequest {
        timeframe: Timeframe::Day,
        columns,
        time,
        lookback,
        max_age: Some(5),
        adjustment: Adjustment::Split,
    };
    for (what, request) in [
        ("close, volume × 20   ", request(&two[..], false, 20)),
        ("… and time           ", request(&two[..], true, 20)),
        ("close, volume × 252  ", request(&two[..], true, 252)),
        ("everything           ", request(&all[..], true, u32::MAX)),
    ] {
        writeln!(out, "{what}{:9.1} ms", best(|| read_all(&snapshot, &request))?)?;
    }
    let middle = market.first_date().zip(market.last_date()).map(|(first, last)| first + (last - first) / 2);
    if let Some(middle) = middle {
        let past = market.snapshot(&AsOf::Date(middle))?;
        writeln!(
            out,
            "× 20, as of the middle {:7.1} ms",
            best(|| read_all(&past, &request(&two[..], true, 20)))?
        )?;
    }
    Ok(())
}

fn read_all(snapshot: &Snapshot, request: &BarRequest<'_>) -> Result<(), MarketError> {
    let positions: Vec<usize> = (0..snapshot.instruments().len()).collect();
    for shard in positions.chunks(SHARD) {
        std::hint::black_box(snapshot.read(shard, request)?);
    }
    Ok(())
}

/// The fastest of some runs, in milliseconds.
fn best<E>(mut run: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    let mut fastest = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Clock::now();
        run()?;
        fastest = fastest.min(millis(start.elapsed()));
    }
    Ok(fastest)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

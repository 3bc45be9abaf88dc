//! How fast tables of text are read: a million daily bars in memory, without an import behind.
//!
//! `cargo run --release -p sluice-market --example read_speed`

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant as Clock;

/// Rows of the table.
const ROWS: u32 = 1_000_000;
/// Rows of each ticker.
const SESSIONS: u32 = 1000;
/// The best of so many runs.
const RUNS: u32 = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut plain = "date,open,high,low,close,volume,Name\n".to_owned();
    let mut quoted = plain.clone();
    for row in 0..ROWS {
        let (ticker, day) = (row / SESSIONS, row % SESSIONS);
        let (year, month, date) = (2015 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
        let price = 20.0 + f64::from(row % 977) / 7.0;
        let (high, low, close) = (price * 1.02, price * 0.97, price * 1.01);
        let volume = 1_000_000 + row % 77_777;
        let bar = format!("{year}-{month:02}-{date:02},{price:.4},{high:.4},{low:.4},{close:.4},{volume}");
        writeln!(plain, "{bar},T{ticker}")?;
        writeln!(quoted, "{bar},\"T{ticker}\"")?;
    }
    let mut out = std::io::stdout().lock();
    for (name, text) in [("plain", plain), ("tickers in quotes", quoted)] {
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let start = Clock::now();
            sluice_market::fuzz::read("csv", text.as_bytes());
            best = best.min(start.elapsed().as_secs_f64());
        }
        let (rows, bytes) = (f64::from(ROWS) / best / 1e6, text.len() as f64 / best / 1e6);
        writeln!(out, "{name}: {rows:.2} M rows/s, {bytes:.0} MB/s")?;
    }
    Ok(())
}

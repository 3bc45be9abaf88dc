//! Measures the import of files into a fresh set, and prints the summary as JSON.
//!
//! `cargo run --release -p sluice-market --example import_speed -- FOLDER FILE...`

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant as Clock;

use sluice_market::{ImportOptions, import};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let dir = paths.next().ok_or("name a folder for the market, then files")?;
    let files: Vec<PathBuf> = paths.collect();
    let start = Clock::now();
    let summary = import(&dir, &files, &ImportOptions::default(), &mut |_| {})?;
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &summary)?;
    writeln!(out, "\nimport {:.1} ms", start.elapsed().as_secs_f64() * 1e3)?;
    Ok(())
}

//! Lists of a million: how fast `sluice alerts` writes them, and in how little memory.

use std::path::Path;

use super::figure::{Figure, Target};
use super::measure::{Usage, measure};
use super::sluice;
use crate::place;
use crate::step::run;

/// Alerts in the database.
const ALERTS: u32 = 1_000_000;
/// Rows a second.
const LEAST_ROWS: f64 = 500_000.0;
/// Megabytes.
const PEAK_MB: f64 = 64.0;
/// The program that makes the database, of the store.
const MAKER: [&str; 6] = ["run", "--release", "--package", "sluice-store", "--example", "many_alerts"];

/// Makes a home with so many alerts.
pub fn make(home: &Path) -> anyhow::Result<()> {
    let words = ["--".to_owned(), home.display().to_string(), ALERTS.to_string()];
    run(place::cargo(&MAKER).args(words))
}

/// Times the list in each format for programs.
pub fn figures(home: &Path, runs: u32) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for format in ["csv", "ndjson"] {
        let args = ["alerts", "--limit", "all", "--format", format];
        let usages: Result<Vec<Usage>, _> = (0..runs).map(|_| measure(&mut sluice(home, &args))).collect();
        let usage = Usage::medians(&usages?);
        let rows = f64::from(ALERTS) / (usage.wall_ms / 1e3);
        let (least, most) = match format {
            "csv" => (Target::AtLeast(LEAST_ROWS), Target::AtMost(PEAK_MB)),
            _ => (Target::None, Target::AtMost(PEAK_MB)),
        };
        figures.push(Figure::new(&format!("a million alerts to {format}"), rows, "rows/s", least));
        figures.push(Figure::new(
            &format!("a million alerts to {format}, peak memory"),
            usage.peak_mb,
            "MB",
            most,
        ));
    }
    Ok(figures)
}

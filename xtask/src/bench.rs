//! `cargo xtask bench`: how fast Sluice is and how much memory it takes, on a synthetic market.
//!
//! Whole processes are measured from outside, calls of a layer by a program of the engine. With `--peers` the
//! same funnel runs in polars on the same file, in turns with Sluice, so that both meet the same machine.

mod alerts;
mod calls;
mod figure;
mod machine;
mod measure;
mod peers;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;
use sluice_build::Way;

use crate::step::{run as run_program, step};
use crate::{place, tasks};
use figure::{Figure, Target};
use measure::{Usage, measure};

/// Milliseconds that a scan of 10,000 × 252 bars may take, from the start of the process to its end: half of what
/// polars needed on two cores. With `--peers` the limit is half of what polars needs in the same run.
const SCAN_WALL_MS: f64 = 370.0;

/// Milliseconds that a scan of the same market through the whole default pipeline may take.
const FUNNEL_WALL_MS: f64 = 1_000.0;

/// The pipeline that the peer runs too.
const FOUR_LAYERS: &str = include_str!("../../tests/e2e/support/three_stages.toml");

/// Of the peer's wall time.
const SCAN_SHARE_OF_PEER: f64 = 0.5;

/// Megabytes; bars are streamed, so that a larger market does not need more.
const SCAN_PEAK_MB: f64 = 300.0;

/// Milliseconds: the start of the program and nothing else.
const VERSION_MS: f64 = 10.0;

/// Milliseconds: start, open the store, three questions.
const STATUS_MS: f64 = 30.0;

/// Short processes vary by scheduling alone: more runs for each one of a scan.
const SHORT_RUNS_PER_RUN: u32 = 4;

/// What to measure.
#[derive(Args)]
pub struct Plan {
    /// Also run the same funnel in polars with TA-Lib, in a throwaway Python environment below target/
    #[arg(long)]
    peers: bool,
    /// Instruments of the synthetic market
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    symbols: u32,
    /// Daily bars of each
    #[arg(long, default_value_t = 252, value_parser = clap::value_parser!(u32).range(1..))]
    sessions: u32,
    /// Runs of each scan; the median is reported
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Scans in one process, after which memory and open files must be what they were
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    scans: u32,
    /// Seed of the synthetic market
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Builds, measures, prints the table.
pub fn run(only: Option<Way>, plan: &Plan) -> anyhow::Result<()> {
    tasks::build(only, false)?;
    let home = place::target().join("bench/home");
    step("make a synthetic market", || synthesize(plan, &home))?;
    let peer = if plan.peers { Some(step("set up the peers", || peers::Peer::set_up(&home))?) } else { None };

    let mut figures = step("measure the whole funnel", || whole_funnel(plan, &home))?;
    figures.extend(step("measure scans", || scans(plan, &home, peer.as_ref()))?);
    figures.extend(step("measure short commands", || short_commands(plan, &home))?);
    figures.extend(step("measure calls of layers", calls::figures)?);
    figures.extend(step("measure many scans in one process", || calls::many_scans(plan.scans))?);
    let many = place::target().join("bench/alerts");
    fresh(&many)?;
    step("store a million alerts", || alerts::make(&many))?;
    figures.extend(step("measure lists of alerts", || alerts::figures(&many, plan.runs))?);

    println!("{}", machine::describe());
    println!("market: {} instruments, {} daily bars each, seed {}", plan.symbols, plan.sessions, plan.seed);
    println!("scans: median of {} runs, warm compile cache, results stored\n", plan.runs);
    print!("{}", figure::table(&figures));
    Ok(())
}

fn sluice(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(place::program());
    command.arg("--home").arg(home).args(args);
    command
}

/// A fresh market in a fresh home: no rows of earlier benchmarks slow the store down.
fn synthesize(plan: &Plan, home: &Path) -> anyhow::Result<()> {
    fresh(home)?;
    let [symbols, sessions, seed] =
        [plan.symbols.into(), plan.sessions.into(), plan.seed].map(|n: u64| n.to_string());
    let args = ["synthesize", "--symbols", &symbols, "--sessions", &sessions, "--seed", &seed];
    run_program(&mut sluice(home, &args))
}

/// An empty folder.
fn fresh(home: &Path) -> anyhow::Result<()> {
    if home.exists() {
        fs::remove_dir_all(home).with_context(|| format!("cannot remove {}", home.display()))?;
    }
    fs::create_dir_all(home).with_context(|| format!("cannot make {}", home.display()))
}

/// The default pipeline.
fn whole_funnel(plan: &Plan, home: &Path) -> anyhow::Result<Vec<Figure>> {
    // the first scan compiles the layers
    let answer = sluice(home, &["scan", "--format", "json"]).output().context("cannot run sluice scan")?;
    let answer: Value = serde_json::from_slice(&answer.stdout).context("sluice scan printed no JSON")?;
    println!("sluice: {}", funnel(&answer));
    let runs =
        (0..plan.runs).map(|_| measure(&mut sluice(home, &["scan"]))).collect::<Result<Vec<_>, _>>()?;
    let usage = Usage::medians(&runs);
    let comparable = (plan.symbols, plan.sessions) == (10_000, 252);
    let wall = if comparable { Target::AtMost(FUNNEL_WALL_MS) } else { Target::None };
    Ok(vec![
        Figure::new("whole funnel, wall", usage.wall_ms, "ms", wall),
        Figure::new("whole funnel, processor", usage.cpu_ms, "ms", Target::None),
        Figure::new("whole funnel, peak memory", usage.peak_mb, "MB", Target::AtMost(SCAN_PEAK_MB)),
    ])
}

/// Four layers in three stages, against the peer that does the same.
fn scans(plan: &Plan, home: &Path, peer: Option<&peers::Peer>) -> anyhow::Result<Vec<Figure>> {
    fs::write(home.join("sluice.toml"), FOUR_LAYERS).context("cannot write sluice.toml")?;
    // its answer shows what the funnel does
    let answer = sluice(home, &["scan", "--format", "json"]).output().context("cannot run sluice scan")?;
    let answer: Value = serde_json::from_slice(&answer.stdout).context("sluice scan printed no JSON")?;
    println!("sluice: {}", funnel(&answer));
    if let Some(peer) = peer {
        println!("polars: {}", peer.funnel()?);
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        ours.push(measure(&mut sluice(home, &["scan"]))?);
        if let Some(peer) = peer {
            theirs.push(measure(&mut peer.command())?);
        }
    }
    let ours = Usage::medians(&ours);
    let theirs = peer.map(|_| Usage::medians(&theirs));
    let limit = theirs.map_or(SCAN_WALL_MS, |theirs| theirs.wall_ms * SCAN_SHARE_OF_PEER);
    // The fixed limit is for the market that it was set for.
    let comparable = theirs.is_some() || (plan.symbols, plan.sessions) == (10_000, 252);
    let wall = if comparable { Target::AtMost(limit) } else { Target::None };
    let mut figures = vec![
        Figure::new("four layers, wall", ours.wall_ms, "ms", wall),
        Figure::new("four layers, processor", ours.cpu_ms, "ms", Target::None),
        Figure::new("four layers, peak memory", ours.peak_mb, "MB", Target::AtMost(SCAN_PEAK_MB)),
    ];
    if let Some(theirs) = theirs {
        figures.push(Figure::new("polars, wall", theirs.wall_ms, "ms", Target::None));
        figures.push(Figure::new("polars, processor", theirs.cpu_ms, "ms", Target::None));
        figures.push(Figure::new("polars, peak memory", theirs.peak_mb, "MB", Target::None));
        let share = ours.wall_ms / theirs.wall_ms;
        figures.push(Figure::new("sluice / polars, wall", share, "", Target::AtMost(SCAN_SHARE_OF_PEER)));
    }
    Ok(figures)
}

/// Stage by stage how many instruments came out, e.g. "10000 → universe 8000 → liquidity 2000; 31 alerts".
fn funnel(answer: &Value) -> String {
    let count =
        |value: Option<&Value>| value.and_then(Value::as_u64).map_or("?".to_owned(), |n| n.to_string());
    let stages = answer.get("stages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut text = count(stages.first().and_then(|stage| stage.get("in")));
    for stage in stages {
        let name = stage.get("name").and_then(Value::as_str).unwrap_or("?");
        text.push_str(&format!(" → {name} {}", count(stage.get("out"))));
    }
    text
}

fn short_commands(plan: &Plan, home: &Path) -> anyhow::Result<Vec<Figure>> {
    let median = |args: &[&str]| -> anyhow::Result<Usage> {
        let runs = plan.runs.saturating_mul(SHORT_RUNS_PER_RUN);
        let usages: Result<Vec<Usage>, _> = (0..runs).map(|_| measure(&mut sluice(home, args))).collect();
        Ok(Usage::medians(&usages?))
    };
    let version = median(&["--version"])?;
    let status = median(&["status"])?;
    Ok(vec![
        Figure::new("sluice --version, wall", version.wall_ms, "ms", Target::AtMost(VERSION_MS)),
        Figure::new("sluice status, wall", status.wall_ms, "ms", Target::AtMost(STATUS_MS)),
    ])
}

/// The only file of its kind in the market's folder.
fn market_file(home: &Path, prefix: &str) -> anyhow::Result<PathBuf> {
    let folder = home.join("market");
    let entries = fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(prefix) && name.ends_with(".parquet") {
            found.push(path);
        }
    }
    match found.as_slice() {
        [file] => Ok(file.clone()),
        _ => anyhow::bail!("{} files {prefix}*.parquet in {}, not one", found.len(), folder.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_funnel_is_told_in_one_line() {
        let answer = serde_json::json!({"stages": [
            {"number": 0, "name": "universe", "in": 100, "out": 80},
            {"number": 1, "name": "liquidity", "in": 80, "out": 20},
        ]});
        assert_eq!(funnel(&answer), "100 → universe 80 → liquidity 20");
        assert_eq!(funnel(&Value::Null), "?");
    }

    #[test]
    fn the_market_file_must_be_the_only_one_of_its_kind() {
        let home = tempfile::tempdir().unwrap();
        let market = home.path().join("market");
        fs::create_dir(&market).unwrap();
        assert!(market_file(home.path(), "bars-1d-").is_err());
        fs::write(market.join("bars-1d-7.parquet"), "").unwrap();
        fs::write(market.join("instruments-7.parquet"), "").unwrap();
        assert_eq!(market_file(home.path(), "bars-1d-").unwrap(), market.join("bars-1d-7.parquet"));
        fs::write(market.join("bars-1d-8.parquet"), "").unwrap();
        assert!(market_file(home.path(), "bars-1d-").is_err());
    }
}

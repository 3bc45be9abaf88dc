//! `sluice status`

use crate::args::{Format, Status as Options};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::clock::Clock;
use crate::output::table::{self, Numbers};
use crate::output::{self, Output};
use serde::Serialize;
use sluice_engine::{HEALTH_SCANS, Past, PipelineHealth, health, last_scans};
use sluice_market::{AsOf, Instant, MAX_STALE_SESSIONS, Market};
use sluice_store::{PastRun, Store, StoreStatus};
use std::collections::BTreeMap;

/// What is here.
#[derive(Debug, Serialize)]
struct Status {
    home: String,
    config: String,
    database: Option<String>,
    database_bytes: u64,
    instruments: usize,
    bars: u64,
    first_date: Option<chrono::NaiveDate>,
    last_date: Option<chrono::NaiveDate>,
    /// Sessions completed since the newest bar, counted up to a year of them.
    sessions_behind: Option<u32>,
    scans: u64,
    alerts: u64,
    last_scan: Option<LastScan>,
    /// How the stages of the pipeline did; null: there is no database yet, or the configuration is wrong.
    pipeline: Option<PipelineHealth>,
    bundled_layers: usize,
    installed_layers: u64,
}

#[derive(Debug, Serialize)]
struct LastScan {
    scan_id: String,
    pipeline: String,
    status: &'static str,
    as_of: String,
    started_at: String,
}

/// Prints it, without making anything that is not there.
pub fn run(home: &Home, options: &Options, out: &mut Output) -> anyhow::Result<Exit> {
    let status = gather(home, options, out.clock())?;
    let stage_only = options.stage.is_some();
    match out.format() {
        Format::Json => out.json(&status)?,
        Format::Ndjson => out.json_line(&status)?,
        Format::Csv => {
            let summary = if stage_only { Vec::new() } else { rows(&status, Numbers::Exact) };
            output::health::csv(out, summary, status.pipeline.as_ref(), options.detailed)?;
        }
        Format::Table => {
            if !stage_only {
                out.line(table::plain(&["sluice", ""], rows(&status, Numbers::Rounded).into_iter()))?;
            }
            match &status.pipeline {
                Some(pipeline) => output::health::tables(out, pipeline, options.detailed)?,
                None if stage_only => out.line("no scan yet: `sluice scan` runs the pipeline")?,
                None => {}
            }
        }
    }
    Ok(Exit::Done)
}

fn gather(home: &Home, options: &Options, clock: Clock) -> anyhow::Result<Status> {
    // bars and database lie in different files: neither waits for the other
    let (market, stored) = std::thread::scope(|scope| {
        let stored = scope.spawn(|| stored(home, options));
        (market(home), stored.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let (market, sessions_behind) = market?;
    let config = home.config_file();
    let mut status = Status {
        home: home.folder().display().to_string(),
        config: if config.exists() { config.display().to_string() } else { "built-in".to_owned() },
        database: None,
        database_bytes: 0,
        instruments: market.instruments().len(),
        bars: market.bar_count(),
        first_date: market.first_date(),
        last_date: market.last_date(),
        sessions_behind,
        scans: 0,
        alerts: 0,
        last_scan: None,
        pipeline: None,
        bundled_layers: crate::BUNDLED.len(),
        installed_layers: 0,
    };
    if let Some((stored, pipeline)) = stored? {
        status.pipeline = pipeline;
        status.database = Some(stored.path);
        status.database_bytes = stored.size_bytes;
        status.scans = stored.scans;
        status.alerts = stored.alerts;
        status.installed_layers = stored.layers;
        status.last_scan = stored.last_scan.map(|scan| LastScan {
            scan_id: scan.id.to_string(),
            pipeline: scan.pipeline,
            status: scan.status.as_str(),
            as_of: clock.show(scan.as_of),
            started_at: clock.show(scan.started_at),
        });
    }
    Ok(status)
}

/// The bars, and the sessions completed since the newest.
fn market(home: &Home) -> anyhow::Result<(Market, Option<u32>)> {
    let market = home.market()?;
    let behind = match market.is_empty() {
        true => None,
        false => Some(market.snapshot(&AsOf::Now)?.stale_sessions()),
    };
    Ok((market, behind))
}

/// The database in numbers, and how the pipeline did; none when there is no database. A configuration that cannot be read
/// is no reason to hide the rest, unless a part of it was asked for.
fn stored(home: &Home, options: &Options) -> anyhow::Result<Option<(StoreStatus, Option<PipelineHealth>)>> {
    let (pipeline, stage) = (options.pipeline.as_deref(), options.stage.as_deref());
    let config = match home.config() {
        Ok(config) => Some(config),
        Err(error) if pipeline.is_none() && stage.is_none() => {
            tracing::warn!("stages are not shown: {error:#}");
            None
        }
        Err(error) => return Err(error),
    };
    if !home.has_store() {
        // a stage that nobody knows is a mistake without a database, too
        if let Some(config) = &config {
            health(config, pipeline, stage, Past { runs: &[], stages: &BTreeMap::new(), breakers: &[] }, 0)?;
        }
        return Ok(None);
    }
    super::tokio()?.block_on(async {
        let store = home.store().await?;
        let Some(mut config) = config else { return Ok(Some((store.status().await?, None))) };
        config.overlay_stages(&store.settings().await?);
        let name = pipeline.unwrap_or(&config.default_pipeline);
        let runs = store.past_runs(name, HEALTH_SCANS).await?;
        let breakers = store.breakers().await?;
        let stages = stages(&store, &runs).await?;
        let past = Past { runs: &runs, stages: &stages, breakers: &breakers };
        let health = health(&config, pipeline, stage, past, Instant::now().millis())?;
        Ok(Some((store.status().await?, Some(health))))
    })
}

/// What the scans in which stages ran last say of them.
async fn stages(store: &Store, runs: &[PastRun]) -> anyhow::Result<BTreeMap<i64, String>> {
    let mut stages = BTreeMap::new();
    for scan in last_scans(runs) {
        if let Some(told) = store.stages_of(scan).await? {
            stages.insert(scan, told);
        }
    }
    Ok(stages)
}

fn rows(status: &Status, numbers: Numbers) -> Vec<Vec<String>> {
    let dates = match status.first_date.zip(status.last_date) {
        Some((first, last)) => format!("{first} to {last}"),
        None => "no bars".to_owned(),
    };
    let behind = match status.sessions_behind {
        None => "no data: run `sluice import FILE` or `sluice demo`".to_owned(),
        Some(0) => "fresh".to_owned(),
        Some(1) => "1 session behind".to_owned(),
        Some(MAX_STALE_SESSIONS..) => format!("{MAX_STALE_SESSIONS} or more sessions behind"),
        Some(sessions) => format!("{sessions} sessions behind"),
    };
    let last = status.last_scan.as_ref().map_or_else(
        || "no scan yet".to_owned(),
        |scan| format!("{} {} as of {} ({})", scan.status, scan.pipeline, scan.as_of, scan.scan_id),
    );
    let database = match &status.database {
        Some(path) => format!("{path} ({})", table::bytes(status.database_bytes)),
        None => "not made yet".to_owned(),
    };
    [
        ("home", status.home.clone()),
        ("configuration", status.config.clone()),
        ("database", database),
        ("instruments", numbers.count(status.instruments as u64)),
        ("bars", numbers.count(status.bars)),
        ("dates", dates),
        ("data", behind),
        ("health", health_words(status.pipeline.as_ref())),
        ("scans", numbers.count(status.scans)),
        ("last scan", last),
        ("alerts", numbers.count(status.alerts)),
        ("layers", format!("{} bundled, {} installed", status.bundled_layers, status.installed_layers)),
    ]
    .into_iter()
    .map(|(name, value)| vec![name.to_owned(), value])
    .collect()
}

/// How well the pipeline works, in one line.
fn health_words(pipeline: Option<&PipelineHealth>) -> String {
    let Some(pipeline) = pipeline.filter(|pipeline| pipeline.scans > 0) else {
        return "no scan yet".to_owned();
    };
    let mut words = format!("{}; {}, the last ", pipeline.health.as_str(), pipeline.pipeline);
    words.push_str(&match pipeline.scans {
        1 => "scan".to_owned(),
        scans => format!("{scans} scans"),
    });
    if let Some(rate) = pipeline.success_rate {
        words.push_str(&format!(": {:.0} % complete", 100.0 * rate));
    }
    if let Some(took) = pipeline.duration {
        words.push_str(&format!(
            ", mean {:.0} ms, p95 {:.0} ms, p99 {:.0} ms",
            took.mean_ms, took.p95_ms, took.p99_ms
        ));
    }
    if let Some(rate) = pipeline.cache_hit_rate {
        words.push_str(&format!(", {:.0} % from the cache", 100.0 * rate));
    }
    words
}

//! `sluice status`

use crate::args::Format;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::table::{self, Numbers};
use serde::Serialize;
use sluice_market::{AsOf, MAX_STALE_SESSIONS, Market};
use sluice_store::StoreStatus;

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
pub fn run(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let status = gather(home, out.clock())?;
    match out.format() {
        Format::Json => out.json(&status)?,
        Format::Ndjson => out.json_line(&status)?,
        Format::Csv => out.csv(&["what", "value"], rows(&status, Numbers::Exact).into_iter())?,
        Format::Table => {
            out.line(table::plain(&["sluice", ""], rows(&status, Numbers::Rounded).into_iter()))?
        }
    }
    Ok(Exit::Done)
}

fn gather(home: &Home, clock: Clock) -> anyhow::Result<Status> {
    // bars and database lie in different files: neither waits for the other
    let (market, stored) = std::thread::scope(|scope| {
        let stored = scope.spawn(|| stored(home));
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
        bundled_layers: crate::BUNDLED.len(),
        installed_layers: 0,
    };
    if let Some(stored) = stored? {
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

/// The database in numbers; none when there is no database.
fn stored(home: &Home) -> anyhow::Result<Option<StoreStatus>> {
    match home.has_store() {
        false => Ok(None),
        true => super::tokio()?.block_on(async { Ok(Some(home.store().await?.status().await?)) }),
    }
}

fn rows(status: &Status, numbers: Numbers) -> Vec<Vec<String>> {
    let date = |date: Option<chrono::NaiveDate>| date.map_or_else(|| "–".to_owned(), |date| date.to_string());
    let behind = match status.sessions_behind {
        None => "no data: run `sluice import FILE` or `sluice demo`".to_owned(),
        Some(0) => "fresh".to_owned(),
        Some(1) => "1 session behind".to_owned(),
        Some(MAX_STALE_SESSIONS..) => format!("{MAX_STALE_SESSIONS} or more sessions behind"),
        Some(sessions) => format!("{sessions} sessions behind"),
    };
    let last = status.last_scan.as_ref().map_or_else(
        || "–".to_owned(),
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
        ("dates", format!("{} to {}", date(status.first_date), date(status.last_date))),
        ("data", behind),
        ("scans", numbers.count(status.scans)),
        ("last scan", last),
        ("alerts", numbers.count(status.alerts)),
        ("layers", format!("{} bundled, {} installed", status.bundled_layers, status.installed_layers)),
    ]
    .into_iter()
    .map(|(name, value)| vec![name.to_owned(), value])
    .collect()
}

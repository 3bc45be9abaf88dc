//! `sluice alerts`

use super::instant;
use crate::args::Alerts;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::table::Numbers;
use serde::Serialize;
use sluice_store::{AlertFilter, AlertRow};

/// An alert as it is printed.
#[derive(Debug, Serialize)]
struct Alert {
    scan_id: String,
    raised_at: String,
    as_of: String,
    symbol: Option<String>,
    kind: String,
    severity: &'static str,
    confidence: f64,
    message: String,
    layer: String,
    version: String,
    side: Option<&'static str>,
    entry: Option<f64>,
    stop: Option<f64>,
    target: Option<f64>,
    surfaced: bool,
}

/// Prints stored alerts, newest first.
pub fn run(home: &Home, options: &Alerts, out: &mut Output) -> anyhow::Result<Exit> {
    let scan = match &options.scan {
        None => None,
        Some(text) => {
            Some(text.parse().map_err(|error| anyhow::Error::new(Usage(format!("--scan: {error}"))))?)
        }
    };
    let filter = AlertFilter {
        scan,
        symbol: options.symbol.as_ref().map(ToString::to_string),
        kind: options.kind.clone(),
        layer: options.layer.clone(),
        since: None,
        all: options.all,
        limit: options.limit,
    };
    let rows = match home.has_store() {
        true => super::tokio()?.block_on(stored(home, &filter))?,
        false => Vec::new(),
    };
    let alerts: Vec<Alert> = rows.into_iter().map(alert).collect();
    let narrowed = [&options.scan, &options.kind, &options.layer].iter().any(|filter| filter.is_some());
    let empty = match narrowed || options.symbol.is_some() {
        true => "no alert matches",
        false => "no alerts: `sluice scan` raises them",
    };
    out.list(&HEADER, &alerts, row, empty)?;
    Ok(Exit::Done)
}

/// The alerts; a scan that nobody knows is an error, not an empty list.
async fn stored(home: &Home, filter: &AlertFilter) -> anyhow::Result<Vec<AlertRow>> {
    let store = home.store().await?;
    if let Some(scan) = &filter.scan {
        store.scan(scan).await?;
    }
    Ok(store.alerts(filter).await?)
}

fn alert(row: AlertRow) -> Alert {
    Alert {
        scan_id: row.scan.to_string(),
        raised_at: instant(row.raised_at),
        as_of: instant(row.as_of),
        symbol: row.symbol,
        kind: row.kind,
        severity: row.severity.as_str(),
        confidence: row.confidence,
        message: row.message,
        layer: row.layer,
        version: row.version,
        side: row.side.map(|side| side.as_str()),
        entry: row.entry,
        stop: row.stop,
        target: row.target,
        surfaced: row.surfaced,
    }
}

const HEADER: [&str; 10] =
    ["as of", "symbol", "kind", "side", "entry", "stop", "target", "severity", "layer", "message"];

fn row(alert: &Alert, numbers: Numbers) -> Vec<String> {
    vec![
        alert.as_of.clone(),
        alert.symbol.clone().unwrap_or_else(|| "market".to_owned()),
        alert.kind.clone(),
        alert.side.unwrap_or_default().to_owned(),
        numbers.price(alert.entry),
        numbers.price(alert.stop),
        numbers.price(alert.target),
        alert.severity.to_owned(),
        alert.layer.clone(),
        alert.message.clone(),
    ]
}

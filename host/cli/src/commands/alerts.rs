//! `sluice alerts`

use super::{instant, paging};
use crate::args::Alerts;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::list::{Item, ListWriter};
use crate::output::table::Numbers;
use crate::signals::until_signal;
use serde::Serialize;
use sluice_market::Symbol;
use sluice_store::{AlertCursor, AlertFilter, AlertRow};

/// An alert as it is printed.
#[derive(Debug, Serialize)]
struct Alert {
    cursor: String,
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
        symbol: options.symbol.as_ref().map(|symbol| stored_symbol(home, symbol)),
        kind: options.kind.clone(),
        layer: options.layer.clone(),
        all: options.all,
        ..AlertFilter::default()
    };
    let narrowed = [&options.scan, &options.kind, &options.layer].iter().any(|filter| filter.is_some());
    let empty = match (&options.after, narrowed || options.symbol.is_some()) {
        (Some(_), _) => "no more alerts",
        (None, true) => "no alert matches",
        (None, false) => "no alerts: `sluice scan` raises them",
    };
    let mut list = out.list_writer();
    let more = match home.has_store() {
        true => super::tokio()?
            .block_on(until_signal("listing alerts", stored(home, options, &filter, &mut list)))?,
        false => None,
    };
    list.finish(empty, more.map(paging::more).as_ref())?;
    Ok(Exit::Done)
}

/// The ticker under which alerts are stored: that of the instrument which a spelling means, else the canonical one.
fn stored_symbol(home: &Home, symbol: &Symbol) -> String {
    let market = if home.has_market() { home.market().ok() } else { None };
    let known = market.as_ref().and_then(|market| market.instruments().get(market.find(symbol)?));
    let known = known.map(|instrument| instrument.symbol.clone());
    known.or_else(|| Symbol::canonical(symbol.as_str()).ok()).unwrap_or_else(|| symbol.clone()).to_string()
}

/// Prints the alerts; gives the last one's cursor when there are more. A scan that nobody knows is an error, not an
/// empty list.
async fn stored(
    home: &Home,
    options: &Alerts,
    filter: &AlertFilter,
    list: &mut ListWriter<'_, Alert>,
) -> anyhow::Result<Option<AlertCursor>> {
    let store = home.store().await?;
    if let Some(scan) = &filter.scan {
        store.scan(scan).await?;
    }
    let fetch =
        async |after, limit| Ok(store.alerts(&AlertFilter { after, limit, ..filter.clone() }).await?);
    let cursor = |row: &AlertRow| row.cursor;
    paging::each(options.limit, options.after, cursor, fetch, |row| list.push(&alert(row))).await
}

fn alert(row: AlertRow) -> Alert {
    Alert {
        cursor: row.cursor.to_string(),
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

impl Item for Alert {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["as of", "symbol", "kind", "side", "entry", "stop", "target", "severity", "layer", "message"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        vec![vec![
            self.as_of.clone(),
            self.symbol.clone().unwrap_or_else(|| "market".to_owned()),
            self.kind.clone(),
            self.side.unwrap_or_default().to_owned(),
            numbers.price(self.entry),
            numbers.price(self.stop),
            numbers.price(self.target),
            self.severity.to_owned(),
            self.layer.clone(),
            self.message.clone(),
        ]]
    }
}

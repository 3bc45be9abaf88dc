//! `sluice alerts`

mod unknown;

use super::paging;
use crate::args::{Alerts, Of};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::{Item, ListWriter};
use crate::output::record::Record;
use crate::output::table::Numbers;
use crate::signals::until_signal;
use anyhow::bail;
use serde::{Deserialize, Serialize};
use sluice_engine::{alert_kind, find_any_case};
use sluice_market::{Instant, Symbol};
use sluice_store::{AlertCursor, AlertFilter, AlertLine, AlertPage, Store};

/// Milliseconds of an hour.
const HOUR_MS: i64 = 3_600_000;

/// An alert as it is printed.
#[derive(Debug, Serialize)]
struct Alert<'a> {
    cursor: Cursor,
    scan_id: &'a str,
    raised_at: &'a str,
    as_of: &'a str,
    symbol: Option<&'a str>,
    kind: &'a str,
    severity: &'a str,
    confidence: f64,
    /// The same on a scale from 0 to 100.
    score: f64,
    message: &'a str,
    layer: &'a str,
    version: &'a str,
    side: Option<&'a str>,
    entry: Option<f64>,
    stop: Option<f64>,
    target: Option<f64>,
    surfaced: bool,
    repetition: bool,
    repeats: u64,
    risk: Option<Risk<'a>>,
}

/// The host's figures as they are stored, JSON; read only where they are printed.
#[derive(Debug, Clone, Copy)]
struct Risk<'a>(&'a str);

/// Those of them that have a column. The prices are those that the figures rest on: where the layer gave no stop, one by
/// the average true range.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Figures<'a> {
    flag: Option<&'a str>,
    entry: Option<f64>,
    stop: Option<f64>,
    stop_by: Option<&'a str>,
    reward_risk: Option<f64>,
    atr: Option<f64>,
    shares: Option<f64>,
}

impl Alert<'_> {
    /// Whether the scan told it: it may repeat what was told before, or be on an instrument that the scan let go.
    fn told(&self) -> &'static str {
        match (self.repetition, self.surfaced) {
            (true, _) => "repetition",
            (false, true) => TOLD,
            (false, false) => "not among the results",
        }
    }

    /// What stands in the columns of prices and risk.
    fn figures(&self) -> Figures<'_> {
        let none = Figures { entry: self.entry, stop: self.stop, ..Figures::default() };
        let Some(Risk(text)) = self.risk else { return none };
        let read: Figures<'_> = serde_json::from_str(text).unwrap_or(none);
        let stop_by = read.stop_by.map(|by| if by == BY_ATR { "ATR" } else { "layer" });
        Figures { stop_by, ..read }
    }
}

/// What most alerts are.
const TOLD: &str = "yes";
/// The score of an alert without a doubt.
const FULL_SCORE: f64 = 100.0;
/// As the host marks a stop of its own.
const BY_ATR: &str = "atr";

impl Serialize for Risk<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value: &serde_json::value::RawValue =
            serde_json::from_str(self.0).map_err(serde::ser::Error::custom)?;
        value.serialize(serializer)
    }
}

/// As a text.
#[derive(Debug, Clone, Copy)]
struct Cursor(AlertCursor);

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Prints stored alerts, newest first.
pub fn run(home: &Home, options: &Alerts, out: &mut Output) -> anyhow::Result<Exit> {
    let filter = filter(home, options)?;
    let narrowed =
        AlertFilter { after: None, all: false, limit: 0, ..filter.clone() } != AlertFilter::default();
    let empty = match (&options.after, narrowed) {
        (Some(_), _) => "no more alerts",
        (None, true) => "no alert matches",
        (None, false) => "no alerts: `sluice scan` raises them",
    };
    let mut times = Times::new(out.clock());
    let mut list = out.list_writer::<Alert<'_>>();
    let more = match home.has_store() {
        true => super::tokio_beside()?.block_on(until_signal("listing alerts", async {
            let store = home.store().await?;
            let more = stored(&store, &filter, &mut times, &mut list).await?;
            if list.is_empty() && options.after.is_none() {
                unknown::refuse(home, &store, options, &filter).await?;
            }
            anyhow::Ok(more)
        }))?,
        false => None,
    };
    list.finish(empty, more.map(paging::more).as_ref())?;
    Ok(Exit::Done)
}

fn filter(home: &Home, options: &Alerts) -> anyhow::Result<AlertFilter> {
    let scan = match &options.scan {
        None => None,
        Some(text) => {
            Some(text.parse().map_err(|error| anyhow::Error::new(Usage(format!("--scan: {error}"))))?)
        }
    };
    if let (Some(since), Some(until)) = (options.since, options.until)
        && since.first >= until.end
    {
        bail!(Usage("--since is after --until: nothing lies between them".to_owned()));
    }
    let (layer, stage) = match &options.layer {
        Some(Of::Layer(layer)) => (Some(layer.clone()), None),
        Some(Of::Stage(stage)) => (None, Some(stage.to_string())),
        None => (None, None),
    };
    let hours_ago = |hours: u32| Instant::now().millis().saturating_sub(i64::from(hours) * HOUR_MS);
    Ok(AlertFilter {
        scan,
        symbol: options.symbol.as_ref().map(|symbol| stored_symbol(home, symbol)),
        kind: options.kind.as_deref().map(alert_kind),
        layer,
        stage,
        since: options.hours.map(hours_ago).or_else(|| options.since.map(|since| since.first)),
        until: options.until.map(|until| until.end),
        min_confidence: options.min_score.map(|score| score / 100.0),
        after: options.after,
        all: options.all,
        limit: options.limit,
    })
}

/// The ticker of the instrument in the market that a spelling means.
fn known_symbol(home: &Home, symbol: &Symbol) -> anyhow::Result<Option<Symbol>> {
    if !home.has_market() {
        return Ok(None);
    }
    let market = home.market()?;
    let known =
        find_any_case(symbol, |symbol| market.find(symbol)).and_then(|at| market.instruments().get(at));
    Ok(known.map(|instrument| instrument.symbol.clone()))
}

/// The ticker under which alerts are stored: that of the instrument which a spelling means, else the canonical one. A market
/// that cannot be read keeps nobody from reading alerts.
fn stored_symbol(home: &Home, symbol: &Symbol) -> String {
    let known = known_symbol(home, symbol).ok().flatten();
    known.or_else(|| Symbol::canonical(symbol.as_str()).ok()).unwrap_or_else(|| symbol.clone()).to_string()
}

/// Prints the alerts; gives the last one's cursor when there are more. A scan that nobody knows is an error, not an
/// empty list.
async fn stored(
    store: &Store,
    filter: &AlertFilter,
    times: &mut Times,
    list: &mut ListWriter<'_>,
) -> anyhow::Result<Option<AlertCursor>> {
    if let Some(scan) = &filter.scan {
        store.scan(scan).await?;
    }
    // one more than is wanted tells whether there are more
    let wanted = AlertFilter { limit: filter.limit.saturating_add(1), ..filter.clone() };
    let (mut left, mut last) = (filter.limit, filter.after);
    // the database reads on while these are printed
    let mut pages = store.alert_pages(&wanted);
    while let Some(page) = pages.next().await? {
        let count = u32::try_from(page.len()).unwrap_or(u32::MAX);
        let shown = left.min(count);
        last = print(&page, shown as usize, times, list)?.or(last);
        left -= shown;
        if shown < count {
            return Ok(last);
        }
    }
    Ok(None)
}

/// Prints so many of a page; gives the last one's cursor.
fn print(
    page: &AlertPage,
    count: usize,
    times: &mut Times,
    list: &mut ListWriter<'_>,
) -> anyhow::Result<Option<AlertCursor>> {
    let mut last = None;
    for line in page.lines().take(count) {
        times.set(&line);
        list.push(&alert(&line, times))?;
        last = Some(line.cursor);
    }
    Ok(last)
}

fn alert<'a>(line: &AlertLine<'a>, times: &'a Times) -> Alert<'a> {
    Alert {
        cursor: Cursor(line.cursor),
        scan_id: line.scan,
        raised_at: &times.raised_at.1,
        as_of: &times.as_of.1,
        symbol: line.symbol,
        kind: line.kind,
        severity: line.severity,
        confidence: line.confidence,
        score: FULL_SCORE * line.confidence,
        message: line.message,
        layer: line.layer,
        version: line.version,
        side: line.side,
        entry: line.entry,
        stop: line.stop,
        target: line.target,
        surfaced: line.surfaced,
        repetition: line.repetition,
        repeats: line.repeats,
        risk: line.risk_json.map(Risk),
    }
}

/// The times of an alert in words; those of one scan's alerts are the same.
struct Times {
    clock: Clock,
    raised_at: (i64, String),
    as_of: (i64, String),
}

impl Times {
    fn new(clock: Clock) -> Self {
        let never = || (0, clock.show(0));
        Self { clock, raised_at: never(), as_of: never() }
    }

    fn set(&mut self, line: &AlertLine<'_>) {
        for (known, millis) in [(&mut self.raised_at, line.raised_at), (&mut self.as_of, line.as_of)] {
            if known.0 != millis {
                *known = (millis, self.clock.show(millis));
            }
        }
    }
}

impl Item for Alert<'_> {
    fn header(numbers: Numbers) -> &'static [&'static str] {
        match numbers {
            Numbers::Exact => &[
                "as of",
                "symbol",
                "kind",
                "score",
                "side",
                "entry",
                "stop",
                "stop by",
                "target",
                "reward/risk",
                "atr",
                "shares",
                "risk",
                "repeats",
                "told",
                "severity",
                "layer",
                "message",
            ],
            // as many as fit
            Numbers::Rounded => &[
                "as of",
                "symbol",
                "kind",
                "score",
                "side",
                "entry",
                "stop",
                "stop by",
                "target",
                "reward/risk",
                "shares",
                "risk",
                "repeats",
                "told",
                "severity",
                "layer",
                "message",
            ],
        }
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let figures = self.figures();
        vec![vec![
            self.as_of.to_owned(),
            self.symbol.unwrap_or(MARKET).to_owned(),
            self.kind.to_owned(),
            numbers.number(Some(self.score), 0),
            self.side.unwrap_or_default().to_owned(),
            numbers.price(figures.entry),
            numbers.price(figures.stop),
            figures.stop_by.unwrap_or_default().to_owned(),
            numbers.price(self.target),
            numbers.number(figures.reward_risk, 1),
            numbers.shares(figures.shares),
            figures.flag.unwrap_or_default().to_owned(),
            if self.repeats > 0 { numbers.count(self.repeats) } else { String::new() },
            if self.told() == TOLD { String::new() } else { self.told().to_owned() },
            self.severity.to_owned(),
            self.layer.to_owned(),
            self.message.to_owned(),
        ]]
    }

    fn records(
        &self,
        record: &mut Record,
        take: &mut dyn FnMut(&[u8]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let figures = self.figures();
        record.text(self.as_of);
        record.text(self.symbol.unwrap_or(MARKET));
        record.text(self.kind);
        record.number(Some(self.score));
        record.text(self.side.unwrap_or_default());
        record.number(figures.entry);
        record.number(figures.stop);
        record.text(figures.stop_by.unwrap_or_default());
        [self.target, figures.reward_risk, figures.atr, figures.shares]
            .into_iter()
            .for_each(|number| record.number(number));
        record.text(figures.flag.unwrap_or_default());
        record.count(self.repeats);
        record.text(self.told());
        record.text(self.severity);
        record.text(self.layer);
        record.text(self.message);
        take(record.end())
    }
}

/// What stands where an alert is about no instrument.
const MARKET: &str = "market";

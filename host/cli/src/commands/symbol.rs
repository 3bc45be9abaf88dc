//! `sluice symbol`

use super::paging;
use crate::args::{Format, SymbolWay};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::{Item, ListWriter};
use crate::output::table::{self, Numbers};
use crate::signals::until_signal;
use anyhow::bail;
use serde::Serialize;
use sluice_engine::{EngineError, find_any_case};
use sluice_market::Symbol;
use sluice_store::{Cause, HistoryRow, OpinionRow, ReachedRow, ScanRow, Store};
use std::collections::BTreeMap;

/// Prints the way of an instrument through a scan, or how it changed.
pub fn run(home: &Home, options: &SymbolWay, out: &mut Output) -> anyhow::Result<Exit> {
    home.require_store()?;
    match options.history {
        true => history(home, options, out),
        false => way(home, options, out),
    }
}

/// The permanent identity of an instrument and its ticker: as the market knows them, else as stored scans do.
async fn known(home: &Home, store: &Store, symbol: &Symbol) -> anyhow::Result<(String, String)> {
    if home.has_market() {
        let market = home.market()?;
        let at = find_any_case(symbol, |symbol| market.find(symbol));
        if let Some(found) = at.and_then(|at| market.instruments().get(at)) {
            return Ok((found.id.to_string(), found.symbol.to_string()));
        }
    }
    for typed in [symbol.to_string(), symbol.as_str().to_ascii_uppercase()] {
        let ticker = Symbol::canonical(&typed).map_or(typed, |canonical| canonical.to_string());
        if let Some(ident) = store.idents(&ticker).await?.into_iter().next() {
            return Ok((ident, ticker));
        }
    }
    Err(EngineError::UnknownSymbols { symbols: symbol.to_string(), count: 1 }.into())
}

/// The way of an instrument as it is printed.
#[derive(Debug, Serialize)]
struct Way {
    symbol: String,
    id: String,
    scan_id: String,
    pipeline: String,
    as_of: String,
    /// Name of the last stage that let it through.
    passed: Option<String>,
    /// Name of the stage that stopped it.
    stopped: Option<String>,
    /// Why it went no further; `passed` when it came through.
    cause: &'static str,
    /// Of the stage that stopped it, else of the last one; where that had no opinion, of the last one that had.
    score: Option<f64>,
    stages: Vec<Stage>,
}

#[derive(Debug, Serialize)]
struct Stage {
    number: String,
    name: String,
    /// passed, stopped, not reached.
    fate: &'static str,
    layers: Vec<Opinion>,
}

#[derive(Debug, Serialize)]
struct Opinion {
    layer: String,
    version: String,
    /// How the layer fared in the scan.
    status: &'static str,
    fault: Option<String>,
    /// None: it did not see the instrument.
    outcome: Option<String>,
    score: Option<f64>,
    percentile: Option<f64>,
    reason: Option<String>,
    measures: BTreeMap<String, Option<f64>>,
}

fn way(home: &Home, options: &SymbolWay, out: &mut Output) -> anyhow::Result<Exit> {
    let clock = out.clock();
    let read = async {
        let store = home.store().await?;
        let (ident, symbol) = known(home, &store, &options.symbol).await?;
        if let Some(scan) = &options.scan {
            store.scan(scan).await?;
        }
        let Some(reached) = store.reached(&ident, options.scan.as_ref()).await? else {
            match &options.scan {
                Some(scan) => bail!("{symbol} took no part in scan {scan}"),
                None => bail!("{symbol} took part in none of the newest scans: run `sluice scan`"),
            }
        };
        let scan = store.scan(&reached.scan).await?;
        let said = store.opinions(&reached.scan, &ident).await?;
        anyhow::Ok(told((symbol, ident), &scan, reached, said, clock))
    };
    let way = super::tokio()?.block_on(until_signal("looking for the instrument", read))?;
    match out.format() {
        Format::Json => out.json(&way)?,
        Format::Ndjson => out.json_line(&way)?,
        Format::Csv => out.csv(&HEADER, rows(&way, Numbers::Exact).into_iter())?,
        Format::Table => {
            out.line(format_args!(
                "{} in pipeline {} as of {} ({})",
                way.symbol, way.pipeline, way.as_of, way.scan_id
            ))?;
            out.line(table::plain(&HEADER, rows(&way, Numbers::Rounded).into_iter()))?;
            out.line(end(&way))?;
        }
    }
    Ok(Exit::Done)
}

fn told(
    (symbol, id): (String, String),
    scan: &ScanRow,
    reached: ReachedRow,
    said: Vec<OpinionRow>,
    clock: Clock,
) -> Way {
    let name = |at: Option<usize>| Some(reached.stages.get(at?)?.1.clone());
    let level = usize::from(reached.level);
    let stopped = reached.stopped.map(usize::from);
    let mut by_stage: BTreeMap<String, Vec<Opinion>> = BTreeMap::new();
    for row in said {
        by_stage.entry(row.stage.clone()).or_default().push(opinion(row));
    }
    let stages = reached.stages.iter().enumerate().map(|(at, (number, name))| {
        let layers = by_stage.remove(number).unwrap_or_default();
        let fate = match (stopped == Some(at), at < level) {
            (true, _) => "stopped",
            (false, true) => "passed",
            (false, false) => "not reached",
        };
        Stage { number: number.clone(), name: name.clone(), fate, layers }
    });
    Way {
        symbol,
        id,
        scan_id: scan.id.to_string(),
        pipeline: scan.pipeline.clone(),
        as_of: clock.show(scan.as_of),
        passed: name(level.checked_sub(1)),
        stopped: name(stopped),
        cause: reached.cause.as_str(),
        score: reached.score,
        stages: stages.collect(),
    }
}

fn opinion(row: OpinionRow) -> Opinion {
    Opinion {
        layer: row.layer,
        version: row.version,
        status: row.status.as_str(),
        fault: row.fault,
        outcome: row.outcome.map(|outcome| outcome.to_string()),
        score: row.score,
        percentile: row.percentile,
        reason: row.reason,
        measures: row.measures.into_iter().collect(),
    }
}

const HEADER: [&str; 8] = ["stage", "name", "way", "layer", "outcome", "score", "percentile", "reason"];

/// The stage on its first layer's row, the other layers below; programs get it on every row.
fn rows(way: &Way, numbers: Numbers) -> Vec<Vec<String>> {
    let of_stage = |stage: &Stage| {
        let row = |(at, layer): (usize, &Opinion)| {
            let mut row = match at == 0 || numbers == Numbers::Exact {
                true => vec![stage.number.clone(), stage.name.clone(), stage.fate.to_owned()],
                false => vec![String::new(); 3],
            };
            let unseen = if layer.status == "ok" { "" } else { layer.status };
            row.extend([
                layer.layer.clone(),
                layer.outcome.clone().unwrap_or_else(|| unseen.to_owned()),
                numbers.number(layer.score, 1),
                numbers.number(layer.percentile, 1),
                layer.reason.clone().or_else(|| layer.fault.clone()).unwrap_or_default(),
            ]);
            row
        };
        stage.layers.iter().enumerate().map(row).collect::<Vec<_>>()
    };
    way.stages.iter().flat_map(of_stage).collect()
}

/// Why it went no further.
fn end(way: &Way) -> String {
    let Some(stopped) = &way.stopped else { return format!("{} came through all stages", way.symbol) };
    format!("{} went no further than stage {stopped}: {}", way.symbol, why(way.cause, way.score))
}

/// A cause in words.
pub fn why(cause: &str, score: Option<f64>) -> String {
    let score = score.map(|score| format!(" of {score:.1}")).unwrap_or_default();
    match cause.parse::<Cause>() {
        Ok(Cause::Passed) => "it passed".to_owned(),
        Ok(Cause::Verdict) => "too few of its layers kept it".to_owned(),
        Ok(Cause::NoOpinion) => "none of its layers had an opinion".to_owned(),
        Ok(Cause::Fault) => "a layer faulted on it, and no other had an opinion".to_owned(),
        Ok(Cause::Threshold) => format!("its score{score} is below the threshold"),
        Ok(Cause::MaxSymbols) => format!("others have a higher score than its{score}"),
        Ok(Cause::Unlisted) => "it was not listed".to_owned(),
        Err(_) => cause.to_owned(),
    }
}

/// A movement as it is printed.
#[derive(Debug, Serialize)]
struct Movement {
    cursor: i64,
    as_of: String,
    symbol: String,
    movement: &'static str,
    from: Option<String>,
    to: Option<String>,
    cause: &'static str,
    score: Option<f64>,
    reason: String,
    pipeline: String,
    scan_id: String,
}

fn history(home: &Home, options: &SymbolWay, out: &mut Output) -> anyhow::Result<Exit> {
    let clock = out.clock();
    let mut list = out.list_writer::<Movement>();
    let read = pages(home, options, clock, &mut list);
    let more = super::tokio()?.block_on(until_signal("listing movements", read))?;
    let empty = match options.after {
        Some(_) => "no more movements",
        None => "it took part in no whole scan: those find movements, each against the one before it",
    };
    list.finish(empty, more.map(paging::more).as_ref())?;
    Ok(Exit::Done)
}

async fn pages(
    home: &Home,
    options: &SymbolWay,
    clock: Clock,
    list: &mut ListWriter<'_>,
) -> anyhow::Result<Option<i64>> {
    let store = home.store().await?;
    let (ident, _) = known(home, &store, &options.symbol).await?;
    let fetch = async |after, limit| Ok(store.history(&ident, after, limit).await?);
    let cursor = |row: &HistoryRow| row.cursor;
    paging::each(options.limit, options.after, cursor, fetch, |row| list.push(&movement(row, clock))).await
}

fn movement(row: HistoryRow, clock: Clock) -> Movement {
    Movement {
        cursor: row.cursor,
        as_of: clock.show(row.as_of),
        symbol: row.symbol,
        movement: row.moved.kind.as_str(),
        from: row.moved.from,
        to: row.moved.to,
        cause: row.moved.cause.as_str(),
        score: row.moved.score,
        reason: row.moved.reason,
        pipeline: row.pipeline,
        scan_id: row.scan.to_string(),
    }
}

impl Item for Movement {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["as of", "symbol", "movement", "from", "to", "cause", "score", "reason"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        vec![vec![
            self.as_of.clone(),
            self.symbol.clone(),
            self.movement.to_owned(),
            self.from.clone().unwrap_or_default(),
            self.to.clone().unwrap_or_default(),
            self.cause.to_owned(),
            numbers.number(self.score, 1),
            self.reason.clone(),
        ]]
    }
}

//! `sluice breaker list|show|reset|trip`

mod components;
mod view;

use crate::args::{Breaker as Command, Format, Reason, Which};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use anyhow::bail;
use components::Layer;
use sluice_engine::breaker::{self, BreakerRules, Decided};
use sluice_market::Instant;
use sluice_store::{BreakerChange, BreakerRow, Store};
use std::collections::BTreeMap;
use view::View;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::List { all } => list(home, *all, out),
        Command::Show(which) => show(home, which, out),
        Command::Reset(which) => reset(home, which, out),
        Command::Trip { which, reason } => trip(home, which, reason, out),
    }
}

fn list(home: &Home, all: bool, out: &mut Output) -> anyhow::Result<Exit> {
    let rules = home.config()?.breakers;
    let now = now();
    let (rows, mut versions) = match home.has_store() {
        false => (Vec::new(), BTreeMap::new()),
        true => super::tokio()?.block_on(async {
            let store = home.store().await?;
            anyhow::Ok((store.breakers().await?, versions(&store).await?))
        })?,
    };
    if rows.iter().any(|row| !versions.contains_key(&row.digest)) {
        versions.extend(components::bundled(home)?);
    }
    let views: Vec<View> = rows
        .into_iter()
        .map(|row| breaker::settle(&rules, row, now))
        .filter(|row| all || !breaker::is_plain(row))
        .map(|row| {
            let version = versions.get(&row.digest).cloned();
            View::new(row, version, now, out.clock())
        })
        .collect();
    let empty = match all {
        true => "no layer has faulted yet",
        false => "every layer is called: no breaker is open, and no fault counts",
    };
    out.list(&views, empty)?;
    Ok(Exit::Done)
}

/// Versions of the installed layers, and of the bundled ones that were used, by digest.
async fn versions(store: &Store) -> anyhow::Result<BTreeMap<String, String>> {
    Ok(store.layers().await?.into_iter().map(|row| (row.digest, row.version)).collect())
}

fn show(home: &Home, which: &Which, out: &mut Output) -> anyhow::Result<Exit> {
    let rules = home.config()?.breakers;
    let layer = super::tokio()?.block_on(async {
        let store = store(home).await?;
        Layer::find(home, store.as_ref(), &which.layer).await
    })?;
    let now = now();
    let views: Vec<View> =
        layer.chosen(which)?.into_iter().map(|row| seen(&rules, &layer, row, now, out.clock())).collect();
    match out.format() {
        Format::Table => views.iter().try_for_each(|view| out.line(view.table()))?,
        Format::Json | Format::Ndjson | Format::Csv => out.list(&views, "")?,
    }
    Ok(Exit::Done)
}

fn reset(home: &Home, which: &Which, out: &mut Output) -> anyhow::Result<Exit> {
    let rules = home.config()?.breakers;
    let now = now();
    let (layer, done) = super::tokio()?.block_on(async {
        let store = store(home).await?;
        let layer = Layer::find(home, store.as_ref(), &which.layer).await?;
        let mut done = Vec::new();
        let Some(store) = store else { return anyhow::Ok((layer, done)) };
        for row in layer.chosen(which)? {
            if breaker::is_plain(&breaker::settle(&rules, row.clone(), now)) {
                continue;
            }
            // as it was when it was reset: scans may have changed it meanwhile
            let reset = |row: BreakerRow| with_rows(row, |row| breaker::reset(row, now));
            let (before, after) = changed(&store, &row, reset).await?;
            if let Some(after) = after {
                done.push((before, after));
            }
        }
        Ok((layer, done))
    })?;
    if out.format() == Format::Table && !done.is_empty() {
        for (before, after) in done {
            let name = layer.name(&after.digest);
            out.line(format_args!("reset {name}: it was {} and is closed", before.state))?;
        }
        return Ok(Exit::Done);
    }
    let views: Vec<View> =
        done.into_iter().map(|(_, after)| seen(&rules, &layer, after, now, out.clock())).collect();
    out.list(&views, &format!("nothing to reset: {} is called, and no fault counts", which.layer))?;
    Ok(Exit::Done)
}

fn trip(home: &Home, which: &Which, reason: &Reason, out: &mut Output) -> anyhow::Result<Exit> {
    let config = home.config()?;
    let now = now();
    let (layer, before, after) = super::tokio()?.block_on(async {
        let known = store(home).await?;
        let layer = Layer::find(home, known.as_ref(), &which.layer).await?;
        let row = layer.one(which, &config)?;
        // only now, so that a wrong name makes no database
        let store = match known {
            Some(store) => store,
            None => home.store().await?,
        };
        let trip = |row: BreakerRow| with_rows(row, |row| breaker::trip(row, now, reason.as_str()));
        let (before, after) = changed(&store, &row, trip).await?;
        anyhow::Ok((layer, before, after))
    })?;
    let tripped = after.is_some();
    let view = seen(&config.breakers, &layer, after.unwrap_or(before), now, out.clock());
    match out.format() {
        Format::Json => out.json(&view)?,
        Format::Ndjson => out.json_line(&view)?,
        Format::Csv => out.list(&[view], "")?,
        Format::Table => {
            let (name, id) = (layer.name(view.digest()), &which.layer);
            let verb = if tripped { "tripped" } else { "already tripped for this reason:" };
            out.line(format_args!("{verb} {name}: no scan calls it until `sluice breaker reset {id}`"))?;
        }
    }
    Ok(Exit::Done)
}

/// A row before a change, and after it; none: nothing changed.
type Rows = (BreakerRow, Option<BreakerRow>);

/// A change that also answers with the rows.
fn with_rows(
    row: BreakerRow,
    change: impl Fn(BreakerRow) -> BreakerChange<Decided<bool>>,
) -> BreakerChange<Decided<Rows>> {
    let before = row.clone();
    let BreakerChange { row, note, answer } = change(row);
    let after = answer.value.then(|| row.clone());
    let answer = Decided { value: (before, after), transition: answer.transition };
    BreakerChange { row, note, answer }
}

async fn changed(
    store: &Store,
    row: &BreakerRow,
    change: impl Fn(BreakerRow) -> BreakerChange<Decided<Rows>>,
) -> anyhow::Result<Rows> {
    Ok(store.change_breaker(&row.layer, &row.digest, change).await?.tell())
}

/// A row as it counts now, to be printed.
fn seen(rules: &BreakerRules, layer: &Layer, row: BreakerRow, now: i64, clock: Clock) -> View {
    let version = layer.version(&row.digest);
    View::new(breaker::settle(rules, row, now), version, now, clock)
}

/// The database when it is there.
async fn store(home: &Home) -> anyhow::Result<Option<Store>> {
    match home.has_store() {
        true => Ok(Some(home.store().await?)),
        false => Ok(None),
    }
}

/// Refuses a choice, naming those that there are.
fn refuse<T>(why: String, digests: &[String]) -> anyhow::Result<T> {
    bail!(Usage(format!("{why}: {}", digests.join(", "))))
}

fn now() -> i64 {
    Instant::now().millis()
}

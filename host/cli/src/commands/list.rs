//! `sluice list`

use super::paging;
use crate::args::{List as Command, ListCommand, Page};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{self, Numbers};
use anyhow::bail;
use serde::Serialize;
use sluice_engine::{ListName, list_entries};
use sluice_market::{Instrument, Market, Symbol};
use sluice_store::{ListEntry, Store};
use std::collections::HashMap;

/// Runs the command.
pub fn run(home: &Home, options: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    super::tokio()?.block_on(async {
        match &options.command {
            None => all(home, &options.page, out).await,
            Some(ListCommand::Create { name, exclude }) => create(home, name, *exclude, out).await,
            Some(ListCommand::Add { name, symbols, force }) => add(home, name, symbols, *force, out).await,
            Some(ListCommand::Remove { name, symbols }) => remove(home, name, symbols, out).await,
            Some(ListCommand::Show { name, page }) => show(home, name, page, out).await,
            Some(ListCommand::Delete { name }) => delete(home, name, out).await,
        }
    })?;
    Ok(Exit::Done)
}

/// A list as it is printed.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    excludes: bool,
    instruments: u64,
    made_at: String,
    made_by: String,
}

impl Item for Listed {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["name", "what for", "instruments", "made at", "made by"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        let what = if self.excludes { "exclusions" } else { "watchlist" };
        vec![vec![
            self.name.clone(),
            what.to_owned(),
            numbers.count(self.instruments),
            self.made_at.clone(),
            self.made_by.clone(),
        ]]
    }
}

async fn all(home: &Home, page: &Page, out: &mut Output) -> anyhow::Result<()> {
    let rows = if home.has_store() { home.store().await?.lists().await? } else { Vec::new() };
    let clock = out.clock();
    let lists: Vec<Listed> = rows
        .into_iter()
        .map(|row| Listed {
            name: row.name,
            excludes: row.excludes,
            instruments: row.entries,
            made_at: clock.show(row.made_at),
            made_by: row.made_by,
        })
        .collect();
    let empty = "no lists: `sluice list create NAME` makes one";
    paging::print(out, &lists, page, |list| list.name.as_str(), empty)
}

async fn create(home: &Home, name: &ListName, exclude: bool, out: &mut Output) -> anyhow::Result<()> {
    if !home.store().await?.create_list(name.as_str(), exclude).await? {
        bail!(Usage(format!("there is a list {name} already: `sluice list show {name}` shows it")));
    }
    out.line(format_args!("made {name}: `sluice list add {name} SYMBOL…` puts instruments on it"))
}

async fn add(
    home: &Home,
    name: &ListName,
    symbols: &[Symbol],
    force: bool,
    out: &mut Output,
) -> anyhow::Result<()> {
    let entries = list_entries(&home.market()?, symbols, force)?;
    let store = existing(home, name).await?;
    let Some(change) = store.change_list(name.as_str(), &entries, &[]).await? else {
        return Err(unknown(&store, name).await);
    };
    out.line(match change.added.is_empty() {
        true => format!("nothing to add: all of them are on {name} already"),
        false => format!("added to {name}: {}", change.added.join(", ")),
    })
}

async fn remove(home: &Home, name: &ListName, symbols: &[Symbol], out: &mut Output) -> anyhow::Result<()> {
    // what nobody knows may be on the list, too
    let entries = list_entries(&home.market()?, symbols, true)?;
    let store = existing(home, name).await?;
    let Some(known) = store.list(name.as_str()).await? else { return Err(unknown(&store, name).await) };
    let is_on = |entry: &ListEntry| {
        let same = |known: &ListEntry| {
            known.symbol == entry.symbol || (known.ident.is_some() && known.ident == entry.ident)
        };
        known.iter().any(same)
    };
    if let Some(entry) = entries.iter().find(|entry| !is_on(entry)) {
        bail!(Usage(format!("{} is not on {name}: nothing was removed", entry.symbol)));
    }
    let change = store.change_list(name.as_str(), &[], &entries).await?.unwrap_or_default();
    out.line(format_args!("removed from {name}: {}", change.removed.join(", ")))
}

async fn delete(home: &Home, name: &ListName, out: &mut Output) -> anyhow::Result<()> {
    let store = existing(home, name).await?;
    if !store.delete_list(name.as_str()).await? {
        return Err(unknown(&store, name).await);
    }
    out.line(format_args!("deleted {name}"))
}

/// An instrument of a list as it is printed.
#[derive(Debug, Serialize)]
struct Entry {
    symbol: String,
    /// Null: nobody knows it yet.
    id: Option<String>,
    name: String,
    kind: Option<String>,
    sector: Option<String>,
}

impl Entry {
    /// Its identity, or the ticker of what nobody knows.
    fn cursor(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.symbol)
    }
}

impl Item for Entry {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["symbol", "id", "kind", "sector", "name"]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| table::NONE.to_owned());
        vec![vec![
            self.symbol.clone(),
            text(&self.id),
            text(&self.kind),
            text(&self.sector),
            self.name.clone(),
        ]]
    }
}

async fn show(home: &Home, name: &ListName, page: &Page, out: &mut Output) -> anyhow::Result<()> {
    let store = existing(home, name).await?;
    let Some(entries) = store.list(name.as_str()).await? else { return Err(unknown(&store, name).await) };
    let market = home.market()?;
    let known = Known::of(&market);
    let entries: Vec<Entry> = entries.into_iter().map(|entry| known.printed(entry)).collect();
    let empty = format!("{name} is empty: `sluice list add {name} SYMBOL…` puts instruments on it");
    paging::print(out, &entries, page, Entry::cursor, &empty)
}

/// The instruments of a market by what lists keep of them.
struct Known<'a> {
    by_id: HashMap<&'a str, &'a Instrument>,
    by_symbol: HashMap<&'a str, &'a Instrument>,
}

impl<'a> Known<'a> {
    fn of(market: &'a Market) -> Self {
        let all = || market.instruments().iter().rev();
        Self {
            by_id: all().map(|instrument| (instrument.id.as_str(), instrument)).collect(),
            by_symbol: all().map(|instrument| (instrument.symbol.as_str(), instrument)).collect(),
        }
    }

    /// Under today's ticker.
    fn printed(&self, entry: ListEntry) -> Entry {
        let known = match &entry.ident {
            Some(ident) => self.by_id.get(ident.as_str()),
            None => self.by_symbol.get(entry.symbol.as_str()),
        };
        match known {
            Some(instrument) => Entry {
                symbol: instrument.symbol.to_string(),
                id: Some(instrument.id.to_string()),
                name: instrument.name.clone(),
                kind: Some(instrument.kind.as_str().to_owned()),
                sector: instrument.sector.clone(),
            },
            None => {
                Entry { symbol: entry.symbol, id: entry.ident, name: String::new(), kind: None, sector: None }
            }
        }
    }
}

/// The database, when it is there; without one there is no list.
async fn existing(home: &Home, name: &ListName) -> anyhow::Result<Store> {
    match home.has_store() {
        true => home.store().await,
        false => bail!(Usage(format!("there is no list {name}: `sluice list create {name}` makes it"))),
    }
}

async fn unknown(store: &Store, name: &ListName) -> anyhow::Error {
    let have: Vec<String> = match store.lists().await {
        Ok(lists) => lists.into_iter().map(|list| list.name).collect(),
        Err(error) => return error.into(),
    };
    let have = if have.is_empty() {
        "there is none yet".to_owned()
    } else {
        format!("there are {}", have.join(", "))
    };
    Usage(format!("there is no list {name}: {have}; `sluice list create {name}` makes it")).into()
}

//! The keys that are trusted: `sluice trust add|list|remove`.

use crate::args::{Format, KeyName};
use crate::commands::layer::read_text;
use crate::commands::tokio;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::Item;
use crate::output::table::Numbers;
use anyhow::bail;
use serde::Serialize;
use sluice_package::PublicKey;
use sluice_runtime::text;
use sluice_store::{TrustOutcome, TrustedKeyRow};
use std::path::Path;

/// The longest file that is taken for a public key, in bytes.
const PUBLIC_KEY_BYTES: usize = 8 << 10;

/// Longest part of a text that is repeated, in bytes.
const SHOWN_BYTES: usize = 80;

/// Trusts a key.
pub fn add(home: &Home, given: &str, name: Option<&KeyName>, out: &mut Output) -> anyhow::Result<Exit> {
    let key = key(given)?;
    let id = key.id().as_str();
    let name = name.map_or(id, KeyName::as_str);
    let outcome = tokio()?
        .block_on(async { anyhow::Ok(home.store().await?.trust_key(key.as_str(), id, name).await?) })?;
    let added = Added { name, key: id, public_key: key.as_str(), added: outcome == TrustOutcome::Added };
    match out.format() {
        Format::Json => out.json(&added)?,
        Format::Ndjson => out.json_line(&added)?,
        Format::Csv | Format::Table => {
            let verb = if added.added { "trusted" } else { "already trusted:" };
            out.line(format_args!("{verb} key {id} of {name}"))?;
        }
    }
    Ok(Exit::Done)
}

/// What `add` did.
#[derive(Debug, Serialize)]
struct Added<'a> {
    name: &'a str,
    key: &'a str,
    public_key: &'a str,
    added: bool,
}

/// The key itself, or the one in a file.
fn key(given: &str) -> anyhow::Result<PublicKey> {
    if let Ok(key) = given.parse() {
        return Ok(key);
    }
    let file = Path::new(given);
    if !file.exists() {
        bail!(Usage(format!(
            "{} is neither a public key nor a file: a key is a line of 56 characters that begins with RW",
            text::clean(given, SHOWN_BYTES)
        )));
    }
    let text = read_text(file, PUBLIC_KEY_BYTES)?;
    text.parse().map_err(|error| Usage(format!("{}: {error}", file.display())).into())
}

/// A key as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    key: String,
    public_key: String,
    trusted: bool,
    added_at: String,
    added_by: String,
    removed_at: Option<String>,
}

impl Listed {
    fn of(row: TrustedKeyRow, clock: Clock) -> Self {
        Self {
            name: row.name,
            key: row.key_id,
            public_key: row.public_key,
            trusted: row.removed_at.is_none(),
            added_at: clock.show(row.added_at),
            added_by: row.added_by,
            removed_at: row.removed_at.map(|at| clock.show(at)),
        }
    }
}

impl Item for Listed {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["name", "key", "trusted", "added at", "added by", "removed at", "public key"]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        let trusted = if self.trusted { "yes" } else { "no" };
        vec![vec![
            self.name.clone(),
            self.key.clone(),
            trusted.to_owned(),
            self.added_at.clone(),
            self.added_by.clone(),
            self.removed_at.clone().unwrap_or_default(),
            self.public_key.clone(),
        ]]
    }
}

/// Lists all keys.
pub fn list(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let rows = match home.has_store() {
        true => tokio()?.block_on(async { anyhow::Ok(home.store().await?.trusted_keys().await?) })?,
        false => Vec::new(),
    };
    let keys: Vec<Listed> = rows.into_iter().map(|row| Listed::of(row, out.clock())).collect();
    out.list(&keys, "no key is trusted: `sluice trust add PUBLICKEY --name WHO` adds one")?;
    Ok(Exit::Done)
}

/// Trusts a key no more.
pub fn remove(home: &Home, which: &str, out: &mut Output) -> anyhow::Result<Exit> {
    let removed = match home.has_store() {
        true => tokio()?.block_on(async { anyhow::Ok(home.store().await?.distrust_key(which).await?) })?,
        false => None,
    };
    let Some(removed) = removed else {
        bail!(
            "no trusted key has the name or id {}: `sluice trust list` shows what there is",
            text::clean(which, SHOWN_BYTES)
        );
    };
    out.line(format_args!("removed key {} of {}", removed.key_id, removed.name))?;
    Ok(Exit::Done)
}

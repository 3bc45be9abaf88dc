//! `sluice secret set|list|remove`

use crate::args::{Secret as Command, SecretName};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::Item;
use crate::output::table::Numbers;
use anyhow::{Context, bail};
use serde::Serialize;
use sluice_store::{Secret, SecretRow};
use std::io::{IsTerminal, Read};

/// Longest secret, in bytes.
const LONGEST: usize = 64 << 10;

/// Bytes that are read of one: its end of line and one byte more, so that a longer one is noticed.
const READ: usize = LONGEST + 3;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::Set { name } => set(home, name, out),
        Command::List => list(home, out),
        Command::Remove { name } => remove(home, name, out),
    }
}

fn set(home: &Home, name: &SecretName, out: &mut Output) -> anyhow::Result<Exit> {
    let secret = check(name, given(name)?)?;
    super::tokio()?
        .block_on(async { anyhow::Ok(home.store().await?.set_secret(name.as_str(), &secret).await?) })?;
    out.line(format_args!("set {name}"))?;
    Ok(Exit::Done)
}

/// What is typed without being shown, or stdin to its end without its last end of line.
fn given(name: &SecretName) -> anyhow::Result<Secret> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let typed = rpassword::prompt_password(format!("{name}: "));
        return Ok(Secret::new(typed.context("cannot read from the terminal")?));
    }
    // the room is there from the beginning: a text that grows leaves copies of itself in memory
    let mut bytes = Vec::with_capacity(READ);
    stdin.lock().take(READ as u64).read_to_end(&mut bytes).context("cannot read stdin")?;
    let mut text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => bail!(Usage(format!("{name}: a secret is UTF-8 text, stdin is not"))),
    };
    let end = if text.ends_with("\r\n") { 2 } else { usize::from(text.ends_with('\n')) };
    text.truncate(text.len() - end);
    Ok(Secret::new(text))
}

fn check(name: &SecretName, secret: Secret) -> anyhow::Result<Secret> {
    match secret.expose().len() {
        0 => bail!(Usage(format!("{name}: the secret is empty; `sluice secret remove {name}` removes one"))),
        1..=LONGEST => Ok(secret),
        _ => bail!(Usage(format!("{name}: the secret is longer than {LONGEST} bytes"))),
    }
}

/// A secret as it is listed.
#[derive(Debug, Serialize)]
struct Listed {
    name: String,
    set_at: String,
    set_by: String,
}

impl Listed {
    fn of(row: SecretRow, clock: Clock) -> Self {
        Self { name: row.name, set_at: clock.show(row.set_at), set_by: row.set_by }
    }
}

impl Item for Listed {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["name", "set at", "set by"]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        vec![vec![self.name.clone(), self.set_at.clone(), self.set_by.clone()]]
    }
}

fn list(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let rows = match home.has_store() {
        true => super::tokio()?.block_on(async { anyhow::Ok(home.store().await?.secrets().await?) })?,
        false => Vec::new(),
    };
    let secrets: Vec<Listed> = rows.into_iter().map(|row| Listed::of(row, out.clock())).collect();
    out.list(&secrets, "no secrets: `sluice secret set NAME` stores one")?;
    Ok(Exit::Done)
}

fn remove(home: &Home, name: &SecretName, out: &mut Output) -> anyhow::Result<Exit> {
    let removed = match home.has_store() {
        true => super::tokio()?
            .block_on(async { anyhow::Ok(home.store().await?.remove_secret(name.as_str()).await?) })?,
        false => false,
    };
    if !removed {
        bail!("no secret is called {name}: `sluice secret list` shows what there is");
    }
    out.line(format_args!("removed {name}"))?;
    Ok(Exit::Done)
}

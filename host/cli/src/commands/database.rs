//! `sluice db status|migrate|backup|restore|prune|vacuum`

mod replace;
mod status;

use crate::args::{Database as Command, Format, Prune};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table::{self, Numbers};
use crate::progress::Spinner;
use crate::signals::until_signal;
use serde::Serialize;
use serde_json::json;
use sluice_market::Instant;
use sluice_store::Store;
use std::path::Path;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::Status => status::run(home, out),
        Command::Migrate => migrate(home, out),
        Command::Backup { file } => backup(home, file, out),
        Command::Restore(options) => replace::restore(home, options, out),
        Command::Prune(options) => prune(home, options, out),
        Command::Vacuum => vacuum(home, out),
    }
}

/// Does something that takes a while to an open database.
fn work<T>(
    home: &Home,
    doing: &'static str,
    work: impl AsyncFnOnce(Store, &Spinner) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    home.require_store()?;
    let spinner = Spinner::new(doing);
    let work = async { work(home.store().await?, &spinner).await };
    super::tokio()?.block_on(until_signal(doing, work))
}

/// Prints an outcome: an object for JSON, `sentence` for people, its members for CSV.
fn told(out: &mut Output, outcome: &impl Serialize, sentence: &str) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => out.json(outcome),
        Format::Ndjson => out.json_line(outcome),
        Format::Table => out.line(sentence),
        Format::Csv => {
            let members = serde_json::to_value(outcome)?;
            let members = members.as_object().into_iter().flatten();
            out.csv(&["what", "value"], members.map(|(name, value)| [name.clone(), plain(value)]))
        }
    }
}

/// A value as a field of CSV.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn migrate(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let doing = "bringing the schema up to date";
    let spinner = Spinner::new(doing);
    let (url, access) = (home.database()?, home.access()?);
    let done = super::tokio()?.block_on(until_signal(doing, Store::migrate(&url, &access)))?;
    drop(spinner);
    let backup = done.backup.map(|file| file.display().to_string());
    let sentence = match (done.from == done.to, &backup) {
        (true, _) => format!("schema {} is up to date", done.to),
        (false, None) => format!("schema {} became {}", done.from, done.to),
        (false, Some(file)) => {
            format!("schema {} became {}; what was there is in {file}", done.from, done.to)
        }
    };
    told(out, &json!({ "from": done.from, "to": done.to, "backup": backup }), &sentence)?;
    Ok(Exit::Done)
}

fn backup(home: &Home, file: &Path, out: &mut Output) -> anyhow::Result<Exit> {
    let done = work(home, "backing up", async |store, spinner| {
        Ok(store.backup(file, |rows| spinner.rows(rows)).await?)
    })?;
    let path = done.file.display().to_string();
    let sentence = format!(
        "wrote {} rows ({}, schema {}) to {path}",
        Numbers::Rounded.count(done.rows),
        table::bytes(done.size_bytes),
        done.schema
    );
    let outcome =
        json!({ "file": path, "size_bytes": done.size_bytes, "rows": done.rows, "schema": done.schema });
    told(out, &outcome, &sentence)?;
    Ok(Exit::Done)
}

fn prune(home: &Home, options: &Prune, out: &mut Output) -> anyhow::Result<Exit> {
    let Prune { older_than, keep_audit, dry_run } = options;
    let before = older_than.before(Instant::now());
    let done = work(home, "pruning", async |store, _| {
        Ok(store.prune(before.millis(), *keep_audit, *dry_run).await?)
    })?;
    let count = |count| Numbers::Rounded.count(count);
    let verb = if *dry_run { "would remove" } else { "removed" };
    let checkpoint =
        done.checkpoint.map(|row| format!("; the audit log begins after row {row}")).unwrap_or_default();
    let sentence = format!(
        "{verb} {} scans, {} verdicts, {} alerts and {} rows of the audit log from before {before}{checkpoint}",
        count(done.scans),
        count(done.verdicts),
        count(done.alerts),
        count(done.audit_rows)
    );
    let outcome = json!({
        "before": before.to_string(), "dry_run": dry_run, "scans": done.scans, "verdicts": done.verdicts,
        "alerts": done.alerts, "audit_rows": done.audit_rows, "checkpoint": done.checkpoint,
    });
    told(out, &outcome, &sentence)?;
    Ok(Exit::Done)
}

fn vacuum(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let done = work(home, "giving space back", async |store, _| Ok(store.vacuum().await?))?;
    let sentence = format!("{} became {}", table::bytes(done.before_bytes), table::bytes(done.after_bytes));
    told(out, &json!({ "before_bytes": done.before_bytes, "after_bytes": done.after_bytes }), &sentence)?;
    Ok(Exit::Done)
}

//! `sluice audit verify`

mod exported;

use crate::args::Format;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table::Numbers;
use crate::progress::Spinner;
use crate::signals::until_signal;
use serde::Serialize;
use sluice_store::AuditVerdict;
use std::path::Path;

/// The verdict as it is printed.
#[derive(Debug, Serialize)]
struct Verdict {
    rows: u64,
    first: Option<i64>,
    newest: Option<i64>,
    checkpoint: Option<i64>,
    /// The newest row that is known beside the key.
    known_newest: Option<i64>,
    intact: bool,
    fault: Option<Fault>,
}

#[derive(Debug, Serialize)]
struct Fault {
    number: i64,
    kind: &'static str,
    detail: String,
}

/// Checks the whole log of the database, or one that was exported.
pub fn run(home: &Home, file: Option<&Path>, out: &mut Output) -> anyhow::Result<Exit> {
    let spinner = Spinner::new("checking the audit log");
    let verdict = match file {
        None => {
            home.require_store()?;
            let checking = async {
                let store = home.store().await?;
                anyhow::Ok(store.verify_audit(|rows| spinner.rows(rows)).await?)
            };
            crate::commands::tokio()?.block_on(until_signal("checking the audit log", checking))?
        }
        Some(path) => exported::verify(&home.access()?, path, |rows| spinner.rows(rows))?,
    };
    drop(spinner);
    let verdict = Verdict::from(verdict);
    print(out, &verdict, file.is_some())?;
    Ok(if verdict.intact { Exit::Done } else { Exit::Failed })
}

impl From<AuditVerdict> for Verdict {
    fn from(verdict: AuditVerdict) -> Self {
        Self {
            rows: verdict.rows,
            first: verdict.first,
            newest: verdict.newest,
            checkpoint: verdict.checkpoint,
            known_newest: verdict.known_newest,
            intact: verdict.fault.is_none(),
            fault: verdict.fault.map(|fault| Fault {
                number: fault.number,
                kind: fault.kind.as_str(),
                detail: fault.detail,
            }),
        }
    }
}

fn print(out: &mut Output, verdict: &Verdict, exported: bool) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => out.json(verdict),
        Format::Ndjson => out.json_line(verdict),
        Format::Csv => {
            let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
            let fault = verdict.fault.as_ref();
            let row = [
                verdict.rows.to_string(),
                number(verdict.first),
                number(verdict.newest),
                number(verdict.checkpoint),
                number(verdict.known_newest),
                verdict.intact.to_string(),
                number(fault.map(|fault| fault.number)),
                fault.map(|fault| fault.kind.to_owned()).unwrap_or_default(),
                fault.map(|fault| fault.detail.clone()).unwrap_or_default(),
            ];
            out.csv(
                &[
                    "rows",
                    "first",
                    "newest",
                    "checkpoint",
                    "known newest",
                    "intact",
                    "fault row",
                    "fault",
                    "detail",
                ],
                std::iter::once(row),
            )
        }
        Format::Table => words(out, verdict, exported),
    }
}

fn words(out: &mut Output, verdict: &Verdict, exported: bool) -> anyhow::Result<()> {
    if let Some(checkpoint) = verdict.checkpoint {
        out.line(format_args!("rows up to {checkpoint} were pruned"))?;
    }
    // an exported log has an end of its own
    if verdict.known_newest.is_none() && verdict.rows > 0 && !exported {
        out.line(
            "nothing is known of this log beside the key: that rows are missing at its end would not be seen",
        )?;
    }
    match (&verdict.fault, verdict.first.zip(verdict.newest)) {
        (Some(fault), _) => {
            out.line(format_args!("not intact: row {} ({}): {}", fault.number, fault.kind, fault.detail))
        }
        (None, None) => out.line("intact: no rows"),
        (None, Some((first, newest))) => {
            let count = Numbers::Rounded.count(verdict.rows);
            let rows = if verdict.rows == 1 { "row" } else { "rows" };
            out.line(format_args!("intact: {count} {rows}, {first} to {newest}"))
        }
    }
}

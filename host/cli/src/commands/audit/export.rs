//! `sluice audit export`

use super::entry::{Ending, Entry};
use crate::args::Format;
use crate::commands::paging;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table::Numbers;
use crate::progress::Spinner;
use crate::signals::until_signal;
use anyhow::{Context, anyhow};
use serde::Serialize;
use sluice_store::{AuditFilter, AuditRow, Part};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

/// What was written.
#[derive(Debug, Serialize)]
struct Exported {
    file: String,
    rows: u64,
}

/// A line of an export.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Line {
    Row(Box<Entry>),
    End(Ending),
}

/// Writes all rows, oldest first, and what ends them as lines of JSON whatever the format, which is how the outcome is
/// told.
pub fn run(home: &Home, file: Option<&Path>, out: &mut Output) -> anyhow::Result<Exit> {
    home.require_store()?;
    match file {
        None => {
            let lines = |line: Line| out.json_line(&line);
            crate::commands::tokio()?
                .block_on(until_signal("exporting the audit log", export(home, lines)))?;
        }
        Some(path) => {
            let rows = to_file(home, path)?;
            told(out, &Exported { file: path.display().to_string(), rows })?;
        }
    }
    Ok(Exit::Done)
}

/// A whole file or none.
fn to_file(home: &Home, path: &Path) -> anyhow::Result<u64> {
    let cannot = || format!("cannot write {}", path.display());
    let taken = || anyhow!("{} is there already: name a new file, nothing is overwritten", path.display());
    if path.exists() {
        return Err(taken());
    }
    let part = Part::of(path).with_context(cannot)?;
    let spinner = Spinner::new("exporting the audit log");
    let mut to = BufWriter::new(part.file());
    let mut rows = 0;
    let write = |line: Line| {
        serde_json::to_writer(&mut to, &line).with_context(cannot)?;
        to.write_all(b"\n").with_context(cannot)?;
        rows += u64::from(matches!(line, Line::Row(_)));
        spinner.rows(rows);
        Ok(())
    };
    crate::commands::tokio()?.block_on(until_signal("exporting the audit log", export(home, write)))?;
    to.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(cannot)?;
    match part.keep() {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(taken()),
        kept => kept.with_context(cannot).map(|()| rows),
    }
}

async fn export(home: &Home, mut write: impl FnMut(Line) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let store = home.store().await?;
    let filter = AuditFilter { oldest_first: true, ..AuditFilter::default() };
    let fetch = async |after, most| Ok(store.audit(&filter, after, most).await?);
    let mut end = store.end_of_audit(None)?;
    let take = |row: AuditRow| {
        end = store.end_of_audit(Some(&row))?;
        write(Line::Row(Box::new(row.into())))
    };
    paging::each(u32::MAX, None, |row: &AuditRow| row.number, fetch, take).await?;
    write(Line::End(end.into()))
}

fn told(out: &mut Output, exported: &Exported) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => out.json(exported),
        Format::Ndjson => out.json_line(exported),
        Format::Csv => {
            out.csv(&["file", "rows"], std::iter::once([exported.file.clone(), exported.rows.to_string()]))
        }
        Format::Table => {
            let rows = Numbers::Rounded.count(exported.rows);
            out.line(format_args!("wrote {rows} rows to {}", exported.file))
        }
    }
}

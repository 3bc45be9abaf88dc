//! `sluice audit export`

use super::Entry;
use crate::args::Format;
use crate::commands::paging;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table::Numbers;
use crate::progress::Spinner;
use crate::signals::until_signal;
use anyhow::{Context, bail};
use serde::Serialize;
use sluice_store::{AuditFilter, AuditRow};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

/// What was written.
#[derive(Debug, Serialize)]
struct Exported {
    file: String,
    rows: u64,
}

/// Writes all rows, oldest first, as lines of JSON whatever the format, which is how the outcome is told.
pub fn run(home: &Home, file: Option<&Path>, out: &mut Output) -> anyhow::Result<Exit> {
    home.require_store()?;
    match file {
        None => {
            let rows = |row: AuditRow| out.json_line(&Entry::from(row));
            crate::commands::tokio()?
                .block_on(until_signal("exporting the audit log", export(home, rows)))?;
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
    let file = create(path)?;
    let written = fill(home, file, path);
    if written.is_err()
        && let Err(error) = std::fs::remove_file(path)
    {
        tracing::warn!("cannot remove the unfinished {}: {error}", path.display());
    }
    written
}

fn create(path: &Path) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => Ok(file),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already: name a new file, nothing is overwritten", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

fn fill(home: &Home, file: File, path: &Path) -> anyhow::Result<u64> {
    let cannot = || format!("cannot write {}", path.display());
    let spinner = Spinner::new("exporting the audit log");
    let mut to = BufWriter::new(file);
    let mut rows = 0;
    let write = |row: AuditRow| {
        let mut line = serde_json::to_vec(&Entry::from(row))?;
        line.push(b'\n');
        to.write_all(&line).with_context(cannot)?;
        rows += 1;
        spinner.rows(rows);
        Ok(())
    };
    crate::commands::tokio()?.block_on(until_signal("exporting the audit log", export(home, write)))?;
    let file = to.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    Ok(rows)
}

async fn export(home: &Home, write: impl FnMut(AuditRow) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let store = home.store().await?;
    let filter = AuditFilter { oldest_first: true, ..AuditFilter::default() };
    let fetch = async |after, most| Ok(store.audit(&filter, after, most).await?);
    paging::each(u32::MAX, None, |row: &AuditRow| row.number, fetch, write).await?;
    Ok(())
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

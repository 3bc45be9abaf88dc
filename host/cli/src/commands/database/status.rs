//! `sluice db status`

use crate::args::Format;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table::{self, Numbers};
use serde::Serialize;
use sluice_store::DatabaseStatus;
use std::collections::BTreeMap;

/// The state of a database as it is printed.
#[derive(Debug, Serialize)]
struct Status {
    url: String,
    backend: &'static str,
    server_version: String,
    encrypted: bool,
    schema: i64,
    schema_known: i64,
    size_bytes: u64,
    intact: bool,
    /// What is damaged.
    fault: Option<String>,
    running_scans: u64,
    audit_rows: u64,
    settings_revision: i64,
    id: String,
    /// Rows by table.
    tables: BTreeMap<String, u64>,
}

/// Prints it; a damaged database is a failure.
pub fn run(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let status = super::work(home, "looking at the database", async |store, _| {
        Ok(Status::from(store.database_status().await?))
    })?;
    match out.format() {
        Format::Json => out.json(&status)?,
        Format::Ndjson => out.json_line(&status)?,
        Format::Csv => out.csv(&["what", "value"], facts(&status, Numbers::Exact).into_iter())?,
        Format::Table => {
            out.line(table::plain(&["database", ""], facts(&status, Numbers::Rounded).into_iter()))?;
        }
    }
    Ok(if status.intact { Exit::Done } else { Exit::Failed })
}

impl From<DatabaseStatus> for Status {
    fn from(status: DatabaseStatus) -> Self {
        Self {
            url: status.url,
            backend: status.backend,
            server_version: status.server_version,
            encrypted: status.encrypted,
            schema: status.schema,
            schema_known: status.schema_known,
            size_bytes: status.size_bytes,
            intact: status.integrity.is_ok(),
            fault: status.integrity.err(),
            running_scans: status.running_scans,
            audit_rows: status.audit_rows,
            settings_revision: status.settings_revision,
            id: status.id,
            tables: status.tables.into_iter().collect(),
        }
    }
}

fn facts(status: &Status, numbers: Numbers) -> Vec<Vec<String>> {
    let size = numbers.bytes(status.size_bytes);
    let schema = match status.schema == status.schema_known {
        true => status.schema.to_string(),
        false => format!("{} (this program knows {})", status.schema, status.schema_known),
    };
    let mut facts: Vec<(String, String)> = [
        ("url", status.url.clone()),
        ("id", status.id.clone()),
        ("version", format!("{} {}", status.backend, status.server_version)),
        ("encrypted", if status.encrypted { "yes" } else { "no" }.to_owned()),
        ("schema", schema),
        ("size", size),
        ("integrity", status.fault.clone().unwrap_or_else(|| "ok".to_owned())),
        ("running scans", numbers.count(status.running_scans)),
        ("audit rows", numbers.count(status.audit_rows)),
        ("settings revision", status.settings_revision.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    facts.extend(status.tables.iter().map(|(name, rows)| (format!("rows of {name}"), numbers.count(*rows))));
    facts.into_iter().map(|(name, value)| vec![name, value]).collect()
}

//! `sluice audit log|verify|accept|export`

mod export;
mod log;
mod verify;

use super::instant;
use crate::args::{Audit as Command, Format};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use sluice_store::AuditRow;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::Log(options) => log::run(home, options, out),
        Command::Verify => verify::run(home, out),
        Command::Accept { reason } => accept(home, reason, out),
        Command::Export { file } => export::run(home, file.as_deref(), out),
    }
}

fn accept(home: &Home, reason: &str, out: &mut Output) -> anyhow::Result<Exit> {
    home.require_store()?;
    let number =
        super::tokio()?.block_on(async { anyhow::Ok(home.store().await?.accept_audit(reason).await?) })?;
    match out.format() {
        Format::Json => out.json(&json!({ "number": number }))?,
        Format::Ndjson => out.json_line(&json!({ "number": number }))?,
        Format::Csv => out.csv(&["number"], std::iter::once([number.to_string()]))?,
        Format::Table => out.line(format_args!("accepted: row {number} tells of it"))?,
    }
    Ok(Exit::Done)
}

/// A row as it is printed.
#[derive(Debug, Serialize)]
struct Entry {
    /// The same as the number.
    cursor: i64,
    number: i64,
    at: String,
    who: String,
    host: String,
    action: String,
    subject: String,
    before: Option<Box<RawValue>>,
    after: Option<Box<RawValue>>,
    mac: String,
}

impl From<AuditRow> for Entry {
    fn from(row: AuditRow) -> Self {
        Self {
            cursor: row.number,
            number: row.number,
            at: instant(row.at),
            who: row.actor,
            host: row.host,
            action: row.action,
            subject: row.subject,
            before: row.before_json.map(exact),
            after: row.after_json.map(exact),
            mac: row.mac,
        }
    }
}

/// The stored JSON byte for byte. A row that somebody tampered with may hold anything: then it is a text.
fn exact(json: String) -> Box<RawValue> {
    let one_line = !json.contains(['\n', '\r']);
    match one_line.then(|| RawValue::from_string(json.clone())) {
        Some(Ok(raw)) => raw,
        _ => serde_json::value::to_raw_value(&json).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_json_is_printed_byte_for_byte_and_anything_else_as_a_text() {
        for (stored, printed) in [
            (r#"{"b":1.50,"a":[null]}"#, r#"{"b":1.50,"a":[null]}"#),
            ("no json\u{1b}", r#""no json\u001b""#),
            ("{\n}", r#""{\n}""#),
            ("", "\"\""),
        ] {
            assert_eq!(exact(stored.to_owned()).get(), printed);
        }
    }
}

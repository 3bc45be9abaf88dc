//! `sluice audit log|verify|accept|export`

mod entry;
mod export;
mod log;
mod verify;

use crate::args::{Audit as Command, Format};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use serde_json::json;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::Log(options) => log::run(home, options, out),
        Command::Verify { file } => verify::run(home, file.as_deref(), out),
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

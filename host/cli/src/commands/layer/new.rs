//! `sluice layer new`

use crate::args::{Format, New, Scope};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use serde::Serialize;
use sluice_build::{Sdk, Template, scaffold};
use std::path::{Path, PathBuf};

/// The SDK inside the program.
const SDK: Sdk<'static> =
    Sdk { version: crate::SDK_VERSION, api: crate::SDK_API, files: crate::SDK_FILES, lock: crate::SDK_LOCK };

/// What `new` did.
#[derive(Debug, Serialize)]
struct Made {
    id: String,
    path: PathBuf,
    sdk: PathBuf,
    sdk_version: &'static str,
    api: &'static str,
}

/// Makes the crate, and the SDK beside it when this version was not written before.
pub fn run(home: &Home, options: &New, out: &mut Output) -> anyhow::Result<Exit> {
    let dir = options.path.clone().unwrap_or_else(|| PathBuf::from(options.name.name()));
    home.make()?;
    let sdk = SDK.unpack(&home.sdk_folder())?;
    let template = match options.scope {
        Scope::PerInstrument => Template::PerInstrument,
        Scope::CrossSection => Template::CrossSection,
        Scope::Market => Template::Market,
    };
    scaffold(&options.name, template, &dir, &SDK, &sdk)?;
    let made = Made { id: options.name.id(), path: dir, sdk, sdk_version: SDK.version, api: SDK.api };
    match out.format() {
        Format::Json => out.json(&made)?,
        Format::Ndjson => out.json_line(&made)?,
        Format::Csv | Format::Table => told(out, &made, options.name.name())?,
    }
    Ok(Exit::Done)
}

fn told(out: &mut Output, made: &Made, name: &str) -> anyhow::Result<()> {
    let path = shown(&made.path);
    out.line(format_args!("made {} in {path} (SDK {}, API {})", made.id, made.sdk_version, made.api))?;
    out.line("next:")?;
    out.line(format_args!("  sluice layer test {path}"))?;
    out.line(format_args!("  sluice layer run {path} --explain --symbols AAPL"))?;
    out.line(format_args!("  sluice layer build {path}"))?;
    out.line(format_args!("  sluice layer install {path}/target/{name}.wasm"))
}

/// A path as a shell takes it.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '~' | '+' | '@');
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

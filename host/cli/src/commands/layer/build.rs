//! `sluice layer build`

use super::check::facts;
use super::component::Component;
use crate::args::{Build, Format};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::{self, Output};
use anyhow::anyhow;
use serde::Serialize;
use sluice_engine::Checked;
use std::path::PathBuf;

/// What `build` made.
#[derive(Debug, Serialize)]
struct Built<'a> {
    path: PathBuf,
    #[serde(flatten)]
    checked: &'a Checked,
}

/// Builds the crate and tells what came out; a component that would be refused is a failure.
pub fn run(home: &Home, options: &Build, out: &mut Output) -> anyhow::Result<Exit> {
    let component = Component::of(home, &options.path, &options.how)?;
    let checked = component.checked(home)?;
    if let Some(refusal) = checked.refusals.first() {
        return Err(anyhow!("{refusal}"));
    }
    let built = Built { path: component.path.clone(), checked: &checked };
    match out.format() {
        Format::Json => out.json(&built)?,
        Format::Ndjson => out.json_line(&built)?,
        Format::Csv | Format::Table => {
            facts(out, &checked)?;
            out.line(format_args!("{:<8} {}", "file", component.path.display()))?;
            out.flush()?;
            checked.warnings.iter().for_each(|warning| output::warn(warning));
        }
    }
    Ok(Exit::Done)
}

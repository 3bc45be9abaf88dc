//! `sluice layer check`

use super::component::{self, temporary};
use super::install::trusted;
use crate::args::{Check, Format};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table;
use sluice_engine::{Checked, Origin, check, trial};
use sluice_runtime::{Cancel, Layer};
use sluice_store::StoreError;

/// Tells whether a component would be installed; the exit code says it too.
pub fn run(home: &Home, options: &Check, out: &mut Output) -> anyhow::Result<Exit> {
    let name = options.file.display().to_string();
    let fetched = component::fetch(&options.file)?;
    let mut checked = check(&home.runtime()?, &name, &fetched.bytes);
    component::tell_whole_size(&mut checked, &options.file);
    if let Some(layer) = checked.layer.clone() {
        match trusted(home)?.judge(&fetched.bytes, fetched.signature.as_deref()) {
            Ok(judged) => checked.warnings.extend(judged.warning),
            Err(refusal) => checked.refusals.push(refusal.to_string()),
        }
        checked.refusals.extend(conflict(home, &layer)?);
        let folder = temporary()?;
        let tried = trial(&home.config()?, &layer, folder.path(), &Cancel::new())?;
        checked.warnings.extend(tried.warnings.into_iter().chain(tried.faults));
    }
    print(out, &checked)?;
    Ok(if checked.is_accepted() { Exit::Done } else { Exit::Found })
}

/// Why the store would refuse it: another component has its name and version.
fn conflict(home: &Home, layer: &Layer) -> anyhow::Result<Option<String>> {
    if !home.has_store() {
        return Ok(None);
    }
    let rows = super::super::tokio()?.block_on(async { anyhow::Ok(home.store().await?.layers().await?) })?;
    let is_other = |row: &sluice_store::LayerRow| {
        let same = row.layer == layer.id() && row.version == layer.version();
        same && row.digest != layer.digest() && row.origin == Origin::Installed.as_str()
    };
    let other = rows.into_iter().find(is_other).map(|row| StoreError::LayerConflict {
        layer: row.layer,
        version: row.version,
        stored: row.digest,
        given: layer.digest().to_owned(),
    });
    Ok(other.map(|conflict| conflict.to_string()))
}

/// Prints what is known of a component.
pub fn print(out: &mut Output, checked: &Checked) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => return out.json(checked),
        Format::Ndjson => return out.json_line(checked),
        Format::Csv | Format::Table => {}
    }
    facts(out, checked)?;
    for refusal in &checked.refusals {
        out.line(format_args!("refused: {refusal}"))?;
    }
    for warning in &checked.warnings {
        out.line(format_args!("warning: {warning}"))?;
    }
    let verdict = match (checked.is_accepted(), checked.warnings.len()) {
        (false, _) => "it would not be installed".to_owned(),
        (true, 0) => "it would be installed".to_owned(),
        (true, 1) => "it would be installed, with 1 warning".to_owned(),
        (true, count) => format!("it would be installed, with {count} warnings"),
    };
    out.line(verdict)
}

/// Who it is, one fact a line.
pub fn facts(out: &mut Output, checked: &Checked) -> anyhow::Result<()> {
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| table::NONE.to_owned());
    let imports = match checked.imports.is_empty() {
        true => "nothing".to_owned(),
        false => checked.imports.join(", "),
    };
    let lines = [
        ("layer", or_unknown(&checked.id)),
        ("version", or_unknown(&checked.version)),
        ("API", or_unknown(&checked.api)),
        ("size", table::bytes(checked.size as u64)),
        ("digest", checked.digest.clone()),
        ("imports", imports),
    ];
    lines.iter().try_for_each(|(name, value)| out.line(format_args!("{name:<8} {value}")))
}

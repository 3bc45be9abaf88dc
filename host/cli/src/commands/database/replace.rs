//! `sluice db restore`

use super::told;
use crate::args::Restore;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::table::Numbers;
use crate::output::{self, Output};
use crate::progress::Spinner;
use crate::signals::until_signal;
use anyhow::bail;
use serde_json::json;
use sluice_store::Store;
use std::io::IsTerminal;

/// Puts a backup in the place of the database, after asking.
pub fn restore(home: &Home, options: &Restore, out: &mut Output) -> anyhow::Result<Exit> {
    let file = options.file.display();
    if !options.yes && !agreed(home, options)? {
        bail!("nothing was restored: the answer was not yes");
    }
    let doing = "restoring";
    let (url, access) = (home.database()?, home.access()?);
    let spinner = Spinner::new(doing);
    let restoring = Store::restore(&url, &access, &options.file, |rows| spinner.rows(rows));
    let done = crate::commands::tokio()?.block_on(until_signal(doing, restoring))?;
    drop(spinner);
    let kept = done.kept.map(|kept| kept.display().to_string());
    let before = match &kept {
        Some(kept) => format!("; what was there is in {kept}"),
        None => String::new(),
    };
    let rows = Numbers::Rounded.count(done.rows);
    let sentence = format!("restored {rows} rows (schema {}) from {file}{before}", done.schema);
    told(out, &json!({ "rows": done.rows, "schema": done.schema, "kept": kept }), &sentence)?;
    Ok(Exit::Done)
}

/// Asks; where nobody can answer, `--yes` has to say so.
fn agreed(home: &Home, options: &Restore) -> anyhow::Result<bool> {
    let stdin = std::io::stdin();
    if !(stdin.is_terminal() && std::io::stderr().is_terminal()) {
        bail!(Usage("restoring replaces the database and nobody is here to be asked: give --yes".to_owned()));
    }
    output::ask(&format!("Put {} in the place of {}? [y/N] ", options.file.display(), home.url()))?;
    let mut answer = String::new();
    stdin.read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()))
}

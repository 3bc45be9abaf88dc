//! `sluice layer install|list|remove`

use super::instant;
use crate::args::{Format, Layer as Command};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{self, Numbers};
use anyhow::{Context, bail};
use serde::Serialize;
use sluice_engine::{Catalog, LayerSource, Origin, layer_schema, record_layer, unknown_kinds};
use sluice_runtime::LoadError;
use sluice_store::InstallOutcome;
use std::path::Path;

/// Largest file that is read at all, in bytes: one more than the sandbox takes, so that it is the sandbox that says
/// what is wrong.
const READ_BYTES: u64 = (64 << 20) + 1;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::Install { file } => install(home, file, out),
        Command::List => list(home, out),
        Command::Remove { layer } => remove(home, layer, out),
    }
}

/// What `install` did.
#[derive(Debug, Serialize)]
struct Installed {
    id: String,
    version: String,
    digest: String,
    api: String,
    size: usize,
    installed: bool,
}

fn install(home: &Home, file: &Path, out: &mut Output) -> anyhow::Result<Exit> {
    let name = file.display().to_string();
    let bytes = read(file).with_context(|| format!("cannot read {name}"))?;
    home.make()?;
    let layer = home.runtime()?.load(&name, &bytes).map_err(|error| whole_size(error, file))?;
    let unknown = unknown_kinds(&layer).join(", ");
    if !unknown.is_empty() {
        let author = layer.id().split('/').next().unwrap_or_default();
        tracing::warn!(
            "{} may raise alerts of kinds that nobody knows: {unknown}; ask its author for a published kind or {author}/NAME",
            layer.label()
        );
    }
    let outcome = super::tokio()?.block_on(async {
        let store = home.store().await?;
        anyhow::Ok(store.install_layer(&record_layer(&layer, bytes)).await?)
    })?;
    let installed = Installed {
        id: layer.id().to_owned(),
        version: layer.version().to_owned(),
        digest: layer.digest().to_owned(),
        api: layer.api_version().to_string(),
        size: layer.size(),
        installed: outcome == InstallOutcome::Installed,
    };
    match out.format() {
        Format::Json => out.json(&installed)?,
        Format::Ndjson => out.json_line(&installed)?,
        Format::Csv | Format::Table => {
            let verb = if installed.installed { "installed" } else { "already installed:" };
            out.line(format_args!(
                "{verb} {} ({}, digest {})",
                layer.label(),
                table::bytes(installed.size as u64),
                installed.digest
            ))?;
        }
    }
    Ok(Exit::Done)
}

/// Tells the size of the whole file where only its beginning was read.
fn whole_size(error: LoadError, file: &Path) -> LoadError {
    match error {
        LoadError::TooLarge { source_name, actual, limit } => {
            let whole = std::fs::metadata(file).ok().and_then(|file| usize::try_from(file.len()).ok());
            LoadError::TooLarge { source_name, actual: whole.unwrap_or(actual), limit }
        }
        other => other,
    }
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(file)?.take(READ_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A layer as `list` prints it.
#[derive(Debug, Serialize)]
struct Listed {
    id: String,
    version: String,
    origin: &'static str,
    digest: String,
    api: String,
    size: u64,
    installed_at: Option<String>,
    #[serde(flatten)]
    schema: serde_json::Value,
}

fn list(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let catalog = Catalog::load(&home.runtime()?, &LayerSource::bundled(crate::BUNDLED));
    super::warn_of_unloadable(&catalog);
    let mut layers: Vec<Listed> = catalog
        .layers()
        .map(|(layer, origin)| Listed {
            id: layer.id().to_owned(),
            version: layer.version().to_owned(),
            origin: origin.as_str(),
            digest: layer.digest().to_owned(),
            api: layer.api_version().to_string(),
            size: layer.size() as u64,
            installed_at: None,
            schema: layer_schema(layer),
        })
        .collect();
    if home.has_store() {
        let rows = super::tokio()?.block_on(async { anyhow::Ok(home.store().await?.layers().await?) })?;
        for row in rows.into_iter().filter(|row| row.origin == Origin::Installed.as_str()) {
            let schema = serde_json::from_str(&row.descriptor_json)
                .with_context(|| format!("the stored descriptor of {} is damaged", row.layer))?;
            layers.push(Listed {
                id: row.layer,
                version: row.version,
                origin: Origin::Installed.as_str(),
                digest: row.digest,
                api: row.api_version,
                size: row.size,
                installed_at: Some(instant(row.installed_at)),
                schema,
            });
        }
    }
    layers.sort_by(|a, b| (&a.id, &a.version).cmp(&(&b.id, &b.version)));
    out.list(
        &layers,
        "no layers: build the program with `cargo xtask build`, or `sluice layer install FILE`",
    )?;
    Ok(Exit::Done)
}

impl Item for Listed {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["id", "version", "origin", "api", "size", "digest", "summary"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        vec![vec![
            self.id.clone(),
            self.version.clone(),
            self.origin.to_owned(),
            self.api.clone(),
            match numbers {
                Numbers::Rounded => table::bytes(self.size),
                Numbers::Exact => self.size.to_string(),
            },
            self.digest.chars().take(12).collect(),
            self.schema["summary"].as_str().unwrap_or_default().to_owned(),
        ]]
    }
}

fn remove(home: &Home, layer: &str, out: &mut Output) -> anyhow::Result<Exit> {
    let (id, version) = match layer.split_once('@') {
        Some((id, version)) => (id, Some(version)),
        None => (layer, None),
    };
    if !id.contains('/') {
        bail!(Usage(format!("{layer} is no layer: give author/name or author/name@version")));
    }
    let removed = match home.has_store() {
        true => super::tokio()?
            .block_on(async { anyhow::Ok(home.store().await?.remove_layer(id, version).await?) })?,
        false => 0,
    };
    if removed == 0 {
        bail!(
            "no installed layer is called {layer}: `sluice layer list` shows what there is; bundled ones stay"
        );
    }
    out.line(format_args!("removed {layer}"))?;
    Ok(Exit::Done)
}

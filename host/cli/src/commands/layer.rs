//! `sluice layer …`: here install, list and remove; what authors use stands in files of its own.

mod bench;
mod build;
mod building;
mod check;
mod component;
mod new;
mod run;
mod test;

use crate::args::{Format, Layer as Command};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{self, Numbers};
use anyhow::{Context, bail};
use serde::Serialize;
use sluice_engine::{Catalog, LayerSource, Origin, check, layer_schema, record_layer};
use sluice_store::InstallOutcome;
use std::path::Path;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::New(options) => new::run(home, options, out),
        Command::Build(options) => build::run(home, options, out),
        Command::Test(options) => test::run(home, options, out),
        Command::Check(options) => check::run(home, options, out),
        Command::Bench(options) => bench::run(home, options, out),
        Command::Run(options) => run::run(home, options, out),
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
    let bytes = component::read(file)?;
    home.make()?;
    let mut checked = check(&home.runtime()?, &name, &bytes);
    component::tell_whole_size(&mut checked, file);
    let refusal = || checked.refusals.first().cloned().unwrap_or_else(|| format!("{name}: it is no layer"));
    let layer = checked.layer.ok_or_else(|| anyhow::anyhow!(refusal()))?;
    checked.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
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
    let clock = out.clock();
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
                installed_at: Some(clock.show(row.installed_at)),
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

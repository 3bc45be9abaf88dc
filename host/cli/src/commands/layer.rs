//! `sluice layer …`: here install; the others stand in files of their own.

mod bench;
mod build;
mod building;
mod check;
mod component;
mod list;
mod new;
mod remove;
mod run;
mod show;
mod swap;
mod test;

use crate::args::{Format, Layer as Command};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table;
use serde::Serialize;
use sluice_engine::{Config, LayerRef, Versions, check, record_layer};
use sluice_store::InstallOutcome;
use std::collections::BTreeMap;
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
        Command::List => list::run(home, out),
        Command::Show { layer, scans } => show::run(home, layer, *scans, out),
        Command::Activate { layer, pipeline, shadow } => {
            swap::activate(home, layer, pipeline.as_deref(), *shadow, out)
        }
        Command::Rollback(which) => swap::rollback(home, which, out),
        Command::Enable(which) => swap::set_enabled(home, which, true, out),
        Command::Disable(which) => swap::set_enabled(home, which, false, out),
        Command::Remove { layer } => remove::run(home, layer, out),
    }
}

/// Which version the pipelines call that name the layer; without any, the default one with the layer besides.
fn active(config: &Config, versions: &Versions, id: &str) -> BTreeMap<String, String> {
    let uses = versions.uses(config, id);
    if uses.is_empty() {
        let active = versions.active(&config.default_pipeline, &LayerRef::any(id));
        return active.map(|version| (String::new(), version.version.clone())).into_iter().collect();
    }
    let called =
        |use_: &sluice_engine::Use<'_>| Some((use_.pipeline.to_owned(), use_.active?.version.clone()));
    uses.iter().filter_map(called).collect()
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
    /// Which version is active, by pipeline; "" stands for scans that are told to call the layer.
    active: BTreeMap<String, String>,
}

fn install(home: &Home, file: &Path, out: &mut Output) -> anyhow::Result<Exit> {
    let name = file.display().to_string();
    let bytes = component::read(file)?;
    home.make()?;
    let runtime = home.runtime()?;
    let mut checked = check(&runtime, &name, &bytes);
    component::tell_whole_size(&mut checked, file);
    let refusal = || checked.refusals.first().cloned().unwrap_or_else(|| format!("{name}: it is no layer"));
    let layer = checked.layer.ok_or_else(|| anyhow::anyhow!(refusal()))?;
    checked.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let (outcome, versions) = super::tokio()?.block_on(async {
        let store = home.store().await?;
        let outcome = store.install_layer(&record_layer(&layer, bytes, crate::BUNDLED)).await?;
        let versions = Versions::read(&runtime, crate::BUNDLED, Some(&store), Some(layer.id())).await?;
        anyhow::Ok((outcome, versions))
    })?;
    let active = active(&home.config()?, &versions, layer.id());
    let installed = Installed {
        id: layer.id().to_owned(),
        version: layer.version().to_owned(),
        digest: layer.digest().to_owned(),
        api: layer.api_version().to_string(),
        size: layer.size(),
        installed: outcome == InstallOutcome::Installed,
        active,
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
            for (pipeline, version) in
                installed.active.iter().filter(|(_, version)| **version != installed.version)
            {
                let place =
                    if pipeline.is_empty() { String::new() } else { format!(" in pipeline {pipeline}") };
                out.line(format_args!(
                    "{}@{version} stays active{place}; `sluice layer activate {}` switches",
                    installed.id,
                    layer.label()
                ))?;
            }
        }
    }
    Ok(Exit::Done)
}

//! `sluice layer …`: one file for each.

mod bench;
mod build;
mod building;
mod check;
mod component;
mod install;
mod list;
mod new;
mod publish;
mod remote;
mod remove;
mod run;
mod show;
mod sign;
mod signer;
mod swap;
mod test;

use crate::args::Layer as Command;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
pub use component::read_text;
use sluice_engine::{Config, LayerRef, Versions};
use std::collections::BTreeMap;

/// Runs the command.
pub fn run(home: &Home, command: &Command, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Command::New(options) => new::run(home, options, out),
        Command::Build(options) => build::run(home, options, out),
        Command::Test(options) => test::run(home, options, out),
        Command::Check(options) => check::run(home, options, out),
        Command::Bench(options) => bench::run(home, options, out),
        Command::Run(options) => run::run(home, options, out),
        Command::Sign(options) => sign::run(home, options, out),
        Command::Publish(options) => publish::run(home, options, out),
        Command::Install(options) => install::run(home, options, out),
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

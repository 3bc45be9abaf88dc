//! `sluice layer list`

use super::signer::ShownSigner;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{self, Numbers};
use serde::Serialize;
use sluice_engine::{Version, Versions};

/// A layer as it is printed.
#[derive(Debug, Serialize)]
struct Listed {
    id: String,
    version: String,
    origin: &'static str,
    /// Pipelines that call it.
    active_in: Vec<String>,
    digest: String,
    api: String,
    size: u64,
    installed_at: Option<String>,
    source: Option<String>,
    signer: Option<ShownSigner>,
    #[serde(flatten)]
    schema: serde_json::Value,
}

/// Prints every version of every layer.
pub fn run(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let (runtime, config) = (home.runtime()?, home.config()?);
    let versions = super::super::tokio()?.block_on(async {
        let store = match home.has_store() {
            true => Some(home.store().await?),
            false => None,
        };
        anyhow::Ok(Versions::read(&runtime, crate::BUNDLED, store.as_ref(), None).await?)
    })?;
    let clock = out.clock();
    let listed = |version: &Version| {
        let uses = versions.active_uses(&config, version);
        let called = uses.iter().filter(|use_| use_.row.is_none_or(|row| row.enabled));
        Listed {
            active_in: called.map(|use_| use_.pipeline.to_owned()).collect(),
            id: version.id.clone(),
            version: version.version.clone(),
            origin: version.origin.as_str(),
            digest: version.digest.clone(),
            api: version.api.clone(),
            size: version.size,
            installed_at: version.installed_at.map(|at| clock.show(at)),
            source: version.provenance.source.clone(),
            signer: ShownSigner::of(&version.provenance),
            schema: version.schema.clone(),
        }
    };
    let layers: Vec<Listed> = versions.all().iter().map(listed).collect();
    out.list(
        &layers,
        "no layers: build the program with `cargo xtask build`, or `sluice layer install FILE`",
    )?;
    Ok(Exit::Done)
}

impl Item for Listed {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["id", "version", "origin", "active in", "api", "size", "digest", "signed by", "summary"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        vec![vec![
            self.id.clone(),
            self.version.clone(),
            self.origin.to_owned(),
            self.active_in.join(" "),
            self.api.clone(),
            numbers.bytes(self.size),
            table::digest(&self.digest),
            self.signer.as_ref().map_or_else(String::new, ToString::to_string),
            self.schema["summary"].as_str().unwrap_or_default().to_owned(),
        ]]
    }
}

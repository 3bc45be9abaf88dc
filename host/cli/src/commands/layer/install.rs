//! `sluice layer install`: fetched, compared with what is trusted, checked, stored.

use super::component::{self, Accepted};
use super::remote;
use super::signer::ShownSigner;
use crate::args::{Format, Install};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::{Output, table};
use anyhow::anyhow;
use serde::Serialize;
use sluice_engine::{Versions, record_layer, trust};
use sluice_package::{Fetched, Judged, Source, Trust};
use sluice_store::{InstallOutcome, NewLayer, Provenance};
use std::collections::BTreeMap;

/// What `install` did.
#[derive(Debug, Serialize)]
struct Installed {
    id: String,
    version: String,
    digest: String,
    api: String,
    size: usize,
    imports: Vec<String>,
    source: String,
    signer: Option<ShownSigner>,
    installed: bool,
    /// Which version is active, by pipeline; "" stands for scans that are told to call the layer.
    active: BTreeMap<String, String>,
}

/// Installs a component, or says why not.
pub fn run(home: &Home, options: &Install, out: &mut Output) -> anyhow::Result<Exit> {
    let source = remote::source(&options.source)?;
    let fetched = remote::fetch(home, &source, options.digest.as_ref(), &options.remote)?;
    let (name, file) = match &source {
        Source::File(file) => (file.display().to_string(), Some(file.as_path())),
        Source::Web(_) | Source::Registry(_) => (fetched.source.clone(), None),
    };
    let judged = judge(home, &name, &fetched)?;
    home.make()?;
    let Accepted { layer, imports, warnings } = component::accepted(home, &name, file, &fetched.bytes)?;
    warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    let Fetched { bytes, signature, source } = fetched;
    let provenance = Provenance {
        source: Some(source.clone()),
        signature,
        signer: judged.signer.as_ref().map(|signer| signer.key.to_string()),
        signer_name: judged.signer.as_ref().and_then(|signer| signer.name.clone()),
    };
    let runtime = home.runtime()?;
    let (outcome, versions) = super::super::tokio()?.block_on(async {
        let record = record_layer(&layer, bytes, provenance, crate::BUNDLED);
        let record = NewLayer { imports: imports.clone(), ..record };
        let store = home.store().await?;
        let outcome = store.install_layer(&record).await?;
        let versions = Versions::read(&runtime, crate::BUNDLED, Some(&store), Some(layer.id())).await?;
        anyhow::Ok((outcome, versions))
    })?;
    let installed = Installed {
        id: layer.id().to_owned(),
        version: layer.version().to_owned(),
        digest: layer.digest().to_owned(),
        api: layer.api_version().to_string(),
        size: layer.size(),
        imports,
        source,
        signer: judged.signer.map(ShownSigner::from),
        installed: outcome == InstallOutcome::Installed,
        active: super::active(&home.config()?, &versions, layer.id()),
    };
    print(out, &installed, outcome)?;
    Ok(Exit::Done)
}

/// What is trusted here.
pub fn trusted(home: &Home) -> anyhow::Result<Trust> {
    let requirement = home.config()?.trust;
    match home.has_store() {
        true => super::super::tokio()?
            .block_on(async { anyhow::Ok(trust(&home.store().await?, requirement).await?) }),
        false => Ok(Trust { requirement, keys: Vec::new() }),
    }
}

/// Compares a file with what is trusted here, before anything of it is looked into.
pub fn judge(home: &Home, name: &str, fetched: &Fetched) -> anyhow::Result<Judged> {
    let judged = trusted(home)?
        .judge(&fetched.bytes, fetched.signature.as_deref())
        .map_err(|refusal| anyhow!("{name}: {refusal}"))?;
    if let Some(warning) = &judged.warning {
        tracing::warn!("{name}: {warning}");
    }
    Ok(judged)
}

fn print(out: &mut Output, installed: &Installed, outcome: InstallOutcome) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => return out.json(installed),
        Format::Ndjson => return out.json_line(installed),
        Format::Csv | Format::Table => {}
    }
    let verb = match outcome {
        InstallOutcome::Installed => "installed",
        InstallOutcome::AlreadyInstalled => "already installed:",
        InstallOutcome::Signed => "already installed, with a new signature:",
    };
    let signed = match &installed.signer {
        Some(signer) => format!("signed by {signer}"),
        None => "not signed".to_owned(),
    };
    out.line(format_args!(
        "{verb} {}@{} ({}, digest {}, {signed})",
        installed.id,
        installed.version,
        table::bytes(installed.size as u64),
        installed.digest
    ))?;
    let label = format!("{}@{}", installed.id, installed.version);
    for (pipeline, version) in installed.active.iter().filter(|(_, version)| **version != installed.version) {
        let place = if pipeline.is_empty() { String::new() } else { format!(" in pipeline {pipeline}") };
        out.line(format_args!(
            "{}@{version} stays active{place}; `sluice layer activate {label}` switches",
            installed.id
        ))?;
    }
    Ok(())
}

//! `sluice layer remove`

use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use anyhow::bail;
use sluice_engine::Versions;
use sluice_store::StoreError;

/// Removes a version that is active nowhere, or all versions of a layer that no pipeline calls.
pub fn run(home: &Home, layer: &str, out: &mut Output) -> anyhow::Result<Exit> {
    let (id, version) = match layer.split_once('@') {
        Some((id, version)) => (id, Some(version)),
        None => (layer, None),
    };
    if !id.contains('/') {
        bail!(Usage(format!("{layer} is no layer: give author/name or author/name@version")));
    }
    let removed = match home.has_store() {
        true => super::super::tokio()?.block_on(remove(home, id, version))?,
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

async fn remove(home: &Home, id: &str, version: Option<&str>) -> anyhow::Result<u64> {
    let (runtime, config, store) = (home.runtime()?, home.config()?, home.store().await?);
    let versions = Versions::read(&runtime, crate::BUNDLED, Some(&store), Some(id)).await?;
    let uses = versions.uses(&config, id);
    for use_ in &uses {
        let meant =
            |active: &&sluice_engine::Version| version.is_none_or(|version| version == active.version);
        let Some(active) = use_.active.filter(meant) else { continue };
        if active.installed_at.is_some() && use_.row.is_none_or(|row| row.active.is_none()) {
            // where nobody decided the database does not know what is called
            bail!(StoreError::ActiveLayer {
                layer: id.to_owned(),
                version: active.version.clone(),
                pipeline: use_.pipeline.to_owned(),
                tried: false,
            });
        }
    }
    let pipelines: Vec<&str> = uses.iter().map(|use_| use_.pipeline).collect();
    Ok(store.remove_layer(id, version, &pipelines).await?)
}

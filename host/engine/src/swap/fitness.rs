//! Everything that a version must pass before it becomes the active one.

use super::error::Step;
use super::versions::Version;
use super::{Desk, SwapError};
use crate::author::{Sample, check, sample};
use crate::catalog::{AtHand, Catalog, LayerSource, Origin, Sources};
use crate::config::LayerRef;
use crate::error::EngineError;
use crate::plan;
use crate::settings::laid_over;
use crate::trust::trust;
use sluice_runtime::{Cancel, Layer};
use sluice_store::Settings;

/// What a version did not pass, and why.
pub(super) type Unfit = (Step, String);

/// What is known of a version that passed.
pub(super) struct Fit {
    /// What an operator should know.
    pub(super) warnings: Vec<String>,
    /// What it was tried on; none: it was not.
    pub(super) tried_on: Option<String>,
}

/// Whether the pipelines require another version.
pub(super) fn required(version: &Version, wanted: &[(&str, &LayerRef)]) -> Result<(), Unfit> {
    match wanted.iter().find(|(_, wanted)| !version.fits(&wanted.version)) {
        None => Ok(()),
        Some((pipeline, wanted)) => Err((
            Step::Requirement,
            format!(
                "pipeline {pipeline} asks for {} in sluice.toml, change that first or choose another pipeline with \
                 --pipeline",
                wanted.version
            ),
        )),
    }
}

/// The bytes of a version.
///
/// # Errors
/// When it is gone, or the database cannot be read.
pub(super) async fn source(desk: &Desk, version: &Version) -> Result<LayerSource, SwapError> {
    match version.origin {
        Origin::Bundled => {
            let own = desk.bundled.iter().copied().filter(|(name, _)| LayerSource::id_of(name) == version.id);
            let own: Vec<_> = own.collect();
            LayerSource::bundled(&own).pop()
        }
        Origin::Installed => {
            let bytes = desk.store.component(&version.digest).await?;
            let trust = trust(&desk.store, desk.config.trust).await?;
            let signature = version.provenance.signature.clone();
            let source = LayerSource::installed(&version.id, &version.version, &version.digest, signature);
            bytes.map(|bytes| source.read(bytes, &trust))
        }
    }
    .ok_or_else(|| {
        let (layer, digest) = (version.id.clone(), version.digest.clone());
        sluice_store::StoreError::NotInstalled { layer, digest }.into()
    })
}

/// Checks and loads it as a scan does, with the settings that it would have; with `is_tried` calls it once, too.
///
/// # Errors
/// When the market cannot be read or made, or the user stops it.
pub(super) fn fit(
    desk: &Desk,
    source: LayerSource,
    settings: &Settings,
    is_tried: bool,
    cancel: &Cancel,
) -> Result<Result<Fit, Unfit>, EngineError> {
    if let Some(refused) = source.refused() {
        return Ok(Err((Step::Check, format!("{}: {refused}", source.name))));
    }
    let checked = check(&desk.runtime, &source.name, source.bytes());
    if let Some(refusal) = checked.refusals.first() {
        return Ok(Err((Step::Check, refusal.clone())));
    }
    let id = source.id.clone();
    let sources = Sources { layers: vec![source], ..Sources::default() };
    let catalog = Catalog::load_within(&desk.runtime, &sources, &desk.config, &|_, _| false);
    let layer = match catalog.only() {
        Ok(layer) => layer,
        Err(why) => return Ok(Err((Step::Load, why))),
    };
    let laid = match laid_over(&desk.config, &catalog, settings, &id) {
        Ok(laid) => laid,
        Err((name, reason)) => {
            let why = format!("{name}, which is stored: {reason}; `sluice configure --unset` takes it back");
            return Ok(Err((Step::Settings, why)));
        }
    };
    if let Err(why) = runs_with(&laid, &layer) {
        return Ok(Err((Step::Settings, why)));
    }
    let mut fit = Fit { warnings: checked.warnings, tried_on: None };
    if is_tried {
        let on = Sample { market: desk.market.as_ref(), folder: &desk.folder };
        match sample(&laid, &layer, &on, cancel)? {
            Ok(on) => fit.tried_on = Some(on),
            Err(fault) => return Ok(Err((Step::Trial, fault))),
        }
    }
    Ok(Ok(fit))
}

fn runs_with(config: &crate::Config, layer: &Layer) -> Result<(), String> {
    match plan::trial(config, layer) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => Err(fault),
        Err(error) => Err(error.to_string()),
    }
}

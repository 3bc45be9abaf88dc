//! What is known before a change: the versions there are, the pipelines concerned, and whether a version may become active
//! in them.

use super::fitness::{self, Fit, Unfit};
use super::versions::{Version, Versions};
use super::{Desk, SwapError};
use crate::catalog::{AtHand, CatalogError};
use crate::config::LayerRef;
use crate::error::EngineError;
use crate::settings::references;
use serde_json::{Value as Json, json};
use sluice_runtime::{Cancel, text};
use sluice_store::{ActivationRow, Settings, VersionKey};
use std::collections::BTreeMap;

/// Stands for the program's own version of a layer where a version is named.
const OWN_VERSION: &str = "bundled";

/// Longest typed name that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;

/// What a change is about.
#[derive(Debug, Clone)]
pub struct Target {
    /// author/name of the layer.
    pub id: String,
    /// Just this pipeline; none: all that name the layer.
    pub pipeline: Option<String>,
}

/// What was read before a change.
pub(super) struct Read {
    pub(super) versions: Versions,
    pub(super) settings: Settings,
}

impl Read {
    pub(super) async fn of(desk: &Desk, Target { id, .. }: &Target) -> Result<Self, SwapError> {
        let store = Some(&desk.store);
        let versions = Versions::read(&desk.runtime, desk.bundled, store, Some(id)).await?;
        if versions.all().is_empty() {
            let all = Versions::read(&desk.runtime, desk.bundled, store, None).await?;
            return Err(CatalogError::unknown(id, all.all().iter().map(|known| known.id.as_str())).into());
        }
        Ok(Self { versions, settings: desk.store.settings().await? })
    }

    /// The pipelines concerned: the one that was named, else all that name the layer.
    pub(super) fn known<'a>(&'a self, desk: &'a Desk, target: &'a Target) -> Result<Known<'a>, SwapError> {
        let Target { id, pipeline } = target;
        let versions = &self.versions;
        let mut wanted: BTreeMap<&str, Vec<LayerRef>> = BTreeMap::new();
        for (name, layer) in references(&desk.config, id) {
            wanted.entry(name).or_default().push(layer.clone());
        }
        if let Some(name) = pipeline {
            let Some((name, _)) = desk.config.pipelines.get_key_value(name) else {
                let have: Vec<&str> = desk.config.pipelines.keys().map(String::as_str).collect();
                return Err(SwapError::UnknownPipeline {
                    name: text::line(name, SHOWN_BYTES),
                    have: have.join(", "),
                });
            };
            wanted.retain(|known, _| known == name);
            // a scan may be told to call it all the same
            wanted.entry(name).or_insert_with(|| vec![LayerRef::any(id)]);
        }
        if wanted.is_empty() {
            return Err(SwapError::NoPipeline { id: id.clone() });
        }
        let place = |(pipeline, wanted): (&'a str, Vec<LayerRef>)| {
            let active = wanted.first().and_then(|wanted| versions.active(pipeline, wanted));
            Place { pipeline, wanted, active, row: versions.row(pipeline, id), id }
        };
        let places = wanted.into_iter().map(place).collect();
        Ok(Known { id, versions, settings: &self.settings, places })
    }
}

/// What is known before a change.
pub(super) struct Known<'a> {
    pub(super) id: &'a str,
    pub(super) versions: &'a Versions,
    pub(super) settings: &'a Settings,
    /// The pipelines concerned.
    pub(super) places: Vec<Place<'a>>,
}

/// A pipeline concerned.
pub(super) struct Place<'a> {
    pub(super) pipeline: &'a str,
    /// How its stages ask for the layer.
    pub(super) wanted: Vec<LayerRef>,
    pub(super) active: Option<&'a Version>,
    pub(super) row: Option<&'a ActivationRow>,
    pub(super) id: &'a str,
}

impl Place<'_> {
    pub(super) fn row(&self) -> ActivationRow {
        self.row.cloned().unwrap_or_else(|| ActivationRow::none(self.pipeline, self.id))
    }

    /// What becomes active by a row: its own version, else the one that is without a decision.
    pub(super) fn active_by<'v>(&self, row: &ActivationRow, versions: &'v Versions) -> Option<&'v Version> {
        match &row.active {
            Some(key) => versions.by_key(self.id, key),
            None => self.active.and_then(|active| versions.by_key(self.id, &active.key())),
        }
    }

    /// For the audit log.
    pub(super) fn told(&self, row: &ActivationRow, versions: &Versions) -> Json {
        let active = self.active_by(row, versions);
        let mut told = json!({
            "active": active.map(|version| &version.version),
            "digest": active.map(|version| &version.digest),
            "enabled": row.enabled,
        });
        if let (Some(shadow), Some(told)) = (&row.shadow, told.as_object_mut()) {
            let candidate = versions.by_key(self.id, &shadow.candidate);
            told.insert("candidate".to_owned(), json!(candidate.map(|version| &version.version)));
            told.insert("scans".to_owned(), json!(shadow.scans));
        }
        told
    }
}

impl Known<'_> {
    pub(super) fn version(&self, wanted: &str) -> Result<&Version, SwapError> {
        let found = match wanted {
            OWN_VERSION => self.versions.by_key(self.id, &VersionKey::Bundled),
            other => self.versions.named(self.id, other),
        };
        found.ok_or_else(|| {
            let have: Vec<String> = self.versions.of(self.id).map(named).collect();
            SwapError::NoVersion {
                id: self.id.to_owned(),
                version: text::line(wanted, SHOWN_BYTES),
                have: have.join(", "),
            }
        })
    }

    pub(super) fn pipelines(&self) -> String {
        self.places.iter().map(|place| place.pipeline).collect::<Vec<_>>().join(", ")
    }

    /// What an operator has in spite of a refusal.
    pub(super) fn kept(&self, places: &[&Place<'_>]) -> String {
        let kept = |place: &&Place<'_>| match place.active {
            Some(active) => {
                format!("{}@{} stays active in pipeline {}", self.id, active.version, place.pipeline)
            }
            None => format!("pipeline {} stays as it is", place.pipeline),
        };
        places.iter().map(kept).collect::<Vec<_>>().join(", ")
    }

    /// Whether a version may become active in these pipelines; with `is_tried` it is called, too.
    pub(super) async fn fit(
        &self,
        places: &[&Place<'_>],
        desk: &Desk,
        version: &Version,
        cancel: &Cancel,
        is_tried: bool,
    ) -> Result<Fit, SwapError> {
        let wanted: Vec<(&str, &LayerRef)> = places
            .iter()
            .flat_map(|place| place.wanted.iter().map(|wanted| (place.pipeline, wanted)))
            .collect();
        let unfit = |(step, why): Unfit| SwapError::Unfit {
            label: format!("{}@{}", self.id, version.version),
            step,
            why,
            kept: self.kept(places),
        };
        fitness::required(version, &wanted).map_err(unfit)?;
        let source = fitness::source(desk, version).await?;
        let (desk, settings, cancel) = (desk.clone(), self.settings.clone(), cancel.clone());
        let work = move || fitness::fit(&desk, source, &settings, is_tried, &cancel);
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|error| EngineError::Worker(error.to_string()))??.map_err(unfit)
    }
}

/// A version with where it comes from when that is not an operator.
fn named(version: &Version) -> String {
    match version.key() {
        VersionKey::Bundled => format!("{} ({OWN_VERSION})", version.version),
        VersionKey::Installed(_) => version.version.clone(),
    }
}

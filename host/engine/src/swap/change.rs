//! Activate, roll back, enable, disable: what is to be is decided from what was read, and written in one transaction that
//! is refused when somebody else was faster.

use super::fitness::{self, Fit, Unfit};
use super::versions::{Version, Versions};
use super::{Desk, SwapError};
use crate::catalog::{AtHand, CatalogError};
use crate::config::{Config, LayerRef};
use crate::error::EngineError;
use crate::settings::references;
use serde::Serialize;
use serde_json::{Value as Json, json};
use sluice_market::Instant;
use sluice_runtime::{Cancel, text};
use sluice_store::{ActivationRow, AuditAction, Settings, Shadow, VersionKey};
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

/// What a layer becomes in a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Becomes {
    /// Another version is active.
    Switched,
    /// Another version is tried beside the active one.
    Shadowed,
    /// The one that was tried is not tried any more.
    Withdrawn,
    /// It is called again.
    Enabled,
    /// It is not called any more.
    Disabled,
    /// It is as it was.
    Unchanged,
}

/// What a change came to in one pipeline.
#[derive(Debug, Clone, Serialize)]
pub struct Switched {
    /// author/name.
    pub layer: String,
    /// The pipeline.
    pub pipeline: String,
    /// What happened.
    pub result: Becomes,
    /// The version that is active now; none: nobody can tell, as none fits.
    pub active: Option<String>,
    /// SHA-256 of its component.
    pub digest: Option<String>,
    /// The version that was active before the change.
    pub before: Option<String>,
    /// The version that is tried, and in how many scans.
    pub candidate: Option<(String, u32)>,
    /// Until when a breaker that opens takes it back, UTC milliseconds.
    pub trial_until: Option<i64>,
    /// Whether it is called at all.
    pub enabled: bool,
    /// What an operator should know of the version.
    pub warnings: Vec<String>,
    /// What the version was tried on.
    pub tried_on: Option<String>,
}

/// Makes a version (`bundled`: the program's own) the active one, or has it tried beside the active one in the next
/// `shadow` whole scans. It is checked, loaded, its settings are checked and it is called once before.
///
/// # Errors
/// When there is no such version or pipeline, the version does not pass, somebody else changed the same meanwhile, or
/// the database fails. What was active then stays active.
pub async fn activate(
    desk: &Desk,
    target: &Target,
    version: &str,
    shadow: Option<u32>,
    cancel: &Cancel,
) -> Result<Vec<Switched>, SwapError> {
    let read = Read::of(desk, target).await?;
    let known = read.known(desk, target)?;
    let to = known.version(version)?.clone();
    let places: Vec<&Place<'_>> = known.places.iter().collect();
    let fit = known.fit(&places, desk, &to, cancel, true).await?;
    let until = trial_until(&desk.config);
    let mut changes = Changes::new(&known, fit);
    for place in &known.places {
        let is_active =
            place.active.is_some_and(|active| active.digest == to.digest && active.origin == to.origin);
        let row = place.row();
        let tried = row.shadow.as_ref().map(|shadow| &shadow.candidate) == Some(&to.key());
        match shadow {
            None if is_active && row.shadow.is_none() => changes.keep(place),
            None if is_active => {
                changes.put(place, ActivationRow { shadow: None, ..row }, Becomes::Withdrawn)
            }
            None => {
                let before = place.active.map(AtHand::key);
                let row = row.switched(to.key(), before, now(), Some(until));
                changes.put(place, row, Becomes::Switched);
            }
            Some(_) if is_active || tried => changes.keep(place),
            Some(scans) => {
                let shadow = Shadow { candidate: to.key(), scans, scans_left: scans };
                changes.put(place, ActivationRow { shadow: Some(shadow), ..row }, Becomes::Shadowed);
            }
        }
    }
    let action = match (shadow, changes.any(Becomes::Switched)) {
        (Some(_), _) => AuditAction::LayerShadowed,
        (None, true) => AuditAction::LayerActivated,
        (None, false) => AuditAction::LayerWithdrawn,
    };
    changes.write(desk, action).await
}

/// Makes the version before the active one again.
///
/// # Errors
/// As [`activate`], and when none was active before.
pub async fn roll_back(desk: &Desk, target: &Target, cancel: &Cancel) -> Result<Vec<Switched>, SwapError> {
    let read = Read::of(desk, target).await?;
    let known = read.known(desk, target)?;
    let mut back = Vec::new();
    for place in &known.places {
        let Some(previous) = place.row.and_then(|row| row.previous.as_ref()) else { continue };
        let version = known.versions.by_key(&target.id, previous).ok_or_else(|| SwapError::PreviousGone {
            id: target.id.clone(),
            pipeline: place.pipeline.to_owned(),
            previous: previous.to_string(),
        })?;
        back.push((place, version.clone()));
    }
    if back.is_empty() {
        return Err(SwapError::NoPrevious { id: target.id.clone(), pipelines: known.pipelines() });
    }
    let mut changes = Changes::new(&known, Fit { warnings: Vec::new(), tried_on: None });
    for (place, version) in back {
        // it ran before: only what may have changed since is looked at, so that a bad version is gone soon
        known.fit(&[place], desk, &version, cancel, false).await?;
        let row = place.row();
        let before = row.active.clone().or_else(|| place.active.map(AtHand::key));
        changes.put(place, row.switched(version.key(), before, now(), None), Becomes::Switched);
    }
    changes.write(desk, AuditAction::LayerRolledBack).await
}

/// Lets scans call the layer, or leave it out.
///
/// # Errors
/// When there is no such layer or pipeline, somebody else changed the same meanwhile, or the database fails.
pub async fn set_enabled(desk: &Desk, target: &Target, enabled: bool) -> Result<Vec<Switched>, SwapError> {
    let read = Read::of(desk, target).await?;
    let known = read.known(desk, target)?;
    let mut changes = Changes::new(&known, Fit { warnings: Vec::new(), tried_on: None });
    for place in &known.places {
        let row = place.row();
        let becomes = if enabled { Becomes::Enabled } else { Becomes::Disabled };
        match row.enabled == enabled {
            true => changes.keep(place),
            false => changes.put(place, ActivationRow { enabled, ..row }, becomes),
        }
    }
    let action = if enabled { AuditAction::LayerEnabled } else { AuditAction::LayerDisabled };
    changes.write(desk, action).await
}

fn now() -> i64 {
    Instant::now().millis()
}

fn trial_until(config: &Config) -> i64 {
    now().saturating_add(i64::try_from(config.trial.as_millis()).unwrap_or(i64::MAX))
}

/// What was read before a change.
struct Read {
    versions: Versions,
    settings: Settings,
}

impl Read {
    async fn of(desk: &Desk, Target { id, .. }: &Target) -> Result<Self, SwapError> {
        let store = Some(&desk.store);
        let versions = Versions::read(&desk.runtime, desk.bundled, store, Some(id)).await?;
        if versions.all().is_empty() {
            let all = Versions::read(&desk.runtime, desk.bundled, store, None).await?;
            return Err(CatalogError::unknown(id, all.all().iter().map(|known| known.id.as_str())).into());
        }
        Ok(Self { versions, settings: desk.store.settings().await? })
    }

    /// The pipelines concerned: the one that was named, else all that name the layer.
    fn known<'a>(&'a self, desk: &'a Desk, target: &'a Target) -> Result<Known<'a>, SwapError> {
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
struct Known<'a> {
    id: &'a str,
    versions: &'a Versions,
    settings: &'a Settings,
    /// The pipelines concerned.
    places: Vec<Place<'a>>,
}

/// A pipeline concerned.
struct Place<'a> {
    pipeline: &'a str,
    /// How its stages ask for the layer.
    wanted: Vec<LayerRef>,
    active: Option<&'a Version>,
    row: Option<&'a ActivationRow>,
    id: &'a str,
}

impl Place<'_> {
    fn row(&self) -> ActivationRow {
        self.row.cloned().unwrap_or_else(|| ActivationRow::none(self.pipeline, self.id))
    }

    /// What becomes active by a row: its own version, else the one that is without a decision.
    fn active_by<'v>(&self, row: &ActivationRow, versions: &'v Versions) -> Option<&'v Version> {
        match &row.active {
            Some(key) => versions.by_key(self.id, key),
            None => self.active.and_then(|active| versions.by_key(self.id, &active.key())),
        }
    }

    /// For the audit log.
    fn told(&self, row: &ActivationRow, versions: &Versions) -> Json {
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
    fn version(&self, wanted: &str) -> Result<&Version, SwapError> {
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

    fn pipelines(&self) -> String {
        self.places.iter().map(|place| place.pipeline).collect::<Vec<_>>().join(", ")
    }

    /// What an operator has in spite of a refusal.
    fn kept(&self, places: &[&Place<'_>]) -> String {
        let kept = |place: &&Place<'_>| match place.active {
            Some(active) => {
                format!("{}@{} stays active in pipeline {}", self.id, active.version, place.pipeline)
            }
            None => format!("pipeline {} stays as it is", place.pipeline),
        };
        places.iter().map(kept).collect::<Vec<_>>().join(", ")
    }

    /// Whether a version may become active in these pipelines; with `is_tried` it is called, too.
    async fn fit(
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

/// What is to be written, and told afterwards.
struct Changes<'a> {
    known: &'a Known<'a>,
    fit: Fit,
    rows: Vec<ActivationRow>,
    done: Vec<Switched>,
    before: serde_json::Map<String, Json>,
    after: serde_json::Map<String, Json>,
}

impl<'a> Changes<'a> {
    fn new(known: &'a Known<'a>, fit: Fit) -> Self {
        let (before, after) = Default::default();
        Self { known, fit, rows: Vec::new(), done: Vec::new(), before, after }
    }

    fn any(&self, result: Becomes) -> bool {
        self.done.iter().any(|done| done.result == result)
    }

    fn keep(&mut self, place: &Place<'_>) {
        self.tell(place, &place.row(), Becomes::Unchanged);
    }

    fn put(&mut self, place: &Place<'_>, row: ActivationRow, becomes: Becomes) {
        let versions = self.known.versions;
        self.before.insert(place.pipeline.to_owned(), place.told(&place.row(), versions));
        self.after.insert(place.pipeline.to_owned(), place.told(&row, versions));
        self.tell(place, &row, becomes);
        self.rows.push(row);
    }

    fn tell(&mut self, place: &Place<'_>, row: &ActivationRow, result: Becomes) {
        let versions = self.known.versions;
        let active = place.active_by(row, versions);
        let candidate = row.shadow.as_ref().and_then(|shadow| {
            let version = versions.by_key(place.id, &shadow.candidate)?;
            Some((version.version.clone(), shadow.scans_left))
        });
        self.done.push(Switched {
            layer: place.id.to_owned(),
            pipeline: place.pipeline.to_owned(),
            result,
            active: active.map(|version| version.version.clone()),
            digest: active.map(|version| version.digest.clone()),
            before: place.active.map(|version| version.version.clone()),
            candidate,
            trial_until: row.trial_until,
            enabled: row.enabled,
            warnings: self.fit.warnings.clone(),
            tried_on: self.fit.tried_on.clone(),
        });
    }

    /// All or nothing.
    async fn write(self, desk: &Desk, action: AuditAction) -> Result<Vec<Switched>, SwapError> {
        if !self.rows.is_empty() {
            let (before, after) = (Json::Object(self.before), Json::Object(self.after));
            let (before, after) = (before.to_string(), after.to_string());
            desk.store.change_activations(&self.rows, action, self.known.id, &before, &after).await?;
        }
        Ok(self.done)
    }
}

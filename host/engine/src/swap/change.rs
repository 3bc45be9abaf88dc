//! Activate, roll back, enable, disable: what is to be is decided from what was read, and written in one transaction that
//! is refused when somebody else was faster.

use super::fitness::Fit;
use super::known::{Known, Place, Read, Target};
use super::{Desk, SwapError};
use crate::catalog::AtHand;
use crate::config::Config;
use serde::Serialize;
use serde_json::Value as Json;
use sluice_market::Instant;
use sluice_runtime::Cancel;
use sluice_store::{ActivationRow, AuditAction, Shadow};

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

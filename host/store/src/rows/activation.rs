//! Which version of a layer a pipeline runs.

use std::fmt;

use crate::store::BUNDLED;

/// A version of a layer, by what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionKey {
    /// Whichever the program carries.
    Bundled,
    /// The component with this digest.
    Installed(String),
}

impl VersionKey {
    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Bundled => BUNDLED,
            Self::Installed(digest) => digest,
        }
    }

    pub(crate) fn read(stored: String) -> Self {
        if stored == BUNDLED { Self::Bundled } else { Self::Installed(stored) }
    }
}

impl fmt::Display for VersionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A version that runs beside the active one, without counting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shadow {
    /// The version.
    pub candidate: VersionKey,
    /// Scans that it was to be tried in.
    pub scans: u32,
    /// Scans that it is still to be tried in, from 1.
    pub scans_left: u32,
}

/// What operators decided on a layer in a pipeline. Instants are UTC milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationRow {
    /// Name of the pipeline.
    pub pipeline: String,
    /// author/name of the layer.
    pub layer: String,
    /// The version that is called; none: nobody chose one.
    pub active: Option<VersionKey>,
    /// The one before it.
    pub previous: Option<VersionKey>,
    /// Whether it is called at all.
    pub enabled: bool,
    /// Since when the active version is the active one, or nobody chose one.
    pub since: i64,
    /// Until when a breaker that opens takes the active version back; none: it does not.
    pub trial_until: Option<i64>,
    /// A version that is being tried.
    pub shadow: Option<Shadow>,
    /// Grows with every change; 0: there is no row yet.
    pub revision: i64,
}

impl ActivationRow {
    /// What holds of a layer on which nobody decided anything.
    #[must_use]
    pub fn none(pipeline: &str, layer: &str) -> Self {
        Self {
            pipeline: pipeline.to_owned(),
            layer: layer.to_owned(),
            active: None,
            previous: None,
            enabled: true,
            since: 0,
            trial_until: None,
            shadow: None,
            revision: 0,
        }
    }

    /// Makes a version the active one; the one before it is kept for a rollback. A version that is being tried is not
    /// tried any more.
    #[must_use]
    pub fn switched(
        self,
        to: VersionKey,
        before: Option<VersionKey>,
        at: i64,
        trial_until: Option<i64>,
    ) -> Self {
        Self { active: Some(to), previous: before, since: at, trial_until, shadow: None, ..self }
    }
}

/// A comparison of two versions in one scan, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct ShadowRunRow {
    /// The scan.
    pub scan: crate::ids::ScanId,
    /// Name of its pipeline.
    pub pipeline: String,
    /// When it began, UTC milliseconds.
    pub started_at: i64,
    /// Name of the stage.
    pub stage_name: String,
    /// author/name of the layer.
    pub layer: String,
    /// Digest of the version that counted.
    pub active: String,
    /// Digest of the one beside it.
    pub candidate: String,
    /// What differed, JSON.
    pub comparison_json: String,
}

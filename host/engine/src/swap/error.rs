//! Why a version does not become the active one. Whatever it is, what was active stays active.

use thiserror::Error;

/// What a version must pass, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The pipelines require another version.
    Requirement,
    /// What install would refuse.
    Check,
    /// Loading it within its limits.
    Load,
    /// The settings that it would have.
    Settings,
    /// A trial call.
    Trial,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Requirement => "it is not what is required",
            Self::Check => "it does not pass the check",
            Self::Load => "it does not load",
            Self::Settings => "it does not run with the settings that it would have",
            Self::Trial => "the trial call failed",
        })
    }
}

/// Why a change of versions was refused.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SwapError {
    /// No such layer.
    #[error(transparent)]
    Layer(#[from] crate::CatalogError),
    /// The layer, but not in this version.
    #[error(
        "layer {id} is here in {have}, not in version {version}: `sluice layer install FILE` adds one; nothing changed"
    )]
    NoVersion {
        /// author/name.
        id: String,
        /// The version asked for.
        version: String,
        /// Those that are here.
        have: String,
    },
    /// No pipeline calls it.
    #[error(
        "no pipeline of sluice.toml names {id}, so there is nothing to change: add it to a stage, or choose one with --pipeline NAME for scans --with {id}"
    )]
    NoPipeline {
        /// author/name.
        id: String,
    },
    /// No such pipeline.
    #[error("there is no pipeline {name}: sluice.toml has {have}")]
    UnknownPipeline {
        /// The name asked for.
        name: String,
        /// The names there are.
        have: String,
    },
    /// It must not become the active one.
    #[error("{label} does not become active: {step}: {why}; {kept}")]
    Unfit {
        /// author/name@version.
        label: String,
        /// What it did not pass.
        step: Step,
        /// Why.
        why: String,
        /// What stays active.
        kept: String,
    },
    /// There is nothing to roll back to.
    #[error(
        "there is no version of {id} to roll back to in pipeline {pipelines}: none was active before; `sluice layer show {id}` lists the versions, `sluice layer activate {id}@VERSION` chooses one"
    )]
    NoPrevious {
        /// author/name.
        id: String,
        /// The pipelines, joined by commas.
        pipelines: String,
    },
    /// The version before was removed.
    #[error(
        "the version of {id} that was active before in pipeline {pipeline} is not here any more ({previous}); `sluice layer show {id}` lists the versions, `sluice layer activate {id}@VERSION` chooses one"
    )]
    PreviousGone {
        /// author/name.
        id: String,
        /// The pipeline.
        pipeline: String,
        /// Digest of the version.
        previous: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] sluice_store::StoreError),
    /// The market that it is tried on, the user who stops it, and so on.
    #[error(transparent)]
    Engine(#[from] Box<crate::EngineError>),
}

impl From<crate::EngineError> for SwapError {
    fn from(error: crate::EngineError) -> Self {
        Self::Engine(Box::new(error))
    }
}

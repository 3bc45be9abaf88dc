//! The component that a scan stays with for one of its layers, whether it can be called or not.

use sluice_runtime::{Descriptor, Layer, Scope};
use std::sync::Arc;

/// Stands for the version of a layer that could not be asked and that no scan used before.
const UNKNOWN_VERSION: &str = "unknown";

/// A layer's component.
#[derive(Debug, Clone)]
pub enum Component {
    /// It can be called.
    Loaded(Layer),
    /// It cannot.
    Unloadable(Arc<Unloadable>),
}

/// A component that is no layer that this host can call, or not within its limits.
#[derive(Debug)]
pub struct Unloadable {
    /// author/name that it is known by.
    pub id: String,
    /// Its version; none when nobody knows it yet.
    pub version: Option<String>,
    /// SHA-256 of the component, lower-case hex.
    pub digest: String,
    /// Its size in bytes.
    pub size: usize,
    /// Why, and what to do; one line that follows the layer's name.
    pub why: String,
    /// It was not even tried: it was altered, is not trusted, or is not the version that an operator chose. That is no
    /// fault of its own, so its breaker is not told.
    pub is_refused: bool,
}

impl Component {
    /// author/name.
    pub fn id(&self) -> &str {
        match self {
            Self::Loaded(layer) => layer.id(),
            Self::Unloadable(it) => &it.id,
        }
    }

    /// Its version, "unknown" when nobody knows it.
    pub fn version(&self) -> &str {
        match self {
            Self::Loaded(layer) => layer.version(),
            Self::Unloadable(it) => it.version.as_deref().unwrap_or(UNKNOWN_VERSION),
        }
    }

    /// SHA-256 of the component, lower-case hex.
    pub fn digest(&self) -> &str {
        match self {
            Self::Loaded(layer) => layer.digest(),
            Self::Unloadable(it) => &it.digest,
        }
    }

    /// The layer, when it can be called.
    pub fn layer(&self) -> Option<&Layer> {
        match self {
            Self::Loaded(layer) => Some(layer),
            Self::Unloadable(_) => None,
        }
    }

    /// What it says of itself, when it could be asked.
    pub(crate) fn descriptor(&self) -> Option<&Descriptor> {
        self.layer().map(Layer::descriptor)
    }

    /// What it judges; instruments, as nearly all do, when it could not be asked.
    pub(crate) fn scope(&self) -> Scope {
        self.descriptor().map_or(Scope::PerInstrument, |descriptor| descriptor.scope)
    }

    /// None when nobody knows it.
    pub(crate) fn semver(&self) -> Option<semver::Version> {
        semver::Version::parse(self.version()).ok()
    }

    /// What the store knows the component by. One that it has under no version yet gets another name than its digest,
    /// which belongs to the version that will be known once it can be loaded.
    pub(crate) fn recorded_digest(&self) -> String {
        match self {
            Self::Unloadable(it) if it.version.is_none() => format!("{}-unloaded", it.digest),
            other => other.digest().to_owned(),
        }
    }
}

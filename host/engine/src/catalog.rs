//! The layers at hand: those inside the program and those that were installed, loaded and ready to be called. One that
//! cannot be loaded has its place here too, with the reason: it is the layer's fault, not that of whoever scans.

mod component;
mod error;
mod pick;
mod source;

use crate::config::{Config, LayerRef};
pub use component::{Component, Unloadable};
pub use error::CatalogError;
pub use pick::{AtHand, Picked, Place, pick};
use sluice_runtime::{Layer, Limits, LoadError, LoadLimits, Runtime};
use sluice_store::VersionKey;
pub use source::{Activations, LayerSource, Sources};
use std::sync::Arc;
use std::time::Duration;

/// A layer inside the program: its short name and the component's bytes.
pub type Bundled = (&'static str, &'static [u8]);

/// Where a layer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Part of the program.
    Bundled,
    /// Installed by an operator.
    Installed,
}

impl Origin {
    /// What the store calls a component from here.
    pub(crate) fn key(self, digest: &str) -> VersionKey {
        match self {
            Self::Bundled => VersionKey::Bundled,
            Self::Installed => VersionKey::Installed(digest.to_owned()),
        }
    }

    /// bundled or installed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bundled => "bundled",
            Self::Installed => "installed",
        }
    }
}

/// The limits of loading a layer. It may say who it is under the host's own limits, so that one whose calls are bound
/// tightly is still known by its name; but its code is made for those calls.
fn load_limits(config: &Config, id: &str) -> LoadLimits {
    let layer = config.layer(id);
    let Limits { stack_bytes, strict, .. } = layer.limits;
    LoadLimits { call: Limits { stack_bytes, strict, ..Limits::default() }, ..layer.load }
}

/// Components, found by id, pipeline and version.
#[derive(Debug, Default)]
pub struct Catalog {
    entries: Vec<Entry>,
    activations: Activations,
}

/// A version of a layer.
#[derive(Debug)]
struct Entry {
    component: Component,
    origin: Origin,
    waits: Option<Place>,
}

/// A version that is tried beside the active one.
pub(crate) struct Tried {
    pub(crate) component: Component,
    pub(crate) origin: Origin,
    /// What the store calls it.
    pub(crate) key: VersionKey,
    /// Scans that it is still to be tried in.
    pub(crate) scans_left: u32,
}

impl AtHand for Entry {
    fn semver(&self) -> Option<semver::Version> {
        self.component.semver()
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn digest(&self) -> &str {
        self.component.digest()
    }

    fn waits(&self) -> Option<Place> {
        self.waits
    }
}

impl Catalog {
    /// Loads every source, concurrently: compiling is the slow part of a first start.
    pub fn load(runtime: &Runtime, sources: &[LayerSource]) -> Self {
        let entries = load_all(sources, |source| runtime.load(&source.name, &source.bytes));
        Self { entries, activations: Activations::default() }
    }

    /// The same within the limits that a configuration sets for each layer, and ready to be called under them. One that
    /// `is_refused` (id, digest), so that it is not going to be called, is not worth a compilation: it is taken from the
    /// cache or not at all.
    pub fn load_within(
        runtime: &Runtime,
        sources: &Sources,
        config: &Config,
        is_refused: &(dyn Fn(&str, &str) -> bool + Sync),
    ) -> Self {
        let entries = load_all(&sources.layers, |source| {
            let mut limits = load_limits(config, &source.id);
            if is_refused(&source.id, source.digest()) {
                limits.compile = Duration::ZERO;
            }
            let layer = runtime.load_within(&source.name, &source.bytes, &limits)?;
            // only one inside the program may turn out to be another than its name says
            match load_limits(config, layer.id()) {
                own if layer.id() != source.id && own != limits => {
                    runtime.load_within(&source.name, &source.bytes, &own)
                }
                _ => Ok(layer),
            }
        });
        Self { entries, activations: sources.activations.clone() }
    }

    /// All components, by id and version.
    pub fn components(&self) -> impl Iterator<Item = (&Component, Origin)> {
        self.entries.iter().map(|entry| (&entry.component, entry.origin))
    }

    /// Those that can be called, by id and version.
    pub fn layers(&self) -> impl Iterator<Item = (&Layer, Origin)> {
        self.components().filter_map(|(component, origin)| component.layer().map(|layer| (layer, origin)))
    }

    /// The component that a pipeline calls ([`pick`]), whether it can be called or not: another version is another layer,
    /// which nobody asked for.
    ///
    /// # Errors
    /// When no layer has the id, or nobody activated a version and none will do.
    pub fn choose(&self, pipeline: &str, wanted: &LayerRef) -> Result<(Component, Origin), CatalogError> {
        let same_id = || self.entries.iter().filter(|entry| entry.component.id() == wanted.id);
        match pick(self.activations.row(pipeline, &wanted.id), same_id(), &wanted.version) {
            Picked::One(entry) => Ok((entry.component.clone(), entry.origin)),
            Picked::Unfit(entry) => Ok((unfit(pipeline, wanted, &entry.component), entry.origin)),
            Picked::Missing(version) => Ok((missing(pipeline, &wanted.id, &version), Origin::Bundled)),
            Picked::None if same_id().next().is_none() => {
                let known = self.entries.iter().map(|entry| entry.component.id());
                Err(CatalogError::unknown(&wanted.id, known))
            }
            Picked::None => {
                let have: Vec<&str> = same_id().map(|entry| entry.component.version()).collect();
                Err(CatalogError::Version {
                    id: wanted.id.clone(),
                    required: wanted.version.to_string(),
                    have: have.join(", "),
                })
            }
        }
    }

    /// The layer that [`Catalog::choose`] finds.
    ///
    /// # Errors
    /// As there, and when it cannot be called.
    pub fn find(&self, pipeline: &str, wanted: &LayerRef) -> Result<Layer, CatalogError> {
        match self.choose(pipeline, wanted)? {
            (Component::Loaded(layer), _) => Ok(layer),
            (Component::Unloadable(it), _) => {
                Err(CatalogError::Unloadable { id: it.id.clone(), why: it.why.clone() })
            }
        }
    }

    /// The version that is tried beside the one that a pipeline calls; none: there is none.
    pub(crate) fn shadow(&self, pipeline: &str, id: &str) -> Option<Tried> {
        let shadow = self.activations.row(pipeline, id)?.shadow.as_ref()?;
        let mut same_id = self.entries.iter().filter(|entry| entry.component.id() == id);
        let (component, origin) = match same_id.find(|entry| entry.is_version(&shadow.candidate)) {
            Some(entry) => (entry.component.clone(), entry.origin),
            None => (missing(pipeline, id, &shadow.candidate), Origin::Bundled),
        };
        let (key, scans_left) = (shadow.candidate.clone(), shadow.scans_left);
        Some(Tried { component, origin, key, scans_left })
    }

    /// The only layer, when there is one; else why it cannot be called.
    pub(crate) fn only(&self) -> Result<Layer, String> {
        match self.entries.first().map(|entry| &entry.component) {
            Some(Component::Loaded(layer)) => Ok(layer.clone()),
            Some(Component::Unloadable(it)) => Err(it.why.clone()),
            None => Err("there is none".to_owned()),
        }
    }

    /// What operators decided on its layers.
    pub fn activations(&self) -> &Activations {
        &self.activations
    }
}

fn load_all(
    sources: &[LayerSource],
    load: impl Fn(&LayerSource) -> Result<Layer, LoadError> + Sync,
) -> Vec<Entry> {
    let load = |source: &LayerSource| {
        if let Some(refused) = source.refused() {
            return source.unloadable(&format!("{}: {refused}", source.name), true);
        }
        match load(source) {
            Ok(layer) if source.is(&layer) => Component::Loaded(layer),
            Ok(layer) => {
                let other = format!(
                    "{}: it says that it is {}: remove and install it again",
                    source.name,
                    layer.label()
                );
                source.unloadable(&other, false)
            }
            Err(error) => source.unloadable(&error.to_string(), false),
        }
    };
    let load = &load;
    let loaded: Vec<Component> = std::thread::scope(|scope| {
        let threads: Vec<_> = sources.iter().map(|source| scope.spawn(move || load(source))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let entry = |(component, source): (Component, &LayerSource)| Entry {
        component,
        origin: source.origin,
        waits: source.waits(),
    };
    let mut entries: Vec<Entry> = loaded.into_iter().zip(sources).map(entry).collect();
    let name = |entry: &Entry| (entry.component.id().to_owned(), entry.component.version().to_owned());
    entries.sort_by_key(name);
    entries
}

/// The active version, where the pipeline requires another one.
fn unfit(pipeline: &str, wanted: &LayerRef, active: &Component) -> Component {
    let (id, required) = (&wanted.id, &wanted.version);
    let version = active.version().to_owned();
    let why = format!(
        "cannot be called: version {version} is active in pipeline {pipeline}, which requires {required}: \
         `sluice layer activate {id}@VERSION` makes one that fits the active one, or change the requirement in \
         sluice.toml"
    );
    Component::Unloadable(Arc::new(Unloadable {
        id: id.clone(),
        version: Some(version),
        digest: active.digest().to_owned(),
        size: 0,
        why,
        is_refused: true,
    }))
}

/// The active version, which is not here any more.
fn missing(pipeline: &str, id: &str, version: &VersionKey) -> Component {
    let (which, digest) = match version {
        VersionKey::Bundled => {
            ("the program's own version".to_owned(), crate::record::digest(format!("bundled {id}")))
        }
        VersionKey::Installed(digest) => (format!("the version with digest {digest}"), digest.clone()),
    };
    let why = format!(
        "cannot be loaded: {which} is active in pipeline {pipeline}, but it is not here: \
         `sluice layer show {id}` lists those that are, `sluice layer activate {id}@VERSION` makes one the active one"
    );
    let id = id.to_owned();
    Component::Unloadable(Arc::new(Unloadable { id, version: None, digest, size: 0, why, is_refused: true }))
}

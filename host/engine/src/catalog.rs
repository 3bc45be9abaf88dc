//! The layers at hand: those inside the program and those that were installed, loaded and ready to be called. One that
//! cannot be loaded has its place here too, with the reason: it is the layer's fault, not that of whoever scans.

mod component;

use crate::config::{Config, LayerRef};
pub use component::{Component, Unloadable};
use sluice_runtime::{Layer, Limits, LoadError, LoadLimits, Runtime};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;

/// Shortest text that hints at an id: shorter ones are inside everything.
const LEAST_HINT: usize = 3;

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
    /// bundled or installed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bundled => "bundled",
            Self::Installed => "installed",
        }
    }
}

/// Bytes to load a layer from, and who it is said to be.
pub struct LayerSource {
    /// What messages call it.
    pub name: String,
    /// author/name that it is known by.
    pub id: String,
    /// Its version, when it is known before it is loaded.
    pub version: Option<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// The component.
    bytes: Cow<'static, [u8]>,
    /// SHA-256 of the component, lower-case hex.
    digest: String,
}

/// Author of the layers inside the program.
const OWN_AUTHOR: &str = "sluice";

impl LayerSource {
    /// The layers inside the program.
    pub fn bundled(bundled: &[Bundled]) -> Vec<Self> {
        bundled.iter().map(|(name, bytes)| Self::own(name, *bytes)).collect()
    }

    /// A layer of the program. A short name without an author is one of our own.
    pub fn own(name: &str, component: impl Into<Cow<'static, [u8]>>) -> Self {
        let id = if name.contains('/') { name.to_owned() } else { format!("{OWN_AUTHOR}/{name}") };
        Self::new(format!("bundled layer {name}"), id, None, Origin::Bundled, component.into())
    }

    /// A layer that was installed as this.
    pub fn installed(id: &str, version: &str, component: Vec<u8>) -> Self {
        let name = format!("installed layer {id}@{version}");
        Self::new(name, id.to_owned(), Some(version.to_owned()), Origin::Installed, component.into())
    }

    fn new(
        name: String,
        id: String,
        version: Option<String>,
        origin: Origin,
        bytes: Cow<'static, [u8]>,
    ) -> Self {
        let digest = crate::record::digest(&bytes);
        Self { name, id, version, origin, bytes, digest }
    }

    /// SHA-256 of the component, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The component of this source that cannot be had.
    fn unloadable(&self, why: &str) -> Component {
        Component::Unloadable(Arc::new(Unloadable {
            id: self.id.clone(),
            version: self.version.clone(),
            digest: self.digest.clone(),
            size: self.bytes.len(),
            why: format!("cannot be loaded: {why}"),
        }))
    }

    /// Whether a layer is the one that was installed.
    fn is(&self, layer: &Layer) -> bool {
        let version = self.version.as_deref().is_none_or(|version| version == layer.version());
        self.origin == Origin::Bundled || (version && self.id == layer.id())
    }
}

/// The limits of loading a layer. It may say who it is under the host's own limits, so that one whose calls are bound
/// tightly is still known by its name; but its code is made for those calls.
fn load_limits(config: &Config, id: &str) -> LoadLimits {
    let layer = config.layer(id);
    let Limits { stack_bytes, strict, .. } = layer.limits;
    LoadLimits { call: Limits { stack_bytes, strict, ..Limits::default() }, ..layer.load }
}

/// Components, found by id and version.
#[derive(Debug, Default)]
pub struct Catalog {
    entries: Vec<(Component, Origin)>,
}

/// Why a layer cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// It is here, but cannot be called.
    #[error("layer {id} {why}")]
    Unloadable {
        /// The id asked for.
        id: String,
        /// Why, and what to do.
        why: String,
    },
    /// No such id.
    #[error("there is no layer {id}{}: `sluice layer list` shows what there is, `sluice layer install FILE` adds one", hint(.close))]
    Unknown {
        /// The id asked for.
        id: String,
        /// Ids that look alike.
        close: Vec<String>,
    },
    /// The id, but no version that will do.
    #[error(
        "layer {id} is here in version {have}, but {required} is required: install it, or change the requirement in sluice.toml"
    )]
    Version {
        /// The id asked for.
        id: String,
        /// The requirement.
        required: String,
        /// The versions at hand.
        have: String,
    },
}

fn hint(close: &[String]) -> String {
    match close {
        [] => String::new(),
        close => format!(" (did you mean {}?)", close.join(" or ")),
    }
}

impl CatalogError {
    /// An id that is none of those that are known; those that look alike are told: the same name under another author,
    /// or an id that contains the text.
    pub fn unknown<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let name = id.rsplit('/').next().unwrap_or(id);
        let alike = known.filter(|known| name.len() >= LEAST_HINT && known.contains(name));
        let mut close: Vec<String> = alike.map(str::to_owned).collect();
        close.sort_unstable();
        close.dedup();
        close.truncate(3);
        Self::Unknown { id: id.to_owned(), close }
    }
}

impl Catalog {
    /// Loads every source, concurrently: compiling is the slow part of a first start.
    pub fn load(runtime: &Runtime, sources: &[LayerSource]) -> Self {
        Self::load_all(sources, |source| runtime.load(&source.name, &source.bytes))
    }

    /// The same within the limits that a configuration sets for each layer, and ready to be called under them. One that
    /// `is_refused` (id, digest), so that it is not going to be called, is not worth a compilation: it is taken from the
    /// cache or not at all.
    pub fn load_within(
        runtime: &Runtime,
        sources: &[LayerSource],
        config: &Config,
        is_refused: &(dyn Fn(&str, &str) -> bool + Sync),
    ) -> Self {
        Self::load_all(sources, |source| {
            let mut limits = load_limits(config, &source.id);
            if is_refused(&source.id, &source.digest) {
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
        })
    }

    fn load_all(
        sources: &[LayerSource],
        load: impl Fn(&LayerSource) -> Result<Layer, LoadError> + Sync,
    ) -> Self {
        let load = |source: &LayerSource| match load(source) {
            Ok(layer) if source.is(&layer) => Component::Loaded(layer),
            Ok(layer) => source.unloadable(&format!(
                "{}: it says that it is {}: remove and install it again",
                source.name,
                layer.label()
            )),
            Err(error) => source.unloadable(&error.to_string()),
        };
        let load = &load;
        let loaded: Vec<Component> = std::thread::scope(|scope| {
            let threads: Vec<_> = sources.iter().map(|source| scope.spawn(move || load(source))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let origins = sources.iter().map(|source| source.origin);
        let mut entries: Vec<(Component, Origin)> = loaded.into_iter().zip(origins).collect();
        entries.sort_by(|(a, _), (b, _)| (a.id(), a.version()).cmp(&(b.id(), b.version())));
        Self { entries }
    }

    /// All components, by id and version.
    pub fn components(&self) -> impl Iterator<Item = (&Component, Origin)> {
        self.entries.iter().map(|(component, origin)| (component, *origin))
    }

    /// Those that can be called, by id and version.
    pub fn layers(&self) -> impl Iterator<Item = (&Layer, Origin)> {
        self.components().filter_map(|(component, origin)| component.layer().map(|layer| (layer, origin)))
    }

    /// The newest component that fits, whether it can be called or not: an older version is another layer, which nobody
    /// asked for. Among equal versions the installed one; one of which nobody knows the version only when there is no
    /// other.
    ///
    /// # Errors
    /// When no layer has the id, or none of its versions will do.
    pub fn choose(&self, wanted: &LayerRef) -> Result<(&Component, Origin), CatalogError> {
        let same_id: Vec<&(Component, Origin)> =
            self.entries.iter().filter(|(component, _)| component.id() == wanted.id).collect();
        if same_id.is_empty() {
            let known = self.entries.iter().map(|(component, _)| component.id());
            return Err(CatalogError::unknown(&wanted.id, known));
        }
        let fitting = same_id
            .iter()
            .map(|(component, origin)| (component.semver(), *origin, component))
            .filter(|(version, _, _)| version.as_ref().is_none_or(|version| wanted.version.matches(version)))
            .max_by(|(a, a_origin, _), (b, b_origin, _)| a.cmp(b).then_with(|| a_origin.cmp(b_origin)));
        match fitting {
            Some((_, origin, component)) => Ok((component, origin)),
            None => {
                let have: Vec<&str> = same_id.iter().map(|(component, _)| component.version()).collect();
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
    pub fn find(&self, wanted: &LayerRef) -> Result<(&Layer, Origin), CatalogError> {
        match self.choose(wanted)? {
            (Component::Loaded(layer), origin) => Ok((layer, origin)),
            (Component::Unloadable(it), _) => {
                Err(CatalogError::Unloadable { id: it.id.clone(), why: it.why.clone() })
            }
        }
    }
}

//! The layers at hand: those inside the program and those that were installed, loaded and ready to be called.

use crate::config::{Config, LayerRef};
use sluice_runtime::{Layer, Limits, LoadError, LoadLimits, Runtime};
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

/// Bytes to load a layer from.
pub struct LayerSource {
    /// What messages call it.
    pub name: String,
    /// The component.
    pub bytes: std::borrow::Cow<'static, [u8]>,
    /// Where it comes from.
    pub origin: Origin,
}

impl LayerSource {
    /// The layers inside the program.
    pub fn bundled(bundled: &[Bundled]) -> Vec<Self> {
        let source = |(name, bytes): &Bundled| Self {
            name: format!("bundled layer {name}"),
            bytes: std::borrow::Cow::Borrowed(*bytes),
            origin: Origin::Bundled,
        };
        bundled.iter().map(source).collect()
    }
}

/// The limits of loading a layer. It may say who it is under the host's own limits, so that one whose calls are bound
/// tightly is still known by its name; but its code is made for those calls.
fn load_limits(config: &Config, id: &str) -> LoadLimits {
    let layer = config.layer(id);
    let Limits { stack_bytes, strict, .. } = layer.limits;
    LoadLimits { call: Limits { stack_bytes, strict, ..Limits::default() }, ..layer.load }
}

/// The longest that any layer may be compiled, for one whose id is not known yet.
fn widest(config: &Config) -> LoadLimits {
    let default = LoadLimits::default();
    let compile = config.layers.values().map(|layer| layer.load.compile).max().unwrap_or(default.compile);
    LoadLimits { compile: compile.max(default.compile), ..default }
}

/// Loaded layers, found by id and version.
#[derive(Debug, Default)]
pub struct Catalog {
    entries: Vec<(Layer, Origin)>,
}

/// Why a layer cannot be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatalogError {
    /// A component is no layer.
    #[error(transparent)]
    Load(#[from] LoadError),
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
    ///
    /// # Errors
    /// The first source that is no layer.
    pub fn load(runtime: &Runtime, sources: &[LayerSource]) -> Result<Self, CatalogError> {
        Self::load_all(sources, |source| runtime.load(&source.name, &source.bytes))
    }

    /// The same within the limits that a configuration sets for each layer, and ready to be called under them.
    ///
    /// # Errors
    /// The first source that is no layer, or beyond its limits.
    pub fn load_within(
        runtime: &Runtime,
        sources: &[LayerSource],
        config: &Config,
    ) -> Result<Self, CatalogError> {
        Self::load_all(sources, |source| {
            // who it is can only be asked once it is loaded
            let layer = runtime.load_within(&source.name, &source.bytes, &widest(config))?;
            match load_limits(config, layer.id()) {
                limits if limits == LoadLimits::default() => Ok(layer),
                limits => runtime.load_within(&source.name, &source.bytes, &limits),
            }
        })
    }

    fn load_all(
        sources: &[LayerSource],
        load: impl Fn(&LayerSource) -> Result<Layer, LoadError> + Sync,
    ) -> Result<Self, CatalogError> {
        let load = &load;
        let loaded: Vec<Result<Layer, LoadError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = sources.iter().map(|source| scope.spawn(move || load(source))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect()
        });
        let mut entries = Vec::with_capacity(sources.len());
        for (layer, source) in loaded.into_iter().zip(sources) {
            entries.push((layer?, source.origin));
        }
        entries.sort_by(|(a, _), (b, _)| a.label().cmp(b.label()));
        Ok(Self { entries })
    }

    /// All layers, by id and version.
    pub fn layers(&self) -> impl Iterator<Item = (&Layer, Origin)> {
        self.entries.iter().map(|(layer, origin)| (layer, *origin))
    }

    /// The newest layer that fits; among equal versions the installed one.
    ///
    /// # Errors
    /// When no layer has the id, or none of its versions will do.
    pub fn find(&self, wanted: &LayerRef) -> Result<(&Layer, Origin), CatalogError> {
        let same_id: Vec<&(Layer, Origin)> =
            self.entries.iter().filter(|(layer, _)| layer.id() == wanted.id).collect();
        if same_id.is_empty() {
            return Err(CatalogError::unknown(&wanted.id, self.entries.iter().map(|(layer, _)| layer.id())));
        }
        let version = |layer: &Layer| semver::Version::parse(layer.version()).ok();
        let fitting = same_id
            .iter()
            .filter_map(|(layer, origin)| version(layer).map(|version| (version, *origin, layer)))
            .filter(|(version, _, _)| wanted.version.matches(version))
            .max_by(|(a, a_origin, _), (b, b_origin, _)| a.cmp(b).then_with(|| a_origin.cmp(b_origin)));
        match fitting {
            Some((_, origin, layer)) => Ok((layer, origin)),
            None => {
                let have: Vec<&str> = same_id.iter().map(|(layer, _)| layer.version()).collect();
                Err(CatalogError::Version {
                    id: wanted.id.clone(),
                    required: wanted.version.to_string(),
                    have: have.join(", "),
                })
            }
        }
    }
}

//! Where layers come from: the program, and the database.

use super::component::{Component, Unloadable};
use super::pick::{AtHand, Picked, Place, pick};
use super::{Bundled, Origin};
use crate::config::{Config, LayerRef};
use crate::trust::{refusal, trust};
use sluice_package::Trust;
use sluice_runtime::Layer;
use sluice_store::{ActivationRow, Store, StoreError, VersionKey};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    pub(super) bytes: Cow<'static, [u8]>,
    /// SHA-256 of the component, lower-case hex.
    digest: String,
    /// The text of its signature.
    signature: Option<String>,
    /// Why it must not be called; known before it is looked into.
    refused: Option<String>,
    /// It is called where somebody activates it; none: it need not wait for that.
    waits: Option<Place>,
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
        let id = Self::id_of(name);
        Self::new(format!("bundled layer {name}"), id, None, Origin::Bundled, component.into())
    }

    /// author/name of a layer of the program.
    pub fn id_of(name: &str) -> String {
        if name.contains('/') { name.to_owned() } else { format!("{OWN_AUTHOR}/{name}") }
    }

    /// A layer that was installed with this digest and signature, before its bytes are read.
    pub(crate) fn installed(id: &str, version: &str, digest: &str, signature: Option<String>) -> Self {
        let name = format!("installed layer {id}@{version}");
        let (id, version) = (id.to_owned(), Some(version.to_owned()));
        let source = Self::new(name, id, version, Origin::Installed, Cow::default());
        // whatever its bytes are now, scans and breakers know it by what was installed
        Self { digest: digest.to_owned(), signature, ..source }
    }

    /// The same with the bytes that the store has of it now. It is refused when these are others than were installed, or
    /// are not trusted.
    pub(crate) fn read(self, component: Vec<u8>, trust: &Trust) -> Self {
        let refused = refusal(&component, &self.digest, self.signature.as_deref(), trust);
        Self { refused, bytes: component.into(), ..self }
    }

    /// Why it must not be called, or looked into.
    pub(crate) fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    fn new(
        name: String,
        id: String,
        version: Option<String>,
        origin: Origin,
        bytes: Cow<'static, [u8]>,
    ) -> Self {
        let digest = crate::record::digest(&bytes);
        Self { name, id, version, origin, bytes, digest, signature: None, refused: None, waits: None }
    }

    /// The same, called only where somebody activates it.
    pub(crate) fn waiting(self, place: Place) -> Self {
        Self { waits: Some(place), ..self }
    }

    /// SHA-256 of the component, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The component.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The component of this source that cannot be had; `is_refused`: it was not even tried.
    pub(super) fn unloadable(&self, why: &str, is_refused: bool) -> Component {
        Component::Unloadable(Arc::new(Unloadable {
            id: self.id.clone(),
            version: self.version.clone(),
            digest: self.digest.clone(),
            size: self.bytes.len(),
            why: format!("cannot be loaded: {why}"),
            is_refused,
        }))
    }

    /// Whether a layer is the one that was installed.
    pub(super) fn is(&self, layer: &Layer) -> bool {
        let version = self.version.as_deref().is_none_or(|version| version == layer.version());
        self.origin == Origin::Bundled || (version && self.id == layer.id())
    }
}

impl AtHand for LayerSource {
    fn semver(&self) -> Option<semver::Version> {
        semver::Version::parse(self.version.as_deref()?).ok()
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn waits(&self) -> Option<Place> {
        self.waits
    }
}

/// What operators decided on layers, by pipeline and layer.
#[derive(Debug, Clone, Default)]
pub struct Activations(BTreeMap<(String, String), ActivationRow>);

impl Activations {
    /// As the store has it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(store: &Store) -> Result<Self, StoreError> {
        let rows = store.activations().await?;
        Ok(Self(rows.into_iter().map(|row| ((row.pipeline.clone(), row.layer.clone()), row)).collect()))
    }

    /// What was decided on a layer in a pipeline; none: nothing.
    pub fn row(&self, pipeline: &str, id: &str) -> Option<&ActivationRow> {
        self.0.get(&(pipeline.to_owned(), id.to_owned()))
    }

    /// All that was decided on a layer, by pipeline.
    pub fn of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a ActivationRow> {
        self.0.values().filter(move |row| row.layer == id)
    }
}

/// The layers that may be called, not loaded yet, and what operators decided on them.
#[derive(Default)]
pub struct Sources {
    /// Bundled and installed ones.
    pub layers: Vec<LayerSource>,
    /// Which of them are active.
    pub activations: Activations,
}

impl Sources {
    /// Bundled layers and those installed ones that may be called when a scan runs a pipeline of the configuration with
    /// `extra` layers (author/name) besides.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(
        store: Option<&Store>,
        bundled: &[Bundled],
        config: &Config,
        extra: &[&str],
    ) -> Result<Self, StoreError> {
        let mut layers = LayerSource::bundled(bundled);
        let Some(store) = store else { return Ok(Self { layers, activations: Activations::default() }) };
        let activations = Activations::read(store).await?;
        let mut installed = Vec::new();
        for row in store.layers().await? {
            if row.is_bundled() {
                // an earlier scan knew its version
                if let Some(known) = layers.iter_mut().find(|source| source.digest() == row.digest) {
                    known.version = Some(row.version);
                }
                continue;
            }
            let signature = row.provenance.signature;
            let source = LayerSource::installed(&row.layer, &row.version, &row.digest, signature);
            installed.push(if row.waits { source.waiting(Place(row.installed_at)) } else { source });
        }
        layers.extend(installed);
        let wanted = Wanted::of(config, extra);
        let called: Vec<bool> =
            layers.iter().map(|source| wanted.may_call(source, &layers, &activations)).collect();
        let mut called = called.into_iter();
        layers.retain(|source| called.next().unwrap_or_default() || source.origin == Origin::Bundled);
        if layers.iter().all(|source| source.origin == Origin::Bundled) {
            // the usual scan: nobody has to be trusted
            return Ok(Self { layers, activations });
        }
        let trust = trust(store, config.trust).await?;
        let mut read = Vec::with_capacity(layers.len());
        for source in layers {
            if source.origin == Origin::Bundled {
                read.push(source);
                continue;
            }
            // one that was removed just now is not there
            if let Some(bytes) = store.component(&source.digest).await? {
                read.push(source.read(bytes, &trust));
            }
        }
        Ok(Self { layers: read, activations })
    }
}

/// How pipelines name layers.
struct Wanted<'a> {
    config: &'a Config,
    extra: &'a [&'a str],
}

impl<'a> Wanted<'a> {
    fn of(config: &'a Config, extra: &'a [&'a str]) -> Self {
        Self { config, extra }
    }

    /// Pipelines that may call a layer, and how they ask for it.
    fn references(&self, id: &str) -> Vec<(&'a str, LayerRef)> {
        let named = self.config.pipelines.iter().flat_map(|(name, pipeline)| {
            let layers = pipeline.stages.iter().flat_map(|stage| &stage.layers);
            layers.filter(|layer| layer.id == id).map(|layer| (name.as_str(), layer.clone()))
        });
        let extra = self.extra.contains(&id).then(|| self.config.pipelines.keys());
        let extra = extra.into_iter().flatten().map(|name| (name.as_str(), LayerRef::any(id)));
        named.chain(extra).collect()
    }

    /// Whether some pipeline may call it, as far as can be told of layers that were not loaded yet; or tries it.
    fn may_call(&self, source: &LayerSource, all: &[LayerSource], activations: &Activations) -> bool {
        let same: Vec<&LayerSource> = all.iter().filter(|other| other.id == source.id).collect();
        self.references(&source.id).iter().any(|(pipeline, wanted)| {
            let row = activations.row(pipeline, &source.id);
            let is = |key: &VersionKey| source.is_version(key);
            let tried = row.and_then(|row| row.shadow.as_ref()).is_some_and(|shadow| is(&shadow.candidate));
            let picked = match pick(row, same.iter().copied(), &wanted.version) {
                Picked::One(picked) | Picked::Unfit(picked) => picked.digest == source.digest,
                Picked::Missing(_) | Picked::None => false,
            };
            // one of the program may turn out to have another version than is asked for
            let unsure = row.is_none_or(|row| row.active.is_none())
                && same.iter().any(|other| other.version.is_none());
            tried || picked || unsure
        })
    }
}

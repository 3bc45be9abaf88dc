//! The versions of layers that can be called, and which of them pipelines call.

use crate::catalog::{Activations, AtHand, Bundled, Catalog, LayerSource, Origin, Picked, Place, pick};
use crate::config::{Config, LayerRef};
use crate::error::EngineError;
use crate::record::layer_schema;
use crate::settings::references;
use serde_json::Value as Json;
use sluice_runtime::Runtime;
use sluice_store::{ActivationRow, LayerRow, Provenance, Store, VersionKey};

/// A version of a layer.
#[derive(Debug, Clone)]
pub struct Version {
    /// author/name.
    pub id: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component, lower-case hex.
    pub digest: String,
    /// Where it comes from.
    pub origin: Origin,
    /// Version of the contract.
    pub api: String,
    /// Size of the component in bytes.
    pub size: u64,
    /// When it was installed, UTC milliseconds; none of a bundled one.
    pub installed_at: Option<i64>,
    /// What it says of itself.
    pub schema: Json,
    /// Where it was installed from, and who signed it.
    pub provenance: Provenance,
    waits: bool,
}

impl AtHand for Version {
    fn semver(&self) -> Option<semver::Version> {
        semver::Version::parse(&self.version).ok()
    }

    fn origin(&self) -> Origin {
        self.origin
    }

    fn digest(&self) -> &str {
        &self.digest
    }

    fn waits(&self) -> Option<Place> {
        self.installed_at.filter(|_| self.waits).map(Place)
    }
}

/// All of them, and what operators decided.
#[derive(Debug, Default)]
pub struct Versions {
    versions: Vec<Version>,
    activations: Activations,
}

/// What a pipeline makes of a layer.
#[derive(Debug)]
pub struct Use<'a> {
    /// Name of the pipeline.
    pub pipeline: &'a str,
    /// What it requires.
    pub wanted: &'a LayerRef,
    /// The version that it calls; none: it cannot call any.
    pub active: Option<&'a Version>,
    /// What was decided; none: nothing.
    pub row: Option<&'a ActivationRow>,
}

impl Versions {
    /// Bundled and installed ones; of one layer or of all.
    ///
    /// # Errors
    /// When the database cannot be read, or what it keeps of a layer is damaged.
    pub async fn read(
        runtime: &Runtime,
        bundled: &[Bundled],
        store: Option<&Store>,
        id: Option<&str>,
    ) -> Result<Self, EngineError> {
        let meant = |name: &str| id.is_none_or(|id| id == name);
        let sources: Vec<Bundled> =
            bundled.iter().copied().filter(|(name, _)| meant(&LayerSource::id_of(name))).collect();
        let catalog = Catalog::load(runtime, &LayerSource::bundled(&sources));
        let mut versions: Vec<Version> = catalog.layers().map(|(layer, _)| own(layer)).collect();
        let mut activations = Activations::default();
        if let Some(store) = store {
            activations = Activations::read(store).await?;
            for row in store.layers().await?.into_iter().filter(|row| !row.is_bundled() && meant(&row.layer))
            {
                versions.push(installed(row)?);
            }
        }
        versions.sort_by(|a, b| (&a.id, a.semver(), a.origin).cmp(&(&b.id, b.semver(), b.origin)));
        Ok(Self { versions, activations })
    }

    /// All, by id, version and origin.
    pub fn all(&self) -> &[Version] {
        &self.versions
    }

    /// Those of one layer, oldest first.
    pub fn of<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Version> + Clone {
        self.versions.iter().filter(move |version| version.id == id)
    }

    /// What was decided on a layer, by pipeline.
    pub fn rows<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a ActivationRow> {
        self.activations.of(id)
    }

    /// What was decided on a layer in a pipeline.
    pub fn row(&self, pipeline: &str, id: &str) -> Option<&ActivationRow> {
        self.activations.row(pipeline, id)
    }

    /// The version that a pipeline calls which asks for the layer so; none: it cannot call any.
    pub fn active(&self, pipeline: &str, wanted: &LayerRef) -> Option<&Version> {
        let of_id = self.versions.iter().filter(|version| version.id == wanted.id);
        match pick(self.row(pipeline, &wanted.id), of_id, &wanted.version) {
            Picked::One(version) => Some(version),
            Picked::Unfit(_) | Picked::Missing(_) | Picked::None => None,
        }
    }

    /// What the pipelines make of a layer that name it, each once.
    pub fn uses<'a>(&'a self, config: &'a Config, id: &'a str) -> Vec<Use<'a>> {
        let mut uses: Vec<Use<'a>> = Vec::new();
        for (pipeline, wanted) in references(config, id) {
            if uses.iter().all(|known| known.pipeline != pipeline) {
                let (active, row) = (self.active(pipeline, wanted), self.row(pipeline, id));
                uses.push(Use { pipeline, wanted, active, row });
            }
        }
        uses
    }

    /// The pipelines that name its layer and have this version active, be it called there or disabled.
    pub fn active_uses<'a>(&'a self, config: &'a Config, version: &'a Version) -> Vec<Use<'a>> {
        let mut uses = self.uses(config, &version.id);
        uses.retain(|use_| use_.active.is_some_and(|active| active.key() == version.key()));
        uses
    }

    /// A version by what the store calls it.
    pub fn by_key(&self, id: &str, key: &VersionKey) -> Option<&Version> {
        self.versions.iter().find(|version| version.id == id && version.is_version(key))
    }

    /// A version as people name it, author/name@version; of equal ones the installed.
    pub fn named(&self, id: &str, version: &str) -> Option<&Version> {
        self.versions.iter().rev().find(|known| known.id == id && known.version == version)
    }
}

fn own(layer: &sluice_runtime::Layer) -> Version {
    Version {
        id: layer.id().to_owned(),
        version: layer.version().to_owned(),
        digest: layer.digest().to_owned(),
        origin: Origin::Bundled,
        api: layer.api_version().to_string(),
        size: layer.size() as u64,
        installed_at: None,
        schema: layer_schema(layer),
        provenance: Provenance::default(),
        waits: false,
    }
}

fn installed(row: LayerRow) -> Result<Version, EngineError> {
    let schema = serde_json::from_str(&row.descriptor_json);
    let schema =
        schema.map_err(|_| EngineError::Descriptor { layer: format!("{}@{}", row.layer, row.version) })?;
    Ok(Version {
        id: row.layer,
        version: row.version,
        digest: row.digest,
        origin: Origin::Installed,
        api: row.api_version,
        size: row.size,
        installed_at: Some(row.installed_at),
        schema,
        provenance: row.provenance,
        waits: row.waits,
    })
}

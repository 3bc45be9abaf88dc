//! How much is kept, and removing it.

use super::VerdictCache;
use super::folder::{self, Listed};
use serde::Serialize;
use sluice_market::Instant;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// What is in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CacheStats {
    /// Answers.
    pub entries: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Bytes that it is kept below.
    pub cap_bytes: u64,
    /// Of what was used longest ago, when that was.
    pub oldest: Option<Instant>,
    /// By what they are answers of: layers first, by their labels.
    pub layers: Vec<LayerStats>,
}

/// What is kept of one version of a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LayerStats {
    /// What it is of.
    #[serde(flatten)]
    pub kind: Kind,
    /// Answers.
    pub entries: u64,
    /// Bytes.
    pub bytes: u64,
    /// Of what was used longest ago, when that was.
    pub oldest: Instant,
}

/// What something is kept of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Kind {
    /// A layer's answers.
    Layer {
        /// author/name.
        layer: String,
        /// Its version.
        version: String,
    },
    /// Digests of bars, which every layer shares.
    Bars {},
}

/// What to remove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Everything.
    All,
    /// Answers of these layers (author/name).
    Layers(Vec<String>),
    /// What was not used for so long.
    UnusedFor(Duration),
}

/// What was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cleared {
    /// Answers.
    pub entries: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Kind {
    /// By the label of a file: layers have versions.
    fn of(label: &str) -> Self {
        match label.rsplit_once('@') {
            Some((layer, version)) => Self::Layer { layer: layer.to_owned(), version: version.to_owned() },
            None => Self::Bars {},
        }
    }

    /// author/name@version; none of bars.
    #[must_use]
    pub fn layer(&self) -> Option<&str> {
        match self {
            Self::Layer { layer, .. } => Some(layer),
            Self::Bars {} => None,
        }
    }

    /// The layer's version; none of bars.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::Layer { version, .. } => Some(version),
            Self::Bars {} => None,
        }
    }
}

impl VerdictCache {
    /// Counts what is kept.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        let mut kinds: BTreeMap<Kind, LayerStats> = BTreeMap::new();
        let files = folder::list(&self.root);
        let bytes = files.iter().map(|file| file.bytes).sum();
        for file in files.iter().filter(|file| !file.is_part) {
            let Some((label, entries)) = folder::head_of(&file.path) else { continue };
            let (kind, used) = (Kind::of(&label), folder::instant(file.used));
            let own =
                kinds.entry(kind.clone()).or_insert(LayerStats { kind, entries: 0, bytes: 0, oldest: used });
            own.entries += if own.kind == (Kind::Bars {}) { 0 } else { entries };
            own.bytes += file.bytes;
            own.oldest = own.oldest.min(used);
        }
        let layers: Vec<LayerStats> = kinds.into_values().collect();
        CacheStats {
            entries: layers.iter().map(|of| of.entries).sum(),
            bytes,
            cap_bytes: self.cap_bytes,
            oldest: layers.iter().map(|of| of.oldest).min(),
            layers,
        }
    }

    /// Removes some of it. Scans that run meanwhile go on: what is gone is asked for again.
    #[must_use]
    pub fn clear(&self, which: &Which) -> Cleared {
        let now = SystemTime::now();
        let goes = |file: &Listed| match which {
            Which::All => true,
            Which::UnusedFor(least) => now.duration_since(file.used).is_ok_and(|age| age >= *least),
            Which::Layers(layers) => folder::head_of(&file.path).is_some_and(|(label, _)| {
                Kind::of(&label).layer().is_some_and(|own| layers.iter().any(|layer| layer == own))
            }),
        };
        let chosen: Vec<Listed> = folder::list(&self.root).into_iter().filter(goes).collect();
        let counted: BTreeMap<_, _> = chosen
            .iter()
            .filter_map(|file| Some((file.path.clone(), folder::head_of(&file.path)?)))
            .collect();
        let mut cleared = Cleared::default();
        for file in folder::remove(chosen) {
            cleared.bytes += file.bytes;
            if let Some((label, entries)) = counted.get(&file.path)
                && Kind::of(label) != (Kind::Bars {})
            {
                cleared.entries += entries;
            }
        }
        cleared
    }
}

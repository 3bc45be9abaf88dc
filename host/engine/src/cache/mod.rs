//! The verdict cache: what layers answered, kept for calls that would see the same again.
//!
//! A layer is a pure function, so its answer can be kept under everything that decides it: the component, settings and
//! limits, the processor and wasmtime, what all instruments of a call share, and what the layer sees of one of them
//! ([`input`]). The keys are made of content, so that an import which changes other instruments costs nothing. Layers that
//! compare instruments, or judge the market, are kept per whole input.
//!
//! ```text
//! digest   fields -> a digest
//! input    layer, shared input, instrument -> keys
//! codec    answers -> bytes -> answers, bit by bit the same
//! segment  a file: whole or not believed
//! folder   the files, shared by any number of processes
//! page     what is kept of one layer for one shared input
//! bars     digests of bars, so that unchanged ones are not even read
//! manage   how much is kept, and removing it
//! ```
//!
//! Only answers that were validated are kept, and only of layers whose run in a scan came to its end without a fault that
//! nobody was found behind. A hit is what the call would have given.

mod bars;
mod codec;
mod digest;
mod folder;
mod input;
mod manage;
mod page;
mod segment;

pub(crate) use bars::{BarsTable, KnownBars};
pub(crate) use codec::{divided, one_of, whole, whole_of};
pub(crate) use digest::{DIGEST_BYTES, Digest, Digester};
pub(crate) use input::{Shared, bars as bars_digest, bars_key, event, instrument, layer_key, quote};
pub use manage::{CacheStats, Cleared, Kind, LayerStats, Which};
pub(crate) use page::{Fresh, Page};

use crate::plan::BarsPlan;
use folder::Place;
use sluice_market::Snapshot;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Grows when the same keys or bytes come to mean something else: what is read from bars, what is validated.
const FORMAT: u32 = 1;

/// The folder of kept answers. Cheap to clone; any number of processes may use one folder at a time.
#[derive(Debug, Clone)]
pub struct VerdictCache {
    root: Arc<PathBuf>,
    cap_bytes: u64,
}

impl VerdictCache {
    /// Opens the folder, making it owner-only when it is new; what is kept stays below so many bytes.
    ///
    /// # Errors
    /// A folder that others may write to is not used, since whatever is in it would be believed: why.
    pub fn open(folder: &Path, cap_bytes: u64) -> Result<Self, String> {
        sluice_runtime::private_folder(folder)?;
        Ok(Self { root: Arc::new(folder.to_owned()), cap_bytes })
    }

    /// What is kept of a layer for calls that share something. `label` says whose it is.
    pub(crate) fn page(&self, label: &str, layer: &Digest, shared: &Digest) -> Page {
        Page::read(label, Place::of_verdicts(&self.root, layer, shared))
    }

    /// Writes what a scan learnt, then removes what was used longest ago if there is too much: also after a scan that had
    /// nothing to write, since the cap may be a lower one than before. A failure costs time later, so it is only logged.
    pub(crate) fn keep(&self, learnt: Learnt) {
        let pages = learnt.pages.iter().map(Fresh::write);
        let written = pages.chain(learnt.bars.iter().map(|bars| bars.write()));
        // all are tried, whatever became of the others
        if let Some(error) = written.fold(None, |failed, written| written.err().or(failed)) {
            tracing::warn!("cannot keep answers in {}: {error}", self.root.display());
        }
        self.shrink();
    }

    /// Removes what was used longest ago if there is more than the cap, and what killed processes left. Costs a look at the
    /// names of the files.
    pub fn shrink(&self) {
        folder::evict(&self.root, self.cap_bytes);
    }
}

/// What one scan keeps when it is done.
#[derive(Debug, Default)]
pub(crate) struct Learnt {
    pub(crate) pages: Vec<Fresh>,
    bars: Vec<Arc<BarsTable>>,
}

/// The cache as one scan uses it.
#[derive(Debug)]
pub(crate) struct ScanCache<'a> {
    cache: &'a VerdictCache,
    snapshot: &'a Snapshot,
    /// By the key of the need.
    bars: Mutex<BTreeMap<Digest, Arc<BarsTable>>>,
}

impl<'a> ScanCache<'a> {
    pub(crate) fn new(cache: &'a VerdictCache, snapshot: &'a Snapshot) -> Self {
        Self { cache, snapshot, bars: Mutex::default() }
    }

    pub(crate) fn folder(&self) -> &'a VerdictCache {
        self.cache
    }

    /// The digests known for a need, read once for all layers that have it.
    pub(crate) fn bars(&self, plan: &BarsPlan, max_age: Option<u32>) -> Arc<BarsTable> {
        let key = bars_key(self.snapshot, plan, max_age);
        // another instant is another key: what is scanned as of now would be kept for nobody
        let is_kept = self.snapshot.data_until() == Some(self.snapshot.as_of());
        let instruments = self.snapshot.instruments().len();
        let mut tables = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let read = || {
            Arc::new(match is_kept {
                true => BarsTable::read(Place::of_bars(&self.cache.root, &key), instruments),
                false => BarsTable::passing(instruments),
            })
        };
        tables.entry(key).or_insert_with(read).clone()
    }

    /// What is to be kept: these answers, and the digests that were made.
    pub(crate) fn learnt(self, pages: Vec<Fresh>) -> Learnt {
        let bars = self.bars.into_inner().unwrap_or_else(PoisonError::into_inner);
        Learnt { pages, bars: bars.into_values().collect() }
    }
}

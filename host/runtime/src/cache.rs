//! Compiled layers on disk, private to their owner.
//!
//! An entry is native code that will run unchecked, so nothing is taken from here unless the folder belongs to
//! this user alone and the entry's checksum fits. Anything else is recompiled and replaced: a cache may be lost
//! at any time.

use crate::private::private_folder;
use crate::runtime::Lane;
use sha2::{Digest, Sha256};
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// First bytes of an entry; the number grows when the layout changes.
const MAGIC: &[u8; 8] = b"sluice2\n";
/// Length of the checksum that follows.
const CHECKSUM_BYTES: usize = 32;

/// How a compiled component was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheOutcome {
    /// Read from the cache.
    Hit,
    /// Compiled, and written to the cache when there is one.
    Compiled,
}

/// The folder of compiled layers.
#[derive(Debug)]
pub(crate) struct CompileCache {
    folder: PathBuf,
}

impl CompileCache {
    /// Opens the folder, making it owner-only when it is new. A folder that others may write to is not used.
    pub(crate) fn open(folder: &Path) -> Result<Self, String> {
        private_folder(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The compiled component of `digest`, if a whole and fitting entry is there.
    pub(crate) fn get(&self, lane: &Lane, digest: &str) -> Option<Component> {
        let name = name(lane, digest);
        let entry = fs::read(self.entry(&name)).ok()?;
        let body = checked_body(&entry, &name)?;
        #[expect(unsafe_code, reason = "the only way to load compiled code")]
        // SAFETY: `body` must be what `Component::serialize` of this very engine configuration made. The folder
        // is owned and writable by this user only (checked in `open`), the name holds the compatibility hash
        // and the wasmtime version, and the checksum proves the bytes to be whole and of this name; whoever could
        // forge all of that already runs code as this user.
        let component = unsafe { Component::deserialize(&lane.engine, body) };
        match component {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::debug!(
                    "compiled layer {digest} does not fit this build ({error}); compiling it again"
                );
                None
            }
        }
    }

    /// Writes an entry, whole or not at all. A failure costs time later, so it is only logged.
    pub(crate) fn put(&self, lane: &Lane, digest: &str, component: &Component) {
        let written = component
            .serialize()
            .map_err(|error| error.to_string())
            .and_then(|body| self.write(&name(lane, digest), &body).map_err(|error| error.to_string()));
        if let Err(error) = written {
            tracing::warn!("cannot keep the compiled layer {digest} in {}: {error}", self.folder.display());
        }
    }

    fn write(&self, name: &str, body: &[u8]) -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(MAGIC)?;
        file.write_all(&checksum(name, body))?;
        file.write_all(body)?;
        file.persist(self.entry(name)).map_err(|error| error.error)?;
        Ok(())
    }

    fn entry(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.bin"))
    }
}

/// What the compiled code is of and for. Strict code has a name of its own, since wasmtime's hash is over that too;
/// lanes that differ in their stack only share it.
fn name(lane: &Lane, digest: &str) -> String {
    format!("{digest}-{}", lane.compatibility)
}

fn checked_body<'a>(entry: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let rest = entry.strip_prefix(MAGIC.as_slice())?;
    let (found, body) = rest.split_at_checked(CHECKSUM_BYTES)?;
    (checksum(name, body) == found).then_some(body)
}

/// Over the name too: the whole code of another layer must not pass for this one's after a file was renamed.
fn checksum(name: &str, body: &[u8]) -> [u8; CHECKSUM_BYTES] {
    Sha256::new().chain_update(name).chain_update(body).finalize().into()
}

/// Everything that makes compiled code fit or not: wasmtime's own hash of version, processor and settings.
pub(crate) fn compatibility(engine: &Engine) -> String {
    struct Sha(Sha256);
    impl Hasher for Sha {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut sha = Sha(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut sha);
    sha.0.update(crate::runtime::WASMTIME_VERSION);
    crate::layer::hex(&sha.0.finalize()[..8])
}

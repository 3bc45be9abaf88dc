//! A layer that the host can call: checked, compiled, and with a descriptor that makes sense.

mod descriptor;

use crate::call::{Answer, CallSite, Cancel};
use crate::check::ApiVersion;
use crate::error::{CallError, LoadError};
use crate::limits::Limits;
use crate::model::{Batch, Descriptor, Needs, Report, Setting, SettingFault};
use crate::runtime::Runtime;
use crate::since_v0_1::Linked;
use crate::{CacheOutcome, check};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;
use wasmtime::component::Component;

/// A component that is ready to be called. Cheap to clone; a clone keeps the compiled code alive, so that a scan
/// goes on with what it started with.
#[derive(Clone)]
pub struct Layer(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    linked: Linked,
    descriptor: Descriptor,
    label: Arc<str>,
    digest: String,
    size: usize,
    api: ApiVersion,
    origin: CacheOutcome,
}

impl Layer {
    /// Checks, compiles and asks `describe`, under the default limits.
    pub(crate) fn load(runtime: &Runtime, source_name: &str, bytes: &[u8]) -> Result<Self, LoadError> {
        let api = check::inspect(source_name, bytes)?;
        let digest = hex(&Sha256::digest(bytes));
        let (component, origin) = compile(runtime, source_name, &digest, bytes)?;
        let mismatch = |error: wasmtime::Error| LoadError::Mismatch {
            source_name: source_name.to_owned(),
            version: api.to_string(),
            detail: crate::text::line(&format!("{error:#}"), 300),
        };
        let instance = runtime.linker().instantiate_pre(&component).map_err(mismatch)?;
        let linked = Linked::new(instance).map_err(mismatch)?;
        let site =
            CallSite { runtime, label: Arc::from(source_name), limits: Limits::default(), cancel: None };
        let descriptor = site
            .run(|store| linked.describe(store).map(Ok))
            .map_err(|error| LoadError::Describe {
                source_name: source_name.to_owned(),
                failure: error.failure,
            })?
            .value
            .map_err(mismatch)?;
        descriptor::check(&descriptor)
            .map_err(|detail| LoadError::Descriptor { source_name: source_name.to_owned(), detail })?;
        let label = Arc::from(format!("{}@{}", descriptor.id, descriptor.version));
        let size = bytes.len();
        let runtime = runtime.clone();
        Ok(Self(Arc::new(Inner { runtime, linked, descriptor, label, digest, size, api, origin })))
    }

    /// Who the layer is.
    pub fn descriptor(&self) -> &Descriptor {
        &self.0.descriptor
    }

    /// author/name.
    pub fn id(&self) -> &str {
        &self.0.descriptor.id
    }

    /// Semantic version.
    pub fn version(&self) -> &str {
        &self.0.descriptor.version
    }

    /// author/name@version.
    pub fn label(&self) -> &str {
        &self.0.label
    }

    /// SHA-256 of the component, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// Size of the component in bytes.
    pub fn size(&self) -> usize {
        self.0.size
    }

    /// Version of the contract that it speaks.
    pub fn api_version(&self) -> ApiVersion {
        self.0.api
    }

    /// Whether its code came from the cache.
    pub fn cache_outcome(&self) -> CacheOutcome {
        self.0.origin
    }

    /// Asks what the layer needs to see under these settings. The inner error lists the settings that it refuses.
    ///
    /// # Errors
    /// When the call itself failed.
    pub fn prepare(
        &self,
        settings: &[Setting],
        limits: Limits,
    ) -> Result<Answer<Result<Needs, Vec<SettingFault>>>, Box<CallError>> {
        self.site(limits, None).run(|store| self.0.linked.prepare(store, settings).map(Ok))
    }

    /// Lets the layer judge a batch, in a store of its own that is dropped afterwards.
    ///
    /// # Errors
    /// When the call failed or the layer reported a fault; what it used is in the error.
    pub fn scan(
        &self,
        batch: &Batch<'_>,
        settings: &[Setting],
        limits: Limits,
        cancel: &Cancel,
    ) -> Result<Answer<Report>, Box<CallError>> {
        self.site(limits, Some(cancel.clone())).run(|store| self.0.linked.scan(store, batch, settings))
    }

    fn site(&self, limits: Limits, cancel: Option<Cancel>) -> CallSite<'_> {
        CallSite { runtime: &self.0.runtime, label: self.0.label.clone(), limits, cancel }
    }
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer").field("label", &self.label()).field("digest", &self.digest()).finish()
    }
}

fn compile(
    runtime: &Runtime,
    source_name: &str,
    digest: &str,
    bytes: &[u8],
) -> Result<(Component, CacheOutcome), LoadError> {
    if let Some(component) = runtime.cache().and_then(|cache| cache.get(runtime.engine(), digest)) {
        return Ok((component, CacheOutcome::Hit));
    }
    let component = Component::from_binary(runtime.engine(), bytes).map_err(|error| LoadError::Damaged {
        source_name: source_name.to_owned(),
        detail: crate::text::line(&format!("{error:#}"), 300),
    })?;
    if let Some(cache) = runtime.cache() {
        cache.put(digest, &component);
    }
    Ok((component, CacheOutcome::Compiled))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

//! A layer that the host can call: checked, compiled, and with a descriptor that makes sense.

mod descriptor;

use crate::call::{Answer, CallSite, Cancel};
use crate::check::{ApiVersion, Survey};
use crate::compile::CompileError;
use crate::engine::{LaneKey, MOST_MEMORIES, MOST_TABLES};
use crate::error::{CallError, LoadError};
use crate::examine::{Examined, Refused};
use crate::limits::{Limits, LoadLimits};
use crate::model::{Batch, Descriptor, Needs, Report, Setting, SettingFault};
use crate::runtime::{Lane, Runtime};
use crate::since_v0_1::Linked;
use crate::{CacheOutcome, check};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::Arc;
use wasmtime::component::Component;

/// Longest detail of somebody else's message, in bytes.
const DETAIL_BYTES: usize = 300;

/// A component that is ready to be called. Cheap to clone; a clone keeps the compiled code alive, so that a scan
/// goes on with what it started with.
#[derive(Clone)]
pub struct Layer(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    lane: Arc<Lane>,
    linked: Linked,
    descriptor: Descriptor,
    label: Arc<str>,
    digest: String,
    size: usize,
    api: ApiVersion,
    origin: CacheOutcome,
}

impl Layer {
    /// Checks, compiles and asks `describe`.
    pub(crate) fn load(
        runtime: &Runtime,
        source_name: &str,
        bytes: &[u8],
        limits: &LoadLimits,
    ) -> Result<Self, LoadError> {
        Self::examine(runtime, source_name, bytes, limits).outcome.map_err(|refused| refused.first)
    }

    /// The same, with everything that was seen on the way and every reason against it.
    pub(crate) fn examine(
        runtime: &Runtime,
        source_name: &str,
        bytes: &[u8],
        limits: &LoadLimits,
    ) -> Examined {
        let Survey { api, imports, refusals } = check::survey(source_name, bytes, limits.component_bytes);
        let source = Source { name: source_name, bytes, digest: hex(&Sha256::digest(bytes)) };
        let mut examined = Examined {
            size: bytes.len(),
            digest: source.digest.clone(),
            api,
            imports,
            descriptor: None,
            outcome: Err(Refused::unspoken(source_name)),
        };
        examined.outcome = match (Refused::of(refusals), api) {
            (Some(refused), _) => Err(refused),
            (None, None) => return examined,
            (None, Some(api)) => source.layer(runtime, api, limits, &mut examined.descriptor),
        };
        examined
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

    /// Whether calls may have these limits: stack and arithmetic are those that the layer was loaded for. Otherwise
    /// load it again with [`Runtime::load_within`].
    pub fn is_compiled_for(&self, limits: &Limits) -> bool {
        LaneKey::of(limits) == self.0.lane.key
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
        self.site(limits, None).run_apart(|store| self.0.linked.prepare(store, settings).map(Ok))
    }

    /// Lets the layer judge a batch, in a store of its own that is dropped afterwards, on the stack of this thread, which
    /// must have [`CALL_STACK_BYTES`](crate::CALL_STACK_BYTES).
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
        let inner = &*self.0;
        CallSite { runtime: &inner.runtime, lane: &inner.lane, label: inner.label.clone(), limits, cancel }
    }
}

impl std::fmt::Debug for Layer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layer").field("label", &self.label()).field("digest", &self.digest()).finish()
    }
}

/// Bytes that are to become a layer.
struct Source<'a> {
    name: &'a str,
    bytes: &'a [u8],
    digest: String,
}

impl Source<'_> {
    /// Compiles and asks `describe`; what the layer says stands in `said`, whether or not it makes sense.
    fn layer(
        self,
        runtime: &Runtime,
        api: ApiVersion,
        limits: &LoadLimits,
        said: &mut Option<Descriptor>,
    ) -> Result<Layer, Refused> {
        let source_name = self.name;
        let lane = runtime.lane(&limits.call).map_err(|error| LoadError::Engine {
            source_name: source_name.to_owned(),
            detail: crate::text::line(&format!("{error:#}"), DETAIL_BYTES),
        })?;
        let (component, origin) = self.compiled(runtime, &lane, limits)?;
        self.check_parts(&component)?;
        let mismatch = |error: wasmtime::Error| LoadError::Mismatch {
            source_name: source_name.to_owned(),
            version: api.to_string(),
            detail: crate::text::line(&format!("{error:#}"), DETAIL_BYTES),
        };
        let instance = lane.linker.instantiate_pre(&component).map_err(mismatch)?;
        let linked = Linked::new(instance).map_err(mismatch)?;
        let label = Arc::from(source_name);
        let site = CallSite { runtime, lane: &lane, label, limits: limits.call, cancel: None };
        let descriptor = site
            .run_apart(|store| linked.describe(store).map(Ok))
            .map_err(|error| LoadError::Describe {
                source_name: source_name.to_owned(),
                at_start: error.at_start,
                failure: error.failure,
            })?
            .value
            .map_err(mismatch)?;
        let descriptor = said.insert(descriptor).clone();
        let wrong = |detail| LoadError::Descriptor { source_name: source_name.to_owned(), detail };
        if let Some(refused) = Refused::of(descriptor::findings(&descriptor).into_iter().map(wrong)) {
            return Err(refused);
        }
        let label = Arc::from(format!("{}@{}", descriptor.id, descriptor.version));
        let (size, digest, runtime) = (self.bytes.len(), self.digest, runtime.clone());
        Ok(Layer(Arc::new(Inner { runtime, lane, linked, descriptor, label, digest, size, api, origin })))
    }

    fn compiled(
        &self,
        runtime: &Runtime,
        lane: &Lane,
        limits: &LoadLimits,
    ) -> Result<(Component, CacheOutcome), LoadError> {
        if let Some(component) = runtime.cache().and_then(|cache| cache.get(lane, &self.digest)) {
            return Ok((component, CacheOutcome::Hit));
        }
        let component = runtime
            .compilers()
            .compile(&lane.engine, self.bytes, limits.compile)
            .map_err(|error| self.refusal(error, limits))?;
        if let Some(cache) = runtime.cache() {
            cache.put(lane, &self.digest, &component);
        }
        Ok((component, CacheOutcome::Compiled))
    }

    fn refusal(&self, error: CompileError, limits: &LoadLimits) -> LoadError {
        let source_name = self.name.to_owned();
        let line = |detail: &str| crate::text::line(detail, DETAIL_BYTES);
        match error {
            CompileError::Late => LoadError::CompileTime { source_name, limit: limits.compile },
            CompileError::Busy(compilers) => LoadError::CompilersBusy { source_name, compilers },
            CompileError::Feature(feature) => {
                LoadError::Feature { source_name, feature: feature.name, without: feature.without }
            }
            CompileError::Invalid(detail) => LoadError::Damaged { source_name, detail: line(&detail) },
            CompileError::Broken(detail) => LoadError::Compiler { source_name, detail: line(&detail) },
        }
    }

    /// Memories and tables over all instances, which are known only now.
    fn check_parts(&self, component: &Component) -> Result<(), LoadError> {
        let Some(needed) = component.resources_required() else { return Ok(()) };
        let parts =
            [("memories", needed.num_memories, MOST_MEMORIES), ("tables", needed.num_tables, MOST_TABLES)];
        for (what, actual, limit) in parts {
            let actual = usize::try_from(actual).unwrap_or(usize::MAX);
            if actual > limit {
                return Err(LoadError::TooMany { source_name: self.name.to_owned(), what, actual, limit });
            }
        }
        Ok(())
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

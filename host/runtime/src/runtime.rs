//! The runtime: lanes with their one ticker, the cache, the compilers and the call slots. Cheap to clone.

mod lane;
mod slots;

use crate::cache::CompileCache;
use crate::compile::Compilers;
use crate::engine::{Allocation, LaneKey};
use crate::error::LoadError;
use crate::examine::Examined;
use crate::layer::Layer;
use crate::limits::{Limits, LoadLimits};
use crate::log::LogSink;
use crate::ticker::Ticker;
pub(crate) use lane::Lane;
use slots::Slots;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// The wasmtime that fuel figures and compiled code belong to. A test holds it against Cargo.lock.
pub const WASMTIME_VERSION: &str = "48.0.8";

/// How the runtime is set up.
pub struct RuntimeOptions {
    /// Folder of compiled layers; none: every load compiles.
    pub cache: Option<PathBuf>,
    /// Most calls at one time; more wait.
    pub calls: u32,
    /// Where instances come from, if the machine allows it.
    pub allocation: Allocation,
    /// Sees the layers' log lines after each call.
    pub sink: Option<Arc<dyn LogSink>>,
}

impl Default for RuntimeOptions {
    /// No cache, pooled, one call per processor.
    fn default() -> Self {
        Self {
            cache: None,
            calls: u32::try_from(processors()).unwrap_or(u32::MAX),
            allocation: Allocation::Pooling,
            sink: None,
        }
    }
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get())
}

/// Loads layers and runs their calls. A scan runs on the stack of the thread that makes it, which must have
/// [`CALL_STACK_BYTES`](crate::CALL_STACK_BYTES) left; loading a layer and asking what it needs work from any thread.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    /// The lane of the default limits, which nearly all layers use.
    lane: Arc<Lane>,
    /// The others, made when a layer first needs them.
    lanes: Mutex<BTreeMap<LaneKey, Arc<Lane>>>,
    calls: u32,
    cache: Option<CompileCache>,
    compilers: Compilers,
    slots: Slots,
    sink: Option<Arc<dyn LogSink>>,
    ticker: Ticker,
}

impl Runtime {
    /// Sets up the engine. A cache that cannot be used is reported through `tracing` and done without.
    ///
    /// # Errors
    /// When the machine can run no engine at all, or start no thread.
    pub fn new(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        let calls = options.calls.max(1);
        let lane = Lane::new(options.allocation, calls, LaneKey::of(&Limits::default()))
            .map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        let cache = options.cache.and_then(|folder| {
            CompileCache::open(&folder)
                .inspect_err(|reason| tracing::warn!("compiled layers are not kept: {reason}"))
                .ok()
        });
        let ticker = Ticker::start().map_err(RuntimeError::Thread)?;
        ticker.add(&lane.engine);
        Ok(Self(Arc::new(Inner {
            lane: Arc::new(lane),
            lanes: Mutex::default(),
            calls,
            cache,
            compilers: Compilers::new(processors()),
            slots: Slots::new(calls),
            sink: options.sink,
            ticker,
        })))
    }

    /// As [`Runtime::load_within`], under the default limits.
    ///
    /// # Errors
    /// Every reason why the bytes are no layer; see [`LoadError`].
    pub fn load(&self, source_name: &str, bytes: &[u8]) -> Result<Layer, LoadError> {
        self.load_within(source_name, bytes, &LoadLimits::default())
    }

    /// Turns bytes into a layer: checks, compiles or takes it from the cache, asks who it is. `source_name` is
    /// what the user called it and stands in every message. Stack and arithmetic of `limits.call` are those of
    /// every later call of the layer.
    ///
    /// # Errors
    /// Every reason why the bytes are no layer, or none within these limits; see [`LoadError`].
    pub fn load_within(
        &self,
        source_name: &str,
        bytes: &[u8],
        limits: &LoadLimits,
    ) -> Result<Layer, LoadError> {
        Layer::load(self, source_name, bytes, limits)
    }

    /// The same, with all that was seen on the way and every reason against it, not the first one only.
    pub fn examine(&self, source_name: &str, bytes: &[u8], limits: &LoadLimits) -> Examined {
        Layer::examine(self, source_name, bytes, limits)
    }

    /// Where instances come from on this machine.
    pub fn allocation(&self) -> Allocation {
        self.0.lane.allocation
    }

    /// The lane for calls under these limits.
    ///
    /// # Errors
    /// When this machine cannot have another engine.
    pub(crate) fn lane(&self, limits: &Limits) -> wasmtime::Result<Arc<Lane>> {
        let key = LaneKey::of(limits);
        if key == self.0.lane.key {
            return Ok(self.0.lane.clone());
        }
        // Held while an engine is made, which takes a millisecond: two at once would be one too many.
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(&key) {
            return Ok(lane.clone());
        }
        let lane = Arc::new(Lane::new(self.0.lane.allocation, self.0.calls, key)?);
        self.0.ticker.add(&lane.engine);
        lanes.insert(key, lane.clone());
        Ok(lane)
    }

    pub(crate) fn cache(&self) -> Option<&CompileCache> {
        self.0.cache.as_ref()
    }

    pub(crate) fn compilers(&self) -> &Compilers {
        &self.0.compilers
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    pub(crate) fn sink(&self) -> Option<&Arc<dyn LogSink>> {
        self.0.sink.as_ref()
    }
}

/// Why no runtime could be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// wasmtime refused.
    #[error("this machine cannot run layers: {0}")]
    Engine(String),
    /// No thread for the deadlines.
    #[error("cannot start the thread that watches the deadlines: {0}")]
    Thread(std::io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The version of a package that cargo has locked, when there is exactly one.
    fn locked(package: &str) -> Option<&'static str> {
        let lock = include_str!("../../../Cargo.lock");
        let name = format!("name = \"{package}\"\nversion = \"");
        let mut found = lock.split(&name).skip(1).filter_map(|rest| rest.split('"').next());
        let version = found.next();
        version.filter(|_| found.next().is_none())
    }

    #[test]
    fn the_recorded_wasmtime_is_the_one_that_is_built_in() {
        assert_eq!(locked("wasmtime"), Some(WASMTIME_VERSION));
    }

    #[test]
    fn equal_limits_share_a_lane_and_all_calls_share_the_slots() {
        let runtime = Runtime::new(RuntimeOptions { calls: 1, ..RuntimeOptions::default() }).unwrap();
        let small = Limits { stack_bytes: 64 << 10, ..Limits::default() };
        let strict = Limits { strict: true, ..Limits::default() };
        let lane = |limits: Limits| runtime.lane(&limits).unwrap();
        assert!(Arc::ptr_eq(&lane(Limits::default()), &runtime.0.lane));
        assert!(Arc::ptr_eq(&lane(small), &lane(small)));
        assert!(!Arc::ptr_eq(&lane(small), &lane(strict)));
        assert_eq!(runtime.0.lanes.lock().unwrap().len(), 2);
    }
}

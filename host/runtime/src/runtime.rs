//! The runtime: the one engine with its ticker, linker, cache and call slots. Cheap to clone.

mod slots;

use crate::cache::CompileCache;
use crate::call::CallState;
use crate::engine::{self, Allocation};
use crate::error::LoadError;
use crate::layer::Layer;
use crate::log::LogSink;
use crate::since_v0_1;
use crate::ticker::Ticker;
use slots::Slots;
use std::path::PathBuf;
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::Linker;

/// The wasmtime that fuel figures and compiled code belong to.
pub const WASMTIME_VERSION: &str = "48.0";

/// How the runtime is set up.
pub struct RuntimeOptions {
    /// Folder of compiled layers; none: every load compiles.
    pub cache: Option<PathBuf>,
    /// Most calls at one time; more wait.
    pub calls: u32,
    /// Where instances come from, if the machine allows it.
    pub allocation: Allocation,
    /// Sees the layers' log lines as they come.
    pub sink: Option<Arc<dyn LogSink>>,
}

impl Default for RuntimeOptions {
    /// No cache, pooled, one call per processor.
    fn default() -> Self {
        let calls = std::thread::available_parallelism().map_or(1, |cores| cores.get());
        Self {
            cache: None,
            calls: u32::try_from(calls).unwrap_or(u32::MAX),
            allocation: Allocation::Pooling,
            sink: None,
        }
    }
}

/// Loads layers and runs their calls.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    engine: Engine,
    linker: Linker<CallState>,
    cache: Option<CompileCache>,
    allocation: Allocation,
    slots: Slots,
    sink: Option<Arc<dyn LogSink>>,
    _ticker: Ticker,
}

impl Runtime {
    /// Sets up the engine. A cache that cannot be used is reported through `tracing` and done without.
    ///
    /// # Errors
    /// When the machine can run no engine at all, or start no thread.
    pub fn new(options: RuntimeOptions) -> Result<Self, RuntimeError> {
        let calls = options.calls.max(1);
        let (engine, allocation) = engine::engine(options.allocation, calls)
            .map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        let cache = options.cache.and_then(|folder| {
            CompileCache::open(&folder, &engine)
                .inspect_err(|reason| tracing::warn!("compiled layers are not kept: {reason}"))
                .ok()
        });
        let linker =
            since_v0_1::linker(&engine).map_err(|error| RuntimeError::Engine(format!("{error:#}")))?;
        let ticker = Ticker::start(&engine).map_err(RuntimeError::Thread)?;
        let slots = Slots::new(calls);
        Ok(Self(Arc::new(Inner {
            engine,
            linker,
            cache,
            allocation,
            slots,
            sink: options.sink,
            _ticker: ticker,
        })))
    }

    /// Turns bytes into a layer: checks, compiles or takes it from the cache, asks who it is. `source_name` is
    /// what the user called it and stands in every message.
    ///
    /// # Errors
    /// Every reason why the bytes are no layer; see [`LoadError`].
    pub fn load(&self, source_name: &str, bytes: &[u8]) -> Result<Layer, LoadError> {
        Layer::load(self, source_name, bytes)
    }

    /// Where instances come from on this machine.
    pub fn allocation(&self) -> Allocation {
        self.0.allocation
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub(crate) fn linker(&self) -> &Linker<CallState> {
        &self.0.linker
    }

    pub(crate) fn cache(&self) -> Option<&CompileCache> {
        self.0.cache.as_ref()
    }

    pub(crate) fn slots(&self) -> &Slots {
        &self.0.slots
    }

    pub(crate) fn sink(&self) -> Option<Arc<dyn LogSink>> {
        self.0.sink.clone()
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

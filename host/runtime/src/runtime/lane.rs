//! A lane: an engine with the linker that belongs to it. Layers with the same stack and arithmetic share one.

use crate::cache::compatibility;
use crate::call::CallState;
use crate::engine::{self, Allocation, LaneKey};
use crate::since_v0_1;
use wasmtime::Engine;
use wasmtime::component::Linker;

/// An engine that is ready for layers.
pub(crate) struct Lane {
    pub(crate) key: LaneKey,
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<CallState>,
    pub(crate) allocation: Allocation,
    /// What compiled code must fit.
    pub(crate) compatibility: String,
}

impl Lane {
    /// Makes the engine and its linker. Nothing ticks yet.
    pub(super) fn new(allocation: Allocation, calls: u32, key: LaneKey) -> wasmtime::Result<Self> {
        let (engine, allocation) = engine::engine(allocation, calls, key)?;
        let linker = since_v0_1::linker(&engine)?;
        let compatibility = compatibility(&engine);
        Ok(Self { key, engine, linker, allocation, compatibility })
    }
}

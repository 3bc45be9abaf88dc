//! Engines: every setting of wasmtime that Sluice depends on is made in [`config`], nowhere else, since fuel, epochs
//! and features are compiled into the code and artifacts of other settings are incompatible.
//!
//! Two settings may differ from layer to layer: strict arithmetic, which is compiled in, and the size of the stack,
//! which wasmtime knows per engine only. They are a [`LaneKey`].

use crate::check;
use crate::limits::{Limits, MOST_STACK_BYTES, STACK_STEP_BYTES};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
};

/// Linear memory that a pool slot keeps resident between calls, in bytes: resetting a page costs less than
/// faulting it in again. Measured 160 ms → 75 ms for 10,240 instruments in 20 calls.
const KEEP_RESIDENT_BYTES: usize = 64 << 20;

/// The same for lanes that only some layers use: enough for a shard, and the many lanes that there can be do not
/// hold a gigabyte each.
const KEEP_RESIDENT_ELSEWHERE_BYTES: usize = 16 << 20;

/// Core instances of one component, together with the components inside it, at most. Rust layers have two or three,
/// language runtimes that link libraries some twenty.
pub(crate) const MOST_INSTANCES: usize = 128;
/// Linear memories of one component. Nearly all have one; every one reserves 4 GiB of addresses in the pool.
pub(crate) const MOST_MEMORIES: usize = 8;
/// Tables of one component.
pub(crate) const MOST_TABLES: usize = 32;
/// Elements of one table: a language runtime has some ten thousand functions in it.
pub(crate) const MOST_TABLE_ELEMENTS: usize = 100_000;

/// Memories and tables of one core module, by WebAssembly's own limit: the pool takes what the component may have
/// altogether, whatever module it is in.
const PARTS_PER_MODULE: u32 = 100;
/// What the host keeps of one instance, in bytes, by the pool's count. [`check`](crate::inspect) has bounded it
/// already, by a count of its own that holds for instances on demand too.
const INSTANCE_BYTES: usize = 1 << 30;

/// Where instances come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// Slots reserved up front, their pages kept: the fast way.
    Pooling,
    /// Memory mapped per call: for machines with a small address space.
    OnDemand,
}

/// What may differ from layer to layer in an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LaneKey {
    strict: bool,
    stack_bytes: usize,
}

impl LaneKey {
    /// The lane that calls under these limits need.
    pub(crate) fn of(limits: &Limits) -> Self {
        let steps = limits.stack_bytes.div_ceil(STACK_STEP_BYTES).max(1);
        let stack_bytes = steps.saturating_mul(STACK_STEP_BYTES).min(MOST_STACK_BYTES);
        Self { strict: limits.strict, stack_bytes }
    }

    /// Whether NaNs are canonical.
    pub(crate) fn strict(self) -> bool {
        self.strict
    }

    /// Stack of a call, in bytes.
    pub(crate) fn stack_bytes(self) -> usize {
        self.stack_bytes
    }

    fn keep_resident(self) -> usize {
        if self == Self::of(&Limits::default()) { KEEP_RESIDENT_BYTES } else { KEEP_RESIDENT_ELSEWHERE_BYTES }
    }
}

/// Makes the engine of a lane for at most `calls` calls at a time: pooled when the machine allows it, else on demand.
///
/// # Errors
/// When neither works, the second error.
pub(crate) fn engine(
    allocation: Allocation,
    calls: u32,
    lane: LaneKey,
) -> wasmtime::Result<(Engine, Allocation)> {
    if allocation == Allocation::Pooling {
        match Engine::new(&config(Allocation::Pooling, calls, lane)) {
            Ok(engine) => return Ok((engine, Allocation::Pooling)),
            Err(error) => tracing::warn!(
                "no room for pooled instances ({error}); falling back to on-demand allocation, calls cost more"
            ),
        }
    }
    Ok((Engine::new(&config(Allocation::OnDemand, calls, lane))?, Allocation::OnDemand))
}

fn config(allocation: Allocation, calls: u32, lane: LaneKey) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // Limits: fuel is the deterministic stop, the epoch is the wall clock.
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(lane.stack_bytes)
        .cranelift_nan_canonicalization(lane.strict)
        // Text of a backtrace differs between machines and builds; a guest says itself where it panicked.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        // What no layer needs is off; relaxed SIMD would also differ between processors.
        .wasm_features(check::TAKEN.complement(), false)
        .concurrency_support(false)
        .memory_init_cow(true);
    if allocation == Allocation::Pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(calls, lane)));
    }
    config
}

/// A pool in which every component fits that the host takes at all: what is too much is refused by our own checks,
/// in the same words as without a pool.
fn pool(calls: u32, lane: LaneKey) -> PoolingAllocationConfig {
    let count = |parts: usize| u32::try_from(parts).unwrap_or(u32::MAX);
    let total = |parts: usize| calls.saturating_mul(count(parts));
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(total(MOST_INSTANCES))
        .total_memories(total(MOST_MEMORIES))
        .total_tables(total(MOST_TABLES))
        .max_core_instances_per_component(u32::MAX)
        .max_memories_per_component(u32::MAX)
        .max_tables_per_component(u32::MAX)
        .max_memories_per_module(PARTS_PER_MODULE)
        .max_tables_per_module(PARTS_PER_MODULE)
        .max_core_instance_size(INSTANCE_BYTES)
        .max_component_instance_size(INSTANCE_BYTES)
        .table_elements(MOST_TABLE_ELEMENTS)
        .linear_memory_keep_resident(lane.keep_resident())
        .table_keep_resident(lane.keep_resident())
        .pagemap_scan(Enabled::Auto);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(stack_bytes: usize, strict: bool) -> LaneKey {
        LaneKey::of(&Limits { stack_bytes, strict, ..Limits::default() })
    }

    #[test]
    fn stacks_are_rounded_up_to_a_step_and_never_above_the_most() {
        let kib = |bytes: usize| lane(bytes, false).stack_bytes() >> 10;
        assert_eq!([kib(0), kib(1), kib(64 << 10)], [64, 64, 64]);
        assert_eq!([kib((64 << 10) + 1), kib(512 << 10)], [128, 512]);
        assert_eq!([kib(1 << 20), kib((1 << 20) + 1), kib(usize::MAX)], [1024, 1024, 1024]);
    }

    #[test]
    fn there_are_at_most_32_lanes() {
        let mut lanes: Vec<LaneKey> =
            (0..3 << 10).flat_map(|kib| [false, true].map(|strict| lane(kib << 10, strict))).collect();
        lanes.sort();
        lanes.dedup();
        assert_eq!(lanes.len(), 32);
    }

    #[test]
    fn strict_code_is_never_taken_for_other_code_but_stacks_share_it() {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let code = |lane| {
            let (engine, _) = engine(Allocation::OnDemand, 1, lane).unwrap();
            let mut hasher = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        assert_ne!(code(lane(512 << 10, false)), code(lane(512 << 10, true)));
        assert_eq!(code(lane(512 << 10, false)), code(lane(64 << 10, false)));
    }
}

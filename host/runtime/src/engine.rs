//! The one engine: every setting of wasmtime that Sluice depends on is made in [`config`], nowhere else, since
//! fuel, epochs and features are compiled into the code and artifacts of other settings are incompatible.

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
};

/// Linear memory that a pool slot keeps resident between calls, in bytes: resetting a page costs less than
/// faulting it in again. Measured 160 ms → 75 ms for 10,240 instruments in 20 calls.
const KEEP_RESIDENT_BYTES: usize = 64 << 20;

/// Core instances, memories and tables that one component may have in the pool. Rust layers have one memory and
/// two core instances, language runtimes with adapters some eight.
const PARTS_PER_COMPONENT: u32 = 16;

/// Native stack that a layer may use, in bytes: wasmtime's default, and half of what small threads have.
const STACK_BYTES: usize = 512 << 10;

/// Where instances come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// Slots reserved up front, their pages kept: the fast way.
    Pooling,
    /// Memory mapped per call: for machines with a small address space.
    OnDemand,
}

/// Makes the engine for at most `calls` calls at a time: pooled when the machine allows it, else on demand.
///
/// # Errors
/// When neither works, the second error.
pub(crate) fn engine(allocation: Allocation, calls: u32) -> wasmtime::Result<(Engine, Allocation)> {
    if allocation == Allocation::Pooling {
        match Engine::new(&config(Allocation::Pooling, calls)) {
            Ok(engine) => return Ok((engine, Allocation::Pooling)),
            Err(error) => tracing::warn!(
                "no room for pooled instances ({error}); falling back to on-demand allocation, calls cost more"
            ),
        }
    }
    Ok((Engine::new(&config(Allocation::OnDemand, calls))?, Allocation::OnDemand))
}

fn config(allocation: Allocation, calls: u32) -> Config {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_opt_level(OptLevel::Speed)
        // Limits: fuel is the deterministic stop, the epoch is the wall clock.
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        // Text of a backtrace differs between machines and builds; a guest says itself where it panicked.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false)
        // Surface that no layer needs. Relaxed SIMD would also differ between processors.
        .wasm_component_model(true)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        .wasm_tail_call(false)
        .concurrency_support(false)
        .memory_init_cow(true);
    if allocation == Allocation::Pooling {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(calls)));
    }
    config
}

fn pool(calls: u32) -> PoolingAllocationConfig {
    let parts = calls.saturating_mul(PARTS_PER_COMPONENT);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_core_instances(parts)
        .total_memories(calls.saturating_mul(2))
        .total_tables(parts)
        .max_core_instances_per_component(PARTS_PER_COMPONENT)
        .max_memories_per_component(PARTS_PER_COMPONENT)
        .max_tables_per_component(PARTS_PER_COMPONENT)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .pagemap_scan(Enabled::Auto);
    pool
}

//! What a layer may cost: loading it, and one call of it. Every number says what it bounds and why it has this
//! value.

use std::time::Duration;

/// Fuel for one call. One unit is about one wasm instruction; an idle core burns some 2·10⁹ a second, so that
/// this is about a second of honest work, some hundred times what the bundled layers need for a shard.
const FUEL: u64 = 2_000_000_000;

/// Wall time per unit of fuel, in nanoseconds: ten times what it takes on an idle core (half a nanosecond), so that
/// fuel, which is the same everywhere, is what stops a layer, and the clock only catches a machine that stands still.
const WALL_NANOS_PER_FUEL: u64 = 5;

/// Least wall time that goes with little fuel: making an instance and being put aside by the operating system take
/// the time that they take, whatever the fuel.
const LEAST_WALL: Duration = Duration::from_millis(100);

/// Linear memories and tables of one call, summed, in bytes: a shard of 512 instruments × 252 bars × 6 columns
/// is 6 MiB, and a language runtime needs some tens.
const MEMORY_BYTES: usize = 64 << 20;

/// Bytes that one answer may make the host allocate: 20,000 instruments with ten measures are under 4 MiB.
const REPORT_BYTES: usize = 16 << 20;

/// Log lines kept of one call: some for every instrument of a shard, and few enough to be read.
const LOG_LINES: u32 = 1_000;

/// Log text kept of one call, in bytes.
const LOG_BYTES: usize = 64 << 10;

/// Longest log line kept, in bytes.
const LOG_LINE_BYTES: usize = 1 << 10;

/// Stack of one call, in bytes: wasmtime's default, a quarter of what threads have.
const STACK_BYTES: usize = 512 << 10;

/// Most stack of one call, in bytes. Layers run on the stack of the calling thread, which must have room for this
/// and for the host's own frames: see [`CALL_STACK_BYTES`](crate::CALL_STACK_BYTES).
pub const MOST_STACK_BYTES: usize = 1 << 20;

/// Stacks come in steps of so many bytes, because each size is an engine of its own: sixteen sizes at most.
pub const STACK_STEP_BYTES: usize = 64 << 10;

/// Largest component, in bytes: one with a Python interpreter inside has some 18 MiB.
pub const MOST_COMPONENT_BYTES: usize = 64 << 20;

/// Longest compilation: one with a Python interpreter inside takes 5 to 8 s on an idle core.
const COMPILE: Duration = Duration::from_secs(60);

/// The limits of one call. All of them hold for `describe` and `prepare` as well as for `scan`.
///
/// `stack_bytes` and `strict` are compiled in: they are decided when a layer is loaded ([`LoadLimits::call`]), and a
/// call that names others is refused instead of being run under other limits than its caller believes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Fuel, about one unit per wasm instruction: the deterministic stop.
    pub fuel: u64,
    /// Wall time, checked every epoch tick.
    pub wall: Duration,
    /// All linear memories and tables of the call, summed, in bytes.
    pub memory_bytes: usize,
    /// What an answer may make the host allocate, in bytes.
    pub report_bytes: usize,
    /// Log lines kept of one call; more are counted and dropped.
    pub log_lines: u32,
    /// Log text kept of one call, in bytes; more is counted and dropped.
    pub log_bytes: usize,
    /// Longest log line kept, in bytes; the rest of the line is cut.
    pub log_line_bytes: usize,
    /// Stack of the layer's functions, in bytes, rounded up to a multiple of [`STACK_STEP_BYTES`], at most
    /// [`MOST_STACK_BYTES`].
    pub stack_bytes: usize,
    /// Every NaN that a calculation makes has the same bits, on every processor. Costs some 40 % in calculations.
    pub strict: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: FUEL,
            wall: Self::wall_for(FUEL),
            memory_bytes: MEMORY_BYTES,
            report_bytes: REPORT_BYTES,
            log_lines: LOG_LINES,
            log_bytes: LOG_BYTES,
            log_line_bytes: LOG_LINE_BYTES,
            stack_bytes: STACK_BYTES,
            strict: false,
        }
    }
}

impl Limits {
    /// The wall time that goes with so much fuel: ten times what it takes on an idle core, at least 100 ms.
    pub fn wall_for(fuel: u64) -> Duration {
        Duration::from_nanos(fuel.saturating_mul(WALL_NANOS_PER_FUEL)).max(LEAST_WALL)
    }
}

/// The limits of loading a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoadLimits {
    /// Size of the component, in bytes.
    pub component_bytes: usize,
    /// Wall time of compiling it. Nothing of it is charged for code that is in the cache; with none at all only such
    /// code is taken.
    pub compile: Duration,
    /// The limits of `describe`. Their `stack_bytes` and `strict` are those of every later call.
    pub call: Limits,
}

impl Default for LoadLimits {
    fn default() -> Self {
        Self { component_bytes: MOST_COMPONENT_BYTES, compile: COMPILE, call: Limits::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_allows_ten_times_what_the_fuel_takes() {
        assert_eq!(Limits::wall_for(FUEL), Duration::from_secs(10));
        assert_eq!(Limits::wall_for(100_000_000), Duration::from_millis(500));
        assert_eq!(Limits::default().wall, Limits::wall_for(Limits::default().fuel));
    }

    #[test]
    fn little_fuel_has_a_least_wall_time_and_endless_fuel_an_endless_one() {
        assert_eq!(Limits::wall_for(0), LEAST_WALL);
        assert_eq!(Limits::wall_for(20_000_000), LEAST_WALL);
        assert!(Limits::wall_for(u64::MAX) > Duration::from_secs(86_400 * 365));
    }
}

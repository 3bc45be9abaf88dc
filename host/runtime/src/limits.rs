//! What one call of a layer may cost. Every number says what it bounds and why it has this value.

use std::time::Duration;

/// Fuel for one call. One unit is about one wasm instruction; an idle core burns some 2·10⁹ a second, so that
/// this is about a second of honest work, some hundred times what the bundled layers need for a shard.
const FUEL: u64 = 2_000_000_000;

/// Wall time of one call: ten times what [`FUEL`] takes on an idle core, so that fuel, which is the same
/// everywhere, is what stops a layer, and this only catches a machine that stands still.
const WALL: Duration = Duration::from_secs(10);

/// Linear memories and tables of one call, summed, in bytes: a shard of 512 instruments × 252 bars × 6 columns
/// is 6 MiB, and a language runtime needs some tens.
const MEMORY_BYTES: usize = 64 << 20;

/// Bytes that one answer may make the host allocate: 20,000 instruments with ten measures are under 4 MiB.
const REPORT_BYTES: usize = 16 << 20;

/// Log text kept of one call, in bytes.
const LOG_BYTES: usize = 64 << 10;

/// Longest log line kept, in bytes.
const LOG_LINE_BYTES: usize = 1 << 10;

/// Largest component, in bytes: one with a Python interpreter inside has some 18 MiB.
pub(crate) const COMPONENT_BYTES: usize = 64 << 20;

/// The limits of one call. All of them hold for `describe` and `prepare` as well as for `scan`.
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
    /// Log text kept of one call, in bytes; more is counted and dropped.
    pub log_bytes: usize,
    /// Longest log line kept, in bytes; the rest of the line is cut.
    pub log_line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: FUEL,
            wall: WALL,
            memory_bytes: MEMORY_BYTES,
            report_bytes: REPORT_BYTES,
            log_bytes: LOG_BYTES,
            log_line_bytes: LOG_LINE_BYTES,
        }
    }
}

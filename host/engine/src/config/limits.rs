//! What one call of a layer may cost, as the file says it.

use serde::Deserialize;
use sluice_runtime::Limits;
use std::time::Duration;

/// Bytes in a MiB.
const MIB: usize = 1 << 20;
/// The host's own maxima: no file can raise a limit above them. Half a minute of fuel on an idle core …
const MOST_FUEL: u64 = 100_000_000_000;
/// … five minutes of wall time, in ms …
const MOST_WALL_MS: u64 = 300_000;
/// … and a GiB of memory or a quarter of it as an answer.
const MOST_MEMORY_MIB: usize = 1024;
const MOST_REPORT_MIB: usize = 256;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct LimitsTable {
    fuel: Option<u64>,
    wall_ms: Option<u64>,
    memory_mib: Option<usize>,
    report_mib: Option<usize>,
}

impl LimitsTable {
    /// The limits that apply, within the host's own maxima.
    pub(super) fn checked(&self) -> Result<Limits, String> {
        let default = Limits::default();
        let fuel = within("fuel", self.fuel, MOST_FUEL, default.fuel)?;
        let default_wall = u64::try_from(default.wall.as_millis()).unwrap_or(MOST_WALL_MS);
        let wall = within("wall-ms", self.wall_ms, MOST_WALL_MS, default_wall)?;
        let memory = within("memory-mib", self.memory_mib, MOST_MEMORY_MIB, default.memory_bytes / MIB)?;
        let report = within("report-mib", self.report_mib, MOST_REPORT_MIB, default.report_bytes / MIB)?;
        Ok(Limits {
            fuel,
            wall: Duration::from_millis(wall),
            memory_bytes: memory * MIB,
            report_bytes: report * MIB,
            ..default
        })
    }
}

fn within<N: PartialOrd + From<u8> + std::fmt::Display>(
    name: &str,
    value: Option<N>,
    most: N,
    default: N,
) -> Result<N, String> {
    match value {
        None => Ok(default),
        Some(value) if value >= N::from(1) && value <= most => Ok(value),
        Some(value) => Err(format!("limit {name} {value} is not within 1 to {most}")),
    }
}

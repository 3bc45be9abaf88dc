//! What loading a layer and one call of it may cost, as the file says it.

use serde::{Deserialize, Serialize, Serializer};
use sluice_runtime::{Limits, LoadLimits, MOST_COMPONENT_BYTES, MOST_STACK_BYTES, STACK_STEP_BYTES};
use std::time::Duration;

/// Bytes in a KiB and in a MiB.
const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
/// The host's own maxima: no file can raise a limit above them. Half a minute of fuel on an idle core …
const MOST_FUEL: u64 = 100_000_000_000;
/// … five minutes of wall time, in ms …
const MOST_WALL_MS: u64 = 300_000;
/// … a GiB of memory or a quarter of it as an answer …
const MOST_MEMORY_MIB: usize = 1024;
const MOST_REPORT_MIB: usize = 256;
/// … a log that a scan of some hundred calls can still hold in memory …
const MOST_LOG_LINES: u32 = 100_000;
const MOST_LOG_KIB: usize = 16 * KIB;
/// … and ten minutes of compiling, in ms. Stack and size of a component are bounded by the sandbox.
const MOST_COMPILE_MS: u64 = 600_000;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct LimitsTable {
    fuel: Option<u64>,
    wall_ms: Option<u64>,
    memory_mib: Option<usize>,
    report_mib: Option<usize>,
    log_lines: Option<u32>,
    log_kib: Option<usize>,
    stack_kib: Option<usize>,
    strict: Option<bool>,
    component_mib: Option<usize>,
    compile_ms: Option<u64>,
}

impl LimitsTable {
    /// The limits that apply, within the host's own maxima.
    pub(super) fn checked(&self) -> Result<LoadLimits, String> {
        let default = LoadLimits::default();
        let component_mib = default.component_bytes / MIB;
        let component =
            within("component-mib", self.component_mib, MOST_COMPONENT_BYTES / MIB, component_mib)?;
        let compile = within("compile-ms", self.compile_ms, MOST_COMPILE_MS, millis(default.compile))?;
        Ok(LoadLimits {
            component_bytes: component * MIB,
            compile: Duration::from_millis(compile),
            call: self.call(default.call)?,
        })
    }

    fn call(&self, default: Limits) -> Result<Limits, String> {
        let fuel = within("fuel", self.fuel, MOST_FUEL, default.fuel)?;
        let usual_wall = millis(Limits::wall_for(fuel)).min(MOST_WALL_MS);
        let wall = within("wall-ms", self.wall_ms, MOST_WALL_MS, usual_wall)?;
        let memory = within("memory-mib", self.memory_mib, MOST_MEMORY_MIB, default.memory_bytes / MIB)?;
        let report = within("report-mib", self.report_mib, MOST_REPORT_MIB, default.report_bytes / MIB)?;
        let log_lines = within("log-lines", self.log_lines, MOST_LOG_LINES, default.log_lines)?;
        let log = within("log-kib", self.log_kib, MOST_LOG_KIB, default.log_bytes / KIB)?;
        Ok(Limits {
            fuel,
            wall: Duration::from_millis(wall),
            memory_bytes: memory * MIB,
            report_bytes: report * MIB,
            log_lines,
            log_bytes: log * KIB,
            stack_bytes: self.stack(default.stack_bytes)?,
            strict: self.strict.unwrap_or(default.strict),
            ..default
        })
    }

    /// Only the sizes that the sandbox really has, so that the file says what applies.
    fn stack(&self, default: usize) -> Result<usize, String> {
        let most = MOST_STACK_BYTES / KIB;
        let step = STACK_STEP_BYTES / KIB;
        let kib = within("stack-kib", self.stack_kib, most, default / KIB)?;
        if kib.is_multiple_of(step) {
            return Ok(kib * KIB);
        }
        Err(format!("limit stack-kib {kib} is not a multiple of {step}"))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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

/// What of these limits is about loading, with units in the names; the call's are written beside it.
pub(super) fn serialize_load<S: Serializer>(load: &LoadLimits, serializer: S) -> Result<S::Ok, S::Error> {
    let LoadLimits { component_bytes, compile, call: _ } = load;
    serde_json::json!({ "component_bytes": component_bytes, "compile_ms": millis(*compile) })
        .serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<LoadLimits, String> {
        toml::from_str::<LimitsTable>(text).unwrap().checked()
    }

    #[test]
    fn without_a_word_the_defaults_apply() {
        assert_eq!(checked(""), Ok(LoadLimits::default()));
    }

    #[test]
    fn every_key_reaches_its_limit_in_its_unit() {
        let limits = checked(
            "fuel = 7\nwall-ms = 8\nmemory-mib = 9\nreport-mib = 10\nlog-lines = 11\nlog-kib = 12\nstack-kib = 128\n\
             strict = true\ncomponent-mib = 13\ncompile-ms = 14",
        );
        let call = Limits {
            fuel: 7,
            wall: Duration::from_millis(8),
            memory_bytes: 9 << 20,
            report_bytes: 10 << 20,
            log_lines: 11,
            log_bytes: 12 << 10,
            stack_bytes: 128 << 10,
            strict: true,
            ..Limits::default()
        };
        let compile = Duration::from_millis(14);
        assert_eq!(limits, Ok(LoadLimits { component_bytes: 13 << 20, compile, call }));
    }

    #[test]
    fn the_clock_follows_the_fuel_unless_it_is_set_itself() {
        let wall = |text: &str| checked(text).unwrap().call.wall.as_millis();
        assert_eq!(wall("fuel = 100_000_000"), 500);
        assert_eq!(wall("fuel = 1"), 100);
        assert_eq!(wall("fuel = 100_000_000_000"), 300_000);
        assert_eq!(wall("fuel = 100_000_000\nwall-ms = 7"), 7);
    }

    #[test]
    fn no_file_goes_beyond_the_hosts_maxima() {
        let maxima = [
            ("fuel", "100000000000"),
            ("wall-ms", "300000"),
            ("memory-mib", "1024"),
            ("report-mib", "256"),
            ("log-lines", "100000"),
            ("log-kib", "16384"),
            ("stack-kib", "1024"),
            ("component-mib", "64"),
            ("compile-ms", "600000"),
        ];
        for (name, most) in maxima {
            assert!(checked(&format!("{name} = {most}")).is_ok(), "{name}");
            let more = most.parse::<u64>().unwrap() + 1;
            for value in [0, more] {
                let refusal = format!("limit {name} {value} is not within 1 to {most}");
                assert_eq!(checked(&format!("{name} = {value}")), Err(refusal));
            }
        }
    }

    #[test]
    fn stacks_come_in_steps() {
        let refusal = checked("stack-kib = 100").unwrap_err();
        assert_eq!(refusal, "limit stack-kib 100 is not a multiple of 64");
    }
}

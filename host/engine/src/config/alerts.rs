//! The `[alerts]` table: when an alert repeats one that was told before.

use super::bounds::within;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A cool-down in minutes: up to thirty days.
const MINUTES: RangeInclusive<u32> = 0..=43_200;
/// Half a day: what was told in a session is told again in the next one, and once in each.
const DEFAULT_MINUTES: u32 = 720;
/// Milliseconds in a minute.
const MINUTE_MS: i64 = 60_000;

/// When an alert repeats one that was told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AlertRules {
    /// Minutes, by the instants that scans are about, in which alerts with the same key are one; 0: only those on the
    /// same events are.
    pub cool_down_minutes: u32,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self { cool_down_minutes: DEFAULT_MINUTES }
    }
}

impl AlertRules {
    /// The cool-down in milliseconds.
    pub(crate) fn cool_down_ms(self) -> i64 {
        i64::from(self.cool_down_minutes) * MINUTE_MS
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct AlertsTable {
    cool_down_minutes: Option<u32>,
}

impl AlertsTable {
    pub(super) fn checked(&self) -> Result<AlertRules, String> {
        let minutes = within("cool-down-minutes", self.cool_down_minutes, &MINUTES)?;
        Ok(AlertRules { cool_down_minutes: minutes.unwrap_or(DEFAULT_MINUTES) })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, ConfigError, DEFAULT_CONFIG};

    fn minutes(table: &str) -> Result<u32, ConfigError> {
        let text = format!(
            "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = [\"a/b\"]\n{table}"
        );
        Config::parse("sluice.toml", &text).map(|config| config.alerts.cool_down_minutes)
    }

    #[test]
    fn a_cool_down_is_minutes_up_to_thirty_days() {
        assert_eq!(minutes("").unwrap(), 720);
        assert_eq!(Config::parse("x", DEFAULT_CONFIG).unwrap().alerts.cool_down_minutes, 720);
        for value in [0, 43_200] {
            assert_eq!(minutes(&format!("[alerts]\ncool-down-minutes = {value}")).unwrap(), value);
        }
        let refusal = minutes("[alerts]\ncool-down-minutes = 43_201").unwrap_err().to_string();
        assert_eq!(refusal, "sluice.toml: alerts: cool-down-minutes 43201 is not within 0 to 43200");
    }
}

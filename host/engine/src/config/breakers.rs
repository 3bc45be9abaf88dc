//! When layers are taken out of use, as the file says it: the `[breakers]` table, and per layer what a scan does
//! without it.

use super::bounds::within;
use crate::breaker::BreakerRules;
use serde::{Deserialize, Serialize, Serializer};
use std::ops::RangeInclusive;
use std::time::Duration;

/// Faults that open a breaker, and openings that quarantine a layer.
const COUNT: RangeInclusive<u64> = 1..=1_000;
/// A wait, a window or a probe, in seconds: up to a day.
const SECONDS: RangeInclusive<u64> = 1..=86_400;
/// Jitter in percent: beyond a half a wait would no longer be what was set.
const PERCENT: RangeInclusive<u64> = 0..=50;
/// A healthy time or the age of a report, in hours: up to thirty days.
const HOURS: RangeInclusive<u64> = 1..=720;
/// Age up to which a last good report is used when none is set, in hours.
const DEFAULT_GOOD_HOURS: u64 = 24;
/// How long a version counts as new when nothing is set, in hours: a day of scans.
const DEFAULT_TRIAL_HOURS: u64 = 24;
/// Seconds in an hour.
const HOUR: u64 = 3_600;

/// What a scan does about a layer whose breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenOpen {
    /// Nothing: the scan fails.
    Fail,
    /// Goes on without it, as if it had faulted.
    #[default]
    Skip,
    /// Goes on without it, as with `skip`; but a new version whose breaker opens is taken back, and from the next scan
    /// on the version before it is called.
    PreviousVersion,
    /// Uses what it last reported.
    LastGood {
        /// Unless that is older than this, by the as-of instants of both scans.
        #[serde(rename = "hours", serialize_with = "hours")]
        max_age: Duration,
    },
}

fn hours<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs() / HOUR)
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct BreakersTable {
    faults: Option<u64>,
    window_seconds: Option<u64>,
    back_off_seconds: Option<u64>,
    longest_back_off_seconds: Option<u64>,
    jitter_percent: Option<u64>,
    openings: Option<u64>,
    healthy_hours: Option<u64>,
    probe_seconds: Option<u64>,
    trial_hours: Option<u64>,
}

impl BreakersTable {
    /// The rules that apply; absent ones are the host's defaults.
    pub(super) fn checked(&self) -> Result<BreakerRules, String> {
        let default = BreakerRules::default();
        let back_off = seconds("back-off-seconds", self.back_off_seconds, default.back_off)?;
        // a first wait above the default's longest one raises that too
        let longest = default.longest_back_off.max(back_off);
        let longest_back_off = seconds("longest-back-off-seconds", self.longest_back_off_seconds, longest)?;
        if longest_back_off < back_off {
            return Err(format!(
                "longest-back-off-seconds {} is below back-off-seconds {}",
                longest_back_off.as_secs(),
                back_off.as_secs()
            ));
        }
        let healthy = within("healthy-hours", self.healthy_hours, &HOURS)?;
        let percent = within("jitter-percent", self.jitter_percent, &PERCENT)?;
        Ok(BreakerRules {
            faults: count("faults", self.faults, default.faults)?,
            window: seconds("window-seconds", self.window_seconds, default.window)?,
            back_off,
            longest_back_off,
            jitter: percent.map_or(default.jitter, |percent| percent as f64 / 100.0),
            openings: count("openings", self.openings, default.openings)?,
            healthy: healthy.map_or(default.healthy, |hours| Duration::from_secs(hours * HOUR)),
            probe: seconds("probe-seconds", self.probe_seconds, default.probe)?,
        })
    }

    /// How long a version counts as new after it became the active one.
    pub(super) fn trial(&self) -> Result<Duration, String> {
        let hours = within("trial-hours", self.trial_hours, &HOURS)?.unwrap_or(DEFAULT_TRIAL_HOURS);
        Ok(Duration::from_secs(hours * HOUR))
    }
}

/// What the file says of a layer whose breaker is open.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WhenOpenWord {
    Fail,
    Skip,
    PreviousVersion,
    LastGood,
}

/// `when-open` and `last-good-hours` together.
pub(super) fn when_open(word: Option<&WhenOpenWord>, good_hours: Option<u64>) -> Result<WhenOpen, String> {
    let good_hours = within("last-good-hours", good_hours, &HOURS)?;
    match (word, good_hours) {
        (Some(WhenOpenWord::LastGood), hours) => {
            let max_age = Duration::from_secs(hours.unwrap_or(DEFAULT_GOOD_HOURS) * HOUR);
            Ok(WhenOpen::LastGood { max_age })
        }
        (_, Some(hours)) => {
            Err(format!("last-good-hours {hours} goes with when-open = \"last-good\" only: set that too"))
        }
        (Some(WhenOpenWord::Fail), None) => Ok(WhenOpen::Fail),
        (Some(WhenOpenWord::PreviousVersion), None) => Ok(WhenOpen::PreviousVersion),
        (Some(WhenOpenWord::Skip) | None, None) => Ok(WhenOpen::default()),
    }
}

fn seconds(name: &str, value: Option<u64>, default: Duration) -> Result<Duration, String> {
    Ok(within(name, value, &SECONDS)?.map_or(default, Duration::from_secs))
}

fn count(name: &str, value: Option<u64>, default: u32) -> Result<u32, String> {
    Ok(within(name, value, &COUNT)?.and_then(|value| u32::try_from(value).ok()).unwrap_or(default))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigError, DEFAULT_CONFIG};

    const STAGE: &str =
        "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = [\"a/b\"]\n";

    fn config(more: &str) -> Result<Config, ConfigError> {
        Config::parse("sluice.toml", &format!("{STAGE}{more}"))
    }

    fn refusal(more: &str) -> String {
        config(more).unwrap_err().to_string()
    }

    #[test]
    fn without_a_table_the_rules_are_the_defaults() {
        assert_eq!(config("").unwrap().breakers, BreakerRules::default());
        assert_eq!(Config::parse("x", DEFAULT_CONFIG).unwrap().breakers, BreakerRules::default());
        assert_eq!(config("[breakers]\n").unwrap().breakers, BreakerRules::default());
    }

    #[test]
    fn every_rule_can_be_set() {
        let rules = config(
            "[breakers]\nfaults = 3\nwindow-seconds = 60\nback-off-seconds = 5\nlongest-back-off-seconds = 50\n\
             jitter-percent = 20\nopenings = 7\nhealthy-hours = 2\nprobe-seconds = 30\n",
        );
        let expected = BreakerRules {
            faults: 3,
            window: Duration::from_secs(60),
            back_off: Duration::from_secs(5),
            longest_back_off: Duration::from_secs(50),
            jitter: 0.2,
            openings: 7,
            healthy: Duration::from_secs(7_200),
            probe: Duration::from_secs(30),
        };
        assert_eq!(rules.unwrap().breakers, expected);
    }

    #[test]
    fn rules_are_obeyed_at_their_bounds_and_refused_beyond_them() {
        for (name, least, most) in [
            ("faults", 1, 1_000),
            ("window-seconds", 1, 86_400),
            ("back-off-seconds", 1, 86_400),
            ("longest-back-off-seconds", 60, 86_400),
            ("jitter-percent", 0, 50),
            ("openings", 1, 1_000),
            ("healthy-hours", 1, 720),
            ("probe-seconds", 1, 86_400),
            ("trial-hours", 1, 720),
        ] {
            for value in [least, most] {
                assert!(config(&format!("[breakers]\n{name} = {value}")).is_ok(), "{name} = {value}");
            }
            let message = refusal(&format!("[breakers]\n{name} = {}", most + 1));
            assert!(
                message.starts_with(&format!("sluice.toml: breakers: {name} {} is", most + 1)),
                "{message}"
            );
            assert!(message.ends_with(&format!("to {most}")), "{message}");
        }
        assert_eq!(
            refusal("[breakers]\nfaults = 0"),
            "sluice.toml: breakers: faults 0 is not within 1 to 1000"
        );
    }

    #[test]
    fn the_longest_wait_is_not_below_the_first() {
        assert_eq!(
            refusal("[breakers]\nback-off-seconds = 90\nlongest-back-off-seconds = 89"),
            "sluice.toml: breakers: longest-back-off-seconds 89 is below back-off-seconds 90"
        );
        let rules = config("[breakers]\nback-off-seconds = 7200").unwrap().breakers;
        assert_eq!(rules.wait(3), Duration::from_secs(7_200));
    }

    #[test]
    fn an_unknown_rule_and_a_rule_of_another_kind_are_refused_with_their_line() {
        let message = refusal("[breakers]\nfault = 3\n");
        assert!(message.starts_with("sluice.toml, line 7: unknown field `fault`"), "{message}");
        for value in ["-1", "1.5", "\"5\""] {
            let message = refusal(&format!("[breakers]\n\nfaults = {value}\n"));
            assert!(message.starts_with("sluice.toml, line 8: invalid"), "{message}");
        }
    }

    #[test]
    fn a_layer_says_what_a_scan_does_without_it() {
        let when_open = |body: &str| {
            Ok::<_, ConfigError>(config(&format!("[layers.\"a/b\"]\n{body}"))?.layer("a/b").when_open)
        };
        let good = |hours: u64| WhenOpen::LastGood { max_age: Duration::from_secs(hours * 3_600) };
        for (body, expected) in [
            ("", WhenOpen::Skip),
            ("when-open = \"skip\"", WhenOpen::Skip),
            ("when-open = \"fail\"", WhenOpen::Fail),
            ("when-open = \"previous-version\"", WhenOpen::PreviousVersion),
            ("when-open = \"last-good\"", good(24)),
            ("when-open = \"last-good\"\nlast-good-hours = 1", good(1)),
            ("when-open = \"last-good\"\nlast-good-hours = 720", good(720)),
        ] {
            assert_eq!(when_open(body).unwrap(), expected, "{body}");
        }
        assert_eq!(config("").unwrap().layer("other/layer").when_open, WhenOpen::Skip);
    }

    #[test]
    fn an_age_without_last_good_and_an_unknown_word_are_refused() {
        for body in ["last-good-hours = 5", "when-open = \"skip\"\nlast-good-hours = 5"] {
            assert_eq!(
                refusal(&format!("[layers.\"a/b\"]\n{body}")),
                "sluice.toml: layer a/b: last-good-hours 5 goes with when-open = \"last-good\" only: set that too"
            );
        }
        for hours in [0, 721] {
            let message =
                refusal(&format!("[layers.\"a/b\"]\nwhen-open = \"last-good\"\nlast-good-hours = {hours}"));
            assert!(
                message.ends_with(&format!("last-good-hours {hours} is not within 1 to 720")),
                "{message}"
            );
        }
        let message = refusal("[layers.\"a/b\"]\nwhen-open = \"retry\"");
        assert!(message.starts_with("sluice.toml, line 7: unknown variant `retry`"), "{message}");
        assert!(message.contains("`fail`, `skip`, `previous-version`, `last-good`"), "{message}");
    }

    #[test]
    fn rules_and_policies_are_part_of_the_effective_configuration() {
        let json = |more: &str| serde_json::to_value(config(more).unwrap()).unwrap();
        let rules = json("[breakers]\nfaults = 3")["breakers"].clone();
        assert_eq!(
            rules.to_string(),
            r#"{"back_off_seconds":60,"faults":3,"healthy_seconds":86400,"jitter":0.1,"longest_back_off_seconds":1800,"openings":5,"probe_seconds":600,"window_seconds":600}"#
        );
        let policy =
            |body: &str| json(&format!("[layers.\"a/b\"]\n{body}"))["layers"]["a/b"]["when_open"].clone();
        assert_eq!(policy(""), serde_json::json!("skip"));
        assert_eq!(policy("when-open = \"last-good\""), serde_json::json!({ "last-good": { "hours": 24 } }));
    }
}

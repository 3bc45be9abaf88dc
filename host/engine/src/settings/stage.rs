//! The settings of a stage: their names, their bounds and their places in its configuration.

use super::typed;
use crate::config::StageConfig;
use serde_json::{Value as Json, json};
use std::ops::RangeInclusive;

/// Scores of a stage.
pub(crate) const THRESHOLD: RangeInclusive<f64> = 0.0..=100.0;
/// Survivors of a stage: at most a whole market.
pub(crate) const MAX_SYMBOLS: RangeInclusive<u32> = 1..=10_000;
/// Minutes between two scans of the long-running scanner: at most a day.
pub(crate) const SCAN_INTERVAL_MINUTES: RangeInclusive<u32> = 1..=1_440;

/// A setting that every stage has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StageSetting {
    Threshold,
    MaxSymbols,
    ScanInterval,
}

impl StageSetting {
    pub(super) const ALL: [Self; 3] = [Self::Threshold, Self::MaxSymbols, Self::ScanInterval];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.name() == name)
    }

    /// As in `sluice.toml`, on the command line and in the store.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Threshold => "threshold",
            Self::MaxSymbols => "max-symbols",
            Self::ScanInterval => "scan-interval",
        }
    }

    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Threshold => "points",
            Self::MaxSymbols => "instruments",
            Self::ScanInterval => "minutes",
        }
    }

    /// What it takes, for messages.
    pub(super) fn bounds(self) -> String {
        match self {
            Self::Threshold => format!("a number from {} to {}", THRESHOLD.start(), THRESHOLD.end()),
            Self::MaxSymbols => whole_within(&MAX_SYMBOLS),
            Self::ScanInterval => whole_within(&SCAN_INTERVAL_MINUTES),
        }
    }

    /// The value of a text as typed.
    pub(super) fn typed(self, text: &str) -> Result<Json, String> {
        let value = match self {
            Self::Threshold => json!(typed::decimal(text)?),
            Self::MaxSymbols | Self::ScanInterval => json!(typed::whole(text)?),
        };
        self.fits(&value).then_some(value).ok_or_else(|| typed::OUT_OF_BOUNDS.to_owned())
    }

    fn fits(self, value: &Json) -> bool {
        let whole = |bounds: &RangeInclusive<u32>| whole(value).is_some_and(|value| bounds.contains(&value));
        match self {
            Self::Threshold => value.as_f64().is_some_and(|value| THRESHOLD.contains(&value)),
            Self::MaxSymbols => whole(&MAX_SYMBOLS),
            Self::ScanInterval => whole(&SCAN_INTERVAL_MINUTES),
        }
    }

    /// Puts a stored value into a stage; false when it is out of today's bounds.
    pub(super) fn put(self, stage: &mut StageConfig, value: &Json) -> bool {
        if !self.fits(value) {
            return false;
        }
        match self {
            Self::Threshold => stage.threshold = value.as_f64(),
            Self::MaxSymbols => stage.max_symbols = whole(value),
            Self::ScanInterval => stage.scan_interval = whole(value),
        }
        true
    }

    /// What a stage has; null: nothing.
    pub(super) fn of(self, stage: &StageConfig) -> Json {
        match self {
            Self::Threshold => json!(stage.threshold),
            Self::MaxSymbols => json!(stage.max_symbols),
            Self::ScanInterval => json!(stage.scan_interval),
        }
    }
}

fn whole(value: &Json) -> Option<u32> {
    value.as_u64().and_then(|value| u32::try_from(value).ok())
}

fn whole_within(bounds: &RangeInclusive<u32>) -> String {
    format!("a whole number from {} to {}", bounds.start(), bounds.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(setting: StageSetting, text: &str) -> Result<String, String> {
        setting.typed(text).map(|value| value.to_string())
    }

    #[test]
    fn bounds_just_obeyed_are_taken_and_just_violated_refused() {
        use StageSetting::{MaxSymbols, ScanInterval, Threshold};
        let pairs = [
            (Threshold, "0", "-0.0001"),
            (Threshold, "100", "100.00000000000001"),
            (MaxSymbols, "1", "0"),
            (MaxSymbols, "10000", "10001"),
            (ScanInterval, "1", "0"),
            (ScanInterval, "1440", "1441"),
        ];
        for (setting, obeyed, violated) in pairs {
            assert!(typed(setting, obeyed).is_ok(), "{} {obeyed}", setting.name());
            assert_eq!(typed(setting, violated), Err("out of bounds".to_owned()), "{violated}");
        }
    }

    #[test]
    fn a_threshold_is_a_finite_decimal_number() {
        assert_eq!(typed(StageSetting::Threshold, "62.5"), Ok("62.5".to_owned()));
        assert_eq!(typed(StageSetting::Threshold, "-0"), Ok("0.0".to_owned()));
        for text in
            ["NaN", "nan", "inf", "-inf", "Infinity", "", " ", "1e999", "+5", " 5", "5 ", "0x10", "5,5", "٥"]
        {
            assert!(typed(StageSetting::Threshold, text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn whole_numbers_are_plain_digits() {
        for setting in [StageSetting::MaxSymbols, StageSetting::ScanInterval] {
            assert_eq!(typed(setting, "10"), Ok("10".to_owned()));
            for text in [
                "1e3",
                "10.0",
                "+5",
                " 5",
                "5 ",
                "0x10",
                "",
                "-1",
                "010",
                "1_000",
                "NaN",
                "４",
                "99999999999999999999",
            ] {
                assert!(typed(setting, text).is_err(), "{text:?}");
            }
        }
    }

    #[test]
    fn a_stored_value_of_another_kind_or_out_of_bounds_is_not_put() {
        let config = crate::Config::parse("x", crate::DEFAULT_CONFIG).unwrap();
        let mut stage = config.pipelines["daily"].stages[3].clone();
        let before = stage.clone();
        for value in
            [json!(null), json!("5"), json!(true), json!(-1), json!(1e300), json!([5]), json!({"a": 1})]
        {
            for setting in StageSetting::ALL {
                assert!(!setting.put(&mut stage, &value), "{} {value}", setting.name());
            }
        }
        assert!(!StageSetting::MaxSymbols.put(&mut stage, &json!(10.0)));
        assert_eq!(stage, before);
        assert!(StageSetting::Threshold.put(&mut stage, &json!(61)));
        assert_eq!((stage.threshold, StageSetting::Threshold.of(&stage)), (Some(61.0), json!(61.0)));
    }
}

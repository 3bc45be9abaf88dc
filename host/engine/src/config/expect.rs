//! How many instruments a stage is expected to let through.

use serde::{Deserialize, Serialize};

/// Bounds of a count that is no surprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// Fewer are a warning.
    pub min: Option<u32>,
    /// More are a warning.
    pub max: Option<u32>,
    /// Looked at only when the scan began with so many instruments: of fewer, fewer are no surprise.
    pub universe: u32,
}

impl Expected {
    /// What is odd about a count, of a scan that began with so many instruments.
    pub(crate) fn remark(&self, stage: &str, out: usize, universe: usize) -> Option<String> {
        let out = u32::try_from(out).unwrap_or(u32::MAX);
        if universe < self.universe as usize {
            return None;
        }
        match (self.min, self.max) {
            (Some(min), _) if out < min => {
                Some(format!("stage {stage} let {out} through, fewer than the {min} that are expected"))
            }
            (_, Some(max)) if out > max => {
                Some(format!("stage {stage} let {out} through, more than the {max} that are expected"))
            }
            _ => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ExpectTable {
    min: Option<u32>,
    max: Option<u32>,
    #[serde(default)]
    universe: u32,
}

impl ExpectTable {
    pub(super) fn checked(&self) -> Result<Expected, String> {
        match (self.min, self.max) {
            (None, None) => Err("expect has neither min nor max".to_owned()),
            (Some(min), Some(max)) if min > max => Err(format!("expect has min {min} above max {max}")),
            (min, max) => Ok(Expected { min, max, universe: self.universe }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, ConfigError};

    fn expected(expect: &str) -> Result<Option<Expected>, ConfigError> {
        let text = format!(
            "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = [\"a/b\"]\n{expect}"
        );
        Config::parse("sluice.toml", &text).map(|config| config.pipelines["p"].stages[0].expect)
    }

    #[test]
    fn a_band_has_at_least_one_bound_and_they_are_in_order() {
        assert_eq!(expected("").unwrap(), None);
        let band = Expected { min: Some(30), max: Some(200), universe: 8_000 };
        assert_eq!(expected("expect = { min = 30, max = 200, universe = 8_000 }").unwrap(), Some(band));
        let refusal = |text: &str| expected(text).unwrap_err().to_string();
        assert!(refusal("expect = {}").ends_with("stage one: expect has neither min nor max"));
        assert!(refusal("expect = { min = 3, max = 2 }").ends_with("expect has min 3 above max 2"));
    }

    #[test]
    fn a_count_is_remarked_beyond_its_bounds_and_only_of_a_universe_that_is_large_enough() {
        let band = Expected { min: Some(30), max: Some(200), universe: 8_000 };
        let remark = |out, universe| band.remark("catalyst", out, universe);
        assert_eq!((remark(30, 8_000), remark(200, 8_000), remark(0, 7_999)), (None, None, None));
        assert_eq!(
            remark(29, 8_000).unwrap(),
            "stage catalyst let 29 through, fewer than the 30 that are expected"
        );
        assert_eq!(
            remark(201, 9_000).unwrap(),
            "stage catalyst let 201 through, more than the 200 that are expected"
        );
    }
}

//! `sluice.toml`: what is deployed. Parsed strictly (an unknown key is an error with its line), then checked as a
//! whole, so that every later room can rely on it.

mod account;
mod alerts;
mod bounds;
mod breakers;
mod expect;
mod file;
mod layer;
mod limits;
mod pipeline;
mod stage_number;
#[cfg(test)]
mod tests;
mod trust;

use crate::breaker::BreakerRules;
use crate::combine::{PassRule, ScoreRule, Unknown};
use crate::risk::Account;
use crate::settings::Overrides;
pub use alerts::AlertRules;
pub use breakers::WhenOpen;
pub use expect::Expected;
use serde::Serialize;
use sluice_package::Requirement;
use sluice_runtime::{Limits, LoadLimits, Value};
pub use stage_number::StageNumber;
use std::collections::BTreeMap;
use std::path::Path;
use thiserror::Error;

/// The commented default, which `sluice init` writes and which applies when there is no file.
pub const DEFAULT_CONFIG: &str = include_str!("config/default.toml");

/// What messages and records call the configuration without a file.
const BUILT_IN: &str = "the built-in configuration";

/// Everything that `sluice.toml` says.
#[derive(Debug, Clone, Serialize)]
pub struct Config {
    /// The pipeline that runs when none is named.
    pub default_pipeline: String,
    /// The zone in which instants are shown; none: UTC. It changes nothing of a scan.
    #[serde(skip)]
    pub zone: Option<sluice_market::Zone>,
    /// MIC of imported instruments that no directory places elsewhere.
    pub venue: String,
    /// What a universe must be like to be healthy. It changes nothing of a scan.
    #[serde(skip)]
    pub universe: UniverseRules,
    /// Pipelines by name.
    pub pipelines: BTreeMap<String, Pipeline>,
    /// Settings and limits by layer id.
    pub layers: BTreeMap<String, LayerConfig>,
    /// When layers that fault are taken out of use.
    pub breakers: BreakerRules,
    /// How long a version counts as new after it became the active one. It changes nothing of a scan.
    #[serde(skip)]
    pub trial: std::time::Duration,
    /// Whose money the risk figures are about.
    pub account: Account,
    /// When an alert repeats an earlier one.
    pub alerts: AlertRules,
    /// What an installed layer must have to be called.
    #[serde(serialize_with = "trust::serialize")]
    pub trust: Requirement,
    /// Bytes that the verdict cache is kept below; 0: nothing is kept. No answer depends on it.
    #[serde(skip)]
    pub cache_bytes: u64,
    /// Where it was read.
    #[serde(skip)]
    source: Source,
    /// What the store has laid over it.
    #[serde(skip)]
    overrides: Overrides,
}

/// What a universe must be like to be healthy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UniverseRules {
    /// Fewer listed instruments than this are too few.
    pub least_instruments: u32,
    /// An instrument without a bar of so many sessions has stopped trading, or is missing in the data.
    pub stale_sessions: u32,
}

impl Default for UniverseRules {
    /// The original warned below 8,000.
    fn default() -> Self {
        Self { least_instruments: 8_000, stale_sessions: 5 }
    }
}

/// The text that a configuration was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The file, absolute where it was read from disk; without one, "the built-in configuration".
    pub path: String,
    /// SHA-256 of its text, lower-case hex.
    pub digest: String,
}

/// Stages in order.
#[derive(Debug, Clone, Serialize)]
pub struct Pipeline {
    /// Its stages, in the order of the file; a stage's `after` names only stages before it.
    pub stages: Vec<StageConfig>,
}

/// One step of the funnel.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageConfig {
    /// Its number.
    pub number: StageNumber,
    /// Its name.
    pub name: String,
    /// Its layers, which run concurrently.
    pub layers: Vec<LayerRef>,
    /// Names of the stages whose survivors it sees; empty: the whole universe.
    pub after: Vec<String>,
    /// How many layers must keep an instrument.
    pub pass: PassRule,
    /// How their scores become one.
    pub score: ScoreRule,
    /// What happens without an opinion.
    pub unknown: Unknown,
    /// Least score, 0–100.
    pub threshold: Option<f64>,
    /// Most survivors.
    pub max_symbols: Option<u32>,
    /// Sessions after which data counts as missing.
    pub max_age: Option<u32>,
    /// Minutes between two scans of the long-running scanner, 1–1440; a scan by hand does not look at it.
    pub scan_interval: Option<u32>,
    /// How many survivors are no surprise.
    pub expect: Option<Expected>,
}

/// A layer as a pipeline names it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerRef {
    /// author/name.
    pub id: String,
    /// Versions that will do.
    pub version: semver::VersionReq,
    /// Weight in a mean score, above 0.
    pub weight: f64,
}

impl LayerRef {
    /// A layer in whichever version.
    pub fn any(id: &str) -> Self {
        Self { id: id.to_owned(), version: semver::VersionReq::STAR, weight: 1.0 }
    }
}

/// Settings and limits of a layer.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LayerConfig {
    /// Settings by name, kinds as written in the file.
    #[serde(serialize_with = "layer::serialize_settings")]
    pub settings: BTreeMap<String, Value>,
    /// What one call may cost; absent: the host's default.
    #[serde(serialize_with = "layer::serialize_limits")]
    pub limits: Limits,
    /// What loading it may cost; its `call` is `limits`.
    #[serde(serialize_with = "limits::serialize_load")]
    pub load: LoadLimits,
    /// What a scan does while its breaker is open.
    pub when_open: WhenOpen,
}

/// What is wrong with the configuration.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}: {error}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no valid TOML, or has an unknown key or a value of another kind.
    #[error("{path}, line {line}: {message}")]
    Syntax {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// What the parser says, on one line.
        message: String,
    },
    /// The file makes no sense as a whole.
    #[error("{path}: {message}")]
    Meaning {
        /// The file.
        path: String,
        /// What and where.
        message: String,
    },
}

impl Config {
    /// Reads a file; an absent one means [`DEFAULT_CONFIG`].
    ///
    /// # Errors
    /// When the file cannot be read, parsed, or makes no sense.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let mut config = Self::parse(&name, &text)?;
                config.source.path = whole_path(path).unwrap_or(name);
                Ok(config)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Self::parse(BUILT_IN, DEFAULT_CONFIG)
            }
            Err(error) => Err(ConfigError::Read { path: name, error }),
        }
    }

    /// Parses the text of a file called `path`.
    ///
    /// # Errors
    /// When it cannot be parsed or makes no sense.
    pub fn parse(path: &str, text: &str) -> Result<Self, ConfigError> {
        file::parse(path, text)
    }

    /// Where it was read, with the digest of that text.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The revision of the store's settings that were laid over it; 0: none.
    pub fn settings_revision(&self) -> i64 {
        self.overrides.revision
    }

    pub(crate) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    pub(crate) fn set_overrides(&mut self, overrides: Overrides) {
        self.overrides = overrides;
    }

    /// SHA-256 of the whole effective configuration, lower-case hex.
    ///
    /// # Errors
    /// Never in practice: every part serializes.
    pub fn digest(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self).map(|text| crate::record::digest(&text))
    }

    /// What is set of a layer; the defaults when nothing is.
    pub fn layer(&self, id: &str) -> LayerConfig {
        self.layers.get(id).cloned().unwrap_or_default()
    }
}

/// The file's path from the root, the same from wherever it is called.
fn whole_path(path: &Path) -> Option<String> {
    let path = std::fs::canonicalize(path).or_else(|_| std::path::absolute(path)).ok()?;
    Some(path.display().to_string())
}

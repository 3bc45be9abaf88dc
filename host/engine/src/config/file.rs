//! The file as it is written, and its translation into what the engine relies on.

use super::account::AccountTable;
use super::alerts::AlertsTable;
use super::bounds::within;
use super::breakers::BreakersTable;
use super::layer::{LayerTable, layer};
use super::pipeline::{NAME_BYTES, PipelineTable, is_name, pipeline};
use super::trust::TrustTable;
use super::{Config, ConfigError, Source, UniverseRules};
use crate::settings::Overrides;
use serde::Deserialize;
use sluice_runtime::text;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// What the verdict cache is kept below unless another cap is set: some twenty sessions of 10,000 instruments.
const DEFAULT_CACHE_MIB: u32 = 512;
/// Greatest cap of the verdict cache: a tebibyte.
const CACHE_MIB: RangeInclusive<u32> = 0..=1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    default_pipeline: String,
    #[serde(default)]
    display: DisplayTable,
    #[serde(default)]
    market: MarketTable,
    #[serde(default)]
    universe: UniverseTable,
    #[serde(default)]
    pipelines: BTreeMap<String, PipelineTable>,
    #[serde(default)]
    layers: BTreeMap<String, LayerTable>,
    #[serde(default)]
    breakers: BreakersTable,
    #[serde(default)]
    account: AccountTable,
    #[serde(default)]
    alerts: AlertsTable,
    #[serde(default)]
    cache: CacheTable,
    #[serde(default)]
    trust: TrustTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct CacheTable {
    max_mib: u32,
}

impl Default for CacheTable {
    fn default() -> Self {
        Self { max_mib: DEFAULT_CACHE_MIB }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct UniverseTable {
    least_instruments: Option<u32>,
    stale_sessions: Option<u32>,
}

impl UniverseTable {
    fn checked(&self) -> Result<UniverseRules, String> {
        within("least-instruments", self.least_instruments, &(0..=1_000_000))?;
        within("stale-sessions", self.stale_sessions, &(1..=252))?;
        let default = UniverseRules::default();
        Ok(UniverseRules {
            least_instruments: self.least_instruments.unwrap_or(default.least_instruments),
            stale_sessions: self.stale_sessions.unwrap_or(default.stale_sessions),
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct DisplayTable {
    zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct MarketTable {
    venue: String,
}

impl Default for MarketTable {
    fn default() -> Self {
        Self { venue: "XNYS".to_owned() }
    }
}

pub(super) fn parse(path: &str, text: &str) -> Result<Config, ConfigError> {
    let file: File = toml::from_str(text).map_err(|error| syntax(path, text, &error))?;
    let source = Source { path: path.to_owned(), digest: crate::record::digest(text) };
    config(file, source).map_err(|message| ConfigError::Meaning { path: path.to_owned(), message })
}

fn syntax(path: &str, text: &str, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let line = text.as_bytes().iter().take(start).filter(|byte| **byte == b'\n').count() + 1;
    let message = error.message().lines().collect::<Vec<_>>().join(" ");
    ConfigError::Syntax { path: path.to_owned(), line, message }
}

fn config(file: File, source: Source) -> Result<Config, String> {
    let mut pipelines = BTreeMap::new();
    for (name, table) in file.pipelines {
        if !is_name(&name) || name.contains('/') {
            // a slash would make the names of its stages' settings ambiguous
            let name = text::clean(&name, NAME_BYTES);
            return Err(format!(
                "pipeline {name}: its name must have 1 to 64 printable characters without a slash"
            ));
        }
        let pipeline = pipeline(table).map_err(|message| format!("pipeline {name}{message}"))?;
        pipelines.insert(name, pipeline);
    }
    if !pipelines.contains_key(&file.default_pipeline) {
        let names: Vec<&str> = pipelines.keys().map(String::as_str).collect();
        return Err(format!(
            "default-pipeline {} is none of the pipelines: {}",
            file.default_pipeline,
            names.join(", ")
        ));
    }
    let mut layers = BTreeMap::new();
    for (id, table) in file.layers {
        let layer = layer(table).map_err(|message| format!("layer {id}: {message}"))?;
        layers.insert(id, layer);
    }
    within("max-mib", Some(file.cache.max_mib), &CACHE_MIB).map_err(|message| format!("cache: {message}"))?;
    let breakers = file.breakers.checked().map_err(|message| format!("breakers: {message}"))?;
    let trial = file.breakers.trial().map_err(|message| format!("breakers: {message}"))?;
    let zone = file.display.zone.map(|zone| zone.parse()).transpose();
    let zone = zone.map_err(|error: sluice_market::HintError| format!("display, zone: {error}"))?;
    let account = file.account.checked().map_err(|message| format!("account: {message}"))?;
    let alerts = file.alerts.checked().map_err(|message| format!("alerts: {message}"))?;
    Ok(Config {
        zone,
        default_pipeline: file.default_pipeline,
        venue: file.market.venue,
        universe: file.universe.checked().map_err(|message| format!("universe: {message}"))?,
        pipelines,
        layers,
        breakers,
        trial,
        account,
        alerts,
        trust: file.trust.requirement(),
        cache_bytes: u64::from(file.cache.max_mib) << 20,
        source,
        overrides: Overrides::default(),
    })
}

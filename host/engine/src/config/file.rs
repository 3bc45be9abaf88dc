//! The file as it is written, and its translation into what the engine relies on.

use super::account::AccountTable;
use super::alerts::AlertsTable;
use super::bounds::within;
use super::breakers::{self, BreakersTable, WhenOpenWord};
use super::expect::ExpectTable;
use super::limits::LimitsTable;
use super::trust::TrustTable;
use super::{
    Config, ConfigError, LayerConfig, LayerRef, Pipeline, Source, StageConfig, StageNumber, UniverseRules,
};
use crate::combine::{PassRule, ScoreRule, Unknown};
use crate::settings::{MAX_SYMBOLS, Overrides, SCAN_INTERVAL_MINUTES, THRESHOLD};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use sluice_runtime::{Limits, Value, text};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Longest name of a stage or pipeline, in bytes.
const NAME_BYTES: usize = 64;
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PipelineTable {
    stages: Vec<StageTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct StageTable {
    number: f64,
    name: String,
    layers: Vec<LayerEntry>,
    after: Option<Vec<String>>,
    #[serde(default)]
    pass: PassEntry,
    #[serde(default)]
    score: ScoreRule,
    #[serde(default)]
    unknown: Unknown,
    threshold: Option<f64>,
    max_symbols: Option<u32>,
    max_age: Option<u32>,
    scan_interval: Option<u32>,
    expect: Option<ExpectTable>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a layer is \"author/name\", \"author/name@^1.2\" or { id, version, weight }")]
enum LayerEntry {
    Short(String),
    Long(LongLayer),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LongLayer {
    id: String,
    version: Option<String>,
    weight: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "pass is \"all\", \"any\" or { at-least = K }")]
enum PassEntry {
    Word(PassWord),
    AtLeast(AtLeast),
}

impl Default for PassEntry {
    fn default() -> Self {
        Self::Word(PassWord::All)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PassWord {
    All,
    Any,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AtLeast {
    at_least: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[derive(Default)]
struct LayerTable {
    settings: BTreeMap<String, toml::Value>,
    limits: LimitsTable,
    when_open: Option<WhenOpenWord>,
    last_good_hours: Option<u64>,
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

fn pipeline(table: PipelineTable) -> Result<Pipeline, String> {
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let mut stages: Vec<StageConfig> = Vec::with_capacity(table.stages.len());
    if table.stages.is_empty() {
        return Err(" has no stages".to_owned());
    }
    for entry in table.stages {
        let name = entry.name.clone();
        let above = stages.last().map(|stage| stage.name.clone());
        let stage = stage(entry, above, &names).map_err(|message| format!(", stage {name}: {message}"))?;
        if !numbers.insert(stage.number) {
            return Err(format!(", stage {name}: number {} is used twice", stage.number));
        }
        if !names.insert(name.clone()) {
            return Err(format!(", stage {name}: the name is used twice"));
        }
        stages.push(stage);
    }
    Ok(Pipeline { stages })
}

fn stage(
    entry: StageTable,
    above: Option<String>,
    earlier: &BTreeSet<String>,
) -> Result<StageConfig, String> {
    let number = StageNumber::new(entry.number).ok_or_else(|| {
        format!("number {} is not within 0 to 1000 with at most two decimals", entry.number)
    })?;
    if !is_name(&entry.name) {
        return Err("its name must have 1 to 64 printable characters".to_owned());
    }
    if entry.layers.is_empty() {
        return Err("it has no layers".to_owned());
    }
    let layers = entry.layers.into_iter().map(layer_ref).collect::<Result<Vec<_>, _>>()?;
    let after = entry.after.unwrap_or_else(|| above.into_iter().collect());
    if let Some(name) = after.iter().find(|name| !earlier.contains(*name)) {
        return Err(format!("after names {name}, which is no stage above it"));
    }
    if entry.score == ScoreRule::Before && after.is_empty() {
        return Err("score is \"before\", but there is no stage above that gives one".to_owned());
    }
    if let Some(threshold) = entry.threshold
        && !THRESHOLD.contains(&threshold)
    {
        let (least, most) = THRESHOLD.into_inner();
        return Err(format!("threshold {threshold} is not within {least} to {most}"));
    }
    within("max-symbols", entry.max_symbols, &MAX_SYMBOLS)?;
    within("scan-interval", entry.scan_interval, &SCAN_INTERVAL_MINUTES)?;
    let expect = entry.expect.map(|table| table.checked()).transpose()?;
    Ok(StageConfig {
        number,
        name: entry.name,
        pass: pass(&entry.pass, layers.len())?,
        layers,
        after,
        score: entry.score,
        unknown: entry.unknown,
        threshold: entry.threshold,
        max_symbols: entry.max_symbols,
        max_age: entry.max_age,
        scan_interval: entry.scan_interval,
        expect,
    })
}

/// Whether a text will do as the name of a stage.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= NAME_BYTES && !text.chars().any(text::is_unprintable)
}

fn pass(entry: &PassEntry, layers: usize) -> Result<PassRule, String> {
    match entry {
        PassEntry::Word(PassWord::All) => Ok(PassRule::All),
        PassEntry::Word(PassWord::Any) => Ok(PassRule::AtLeast(1)),
        PassEntry::AtLeast(AtLeast { at_least }) if (1..=layers).contains(&(*at_least as usize)) => {
            Ok(PassRule::AtLeast(*at_least))
        }
        PassEntry::AtLeast(AtLeast { at_least }) => {
            let plural = if layers == 1 { "" } else { "s" };
            Err(format!("pass needs at-least {at_least}, but the stage has {layers} layer{plural}"))
        }
    }
}

fn layer_ref(entry: LayerEntry) -> Result<LayerRef, String> {
    let (id, version, weight) = match entry {
        LayerEntry::Short(text) => match text.split_once('@') {
            Some((id, version)) => (id.to_owned(), Some(version.to_owned()), None),
            None => (text, None, None),
        },
        LayerEntry::Long(long) => (long.id, long.version, long.weight),
    };
    let version = match version {
        None => semver::VersionReq::STAR,
        Some(text) => semver::VersionReq::parse(&text).map_err(|error| {
            format!("layer {id}: {text} is no version requirement such as ^1.2 ({error})")
        })?,
    };
    let weight = weight.unwrap_or(1.0);
    if !(weight > 0.0 && weight.is_finite()) {
        return Err(format!("layer {id}: weight {weight} is not above 0"));
    }
    Ok(LayerRef { id, version, weight })
}

fn layer(table: LayerTable) -> Result<LayerConfig, String> {
    let mut settings = BTreeMap::new();
    for (name, value) in table.settings {
        let value = value_of(value).map_err(|message| format!("setting {name}: {message}"))?;
        settings.insert(name, value);
    }
    let when_open = breakers::when_open(table.when_open.as_ref(), table.last_good_hours)?;
    let load = table.limits.checked()?;
    Ok(LayerConfig { settings, limits: load.call, load, when_open })
}

/// A setting as written. Whole numbers become integers; the layer's schema decides later whether a number was meant.
fn value_of(value: toml::Value) -> Result<Value, String> {
    match value {
        toml::Value::Float(number) => Ok(Value::Number(number)),
        toml::Value::Integer(integer) => {
            i32::try_from(integer).map(Value::Integer).or(Ok(Value::Number(integer as f64)))
        }
        toml::Value::Boolean(boolean) => Ok(Value::Boolean(boolean)),
        toml::Value::String(text) => Ok(Value::Text(text)),
        toml::Value::Array(items) => items
            .into_iter()
            .map(|item| match item {
                toml::Value::String(text) => Ok(text),
                other => Err(format!("{other} is no text: a list holds texts only")),
            })
            .collect::<Result<_, _>>()
            .map(Value::Texts),
        toml::Value::Table(rows) => rows
            .into_iter()
            .map(|(name, number)| match number {
                toml::Value::Float(number) => Ok((name, number)),
                toml::Value::Integer(number) => Ok((name, number as f64)),
                other => Err(format!("{other} is no number: a table holds numbers only")),
            })
            .collect::<Result<_, _>>()
            .map(Value::Table),
        toml::Value::Datetime(_) => Err("a date is no setting".to_owned()),
    }
}

/// Settings as plain JSON.
pub(super) fn serialize_settings<S: Serializer>(
    settings: &BTreeMap<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(settings.len()))?;
    for (name, value) in settings {
        map.serialize_entry(name, &crate::record::json_value(value))?;
    }
    map.end()
}

/// Limits as the record of a scan has them.
pub(super) fn serialize_limits<S: Serializer>(limits: &Limits, serializer: S) -> Result<S::Ok, S::Error> {
    crate::record::json_limits(limits).serialize(serializer)
}

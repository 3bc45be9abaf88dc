//! Pipelines and their stages as they are written, and what becomes of them.

use super::bounds::within;
use super::expect::ExpectTable;
use super::{LayerRef, Pipeline, StageConfig, StageNumber};
use crate::combine::{PassRule, ScoreRule, Unknown};
use crate::settings::{MAX_SYMBOLS, SCAN_INTERVAL_MINUTES, THRESHOLD};
use serde::Deserialize;
use sluice_runtime::text;
use std::collections::BTreeSet;

/// Longest name of a stage or pipeline, in bytes.
pub(super) const NAME_BYTES: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct PipelineTable {
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

pub(super) fn pipeline(table: PipelineTable) -> Result<Pipeline, String> {
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

/// Whether a text will do as the name of a stage or a pipeline.
pub(super) fn is_name(text: &str) -> bool {
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

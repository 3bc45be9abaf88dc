//! The store's settings over those of the file. What does not fit any more is left out and told: bounds, stages and
//! layers change with versions, and an old row must not stop a scan.

use super::stage::StageSetting;
use super::target::{self, Target};
use super::{names, typed};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::plan::{PlanError, fit};
use serde_json::Value as Json;
use sluice_runtime::{Layer, Value, text};
use sluice_store::{SettingKey, SettingRow, Settings};

/// Longest reason that a warning repeats, in bytes.
const REASON_BYTES: usize = 200;

/// The stored settings that hold.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    /// Newest revision of all settings; 0: there are none.
    pub(crate) revision: i64,
    /// What holds of them.
    pub(crate) rows: Vec<SettingRow>,
}

impl Overrides {
    /// The row that sets something.
    pub(super) fn row(&self, key: &SettingKey) -> Option<&SettingRow> {
        self.rows.iter().find(|row| row.key == *key)
    }

    /// What holds of it for one run: its stages and layers, as the record of a scan has it.
    pub(crate) fn record<'a>(
        &self,
        pipeline: &str,
        stages: impl Iterator<Item = &'a str>,
        layers: impl Iterator<Item = &'a str>,
    ) -> Json {
        let mut targets: Vec<String> = stages.map(|stage| target::of_stage(pipeline, stage)).collect();
        targets.extend(layers.map(target::of_layer));
        let concerned = self.rows.iter().filter(|row| targets.contains(&row.key.target));
        concerned
            .map(|row| {
                serde_json::json!({
                    "target": row.key.target, "name": row.key.name, "revision": row.revision,
                    "value": serde_json::from_str::<Json>(&row.value_json).unwrap_or_default(),
                })
            })
            .collect()
    }
}

impl Config {
    /// Lays the store's settings over the file's. What fits no stage or layer any more, or is out of today's bounds,
    /// is left out; each of those is one warning. Settings of a layer that a pipeline names but that is not at hand
    /// are left out in silence: no scan runs without it.
    ///
    /// For a configuration as it was read; what was laid over it once is not taken back by a second time.
    pub fn overlay(&mut self, catalog: &Catalog, settings: &Settings) -> Vec<String> {
        let ignored = lay(self, catalog, settings);
        ignored.iter().map(|(row, reason)| warning(self, row, reason)).collect()
    }
}

impl Config {
    /// Lays over it what the store has set of stages alone, for those who look at no layer.
    pub fn overlay_stages(&mut self, settings: &Settings) {
        for row in &settings.rows {
            if let (Some(Target::Stage { pipeline, stage }), Ok(json)) =
                (Target::parse(&row.key.target), serde_json::from_str::<Json>(&row.value_json))
            {
                // what does not fit any more is told by the next scan
                let _ = lay_stage(self, pipeline, stage, &row.key.name, &json);
            }
        }
    }
}

/// What became of a row.
enum Laid {
    Holds,
    NotAtHand,
}

/// Lays all rows; those that do not fit are returned with the reason.
pub(super) fn lay(config: &mut Config, catalog: &Catalog, settings: &Settings) -> Vec<(SettingRow, String)> {
    let mut overrides = Overrides { revision: settings.revision, rows: Vec::new() };
    let mut ignored = Vec::new();
    for row in &settings.rows {
        match lay_row(config, catalog, row) {
            Ok(Laid::Holds) => overrides.rows.push(row.clone()),
            Ok(Laid::NotAtHand) => {}
            Err(reason) => ignored.push((row.clone(), text::clean(&reason, REASON_BYTES))),
        }
    }
    config.set_overrides(overrides);
    ignored
}

fn lay_row(config: &mut Config, catalog: &Catalog, row: &SettingRow) -> Result<Laid, String> {
    let json: Json = serde_json::from_str(&row.value_json)
        .map_err(|_| format!("{} is no JSON", names::shown(&row.value_json)))?;
    match Target::parse(&row.key.target) {
        Some(Target::Stage { pipeline, stage }) => lay_stage(config, pipeline, stage, &row.key.name, &json),
        Some(Target::Layer(id)) => lay_layer(config, catalog, id, &row.key.name, &json),
        None => Err("it is neither a stage's nor a layer's".to_owned()),
    }
}

fn lay_stage(
    config: &mut Config,
    pipeline: &str,
    stage: &str,
    name: &str,
    json: &Json,
) -> Result<Laid, String> {
    let stages = config.pipelines.get_mut(pipeline).map(|pipeline| &mut pipeline.stages);
    let stage = stages.and_then(|stages| stages.iter_mut().find(|known| known.name == stage));
    let stage = stage.ok_or("sluice.toml has no such stage")?;
    let setting = StageSetting::named(name).ok_or("stages have no such setting")?;
    match setting.put(stage, json) {
        true => Ok(Laid::Holds),
        false => Err(format!(
            "{} is out of bounds, it takes {}",
            names::shown(&json.to_string()),
            setting.bounds()
        )),
    }
}

fn lay_layer(
    config: &mut Config,
    catalog: &Catalog,
    id: &str,
    name: &str,
    json: &Json,
) -> Result<Laid, String> {
    let layers = target::layers(config, catalog, id);
    if layers.is_empty() {
        return match target::references(config, id).next() {
            Some(_) => Ok(Laid::NotAtHand),
            None => Err("sluice.toml names no such layer".to_owned()),
        };
    }
    let value = typed::stored(json)?;
    layers.iter().try_for_each(|layer| fits(layer, name, &value))?;
    config.layers.entry(id.to_owned()).or_default().settings.insert(name.to_owned(), value);
    Ok(Laid::Holds)
}

fn fits(layer: &Layer, name: &str, value: &Value) -> Result<(), String> {
    let mut parameters = layer.descriptor().parameters.iter();
    let parameter = parameters.find(|parameter| parameter.name == name);
    let parameter = parameter.ok_or_else(|| format!("{} has no such setting", layer.label()))?;
    parameter.check(&fit(parameter, value))
}

/// `stage catalyst` or `layer acme/gap`.
pub(super) fn whose(target: &str) -> String {
    match Target::parse(target) {
        Some(Target::Stage { stage, .. }) => format!("stage {}", text::clean(stage, REASON_BYTES)),
        Some(Target::Layer(id)) => format!("layer {}", text::clean(id, REASON_BYTES)),
        None => names::shown(target),
    }
}

fn warning(config: &Config, row: &SettingRow, reason: &str) -> String {
    let name = text::clean(&row.key.name, REASON_BYTES);
    let whose = whose(&row.key.target);
    format!(
        "setting {name} of {whose}, revision {}, is ignored: {reason}{}",
        row.revision,
        removal(config, &row.key)
    )
}

/// The command that removes a row.
fn removal(config: &Config, key: &SettingKey) -> String {
    let (pipeline, stage, setting) = match Target::parse(&key.target) {
        Some(Target::Stage { pipeline, stage }) => (pipeline, word(stage), key.name.clone()),
        Some(Target::Layer(id)) => {
            let Some((pipeline, stage)) = stage_with(config, id) else { return String::new() };
            (pipeline, stage, format!("{id}.{}", key.name))
        }
        None => return String::new(),
    };
    let pipeline = match pipeline == config.default_pipeline {
        true => String::new(),
        false => format!(" --pipeline {}", word(pipeline)),
    };
    format!("; `sluice configure{pipeline} --stage {stage} --unset {}` removes it", word(&setting))
}

/// A stage that has the layer; any one when none has.
fn stage_with<'a>(config: &'a Config, id: &str) -> Option<(&'a str, String)> {
    let has = |stage: &&crate::StageConfig| stage.layers.iter().any(|layer| layer.id == id);
    let mut pipelines = config.pipelines.iter();
    let found =
        pipelines.find_map(|(name, pipeline)| pipeline.stages.iter().find(has).map(|stage| (name, stage)));
    let any = || {
        config
            .pipelines
            .iter()
            .find_map(|(name, pipeline)| pipeline.stages.first().map(|stage| (name, stage)))
    };
    found.or_else(any).map(|(name, stage)| (name.as_str(), stage.number.to_string()))
}

/// A text as one word of a command.
fn word(typed: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let text = text::clean(typed, REASON_BYTES);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Tells of settings that a layer refuses which of its settings the store has: the file alone does not show them.
pub(crate) fn explain(error: PlanError, config: &Config) -> PlanError {
    let PlanError::Setting { layer, name, detail } = error else { return error };
    let target = target::of_layer(&layer);
    let rows = config.overrides().rows.iter().filter(|row| row.key.target == target);
    let set: Vec<String> = rows.map(|row| format!("{} (revision {})", row.key.name, row.revision)).collect();
    let detail = match set.is_empty() {
        true => detail,
        false => format!("{detail}; `sluice configure` has set {} of this layer", set.join(", ")),
    };
    PlanError::Setting { layer, name, detail }
}

#[cfg(test)]
mod tests;

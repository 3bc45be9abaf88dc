//! What holds at a stage, and why.

use super::error::SettingsError;
use super::stage::StageSetting;
use super::{target, typed};
use crate::catalog::{Catalog, Component};
use crate::config::{Config, StageConfig};
use crate::plan::{PlanError, effective_settings, find_stage};
use serde::Serialize;
use serde_json::Value as Json;
use sluice_runtime::Layer;
use sluice_store::{SettingKey, Settings};
use std::fmt;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum SettingSource {
    /// An operator set it at run time.
    Store {
        /// The revision that did.
        revision: i64,
    },
    /// `sluice.toml`, or the built-in configuration in its place.
    File,
    /// The layer's own default.
    LayerDefault,
    /// The program's default: nothing is set.
    Default,
}

impl fmt::Display for SettingSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store { revision } => write!(f, "revision {revision}"),
            Self::File => f.write_str("file"),
            Self::LayerDefault => f.write_str("layer's default"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting that holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectiveSetting {
    /// `threshold`, or `author/name.param`.
    pub name: String,
    /// Its value; null: none.
    pub value: Json,
    /// Its unit; "" for none.
    pub unit: String,
    /// What it takes: "a whole number from 1 to 250".
    pub bounds: String,
    /// Where the value comes from.
    pub source: SettingSource,
}

/// Every setting of a stage and its layers as the next scan would have it: store over file over defaults. Rows that
/// do not fit any more are left out, as in [`Config::overlay`], which tells of them.
///
/// # Errors
/// No such stage, a layer of it that nobody has, and a file whose settings are wrong.
pub fn effective(
    config: &Config,
    catalog: &Catalog,
    pipeline: Option<&str>,
    stage: &str,
    settings: &Settings,
) -> Result<Vec<EffectiveSetting>, SettingsError> {
    let mut laid = config.clone();
    laid.overlay(catalog, settings);
    let (pipeline_name, in_file) = find_stage(config, pipeline, stage)?;
    let (_, holds) = find_stage(&laid, pipeline, stage)?;
    let target = target::of_stage(pipeline_name, &holds.name);
    let mut all: Vec<EffectiveSetting> =
        StageSetting::ALL.iter().map(|setting| of_stage(&laid, &target, *setting, in_file, holds)).collect();
    let mut told = Vec::new();
    for wanted in &holds.layers {
        if told.contains(&&wanted.id) {
            continue;
        }
        told.push(&wanted.id);
        // nobody knows the settings of one that cannot be loaded
        let chosen = catalog.choose(pipeline_name, wanted).map_err(PlanError::from)?;
        if let (Component::Loaded(layer), _) = chosen {
            all.extend(of_layer(config, &laid, &layer)?);
        }
    }
    Ok(all)
}

fn of_stage(
    laid: &Config,
    target: &str,
    setting: StageSetting,
    in_file: &StageConfig,
    holds: &StageConfig,
) -> EffectiveSetting {
    let key = SettingKey { target: target.to_owned(), name: setting.name().to_owned() };
    let otherwise = if setting.of(in_file).is_null() { SettingSource::Default } else { SettingSource::File };
    EffectiveSetting {
        name: setting.name().to_owned(),
        value: setting.of(holds),
        unit: setting.unit().to_owned(),
        bounds: setting.bounds(),
        source: source(laid, &key, otherwise),
    }
}

fn of_layer(config: &Config, laid: &Config, layer: &Layer) -> Result<Vec<EffectiveSetting>, SettingsError> {
    let in_file = config.layer(layer.id()).settings;
    let values = effective_settings(layer, &laid.layer(layer.id()).settings)?;
    let settings = layer.descriptor().parameters.iter().zip(values).map(|(parameter, setting)| {
        let key = SettingKey { target: target::of_layer(layer.id()), name: setting.name.clone() };
        let otherwise = match in_file.contains_key(&setting.name) {
            true => SettingSource::File,
            false => SettingSource::LayerDefault,
        };
        EffectiveSetting {
            name: format!("{}.{}", layer.id(), setting.name),
            value: crate::record::json_value(&setting.value),
            unit: parameter.unit.clone(),
            bounds: typed::bounds(parameter),
            source: source(laid, &key, otherwise),
        }
    });
    Ok(settings.collect())
}

fn source(laid: &Config, key: &SettingKey, otherwise: SettingSource) -> SettingSource {
    laid.overrides().row(key).map_or(otherwise, |row| SettingSource::Store { revision: row.revision })
}

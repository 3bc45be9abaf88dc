//! A request as typed → the rows of a change, or a refusal. Whatever the next scan would refuse is refused here.

use super::error::SettingsError;
use super::overlay::whose;
use super::stage::StageSetting;
use super::verify::verify;
use super::{names, target, typed};
use crate::catalog::Catalog;
use crate::config::{Config, StageConfig};
use crate::plan::{PlanError, find_stage};
use sluice_runtime::{Layer, Parameter};
use sluice_store::{SettingKey, Settings};
use std::collections::BTreeMap;

/// What an operator typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeRequest {
    /// Least score, 0–100.
    pub threshold: Option<String>,
    /// Most survivors, 1–10000.
    pub max_symbols: Option<String>,
    /// Minutes between scans, 1–1440.
    pub scan_interval: Option<String>,
    /// `LAYER.PARAM=VALUE`.
    pub set: Vec<String>,
    /// What should no longer be set: `threshold`, `max-symbols`, `scan-interval` or `LAYER.PARAM`.
    pub unset: Vec<String>,
}

/// Rows of a change, by key; none: no longer set.
pub(super) type Rows = Vec<(SettingKey, Option<String>)>;

/// The rows that a request means, for [`Store::change_settings`](sluice_store::Store::change_settings).
///
/// LAYER is author/name, or the name alone where only one layer of the stage has it. What is unset may be something
/// that the store still has of a stage or layer that is no longer there. The settings that the layers concerned
/// would have are checked as a whole, with the layers themselves; `settings` are those of the store now.
///
/// # Errors
/// Unknown names, values of another kind or out of bounds, contradictions, nothing to do, and whatever the next
/// scan would refuse.
pub fn changes(
    config: &Config,
    catalog: &Catalog,
    pipeline: Option<&str>,
    stage: &str,
    request: &ChangeRequest,
    settings: &Settings,
) -> Result<Rows, SettingsError> {
    let place = Place::find(config, catalog, settings, (pipeline, stage), request)?;
    let mut rows = BTreeMap::new();
    let own = [
        (StageSetting::Threshold, &request.threshold),
        (StageSetting::MaxSymbols, &request.max_symbols),
        (StageSetting::ScanInterval, &request.scan_interval),
    ];
    for (setting, typed) in own {
        if let Some(typed) = typed {
            add(&mut rows, place.set_own(setting, typed)?)?;
        }
    }
    for typed in &request.set {
        add(&mut rows, place.set(typed)?)?;
    }
    for typed in &request.unset {
        add(&mut rows, (place.unset(typed)?, None))?;
    }
    if rows.is_empty() {
        return Err(SettingsError::Empty { stage: place.name.clone(), have: place.settable("") });
    }
    let rows: Rows = rows.into_iter().collect();
    verify(config, catalog, settings, &rows)?;
    Ok(rows)
}

/// The rows that bring the settings of a stage and its layers from `now` back to what they were `then`; none when
/// they are the same.
///
/// # Errors
/// No such stage, and settings that today's bounds, layers or versions refuse.
pub fn rollback(
    config: &Config,
    catalog: &Catalog,
    pipeline: Option<&str>,
    stage: &str,
    now: &Settings,
    then: &Settings,
) -> Result<Rows, SettingsError> {
    let targets = target::targets(config, pipeline, stage)?;
    let of = |settings: &Settings| -> BTreeMap<SettingKey, String> {
        let rows = settings.rows.iter().filter(|row| targets.contains(&row.key.target));
        rows.map(|row| (row.key.clone(), row.value_json.clone())).collect()
    };
    let (now_rows, then_rows) = (of(now), of(then));
    let gone = now_rows.keys().filter(|key| !then_rows.contains_key(key)).map(|key| (key.clone(), None));
    let other = then_rows.iter().filter(|(key, value)| now_rows.get(key) != Some(value));
    let mut rows: Rows = other.map(|(key, value)| (key.clone(), Some(value.clone()))).chain(gone).collect();
    rows.sort();
    verify(config, catalog, now, &rows)?;
    Ok(rows)
}

fn add(
    rows: &mut BTreeMap<SettingKey, Option<String>>,
    (key, value): (SettingKey, Option<String>),
) -> Result<(), SettingsError> {
    let (whose, name) = (whose(&key.target), key.name.clone());
    let set = value.is_some();
    match rows.insert(key, value) {
        None => Ok(()),
        Some(before) if before.is_some() == set => Err(SettingsError::Twice { whose, name }),
        Some(_) => Err(SettingsError::SetAndUnset { whose, name }),
    }
}

/// The stage of a request.
struct Place<'a> {
    config: &'a Config,
    catalog: &'a Catalog,
    settings: &'a Settings,
    /// None: one that only the store still knows.
    stage: Option<&'a StageConfig>,
    name: String,
    /// The pipeline that it belongs to.
    pipeline: String,
    target: String,
}

impl<'a> Place<'a> {
    fn find(
        config: &'a Config,
        catalog: &'a Catalog,
        settings: &'a Settings,
        (pipeline, stage): (Option<&str>, &str),
        request: &ChangeRequest,
    ) -> Result<Self, SettingsError> {
        let (name, in_pipeline, target, stage) = match find_stage(config, pipeline, stage) {
            Ok((pipeline, found)) => {
                let target = target::of_stage(pipeline, &found.name);
                (found.name.clone(), pipeline.to_owned(), target, Some(found))
            }
            Err(error) => {
                let pipeline = pipeline.unwrap_or(&config.default_pipeline);
                let target = target::of_stage(pipeline, stage);
                let stored = settings.rows.iter().map(|row| &row.key.target);
                let stored = stored.into_iter().find(|known| known.eq_ignore_ascii_case(&target));
                let removes = ChangeRequest { unset: request.unset.clone(), ..ChangeRequest::default() };
                match stored {
                    Some(target) if target::is_unknown(&error) && *request == removes => {
                        (names::shown(stage), pipeline.to_owned(), target.clone(), None)
                    }
                    _ => return Err(error.into()),
                }
            }
        };
        Ok(Self { config, catalog, settings, stage, name, pipeline: in_pipeline, target })
    }

    fn set_own(
        &self,
        setting: StageSetting,
        typed: &str,
    ) -> Result<(SettingKey, Option<String>), SettingsError> {
        let value = setting.typed(typed).map_err(|fault| SettingsError::Value {
            whose: whose(&self.target),
            name: setting.name().to_owned(),
            value: names::shown(typed),
            fault,
            bounds: setting.bounds(),
        })?;
        Ok((self.key(setting.name()), Some(value.to_string())))
    }

    fn key(&self, name: &str) -> SettingKey {
        SettingKey { target: self.target.clone(), name: name.to_owned() }
    }

    fn set(&self, assignment: &str) -> Result<(SettingKey, Option<String>), SettingsError> {
        let split = assignment.split_once('=').and_then(|(name, value)| Some((name.split_once('.')?, value)));
        let Some(((layer, name), value)) = split else {
            return Err(SettingsError::Assignment {
                typed: names::shown(assignment),
                example: self.example(),
            });
        };
        let layer = self.layer(self.id(layer)?)?;
        let parameter = parameter(&layer, name)?;
        let value = typed::value(parameter, value).map_err(|fault| SettingsError::Value {
            whose: format!("layer {}", layer.id()),
            name: name.to_owned(),
            value: names::shown(value),
            fault,
            bounds: typed::bounds(parameter),
        })?;
        let key = SettingKey { target: target::of_layer(layer.id()), name: name.to_owned() };
        Ok((key, Some(crate::record::json_value(&value).to_string())))
    }

    fn unset(&self, typed: &str) -> Result<SettingKey, SettingsError> {
        let own = self.key(typed);
        if self.is_stored(&own) {
            return Ok(own);
        }
        if let Some(bygone) = self.bygone(typed) {
            return Ok(bygone);
        }
        if StageSetting::named(typed).is_some() {
            return Ok(own);
        }
        let Some((layer, name)) = typed.split_once('.') else {
            return Err(SettingsError::Name {
                stage: self.name.clone(),
                name: names::shown(typed),
                have: self.settable(typed),
            });
        };
        let key = |id: &str| SettingKey { target: target::of_layer(id), name: name.to_owned() };
        if target::references(self.config, layer).next().is_none() && self.is_stored(&key(layer)) {
            return Ok(key(layer));
        }
        let id = self.id(layer)?;
        if !self.is_stored(&key(id)) {
            parameter(&self.layer(id)?, name)?;
        }
        Ok(key(id))
    }

    /// The row of a stage whose name was written in other capitals.
    fn bygone(&self, name: &str) -> Option<SettingKey> {
        let is = |key: &SettingKey| key.name == name && key.target.eq_ignore_ascii_case(&self.target);
        let known = |key: &SettingKey| target::is_stage(self.config, &key.target);
        self.settings.rows.iter().map(|row| &row.key).find(|key| is(key) && !known(key)).cloned()
    }

    fn is_stored(&self, key: &SettingKey) -> bool {
        self.settings.rows.iter().any(|row| row.key == *key)
    }

    fn id(&self, typed: &str) -> Result<&'a str, SettingsError> {
        match self.stage {
            Some(stage) => target::layer_of(self.config, stage, typed),
            None => Err(SettingsError::Layer {
                stage: self.name.clone(),
                layer: names::shown(typed),
                have: "none".to_owned(),
                elsewhere: String::new(),
            }),
        }
    }

    /// The layer as this stage asks for it.
    fn layer(&self, id: &str) -> Result<Layer, SettingsError> {
        let mut wanted =
            self.stage.into_iter().flat_map(|stage| &stage.layers).filter(|layer| layer.id == id);
        let found = match wanted.next() {
            Some(wanted) => self.catalog.find(&self.pipeline, wanted),
            None => Err(crate::CatalogError::Unknown { id: id.to_owned(), close: Vec::new() }),
        };
        Ok(found.map_err(PlanError::from)?)
    }

    /// Everything that can be set at the stage, what looks like the typed text first.
    fn settable(&self, typed: &str) -> String {
        let own = StageSetting::ALL.iter().map(|setting| setting.name().to_owned());
        let layers = self.stage.map(target::ids).unwrap_or_default().into_iter();
        let layers: Vec<Layer> = layers.filter_map(|id| self.layer(id).ok()).collect();
        let parameters = layers.iter().flat_map(|layer| {
            let parameters = layer.descriptor().parameters.iter();
            parameters.map(move |parameter| format!("{}.{}", layer.id(), parameter.name))
        });
        let all: Vec<String> = own.chain(parameters).collect();
        names::listed(typed, all.iter().map(String::as_str))
    }

    fn example(&self) -> String {
        let layers = self.stage.map(target::ids).unwrap_or_default();
        let layers = layers.into_iter().filter_map(|id| self.layer(id).ok());
        let mut first = layers.filter_map(|layer| {
            let parameter = layer.descriptor().parameters.first()?;
            let default = crate::record::json_value(&parameter.default);
            Some(format!("{}.{}={default}", layer.id(), parameter.name))
        });
        first.next().unwrap_or_else(|| "liquidity.min-price=5".to_owned())
    }
}

fn parameter<'a>(layer: &'a Layer, name: &str) -> Result<&'a Parameter, SettingsError> {
    let parameters = &layer.descriptor().parameters;
    parameters.iter().find(|parameter| parameter.name == name).ok_or_else(|| SettingsError::Parameter {
        layer: layer.id().to_owned(),
        name: names::shown(name),
        have: names::listed(name, parameters.iter().map(|parameter| parameter.name.as_str())),
    })
}

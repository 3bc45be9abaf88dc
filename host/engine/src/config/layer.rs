//! A layer's table as it is written, what becomes of it, and how the record of a scan tells it.

use super::LayerConfig;
use super::breakers::{self, WhenOpenWord};
use super::limits::LimitsTable;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use sluice_runtime::{Limits, Value};
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[derive(Default)]
pub(super) struct LayerTable {
    settings: BTreeMap<String, toml::Value>,
    limits: LimitsTable,
    when_open: Option<WhenOpenWord>,
    last_good_hours: Option<u64>,
}

pub(super) fn layer(table: LayerTable) -> Result<LayerConfig, String> {
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

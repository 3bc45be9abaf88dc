//! Whether a change may be made: what it sets must hold, and the layers concerned must run with all of their settings.

use super::change::Rows;
use super::error::SettingsError;
use super::overlay::{lay, whose};
use super::{names, target};
use crate::catalog::Catalog;
use crate::config::Config;
use crate::plan::{self, PlanError};
use sluice_runtime::{Layer, text};
use sluice_store::{SettingKey, SettingRow, Settings};
use std::collections::BTreeMap;

/// Longest value that a refusal repeats, in bytes.
const SHOWN_BYTES: usize = 80;

/// Whether everything that is set would hold, and every layer concerned runs with what it would have.
pub(super) fn verify(
    config: &Config,
    catalog: &Catalog,
    settings: &Settings,
    change: &Rows,
) -> Result<(), SettingsError> {
    let mut after = config.clone();
    let ignored = lay(&mut after, catalog, &changed(settings, change));
    for (key, value) in change {
        let Some(value) = value else { continue };
        if after.overrides().row(key).is_none() {
            let fault = ignored.iter().find(|(row, _)| row.key == *key).map(|(_, reason)| reason.clone());
            return Err(SettingsError::Unfit {
                whose: whose(&key.target),
                name: key.name.clone(),
                value: names::shown(value),
                fault: fault
                    .unwrap_or_else(|| "the layer is not at hand, so it cannot be checked".to_owned()),
            });
        }
    }
    let mut ids: Vec<&str> = change.iter().filter_map(|(key, _)| target::id(&key.target)).collect();
    ids.dedup();
    for id in ids {
        for layer in target::layers(config, catalog, id) {
            ask(&after, &layer, change)?;
        }
    }
    Ok(())
}

/// The configuration with the store's settings over it, when all of those that are stored for this layer hold with the
/// version in the catalog; else the first that does not, and why.
pub(crate) fn laid_over(
    config: &Config,
    catalog: &Catalog,
    settings: &Settings,
    id: &str,
) -> Result<Config, (String, String)> {
    let mut laid = config.clone();
    let ignored = lay(&mut laid, catalog, settings);
    let own = ignored.into_iter().find(|(row, _)| target::id(&row.key.target) == Some(id));
    match own {
        None => Ok(laid),
        Some((row, reason)) => Err((row.key.name, reason)),
    }
}

/// The settings after a change.
fn changed(settings: &Settings, change: &Rows) -> Settings {
    let revision = settings.revision.saturating_add(1);
    let mut rows: BTreeMap<SettingKey, SettingRow> =
        settings.rows.iter().map(|row| (row.key.clone(), row.clone())).collect();
    for (key, value) in change {
        match value {
            Some(value) => {
                let row = SettingRow { key: key.clone(), value_json: value.clone(), revision };
                rows.insert(key.clone(), row);
            }
            None => {
                rows.remove(key);
            }
        }
    }
    Settings { revision, rows: rows.into_values().collect() }
}

/// Asks a layer whether it runs with the settings that it would have.
fn ask(after: &Config, layer: &Layer, change: &Rows) -> Result<(), SettingsError> {
    let of_layer = change.iter().filter(|(key, _)| target::id(&key.target) == Some(layer.id()));
    let asked = of_layer.map(|(key, value)| match value {
        Some(value) => format!("{} = {}", key.name, text::clean(value, SHOWN_BYTES)),
        None => format!("{} unset", key.name),
    });
    let asked = asked.collect::<Vec<_>>().join(", ");
    match plan::trial(after, layer) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(detail)) => Err(SettingsError::Faulted { layer: layer.id().to_owned(), detail, asked }),
        Err(PlanError::Setting { layer, name, detail }) => {
            Err(SettingsError::Together { layer, name, detail, asked })
        }
        Err(other) => Err(other.into()),
    }
}

//! The settings of a layer: its own defaults, overlaid by what is configured, checked against its schema.

use super::PlanError;
use sluice_runtime::{Layer, Parameter, Setting, SettingFault, Value, text};
use std::collections::BTreeMap;

/// Every parameter with the value that holds.
pub(crate) fn effective(layer: &Layer, set: &BTreeMap<String, Value>) -> Result<Vec<Setting>, PlanError> {
    let parameters = &layer.descriptor().parameters;
    let fault = |name: &str, detail: String| PlanError::Setting {
        layer: layer.id().to_owned(),
        name: name.to_owned(),
        detail,
    };
    if let Some(name) = set.keys().find(|name| !parameters.iter().any(|parameter| parameter.name == **name)) {
        let known: Vec<&str> = parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(fault(name, format!("the layer has no such setting; it has {known}")));
    }
    parameters
        .iter()
        .map(|parameter| {
            let value = set
                .get(&parameter.name)
                .map_or_else(|| parameter.default.clone(), |value| fit(parameter, value));
            parameter.check(&value).map_err(|detail| fault(&parameter.name, detail))?;
            Ok(Setting { name: parameter.name.clone(), value })
        })
        .collect()
}

/// A whole number where a number is expected means that number.
pub(crate) fn fit(parameter: &Parameter, value: &Value) -> Value {
    match (&parameter.default, value) {
        (Value::Number(_), Value::Integer(integer)) => Value::Number(f64::from(*integer)),
        _ => value.clone(),
    }
}

/// What the layer itself refused.
pub(super) fn refused(layer: &Layer, faults: Vec<SettingFault>) -> PlanError {
    let printable = |text: &str| text::clean(text, 300);
    let mut faults = faults.into_iter();
    let (name, detail) = match faults.next() {
        Some(first) => (printable(&first.name), printable(&first.message)),
        None => ("(unnamed)".to_owned(), "the layer refuses its settings without saying which".to_owned()),
    };
    let more = faults.count();
    let detail = if more == 0 { detail } else { format!("{detail} (and {more} more)") };
    PlanError::Setting { layer: layer.id().to_owned(), name, detail }
}

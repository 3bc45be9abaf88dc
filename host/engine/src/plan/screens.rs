//! What screens read of earlier layers must exist: else they would be unknown everywhere, and the result silently empty.

use super::{Plan, PlanError, PlannedLayer};
use crate::screening::{SCREEN_LAYER, Screen, ScreenError, ScreeningError, Upstream};
use sluice_runtime::{Scope, Value, text};
use std::collections::BTreeSet;

/// Longest name of an expression that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;
/// What can be read of every layer.
const SCORE: &str = "score";

/// Refuses a plan with a screen that reads a layer which no stage before it runs, or a measure which that layer does not
/// have. `on_the_fly`: the last stage's screen comes from the command line.
///
/// # Errors
/// The first such place, as wrong usage or as a wrong setting.
pub(super) fn check(plan: &Plan, on_the_fly: bool) -> Result<(), PlanError> {
    let last = plan.stages.len().saturating_sub(1);
    for (at, stage) in plan.stages.iter().enumerate() {
        let layers = plan.layers.get(stage.layers.clone()).unwrap_or_default();
        for layer in layers.iter().filter(|layer| layer.component.id() == SCREEN_LAYER) {
            let typed = on_the_fly && at == last;
            for (name, text) in [("where", setting(layer, "where")), ("score", setting(layer, "score"))] {
                // what cannot be read is refused by the layer itself
                let Ok(screen) = Screen::any(text) else { continue };
                let Some(error) = screen.upstream().iter().find_map(|of| wrong(plan, at, typed, of)) else {
                    continue;
                };
                return Err(match typed {
                    true => ScreeningError { name, text: text.to_owned(), error }.into(),
                    false => PlanError::Setting {
                        layer: SCREEN_LAYER.to_owned(),
                        name: name.to_owned(),
                        detail: error.to_string(),
                    },
                });
            }
        }
    }
    Ok(())
}

fn setting<'a>(layer: &'a PlannedLayer, name: &str) -> &'a str {
    let found = layer.settings.iter().find(|setting| setting.name == name);
    match found.map(|setting| &setting.value) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}

/// What is wrong with what a screen in a stage reads, if anything is.
fn wrong(plan: &Plan, stage: usize, typed: bool, read: &Upstream) -> Option<ScreenError> {
    let at = |column: usize, message: String| Some(ScreenError { column, message });
    let before = before(plan, stage);
    let stages = || before.iter().filter_map(|at| plan.stages.get(*at));
    let layers = || stages().flat_map(|stage| plan.layers.get(stage.layers.clone()).unwrap_or_default());
    let named = text::clean(&read.layer, SHOWN_BYTES);
    let Some(layer) = layers().find(|layer| layer.component.id() == read.layer) else {
        let is_disabled = stages().any(|stage| stage.disabled.contains(&read.layer));
        return match (is_disabled, typed) {
            // the scan has a warning of it, and an operator who disables a layer should not stop the others
            (true, false) => None,
            (true, true) => at(
                read.layer_at,
                format!(
                    "{named} is disabled in pipeline {}: `sluice layer enable {named}` brings it back",
                    plan.pipeline
                ),
            ),
            (false, _) => {
                let there: Vec<&str> = layers().map(|layer| layer.component.id()).collect();
                let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
                at(read.layer_at, format!("no stage before this one runs a layer {named}: there are {there}"))
            }
        };
    };
    if layer.component.scope() == Scope::Market {
        return at(read.layer_at, format!("{named} judges the market as a whole and measures no instrument"));
    }
    // what cannot be loaded does not say what it measures
    let descriptor = layer.component.descriptor()?;
    let measures: Vec<&str> = descriptor.measures.iter().map(|measure| measure.name.as_str()).collect();
    let measure = read.measure.as_str();
    if measure == SCORE || measures.contains(&measure) {
        return None;
    }
    let there: Vec<&str> = std::iter::once(SCORE).chain(measures).collect();
    let measure = text::clean(measure, SHOWN_BYTES);
    at(read.measure_at, format!("{named} has no measure {measure}: it has {}", there.join(", ")))
}

/// Positions of all stages that a stage comes after. Others may end before it or not.
fn before(plan: &Plan, stage: usize) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut next = vec![stage];
    while let Some(at) = next.pop() {
        let after = plan.stages.get(at).map(|stage| stage.after.as_slice()).unwrap_or_default();
        next.extend(after.iter().copied().filter(|at| found.insert(*at)));
    }
    found
}

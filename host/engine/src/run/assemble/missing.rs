//! What layers asked for and the market did not have: bars of a timeframe, references. Layers abstain then, and whoever
//! reads the result learns why.

use super::NAMED;
use crate::plan::PlannedLayer;
use crate::run::stage::{Finished, LayerOutcome};
use sluice_market::{Snapshot, Timeframe};

/// One warning for each layer and timeframe without bars, and one for the references that a layer did not see.
pub(super) fn warnings(snapshot: &Snapshot, stage: &Finished, layers: &[PlannedLayer]) -> Vec<String> {
    let known = snapshot.timeframes();
    let mut warnings = Vec::new();
    for (outcome, planned) in stage.layers.iter().zip(layers) {
        let Ok(sight) = &planned.sight else { continue };
        let mut missing: Vec<Timeframe> = sight.bars.iter().map(|bars| bars.timeframe).collect();
        missing.retain(|timeframe| !known.contains(timeframe));
        missing.sort_unstable();
        missing.dedup();
        warnings
            .extend(missing.iter().map(|timeframe| no_bars(outcome, *timeframe, known, stage.input.len())));
        warnings.extend(no_references(outcome));
    }
    warnings
}

fn no_bars(outcome: &LayerOutcome, missing: Timeframe, known: &[Timeframe], entered: usize) -> String {
    let known: Vec<&str> = known.iter().map(|known| known.as_str()).collect();
    let known =
        if known.is_empty() { "none".to_owned() } else { format!("only bars of {}", known.join(", ")) };
    let abstained = match outcome.verdicts {
        Some(_) => format!("; it abstained on {} of {entered} instruments", outcome.abstained()),
        None => String::new(),
    };
    format!(
        "{} asks for bars of {missing}, but at that instant {known} were known{abstained}: import some, \
         or set the layer to bars that there are",
        outcome.id
    )
}

fn no_references(outcome: &LayerOutcome) -> Option<String> {
    let unseen = &outcome.unseen;
    let named: Vec<&str> = unseen.iter().take(NAMED).map(String::as_str).collect();
    let dots = if unseen.len() > NAMED { ", …" } else { "" };
    let them = if unseen.len() == 1 { "its" } else { "their" };
    (!unseen.is_empty()).then(|| {
        format!(
            "{} looks at {}{dots} beside the universe, but saw no bar of that: import {them} bars",
            outcome.id,
            named.join(", ")
        )
    })
}

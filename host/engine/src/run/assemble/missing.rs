//! What layers asked for and the market did not have: bars of a timeframe, references, facts of a screen. Layers abstain
//! then, and whoever reads the result learns why.

use super::named;
use crate::error::EngineError;
use crate::plan::PlannedLayer;
use crate::run::stage::{Finished, LayerOutcome};
use crate::screening::SCREEN_LAYER;
use sluice_market::{Snapshot, Timeframe};
use sluice_runtime::text;

/// Longest name of a fact that a warning repeats, in bytes.
const SHOWN_BYTES: usize = 80;

/// One warning for each layer and timeframe without bars, one for the references that a layer did not see, and one for the
/// facts that a screen reads and no instrument has. Other layers make do with the facts that there are; whoever wrote a
/// screen named them.
///
/// # Errors
/// When the facts cannot be read.
pub(super) fn warnings(
    snapshot: &Snapshot,
    stage: &Finished,
    layers: &[PlannedLayer],
) -> Result<Vec<String>, EngineError> {
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
        if outcome.id == SCREEN_LAYER {
            warnings.extend(no_facts(snapshot, stage, outcome, &sight.needs.facts)?);
        }
    }
    Ok(warnings)
}

fn no_facts(
    snapshot: &Snapshot,
    stage: &Finished,
    outcome: &LayerOutcome,
    facts: &[String],
) -> Result<Option<String>, EngineError> {
    let all: Vec<usize> = (0..snapshot.instruments().len()).collect();
    let mut missing: Vec<&str> = Vec::new();
    for fact in facts {
        // in most scans one of those that were judged has it
        let has = |instruments: &[usize]| -> Result<bool, EngineError> {
            Ok(snapshot.facts(instruments, fact)?.iter().any(|value| !value.is_nan()))
        };
        if !has(&stage.input)? && !has(&all)? {
            missing.push(fact);
        }
    }
    let (noun, them) = if missing.len() == 1 { ("fact", "it") } else { ("facts", "them") };
    Ok((!missing.is_empty()).then(|| {
        let (id, names) = (&outcome.id, named(&missing, |fact| text::clean(fact, SHOWN_BYTES)));
        format!("{id} asks for the {noun} {names}, which no instrument has: import {them}")
    }))
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
    let them = if unseen.len() == 1 { "its" } else { "their" };
    (!unseen.is_empty()).then(|| {
        format!(
            "{} looks at {} beside the universe, but saw no bar of that: import {them} bars",
            outcome.id,
            named(unseen, String::clone)
        )
    })
}

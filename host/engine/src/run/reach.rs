//! How far every instrument of the universe came through the stages, what stopped it, and which stage tells why.

use super::stage::{Finished, LayerOutcome};
use crate::combine::{Stopped, stopped_by};
use crate::result::Reached;
use sluice_runtime::Outcome;
use sluice_store::Cause;
use std::collections::BTreeMap;

/// Of every instrument that came into a stage, by position in the snapshot.
pub(super) fn reached(finished: &[Finished]) -> Vec<Reached> {
    let mut all: BTreeMap<usize, Reached> = BTreeMap::new();
    for (place, stage) in (0_u8..).zip(finished) {
        let mut through = stage.survivors.clone();
        through.sort_unstable();
        for (row, (instrument, verdict)) in stage.input.iter().zip(&stage.combined).enumerate() {
            let own = all.entry(*instrument).or_insert_with(|| begun(*instrument));
            let is_through = through.binary_search(instrument).is_ok();
            let has_opinion = verdict.outcome != Outcome::Abstain;
            if is_through {
                own.level = place.saturating_add(1);
                if has_opinion {
                    (own.passed_by, own.passed_score) = (Some(place), verdict.score);
                }
            }
            // where branches meet, the first stage that stopped it is why it came no further
            if own.stopped.is_some() {
                continue;
            }
            if has_opinion {
                (own.told_by, own.score) = (Some(place), verdict.score);
            }
            if !is_through {
                own.stopped = Some(place);
                own.cause = match stopped_by(verdict, stage.gate) {
                    Stopped::Verdict => Cause::Verdict,
                    Stopped::NoOpinion if stage.layers.iter().any(|layer| faulted_on(layer, row)) => {
                        Cause::Fault
                    }
                    Stopped::NoOpinion => Cause::NoOpinion,
                    Stopped::Threshold => Cause::Threshold,
                    Stopped::MaxSymbols => Cause::MaxSymbols,
                };
                // its layers tell why they had no opinion
                if matches!(own.cause, Cause::Fault | Cause::NoOpinion) {
                    (own.told_by, own.score) = (Some(place), f64::NAN);
                }
            }
        }
    }
    for own in all.values_mut() {
        let last = own.level.checked_sub(1);
        own.passed_by = own.passed_by.or(last);
        own.told_by = own.told_by.or(own.stopped).or(last);
    }
    all.into_values().collect()
}

/// One that came nowhere yet.
fn begun(instrument: usize) -> Reached {
    Reached {
        instrument,
        level: 0,
        stopped: None,
        cause: Cause::Passed,
        told_by: None,
        score: f64::NAN,
        passed_by: None,
        passed_score: f64::NAN,
    }
}

/// Whether a layer has no opinion on a row of its input because it faulted.
fn faulted_on(layer: &LayerOutcome, row: usize) -> bool {
    match &layer.verdicts {
        Some(verdicts) => verdicts.errors.binary_search(&row).is_ok(),
        None => layer.fault.is_some(),
    }
}

//! How far every instrument of the universe came through the stages, and what stopped it.

use super::stage::{Finished, LayerOutcome};
use crate::combine::{Stopped, stopped_by};
use crate::result::Reached;
use sluice_store::Cause;
use std::collections::BTreeMap;

/// Of every instrument that came into a stage, by position in the snapshot.
pub(super) fn reached(finished: &[Finished]) -> Vec<Reached> {
    let mut all: BTreeMap<usize, Reached> = BTreeMap::new();
    for (place, stage) in (0_u8..).zip(finished) {
        let mut through = stage.survivors.clone();
        through.sort_unstable();
        for (row, (instrument, verdict)) in stage.input.iter().zip(&stage.combined).enumerate() {
            let begun = Reached {
                instrument: *instrument,
                level: 0,
                stopped: None,
                cause: Cause::Passed,
                score: f64::NAN,
            };
            let own = all.entry(*instrument).or_insert(begun);
            let is_through = through.binary_search(instrument).is_ok();
            if is_through {
                own.level = place.saturating_add(1);
            }
            // where branches meet, the first stage that stopped it is why it came no further
            if own.stopped.is_some() {
                continue;
            }
            own.score = verdict.score;
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
            }
        }
    }
    all.into_values().collect()
}

/// Whether a layer has no opinion on a row of its input because it faulted.
fn faulted_on(layer: &LayerOutcome, row: usize) -> bool {
    match &layer.verdicts {
        Some(verdicts) => verdicts.errors.binary_search(&row).is_ok(),
        None => layer.fault.is_some(),
    }
}

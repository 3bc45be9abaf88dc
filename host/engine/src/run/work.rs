//! One item of work: read a shard, call the layer, believe or refuse its answer.

use super::Inputs;
use super::stage::Running;
use crate::batch::{self, Reading};
use crate::error::EngineError;
use crate::validate::{Believed, validate};
use sluice_runtime::{CallFailure, CallUsage, LogLevel, LogLine};
use std::ops::Range;

/// A call to make.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Position of the stage in the plan.
    pub(super) stage: usize,
    /// Position of the layer within the stage.
    pub(super) layer: usize,
    /// Number of the shard.
    pub(super) shard: usize,
}

/// What a call brought.
pub(super) struct Part {
    /// The believed answer or the fault.
    pub(super) answer: Result<Believed, String>,
    /// What it cost; none when the layer was not called.
    pub(super) usage: Option<CallUsage>,
    /// Lines at warn and error level.
    pub(super) complaints: Vec<String>,
    /// Positions in the snapshot whose data was too old.
    pub(super) stale: Vec<usize>,
}

impl Part {
    /// The layer had already faulted, so it was not called.
    fn not_called() -> Self {
        Self { answer: Ok(Believed::default()), usage: None, complaints: Vec::new(), stale: Vec::new() }
    }
}

/// Makes the call, unless the layer has faulted in this scan: then its other answers are of no use.
pub(super) fn call(inputs: Inputs<'_>, running: &Running, item: Item) -> Result<Part, EngineError> {
    let (Some(layer), Some(range)) = (running.layer(inputs.plan, item.layer), running.shard(item)) else {
        return Ok(Part::not_called());
    };
    let sight = match &layer.sight {
        Ok(sight) if !running.has_faulted(item.layer) => sight,
        _ => return Ok(Part::not_called()),
    };
    let shard = running.input.get(range.clone()).unwrap_or_default();
    let reading = Reading::read(inputs.snapshot, sight, shard, running.max_age)?;
    let references = running.references(inputs, item.layer, sight)?;
    let beside = running.beside(sight, range);
    let venues = batch::venues(inputs.snapshot, sight);
    let batch = batch::batch(inputs.snapshot, sight, &venues, &reading, references, &beside);
    let called = layer.layer.scan(&batch, &layer.settings, layer.limits, inputs.cancel);
    let stale = reading.stale();
    match called {
        Ok(answer) => {
            let answer_of = |at: usize| symbol(inputs, shard, at);
            let believed = validate(answer.value, layer.layer.descriptor(), shard.len(), &answer_of)
                .map_err(|violation| format!("its answer is refused: {violation}"));
            Ok(Part {
                answer: believed,
                usage: Some(answer.usage),
                complaints: complaints(answer.log),
                stale,
            })
        }
        Err(error) if error.failure == CallFailure::Cancelled => Err(EngineError::Interrupted),
        Err(error) => {
            let fault = named(inputs, shard, &error.failure);
            Ok(Part {
                answer: Err(fault),
                usage: Some(error.usage),
                complaints: complaints(error.log),
                stale,
            })
        }
    }
}

/// The failure, with the symbol that the layer named.
fn named(inputs: Inputs<'_>, shard: &[usize], failure: &CallFailure) -> String {
    match failure {
        CallFailure::Fault { instrument: Some(at), .. } if (*at as usize) < shard.len() => {
            format!("{failure} (it names {})", symbol(inputs, shard, *at as usize))
        }
        other => other.to_string(),
    }
}

fn symbol<'a>(inputs: Inputs<'a>, shard: &[usize], at: usize) -> &'a str {
    let instrument = shard.get(at).and_then(|at| inputs.snapshot.instruments().get(*at));
    instrument.map_or("an instrument outside the shard", |instrument| instrument.symbol.as_str())
}

fn complaints(log: Vec<LogLine>) -> Vec<String> {
    log.into_iter().filter(|line| line.level >= LogLevel::Warn).map(|line| line.message).collect()
}

/// Rows of the input that a shard covers.
pub(super) type ShardRange = Range<usize>;

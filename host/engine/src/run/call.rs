//! One call: read what the layer sees of some instruments, ask it, believe or refuse its answer.

use super::Inputs;
use super::lookup::{Entries, Hits, look_up};
use super::stage::Running;
use crate::batch::{self, Reading, Told};
use crate::error::EngineError;
use crate::plan::{PlannedLayer, Sight};
use crate::validate::{Believed, Violation, validate};
use sluice_runtime::{CallFailure, CallUsage, Layer, LogLevel, LogLine, Report};

/// What asking a layer about some rows brought.
pub(super) struct Part {
    /// What was in the cache.
    pub(super) hits: Option<Hits>,
    /// The call on the other rows; none when there were no others.
    pub(super) made: Option<Made>,
    /// Positions in the snapshot whose data was too old.
    pub(super) stale: Vec<usize>,
}

/// What a call brought.
pub(super) struct Made {
    /// The rows of the stage's input that it was about.
    pub(super) rows: Vec<usize>,
    /// The believed answer or the fault.
    pub(super) answer: Result<Believed, Fault>,
    pub(super) expense: Expense,
    /// Lines at warn and error level.
    pub(super) complaints: Vec<String>,
    /// What of the answer may be kept.
    pub(super) entries: Entries,
}

impl Part {
    /// The fault of its call.
    pub(super) fn fault(&self) -> Option<&Fault> {
        self.made.as_ref().and_then(|made| made.answer.as_ref().err())
    }

    /// Whether there is an answer on some row.
    pub(super) fn has_answers(&self) -> bool {
        self.hits.is_some() || self.made.as_ref().is_some_and(|made| made.answer.is_ok())
    }
}

/// Why an answer is of no use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The whole text, on one line.
    pub(super) text: String,
    /// The row of the stage's input that it is about, when it names one.
    pub(super) row: Option<usize>,
}

/// What a call cost, for the record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expense {
    /// Instruments that it was asked about.
    pub(crate) instruments: usize,
    pub(crate) usage: CallUsage,
    pub(crate) faulted: bool,
}

/// A layer of the plan that is called.
#[derive(Clone, Copy)]
pub(super) struct Called<'a> {
    pub(super) planned: &'a PlannedLayer,
    pub(super) layer: &'a Layer,
    pub(super) sight: &'a Sight,
}

impl<'a> Called<'a> {
    /// None when it is not called in this scan.
    pub(super) fn new(planned: &'a PlannedLayer) -> Option<Self> {
        planned.called().map(|(layer, sight)| Self { planned, layer, sight })
    }
}

/// Asks a layer about some rows of the stage's input (ascending), as far as the cache does not know. `known_missing`: it
/// was looked up before that it does not.
///
/// # Errors
/// When the data cannot be read, or the scan was cancelled.
pub(super) fn ask(
    inputs: Inputs<'_>,
    running: &Running,
    at: usize,
    called: Called<'_>,
    rows: &[usize],
    known_missing: bool,
) -> Result<Part, EngineError> {
    let Some(cache) = inputs.cache.filter(|_| called.planned.may_be_cached) else {
        let (made, stale) = call(inputs, running, at, called, rows)?;
        return Ok(Part { hits: None, made: Some(made), stale });
    };
    let mut looked = look_up(inputs, cache, running, at, called, (rows, known_missing))?;
    let missing = looked.missing();
    // a layer that judges the market is asked although there is nothing in it
    let made = match missing.is_empty() && looked.hits.is_some() {
        true => None,
        false => {
            let (mut made, _) = call(inputs, running, at, called, &missing)?;
            if let Ok(answer) = &made.answer {
                made.entries = looked.entries(answer, &made.complaints);
            }
            Some(made)
        }
    };
    Ok(Part { hits: looked.hits.take(), made, stale: looked.stale })
}

/// Calls a layer; gives the positions in the snapshot whose data was too old beside what it brought.
fn call(
    inputs: Inputs<'_>,
    running: &Running,
    at: usize,
    Called { planned, layer, sight }: Called<'_>,
    rows: &[usize],
) -> Result<(Made, Vec<usize>), EngineError> {
    let shard = running.positions(rows);
    let reading = Reading::read(inputs.snapshot, sight, &shard, running.max_age)?;
    let references = running.references(inputs, at, sight)?;
    let told = Told::read(inputs.snapshot, sight, &shard)?;
    let upstream = running.upstream(sight, rows);
    let venues = batch::venues(inputs.snapshot, sight);
    let batch = batch::batch(inputs.snapshot, sight, &venues, &reading, references, &told, &upstream);
    let called = layer.scan(&batch, &planned.settings, planned.limits, inputs.cancel);
    let symbols = Symbols { inputs, shard: &shard };
    let (answer, usage, log) = match called {
        Ok(answer) => (believe(answer.value, layer, symbols, rows), answer.usage, answer.log),
        Err(error) if error.failure == CallFailure::Cancelled => return Err(EngineError::Interrupted),
        Err(error) => (Err(failed(&error.failure, symbols, rows)), error.usage, error.log),
    };
    let expense = Expense { instruments: shard.len(), usage, faulted: answer.is_err() };
    let (rows, complaints, entries) = (rows.to_vec(), complaints(log), Entries::new());
    Ok((Made { rows, answer, expense, complaints, entries }, reading.stale()))
}

fn believe(report: Report, layer: &Layer, symbols: Symbols<'_>, rows: &[usize]) -> Result<Believed, Fault> {
    let name = |at: usize| symbols.of(at);
    validate(report, layer.descriptor(), rows.len(), &name).map_err(|Violation { rule, instrument }| {
        let row = instrument.and_then(|at| rows.get(at).copied());
        Fault { text: format!("its answer is refused: {rule}"), row }
    })
}

/// The failure, with the symbol that the layer named.
fn failed(failure: &CallFailure, symbols: Symbols<'_>, rows: &[usize]) -> Fault {
    if let CallFailure::Fault { instrument: Some(at), .. } = failure
        && let Some(row) = rows.get(*at as usize)
    {
        let text = format!("{failure} (it names {})", symbols.of(*at as usize));
        return Fault { text, row: Some(*row) };
    }
    Fault { text: failure.to_string(), row: None }
}

/// Names of the instruments of a call.
#[derive(Clone, Copy)]
struct Symbols<'a> {
    inputs: Inputs<'a>,
    shard: &'a [usize],
}

impl<'a> Symbols<'a> {
    fn of(self, at: usize) -> &'a str {
        let instrument = self.shard.get(at).and_then(|at| self.inputs.snapshot.instruments().get(*at));
        instrument.map_or("an instrument outside the shard", |instrument| instrument.symbol.as_str())
    }
}

fn complaints(log: Vec<LogLine>) -> Vec<String> {
    log.into_iter().filter(|line| line.level >= LogLevel::Warn).map(|line| line.message).collect()
}

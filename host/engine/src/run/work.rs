//! The items of work that the threads of a scan take: a layer's shard, or the search for what made a layer fault.

use super::Inputs;
use super::call::{Called, Expense, Fault, Part, ask};
use super::isolate::{Budget, Ended, Found, isolate};
use super::lookup::Entries;
use super::stage::Running;
use crate::error::EngineError;
use crate::validate::Believed;
use sluice_runtime::Scope;

/// Something to do for a layer of a running stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Position of the stage in the plan.
    pub(super) stage: usize,
    /// Position of the layer within the stage.
    pub(super) layer: usize,
    pub(super) task: Task,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Call it with the shard of this number.
    Shard(usize),
    /// Find the instruments that made its calls fault.
    Isolate,
}

/// What an item brought.
pub(super) enum Done {
    /// A shard's answer; none when it was not called, because the layer is faulty on everything.
    Shard(Option<Box<Part>>),
    Isolated(Isolated),
}

/// What a search brought.
pub(super) struct Isolated {
    /// The answers and rows left out of all faulty shards; or why the layer is at fault.
    pub(super) found: Result<Found<Believed>, String>,
    pub(super) expenses: Vec<Expense>,
    pub(super) complaints: Vec<String>,
    /// What of the answers may be kept.
    pub(super) entries: Entries,
}

/// Does it.
///
/// # Errors
/// When the data cannot be read, or the scan was cancelled.
pub(super) fn work(inputs: Inputs<'_>, running: &Running, item: Item) -> Result<Done, EngineError> {
    let layer = running.layer(inputs.plan, item.layer).and_then(Called::new);
    match (item.task, layer) {
        (Task::Shard(shard), Some(layer)) if !running.is_hopeless(item.layer) => {
            let rows: Vec<usize> = running.shard(item.layer, shard).collect();
            ask(inputs, running, item.layer, layer, &rows, false)
                .map(|part| Done::Shard(Some(Box::new(part))))
        }
        (Task::Shard(_), _) => Ok(Done::Shard(None)),
        (Task::Isolate, Some(layer)) => search(inputs, running, item.layer, layer).map(Done::Isolated),
        (Task::Isolate, None) => Ok(Done::Isolated(Isolated {
            found: Err("it is not part of the plan".to_owned()),
            expenses: Vec::new(),
            complaints: Vec::new(),
            entries: Entries::new(),
        })),
    }
}

/// Looks into the layer's faulty shards, in their order.
fn search(
    inputs: Inputs<'_>,
    running: &Running,
    at: usize,
    layer: Called<'_>,
) -> Result<Isolated, EngineError> {
    let (mut expenses, mut complaints, mut entries) = (Vec::new(), Vec::new(), Entries::new());
    // a row of a shard that faulted is not in the cache, but all rows but one of a cross-section may be
    let known_missing = layer.layer.descriptor().scope == Scope::PerInstrument;
    let mut ask = |rows: &[usize]| {
        let Part { hits, made, .. } = ask(inputs, running, at, layer, rows, known_missing)?;
        let Some(made) = made else {
            let hits = hits.ok_or_else(|| EngineError::Worker("a call brought nothing".to_owned()))?;
            complaints.extend(hits.complaints);
            return Ok(Ok(hits.answer));
        };
        expenses.push(made.expense);
        complaints.extend(made.complaints);
        entries.extend(made.entries);
        Ok(made.answer)
    };
    let faulty = running.faulty_shards(at);
    let found = match layer.layer.descriptor().scope {
        Scope::PerInstrument => divide(faulty, running.has_answers(at), &mut ask)?,
        Scope::CrossSection => without_named(faulty, &mut ask)?,
        // no instrument is behind a fault of a layer that sees the market only
        Scope::Market => Err(String::new()),
    };
    Ok(Isolated { found, expenses, complaints, entries })
}

type Ask<'a> = dyn FnMut(&[usize]) -> Result<Result<Believed, Fault>, EngineError> + 'a;

fn divide(
    faulty: Vec<(Vec<usize>, Fault)>,
    answered: bool,
    mut ask: &mut Ask<'_>,
) -> Result<Result<Found<Believed>, String>, EngineError> {
    let mut budget = Budget::new(answered);
    let mut all = Found { answers: Vec::new(), left_out: Vec::new() };
    for (rows, fault) in faulty {
        match isolate(rows, fault, &mut budget, &mut ask)? {
            Ended::Found(found) => {
                all.answers.extend(found.answers);
                all.left_out.extend(found.left_out);
            }
            Ended::GivenUp(why) => return Ok(Err(why)),
        }
    }
    Ok(if all.answers.is_empty() && !answered { Err(String::new()) } else { Ok(all) })
}

/// A layer that compares instruments is not divided: it is asked once more, without the one that it named.
fn without_named(
    faulty: Vec<(Vec<usize>, Fault)>,
    ask: &mut Ask<'_>,
) -> Result<Result<Found<Believed>, String>, EngineError> {
    let mut all = Found { answers: Vec::new(), left_out: Vec::new() };
    for (mut rows, fault) in faulty {
        let Some(named) = fault.row.and_then(|row| rows.iter().position(|known| *known == row)) else {
            return Ok(Err(String::new()));
        };
        let row = rows.remove(named);
        all.left_out.push((row, fault));
        if rows.is_empty() {
            return Ok(Err(String::new()));
        }
        match ask(&rows)? {
            Ok(believed) => all.answers.push((rows, believed)),
            Err(again) => return Ok(Err(format!("without that instrument, too: {}", again.text))),
        }
    }
    Ok(Ok(all))
}

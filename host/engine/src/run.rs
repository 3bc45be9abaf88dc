//! Runs a plan on a snapshot: every (layer, shard) is one item of work, taken by whichever thread is free.
//!
//! A stage starts as soon as the stages that it needs are done; its layers' shards are interleaved, so that its
//! layers run concurrently. Nothing in the result depends on the number of threads or on who finished first.

mod assemble;
mod board;
mod call;
mod isolate;
mod stage;
mod work;

use crate::error::EngineError;
use crate::plan::Plan;
use crate::result::ScanResult;
use crate::risk::{self, Asked};
use board::Board;
pub(crate) use call::Expense;
use sluice_market::Snapshot;
use sluice_runtime::{CALL_STACK_BYTES, Cancel};

/// Sees a scan go on. Called from the scan's threads.
pub trait Observer: Sync {
    /// A stage starts with so many instruments and calls.
    fn stage_started(&self, number: &str, name: &str, instruments: usize, calls: usize);
    /// One of its calls is done.
    fn call_done(&self, name: &str);
    /// It is done and let so many through.
    fn stage_done(&self, name: &str, out: usize);
}

/// Sees nothing.
pub struct Silent;

impl Observer for Silent {
    fn stage_started(&self, _: &str, _: &str, _: usize, _: usize) {}
    fn call_done(&self, _: &str) {}
    fn stage_done(&self, _: &str, _: usize) {}
}

/// What a run works on.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) cancel: &'a Cancel,
    pub(crate) observer: &'a dyn Observer,
}

/// Runs the plan over `universe` (ascending positions in the snapshot) with so many threads.
///
/// # Errors
/// When the data cannot be read, or the scan was cancelled. A layer that fails is no error but makes the result
/// partial.
pub fn run(
    plan: &Plan,
    snapshot: &Snapshot,
    universe: Vec<usize>,
    workers: usize,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<ScanResult, EngineError> {
    let inputs = Inputs { plan, snapshot, cancel, observer };
    let board = Board::new(inputs, universe);
    with_threads(workers, || board.work())?;
    let finished = board.finish()?;
    let mut result = assemble::result(inputs, finished);
    add_risk(&mut result, plan, snapshot)?;
    Ok(result)
}

/// The risk figures of the alerts that are shown, in the printed result and in what is stored.
fn add_risk(result: &mut ScanResult, plan: &Plan, snapshot: &Snapshot) -> Result<(), EngineError> {
    let asked: Vec<Asked> = result
        .alerts
        .iter()
        .map(|alert| Asked {
            instrument: alert.instrument.unwrap_or(usize::MAX),
            // the market as a whole is no trade
            side: alert.side.filter(|_| alert.instrument.is_some()),
            entry: alert.entry,
            stop: alert.stop,
            target: alert.target,
        })
        .collect();
    let risks = risk::assess(&plan.account, snapshot, &asked)?;
    for (alert, risk) in result.alerts.iter_mut().zip(risks) {
        if let Some(raised) = result.details.alerts.get_mut(alert.position) {
            raised.risk.clone_from(&risk);
        }
        alert.risk = risk;
    }
    Ok(())
}

/// Does the work on so many threads at once. All of them are new ones with the stack that calls need: what the caller's
/// own has left nobody knows.
fn with_threads(count: usize, work: impl Fn() + Sync) -> Result<(), EngineError> {
    let work = &work;
    std::thread::scope(|scope| {
        for number in 0..count.max(1) {
            let thread = std::thread::Builder::new().name("sluice-scan".into()).stack_size(CALL_STACK_BYTES);
            match thread.spawn_scoped(scope, work) {
                Ok(_) => {}
                // fewer of them do the same, only later
                Err(error) if number > 0 => tracing::warn!("only {number} threads for the scan: {error}"),
                Err(error) => return Err(EngineError::Worker(format!("it has no thread: {error}"))),
            }
        }
        Ok(())
    })
}

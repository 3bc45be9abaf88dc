//! Runs a plan on a snapshot: every (layer, shard) is one item of work, taken by whichever thread is free.
//!
//! A stage starts as soon as the stages that it needs are done; its layers' shards are interleaved, so that its
//! layers run concurrently. Nothing in the result depends on the number of threads or on who finished first.

mod assemble;
mod board;
mod call;
mod explain;
mod isolate;
mod lookup;
mod reach;
mod stage;
mod work;

use crate::cache::{Fresh, Learnt, ScanCache, VerdictCache};
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
    /// Answers that are kept from scan to scan; none: every layer is asked.
    pub(crate) cache: Option<&'a ScanCache<'a>>,
    /// Position in the snapshot of an instrument whose way is to be explained.
    pub(crate) explain: Option<usize>,
}

/// What goes with a run.
#[derive(Clone, Copy)]
pub(crate) struct Conditions<'a> {
    pub(crate) workers: usize,
    pub(crate) cancel: &'a Cancel,
    pub(crate) observer: &'a dyn Observer,
    pub(crate) cache: Option<&'a VerdictCache>,
    pub(crate) explain: Option<usize>,
}

/// Runs the plan over `universe` (ascending positions in the snapshot) with so many threads, and asks every layer.
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
    let conditions = Conditions { workers, cancel, observer, cache: None, explain: None };
    run_learning(plan, snapshot, universe, conditions).map(|(result, _)| result)
}

/// The same with a cache: layers are asked only about what is not in it, and what they say is put there.
///
/// # Errors
/// As [`run`].
pub fn run_cached(
    plan: &Plan,
    snapshot: &Snapshot,
    universe: Vec<usize>,
    workers: usize,
    (cancel, observer): (&Cancel, &dyn Observer),
    cache: &VerdictCache,
) -> Result<ScanResult, EngineError> {
    let conditions = Conditions { workers, cancel, observer, cache: Some(cache), explain: None };
    let (result, learnt) = run_learning(plan, snapshot, universe, conditions)?;
    cache.keep(learnt);
    Ok(result)
}

/// The same, but what is to be kept is given back.
pub(crate) fn run_learning(
    plan: &Plan,
    snapshot: &Snapshot,
    universe: Vec<usize>,
    conditions: Conditions<'_>,
) -> Result<(ScanResult, Learnt), EngineError> {
    let Conditions { workers, cancel, observer, cache, explain } = conditions;
    let cache = cache.map(|cache| ScanCache::new(cache, snapshot));
    let inputs = Inputs { plan, snapshot, cancel, observer, cache: cache.as_ref(), explain };
    let (result, pages) = run_on(inputs, universe, workers)?;
    Ok((result, cache.map(|cache| cache.learnt(pages)).unwrap_or_default()))
}

fn run_on(
    inputs: Inputs<'_>,
    universe: Vec<usize>,
    workers: usize,
) -> Result<(ScanResult, Vec<Fresh>), EngineError> {
    let board = Board::new(inputs, universe);
    with_threads(workers, || board.work())?;
    let mut finished = board.finish()?;
    let layers = finished.iter_mut().flat_map(|stage| &mut stage.layers);
    let fresh = layers.filter_map(|layer| layer.fresh.take()).collect();
    let mut result = assemble::result(inputs, finished)?;
    add_risk(&mut result, inputs.plan, inputs.snapshot)?;
    Ok((result, fresh))
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

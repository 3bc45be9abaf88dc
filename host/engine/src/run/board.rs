//! The state that the threads of a scan share: items to do, stages in progress, what is done.

use super::Inputs;
use super::stage::{self, Finished, Next, Running};
use super::work::{Done, Item, Task, work};
use crate::error::EngineError;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Shared by reference between the threads.
pub(super) struct Board<'a> {
    inputs: Inputs<'a>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    queue: VecDeque<Item>,
    stages: Vec<Stage>,
    error: Option<EngineError>,
}

enum Stage {
    Waiting,
    Running(Arc<Running>),
    Done(Arc<Finished>),
}

impl<'a> Board<'a> {
    /// Starts with the stages that need no other.
    pub(super) fn new(inputs: Inputs<'a>, universe: Vec<usize>) -> Self {
        let stages = inputs.plan.stages.iter().map(|_| Stage::Waiting).collect();
        let board = Self {
            inputs,
            state: Mutex::new(State { queue: VecDeque::new(), stages, error: None }),
            changed: Condvar::new(),
        };
        let universe = Arc::new(universe);
        for (at, stage) in inputs.plan.stages.iter().enumerate() {
            if stage.after.is_empty() {
                board.start(at, universe.clone(), &[], &[]);
            }
        }
        board
    }

    /// Takes items until there are none left and none can come.
    pub(super) fn work(&self) {
        while let Some((item, running)) = self.next() {
            let done = work(self.inputs, &running, item);
            self.deposit(&running, item, done);
        }
    }

    /// Every stage's outcome, in the order of the plan.
    pub(super) fn finish(self) -> Result<Vec<Finished>, EngineError> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if self.inputs.cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        if let Some(error) = state.error {
            return Err(error);
        }
        state
            .stages
            .into_iter()
            .zip(&self.inputs.plan.stages)
            .map(|(stage, planned)| {
                match stage {
                    Stage::Done(finished) => Arc::into_inner(finished),
                    Stage::Waiting | Stage::Running(_) => None,
                }
                .ok_or_else(|| EngineError::Worker(format!("stage {} never ended", planned.config.name)))
            })
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<(Item, Arc<Running>)> {
        let mut state = self.lock();
        loop {
            if state.error.is_some() || self.inputs.cancel.is_cancelled() {
                return None;
            }
            if let Some(item) = state.queue.pop_front() {
                if let Some(Stage::Running(running)) = state.stages.get(item.stage) {
                    return Some((item, running.clone()));
                }
                continue;
            }
            if state.stages.iter().all(|stage| matches!(stage, Stage::Done(_))) {
                return None;
            }
            // woken by every deposit; the epoch stops calls that run, so a cancelled scan wakes everybody soon
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn deposit(&self, running: &Arc<Running>, item: Item, done: Result<Done, EngineError>) {
        if let Task::Shard(_) = item.task {
            self.inputs.observer.call_done(&running.name);
        }
        match done.map(|done| running.deposit(item, done)) {
            Ok(Next::Wait) => {}
            Ok(Next::Search(searches)) => self.lock().queue.extend(searches),
            Ok(Next::End) => self.end(item.stage, running),
            Err(error) => {
                self.lock().error.get_or_insert(error);
            }
        }
        self.changed.notify_all();
    }

    /// The stage's last part is in: combine, and start what waited for it.
    fn end(&self, stage: usize, running: &Running) {
        let finished = Arc::new(stage::finish(self.inputs, stage, running));
        self.inputs.observer.stage_done(&running.name, finished.survivors.len());
        let ready = {
            let mut state = self.lock();
            if let Some(slot) = state.stages.get_mut(stage) {
                *slot = Stage::Done(finished);
            }
            self.ready(&state)
        };
        for (stage, sources) in ready {
            let input = Arc::new(stage::common(&sources));
            let done = self.done();
            self.start(stage, input, &sources, &done);
        }
        self.changed.notify_all();
    }

    /// Waiting stages whose sources are all done, with those sources. The caller starts them: it ended the last.
    fn ready(&self, state: &State) -> Vec<(usize, Vec<Arc<Finished>>)> {
        let source = |at: &usize| match state.stages.get(*at) {
            Some(Stage::Done(finished)) => Some(finished.clone()),
            _ => None,
        };
        let sources = |after: &[usize]| after.iter().map(source).collect::<Option<Vec<_>>>();
        self.inputs
            .plan
            .stages
            .iter()
            .enumerate()
            .filter(|(at, stage)| {
                matches!(state.stages.get(*at), Some(Stage::Waiting)) && !stage.after.is_empty()
            })
            .filter_map(|(at, stage)| sources(&stage.after).map(|sources| (at, sources)))
            .collect()
    }

    fn done(&self) -> Vec<Arc<Finished>> {
        let done = |stage: &Stage| match stage {
            Stage::Done(finished) => Some(finished.clone()),
            _ => None,
        };
        self.lock().stages.iter().filter_map(done).collect()
    }

    /// Starts a stage behind its sources, when these stages are done.
    fn start(&self, stage: usize, input: Arc<Vec<usize>>, sources: &[Arc<Finished>], done: &[Arc<Finished>]) {
        let Some(planned) = self.inputs.plan.stages.get(stage) else { return };
        let (running, items) = Running::new(self.inputs, stage, input, sources, done);
        let running = Arc::new(running);
        let calls = items.len();
        {
            let mut state = self.lock();
            // two ends at the same moment may both find the stage ready; only the first starts it
            match state.stages.get_mut(stage) {
                Some(slot @ Stage::Waiting) => *slot = Stage::Running(running.clone()),
                _ => return,
            }
            state.queue.extend(items);
        }
        let config = &planned.config;
        self.inputs.observer.stage_started(
            &config.number.to_string(),
            &config.name,
            running.input.len(),
            calls,
        );
        if calls == 0 {
            self.end(stage, &running);
        }
        self.changed.notify_all();
    }
}

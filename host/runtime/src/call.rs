//! One call of a layer: a fresh store, everything armed, and afterwards the exact reason why it ended.

use crate::error::{CallError, CallFailure};
use crate::limiter::MemoryMeter;
use crate::limits::Limits;
use crate::log::{CallLog, LogLevel, LogLine};
use crate::runtime::Runtime;
use crate::since_v0_1::Fault;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmtime::{Store, Trap, UpdateDeadline};

/// Longest fault message kept, in bytes.
const FAULT_BYTES: usize = 500;
/// Look at the deadlines again after so many ticks.
const TICKS: u64 = 1;

/// Stops running calls from outside, within a tick. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Nothing is cancelled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops every call that was given this or a clone of it.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Cancel::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a call used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallUsage {
    /// Fuel, comparable only within one version of wasmtime.
    pub fuel: u64,
    /// Wall time.
    pub wall: Duration,
    /// Peak of all linear memories and tables, summed, in bytes.
    pub peak_memory_bytes: usize,
}

/// What a call brought.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// The answer itself.
    pub value: T,
    /// What it cost.
    pub usage: CallUsage,
    /// What the layer logged.
    pub log: Vec<LogLine>,
}

/// Why the host stopped a call that was still running.
#[derive(Debug, Clone, Copy)]
enum Stop {
    Wall(Duration),
    Cancelled,
}

/// The host's side of one call.
pub(crate) struct CallState {
    label: Arc<str>,
    limits: Limits,
    memory: MemoryMeter,
    log: CallLog,
    sink: Option<Arc<dyn crate::LogSink>>,
    started: Instant,
    cancel: Option<Cancel>,
    stop: Option<Stop>,
}

impl CallState {
    /// A line from the layer.
    pub(crate) fn log(&mut self, level: LogLevel, message: &str) {
        if let (Some(line), Some(sink)) = (self.log.push(level, message, &self.limits), &self.sink) {
            sink.line(&self.label, level, line);
        }
    }

    fn at_tick(&mut self) -> UpdateDeadline {
        let ran = self.started.elapsed();
        if self.cancel.as_ref().is_some_and(Cancel::is_cancelled) {
            self.stop = Some(Stop::Cancelled);
        } else if ran > self.limits.wall {
            self.stop = Some(Stop::Wall(ran));
        }
        match self.stop {
            Some(_) => UpdateDeadline::Interrupt,
            None => UpdateDeadline::Continue(TICKS),
        }
    }
}

/// Where and how a call happens.
pub(crate) struct CallSite<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) label: Arc<str>,
    pub(crate) limits: Limits,
    pub(crate) cancel: Option<Cancel>,
}

impl CallSite<'_> {
    /// Runs `call` in a store of its own, which is dropped afterwards: after a trap it could not be entered
    /// again, and an answer must not depend on what came before it.
    pub(crate) fn run<T>(
        &self,
        call: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<Result<T, Fault>>,
    ) -> Result<Answer<T>, Box<CallError>> {
        let _slot = self.runtime.slots().take();
        let mut store = self.store();
        let result = match self.arm(&mut store) {
            Ok(()) => call(&mut store),
            Err(error) => Err(error),
        };
        let usage = self.usage(&store);
        let state = store.into_data();
        let failure = match result {
            Ok(Ok(value)) => return Ok(Answer { value, usage, log: state.log.into_lines(&self.limits) }),
            Ok(Err(fault)) => CallFailure::Fault {
                message: crate::text::line(&fault.message, FAULT_BYTES),
                instrument: fault.instrument,
            },
            Err(error) => self.why(&state, &error),
        };
        let log = state.log.into_lines(&self.limits);
        Err(Box::new(CallError { layer: self.label.to_string(), failure, usage, log }))
    }

    fn store(&self) -> Store<CallState> {
        let state = CallState {
            label: self.label.clone(),
            limits: self.limits,
            memory: MemoryMeter::new(self.limits.memory_bytes),
            log: CallLog::default(),
            sink: self.runtime.sink(),
            started: Instant::now(),
            cancel: self.cancel.clone(),
            stop: None,
        };
        Store::new(self.runtime.engine(), state)
    }

    /// Everything that bounds the call is in place before the instance exists: a start function runs there.
    fn arm(&self, store: &mut Store<CallState>) -> wasmtime::Result<()> {
        store.limiter(|state| &mut state.memory);
        store.set_fuel(self.limits.fuel)?;
        store.set_hostcall_fuel(self.limits.report_bytes);
        store.epoch_deadline_callback(|mut context| Ok(context.data_mut().at_tick()));
        store.set_epoch_deadline(TICKS);
        Ok(())
    }

    fn usage(&self, store: &Store<CallState>) -> CallUsage {
        let left = store.get_fuel().unwrap_or(0);
        let state = store.data();
        CallUsage {
            fuel: self.limits.fuel.saturating_sub(left),
            wall: state.started.elapsed(),
            peak_memory_bytes: state.memory.peak(),
        }
    }

    fn why(&self, state: &CallState, error: &wasmtime::Error) -> CallFailure {
        match state.stop {
            Some(Stop::Cancelled) => return CallFailure::Cancelled,
            Some(Stop::Wall(actual)) => return CallFailure::Wall { limit: self.limits.wall, actual },
            None => {}
        }
        let trap = error.downcast_ref::<Trap>();
        if trap == Some(&Trap::OutOfFuel) {
            return CallFailure::Fuel { limit: self.limits.fuel };
        }
        if let Some(wanted) = state.memory.refused() {
            return CallFailure::Memory { limit: self.limits.memory_bytes, wanted };
        }
        match (trap, state.log.last_error()) {
            (Some(Trap::UnreachableCodeReached), Some(message)) => {
                CallFailure::Panic { message: message.to_owned() }
            }
            (Some(trap), _) => CallFailure::Trap { trap: trap.to_string() },
            (None, _) => CallFailure::Unreadable {
                limit: self.limits.report_bytes,
                detail: crate::text::line(&format!("{error:#}"), FAULT_BYTES),
            },
        }
    }
}

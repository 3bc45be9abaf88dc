//! One call of a layer: a fresh store, everything armed, and afterwards the exact reason why it ended.

use crate::engine::{LaneKey, MOST_TABLE_ELEMENTS};
use crate::error::{CallError, CallFailure};
use crate::limiter::{MemoryMeter, Refused};
use crate::limits::Limits;
use crate::log::{CallLog, LogLevel, LogLine};
use crate::runtime::{Lane, Runtime};
use crate::since_v0_1::Fault;
use crate::stack::with_call_stack;
use crate::{text, trap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmtime::{Store, StoreContextMut, Trap, UpdateDeadline};

/// Longest fault message kept, in bytes.
const FAULT_BYTES: usize = 500;
/// Look at the deadlines again after so many ticks.
const TICKS: u64 = 1;
/// Fuel for a log line, and for each of its bytes: what the host does for it costs about as much time as so many
/// instructions. Without this a flood of huge lines would be stopped by the clock only, on each machine elsewhere.
const FUEL_PER_LINE: u64 = 500;
const FUEL_PER_LOGGED_BYTE: u64 = 4;

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
    limits: Limits,
    memory: MemoryMeter,
    log: CallLog,
    /// Whether the instance is there, so that one of its functions runs.
    started: bool,
    began: Instant,
    cancel: Option<Cancel>,
    stop: Option<Stop>,
}

impl CallState {
    /// The instance was made.
    pub(crate) fn has_started(&mut self) {
        self.started = true;
    }

    /// What of a log line is kept.
    pub(crate) fn beginning<'a>(&self, line: &'a str) -> &'a str {
        text::cut(line, self.limits.log_line_bytes)
    }

    /// A line from the layer.
    pub(crate) fn log(&mut self, level: LogLevel, message: &str) {
        self.log.push(level, message, &self.limits);
    }

    fn at_tick(&mut self) -> UpdateDeadline {
        let ran = self.began.elapsed();
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

/// Takes the fuel for a log line of so many bytes.
///
/// # Errors
/// The trap of a call without fuel, when there is too little left.
pub(crate) fn charge_line(store: &mut StoreContextMut<'_, CallState>, bytes: usize) -> wasmtime::Result<()> {
    let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
    let price = bytes.saturating_mul(FUEL_PER_LOGGED_BYTE).saturating_add(FUEL_PER_LINE);
    match store.get_fuel()?.checked_sub(price) {
        Some(left) => store.set_fuel(left),
        None => {
            store.set_fuel(0)?;
            Err(Trap::OutOfFuel.into())
        }
    }
}

/// Where and how a call happens.
pub(crate) struct CallSite<'a> {
    pub(crate) runtime: &'a Runtime,
    pub(crate) lane: &'a Lane,
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
        if LaneKey::of(&self.limits) != self.lane.key {
            return Err(self.other_lane());
        }
        let slot = self.runtime.slots().take();
        let mut store = self.store();
        let result = match self.arm(&mut store) {
            Ok(()) => call(&mut store),
            Err(error) => Err(error),
        };
        let usage = self.usage(&store);
        let state = store.into_data();
        drop(slot);
        self.tell(&state.log);
        let failure = match result {
            Ok(Ok(value)) => return Ok(Answer { value, usage, log: state.log.into_lines(&self.limits) }),
            Ok(Err(fault)) => CallFailure::Fault {
                message: text::line(&fault.message, FAULT_BYTES),
                instrument: fault.instrument,
            },
            Err(error) => self.why(&state, &error),
        };
        let (layer, at_start) = (self.label.to_string(), !state.started);
        let log = state.log.into_lines(&self.limits);
        Err(Box::new(CallError { layer, at_start, failure, usage, log }))
    }

    /// The same from any thread, on a stack of its own.
    pub(crate) fn run_apart<T: Send>(
        &self,
        call: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<Result<T, Fault>> + Send,
    ) -> Result<Answer<T>, Box<CallError>> {
        with_call_stack(|| self.run(call)).unwrap_or_else(|error| {
            let detail = format!("no thread to call it on: {error}");
            Err(self.not_called(CallFailure::Instance { detail }))
        })
    }

    fn other_lane(&self) -> Box<CallError> {
        self.not_called(CallFailure::Compiled {
            stack_bytes: self.lane.key.stack_bytes(),
            strict: self.lane.key.strict(),
        })
    }

    fn not_called(&self, failure: CallFailure) -> Box<CallError> {
        let (layer, usage) = (self.label.to_string(), CallUsage::default());
        Box::new(CallError { layer, at_start: false, failure, usage, log: Vec::new() })
    }

    /// Hands the log on, now that nothing can be held up by its reader.
    fn tell(&self, log: &CallLog) {
        if let Some(sink) = self.runtime.sink() {
            for line in log.lines() {
                sink.line(&self.label, line.level, &line.message);
            }
        }
    }

    fn store(&self) -> Store<CallState> {
        let state = CallState {
            limits: self.limits,
            memory: MemoryMeter::new(self.limits.memory_bytes),
            log: CallLog::default(),
            started: false,
            began: Instant::now(),
            cancel: self.cancel.clone(),
            stop: None,
        };
        Store::new(&self.lane.engine, state)
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
            wall: state.began.elapsed(),
            peak_memory_bytes: state.memory.peak(),
        }
    }

    fn why(&self, state: &CallState, error: &wasmtime::Error) -> CallFailure {
        match state.stop {
            Some(Stop::Cancelled) => return CallFailure::Cancelled,
            Some(Stop::Wall(actual)) => return CallFailure::Wall { limit: self.limits.wall, actual },
            None => {}
        }
        let trap = error.downcast_ref::<Trap>().copied();
        match trap {
            Some(Trap::OutOfFuel) => return CallFailure::Fuel { limit: self.limits.fuel },
            Some(Trap::StackOverflow) => {
                return CallFailure::Stack { limit: self.lane.key.stack_bytes() };
            }
            _ => {}
        }
        match state.memory.refused() {
            Some(Refused::Bytes(wanted)) => {
                return CallFailure::Memory { limit: self.limits.memory_bytes, wanted };
            }
            Some(Refused::Elements(wanted)) => {
                return CallFailure::Table { limit: MOST_TABLE_ELEMENTS, wanted };
            }
            None => {}
        }
        let detail = || text::line(&format!("{error:#}"), FAULT_BYTES);
        match (trap, state.log.last_error()) {
            (Some(Trap::UnreachableCodeReached), Some(message)) => {
                CallFailure::Panic { message: message.to_owned() }
            }
            (Some(trap), _) => CallFailure::Trap { trap: trap::sentence(trap) },
            (None, _) if !state.started => CallFailure::Instance { detail: detail() },
            (None, _) => CallFailure::Unreadable { limit: self.limits.report_bytes, detail: detail() },
        }
    }
}

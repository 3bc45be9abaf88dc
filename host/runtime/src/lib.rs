//! The sandbox: checks, compiles, caches and calls layers.
//!
//! A layer is a WebAssembly component that a stranger may have written. This room turns its bytes into a
//! [`Layer`] that the host can call, and makes sure that loading it costs no more than its [`LoadLimits`] and no call
//! more than its [`Limits`]. The files stand in the order of that way: [`check`](inspect) the bytes, compile them or
//! take them from the private cache, ask the layer who it is, then call it: each call in a fresh store with fuel, a
//! deadline, a memory sum and caps.
//!
//! Stack and strict arithmetic belong to an engine, not to a call. Hence there is a lane (`runtime/lane.rs`) for each
//! pair of them that is in use, nearly always one; a layer keeps the lane that it was loaded for.
//!
//! The room knows nothing of markets, pipelines or databases. It believes a layer nothing but the shape of its
//! data: whether a report makes sense is the caller's matter.

mod cache;
mod call;
mod check;
mod compile;
mod engine;
mod error;
mod examine;
mod layer;
mod limiter;
mod limits;
mod log;
mod model;
mod private;
mod runtime;
mod since_v0_1;
mod stack;
mod ticker;
mod trap;

pub use cache::CacheOutcome;
pub use call::{Answer, CallUsage, Cancel};
pub use check::{API_VERSIONS, ApiVersion, inspect};
pub use engine::Allocation;
pub use error::{CallError, CallFailure, LoadError};
pub use examine::{Examined, Refused};
pub use layer::Layer;
pub use limits::{Limits, LoadLimits, MOST_COMPONENT_BYTES, MOST_STACK_BYTES, STACK_STEP_BYTES};
pub use log::{LogLevel, LogLine, LogSink};
pub use model::{
    Alert, Bars, BarsNeed, Batch, Column, Descriptor, Event, EventNeed, Instrument, Measure, Needs, Outcome,
    Parameter, Quote, Report, Scope, Session, Setting, SettingFault, Severity, Side, Universe, Upstream,
    Value, Venue,
};
pub use private::private_folder;
pub use runtime::{Runtime, RuntimeError, RuntimeOptions, WASMTIME_VERSION};
pub use sluice_text as text;
pub use stack::CALL_STACK_BYTES;

//! Write a layer for Sluice: a struct with its settings, a trait, one line that makes a component of it.
//!
//! ```
#![doc = include_str!("../examples/first.rs")]
//! # fn main() {}
//! ```
//!
//! This room knows the contract (`wit/layer.wit`) and hides it: views instead of offsets ([`Instrument`], [`Bars`]),
//! verdicts instead of columns ([`Verdict`], [`Report`]), one declaration per setting ([`settings!`]). A layer sees
//! nothing but its batch and its settings, and may call nothing but [`log`]. Tests run natively, see [`testkit`].
//!
//! Build for `wasm32-unknown-unknown` as `cdylib` with the profile `layer`.

pub mod indicators;
pub mod kind;
pub mod log;
pub mod score;
pub mod setting;
#[cfg(not(target_arch = "wasm32"))]
pub mod testkit;

#[doc(hidden)]
pub mod bindings;
#[doc(hidden)]
pub mod guest;

mod about;
mod alert;
mod bars;
mod batch;
mod by_clock;
mod column;
mod event;
mod layer;
mod needs;
mod report;
mod venue;
mod verdict;

pub use about::{About, Scope};
pub use alert::{Alert, Severity, Side};
pub use bars::Bars;
pub use batch::{Batch, Instrument};
pub use by_clock::{ByClock, Part, Step};
pub use event::{Event, Quote};
pub use layer::Layer;
pub use needs::{BarsNeed, Needs};
pub use report::{Fault, Report};
pub use setting::{SettingFault, Settings};
pub use venue::{Session, Venue};
pub use verdict::{Outcome, Verdict};

/// Milliseconds since the Unix epoch, UTC.
pub type Instant = i64;

/// What nearly every layer uses.
pub mod prelude {
    pub use crate::{
        About, Alert, BarsNeed, Batch, Fault, Instrument, Layer, Needs, Outcome, Report, Scope, SettingFault,
        Severity, Side, Verdict, choice, export, log, score, settings,
    };
}

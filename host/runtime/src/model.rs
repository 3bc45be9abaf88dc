//! What crosses the boundary, in the host's own types: one set for every version of the contract.
//!
//! Going in, everything is borrowed, so that columns are copied once, from the caller's buffer into the layer's
//! memory. Coming out, everything is owned and still unbelieved. Units and meanings are those of `wit/layer.wit`.
//!
//! ```text
//! descriptor   what a layer is, its settings, and what it needs
//! batch        what goes in
//! report       what comes out
//! ```

mod batch;
mod descriptor;
mod report;

pub use batch::{Bars, Batch, Column, Event, Instrument, Quote, Session, Universe, Upstream, Venue};
pub use descriptor::{
    BarsNeed, Descriptor, EventNeed, Measure, Needs, Parameter, Scope, Setting, SettingFault, Value,
};
pub use report::{Alert, Outcome, Report, Severity, Side};

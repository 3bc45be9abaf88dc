//! From a layer's source to a component, for `cargo xtask` and for authors.
//!
//! Three steps, one module each: [`find_toolchain`] finds a Rust that can build for [`GUEST_TARGET`],
//! [`build_layers`] compiles layers to core modules with it, [`wrap`] makes a component of such a module;
//! [`write_if_changed`] stores it so that nothing downstream is rebuilt for equal bytes.
//! An author goes that way with a [`LayerCrate`], which [`scaffold`] makes.
//! This room runs `cargo`, `rustc`, `rustup` and `apt-get`, and writes below the target folder that it is given.
//! It knows nothing of the host: whether a component is a good layer is judged by who loads it. It prints nothing;
//! whoever calls hands in a sink for [`Progress`].

mod compile;
mod crate_of_layer;
mod error;
mod machine;
mod publish;
mod rustc;
mod scaffold;
mod toolchain;
mod wrap;

pub use compile::{LAYER_PROFILE, ModulePath, Request, Selection, build_layers};
pub use crate_of_layer::{LayerCrate, LayerFile};
pub use error::{Attempt, BuildError, ToolchainError, WrapError};
pub use machine::{Call, Machine, Output, ThisMachine};
pub use publish::write_if_changed;
pub use scaffold::{LayerName, NameFault, ScaffoldError, Sdk, Template, scaffold};
pub use toolchain::{Library, Search, Toolchain, Way, find_toolchain};
pub use wrap::wrap;

/// The only target that layers are built for: it has no WASI, so that a layer imports what its contract names
/// and nothing else.
pub const GUEST_TARGET: &str = "wasm32-unknown-unknown";

/// What is going on, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// A slow way to a toolchain is being tried.
    Trying(Way),
    /// That way does not work here, and why.
    Refused(Way, &'a str),
    /// One line of cargo's own output, as cargo wrote it.
    Cargo(&'a str),
}

/// Where [`Progress`] goes.
pub type Sink<'a> = &'a mut dyn FnMut(Progress<'_>);

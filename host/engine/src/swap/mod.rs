//! Which version of a layer a pipeline calls, and how operators change that while scans run.
//!
//! ```text
//! versions   the versions there are, and which of them the pipelines call
//! fitness    everything that a version must pass before it becomes the active one
//! known      what is known before a change
//! change     activate, roll back, enable, disable: one transaction with its audit row
//! ```
//!
//! A scan reads what is active when it begins and stays with it; a change reaches the next one.

mod change;
mod error;
mod fitness;
mod known;
mod versions;

pub use change::{Becomes, Switched, activate, roll_back, set_enabled};
pub use error::{Step, SwapError};
pub use known::Target;
pub use versions::{Use, Version, Versions};

use crate::catalog::Bundled;
use crate::config::Config;
use sluice_market::Market;
use sluice_runtime::Runtime;
use sluice_store::Store;
use std::path::PathBuf;

/// What an operator works with.
#[derive(Clone)]
pub struct Desk {
    /// The sandbox.
    pub runtime: Runtime,
    /// Where what is active is kept.
    pub store: Store,
    /// What is deployed, as it was read.
    pub config: Config,
    /// The layers inside the program.
    pub bundled: &'static [Bundled],
    /// The bars that a version is tried on; none: a synthetic market is made.
    pub market: Option<Market>,
    /// An empty folder for that.
    pub folder: PathBuf,
}

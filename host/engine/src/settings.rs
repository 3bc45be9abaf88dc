//! What operators change at run time: which settings there are, how they are typed, what bounds they have, and what
//! holds when store, file and defaults are laid over one another. The store keeps them as plain rows and knows
//! nothing of their meaning.
//!
//! A setting belongs to a *target*: a stage of a pipeline (`stage:PIPELINE/STAGE`), or a layer
//! (`layer:AUTHOR/NAME`), for which it holds wherever the layer runs. [`changes`] and [`rollback`] make the rows of
//! a change, [`Config::overlay`] lays stored rows over the file, [`effective`] tells what holds and why.
//!
//! The room may call a layer's `prepare`, which takes milliseconds and blocks.

mod change;
mod effective;
mod error;
mod names;
mod overlay;
mod stage;
mod target;
mod typed;
mod verify;

pub use change::{ChangeRequest, changes, rollback};
pub use effective::{EffectiveSetting, SettingSource, effective};
pub use error::SettingsError;
pub(crate) use target::references;
pub use target::targets;
pub(crate) use verify::laid_over;

pub(crate) use overlay::{Overrides, explain};
pub(crate) use stage::{MAX_SYMBOLS, SCAN_INTERVAL_MINUTES, THRESHOLD};

//! Why a layer cannot be tried.

use thiserror::Error;

/// Why a layer cannot be tried.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthorError {
    /// Its settings.
    #[error(transparent)]
    Settings(#[from] crate::PlanError),
    /// It does not say what it needs, or asks for what nobody has.
    #[error("layer {layer} {why}")]
    Unready {
        /// author/name.
        layer: String,
        /// Why.
        why: String,
    },
    /// The market that it is tried on.
    #[error("cannot make the market that the layer is tried on: {0}")]
    Market(#[from] sluice_market::MarketError),
    /// Bars and events of that market.
    #[error("cannot make the market that the layer is tried on: {0}")]
    Import(#[from] sluice_market::ImportError),
    /// Files of that market.
    #[error("cannot make the market that the layer is tried on: {0}")]
    Files(#[from] std::io::Error),
    /// The calendar of that market.
    #[error("cannot make the market that the layer is tried on: {0}")]
    Calendar(#[from] sluice_market::CalendarError),
    /// The user stopped it.
    #[error("stopped")]
    Interrupted,
    /// It failed where an answer was needed.
    #[error("layer {layer} failed: {why}")]
    Failed {
        /// author/name.
        layer: String,
        /// Why.
        why: String,
    },
}

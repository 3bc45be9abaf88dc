//! What makes a whole scan impossible. A layer's fault does not: it makes a scan partial.

use thiserror::Error;

/// Why a scan could not be run or stored.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] crate::ConfigError),
    /// The plan.
    #[error(transparent)]
    Plan(#[from] crate::PlanError),
    /// What is to be shown.
    #[error(transparent)]
    View(#[from] crate::ViewError),
    /// Settings that operators change at run time.
    #[error(transparent)]
    Settings(#[from] crate::SettingsError),
    /// A layer that is tried by itself.
    #[error(transparent)]
    Author(#[from] crate::AuthorError),
    /// The market data.
    #[error(transparent)]
    Market(#[from] sluice_market::MarketError),
    /// The database.
    #[error(transparent)]
    Store(#[from] sluice_store::StoreError),
    /// The sandbox.
    #[error(transparent)]
    Runtime(#[from] sluice_runtime::RuntimeError),
    /// No bars at all.
    #[error(
        "there is no market data yet: run `sluice import FILE`, or `sluice demo` to try it on a synthetic market"
    )]
    NoData,
    /// Bars, but none that old.
    #[error("no bar is as old as {as_of}: the oldest is of {first}; choose a later --as-of")]
    NothingKnown {
        /// The instant asked for.
        as_of: String,
        /// Date of the oldest bar.
        first: String,
    },
    /// An instant that has not come.
    #[error("--as-of {as_of} lies in the future: it is {now}; nothing can be known as of then")]
    Future {
        /// The instant asked for.
        as_of: String,
        /// The wall clock.
        now: String,
    },
    /// A session is required, and the day has none.
    #[error("{date} is no session of {venues}, and a session is required: {next}")]
    NoSession {
        /// The day.
        date: String,
        /// The venues of the scan.
        venues: String,
        /// When the next session is.
        next: String,
    },
    /// Symbols that nobody knows.
    #[error("unknown symbol{} {symbols}: `sluice data list` shows what is imported", if *.count == 1 { "" } else { "s" })]
    UnknownSymbols {
        /// The symbols, joined by commas.
        symbols: String,
        /// How many.
        count: usize,
    },
    /// Symbols of instruments that were not listed then.
    #[error("{symbols} {} not listed at {as_of}: leave {} out, or choose another --as-of",
        if *.count == 1 { "was" } else { "were" }, if *.count == 1 { "it" } else { "them" })]
    NotListed {
        /// The symbols, joined by commas.
        symbols: String,
        /// How many.
        count: usize,
        /// The instant of the scan.
        as_of: String,
    },
    /// An instrument that is to be explained, but that no scan looks at.
    #[error("{symbol} is excluded by {lists}: no scan looks at it; `sluice list remove` takes it off")]
    Excluded {
        /// Its symbol.
        symbol: String,
        /// The lists that exclude it, in words.
        lists: String,
    },
    /// An instrument that is to be explained, but that the scan does not look at.
    #[error("{symbol} is not among --symbols: add it there, or leave --symbols out")]
    NotAmong {
        /// Its symbol.
        symbol: String,
    },
    /// A list that nobody made.
    #[error("there is no list @{name}: there are {have}")]
    UnknownList {
        /// Its name.
        name: String,
        /// The lists there are.
        have: String,
    },
    /// A layer that must not be missing may not be called, or cannot.
    #[error("cannot scan without {layer}, whose when-open is fail: {why}")]
    Indispensable {
        /// author/name of the layer.
        layer: String,
        /// State of its breaker or its fault, and what to do.
        why: String,
    },
    /// What the store keeps of a layer is no JSON.
    #[error("the stored descriptor of {layer} is damaged: remove the layer and install it again")]
    Descriptor {
        /// author/name@version.
        layer: String,
    },
    /// The user stopped it.
    #[error("the scan was interrupted: nothing of it is stored but that it was interrupted")]
    Interrupted,
    /// A part of the program died.
    #[error("a worker of the scan died: {0}; please report this")]
    Worker(String),
    /// A record could not be written as JSON.
    #[error("cannot write the scan's record: {0}")]
    Record(#[from] serde_json::Error),
}

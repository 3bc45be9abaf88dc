//! Tests of a layer without a host: build a market in a few lines, run the layer on it the way the host does
//! (describe, default settings, prepare, only what was asked for, scan, checks of the report), look at the verdicts.
//!
//! ```
//! use sluice_sdk::prelude::*;
//! use sluice_sdk::testkit::{Market, Series};
//!
//! settings! {
//!     /// Keeps what closed above its open.
//!     struct Up {}
//! }
//!
//! impl Layer for Up {
//!     fn about() -> About {
//!         About::new("me/up", "0.1.0", "Keeps what rose in its newest bar.")
//!     }
//!     fn needs(&self) -> Needs {
//!         Needs::none().bars(BarsNeed::new("1d", 1, &["open", "close"]))
//!     }
//!     fn judge(&self, instrument: &Instrument) -> Verdict {
//!         let bars = instrument.bars("1d");
//!         match (bars.open().last(), bars.last_close()) {
//!             (Some(open), Some(close)) if close > *open => Verdict::keep(100.0, "rose"),
//!             (Some(_), Some(_)) => Verdict::drop(0.0, "did not rise"),
//!             _ => Verdict::abstain("no bar"),
//!         }
//!     }
//! }
//!
//! let market = Market::new()
//!     .instrument("AAPL", |i| i.bars("1d", Series::closes(&[10.0, 11.0]).open(&[10.0, 10.5])))
//!     .instrument("GONE", |i| i);
//! let scan = market.scan::<Up>();
//! assert_eq!(scan.verdict("AAPL").outcome, Outcome::Keep);
//! assert_eq!(scan.verdict("GONE").outcome, Outcome::Abstain);
//! ```
//!
//! The kit's calendar has a session on every Monday to Friday (14:30–21:00 UTC, pre-market from 09:00, post-market
//! until 01:00); the newest is Friday 2024-06-28 and the market is seen at its close. A mistake in a test or in the
//! layer fails the test by a panic that says what is wrong; [`Market::try_scan`] gives it as an error.
#![expect(clippy::panic, reason = "a test kit fails the test that uses it")]

mod calendar;
mod feed;
mod listing;
mod scan;
mod series;

pub use calendar::session_opens;
pub use listing::{Happening, Listing};
pub use scan::{Judged, Raised, Scan};
pub use series::Series;

use crate::bindings::types as raw;
use crate::setting::Value;
use crate::{Instant, Layer, guest, log};

/// A market to run a layer on.
#[derive(Debug, Clone, Default)]
pub struct Market {
    listings: Vec<Listing>,
    references: Vec<Listing>,
    without_calendar: bool,
    /// None: the close of the newest session.
    at: Option<Instant>,
}

impl Market {
    /// A market without instruments.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists an instrument: an active stock at XNYS without bars, unless `build` says otherwise.
    pub fn instrument(mut self, symbol: &str, build: impl FnOnce(Listing) -> Listing) -> Self {
        self.listings.push(build(Listing::new(symbol)));
        self
    }

    /// Lists an instrument that layers may name as a reference; it is not judged.
    pub fn reference(mut self, symbol: &str, build: impl FnOnce(Listing) -> Listing) -> Self {
        self.references.push(build(Listing::new(symbol)));
        self
    }

    /// Venues whose sessions nobody knows.
    pub fn without_calendar(self) -> Self {
        Self { without_calendar: true, ..self }
    }

    /// Another instant that the scan is about, such as one in the pre-market of the newest session. Bars and quotes are
    /// handed over as the test gives them: those that were not known yet do not belong into it.
    pub fn at(self, instant: Instant) -> Self {
        Self { at: Some(instant), ..self }
    }

    /// The instant that a scan is about unless told: the close of the newest session.
    pub fn as_of() -> Instant {
        calendar::session(0).closes
    }

    /// Runs the layer under its default settings.
    ///
    /// # Panics
    /// When the layer refuses its settings, fails, or gives a report that the host would not believe.
    #[track_caller]
    pub fn scan<L: Layer>(&self) -> Scan {
        self.scan_with::<L>(&[])
    }

    /// Runs the layer with some settings changed, e.g. `&[("lookback", 10.into())]`.
    ///
    /// # Panics
    /// As [`scan`](Self::scan).
    #[track_caller]
    pub fn scan_with<L: Layer>(&self, settings: &[(&str, Value)]) -> Scan {
        match self.try_scan::<L>(settings) {
            Ok(scan) => scan,
            Err(message) => panic!("{message}"),
        }
    }

    /// Runs the layer with some settings changed.
    ///
    /// # Errors
    /// One line: which settings were refused, why the scan failed, or why the host would not believe the report.
    pub fn try_scan<L: Layer>(&self, settings: &[(&str, Value)]) -> Result<Scan, String> {
        let _earlier = log::taken();
        let descriptor = guest::describe::<L>();
        let settings = effective(&descriptor, settings);
        let needs = guest::prepare::<L>(settings.clone()).map_err(|faults| {
            let list: Vec<String> =
                faults.iter().map(|fault| format!("{}: {}", fault.name, fault.message)).collect();
            format!("settings refused: {}", list.join("; "))
        })?;
        let batch = feed::batch(&self.listings, &self.references, &needs, self.clock());
        let report =
            guest::scan::<L>(batch, settings).map_err(|fault| format!("scan failed: {}", fault.message))?;
        let symbols: Vec<String> = self.listings.iter().map(|listing| listing.symbol.clone()).collect();
        Scan::new(&descriptor, symbols, report, log::taken())
    }
}

impl Market {
    fn clock(&self) -> feed::Clock {
        feed::Clock { as_of: self.at.unwrap_or_else(Self::as_of), unknown: self.without_calendar }
    }
}

/// The defaults with the given settings over them; one that the layer does not have is handed over all the same.
fn effective(descriptor: &raw::Descriptor, given: &[(&str, Value)]) -> Vec<raw::Setting> {
    let default = |parameter: &raw::Parameter| raw::Setting {
        name: parameter.name.clone(),
        value: parameter.default.clone(),
    };
    let mut settings: Vec<raw::Setting> = descriptor.parameters.iter().map(default).collect();
    for (name, Value(value)) in given {
        settings.retain(|setting| setting.name != *name);
        settings.push(raw::Setting { name: (*name).to_owned(), value: value.clone() });
    }
    settings
}

//! What an alert means for an account: where to get in and out, how much is won for what is risked, how many shares.
//!
//! ```text
//! account    whose money it is: equity and limits, from sluice.toml
//! range      the average true range of daily bars
//! judge      one alert: prices, size, flag
//! exposure   what the alerts before it have taken of each sector
//! ```
//!
//! Only the alerts of a result that have a side are judged: those on instruments that got through, best first, so that
//! the best ones get the room that a sector has. The layer's own prices come first; what it left out the host fills in
//! and marks: the newest close as the entry, a number of average true ranges away from it as the stop. A target is never
//! made up. An alert that is flagged takes no room, except the part of a position that the sector still has room for.

mod account;
mod exposure;
mod judge;
mod range;

pub use account::Account;
use exposure::Exposure;
pub use judge::{PriceBy, Risk, RiskFlag};
use judge::{Terms, judge};
use range::{Range, ranges};
use sluice_market::{MarketError, Snapshot};
use sluice_runtime::Side;

/// An alert that is to be judged.
pub(crate) struct Asked {
    /// Position in the snapshot.
    pub(crate) instrument: usize,
    /// What the layer said; none: no trade.
    pub(crate) side: Option<Side>,
    pub(crate) entry: Option<f64>,
    pub(crate) stop: Option<f64>,
    pub(crate) target: Option<f64>,
}

/// The figures of alerts in the order in which they have a claim on the account; none for one without a side.
///
/// # Errors
/// When the bars cannot be read.
pub(crate) fn assess(
    account: &Account,
    snapshot: &Snapshot,
    alerts: &[Asked],
) -> Result<Vec<Option<Risk>>, MarketError> {
    let mut instruments: Vec<usize> =
        alerts.iter().filter(|alert| alert.side.is_some()).map(|alert| alert.instrument).collect();
    instruments.sort_unstable();
    instruments.dedup();
    let ranges = ranges(snapshot, &instruments, account.atr_bars)?;
    let range = |instrument: usize| {
        let at = instruments.binary_search(&instrument).ok();
        at.and_then(|at| ranges.get(at)).copied().unwrap_or(Range::UNKNOWN)
    };
    let mut exposure = Exposure::default();
    let judged = alerts.iter().map(|alert| {
        let side = alert.side?;
        let known = snapshot.instruments().get(alert.instrument)?;
        let sector = known.sector.as_deref();
        let terms = Terms {
            side,
            entry: alert.entry,
            stop: alert.stop,
            target: alert.target,
            range: range(alert.instrument),
            currency: &known.currency,
            lot: known.lot,
            sector,
            taken: exposure.of_others(sector, alert.instrument),
        };
        let risk = judge(account, &terms);
        if let Some(value) = risk.value.filter(|_| risk.flag.takes_room()) {
            exposure.add(sector, alert.instrument, value);
        }
        Some(risk)
    });
    Ok(judged.collect())
}

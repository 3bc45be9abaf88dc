//! One alert: its prices, its size, and what is to be said against it.

use super::account::Account;
use super::range::Range;
use serde::Serialize;
use sluice_runtime::Side;

/// Percent in a whole.
const PERCENT: f64 = 100.0;
/// A quotient that misses a whole number by so much is that number: lots are not lost to rounding.
const TOLERANCE: f64 = 1e-9;

/// What is to be said of a trade. The first that applies, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RiskFlag {
    /// Nothing against it.
    Ok,
    /// Neither the layer nor the bars tell a price to enter at.
    NoPrice,
    /// There is no stop on the right side of the entry, and none can be made.
    NoStop,
    /// The stop is too far from the entry.
    WideStop,
    /// The reward is too small for the risk.
    PoorReward,
    /// The account has another currency.
    Currency,
    /// The account cannot carry one lot.
    TooSmall,
    /// The sector has no room for all of it.
    Exposure,
}

impl RiskFlag {
    /// Its word in results.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoPrice => "no-price",
            Self::NoStop => "no-stop",
            Self::WideStop => "wide-stop",
            Self::PoorReward => "poor-reward",
            Self::Currency => "currency",
            Self::TooSmall => "too-small",
            Self::Exposure => "exposure",
        }
    }

    /// Whether a trade that is flagged so counts in its sector.
    pub(super) const fn takes_room(self) -> bool {
        matches!(self, Self::Ok | Self::Exposure)
    }
}

/// Where a price comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriceBy {
    /// The layer gave it.
    Layer,
    /// The newest close.
    Close,
    /// So many average true ranges from the entry.
    Atr,
}

/// The host's figures of an alert. Prices in the instrument's currency, quantities in shares.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Risk {
    /// What is to be said of it.
    pub flag: RiskFlag,
    /// Why, in words.
    pub reason: String,
    /// Price to enter at.
    pub entry: Option<f64>,
    /// Where it comes from.
    pub entry_by: Option<PriceBy>,
    /// Price to give up at.
    pub stop: Option<f64>,
    /// Where it comes from.
    pub stop_by: Option<PriceBy>,
    /// The layer's price to take the gain at.
    pub target: Option<f64>,
    /// Distance from the entry to the target over that to the stop.
    pub reward_risk: Option<f64>,
    /// Average true range of daily bars.
    pub atr: Option<f64>,
    /// Distance from the entry to the stop in percent of the entry.
    pub stop_percent: Option<f64>,
    /// Shares to trade; none without an equity, a stop or a common currency.
    pub shares: Option<f64>,
    /// What they cost at the entry.
    pub value: Option<f64>,
    /// What is lost at the stop.
    pub at_risk: Option<f64>,
}

/// What is known of an alert that has a side.
pub(super) struct Terms<'a> {
    pub(super) side: Side,
    pub(super) entry: Option<f64>,
    pub(super) stop: Option<f64>,
    pub(super) target: Option<f64>,
    pub(super) range: Range,
    /// "" when unknown.
    pub(super) currency: &'a str,
    /// NaN when unknown.
    pub(super) lot: f64,
    pub(super) sector: Option<&'a str>,
    /// What other positions have taken of the sector.
    pub(super) taken: f64,
}

/// The figures of one alert.
pub(super) fn judge(account: &Account, terms: &Terms<'_>) -> Risk {
    let price = |price: f64| (price.is_finite() && price > 0.0).then_some(price);
    let (entry, entry_by) = match (terms.entry, price(terms.range.close)) {
        (Some(entry), _) => (Some(entry), Some(PriceBy::Layer)),
        (None, Some(close)) => (Some(close), Some(PriceBy::Close)),
        (None, None) => (None, None),
    };
    let atr = price(terms.range.atr);
    let mut risk = Risk {
        flag: RiskFlag::Ok,
        reason: String::new(),
        entry,
        entry_by,
        stop: None,
        stop_by: None,
        target: terms.target,
        reward_risk: None,
        atr,
        stop_percent: None,
        shares: None,
        value: None,
        at_risk: None,
    };
    let Some(entry) = entry else {
        return flagged(
            risk,
            RiskFlag::NoPrice,
            "no price to enter at: it has no bar with a close".to_owned(),
        );
    };
    let made = atr.map(|atr| against(terms.side, entry, atr * account.atr_stop)).and_then(price);
    (risk.stop, risk.stop_by) = match (terms.stop, made) {
        (Some(stop), _) => (Some(stop), Some(PriceBy::Layer)),
        (None, Some(stop)) => (Some(stop), Some(PriceBy::Atr)),
        (None, None) => (None, None),
    };
    let Some(stop) = risk.stop else {
        let why = format!("no stop: fewer than {} daily bars for one by range", account.atr_bars + 1);
        return flagged(
            risk,
            RiskFlag::NoStop,
            if atr.is_some() { "no stop above 0".to_owned() } else { why },
        );
    };
    let gain = |price: f64| match terms.side {
        Side::Long => price - entry,
        Side::Short => entry - price,
    };
    let loss = -gain(stop);
    if loss <= 0.0 {
        let reason = format!("its stop {stop} is on the wrong side of the entry {entry}");
        return flagged(risk, RiskFlag::NoStop, reason);
    }
    risk.stop_percent = Some(loss / entry * PERCENT);
    risk.reward_risk = terms.target.map(|target| gain(target) / loss);
    let size = size(account, terms, entry, loss);
    (risk.shares, risk.value, risk.at_risk) = match &size {
        Ok(size) => (Some(size.shares), Some(size.shares * entry), Some(size.shares * loss)),
        Err(_) => (None, None, None),
    };
    let (flag, reason) = said(account, &risk, size);
    flagged(risk, flag, reason)
}

fn flagged(risk: Risk, flag: RiskFlag, reason: String) -> Risk {
    Risk { flag, reason, ..risk }
}

/// A price so far from another one that a trade of this side loses.
fn against(side: Side, price: f64, distance: f64) -> f64 {
    match side {
        Side::Long => price - distance,
        Side::Short => price + distance,
    }
}

/// How many shares.
struct Size {
    shares: f64,
    /// Without the limit of the sector.
    wanted: f64,
    lot: f64,
}

/// Why there is no size.
enum Unsized {
    NoEquity,
    OtherCurrency,
}

/// As many whole lots as neither lose more than the risk of a trade at the stop, nor make a larger position than is
/// allowed, nor fill the sector over its limit.
fn size(account: &Account, terms: &Terms<'_>, entry: f64, loss: f64) -> Result<Size, Unsized> {
    if !terms.currency.is_empty() && terms.currency != account.currency {
        return Err(Unsized::OtherCurrency);
    }
    let Some(equity) = account.equity else { return Err(Unsized::NoEquity) };
    let share = |percent: f64| equity * percent / PERCENT;
    let lot = if terms.lot.is_finite() && terms.lot > 0.0 { terms.lot } else { account.lot };
    let lots = |shares: f64| (shares / lot + TOLERANCE).floor().max(0.0) * lot;
    let wanted = (share(account.risk_percent) / loss).min(share(account.max_position_percent) / entry);
    let room = match terms.sector {
        Some(_) => (share(account.max_sector_percent) - terms.taken).max(0.0) / entry,
        None => f64::INFINITY,
    };
    Ok(Size { shares: lots(wanted.min(room)), wanted: lots(wanted), lot })
}

fn said(account: &Account, risk: &Risk, size: Result<Size, Unsized>) -> (RiskFlag, String) {
    if let Some(percent) = risk.stop_percent.filter(|percent| *percent > account.max_stop_percent) {
        let limit = account.max_stop_percent;
        return (
            RiskFlag::WideStop,
            format!("the stop is {percent:.1} % from the entry, at most {limit} % are wanted"),
        );
    }
    if let Some(reward) = risk.reward_risk.filter(|reward| *reward + TOLERANCE < account.min_reward_risk) {
        let least = account.min_reward_risk;
        return (
            RiskFlag::PoorReward,
            format!("{reward:.2} times the risk is won, at least {least} are wanted"),
        );
    }
    match size {
        Err(Unsized::OtherCurrency) => {
            (RiskFlag::Currency, format!("the account is in {}, the instrument is not", account.currency))
        }
        Err(Unsized::NoEquity) => (RiskFlag::Ok, "no size: the account has no equity".to_owned()),
        Ok(size) if size.wanted <= 0.0 => {
            (RiskFlag::TooSmall, format!("the account cannot carry one lot of {} shares", size.lot))
        }
        Ok(size) if size.shares < size.wanted => {
            let Size { shares, wanted, .. } = size;
            let limit = account.max_sector_percent;
            (
                RiskFlag::Exposure,
                format!("its sector has room for {shares} of {wanted} shares within {limit} %"),
            )
        }
        Ok(_) => (RiskFlag::Ok, String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account() -> Account {
        Account { equity: Some(100_000.0), ..Account::default() }
    }

    /// Long at 50 with a stop at 48 and a target at 56.
    fn terms() -> Terms<'static> {
        Terms {
            side: Side::Long,
            entry: Some(50.0),
            stop: Some(48.0),
            target: Some(56.0),
            range: Range { close: 49.0, atr: 1.5 },
            currency: "USD",
            lot: f64::NAN,
            sector: Some("Energy"),
            taken: 0.0,
        }
    }

    fn flag(account: &Account, terms: &Terms<'_>) -> (RiskFlag, String) {
        let risk = judge(account, terms);
        (risk.flag, risk.reason)
    }

    #[test]
    fn a_position_loses_no_more_than_the_risk_of_a_trade_and_is_no_larger_than_allowed() {
        // 1 % of 100,000 over 2 a share are 500 shares; 10 % of it at 50 are 200
        let risk = judge(&account(), &terms());
        assert_eq!((risk.flag, risk.reason.as_str()), (RiskFlag::Ok, ""));
        assert_eq!((risk.shares, risk.value, risk.at_risk), (Some(200.0), Some(10_000.0), Some(400.0)));
        assert_eq!((risk.reward_risk, risk.stop_percent, risk.atr), (Some(3.0), Some(4.0), Some(1.5)));
        assert_eq!((risk.entry_by, risk.stop_by), (Some(PriceBy::Layer), Some(PriceBy::Layer)));
        let wide = Account { max_position_percent: 100.0, max_sector_percent: 100.0, ..account() };
        assert_eq!(judge(&wide, &terms()).at_risk, Some(1_000.0));
    }

    #[test]
    fn what_the_layer_left_out_comes_from_the_bars_and_is_marked() {
        let bare = Terms { entry: None, stop: None, target: None, ..terms() };
        let risk = judge(&account(), &bare);
        assert_eq!((risk.entry, risk.entry_by), (Some(49.0), Some(PriceBy::Close)));
        assert_eq!((risk.stop, risk.stop_by), (Some(46.0), Some(PriceBy::Atr)));
        assert_eq!((risk.target, risk.reward_risk, risk.flag), (None, None, RiskFlag::Ok));
        let short = judge(&account(), &Terms { side: Side::Short, ..bare });
        assert_eq!((short.stop, short.stop_by), (Some(52.0), Some(PriceBy::Atr)));
    }

    #[test]
    fn without_prices_there_is_nothing_to_size() {
        let unknown = Terms { entry: None, stop: None, range: Range::UNKNOWN, ..terms() };
        let risk = judge(&account(), &unknown);
        assert_eq!((risk.flag, risk.shares), (RiskFlag::NoPrice, None));
        let no_stop = Terms { stop: None, range: Range::UNKNOWN, ..terms() };
        assert_eq!(
            flag(&account(), &no_stop),
            (RiskFlag::NoStop, "no stop: fewer than 15 daily bars for one by range".to_owned())
        );
        let below = Terms { stop: None, range: Range { close: 50.0, atr: 30.0 }, ..terms() };
        assert_eq!(flag(&account(), &below), (RiskFlag::NoStop, "no stop above 0".to_owned()));
    }

    #[test]
    fn a_stop_on_the_wrong_side_of_the_close_is_none() {
        let wrong = Terms { entry: None, stop: Some(49.5), ..terms() };
        assert_eq!(
            flag(&account(), &wrong),
            (RiskFlag::NoStop, "its stop 49.5 is on the wrong side of the entry 49".to_owned())
        );
        let at = Terms { stop: Some(50.0), ..terms() };
        assert_eq!(judge(&account(), &at).flag, RiskFlag::NoStop);
        let short = Terms { side: Side::Short, stop: Some(48.0), ..terms() };
        assert_eq!(judge(&account(), &short).flag, RiskFlag::NoStop);
    }

    #[test]
    fn a_wide_stop_and_a_poor_reward_are_flagged_at_their_bounds() {
        let exact = Terms { stop: Some(42.5), target: None, ..terms() };
        assert_eq!(judge(&account(), &exact).flag, RiskFlag::Ok);
        let wide = Terms { stop: Some(42.0), target: None, ..terms() };
        assert_eq!(
            flag(&account(), &wide),
            (RiskFlag::WideStop, "the stop is 16.0 % from the entry, at most 15 % are wanted".to_owned())
        );
        let fair = Terms { target: Some(53.0), ..terms() };
        assert_eq!(judge(&account(), &fair).flag, RiskFlag::Ok);
        let behind = Terms { entry: None, stop: None, target: Some(48.0), ..terms() };
        assert_eq!(judge(&account(), &behind).flag, RiskFlag::PoorReward);
        let poor = Terms { target: Some(52.5), ..terms() };
        assert_eq!(
            flag(&account(), &poor),
            (RiskFlag::PoorReward, "1.25 times the risk is won, at least 1.5 are wanted".to_owned())
        );
    }

    #[test]
    fn a_sector_that_is_nearly_full_takes_what_fits_and_a_full_one_nothing() {
        let nearly = Terms { taken: 25_000.0, ..terms() };
        let risk = judge(&account(), &nearly);
        assert_eq!((risk.flag, risk.shares), (RiskFlag::Exposure, Some(100.0)));
        assert_eq!(risk.reason, "its sector has room for 100 of 200 shares within 30 %");
        let full = Terms { taken: 31_000.0, ..terms() };
        assert_eq!(judge(&account(), &full).shares, Some(0.0));
        let unknown = Terms { taken: 31_000.0, sector: None, ..terms() };
        assert_eq!(judge(&account(), &unknown).shares, Some(200.0));
    }

    #[test]
    fn shares_come_in_whole_lots_of_the_instrument_else_of_the_account() {
        let board = Terms { lot: 150.0, ..terms() };
        assert_eq!(judge(&account(), &board).shares, Some(150.0));
        let large = Terms { lot: 1_000.0, ..terms() };
        assert_eq!(
            flag(&account(), &large),
            (RiskFlag::TooSmall, "the account cannot carry one lot of 1000 shares".to_owned())
        );
        let lots = Account { lot: 30.0, ..account() };
        assert_eq!(judge(&lots, &terms()).shares, Some(180.0));
    }

    #[test]
    fn another_currency_and_no_equity_have_no_size() {
        let euro = Terms { currency: "EUR", ..terms() };
        assert_eq!(judge(&account(), &euro).flag, RiskFlag::Currency);
        assert_eq!(judge(&account(), &Terms { currency: "", ..terms() }).flag, RiskFlag::Ok);
        let risk = judge(&Account::default(), &terms());
        assert_eq!((risk.flag, risk.shares), (RiskFlag::Ok, None));
        assert_eq!(risk.reason, "no size: the account has no equity");
    }
}

//! The kinds of alerts that everybody knows: the list that the contract publishes (`wit/layer.wit`, record `alert`).
//!
//! A trader filters by kind, so one thing has one name whichever layer sees it. Something new gets a name of its author's
//! own, such as `me/NEAR_HIGH`; the host warns of any other when the layer is installed.

macro_rules! kinds {
    ($($(#[$doc:meta])+ $name:ident),+ $(,)?) => {
        $($(#[$doc])+ pub const $name: &str = stringify!($name);)+

        /// All of them, in the order of the contract.
        pub const ALL: &[&str] = &[$($name),+];
    };
}

kinds! {
    /// Volume far above its usual.
    VOLUME_SPIKE,
    /// A price beyond a level that it had kept to: a high, a mean, a range.
    TECHNICAL_BREAKOUT,
    /// A price on the move: gaps, strength, rising closes.
    MOMENTUM,
    /// A price in a range that gets narrower.
    CONSOLIDATION,
    /// A price that turns against its trend.
    PRICE_REVERSAL,
    /// News that moves prices, of no other kind.
    NEWS_CATALYST,
    /// An analyst's rating or target changed.
    ANALYST_RATING,
    /// A merger, split, buyback or the like.
    CORPORATE_ACTION,
    /// A regulator acts.
    REGULATORY,
    /// Earnings are due.
    EARNINGS_ANNOUNCEMENT,
    /// Earnings were not what was expected.
    EARNINGS_SURPRISE,
    /// Insiders buy.
    INSIDER_BUYING,
    /// Insiders sell.
    INSIDER_SELLING,
    /// Implied volatility is high against its own year.
    HIGH_IV_RANK,
    /// Large one-sided trading in options.
    LARGE_OPTIONS_FLOW,
    /// Other unusual trading in options.
    UNUSUAL_OPTIONS_ACTIVITY,
    /// Posts are strongly for or against.
    SOCIAL_SENTIMENT,
    /// Far more posts than usual.
    SOCIAL_VOLUME,
    /// Posts that spread.
    SOCIAL_VIRAL,
    /// Posts or trades that look arranged.
    COORDINATED_ACTIVITY,
    /// Money moves from sector to sector.
    SECTOR_ROTATION,
    /// Markets that used to move together no longer do, or the reverse.
    CORRELATION_ANOMALY,
    /// Two markets move apart.
    DIVERGENCE,
    /// The market as a whole behaves differently.
    REGIME_CHANGE,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_publishes_the_same_kinds_in_the_same_order() {
        let contract = include_str!("../../../wit/layer.wit");
        let (_, rest) = contract.split_once("/// Canonical kinds: ").unwrap();
        let (list, _) = rest.split_once('.').unwrap();
        let published: Vec<String> =
            list.split(',').map(|name| name.replace("///", "").trim().to_owned()).collect();
        assert_eq!(published, ALL);
    }
}

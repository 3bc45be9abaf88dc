//! The kinds of alerts that the contract publishes, and those of a layer that nobody knows.
//!
//! A kind is an open text: a new one breaks nobody. But a trader filters by kind, so the operator who installs a layer is
//! told of kinds that are neither published nor marked as the author's own (`author/NAME`).

use sluice_runtime::Layer;

/// The published kinds, in the order of the contract (`wit/layer.wit`, record `alert`).
pub const ALERT_KINDS: &[&str] = &[
    "VOLUME_SPIKE",
    "TECHNICAL_BREAKOUT",
    "MOMENTUM",
    "CONSOLIDATION",
    "PRICE_REVERSAL",
    "NEWS_CATALYST",
    "ANALYST_RATING",
    "CORPORATE_ACTION",
    "REGULATORY",
    "EARNINGS_ANNOUNCEMENT",
    "EARNINGS_SURPRISE",
    "INSIDER_BUYING",
    "INSIDER_SELLING",
    "HIGH_IV_RANK",
    "LARGE_OPTIONS_FLOW",
    "UNUSUAL_OPTIONS_ACTIVITY",
    "SOCIAL_SENTIMENT",
    "SOCIAL_VOLUME",
    "SOCIAL_VIRAL",
    "COORDINATED_ACTIVITY",
    "SECTOR_ROTATION",
    "CORRELATION_ANOMALY",
    "DIVERGENCE",
    "REGIME_CHANGE",
];

/// `gap-up`, `GAP_UP` and `Gap-Up` are one kind.
pub(crate) fn same_kind(a: &str, b: &str) -> bool {
    let plain = |c: u8| if c == b'_' { b'-' } else { c.to_ascii_lowercase() };
    a.bytes().map(plain).eq(b.bytes().map(plain))
}

/// The published kind that a text means; other texts stay as they are.
pub fn alert_kind(text: &str) -> String {
    let published = ALERT_KINDS.iter().copied().find(|kind| same_kind(kind, text));
    published.unwrap_or(text).to_owned()
}

/// Kinds that a layer declares and that are neither published nor its author's own, in its order.
pub fn unknown_kinds(layer: &Layer) -> Vec<&str> {
    unknown(&layer.descriptor().alerts)
}

/// That a kind with an author has the layer's was checked when it was loaded.
fn unknown(declared: &[String]) -> Vec<&str> {
    let known = |kind: &str| ALERT_KINDS.contains(&kind) || kind.contains('/');
    declared.iter().map(String::as_str).filter(|kind| !known(kind)).collect()
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
        assert_eq!(published, ALERT_KINDS);
    }

    #[test]
    fn a_published_kind_is_meant_in_any_case_and_others_are_taken_as_they_are() {
        assert_eq!(
            (alert_kind("volume-spike"), alert_kind("MOMENTUM")),
            ("VOLUME_SPIKE".into(), "MOMENTUM".into())
        );
        assert_eq!(alert_kind("me/near-high"), "me/near-high");
    }

    #[test]
    fn a_kind_is_published_or_its_authors_own_or_unknown() {
        let declared = ["MOMENTUM", "me/NEAR_HIGH", "BREAKOUT"].map(str::to_owned);
        assert_eq!(unknown(&declared), ["BREAKOUT"]);
    }
}

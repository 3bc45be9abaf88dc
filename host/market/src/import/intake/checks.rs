//! What is odd about the values of a bar. They are kept as they are.

use super::super::faults::FaultKind;
use super::venues::DayKind;
use crate::set::NUMBERS;

/// Names of the price columns for messages.
const PRICES: [&str; 4] = ["open", "high", "low", "close"];
const MISSING: [FaultKind; NUMBERS] = [
    FaultKind::MissingOpen,
    FaultKind::MissingHigh,
    FaultKind::MissingLow,
    FaultKind::MissingClose,
    FaultKind::MissingVolume,
];

/// Whether there is nothing to say about the values: the quick answer for nearly all bars.
pub(super) fn is_sound(values: &[f64; NUMBERS]) -> bool {
    let [open, high, low, close, volume] = *values;
    // comparisons with NaN are false, but the smaller of NaN and a number is the number
    low > 0.0
        && volume > 0.0
        && low <= open.min(close)
        && high >= open.max(close)
        && !open.is_nan()
        && !close.is_nan()
}

/// Whether there is no price at all.
pub(super) fn is_empty(values: &[f64; NUMBERS]) -> bool {
    let [prices @ .., _] = values;
    prices.iter().all(|price| price.is_nan())
}

/// Everything that is odd, in words.
pub(super) fn report(values: &[f64; NUMBERS], mut add: impl FnMut(FaultKind, String)) {
    let [.., volume] = *values;
    for (kind, value) in MISSING.iter().zip(values) {
        if value.is_nan() {
            add(*kind, "no value".to_owned());
        }
    }
    if let Some((column, price)) = PRICES.iter().zip(values).find(|(_, price)| **price <= 0.0) {
        add(FaultKind::NonPositivePrice, format!("{column} is {price}"));
    }
    if volume < 0.0 {
        add(FaultKind::NegativeVolume, format!("volume is {volume}"));
    } else if volume == 0.0 {
        add(FaultKind::ZeroVolume, "volume is 0".to_owned());
    }
    if let Some(detail) = contradiction(values) {
        add(FaultKind::Inconsistent, detail);
    }
}

/// What is odd about the day of a bar.
pub(super) fn report_day(kind: DayKind) -> Option<(FaultKind, &'static str)> {
    match kind {
        DayKind::Session => None,
        DayKind::Closed => Some((FaultKind::NotASession, "the venue was closed")),
        DayKind::NotCovered => {
            Some((FaultKind::NotCovered, "the venue's calendar does not say whether it was open"))
        }
    }
}

/// Two prices of a bar that cannot both be right.
fn contradiction(values: &[f64; NUMBERS]) -> Option<String> {
    let [open, high, low, close, _] = *values;
    let pairs = [
        ("low", low, "high", high),
        ("low", low, "open", open),
        ("low", low, "close", close),
        ("open", open, "high", high),
        ("close", close, "high", high),
    ];
    pairs.iter().find(|(_, small, _, large)| small > large).map(|(small_name, small, large_name, large)| {
        format!("{small_name} {small} is above {large_name} {large}")
    })
}

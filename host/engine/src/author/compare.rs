//! Where two answers on the same instruments differ, in words.

use super::asking::{Heard, Opinion};
use sluice_runtime::{Alert, Descriptor, Outcome};

/// How equal two answers must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Equality {
    /// Every number to its last bit.
    Bits,
    /// Numbers to nine digits: sums in another order differ in the last ones.
    NineDigits,
}

/// The part of a number within which [`Equality::NineDigits`] lets it differ.
const TOLERANCE: f64 = 1e-9;

impl Equality {
    fn holds(self, a: f64, b: f64) -> bool {
        if a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()) {
            return true;
        }
        match self {
            Self::Bits => false,
            Self::NineDigits => (a - b).abs() <= TOLERANCE * a.abs().max(b.abs()).max(1.0),
        }
    }
}

/// The first thing in which two opinions differ: what, the one value and the other.
pub(super) fn opinions(
    one: &Opinion,
    other: &Opinion,
    descriptor: &Descriptor,
    equality: Equality,
) -> Option<String> {
    if one.outcome != other.outcome {
        return Some(format!("outcome {} and {}", outcome(one.outcome), outcome(other.outcome)));
    }
    if !equality.holds(one.score, other.score) {
        return Some(format!("score {} and {}", one.score, other.score));
    }
    let measures = descriptor.measures.iter().zip(one.measures.iter().zip(&other.measures));
    for (measure, (a, b)) in measures {
        if !equality.holds(*a, *b) {
            return Some(format!("measure {} {a} and {b}", measure.name));
        }
    }
    if one.reason != other.reason && equality == Equality::Bits {
        return Some(format!("reason \"{}\" and \"{}\"", one.reason, other.reason));
    }
    alerts(&one.alerts, &other.alerts, equality)
}

/// The first thing in which two answers on the market as a whole differ.
pub(super) fn markets(one: &Heard, other: &Heard, equality: Equality) -> Option<String> {
    if one.market.len() != other.market.len() {
        return Some(format!("{} market figures and {}", one.market.len(), other.market.len()));
    }
    for ((name, a), (other_name, b)) in one.market.iter().zip(&other.market) {
        if name != other_name || !equality.holds(*a, *b) {
            return Some(format!("market figure {name} {a} and {other_name} {b}"));
        }
    }
    alerts(&one.alerts, &other.alerts, equality)
}

fn alerts(one: &[Alert], other: &[Alert], equality: Equality) -> Option<String> {
    if one.len() != other.len() {
        return Some(format!("{} alerts and {}", one.len(), other.len()));
    }
    one.iter().zip(other).find_map(|(a, b)| alert(a, b, equality))
}

fn alert(a: &Alert, b: &Alert, equality: Equality) -> Option<String> {
    let kind = &a.kind;
    if a.kind != b.kind {
        return Some(format!("alert {kind} and {}", b.kind));
    }
    let told = (a.side, a.severity, &a.evidence, a.expires_at, &a.dedupe_key);
    if told != (b.side, b.severity, &b.evidence, b.expires_at, &b.dedupe_key) {
        return Some(format!("side, severity, evidence, expiry or key of alert {kind}"));
    }
    if a.message != b.message && equality == Equality::Bits {
        return Some(format!("message of alert {kind} \"{}\" and \"{}\"", a.message, b.message));
    }
    let prices = [
        ("confidence", Some(a.confidence), Some(b.confidence)),
        ("entry", a.entry, b.entry),
        ("stop", a.stop, b.stop),
        ("target", a.target, b.target),
    ];
    for (name, a, b) in prices {
        let same = match (a, b) {
            (Some(a), Some(b)) => equality.holds(a, b),
            (a, b) => a.is_none() && b.is_none(),
        };
        if !same {
            let text =
                |price: Option<f64>| price.map_or_else(|| "none".to_owned(), |price| price.to_string());
            return Some(format!("{name} of alert {kind} {} and {}", text(a), text(b)));
        }
    }
    let same =
        |((name, a), (other, b)): (&(String, f64), &(String, f64))| name == other && equality.holds(*a, *b);
    if a.numbers.len() != b.numbers.len() || !a.numbers.iter().zip(&b.numbers).all(same) {
        return Some(format!("figures of alert {kind}"));
    }
    None
}

/// The word for an outcome.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Keep => "keep",
        Outcome::Drop => "drop",
        Outcome::Abstain => "abstain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_runtime::{Measure, Scope};

    fn descriptor() -> Descriptor {
        Descriptor {
            id: "acme/gap".into(),
            version: "1.0.0".into(),
            summary: String::new(),
            scope: Scope::PerInstrument,
            parameters: Vec::new(),
            alerts: Vec::new(),
            measures: vec![Measure { name: "gap".into(), doc: String::new(), unit: String::new() }],
        }
    }

    fn opinion(score: f64, gap: f64) -> Opinion {
        let reason = "gap".to_owned();
        Opinion { outcome: Outcome::Keep, score, reason, measures: vec![gap], alerts: Vec::new() }
    }

    #[test]
    fn equal_opinions_do_not_differ_even_where_they_are_nan() {
        let (one, other) = (opinion(50.0, f64::NAN), opinion(50.0, f64::NAN));
        assert_eq!(opinions(&one, &other, &descriptor(), Equality::Bits), None);
    }

    #[test]
    fn the_first_difference_is_told_with_both_values() {
        let differ = |one: Opinion, other: Opinion| opinions(&one, &other, &descriptor(), Equality::Bits);
        assert_eq!(differ(opinion(50.0, 1.0), opinion(51.0, 2.0)).as_deref(), Some("score 50 and 51"));
        assert_eq!(differ(opinion(50.0, 1.0), opinion(50.0, 2.5)).as_deref(), Some("measure gap 1 and 2.5"));
        let dropped = Opinion { outcome: Outcome::Drop, ..opinion(50.0, 1.0) };
        assert_eq!(differ(opinion(50.0, 1.0), dropped).as_deref(), Some("outcome keep and drop"));
    }

    #[test]
    fn the_last_digits_may_differ_where_sums_have_another_order() {
        let (one, other) = (opinion(50.0, 0.1 + 0.2), opinion(50.0, 0.3));
        assert!(opinions(&one, &other, &descriptor(), Equality::Bits).is_some());
        assert_eq!(opinions(&one, &other, &descriptor(), Equality::NineDigits), None);
        assert!(opinions(&one, &opinion(50.0, 0.300_1), &descriptor(), Equality::NineDigits).is_some());
    }
}

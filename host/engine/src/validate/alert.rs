//! Alerts: their form is part of the answer, their prices are judged one by one.

use super::check_text;
use sluice_runtime::{Alert, Descriptor, Side};

/// Longest cool-down key, in bytes.
const KEY_BYTES: usize = 200;
/// Most events or figures behind one alert.
const MOST_EVIDENCE: usize = 64;

/// What is wrong here is wrong with the whole answer.
pub(super) fn check_form(alert: &Alert, descriptor: &Descriptor, count: usize) -> Result<(), String> {
    check_text("an alert's kind", &alert.kind)?;
    let kind = &alert.kind;
    if !descriptor.alerts.contains(kind) {
        let declared =
            if descriptor.alerts.is_empty() { "none".to_owned() } else { descriptor.alerts.join(", ") };
        return Err(format!("alert kind {kind} is not declared; declared: {declared}"));
    }
    if let Some(at) = alert.instrument
        && at as usize >= count
    {
        return Err(format!("alert {kind} is on instrument number {at} of {count}"));
    }
    if !(0.0..=1.0).contains(&alert.confidence) {
        return Err(format!("the confidence of alert {kind} is {}: it lies within 0 to 1", alert.confidence));
    }
    check_text("an alert's message", &alert.message)?;
    check_text("an alert's key", &alert.dedupe_key)?;
    if alert.dedupe_key.len() > KEY_BYTES {
        return Err(format!(
            "an alert's key has {} bytes, over the limit of {KEY_BYTES}",
            alert.dedupe_key.len()
        ));
    }
    if alert.evidence.len() > MOST_EVIDENCE || alert.numbers.len() > MOST_EVIDENCE {
        return Err(format!("alert {kind} has more than {MOST_EVIDENCE} events or figures behind it"));
    }
    alert.evidence.iter().try_for_each(|event| check_text("an event id", event))?;
    for (name, number) in &alert.numbers {
        check_text("the name of an alert's figure", name)?;
        if number.is_infinite() {
            return Err(format!("figure {name} of alert {kind} is infinite"));
        }
    }
    Ok(())
}

/// What is wrong here is wrong with this alert only.
pub(super) fn check_prices(alert: &Alert) -> Result<(), String> {
    let prices = [("entry", alert.entry), ("stop", alert.stop), ("target", alert.target)];
    for (name, price) in prices {
        if let Some(price) = price
            && !(price.is_finite() && price > 0.0)
        {
            return Err(format!("its {name} is {price}, which is no price"));
        }
    }
    let Some(entry) = alert.entry else { return Ok(()) };
    match alert.side {
        Some(Side::Long) => {
            ordered("stop", alert.stop, "not below", entry, |stop| stop < entry)?;
            ordered("target", alert.target, "not above", entry, |target| target > entry)
        }
        Some(Side::Short) => {
            ordered("stop", alert.stop, "not above", entry, |stop| stop > entry)?;
            ordered("target", alert.target, "not below", entry, |target| target < entry)
        }
        None => Ok(()),
    }
}

fn ordered(
    name: &str,
    price: Option<f64>,
    relation: &str,
    entry: f64,
    fits: impl Fn(f64) -> bool,
) -> Result<(), String> {
    match price {
        Some(price) if !fits(price) => Err(format!("its {name} {price} is {relation} its entry {entry}")),
        _ => Ok(()),
    }
}

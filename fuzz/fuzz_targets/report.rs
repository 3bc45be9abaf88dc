//! A layer's report: refused in one line, or every rule holds for it, as this file understands the rules.
#![cfg_attr(fuzzing, no_main)]

use arbitrary::{Result, Unstructured};
use sluice_engine::check_report;
use sluice_fuzz::assert_told;
use sluice_runtime::{
    Alert, Descriptor, Measure, Outcome, Report, Scope, Severity, Side, text::is_unprintable,
};

sluice_fuzz::target!(validate);

/// Numbers at the edges of what is legal.
const EDGES: [f64; 12] = [
    0.0,
    -0.0,
    1.0,
    100.0,
    100.000_000_000_000_01,
    -1.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MIN_POSITIVE,
    f64::MAX,
    50.0,
];
const WORDS: [&str; 8] = ["", "TEST", "weight", "a reason", "\u{1b}[2J", "\u{202e}", "naïve 📈", "a\nb"];

fn validate(input: &[u8]) {
    let mut bytes = Unstructured::new(input);
    let Ok((report, descriptor, count)) = question(&mut bytes) else { return };
    let checked = check_report(report.clone(), &descriptor, count);
    assert_eq!(checked, check_report(report.clone(), &descriptor, count), "not the same twice");
    match checked {
        Err(rule) => assert_told(&rule),
        Ok(refused) => {
            refused.iter().for_each(|alert| assert_told(alert));
            assert!(refused.len() <= report.alerts.len());
            sound(&report, &descriptor, count);
        }
    }
}

/// The rules once more.
fn sound(report: &Report, descriptor: &Descriptor, count: usize) {
    let expected = if descriptor.scope == Scope::Market { 0 } else { count };
    let lengths = [report.outcomes.len(), report.scores.len(), report.reason.len()];
    assert_eq!(lengths, [expected; 3]);
    for (outcome, score) in report.outcomes.iter().zip(&report.scores) {
        assert_eq!(score.is_nan(), *outcome == Outcome::Abstain);
        assert!(score.is_nan() || (0.0..=100.0).contains(score));
    }
    assert!(report.reason.iter().all(|at| (*at as usize) < report.reasons.len()));
    assert_eq!(report.measures.len(), descriptor.measures.len());
    for ((name, values), declared) in report.measures.iter().zip(&descriptor.measures) {
        assert_eq!((name, values.len()), (&declared.name, expected));
        assert!(values.iter().all(|value| !value.is_infinite()));
    }
    assert!(report.market.iter().all(|(_, figure)| figure.is_finite()));
    for alert in &report.alerts {
        assert!(alert.instrument.is_none_or(|at| (at as usize) < count));
        assert!(descriptor.alerts.contains(&alert.kind));
        assert!((0.0..=1.0).contains(&alert.confidence));
    }
    let alerts = report.alerts.iter().flat_map(|alert| [&alert.kind, &alert.message, &alert.dedupe_key]);
    let texts = report.reasons.iter().chain(report.market.iter().map(|(name, _)| name)).chain(alerts);
    assert!(texts.into_iter().all(|text| !text.contains(is_unprintable) && text.len() <= 500));
}

/// A report, what its layer is, and on how many instruments it is.
fn question(bytes: &mut Unstructured<'_>) -> Result<(Report, Descriptor, usize)> {
    let count = bytes.int_in_range(0..=4)?;
    let descriptor = descriptor(bytes)?;
    let report = Report {
        outcomes: column(bytes, count, |bytes| {
            Ok(*bytes.choose(&[Outcome::Keep, Outcome::Drop, Outcome::Abstain])?)
        })?,
        scores: column(bytes, count, number)?,
        reasons: column(bytes, 2, text)?,
        reason: column(bytes, count, |bytes| bytes.int_in_range(0..=3))?,
        measures: column(bytes, descriptor.measures.len(), |bytes| {
            Ok((word(bytes)?, column(bytes, count, number)?))
        })?,
        alerts: column(bytes, 1, alert)?,
        market: column(bytes, 1, |bytes| Ok((text(bytes)?, number(bytes)?)))?,
    };
    Ok((report, descriptor, count))
}

fn descriptor(bytes: &mut Unstructured<'_>) -> Result<Descriptor> {
    let measure = |bytes: &mut Unstructured<'_>| {
        // no layer with another kind of name is loaded
        let name = (*bytes.choose(&["weight", "height"])?).to_owned();
        Ok(Measure { name, doc: String::new(), unit: String::new() })
    };
    Ok(Descriptor {
        id: "fuzz/report".to_owned(),
        version: "0.1.0".to_owned(),
        summary: String::new(),
        scope: *bytes.choose(&[Scope::PerInstrument, Scope::CrossSection, Scope::Market])?,
        parameters: Vec::new(),
        alerts: vec!["TEST".to_owned()],
        measures: column(bytes, 1, measure)?,
    })
}

fn alert(bytes: &mut Unstructured<'_>) -> Result<Alert> {
    let price =
        |bytes: &mut Unstructured<'_>| Ok(if bytes.arbitrary()? { Some(number(bytes)?) } else { None });
    Ok(Alert {
        instrument: if bytes.arbitrary()? { Some(bytes.int_in_range(0..=5)?) } else { None },
        kind: word(bytes)?,
        severity: *bytes.choose(&[Severity::Info, Severity::Notice, Severity::Urgent])?,
        confidence: number(bytes)?,
        message: text(bytes)?,
        side: *bytes.choose(&[None, Some(Side::Long), Some(Side::Short)])?,
        entry: price(bytes)?,
        stop: price(bytes)?,
        target: price(bytes)?,
        expires_at: bytes.arbitrary()?,
        dedupe_key: text(bytes)?,
        evidence: column(bytes, 0, text)?,
        numbers: column(bytes, 0, |bytes| Ok((text(bytes)?, number(bytes)?)))?,
    })
}

/// Mostly as long as it should be.
fn column<T>(
    bytes: &mut Unstructured<'_>,
    length: usize,
    mut entry: impl FnMut(&mut Unstructured<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    let length = match bytes.arbitrary::<u8>()? {
        0 => length.saturating_sub(1),
        1 | 2 => length + 1,
        _ => length,
    };
    (0..length).map(|_| entry(bytes)).collect()
}

fn number(bytes: &mut Unstructured<'_>) -> Result<f64> {
    Ok(if bytes.ratio(3, 4)? { *bytes.choose(&EDGES)? } else { bytes.arbitrary()? })
}

fn word(bytes: &mut Unstructured<'_>) -> Result<String> {
    Ok((*bytes.choose(&WORDS)?).to_owned())
}

/// A word, any text, or one that is too long.
fn text(bytes: &mut Unstructured<'_>) -> Result<String> {
    match bytes.int_in_range(0..=9)? {
        0 => bytes.arbitrary(),
        1 => Ok("é".repeat(bytes.int_in_range(240..=260)?)),
        _ => word(bytes),
    }
}

//! A layer's answer is checked against what was asked before anything of it is believed.
//!
//! A violation makes the whole answer unusable and is the layer's fault, with field and value in the message. An
//! alert whose prices make no sense is refused alone.

mod alert;

use sluice_runtime::{Alert, Descriptor, Outcome, Report, Scope, text};

/// Longest reason or message, in bytes.
const TEXT_BYTES: usize = 500;
/// Alerts per instrument that a report may hold, and for the market beside them.
const ALERTS_PER_INSTRUMENT: usize = 8;
const ALERTS_BESIDE: usize = 100;
/// Figures on the market as a whole that a report may hold.
const MARKET_FIGURES: usize = 256;

/// An answer that fits what was asked.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Believed {
    /// One per instrument of the shard.
    pub(crate) outcomes: Vec<Outcome>,
    /// 0–100, NaN with abstain.
    pub(crate) scores: Vec<f64>,
    /// Distinct reasons.
    pub(crate) reasons: Vec<String>,
    /// Per instrument an index into `reasons`.
    pub(crate) reason: Vec<u32>,
    /// In the order of the descriptor; NaN: none.
    pub(crate) measures: Vec<Vec<f64>>,
    /// Alerts whose prices make sense; `instrument` still counts within the shard.
    pub(crate) alerts: Vec<Alert>,
    /// The other alerts.
    pub(crate) refused: Vec<Refused>,
    /// Figures on the market.
    pub(crate) market: Vec<(String, f64)>,
}

/// An alert that is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Place within the shard; none: the market.
    pub(crate) instrument: Option<u32>,
    /// Which alert, and why.
    pub(crate) rule: String,
}

/// A rule that an answer breaks.
#[derive(Debug, PartialEq)]
pub(crate) struct Violation {
    /// Field, value, rule.
    pub(crate) rule: String,
    /// The instrument of the shard on which it is broken, when it is one.
    pub(crate) instrument: Option<usize>,
}

impl Violation {
    fn on(instrument: usize, rule: String) -> Self {
        Self { rule, instrument: Some(instrument) }
    }
}

impl From<String> for Violation {
    fn from(rule: String) -> Self {
        Self { rule, instrument: None }
    }
}

/// Whether a report of a layer on `count` instruments would be believed; gives why alerts of it are refused. Messages
/// name instruments by their numbers, for there are no others.
///
/// # Errors
/// The rule that it breaks, with field and value.
pub fn check_report(report: Report, descriptor: &Descriptor, count: usize) -> Result<Vec<String>, String> {
    let numbers: Vec<String> = (0..count).map(|at| format!("number {at}")).collect();
    let symbol = |at: usize| numbers.get(at).map_or("none of them", String::as_str);
    validate(report, descriptor, count, &symbol)
        .map(|believed| believed.refused.into_iter().map(|refused| refused.rule).collect())
        .map_err(|violation| violation.rule)
}

/// Checks the report on `count` instruments; `symbol` names one of them in messages.
///
/// # Errors
/// The first violation: field, value, rule.
pub(crate) fn validate<'a>(
    report: Report,
    descriptor: &Descriptor,
    count: usize,
    symbol: &dyn Fn(usize) -> &'a str,
) -> Result<Believed, Violation> {
    let expected = if descriptor.scope == Scope::Market { 0 } else { count };
    length("outcomes", report.outcomes.len(), expected)?;
    length("scores", report.scores.len(), expected)?;
    length("reason", report.reason.len(), expected)?;
    for (at, (outcome, score)) in report.outcomes.iter().zip(&report.scores).enumerate() {
        check_score(*outcome, *score)
            .map_err(|rule| Violation::on(at, format!("the score of {} is {score}: {rule}", symbol(at))))?;
    }
    check_reasons(&report, symbol)?;
    let measures = check_measures(report.measures, descriptor, expected, symbol)?;
    check_market(&report.market)?;
    let most = count.saturating_mul(ALERTS_PER_INSTRUMENT).saturating_add(ALERTS_BESIDE);
    if report.alerts.len() > most {
        return Err(Violation::from(format!(
            "{} alerts on {count} instruments are over the limit of {most}",
            report.alerts.len()
        )));
    }
    let mut alerts = Vec::with_capacity(report.alerts.len());
    let mut refused = Vec::new();
    for alert in report.alerts {
        let instrument = alert.instrument.map(|at| at as usize).filter(|at| *at < count);
        alert::check_form(&alert, descriptor, count).map_err(|rule| Violation { rule, instrument })?;
        match alert::check_prices(&alert) {
            Ok(()) => alerts.push(alert),
            Err(rule) => {
                let of = alert.instrument.map_or("the market", |at| symbol(at as usize));
                let rule = format!("alert {} on {of}: {rule}", alert.kind);
                refused.push(Refused { instrument: alert.instrument, rule });
            }
        }
    }
    // −0 and 0 are one score; only one of them is stored and compared
    let scores = report.scores.into_iter().map(|score| score + 0.0).collect();
    Ok(Believed {
        outcomes: report.outcomes,
        scores,
        reasons: report.reasons,
        reason: report.reason,
        measures,
        alerts,
        refused,
        market: report.market,
    })
}

fn length(field: &str, actual: usize, expected: usize) -> Result<(), String> {
    if actual == expected {
        return Ok(());
    }
    Err(format!("{field} has {actual} entries for {expected} instruments"))
}

fn check_score(outcome: Outcome, score: f64) -> Result<(), &'static str> {
    match outcome {
        Outcome::Abstain if score.is_nan() => Ok(()),
        Outcome::Abstain => Err("a layer that abstains gives NaN"),
        Outcome::Keep | Outcome::Drop if (0.0..=100.0).contains(&score) => Ok(()),
        Outcome::Keep | Outcome::Drop if score.is_nan() => Err("NaN goes only with abstain"),
        Outcome::Keep | Outcome::Drop => Err("scores lie within 0 to 100"),
    }
}

fn check_reasons<'a>(report: &Report, symbol: &dyn Fn(usize) -> &'a str) -> Result<(), Violation> {
    for (number, reason) in report.reasons.iter().enumerate() {
        let given = |index: &u32| *index as usize == number;
        check_text("a reason", reason)
            .map_err(|rule| Violation { rule, instrument: report.reason.iter().position(given) })?;
    }
    let wrong = report.reason.iter().position(|index| *index as usize >= report.reasons.len());
    match wrong {
        None => Ok(()),
        Some(at) => Err(Violation::on(
            at,
            format!(
                "the reason of {} is number {}, but there are {}",
                symbol(at),
                report.reason.get(at).copied().unwrap_or_default(),
                report.reasons.len()
            ),
        )),
    }
}

fn check_measures<'a>(
    measures: Vec<(String, Vec<f64>)>,
    descriptor: &Descriptor,
    expected: usize,
    symbol: &dyn Fn(usize) -> &'a str,
) -> Result<Vec<Vec<f64>>, Violation> {
    if measures.len() != descriptor.measures.len() {
        return Err(Violation::from(format!(
            "{} measures are reported, {} declared",
            measures.len(),
            descriptor.measures.len()
        )));
    }
    let mut columns = Vec::with_capacity(measures.len());
    for ((name, values), declared) in measures.into_iter().zip(&descriptor.measures) {
        if name != declared.name {
            return Err(Violation::from(format!(
                "measure \"{}\" is reported where {} is declared",
                show(&name),
                declared.name
            )));
        }
        length(&format!("measure {name}"), values.len(), expected)?;
        if let Some(at) = values.iter().position(|value| value.is_infinite()) {
            let rule = format!("measure {name} of {} is infinite: a missing one is NaN", symbol(at));
            return Err(Violation::on(at, rule));
        }
        columns.push(values);
    }
    Ok(columns)
}

fn check_market(figures: &[(String, f64)]) -> Result<(), String> {
    if figures.len() > MARKET_FIGURES {
        return Err(format!("{} market figures are over the limit of {MARKET_FIGURES}", figures.len()));
    }
    for (name, value) in figures {
        check_text("the name of a market figure", name)?;
        if !value.is_finite() {
            return Err(format!("market figure {name} is {value}: it must be finite"));
        }
    }
    Ok(())
}

/// Texts go to terminals, logs and web pages: no control characters, nothing that reorders what stands around it.
fn check_text(what: &str, text: &str) -> Result<(), String> {
    if text.len() > TEXT_BYTES {
        return Err(format!("{what} has {} bytes, over the limit of {TEXT_BYTES}", text.len()));
    }
    match text.chars().find(|c| text::is_unprintable(*c)) {
        None => Ok(()),
        Some(c) => {
            Err(format!("{what} holds the control character U+{:04X}: \"{}\"", u32::from(c), show(text)))
        }
    }
}

fn show(text: &str) -> String {
    text::clean(text, 60)
}

#[cfg(test)]
mod tests;

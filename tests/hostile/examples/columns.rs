//! Answers of a shape that does not fit the question: columns too short or too long, indexes out of range, measures
//! that were not declared, alerts without end. The setting `kind` says which.

use sluice_hostile::export_spoiled;
use sluice_hostile::spoiled::{Spoils, fault};
use sluice_sdk::bindings::types as raw;
use sluice_sdk::prelude::*;

const KIND: &str = "TEST";
const MEASURE: &str = "weight";

settings! {
    /// How the answer is spoiled.
    struct Columns {
        /// The misbehaviour.
        kind: String = text("none"),
    }
}

impl Layer for Columns {
    fn about() -> About {
        About::new("test/columns", "0.1.0", "Answers of a shape that does not fit the question.")
            .alert(KIND)
            .measure(MEASURE, "", "Always 1.")
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn judge(&self, _: &Instrument<'_>) -> Verdict {
        Verdict::keep(50.0, "always").measure(MEASURE, 1.0)
    }
}

impl Spoils for Columns {
    fn spoil(kind: &str, mut report: raw::Report) -> Result<raw::Report, raw::Fault> {
        let count = report.outcomes.len();
        let after = u32::try_from(count).unwrap_or(u32::MAX);
        match kind {
            "none" => {}
            "nothing" => report = empty(),
            "outcomes-short" => report.outcomes.truncate(count.saturating_sub(1)),
            "outcomes-long" => report.outcomes.push(raw::Outcome::Keep),
            "scores-short" => report.scores.truncate(count.saturating_sub(1)),
            "scores-long" => report.scores.push(50.0),
            "reason-short" => report.reason.truncate(count.saturating_sub(1)),
            "reason-long" => report.reason.push(0),
            "reason-out-of-range" => report.reason.iter_mut().for_each(|index| *index = 1),
            "reason-far-out-of-range" => report.reason.iter_mut().for_each(|index| *index = u32::MAX),
            "no-reasons" => report.reasons.clear(),
            "abstains-with-score" => report.outcomes.fill(raw::Outcome::Abstain),
            "measure-missing" => report.measures.clear(),
            "measure-undeclared" => report.measures.push(column("height", vec![1.0; count])),
            "measure-renamed" => report.measures = vec![column("height", vec![1.0; count])],
            "measure-short" => report.measures = vec![column(MEASURE, Vec::new())],
            "measure-infinite" => report.measures = vec![column(MEASURE, vec![f64::INFINITY; count])],
            "measure-packed-odd" => {
                let values = raw::Values::Packed(vec![0; count * 8 - 1]);
                report.measures = vec![raw::Column { name: MEASURE.to_owned(), values }];
            }
            "alert-out-of-range" => report.alerts.push(alert(Some(after))),
            "alerts-at-the-limit" => report.alerts = vec![alert(Some(0)); count * 8 + 100],
            "alerts-over-the-limit" => report.alerts = vec![alert(Some(0)); count * 8 + 101],
            "alerts-ten-million" => report.alerts = vec![alert(Some(0)); 10_000_000],
            "market-nan" => report.market.push(("breadth".to_owned(), f64::NAN)),
            other => return Err(fault(format!("there is no kind {other}"))),
        }
        Ok(report)
    }
}

fn column(name: &str, numbers: Vec<f64>) -> raw::Column {
    raw::Column { name: name.to_owned(), values: raw::Values::Numbers(numbers) }
}

fn empty() -> raw::Report {
    raw::Report {
        outcomes: Vec::new(),
        scores: Vec::new(),
        reasons: Vec::new(),
        reason: Vec::new(),
        measures: Vec::new(),
        alerts: Vec::new(),
        market: Vec::new(),
    }
}

fn alert(instrument: Option<u32>) -> raw::Alert {
    raw::Alert {
        instrument,
        kind: KIND.to_owned(),
        severity: raw::Severity::Info,
        confidence: 1.0,
        message: String::new(),
        side: None,
        entry: None,
        stop: None,
        target: None,
        expires_at: None,
        dedupe_key: String::new(),
        evidence: Vec::new(),
        numbers: Vec::new(),
    }
}

export_spoiled!(Columns);

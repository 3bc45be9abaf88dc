//! What a layer said, checked as the host checks it, and read by symbol.

use crate::bindings::types as raw;
use crate::log::Level;
use crate::{Instant, Outcome, Severity, Side, column};

/// What a layer said of a market.
#[derive(Debug)]
pub struct Scan {
    judged: Vec<(String, Judged)>,
    market: Vec<(String, f64)>,
    market_alerts: Vec<Raised>,
    log: Vec<(Level, String)>,
}

/// What a layer said of one instrument.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What becomes of it.
    pub outcome: Outcome,
    /// 0..100, NaN with abstain.
    pub score: f64,
    /// Why.
    pub reason: String,
    /// The alerts on it.
    pub alerts: Vec<Raised>,
    measures: Vec<(String, f64)>,
}

/// An alert that a layer raised.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are those of Alert's builder")]
pub struct Raised {
    pub kind: String,
    pub severity: Severity,
    pub confidence: f64,
    pub message: String,
    pub side: Option<Side>,
    pub entry: Option<f64>,
    pub stop: Option<f64>,
    pub target: Option<f64>,
    pub expires_at: Option<Instant>,
    pub dedupe_key: String,
    pub evidence: Vec<String>,
    pub numbers: Vec<(String, f64)>,
}

impl Judged {
    /// A measure; NaN when the layer gave none for this instrument.
    ///
    /// # Panics
    /// When the layer declares no such measure.
    #[track_caller]
    pub fn measure(&self, name: &str) -> f64 {
        match self.measures.iter().find(|(known, _)| known == name) {
            Some(&(_, number)) => number,
            None => panic!("the layer declares no measure {name:?}"),
        }
    }
}

impl Scan {
    /// What the layer said of this symbol.
    ///
    /// # Panics
    /// When the market has no such symbol.
    #[track_caller]
    pub fn verdict(&self, symbol: &str) -> &Judged {
        match self.judged.iter().find(|(known, _)| known == symbol) {
            Some((_, judged)) => judged,
            None => panic!("the market has no instrument {symbol:?}"),
        }
    }

    /// The symbols that the layer keeps, in the order of the market.
    pub fn kept(&self) -> Vec<&str> {
        let kept = self.judged.iter().filter(|(_, judged)| judged.outcome == Outcome::Keep);
        kept.map(|(symbol, _)| symbol.as_str()).collect()
    }

    /// A number on the market as a whole; none when the layer gave none.
    pub fn market(&self, name: &str) -> Option<f64> {
        self.market.iter().find(|(known, _)| known == name).map(|&(_, number)| number)
    }

    /// Alerts on the market as a whole.
    pub fn market_alerts(&self) -> &[Raised] {
        &self.market_alerts
    }

    /// The lines that the layer logged.
    pub fn log(&self) -> &[(Level, String)] {
        &self.log
    }

    pub(super) fn new(
        descriptor: &raw::Descriptor,
        symbols: Vec<String>,
        report: raw::Report,
        log: Vec<(Level, String)>,
    ) -> Result<Self, String> {
        let market_layer = descriptor.scope == raw::Scope::Market;
        let rows = if market_layer && report.outcomes.is_empty() { 0 } else { symbols.len() };
        let measures = checked_columns(descriptor, &report, rows)?;
        let mut scan = Self { judged: Vec::new(), market: report.market, market_alerts: Vec::new(), log };
        for (row, symbol) in symbols.into_iter().take(rows).enumerate() {
            let numbers = |(name, values): &(String, Vec<f64>)| {
                (name.clone(), values.get(row).copied().unwrap_or(f64::NAN))
            };
            let judged = Judged {
                outcome: outcome(report.outcomes.get(row)),
                score: report.scores.get(row).copied().unwrap_or(f64::NAN),
                reason: reason(&report.reasons, report.reason.get(row))
                    .ok_or_else(|| format!("{symbol}: its reason is none of the {}", report.reasons.len()))?,
                alerts: Vec::new(),
                measures: measures.iter().map(numbers).collect(),
            };
            check_score(&symbol, &judged)?;
            scan.judged.push((symbol, judged));
        }
        for alert in report.alerts {
            scan.place(descriptor, alert)?;
        }
        Ok(scan)
    }

    fn place(&mut self, descriptor: &raw::Descriptor, alert: raw::Alert) -> Result<(), String> {
        if !descriptor.alerts.contains(&alert.kind) {
            return Err(format!("alert {:?} is raised, but about() does not declare it", alert.kind));
        }
        let Some(index) = alert.instrument else {
            self.market_alerts.push(raised(alert));
            return Ok(());
        };
        match self.judged.get_mut(index as usize) {
            Some((_, judged)) => judged.alerts.push(raised(alert)),
            None => {
                return Err(format!("alert {:?} is on instrument {index}, which is not there", alert.kind));
            }
        }
        Ok(())
    }
}

/// The measures by name, when every list has one entry per instrument.
fn checked_columns(
    descriptor: &raw::Descriptor,
    report: &raw::Report,
    rows: usize,
) -> Result<Vec<(String, Vec<f64>)>, String> {
    let lengths = [report.outcomes.len(), report.scores.len(), report.reason.len()];
    if lengths.iter().any(|&length| length != rows) {
        return Err(format!("{} verdicts were given for {rows} instruments", report.outcomes.len()));
    }
    if descriptor.measures.len() != report.measures.len() {
        return Err(format!("{} measures, {} declared", report.measures.len(), descriptor.measures.len()));
    }
    let mut measures = Vec::new();
    for (declared, given) in descriptor.measures.iter().zip(&report.measures) {
        let numbers = column::numbers(given.values.clone());
        if declared.name != given.name || numbers.len() != rows {
            return Err(format!(
                "measure {:?} has {} numbers for {rows} instruments",
                given.name,
                numbers.len()
            ));
        }
        measures.push((declared.name.clone(), numbers));
    }
    Ok(measures)
}

fn check_score(symbol: &str, judged: &Judged) -> Result<(), String> {
    let right = match judged.outcome {
        Outcome::Abstain => judged.score.is_nan(),
        Outcome::Keep | Outcome::Drop => (0.0..=100.0).contains(&judged.score),
    };
    if right { Ok(()) } else { Err(format!("{symbol}: score {} with {:?}", judged.score, judged.outcome)) }
}

fn outcome(outcome: Option<&raw::Outcome>) -> Outcome {
    match outcome {
        Some(raw::Outcome::Keep) => Outcome::Keep,
        Some(raw::Outcome::Drop) => Outcome::Drop,
        Some(raw::Outcome::Abstain) | None => Outcome::Abstain,
    }
}

fn reason(reasons: &[String], index: Option<&u32>) -> Option<String> {
    reasons.get(*index? as usize).cloned()
}

fn raised(alert: raw::Alert) -> Raised {
    Raised {
        kind: alert.kind,
        severity: match alert.severity {
            raw::Severity::Info => Severity::Info,
            raw::Severity::Notice => Severity::Notice,
            raw::Severity::Urgent => Severity::Urgent,
        },
        confidence: alert.confidence,
        message: alert.message,
        side: alert.side.map(|side| match side {
            raw::Side::Long => Side::Long,
            raw::Side::Short => Side::Short,
        }),
        entry: alert.entry,
        stop: alert.stop,
        target: alert.target,
        expires_at: alert.expires_at,
        dedupe_key: alert.dedupe_key,
        evidence: alert.evidence,
        numbers: alert.numbers,
    }
}

//! A layer alone on a market: its verdicts on some instruments, with its log, whatever a pipeline would make of them.

use super::asking::{Asking, Heard, NoAnswer, Opinion, on_call_stack};
use super::compare::outcome;
use super::error::AuthorError;
use super::inputs::{Seen, seen};
use super::subject::Subject;
use crate::error::EngineError;
use crate::lists;
use crate::look::look;
use serde::Serialize;
use sluice_market::{AsOf, Market, Snapshot, Symbol};
use sluice_runtime::{Alert, Cancel, LogLine, Scope, Side};

/// What to ask a layer about.
#[derive(Debug)]
pub struct Question<'a> {
    /// The bars.
    pub market: &'a Market,
    /// The instant.
    pub as_of: AsOf,
    /// Just these instruments; empty: all that were listed.
    pub symbols: &'a [Symbol],
    /// Whether to show what it sees of each of them.
    pub explain: bool,
}

/// What a layer says by itself.
#[derive(Debug, Serialize)]
pub struct Judgement {
    /// author/name@version.
    pub layer: String,
    /// SHA-256 of the component.
    pub digest: String,
    /// The instant, RFC 3339.
    pub as_of: String,
    /// Why there is no answer; it then has neither results nor alerts.
    pub fault: Option<String>,
    /// In the order of the tickers; empty of a layer that judges the market only.
    pub results: Vec<Judged>,
    /// Alerts on the market as a whole.
    pub alerts: Vec<JudgedAlert>,
    /// Figures on the market.
    pub market: Vec<(String, f64)>,
    /// Alerts whose prices make no sense.
    pub refused: Vec<String>,
    /// What it logged: level and line.
    pub log: Vec<(String, String)>,
    /// What it used: fuel, wall time in milliseconds and the greatest memory of a call in bytes.
    pub fuel: u64,
    /// See there.
    pub wall_ms: f64,
    /// See there.
    pub peak_memory_bytes: usize,
}

/// A verdict.
#[derive(Debug, Serialize)]
pub struct Judged {
    /// Ticker.
    pub symbol: String,
    /// keep, drop or abstain; none when it could not be asked.
    pub outcome: Option<&'static str>,
    /// 0 to 100; none with abstain.
    pub score: Option<f64>,
    /// Its reason.
    pub reason: String,
    /// Measures by name; none: not written.
    pub measures: Vec<(String, Option<f64>)>,
    /// Alerts on it.
    pub alerts: Vec<JudgedAlert>,
    /// What the layer sees of it, when that was asked for.
    pub seen: Option<Seen>,
}

/// An alert, in short.
#[derive(Debug, Serialize)]
pub struct JudgedAlert {
    /// Kind.
    pub kind: String,
    /// long, short or none.
    pub side: Option<&'static str>,
    /// 0 to 1.
    pub confidence: f64,
    /// Text.
    pub message: String,
    /// Prices.
    pub entry: Option<f64>,
    /// See there.
    pub stop: Option<f64>,
    /// See there.
    pub target: Option<f64>,
}

/// Asks the layer. One that compares instruments or judges the market sees all that were listed, whichever are shown.
///
/// # Errors
/// When there is no data, a ticker is unknown, or the user stops it. A fault of the layer is part of the judgement.
pub fn judge(subject: &Subject, question: &Question<'_>, cancel: &Cancel) -> Result<Judgement, EngineError> {
    let snapshot = look(question.market, &question.as_of)?;
    let shown = lists::of_symbols(question.symbols, &snapshot)?;
    let asked = match subject.descriptor().scope {
        Scope::PerInstrument => shown.clone(),
        Scope::CrossSection | Scope::Market => snapshot.listed().to_vec(),
    };
    let asking = Asking { subject, snapshot: &snapshot, cancel };
    let (heard, fault) = on_call_stack(|| match asking.ask_as_a_scan(&asked) {
        Ok(heard) => Ok((heard, None)),
        Err(NoAnswer::Fault(fault, log)) => Ok((Heard { log, ..Heard::default() }, Some(fault))),
        Err(NoAnswer::Other(error)) => Err(error),
    })?;
    let results = match subject.descriptor().scope {
        Scope::Market => Vec::new(),
        Scope::PerInstrument | Scope::CrossSection => {
            let opinion = |at: &usize| heard.opinions.get(asked.binary_search(at).ok()?);
            shown
                .iter()
                .map(|at| judged(&asking, *at, opinion(at), question.explain))
                .collect::<Result<_, _>>()?
        }
    };
    Ok(judgement(subject, &snapshot, heard, fault, results))
}

fn judged(
    asking: &Asking<'_>,
    instrument: usize,
    opinion: Option<&Opinion>,
    explain: bool,
) -> Result<Judged, AuthorError> {
    let known = |number: f64| Some(number).filter(|number| !number.is_nan());
    let measures = asking.subject.descriptor().measures.iter().map(|measure| measure.name.clone());
    let numbers = opinion.map(|opinion| opinion.measures.as_slice()).unwrap_or_default();
    let seen = explain.then(|| seen(asking.subject, asking.snapshot, instrument)).transpose()?;
    Ok(Judged {
        symbol: asking.symbol(instrument).to_owned(),
        outcome: opinion.map(|opinion| outcome(opinion.outcome)),
        score: opinion.and_then(|opinion| known(opinion.score)),
        reason: opinion.map(|opinion| opinion.reason.clone()).unwrap_or_default(),
        measures: measures.zip(numbers.iter().map(|number| known(*number))).collect(),
        alerts: opinion.map(|opinion| opinion.alerts.iter().map(short).collect()).unwrap_or_default(),
        seen,
    })
}

fn judgement(
    subject: &Subject,
    snapshot: &Snapshot,
    heard: Heard,
    fault: Option<String>,
    results: Vec<Judged>,
) -> Judgement {
    let line = |LogLine { level, message }: LogLine| (level.to_string(), message);
    Judgement {
        layer: subject.layer().label().to_owned(),
        digest: subject.layer().digest().to_owned(),
        as_of: snapshot.as_of().to_string(),
        fault,
        results,
        alerts: heard.alerts.iter().map(short).collect(),
        market: heard.market,
        refused: heard.refused,
        log: heard.log.into_iter().map(line).collect(),
        fuel: heard.usage.iter().map(|usage| usage.fuel).sum(),
        wall_ms: heard.usage.iter().map(|usage| usage.wall.as_secs_f64() * 1e3).sum(),
        peak_memory_bytes: heard.usage.iter().map(|usage| usage.peak_memory_bytes).max().unwrap_or(0),
    }
}

fn short(alert: &Alert) -> JudgedAlert {
    JudgedAlert {
        kind: alert.kind.clone(),
        side: alert.side.map(|side| match side {
            Side::Long => "long",
            Side::Short => "short",
        }),
        confidence: alert.confidence,
        message: alert.message.clone(),
        entry: alert.entry,
        stop: alert.stop,
        target: alert.target,
    }
}

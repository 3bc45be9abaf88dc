//! A scan's result in every format.

use super::Output;
use super::table::{self, Numbers};
use crate::args::Format;
use serde_json::json;
use sluice_engine::{
    AlertResult, InstrumentResult, LayerResult, LayerStatus, ScanResult, SessionTimes, StageResult,
    VenueState,
};
use std::fmt::Write;

/// Prints the result; the warnings go to stderr where the format has no room for them.
///
/// # Errors
/// When stdout cannot be written to.
pub fn print(out: &mut Output, result: &ScanResult, show_alerts: bool) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => out.json(result),
        Format::Ndjson => lines(out, result),
        Format::Csv => {
            warn(result);
            match show_alerts {
                false => out.csv(
                    &RESULT_HEADER,
                    result.results.iter().map(|result| result_row(result, Numbers::Exact)),
                ),
                true => {
                    out.csv(&ALERT_HEADER, result.alerts.iter().map(|alert| alert_row(alert, Numbers::Exact)))
                }
            }
        }
        Format::Table => {
            tables(out, result, show_alerts)?;
            out.flush()?;
            warn(result);
            Ok(())
        }
    }
}

/// One object per line; `record` says what each is.
fn lines(out: &mut Output, result: &ScanResult) -> anyhow::Result<()> {
    let tagged = |tag: &str, value: serde_json::Value| match value {
        serde_json::Value::Object(mut object) => {
            object.insert("record".to_owned(), json!(tag));
            serde_json::Value::Object(object)
        }
        other => other,
    };
    out.json_line(&json!({
        "record": "scan", "scan_id": result.scan_id, "pipeline": result.pipeline, "as_of": result.as_of,
        "data_until": result.data_until, "status": result.status, "venues": result.venues,
        "warnings": result.warnings,
    }))?;
    for stage in &result.stages {
        out.json_line(&tagged("stage", serde_json::to_value(stage)?))?;
    }
    for instrument in &result.results {
        out.json_line(&tagged("result", serde_json::to_value(instrument)?))?;
    }
    for alert in &result.alerts {
        out.json_line(&tagged("alert", serde_json::to_value(alert)?))?;
    }
    Ok(())
}

fn warn(result: &ScanResult) {
    for warning in &result.warnings {
        super::warn(warning);
    }
}

const STAGE_HEADER: [&str; 9] =
    ["stage", "name", "in", "out", "no opinion", "layer", "status", "median score", "call ms"];
/// Venues that a line names.
const VENUES_NAMED: usize = 8;
const RESULT_HEADER: [&str; 6] = ["rank", "symbol", "outcome", "score", "percentile", "reason"];
const ALERT_HEADER: [&str; 11] = [
    "symbol",
    "kind",
    "side",
    "entry",
    "stop",
    "target",
    "reward/risk",
    "severity",
    "confidence",
    "layer",
    "message",
];

fn tables(out: &mut Output, result: &ScanResult, show_alerts: bool) -> anyhow::Result<()> {
    let id = result.scan_id.as_deref().unwrap_or("not stored");
    let until = result.data_until.map_or_else(|| "no data".to_owned(), |until| format!("data until {until}"));
    out.line(format_args!("pipeline {} as of {}, {until} ({id})", result.pipeline, result.as_of))?;
    for (mics, state) in VenueState::alike(&result.venues) {
        out.line(venue(&mics, state))?;
    }
    out.line(table::plain(&STAGE_HEADER, result.stages.iter().flat_map(stage_rows)))?;
    if result.results.is_empty() {
        out.line("nothing is left")?;
    } else {
        out.line(table::plain(
            &RESULT_HEADER,
            result.results.iter().map(|result| result_row(result, Numbers::Rounded)),
        ))?;
    }
    if show_alerts {
        match result.alerts.is_empty() {
            true => out.line("no alerts")?,
            false => out.line(table::plain(
                &ALERT_HEADER,
                result.alerts.iter().map(|alert| alert_row(alert, Numbers::Rounded)),
            ))?,
        }
    }
    Ok(())
}

/// Venues whose clocks say the same, e.g. `XNYS, XNAS: closed, 2024-11-28 is no session; last 2024-11-27 …`.
fn venue(mics: &[&str], state: &VenueState) -> String {
    let dots = if mics.len() > VENUES_NAMED { ", …" } else { "" };
    let mut text = mics.iter().take(VENUES_NAMED).copied().collect::<Vec<_>>().join(", ");
    let _ = write!(text, "{dots}: {}", state.phase);
    if let (Some(date), Some(false)) = (state.date, state.is_session) {
        let _ = write!(text, ", {date} is no session");
    } else if let (Some(date), None) = (state.date, state.is_session) {
        let _ = write!(text, ", {date} is in no calendar");
    }
    if let Some(last) = state.last_session {
        let _ = write!(text, "; last session {}{}", last.date, early(last));
    }
    if let Some(next) = state.next_session {
        let _ = write!(text, ", next {} from {}{}", next.date, next.open_utc, early(next));
    }
    text
}

fn early(session: SessionTimes) -> &'static str {
    if session.early_close { " (early close)" } else { "" }
}

/// The stage on its first layer's row, the other layers below.
fn stage_rows(stage: &StageResult) -> Vec<Vec<String>> {
    let count = |value: usize| Numbers::Rounded.count(value as u64);
    let mut rows: Vec<Vec<String>> = Vec::with_capacity(stage.layers.len());
    for (at, layer) in stage.layers.iter().enumerate() {
        let mut row = match at {
            0 => vec![
                stage.number.to_string(),
                stage.name.clone(),
                count(stage.entered),
                count(stage.out),
                count(stage.no_opinion),
            ],
            _ => vec![String::new(); 5],
        };
        row.extend(layer_cells(layer));
        rows.push(row);
    }
    rows
}

fn layer_cells(layer: &LayerResult) -> [String; 4] {
    let status = match layer.status {
        LayerStatus::Ok => "ok",
        LayerStatus::Faulted => "faulted",
        LayerStatus::Skipped => "skipped",
        LayerStatus::LastGood => "last good",
    };
    [
        format!("{}@{}", layer.id, layer.version),
        status.to_owned(),
        Numbers::Rounded.number(layer.stats.median, 1),
        format!("{:.1}", layer.wall_ms),
    ]
}

fn result_row(result: &InstrumentResult, numbers: Numbers) -> Vec<String> {
    vec![
        result.rank.to_string(),
        result.symbol.clone(),
        result.outcome_word().to_owned(),
        numbers.number(result.score, 1),
        numbers.number(result.percentile, 1),
        result.reason.clone(),
    ]
}

fn alert_row(alert: &AlertResult, numbers: Numbers) -> Vec<String> {
    vec![
        alert.symbol.clone().unwrap_or_else(|| "market".to_owned()),
        alert.kind.clone(),
        alert.side_word().unwrap_or_default().to_owned(),
        numbers.price(alert.entry),
        numbers.price(alert.stop),
        numbers.price(alert.target),
        numbers.number(alert.reward_to_risk(), 1),
        alert.severity_word().to_owned(),
        numbers.number(Some(alert.confidence), 2),
        alert.layer.clone(),
        alert.message.clone(),
    ]
}

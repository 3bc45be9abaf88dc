//! A scan's result in every format.

use super::Output;
use super::clock::Clock;
use super::spark::spark;
use super::table::{self, Numbers};
use crate::args::Format;
use serde_json::json;
use sluice_engine::{
    Abstention, AlertResult, Cell, InstrumentResult, LayerResult, LayerStatus, PriceBy, ScanResult,
    SessionTimes, StageResult, VenueState,
};
use sluice_market::Instant;
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
                    &result_header(result),
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
        "data_until": result.data_until, "status": result.status, "venues": result.venues, "excluded": result.excluded, "hidden": result.hidden,
        "warnings": result.warnings, "alerts_held_back": result.alerts_held_back,
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
    for shadow in &result.shadows {
        out.json_line(&tagged("shadow", serde_json::to_value(shadow)?))?;
    }
    Ok(())
}

fn warn(result: &ScanResult) {
    for warning in &result.warnings {
        super::warn(warning);
    }
}

const STAGE_HEADER: [&str; 10] =
    ["stage", "name", "in", "out", "no opinion", "layer", "status", "median score", "call ms", "abstained"];
/// Characters of a layer's reason that the table of stages has room for.
const REASON_SHOWN: usize = 40;
/// Venues that a line names.
const VENUES_NAMED: usize = 8;
const RESULT_HEADER: [&str; 6] = ["rank", "symbol", "outcome", "score", "percentile", "reason"];
/// Columns that stand in front whatever is asked for.
const LEADING: [&str; 2] = ["rank", "symbol"];
/// Columns of prices.
const PRICES: [&str; 6] = ["price", "close", "open", "high", "low", "atr"];
/// Columns of whole numbers.
const COUNTS: [&str; 2] = ["alerts", "volume"];
const ALERT_HEADER: [&str; 14] = [
    "symbol",
    "kind",
    "side",
    "entry",
    "stop",
    "stop by",
    "target",
    "reward/risk",
    "shares",
    "risk",
    "severity",
    "confidence",
    "layer",
    "message",
];

fn tables(out: &mut Output, result: &ScanResult, show_alerts: bool) -> anyhow::Result<()> {
    let id = result.scan_id.as_deref().unwrap_or("not stored");
    let clock = out.clock();
    let until = |until: Instant| format!("data until {}", clock.show(until.millis()));
    let until = result.data_until.map_or_else(|| "no data".to_owned(), until);
    let as_of = clock.show(result.as_of.millis());
    out.line(format_args!("pipeline {} as of {as_of}, {until} ({id})", result.pipeline))?;
    for (mics, state) in VenueState::alike(&result.venues) {
        out.line(venue(&mics, state, clock))?;
    }
    out.line(table::plain(&STAGE_HEADER, result.stages.iter().flat_map(stage_rows)))?;
    if result.results.is_empty() && result.hidden == 0 {
        out.line("nothing is left")?;
    } else if !result.results.is_empty() {
        out.line(table::plain(
            &result_header(result),
            result.results.iter().map(|result| result_row(result, Numbers::Rounded)),
        ))?;
    }
    for shadow in &result.shadows {
        out.line(super::shadow::told(shadow))?;
    }
    if result.excluded > 0 {
        out.line(format_args!("{} excluded by lists", result.excluded))?;
    }
    if result.hidden > 0 {
        let (shown, all) = (result.results.len(), result.results.len() + result.hidden);
        out.line(format_args!("{shown} of {all} shown"))?;
    }
    if show_alerts {
        match result.alerts.is_empty() {
            true => out.line("no alerts")?,
            false => out.line(table::plain(
                &ALERT_HEADER,
                result.alerts.iter().map(|alert| alert_row(alert, Numbers::Rounded)),
            ))?,
        }
        match result.alerts_held_back {
            0 => {}
            1 => out.line("1 more was told before: `sluice alerts --all` shows it")?,
            more => {
                out.line(format_args!("{more} more were told before: `sluice alerts --all` shows them"))?
            }
        }
    }
    Ok(())
}

/// Venues whose clocks say the same, e.g. `XNYS, XNAS: closed, 2024-11-28 is no session; last 2024-11-27 …`.
fn venue(mics: &[&str], state: &VenueState, clock: Clock) -> String {
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
        let _ =
            write!(text, ", next {} from {}{}", next.date, clock.show(next.open_utc.millis()), early(next));
    }
    text
}

fn early(session: SessionTimes) -> &'static str {
    if session.early_close { " (early close)" } else { "" }
}

/// The stage on its first layer's row, the other layers below, those that an operator disabled last.
fn stage_rows(stage: &StageResult) -> Vec<Vec<String>> {
    let count = |value: usize| Numbers::Rounded.count(value as u64);
    let none = || table::NONE.to_owned();
    let disabled = |id: &String| [id.clone(), "disabled".to_owned(), none(), none(), none()];
    let layers = stage.layers.iter().map(layer_cells).chain(stage.disabled.iter().map(disabled));
    let mut rows: Vec<Vec<String>> = Vec::with_capacity(stage.layers.len());
    for (at, cells) in layers.enumerate() {
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
        row.extend(cells);
        rows.push(row);
    }
    rows
}

fn layer_cells(layer: &LayerResult) -> [String; 5] {
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
        abstained(layer.abstained, &layer.abstained_because),
    ]
}

/// On how many instruments, and the most frequent reason; with its own count where there are others.
fn abstained(count: usize, because: &[Abstention]) -> String {
    let number = |count: usize| Numbers::Rounded.count(count as u64);
    let Some(first) = because.iter().find(|of| !of.reason.is_empty()) else { return number(count) };
    let mut reason: String = first.reason.chars().take(REASON_SHOWN).collect();
    if reason.len() < first.reason.len() {
        reason = format!("{}…", reason.trim_end());
    }
    match first.count == count {
        true => format!("{} ({reason})", number(count)),
        false => format!("{} ({}: {reason})", number(count), number(first.count)),
    }
}

/// The columns that were asked for stand behind rank and symbol; without any there are those of the result.
fn result_header(result: &ScanResult) -> Vec<&str> {
    let Some(first) = result.results.first().filter(|first| !first.columns.is_empty()) else {
        return RESULT_HEADER.to_vec();
    };
    let asked = first.columns.iter().map(|(name, _)| name.as_str());
    LEADING.into_iter().chain(asked.filter(|name| !LEADING.contains(name))).collect()
}

fn figure(name: &str, cell: &Cell, numbers: Numbers) -> String {
    match cell {
        Cell::Missing => table::NONE.to_owned(),
        Cell::Number(number) if PRICES.contains(&name) => numbers.price(Some(*number)),
        Cell::Number(number) if COUNTS.contains(&name) => {
            #[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "a count, 0 or more")]
            let count = number.max(0.0) as u64;
            numbers.count(count)
        }
        Cell::Number(number) => numbers.figure(*number),
        Cell::Truth(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Cell::Text(text) => text.clone(),
        Cell::Series(values) if numbers == Numbers::Rounded => spark(values),
        Cell::Series(values) => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}

fn result_row(result: &InstrumentResult, numbers: Numbers) -> Vec<String> {
    if !result.columns.is_empty() {
        let asked = result.columns.iter().filter(|(name, _)| !LEADING.contains(&name.as_str()));
        let figures = asked.map(|(name, cell)| figure(name, cell, numbers));
        return [result.rank.to_string(), result.symbol.clone()].into_iter().chain(figures).collect();
    }
    vec![
        result.rank.to_string(),
        result.symbol.clone(),
        result.outcome_word().to_owned(),
        numbers.number(result.score, 1),
        numbers.number(result.percentile, 1),
        result.reason.clone(),
    ]
}

/// Who set the stop that is shown.
fn stop_by(alert: &AlertResult) -> &'static str {
    match alert.risk.as_ref().and_then(|risk| risk.stop_by) {
        Some(PriceBy::Atr) => "ATR",
        Some(PriceBy::Layer | PriceBy::Close) => "layer",
        None => "",
    }
}

fn alert_row(alert: &AlertResult, numbers: Numbers) -> Vec<String> {
    vec![
        alert.symbol.clone().unwrap_or_else(|| "market".to_owned()),
        alert.kind.clone(),
        alert.side_word().unwrap_or_default().to_owned(),
        numbers.price(alert.effective_entry()),
        numbers.price(alert.effective_stop()),
        stop_by(alert).to_owned(),
        numbers.price(alert.target),
        numbers.number(alert.reward_to_risk(), 1),
        numbers.shares(alert.risk.as_ref().and_then(|risk| risk.shares)),
        alert.risk.as_ref().map_or("", |risk| risk.flag.as_str()).to_owned(),
        alert.severity_word().to_owned(),
        numbers.number(Some(alert.confidence), 2),
        alert.layer.clone(),
        alert.message.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_abstained_is_told_with_the_most_frequent_reason_in_few_words() {
        let because = |said: &[(&str, usize)]| -> Vec<Abstention> {
            let of =
                |(reason, count): &(&str, usize)| Abstention { reason: (*reason).to_owned(), count: *count };
            said.iter().map(of).collect()
        };
        assert_eq!(abstained(0, &[]), "0");
        assert_eq!(abstained(1_218, &because(&[("no news known", 1_218)])), "1,218 (no news known)");
        assert_eq!(
            abstained(218, &because(&[("no news known", 200), ("too old", 18)])),
            "218 (200: no news known)"
        );
        assert_eq!(abstained(3, &because(&[("", 3)])), "3");
        assert_eq!(abstained(3, &because(&[("", 2), ("too old", 1)])), "3 (1: too old)");
        let long = "a reason that goes on and on and on until nobody reads it";
        assert_eq!(abstained(1, &because(&[(long, 1)])), "1 (a reason that goes on and on and on unti…)");
    }
}

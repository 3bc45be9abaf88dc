//! Why an instrument is, or is not, among the results of a scan: for people as text, for programs as it is.

use super::Output;
use super::clock::Clock;
use super::table::{self, Numbers};
use crate::args::Format;
use serde::Serialize;
use sluice_engine::{
    ExplainedLayer, ExplainedStage, Explanation, LayerStatus, Opinion, Saw, SawBars, ScanResult,
};
use sluice_market::Instant;
use std::collections::BTreeMap;

/// Columns of a list of what was seen and computed.
const FACTS: [&str; 3] = ["", "what", "value"];
/// The same of programs, which want to know the layer on every row.
const FACTS_EXACT: [&str; 5] = ["stage", "layer", "part", "what", "value"];

/// The explanation with the scan that it is of.
#[derive(Serialize)]
struct Document<'a> {
    scan_id: Option<&'a str>,
    pipeline: &'a str,
    as_of: Instant,
    #[serde(flatten)]
    explanation: &'a Explanation,
}

/// Prints the explanation.
///
/// # Errors
/// When stdout cannot be written to.
pub fn print(out: &mut Output, result: &ScanResult, explanation: &Explanation) -> anyhow::Result<()> {
    let (scan_id, pipeline, as_of) = (result.scan_id.as_deref(), result.pipeline.as_str(), result.as_of);
    let document = Document { scan_id, pipeline, as_of, explanation };
    match out.format() {
        Format::Json => out.json(&document),
        Format::Ndjson => out.json_line(&document),
        Format::Csv => out.csv(&FACTS_EXACT, exact(explanation).into_iter()),
        Format::Table => {
            text(out, &document)?;
            out.flush()?;
            result.warnings.iter().for_each(|warning| super::warn(warning));
            Ok(())
        }
    }
}

fn exact(explanation: &Explanation) -> Vec<Vec<String>> {
    let of_layer = |stage: &ExplainedStage, layer: &ExplainedLayer| {
        let head = [stage.number.to_string(), layer.id.clone()];
        let rows = facts(layer, Numbers::Exact, Clock::default()).into_iter();
        rows.map(move |row| head.iter().cloned().chain(row).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let layers =
        explanation.stages.iter().flat_map(|stage| stage.layers.iter().map(move |layer| (stage, layer)));
    layers.flat_map(|(stage, layer)| of_layer(stage, layer)).collect()
}

fn text(out: &mut Output, document: &Document<'_>) -> anyhow::Result<()> {
    let Document { explanation, .. } = document;
    let name = match explanation.name.is_empty() {
        true => String::new(),
        false => format!(", {}", explanation.name),
    };
    let id = document.scan_id.unwrap_or("not stored");
    let clock = out.clock();
    out.line(format_args!(
        "{}{name} in pipeline {} as of {} ({id})",
        explanation.symbol,
        document.pipeline,
        clock.show(document.as_of.millis())
    ))?;
    for stage in &explanation.stages {
        out.line(format_args!("\nstage {} {}: {}", stage.number, stage.name, fate(stage)))?;
        for layer in &stage.layers {
            out.line(format_args!("\n{}@{} {}", layer.id, layer.version, said(layer)))?;
            let facts = facts(layer, Numbers::Rounded, clock);
            if !facts.is_empty() {
                out.line(table::plain(&FACTS, facts.into_iter()))?;
            }
        }
    }
    out.line(format_args!("\n{}", end(explanation)))
}

/// What became of it in a stage.
fn fate(stage: &ExplainedStage) -> String {
    if !stage.reached {
        return "not reached".to_owned();
    }
    let mut text = if stage.passed { "passed" } else { "stopped here" }.to_owned();
    if let Some(score) = stage.score {
        text += &format!(", score {score:.1}");
    }
    if let Some(threshold) = stage.threshold {
        text += &format!(", threshold {threshold}");
    }
    if let Some(most) = stage.max_symbols {
        text += &format!(", at most {most} symbols");
    }
    text
}

/// What a layer said, in a sentence.
fn said(layer: &ExplainedLayer) -> String {
    let score = layer.score.map(|score| format!(" with {score:.1}")).unwrap_or_default();
    let reason = match &layer.reason {
        Some(reason) if !reason.is_empty() => format!(": {reason}"),
        _ => String::new(),
    };
    match (layer.outcome, layer.status) {
        (Some(Opinion::Keep), _) => format!("keeps it{score}{reason}"),
        (Some(Opinion::Drop), _) => format!("drops it{score}{reason}"),
        (Some(Opinion::Abstain), _) => format!("has no opinion{reason}"),
        (Some(Opinion::Error), _) => format!("faulted on it{reason}"),
        (None, LayerStatus::Ok) => "judges the market only".to_owned(),
        (None, _) => format!("said nothing: {}", layer.fault.as_deref().unwrap_or("it was not called")),
    }
}

/// Why it went no further.
fn end(explanation: &Explanation) -> String {
    let symbol = &explanation.symbol;
    match (&explanation.stopped, explanation.rank) {
        (Some(stage), _) => {
            let why = crate::commands::why(explanation.cause, explanation.score);
            format!("{symbol} went no further than stage {stage}: {why}")
        }
        (None, Some(rank)) => format!("{symbol} came through all stages, to rank {rank}"),
        (None, None) => format!("{symbol} is not among the results: the scan has none"),
    }
}

/// Part, name and value of everything that a layer saw, was set to, computed and raised.
fn facts(layer: &ExplainedLayer, numbers: Numbers, clock: Clock) -> Vec<Vec<String>> {
    let mut rows: Vec<[String; 3]> = Vec::new();
    let mut add = |part: &str, what: String, value: String| rows.push([part.to_owned(), what, value]);
    for (name, value) in &layer.settings {
        add("setting", name.clone(), plain(value));
    }
    if let Some(saw) = &layer.saw {
        seen(saw, numbers, clock, &mut add);
    }
    for (name, value) in &layer.measures {
        add("computed", name.clone(), figure(*value, numbers));
    }
    if numbers == Numbers::Exact {
        add("said", "outcome".to_owned(), layer.outcome.map(word).unwrap_or_default().to_owned());
        add("said", "score".to_owned(), numbers.number(layer.score, 1));
        add("said", "reason".to_owned(), layer.reason.clone().unwrap_or_default());
    }
    for alert in &layer.alerts {
        add("alert", alert.kind.clone(), alert.message.clone());
    }
    let mut last = String::new();
    let part_once = |[part, what, value]: [String; 3]| {
        // a part is named once for people
        let shown = if numbers == Numbers::Rounded && part == last { String::new() } else { part.clone() };
        last = part;
        vec![shown, what, value]
    };
    rows.into_iter().map(part_once).collect()
}

fn seen(saw: &Saw, numbers: Numbers, clock: Clock, add: &mut impl FnMut(&str, String, String)) {
    for bars in &saw.bars {
        add("saw", format!("bars of {}, {}", bars.timeframe, bars.adjustment), span(bars, clock));
        if !bars.newest.is_empty() {
            add("saw", format!("newest bar of {}", bars.timeframe), pairs(&bars.newest, numbers));
        }
    }
    for event in &saw.events {
        let figures = match event.numbers.is_empty() {
            true => String::new(),
            false => format!(" ({})", pairs(&event.numbers, numbers)),
        };
        add(
            "saw",
            format!("{} known {}", event.kind, clock.show(event.known_at.millis())),
            format!("{}{figures}", event.headline),
        );
    }
    for (name, value) in &saw.facts {
        add("saw", format!("fact {name}"), figure(*value, numbers));
    }
    match &saw.quote {
        Some(quote) => {
            let at = clock.show(quote.at.millis());
            add("saw", format!("quote of {at}"), pairs(&quote.numbers(), numbers));
        }
        None if saw.asked_for_quotes => {
            add("saw", "quote".to_owned(), "none of the newest session".to_owned())
        }
        None => {}
    }
    for (layer, columns) in &saw.upstream {
        for (name, value) in columns {
            add("saw", format!("{name} of {layer}"), figure(*value, numbers));
        }
    }
    if !saw.references.is_empty() {
        add("saw", "references".to_owned(), saw.references.join(", "));
    }
}

fn span(bars: &SawBars, clock: Clock) -> String {
    let asked = match bars.lookback {
        1 => "1 asked for".to_owned(),
        lookback => format!("{lookback} asked for"),
    };
    match (bars.first, bars.last) {
        (Some(first), Some(last)) => {
            let [first, last] = [first, last].map(|instant| clock.show(instant.millis()));
            format!("{} of {asked}, from {first} to {last}", bars.count)
        }
        _ if bars.too_old => format!("none of {asked}: the newest is too old"),
        _ => format!("none of {asked}"),
    }
}

fn pairs(values: &BTreeMap<String, f64>, numbers: Numbers) -> String {
    let text = |(name, value): (&String, &f64)| format!("{name} {}", figure(Some(*value), numbers));
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// At most four decimals for people: figures here are prices, shares, ratios and money.
fn figure(value: Option<f64>, numbers: Numbers) -> String {
    let text = numbers.number(value, 4);
    match numbers == Numbers::Rounded && text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

fn word(opinion: Opinion) -> &'static str {
    match opinion {
        Opinion::Keep => "keep",
        Opinion::Drop => "drop",
        Opinion::Abstain => "abstain",
        Opinion::Error => "error",
    }
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_engine::{SawEvent, SawQuote};

    fn saw() -> Saw {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let bars = SawBars {
            timeframe: "1d",
            adjustment: "raw".to_owned(),
            lookback: 20,
            count: 2,
            first: Some(at("2025-06-27T13:30:00Z")),
            last: Some(at("2025-06-30T13:30:00Z")),
            too_old: false,
            newest: BTreeMap::new(),
        };
        let event = SawEvent {
            kind: "news".to_owned(),
            known_at: at("2025-06-30T12:00:00Z"),
            effective_at: at("2025-06-30T12:00:00Z"),
            headline: "It grows".to_owned(),
            numbers: BTreeMap::new(),
        };
        let quote = SawQuote {
            at: at("2025-06-30T19:59:59Z"),
            bid: Some(9.5),
            ask: None,
            bid_size: None,
            ask_size: None,
            last: None,
        };
        Saw {
            as_of: at("2025-06-30T20:00:00Z"),
            bars: vec![bars],
            events: vec![event],
            facts: BTreeMap::new(),
            asked_for_quotes: true,
            quote: Some(quote),
            upstream: BTreeMap::new(),
            references: Vec::new(),
        }
    }

    fn told(format: Format) -> Vec<String> {
        let clock = Clock::new(format, "America/New_York".parse().unwrap());
        let mut rows = Vec::new();
        seen(&saw(), Numbers::Rounded, clock, &mut |_, what, value| rows.push(format!("{what}: {value}")));
        rows
    }

    #[test]
    fn people_read_bars_events_and_quotes_by_their_own_clock_and_programs_in_utc() {
        assert_eq!(
            told(Format::Table),
            [
                "bars of 1d, raw: 2 of 20 asked for, from 2025-06-27 09:30:00 EDT to 2025-06-30 09:30:00 EDT",
                "news known 2025-06-30 08:00:00 EDT: It grows",
                "quote of 2025-06-30 15:59:59 EDT: bid 9.5",
            ]
        );
        assert_eq!(told(Format::Csv)[2], "quote of 2025-06-30T19:59:59Z: bid 9.5");
    }
}

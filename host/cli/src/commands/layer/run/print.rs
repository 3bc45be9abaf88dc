//! What a layer says by itself, in every format.

use crate::args::Format;
use crate::output::table::{self, NONE, Numbers};
use crate::output::{self, Output};
use sluice_engine::{Judged, JudgedAlert, Judgement, Seen};

const HEADER: [&str; 5] = ["symbol", "outcome", "score", "measures", "reason"];

/// Prints the judgement; log lines and faults go to stderr where the format has no room for them.
///
/// # Errors
/// When stdout cannot be written to.
pub fn print(out: &mut Output, judgement: &Judgement) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => return out.json(judgement),
        Format::Ndjson => return out.json_line(judgement),
        Format::Csv => out.csv(&HEADER, judgement.results.iter().map(|it| row(it, Numbers::Exact)))?,
        Format::Table => tables(out, judgement)?,
    }
    out.flush()?;
    for (level, line) in &judgement.log {
        output::note(&format!("{} logged {level}: {line}", judgement.layer));
    }
    judgement
        .refused
        .iter()
        .for_each(|refused| output::warn(&format!("{refused}: such an alert is refused")));
    if let Some(fault) = &judgement.fault {
        output::complain(&anyhow::anyhow!("layer {}: {fault}", judgement.layer));
    }
    Ok(())
}

fn tables(out: &mut Output, judgement: &Judgement) -> anyhow::Result<()> {
    if judgement.fault.is_none() && !judgement.results.is_empty() {
        let rows = judgement.results.iter().map(|it| row(it, Numbers::Rounded));
        out.line(table::plain(&HEADER, rows))?;
    }
    for judged in &judgement.results {
        judged.alerts.iter().try_for_each(|alert| out.line(told(alert, &judged.symbol)))?;
    }
    judgement.alerts.iter().try_for_each(|alert| out.line(told(alert, "the market")))?;
    for (name, figure) in &judgement.market {
        out.line(format_args!("market {name}: {}", Numbers::Rounded.number(Some(*figure), 4)))?;
    }
    for seen in judgement.results.iter().filter_map(|judged| judged.seen.as_ref()) {
        explain(out, seen)?;
    }
    out.line(format_args!(
        "{} as of {}: {} fuel, {:.1} ms, {}",
        judgement.layer,
        judgement.as_of,
        Numbers::Rounded.count(judgement.fuel),
        judgement.wall_ms,
        table::bytes(judgement.peak_memory_bytes as u64)
    ))
}

fn row(judged: &Judged, numbers: Numbers) -> Vec<String> {
    let measure = |(name, number): &(String, Option<f64>)| format!("{name} {}", numbers.number(*number, 4));
    vec![
        judged.symbol.clone(),
        judged.outcome.unwrap_or(NONE).to_owned(),
        numbers.number(judged.score, 1),
        judged.measures.iter().map(measure).collect::<Vec<_>>().join(", "),
        judged.reason.clone(),
    ]
}

fn told(alert: &JudgedAlert, on: &str) -> String {
    let prices = [("entry", alert.entry), ("stop", alert.stop), ("target", alert.target)];
    let prices: String = prices
        .into_iter()
        .filter(|(_, price)| price.is_some())
        .map(|(name, price)| format!(", {name} {}", Numbers::Rounded.price(price)))
        .collect();
    let side = alert.side.map(|side| format!(" {side}")).unwrap_or_default();
    format!(
        "alert {} on {on}:{side} confidence {:.2}{prices}: {}",
        alert.kind, alert.confidence, alert.message
    )
}

/// What the layer sees of an instrument.
fn explain(out: &mut Output, seen: &Seen) -> anyhow::Result<()> {
    out.line(format_args!(
        "{} ({}, {}), told that it is {}",
        seen.symbol, seen.kind, seen.status, seen.as_of
    ))?;
    for bars in &seen.bars {
        let missing = match bars.missing {
            0 => String::new(),
            count => format!(", {count} numbers missing"),
        };
        out.line(format_args!(
            "  {} of {} bars of {} ({}){missing}",
            bars.count,
            bars.lookback,
            bars.timeframe,
            bars.columns.join(", ")
        ))?;
        for (open, numbers) in &bars.newest {
            let numbers: Vec<String> =
                numbers.iter().map(|number| Numbers::Rounded.number(*number, 4)).collect();
            out.line(format_args!("    {} {}", open.as_deref().unwrap_or(""), numbers.join("  ")))?;
        }
    }
    for event in &seen.events {
        let figures: String =
            event.numbers.iter().map(|(name, number)| format!(", {name} {number}")).collect();
        out.line(format_args!("  {} known at {}: {}{figures}", event.kind, event.known_at, event.headline))?;
    }
    for (name, fact) in &seen.facts {
        out.line(format_args!("  {name}: {}", Numbers::Rounded.number(*fact, 4)))?;
    }
    if let Some(quote) = &seen.quote {
        let number =
            |(name, number): (String, f64)| format!("{name} {}", Numbers::Rounded.number(Some(number), 4));
        let numbers: Vec<String> = quote.numbers().into_iter().map(number).collect();
        out.line(format_args!("  quote of {}: {}", quote.at, numbers.join(", ")))?;
    }
    seen.references
        .iter()
        .try_for_each(|(symbol, bars)| out.line(format_args!("  reference {symbol}: {bars} bars")))
}

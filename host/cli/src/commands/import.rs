//! `sluice import`

use crate::args::{Format, Import};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::{Output, table};
use crate::progress::Progress;
use sluice_market::{ImportOptions, ImportSummary, import};

/// Imports the files into the bar set and tells what was wrong in them.
pub fn run(home: &Home, options: &Import, out: &mut Output) -> anyhow::Result<Exit> {
    let mic = match &options.venue {
        Some(mic) => mic.clone(),
        None => home.config()?.venue,
    };
    home.make()?;
    let progress = Progress::new();
    let summary = import(
        &home.market_folder(),
        &options.files,
        &ImportOptions { mic, ..ImportOptions::default() },
        &mut |step| {
            progress.import(step);
        },
    );
    progress.finish();
    print(out, &summary?)?;
    Ok(Exit::Done)
}

fn print(out: &mut Output, summary: &ImportSummary) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => return out.json(summary),
        Format::Ndjson => return out.json_line(summary),
        Format::Csv | Format::Table => {}
    }
    let date = |date: Option<chrono::NaiveDate>| date.map_or_else(|| "–".to_owned(), |date| date.to_string());
    let facts = [
        ("format", summary.format.clone()),
        ("rows", table::count(summary.rows)),
        ("bars added", table::count(summary.bars_added)),
        ("bars replaced", table::count(summary.bars_replaced)),
        ("bars unchanged", table::count(summary.bars_unchanged)),
        ("instruments", format!("{} ({} new)", table::count(summary.instruments), summary.instruments_added)),
        ("dates", format!("{} to {}", date(summary.first_date), date(summary.last_date))),
    ];
    let facts = facts.into_iter().map(|(name, value)| vec![name.to_owned(), value]);
    let faults = summary.faults.iter().map(fault_row);
    if out.format() == Format::Csv {
        out.csv(&["what", "value"], facts)?;
        return out.csv(&FAULT_HEADER, faults);
    }
    out.line(table::plain(&["import", ""], facts))?;
    if !summary.ignored_columns.is_empty() {
        out.line(format_args!("columns not used: {}", summary.ignored_columns.join(", ")))?;
    }
    match summary.faults.is_empty() {
        true => out.line("no faults found"),
        false => out.line(table::plain(&FAULT_HEADER, faults)),
    }
}

const FAULT_HEADER: [&str; 3] = ["fault", "count", "first examples"];
/// Examples that fit into a table; JSON has them all.
const EXAMPLES: usize = 3;

fn fault_row(fault: &sluice_market::FaultCount) -> Vec<String> {
    let examples: Vec<String> = fault.examples.iter().take(EXAMPLES).map(example).collect();
    vec![fault.kind.as_str().to_owned(), table::count(fault.count), examples.join("; ")]
}

/// Where it is and what is wrong, e.g. `row 12 LNT 2016-05-19: close 17.87 below low 35.085`.
fn example(example: &sluice_market::FaultExample) -> String {
    let mut place: Vec<String> = Vec::new();
    place.extend(example.line.map(|line| format!("line {line}")));
    place.extend(example.row.map(|row| format!("row {row}")));
    place.extend(example.symbol.clone());
    place.extend(example.date.map(|date| date.to_string()));
    format!("{}: {}", place.join(" "), example.detail)
}

//! `sluice import`

use super::audited::{self, Account};
use crate::args::{Format, Import};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table::{self, Numbers};
use crate::progress::Progress;
use serde_json::json;
use sluice_market::{Changes, ImportHints, ImportOptions, ImportSummary, discard_unfinished, import};
use std::path::PathBuf;

/// Imports the files into the bar set and tells what was wrong in them.
pub fn run(home: &Home, options: &Import, out: &mut Output) -> anyhow::Result<Exit> {
    let mic = match &options.venue {
        Some(mic) => mic.clone(),
        None => home.config()?.venue,
    };
    let calendars = home.calendars()?;
    let files = &options.files;
    let hints = hints(options);
    let progress = Progress::new();
    let folder = home.market_folder();
    let tidy = folder.clone();
    let summary = audited::import(
        home,
        account(files),
        move || discard_unfinished(&tidy),
        || {
            let options = ImportOptions { mic, calendars, hints, ..ImportOptions::default() };
            let summary = import(&folder, files, &options, &mut |step| progress.import(step));
            progress.finish();
            Ok(summary?)
        },
    )?;
    print(out, &summary)?;
    Ok(Exit::Done)
}

/// What was said on the command line where files do not say it.
fn hints(options: &Import) -> ImportHints {
    ImportHints {
        format: options.format.clone(),
        symbol: options.symbol.clone(),
        zone: options.zone,
        timeframe: options.timeframe,
        columns: options.columns.clone(),
    }
}

/// The files, as they were typed and where they are.
fn account(files: &[PathBuf]) -> Account {
    let typed: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let whole =
        |file: &PathBuf| std::path::absolute(file).unwrap_or_else(|_| file.clone()).display().to_string();
    let whole: Vec<String> = files.iter().map(whole).collect();
    Account { subject: typed.join(", "), plan: json!({ "files": whole }) }
}

fn print(out: &mut Output, summary: &ImportSummary) -> anyhow::Result<()> {
    match out.format() {
        Format::Json => out.json(summary),
        Format::Ndjson => out.json_line(summary),
        Format::Csv => {
            let faults = summary
                .faults
                .iter()
                .map(|fault| [format!("fault {}", fault.kind.as_str()), fault.count.to_string()]);
            out.csv(&["what", "value"], facts(summary, Numbers::Exact).into_iter().chain(faults))
        }
        Format::Table => {
            out.line(table::plain(
                &["import", ""],
                facts(summary, Numbers::Rounded).into_iter().map(Vec::from),
            ))?;
            taken_for(out, summary)?;
            if !summary.ignored_columns.is_empty() {
                out.line(format_args!("columns not used: {}", summary.ignored_columns.join(", ")))?;
            }
            match summary.faults.is_empty() {
                true => out.line("no faults found"),
                false => out.line(table::plain(&FAULT_HEADER, summary.faults.iter().map(fault_row))),
            }
        }
    }
}

/// Files that are named one by one.
const MAX_FILES: usize = 20;

/// What each file was taken for.
fn taken_for(out: &mut Output, summary: &ImportSummary) -> anyhow::Result<()> {
    let rows = summary.files.iter().take(MAX_FILES).map(|file| {
        let rows = Numbers::Rounded.count(file.rows);
        vec![file.path.display().to_string(), file.layout.clone(), rows]
    });
    out.line(table::plain(&["file", "taken for", "rows"], rows))?;
    let more = summary.files.len().saturating_sub(MAX_FILES);
    if more > 0 {
        out.line(format_args!("and {more} files more"))?;
    }
    if !summary.aside.is_empty() {
        let names = summary.aside.iter().take(MAX_FILES).map(|path| path.display().to_string());
        out.line(format_args!("no data, left aside: {}", names.collect::<Vec<_>>().join(", ")))?;
    }
    Ok(())
}

fn facts(summary: &ImportSummary, numbers: Numbers) -> Vec<[String; 2]> {
    let date = |date: Option<chrono::NaiveDate>| {
        date.map_or_else(|| table::NONE.to_owned(), |date| date.to_string())
    };
    let told = [
        ("actions", summary.actions),
        ("events", summary.events),
        ("facts", summary.facts),
        ("memberships", summary.members),
        ("quotes", summary.quotes),
    ];
    let told = told.into_iter().flat_map(|(name, changes)| told_rows(name, changes, numbers));
    let mut rows: Vec<[String; 2]> = [
        ("format", summary.format.clone()),
        ("rows", numbers.count(summary.rows)),
        ("bars added", numbers.count(summary.bars_added)),
        ("bars replaced", numbers.count(summary.bars_replaced)),
        ("bars unchanged", numbers.count(summary.bars_unchanged)),
        ("instruments", numbers.count(summary.instruments)),
        ("instruments added", numbers.count(summary.instruments_added)),
        ("instruments changed", numbers.count(summary.instruments_changed)),
        ("first date", date(summary.first_date)),
        ("last date", date(summary.last_date)),
    ]
    .map(|(name, value)| [name.to_owned(), value])
    .into();
    rows.extend(told);
    rows
}

/// How much of a kind was told beside bars; nothing of a kind that the files did not have.
fn told_rows(name: &str, changes: Changes, numbers: Numbers) -> Vec<[String; 2]> {
    let Changes { added, replaced, unchanged } = changes;
    let counts = [("added", added), ("replaced", replaced), ("unchanged", unchanged)];
    let told = counts.into_iter().filter(|_| added + replaced + unchanged > 0);
    told.map(|(what, count)| [format!("{name} {what}"), numbers.count(count)]).collect()
}

const FAULT_HEADER: [&str; 3] = ["fault", "count", "first examples"];
/// Examples that fit into a table; JSON has them all.
const EXAMPLES: usize = 3;

fn fault_row(fault: &sluice_market::FaultCount) -> Vec<String> {
    let examples: Vec<String> = fault.examples.iter().take(EXAMPLES).map(example).collect();
    vec![fault.kind.as_str().to_owned(), Numbers::Rounded.count(fault.count), examples.join("; ")]
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

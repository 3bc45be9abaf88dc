//! `sluice screen`

use crate::args::{Format, Screen};
use crate::exit::{Exit, Usage};
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::{self, Numbers};
use serde::Serialize;
use sluice_engine::Screening;
use sluice_engine::screening::{functions, names};

/// Lists what the language has, or checks an expression.
pub fn run(command: &Screen, out: &mut Output) -> anyhow::Result<Exit> {
    match command {
        Screen::Functions => list(out)?,
        Screen::Check { condition, score } => check(condition, score.as_deref(), out)?,
    }
    Ok(Exit::Done)
}

/// Reads the expressions of a scan's options; what is wrong with them is wrong usage.
pub fn screening(condition: &str, score: Option<&str>) -> anyhow::Result<Screening> {
    Screening::new(condition, score).map_err(|error| Usage(error.to_string()).into())
}

/// A function or a name.
#[derive(Debug, Serialize)]
struct Entry {
    kind: &'static str,
    form: String,
    doc: String,
}

impl Item for Entry {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["kind", "form", "what it is"]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        vec![vec![self.kind.to_owned(), self.form.clone(), self.doc.clone()]]
    }
}

fn list(out: &mut Output) -> anyhow::Result<()> {
    let entries = |kind: &'static str, described: Vec<sluice_engine::screening::Described>| {
        described.into_iter().map(move |entry| Entry { kind, form: entry.form, doc: entry.doc })
    };
    let all: Vec<Entry> = entries("name", names()).chain(entries("function", functions())).collect();
    out.list(&all, "the language has nothing")
}

/// What an expression needs to see.
#[derive(Debug, Serialize)]
struct Needs {
    condition: String,
    score: Option<String>,
    columns: Vec<String>,
    /// Bars back, warm-up of indicators included.
    bars: usize,
    facts: Vec<String>,
    upstream: Vec<String>,
    profile: bool,
    /// The newest quote.
    quote: bool,
}

fn check(condition: &str, score: Option<&str>, out: &mut Output) -> anyhow::Result<()> {
    // the condition is no option here
    let screening = Screening::new(condition, score).map_err(|error| match error.name {
        "where" => Usage(error.unnamed()),
        _ => Usage(error.to_string()),
    })?;
    let wants = screening.wants();
    let needs = Needs {
        condition: screening.condition().to_owned(),
        score: screening.score().map(str::to_owned),
        columns: wants.columns.iter().map(|column| (*column).to_owned()).collect(),
        bars: wants.lookback,
        facts: wants.facts.into_iter().collect(),
        upstream: wants.layers.into_iter().collect(),
        profile: wants.profile,
        quote: wants.quote,
    };
    match out.format() {
        Format::Json => out.json(&needs),
        Format::Ndjson => out.json_line(&needs),
        Format::Csv => out.csv(&["what", "value"], rows(&needs, Numbers::Exact).into_iter()),
        Format::Table => {
            out.line(table::plain(&["it holds together", ""], rows(&needs, Numbers::Rounded).into_iter()))
        }
    }
}

fn rows(needs: &Needs, numbers: Numbers) -> Vec<Vec<String>> {
    let words = |words: &[String]| if words.is_empty() { "none".to_owned() } else { words.join(", ") };
    let profile = if needs.profile { "name, sector and the like" } else { "none" };
    [
        ("columns", words(&needs.columns)),
        ("bars back, warm-up included", numbers.count(needs.bars as u64)),
        ("facts", words(&needs.facts)),
        ("earlier layers", words(&needs.upstream)),
        ("from the directory", profile.to_owned()),
        ("newest quote", if needs.quote { "yes" } else { "no" }.to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| vec![name.to_owned(), value])
    .collect()
}

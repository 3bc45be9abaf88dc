//! `sluice layer test`

use super::building;
use super::component::{Component, temporary};
use crate::args::{Format, Test};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::{self, Output};
use crate::signals;
use serde::Serialize;
use sluice_engine::{Conformance, RuleVerdict, Subject, conform};
use sluice_runtime::Cancel;

/// What came of the tests.
#[derive(Debug, Serialize)]
struct Tested {
    /// Whether the crate's own tests passed; none for a component, which has none.
    own_tests: Option<bool>,
    #[serde(flatten)]
    conformance: Conformance,
}

/// The crate's own tests, then the rules in the sandbox. The exit code tells whether anything failed.
pub fn run(home: &Home, options: &Test, out: &mut Output) -> anyhow::Result<Exit> {
    let (own_tests, component) = match options.path.is_dir() {
        true => {
            let (tested, built) = building::test_and_build(home, &options.path, &options.how)?;
            if let Err(error) = &tested {
                output::warn(&error.to_string());
            }
            (Some(tested.is_ok()), Component { path: built.path, bytes: built.bytes })
        }
        false => (None, Component::of(home, &options.path, &options.how)?),
    };
    let layer = component.layer(home)?;
    let subject = Subject::new(&home.config()?, &layer)?;
    let folder = temporary()?;
    let cancel = Cancel::new();
    let conformance = super::super::tokio()?.block_on(async {
        signals::cancel_on_signal(&cancel);
        let (folder, cancel) = (folder.path().to_owned(), cancel.clone());
        anyhow::Ok(tokio::task::spawn_blocking(move || conform(&subject, &folder, &cancel)).await??)
    })?;
    let tested = Tested { own_tests, conformance };
    match out.format() {
        Format::Json => out.json(&tested)?,
        Format::Ndjson => out.json_line(&tested)?,
        Format::Csv | Format::Table => print(out, &tested)?,
    }
    let passed = tested.conformance.passed && tested.own_tests != Some(false);
    Ok(if passed { Exit::Done } else { Exit::Found })
}

fn print(out: &mut Output, tested: &Tested) -> anyhow::Result<()> {
    let Tested { own_tests, conformance } = tested;
    let own = own_tests.map(|passed| if passed { ", own tests passed" } else { ", own tests FAILED" });
    out.line(format_args!(
        "{} on {} instruments: {} opinions, {} abstentions in {} calls{}",
        conformance.layer,
        conformance.instruments,
        conformance.opinions,
        conformance.abstentions,
        conformance.calls,
        own.unwrap_or_default()
    ))?;
    for result in &conformance.rules {
        let word = match result.verdict {
            RuleVerdict::Passed => "passed",
            RuleVerdict::Failed => "FAILED",
            RuleVerdict::NotTried => "–",
        };
        out.line(format_args!("{word:<7} {:<18} {}", result.rule.name(), result.rule.says()))?;
        for finding in &result.findings {
            out.line(format_args!("          {finding}"))?;
        }
        if result.more > 0 {
            out.line(format_args!("          and {} more", result.more))?;
        }
        if result.verdict == RuleVerdict::Failed {
            out.line(format_args!("          what to do: {}", result.rule.hint()))?;
        }
    }
    Ok(())
}

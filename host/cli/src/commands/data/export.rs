//! `sluice data export`

use crate::args::{DataExport, Format};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::table::{self, Numbers};
use crate::progress::Progress;
use sluice_market::{ExportError, ExportRequest, ExportSummary, export};

/// Writes the file and tells what is in it.
pub fn run(home: &Home, options: &DataExport, out: &mut Output) -> anyhow::Result<Exit> {
    let span = super::span(&options.span)?;
    let market = super::imported(home)?;
    let snapshot = super::snapshot(&market, &options.sight)?;
    let view = super::view(&market, snapshot.as_ref(), &options.sight);
    let instruments = super::positions(view, &options.symbols)?;
    let request = ExportRequest { to: &options.file, instruments: &instruments, span };
    let progress = Progress::new();
    let summary = export(view, &request, &mut |step| progress.export(step));
    progress.finish();
    let summary = summary.map_err(|error| match error {
        ExportError::Format { .. } => Usage(error.to_string()).into(),
        other => anyhow::Error::new(other),
    })?;
    print(out, &summary)?;
    Ok(Exit::Done)
}

fn print(out: &mut Output, summary: &ExportSummary) -> anyhow::Result<()> {
    let rows = |numbers: Numbers| {
        [
            ("file", summary.file.display().to_string()),
            ("instruments", numbers.count(summary.instruments)),
            ("bars", numbers.count(summary.bars)),
            ("bytes", numbers.count(summary.bytes)),
        ]
        .map(|(name, value)| vec![name.to_owned(), value])
    };
    match out.format() {
        Format::Json => out.json(summary),
        Format::Ndjson => out.json_line(summary),
        Format::Csv => out.csv(&["what", "value"], rows(Numbers::Exact).into_iter()),
        Format::Table => out.line(table::plain(&["export", ""], rows(Numbers::Rounded).into_iter())),
    }
}

//! `sluice layer bench`

use super::component::{Component, read, temporary};
use crate::args::{Bench, Format};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::table::{self, Numbers};
use sluice_engine::{Cost, Subject, measure};
use sluice_runtime::Cancel;

/// Measures the layer on a synthetic market.
pub fn run(home: &Home, options: &Bench, out: &mut Output) -> anyhow::Result<Exit> {
    let component = Component { path: options.file.clone(), bytes: read(&options.file)? };
    let layer = component.layer(home)?;
    let subject = Subject::new(&home.config()?, &layer)?;
    let folder = temporary()?;
    let cost = measure(&subject, folder.path(), &Cancel::new())?;
    match out.format() {
        Format::Json => out.json(&cost)?,
        Format::Ndjson => out.json_line(&cost)?,
        Format::Csv => out.csv(&HEADER, rows(&cost, Numbers::Exact).into_iter())?,
        Format::Table => {
            let count = |value: usize| Numbers::Rounded.count(value as u64);
            out.line(format_args!(
                "{} on {} instruments, {} calls of up to {}",
                cost.layer,
                count(cost.instruments),
                count(cost.calls),
                count(cost.largest_call)
            ))?;
            out.line(format_args!(
                "an instrument  {:.2} µs, {:.0} fuel, {} of memory",
                cost.micros_per_instrument,
                cost.fuel_per_instrument,
                table::bytes(whole(cost.memory_bytes_per_instrument))
            ))?;
            out.line(format_args!(
                "a call         {:.0} µs before the first instrument",
                cost.micros_per_call
            ))?;
            out.line(table::plain(&HEADER, rows(&cost, Numbers::Rounded).into_iter()))?;
        }
    }
    Ok(Exit::Done)
}

const HEADER: [&str; 4] = ["limit of a call", "costliest call", "limit", "percent"];

fn rows(cost: &Cost, numbers: Numbers) -> Vec<Vec<String>> {
    let row = |share: &sluice_engine::Share| {
        let amount = |value: f64| match share.limit {
            "fuel" => numbers.count(whole(value)),
            _ => numbers.number(Some(value), 1),
        };
        let percent = numbers.number(Some(share.percent), 2);
        vec![share.limit.to_owned(), amount(share.used), amount(share.most), percent]
    };
    cost.limits.iter().map(row).collect()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an amount: positive, below 2⁶³")]
fn whole(amount: f64) -> u64 {
    amount.round() as u64
}

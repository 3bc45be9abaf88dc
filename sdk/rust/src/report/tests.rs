//! Verdicts in, columns out.

use super::*;
use crate::testkit::Market;
use crate::{Layer, Needs, Settings};

fn about() -> About {
    About::new("me/test", "1.0.0", "Test.")
        .measure("first", "", "First.")
        .measure("second", "", "Second.")
        .alert("HEY")
}

fn empty_batch() -> Batch {
    let nobody = || raw::Universe { instruments: Vec::new(), bars: Vec::new() };
    Batch::new(raw::Batch {
        as_of: 0,
        venues: Vec::new(),
        universe: nobody(),
        references: nobody(),
        events: Vec::new(),
        quotes: Vec::new(),
        facts: Vec::new(),
        upstream: Vec::new(),
    })
}

fn columns(report: raw::Report) -> Vec<(String, Vec<f64>)> {
    let numbers = |column: raw::Column| (column.name, crate::column::numbers(column.values));
    report.measures.into_iter().map(numbers).collect()
}

#[test]
fn equal_reasons_travel_once_whether_written_or_formatted() {
    let verdicts = [
        Verdict::keep(1.0, "same"),
        Verdict::drop(2.0, "other"),
        Verdict::keep(3.0, format!("sa{}", "me")),
        Verdict::abstain("other"),
    ];
    let raw = verdicts.into_iter().collect::<Report>().into_raw(&about(), &empty_batch()).unwrap();
    assert_eq!((raw.reasons, raw.reason), (vec!["same".to_owned(), "other".to_owned()], vec![0, 1, 0, 1]));
    assert_eq!(
        raw.outcomes,
        [raw::Outcome::Keep, raw::Outcome::Drop, raw::Outcome::Keep, raw::Outcome::Abstain]
    );
    assert_eq!(raw.scores[..3], [1.0, 2.0, 3.0]);
    assert!(raw.scores[3].is_nan());
}

#[test]
fn measures_come_in_the_descriptors_order_and_are_nan_where_none_was_given() {
    let verdicts = [
        Verdict::keep(1.0, "r").measure("second", 20.0),
        Verdict::keep(1.0, "r"),
        Verdict::keep(1.0, "r").measures([("first", 12.0), ("second", 22.0)]),
        Verdict::keep(1.0, "r"),
    ];
    let raw = verdicts.into_iter().collect::<Report>().into_raw(&about(), &empty_batch()).unwrap();
    let columns = columns(raw);
    assert_eq!(
        format!("{columns:?}"),
        "[(\"first\", [NaN, NaN, 12.0, NaN]), (\"second\", [20.0, NaN, 22.0, NaN])]"
    );
}

#[test]
fn a_measure_given_twice_has_its_last_value() {
    let verdict = Verdict::keep(1.0, "r").measure("first", 1.0).measure("first", 2.0);
    let report: Report = [verdict, Verdict::keep(1.0, "r").measure("first", 3.0)].into_iter().collect();
    let columns = columns(report.into_raw(&about(), &empty_batch()).unwrap());
    assert_eq!(columns[0].1, [2.0, 3.0]);
}

#[test]
fn a_measure_that_is_not_declared_is_a_fault_that_names_it() {
    let report: Report = [Verdict::keep(1.0, "r").measure("third", 1.0)].into_iter().collect();
    let fault = report.into_raw(&about(), &empty_batch()).unwrap_err();
    assert_eq!(fault.message, "measure \"third\" was reported, but about() does not declare it");
}

crate::settings! {
    /// A layer that raises alerts on instruments and on the market.
    struct Loud {}
}

impl Layer for Loud {
    fn about() -> About {
        about()
    }

    fn needs(&self) -> Needs {
        Needs::none()
    }

    fn scan(&self, batch: &Batch) -> Result<Report, Fault> {
        let alert = || Alert::new("HEY");
        let verdict = |instrument: Instrument<'_>| match instrument.symbol() {
            "BAD" => Err(Fault::new("cannot").at(&instrument)),
            "OWN" => Ok(Verdict::keep(1.0, "r").alert(alert().dedupe_key("mine"))),
            _ => Ok(Verdict::keep(1.0, "r").alert(alert())),
        };
        let report: Report = batch.instruments().map(verdict).collect::<Result<_, _>>()?;
        Ok(report.alert(alert()).market("breadth", 0.5))
    }
}

#[test]
fn alerts_have_a_key_of_their_kind_and_instrument_unless_the_layer_gives_one() {
    let scan = Market::new().instrument("A", |i| i).instrument("OWN", |i| i).scan::<Loud>();
    assert_eq!(scan.verdict("A").alerts[0].dedupe_key, "HEY XNYS:A");
    assert_eq!(scan.verdict("OWN").alerts[0].dedupe_key, "mine");
    assert_eq!(scan.market_alerts()[0].dedupe_key, "HEY");
    assert_eq!(scan.market("breadth"), Some(0.5));
}

#[test]
fn a_fault_can_name_the_instrument_that_caused_it() {
    let market = Market::new().instrument("A", |i| i).instrument("BAD", |i| i);
    assert_eq!(market.try_scan::<Loud>(&[]).unwrap_err(), "scan failed: cannot");
    assert!(Loud::parameters().is_empty());
}

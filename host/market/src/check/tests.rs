use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::import::import;
use crate::testing::{import_text, options, shared};

fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Everything that is wrong in a set, as of long after it.
fn check(set: &Path) -> Vec<InstrumentFaults> {
    check_at(set, "2026-01-05T12:00:00Z")
}

fn check_at(set: &Path, now: &str) -> Vec<InstrumentFaults> {
    let market = Market::open(set).unwrap();
    let all: Vec<usize> = (0..market.instruments().len()).collect();
    Check::new(&market, &all, instant(now)).map(Result::unwrap).collect()
}

/// (symbol, kind, bars) of everything that is wrong.
fn told(found: &[InstrumentFaults]) -> Vec<(String, &'static str, Vec<String>)> {
    let each = |found: &InstrumentFaults| -> Vec<_> {
        let of = |faults: &BarFaults| {
            (
                found.symbol.clone(),
                faults.kind.as_str(),
                faults.bars.iter().map(ToString::to_string).collect(),
            )
        };
        found.faults.iter().map(of).collect()
    };
    found.iter().flat_map(each).collect()
}

fn set_of(bars: &[(&str, &str, f64)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut text = "symbol,date,open,high,low,close,volume\n".to_owned();
    for (symbol, date, close) in bars {
        text += &format!("{symbol},{date},{close},{close},{close},{close},1000\n");
    }
    import_text(dir.path(), "bars.csv", &text).unwrap();
    dir
}

fn is(symbol: &str, kind: &'static str, bars: &[&str]) -> (String, &'static str, Vec<String>) {
    (symbol.to_owned(), kind, bars.iter().map(|bar| (*bar).to_owned()).collect())
}

#[test]
fn sessions_without_bar_and_bars_without_session_are_told_by_the_venues_calendar() {
    let dir = set_of(&[
        ("A", "2024-07-01", 1.0),
        ("A", "2024-07-05", 1.1),
        ("A", "2024-07-06", 1.2),
        ("B", "2024-07-03", 1.0),
        ("B", "2024-07-05", 1.1),
    ]);
    assert_eq!(
        told(&check(&dir.path().join("set"))),
        [
            is("A", "not-a-session", &["2024-07-06"]),
            is("A", "missing-session", &["2024-07-02", "2024-07-03"])
        ]
    );
}

#[test]
fn an_instrument_that_ends_before_the_others_of_its_venue_is_stale() {
    let dir = set_of(&[("A", "2024-07-01", 1.0), ("B", "2024-06-21", 1.0), ("C", "2024-06-20", 1.0)]);
    // Six sessions from 24 June to 1 July, seven from 21 June on.
    let found = check(&dir.path().join("set"));
    assert_eq!(
        told(&found),
        [is("B", "stale-tail", &["2024-06-21"]), is("C", "stale-tail", &["2024-06-20"])]
    );
    assert_eq!(found[1].faults[0].detail, "XNYS has bars up to 2024-07-01, 6 sessions later");
    let near = set_of(&[("A", "2024-06-28", 1.0), ("A", "2024-07-01", 1.0), ("B", "2024-06-24", 1.0)]);
    assert_eq!(told(&check(&near.path().join("set"))), []);
}

#[test]
fn bars_that_are_not_complete_now_are_of_the_future() {
    let dir = set_of(&[("A", "2024-07-02", 1.0), ("A", "2024-07-03", 1.1), ("B", "2024-07-03", 1.0)]);
    let at = |now: &str| told(&check_at(&dir.path().join("set"), now));
    assert_eq!(at("2024-07-03T17:00:00Z"), []);
    assert_eq!(
        at("2024-07-03T16:59:59Z"),
        [is("A", "not-complete-yet", &["2024-07-03"]), is("B", "not-complete-yet", &["2024-07-03"])]
    );
}

#[test]
fn everything_that_was_looked_at_is_an_item() {
    let dir = set_of(&[("A", "2024-07-02", 1.0), ("A", "2024-07-03", 1.1), ("B", "2024-07-03", 1.0)]);
    let found = check(&dir.path().join("set"));
    let looked: Vec<(&str, u64)> = found.iter().map(|found| (found.symbol.as_str(), found.bars)).collect();
    assert_eq!(looked, [("A", 2), ("B", 1)]);
}

/// The five years of the S&P 500 have every fault of the list that was made of them independently, and no other.
#[test]
fn the_sp500_file_has_exactly_the_listed_faults() {
    let dir = tempfile::tempdir().unwrap();
    let Some(file) = shared("sp500_5yr/sp500_5yr.parquet") else { return };
    import(dir.path(), &[file], &options(), &mut |_| {}).unwrap();
    let listed: serde_json::Value =
        serde_json::from_slice(&std::fs::read(shared("sp500_5yr/faults.json").unwrap()).unwrap()).unwrap();
    let found = check(dir.path());
    assert_eq!(found.len(), 505);
    assert_eq!(found.iter().map(|found| found.bars).sum::<u64>(), listed["rows"].as_u64().unwrap());
    let bars_of = |kind: &str| -> BTreeSet<(String, String)> {
        let of_kind = told(&found).into_iter().filter(|(_, own, _)| *own == kind);
        of_kind.flat_map(|(symbol, _, bars)| bars.into_iter().map(move |bar| (symbol.clone(), bar))).collect()
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let rows = |name: &str, has: &dyn Fn(&serde_json::Value) -> bool| -> BTreeSet<(String, String)> {
        let rows = listed[name].as_array().unwrap().iter().filter(|row| has(row));
        rows.map(|row| (text(&row[0]), text(&row[1]))).collect()
    };
    for (kind, column) in [("missing-open", 2), ("missing-high", 3), ("missing-low", 4)] {
        assert_eq!(bars_of(kind), rows("null_rows", &|row| row[column].is_null()), "{kind}");
    }
    assert_eq!(bars_of("zero-volume"), rows("zero_volume", &|_| true));
    assert_eq!(bars_of("inconsistent-prices"), rows("ohlc_worst", &|_| true));
    assert_eq!(bars_of("price-jump"), rows("abs_return_over_30pct", &|_| true));
    // The list names at most six sessions of each symbol.
    for gap in listed["symbols_with_gaps"].as_array().unwrap() {
        let own: Vec<String> = bars_of("missing-session")
            .into_iter()
            .filter(|(symbol, _)| *symbol == text(&gap[0]))
            .map(|own| own.1)
            .collect();
        assert_eq!(own.len() as u64, gap[1].as_u64().unwrap(), "{gap}");
        let named: Vec<String> = gap[2].as_array().unwrap().iter().map(text).collect();
        assert_eq!(own[..named.len()], named, "{gap}");
    }
    let gaps = listed["symbols_with_gaps"].as_array().unwrap().len();
    let with_gaps: BTreeSet<String> = bars_of("missing-session").into_iter().map(|own| own.0).collect();
    assert_eq!(with_gaps.len(), gaps);
    let kinds: BTreeSet<&str> = told(&found).iter().map(|own| own.1).collect();
    let all =
        "inconsistent-prices missing-high missing-low missing-open missing-session price-jump zero-volume";
    assert_eq!(kinds, all.split(' ').collect());
}

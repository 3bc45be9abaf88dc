//! The market has what it promises.

use super::*;
use crate::plan::BarsPlan;
use sluice_market::{Adjustment, BarColumn, BarRequest};
use sluice_runtime::{EventNeed, Needs};

fn sight(timeframes: &[Timeframe]) -> Sight {
    let plan = |timeframe: &Timeframe| BarsPlan {
        timeframe: *timeframe,
        columns: vec![BarColumn::Close, BarColumn::Volume],
        time: true,
        lookback: 60,
        adjustment: Adjustment::Split,
    };
    let needs = Needs {
        events: vec![EventNeed { kind: "news".into(), known_within: 3 * 86_400, effective_within: 0 }],
        facts: vec!["pe".into()],
        quotes: true,
        references: vec!["SPY".into()],
        ..Needs::default()
    };
    Sight { needs, bars: timeframes.iter().map(plan).collect() }
}

fn rows(snapshot: &Snapshot, symbol: &str, timeframe: Timeframe) -> sluice_market::Bars {
    let at = snapshot.find(&Symbol::spelled(symbol).unwrap()).unwrap();
    let request = BarRequest {
        timeframe,
        columns: &[BarColumn::Close, BarColumn::Volume],
        time: true,
        lookback: 10_000,
        max_age: None,
        adjustment: Adjustment::Split,
    };
    snapshot.read(&[at], &request).unwrap()
}

#[test]
fn odd_instruments_are_odd_in_their_own_ways() {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::lay(folder.path(), &sight(&[Timeframe::Day]), 60).unwrap();
    assert_eq!(ground.moments().len(), 1, "daily bars are asked about at the close only");
    let close = &ground.moments()[0];
    let snapshot = ground.at(*close).unwrap();
    let count = |symbol| rows(&snapshot, symbol, Timeframe::Day).rows();
    assert_eq!(
        ["KITNOTHING", "KITNOBARS", "KITONEBAR", "KITTWOBARS", "KITHALTNOW", "KITHALT", "KITFLAT", "SPY"]
            .map(count),
        [0, 0, 1, 2, 70, 60, 80, 80]
    );
    let zero = rows(&snapshot, "KITZERO", Timeframe::Day);
    assert!(zero.columns[1].iter().all(|volume| *volume == 0.0));
    let missing = rows(&snapshot, "KITNANNOW", Timeframe::Day);
    assert!(missing.columns[0].last().unwrap().is_nan() && missing.columns[0][78].is_finite());
    let often = rows(&snapshot, "KITNANOFTEN", Timeframe::Day);
    let gaps = often.columns.iter().flatten().filter(|number| number.is_nan()).count();
    assert!((10..100).contains(&gaps), "{gaps}");
    assert_eq!(oddity("KITZERO").unwrap().what, "zero volume in every bar");
}

#[test]
fn the_later_market_has_more_bars_and_events_but_not_at_the_instant() {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::lay(folder.path(), &sight(&[Timeframe::Day]), 60).unwrap();
    assert!(ground.later.bar_count() > ground.market.bar_count() + 60);
    let close = ground.moments()[0];
    let (then, from_later) = (ground.at(close).unwrap(), ground.seen_later(close).unwrap());
    assert_eq!(then.instruments().len(), from_later.instruments().len());
    let all: Vec<usize> = (0..then.instruments().len()).collect();
    let request = sluice_market::EventRequest {
        kind: "news",
        around: close.at,
        known_within: u32::MAX,
        effective_within: 0,
    };
    let events = then.events(&all, &request).unwrap();
    assert!(events.len() > 40, "{}", events.len());
    assert_eq!(from_later.events(&all, &request).unwrap(), events);
    let newest = ground.later.snapshot(&AsOf::Latest).unwrap();
    let later = sluice_market::EventRequest { around: newest.as_of(), ..request };
    assert!(newest.events(&all, &later).unwrap().len() > events.len());
    let facts = then.facts(&all, "pe").unwrap();
    assert!(facts.iter().filter(|fact| fact.is_finite()).count() > 40);
    let quotes = then.quotes(&all).unwrap();
    assert!(quotes.len() > 40, "{}", quotes.len());
    // NaN is not equal to itself
    let text = |quotes: &[sluice_market::Quote]| format!("{quotes:?}");
    assert_eq!(text(&from_later.quotes(&all).unwrap()), text(&quotes));
    assert_ne!(text(&newest.quotes(&all).unwrap()), text(&quotes));
}

#[test]
fn bars_within_the_day_are_there_for_a_layer_that_asks_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let asked = [Timeframe::Day, Timeframe::Minute, Timeframe::Week];
    let ground = Ground::lay(folder.path(), &sight(&asked), 60).unwrap();
    let names: Vec<&str> = ground.moments().iter().map(|moment| moment.name).collect();
    assert_eq!(names, ["at the close", "before the open", "in the session"]);
    let counts: Vec<usize> = ground
        .moments()
        .iter()
        .map(|moment| rows(&ground.at(*moment).unwrap(), "KITFLAT", Timeframe::Minute).rows())
        .collect();
    assert!(counts[1] < counts[2] && counts[2] < counts[0], "{counts:?}");
    let at_close = ground.at(ground.moments()[0]).unwrap();
    assert_eq!(rows(&at_close, "KITNOTHING", Timeframe::Minute).rows(), 0);
    assert!(rows(&at_close, "KITFLAT", Timeframe::Week).rows() > 10);
}

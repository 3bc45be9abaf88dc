//! A scan is a function of its inputs: threads, shards and what comes after its instant do not change it.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{World, config, opinions, plan, printed, symbols};
use serde_json::Value as Json;
use sluice_engine::{DEFAULT_CONFIG, ScanStatus};
use sluice_market::{Adjustment, AsOf, BarColumn, BarRequest, Instant, Market, Timeframe};
use std::collections::BTreeSet;

/// Every layer's opinion on every instrument: `test/empty` lets all of them through.
fn all_opinions() -> String {
    let layers = ["test/empty", "sluice/universe", "sluice/liquidity", "sluice/volume", "sluice/technical"];
    config(&[("all", &layers, "pass = \"any\"")])
}

#[test]
fn results_alerts_and_fuel_are_the_same_with_one_two_and_five_threads_and_again() {
    let world = World::synthetic();
    let plan = plan(DEFAULT_CONFIG);
    let scan = |workers| world.run(&plan, &AsOf::Latest, world.everything(), workers);
    let one = scan(1);
    assert_eq!(one.status, ScanStatus::Complete);
    assert!(!one.results.is_empty() && !one.alerts.is_empty(), "a test on nothing tells nothing");
    assert_eq!(one.stages[0].layers[0].calls, 2, "600 instruments are two shards");
    for workers in [1, 2, 5] {
        let again = scan(workers);
        assert_eq!(printed(&again), printed(&one), "{workers} workers");
    }
}

#[test]
fn a_scan_of_some_symbols_says_of_them_what_the_full_scan_says() {
    let world = World::synthetic();
    let plan = plan(&all_opinions());
    let full = world.run(&plan, &AsOf::Latest, world.everything(), 2);
    assert_eq!(full.results.len(), 600);
    let some: Vec<usize> = (0..600).step_by(97).collect();
    let part = world.run(&plan, &AsOf::Latest, some.clone(), 2);
    assert_eq!(part.results.len(), some.len());
    for symbol in symbols(&part) {
        assert_eq!(opinions(&part, symbol), opinions(&full, symbol), "{symbol}");
    }
    let of = |alert: &&sluice_engine::AlertResult| symbols(&part).contains(&alert.symbol.as_deref().unwrap());
    let alerts = |alerts: Vec<Json>| alerts.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    let json = |alert: &sluice_engine::AlertResult| serde_json::to_value(alert).unwrap();
    assert_eq!(
        alerts(part.alerts.iter().map(json).collect()),
        alerts(full.alerts.iter().filter(of).map(json).collect())
    );
}

/// The bars of a market up to a date as rows of a CSV file, of the instruments that have one by `listed`.
fn rows(market: &Market, until: &str, listed: &str) -> String {
    const COLUMNS: [BarColumn; 5] =
        [BarColumn::Open, BarColumn::High, BarColumn::Low, BarColumn::Close, BarColumn::Volume];
    let snapshot = market.snapshot(&AsOf::Latest).unwrap();
    let request = BarRequest {
        timeframe: Timeframe::Day,
        columns: &COLUMNS,
        time: true,
        lookback: u32::MAX,
        max_age: None,
        adjustment: Adjustment::Raw,
    };
    let date = |millis: i64| Instant::from_millis(millis).to_string()[..10].to_owned();
    let mut text = String::new();
    for (at, instrument) in snapshot.instruments().iter().enumerate() {
        let bars = snapshot.read(&[at], &request).unwrap();
        if bars.time.first().is_none_or(|first| date(*first).as_str() > listed) {
            continue;
        }
        for (row, time) in bars.time.iter().enumerate().filter(|(_, time)| date(**time).as_str() <= until) {
            let numbers: Vec<String> = bars.columns.iter().map(|column| column[row].to_string()).collect();
            text += &format!("{},{},{}\n", instrument.symbol, date(*time), numbers.join(","));
        }
    }
    text
}

#[test]
fn a_scan_as_of_an_earlier_session_equals_one_on_a_market_that_ends_there() {
    const EARLIER: &str = "2024-06-24";
    let source = World::synthetic();
    let full = World::of_bars(&rows(&source.market, "2024-06-28", EARLIER));
    let cut = World::of_bars(&rows(&source.market, EARLIER, EARLIER));
    assert!(full.market.bar_count() > cut.market.bar_count());
    assert_eq!(full.market.instruments().len(), cut.market.instruments().len());
    for config in [all_opinions(), DEFAULT_CONFIG.to_owned()] {
        let plan = plan(&config);
        let as_of: AsOf = EARLIER.parse().unwrap();
        let then = printed(&full.run(&plan, &as_of, full.everything(), 2));
        assert_eq!(then, printed(&cut.run(&plan, &as_of, cut.everything(), 2)));
        assert_eq!(then, printed(&cut.run(&plan, &AsOf::Latest, cut.everything(), 2)));
        // and later bars would have told something else
        let now = printed(&full.run(&plan, &AsOf::Latest, full.everything(), 2));
        assert_ne!(then["results"], now["results"]);
    }
}

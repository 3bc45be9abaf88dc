//! Nothing that becomes known after the instant of a scan changes what it says.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{Dice, World, config, plan, printed, symbols};
use proptest::prelude::*;
use serde_json::Value as Json;
use sluice_engine::{DEFAULT_CONFIG, Plan, ScanResult};
use sluice_market::{AsOf, Calendars};

/// Every bundled layer's opinion on every instrument: `test/empty` lets all of them through.
const LAYERS: [&str; 5] =
    ["test/empty", "sluice/universe", "sluice/liquidity", "sluice/volume", "sluice/technical"];

fn all_opinions() -> String {
    config(&[("all", &LAYERS, "pass = \"any\"\nmax-age = 3")])
}

/// So many New York sessions from a date on.
fn sessions(from: &str, count: usize) -> Vec<String> {
    let calendar = Calendars::default().for_mic("XNYS").unwrap();
    let dates = from.parse::<chrono::NaiveDate>().unwrap().iter_days();
    let open = dates.filter(|date| calendar.session(*date).unwrap().is_some());
    open.take(count).map(|date| date.to_string()).collect()
}

fn scan(world: &World, plan: &Plan, as_of: &str) -> ScanResult {
    let as_of: AsOf = as_of.parse().unwrap();
    let listed = world.market.snapshot(&as_of).unwrap().listed().to_vec();
    world.run(plan, &as_of, listed, 2)
}

/// Random bars as (date, row of a CSV file): walks with gaps in them, some of which begin late or end early.
fn bars(seed: u64, dates: &[String]) -> Vec<(String, String)> {
    let mut dice = Dice::new(seed);
    let mut rows = Vec::new();
    let count = u32::try_from(dates.len()).unwrap();
    for name in 0..12 {
        let begins = if name % 3 == 2 { dice.below(count) } else { 0 };
        let ends = if name % 4 == 3 { dice.below(count) } else { count };
        let mut cents = 500 + dice.below(20_000);
        for (at, date) in (0..count).zip(dates) {
            let open = cents;
            cents = (cents * (9_400 + dice.below(1_250)) / 10_000).max(100);
            let (high, low) = (open.max(cents) + dice.below(50), open.min(cents) - dice.below(50));
            let volume = (dice.below(900_000) + 100_000) * if dice.below(8) == 0 { 6 } else { 1 };
            if at < begins || at >= ends || dice.below(20) == 0 {
                continue;
            }
            let [open, high, low, close] = [open, high, low, cents].map(|cents| f64::from(cents) / 100.0);
            rows.push((date.clone(), format!("N{name},{date},{open},{high},{low},{close},{volume}\n")));
        }
    }
    rows
}

fn world(rows: &[(String, String)], until: &str) -> World {
    let text: String =
        rows.iter().filter(|(date, _)| date.as_str() <= until).map(|(_, row)| row.as_str()).collect();
    World::of_bars(&text)
}

/// What a scan says: all but the identities of inputs and the times that it took.
fn said(world: &World, plan: &Plan, as_of: &str) -> Json {
    printed(&scan(world, plan, as_of))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn bars_after_the_instant_change_nothing_that_any_layer_says(seed in any::<u64>(), cut in 58_usize..79) {
        let dates = sessions("2024-01-02", 80);
        let rows = bars(seed, &dates);
        let instant = &dates[cut];
        let worlds = [world(&rows, instant), world(&rows, &dates[cut + 1]), world(&rows, &dates[79])];
        for text in [all_opinions(), DEFAULT_CONFIG.to_owned()] {
            let plan = plan(&text);
            let [known, one_more, all] = worlds.each_ref().map(|world| said(world, &plan, instant));
            prop_assert_eq!(&known, &one_more);
            prop_assert_eq!(&known, &all);
        }
    }
}

#[test]
fn a_bar_of_huge_volume_changes_no_earlier_answer() {
    let dates = sessions("2024-01-02", 80);
    let mut rows = bars(7, &dates);
    let (before, plan) = (world(&rows, &dates[78]), plan(&all_opinions()));
    let then = said(&before, &plan, &dates[78]);
    rows.retain(|(date, _)| *date < dates[79]);
    rows.extend((0..12).map(|name| {
        let date = &dates[79];
        (date.clone(), format!("N{name},{date},1000,9000,1,5000,1000000000000\n"))
    }));
    let after = world(&rows, &dates[79]);
    assert_eq!(said(&after, &plan, &dates[78]), then);
    assert_ne!(said(&after, &plan, &dates[79])["results"], then["results"]);
}

#[test]
fn the_ranking_is_that_of_the_day() {
    // A traded in 2020 and hardly since, B only began to
    let day = |symbol: &str, dates: &[String], volume: u64| -> String {
        dates.iter().map(|date| format!("{symbol},{date},100,101,99,100,{volume}\n")).collect()
    };
    let (then, now) = (sessions("2020-06-01", 25), sessions("2024-06-03", 25));
    let text = day("A", &then, 9_000_000)
        + &day("A", &now, 60_000)
        + &day("B", &then, 60_000)
        + &day("B", &now, 9_000_000);
    let world = World::of_bars(&text);
    let plan = plan(&config(&[("liquid", &["sluice/liquidity"], "max-symbols = 1")]));
    assert_eq!(symbols(&scan(&world, &plan, &then[24])), ["A"]);
    assert_eq!(symbols(&scan(&world, &plan, &now[24])), ["B"]);
}

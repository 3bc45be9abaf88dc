//! Whatever market, settings, instants and instruments: a scan from the cache says what one without it says, to the bit.

use crate::cached::{cache, counts, said};
use crate::support::{Dice, World, config, plan};
use proptest::prelude::*;
use serde_json::Value as Json;
use sluice_engine::{Plan, Silent, run_cached};
use sluice_market::AsOf;
use sluice_runtime::Cancel;

/// Alone, comparing, of the market, with references, and of what others said.
const LAYERS: [&str; 11] = [
    "sluice/universe",
    "sluice/liquidity",
    "sluice/affinity",
    "sluice/sector-balance",
    "sluice/volume",
    "sluice/technical",
    "sluice/gap",
    "sluice/breakout-52w",
    "sluice/relative-strength",
    "sluice/sector-rotation",
    "sluice/intermarket",
];
/// Settings of some of them, one of which a plan has or not.
const SETTINGS: [&str; 5] = [
    "",
    "[layers.\"sluice/liquidity\".settings]\nmin-dollar-volume = 100000.0\n",
    "[layers.\"sluice/breakout-52w\".settings]\nlookback = 40\n",
    "[layers.\"sluice/volume\".settings]\nmin-ratio = 1.5\n",
    "[layers.\"sluice/technical\".limits]\nstrict = true\n",
];
/// The newest sessions of the market, and one that none of its bars reaches.
const DAYS: [&str; 4] = ["2024-06-28", "2024-06-27", "2024-06-20", "2023-01-03"];
/// Scans with one cache.
const SCANS: usize = 6;

/// Two stages of some of the layers each.
fn some_plan(dice: &mut Dice) -> Plan {
    let mut some = || {
        let mut layers: Vec<&str> = LAYERS.into_iter().filter(|_| dice.below(3) == 0).collect();
        layers.push(LAYERS[dice.below(11) as usize]);
        layers.sort_unstable();
        layers.dedup();
        layers
    };
    let (first, second) = (some(), some());
    let keeps = "pass = \"any\"\nunknown = \"keep\"";
    let rest = ["", "max-age = 2", keeps][dice.below(3) as usize];
    let stages = config(&[("first", &first, keeps), ("second", &second, rest)]);
    plan(&format!("{stages}{}", SETTINGS[dice.below(5) as usize]))
}

/// All instruments, or a part of them in their order.
fn some_instruments(world: &World, dice: &mut Dice) -> Vec<usize> {
    let of = dice.below(4);
    world.everything().into_iter().filter(|_| of == 0 || dice.below(4) < of).collect()
}

/// What a layer logs is about all instruments of a call, and is told with the answer on each of them: a scan of some
/// instruments may be told what was logged about others.
fn but_warnings(said: &Json) -> Json {
    let mut said = said.clone();
    said["warnings"].take();
    said
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn scans_from_the_cache_say_what_scans_without_it_say(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        // from one small shard to several
        let symbols = [2, 40, 700][dice.below(3) as usize] + dice.below(30);
        let world = World::made(symbols, 45 + dice.below(60), u64::from(dice.below(1_000)));
        let cache = cache(&world);
        let plans = [some_plan(&mut dice), some_plan(&mut dice)];
        let mut found = 0;
        for _ in 0..SCANS {
            let plan = &plans[dice.below(2) as usize];
            let as_of: AsOf = DAYS[dice.below(4) as usize].parse().unwrap();
            let universe = some_instruments(&world, &mut dice);
            let without = said(&world.run(plan, &as_of, universe.clone(), 2));
            let snapshot = world.market.snapshot(&as_of).unwrap();
            // the second time all that can be kept is there
            for _ in 0..2 {
                let workers = 1 + dice.below(3) as usize;
                let cached = run_cached(
                    plan, &snapshot, universe.clone(), workers, (&Cancel::new(), &Silent), &cache,
                ).unwrap();
                found += counts(&cached).0;
                let mut cached = said(&cached);
                let (told, of_calls) = (cached["warnings"].take(), without["warnings"].as_array());
                prop_assert_eq!(&cached, &but_warnings(&without));
                let told = told.as_array().cloned().unwrap_or_default();
                prop_assert!(of_calls.into_iter().flatten().all(|line| told.contains(line)), "{:?}", told);
            }
        }
        prop_assert!(found > 0, "a test on nothing tells nothing");
    }
}

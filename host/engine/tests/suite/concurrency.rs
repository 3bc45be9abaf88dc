//! Layers of a stage run at the same time, and so do stages that do not wait for each other.
#![expect(clippy::unwrap_used, reason = "the helpers of a test are tests too")]

use crate::support::{World, config, planned, runtime};
use sluice_engine::{ScanStatus, Selection};
use sluice_market::AsOf;
use sluice_runtime::{LogLevel, LogSink};
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Two layers that log something during their calls.
const LAYERS: [&str; 2] = ["test/logs", "test/flood"];

/// Holds the first line of each layer until the other layer has logged too, which it can only do while the first
/// one's call is still going on.
struct Meeting {
    seen: Mutex<BTreeSet<String>>,
    changed: Condvar,
    patience: Duration,
}

impl Meeting {
    fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self { seen: Mutex::default(), changed: Condvar::new(), patience })
    }
}

/// Layers that waited in vain, beside those that were seen.
const ALONE: &str = "waited in vain";

impl LogSink for Meeting {
    fn line(&self, layer: &str, _: LogLevel, _: &str) {
        let mut seen = self.seen.lock().unwrap();
        if !seen.insert(layer.to_owned()) {
            return;
        }
        self.changed.notify_all();
        let alone = |seen: &mut BTreeSet<String>| seen.len() < LAYERS.len();
        let (mut seen, waited) = self.changed.wait_timeout_while(seen, self.patience, alone).unwrap();
        if waited.timed_out() {
            seen.insert(ALONE.to_owned());
        }
    }
}

/// Whether the two layers met.
fn met(config: &str, workers: usize, patience: Duration) -> bool {
    let meeting = Meeting::new(patience);
    let plan = planned(config, &Selection::default(), &runtime(Some(meeting.clone()))).unwrap();
    let world = World::tiny();
    let result = world.run(&plan, &AsOf::Latest, world.everything(), workers);
    assert_eq!(result.status, ScanStatus::Complete);
    let seen = meeting.seen.lock().unwrap();
    assert!(seen.len() >= LAYERS.len(), "{seen:?}");
    !seen.contains(ALONE)
}

/// Within the wall limit of a call, so that a lonely one fails the test and not the layer.
const LONG: Duration = Duration::from_secs(5);

#[test]
fn layers_of_a_stage_are_called_at_the_same_time() {
    assert!(met(&config(&[("both", &LAYERS, "")]), 2, LONG));
}

#[test]
fn stages_that_do_not_wait_for_each_other_are_called_at_the_same_time() {
    let stages = [("one", &LAYERS[..1], "after = []"), ("two", &LAYERS[1..], "after = []")];
    assert!(met(&config(&stages), 2, LONG));
}

#[test]
fn one_thread_makes_one_call_after_the_other() {
    assert!(!met(&config(&[("both", &LAYERS, "")]), 1, Duration::from_millis(1)));
}

#[test]
fn a_stage_waits_for_the_one_above_it() {
    let stages = [("one", &LAYERS[..1], ""), ("two", &LAYERS[1..], "")];
    assert!(!met(&config(&stages), 2, Duration::from_millis(1)));
}

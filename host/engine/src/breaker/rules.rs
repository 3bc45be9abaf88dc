//! The numbers by which every breaker opens, waits, and is believed again.

use serde::{Serialize, Serializer};
use std::time::Duration;

/// When a breaker opens, how long it waits, and when it is given up. `[breakers]` in `sluice.toml` sets them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BreakerRules {
    /// Faults within the window that open it, from 1.
    pub faults: u32,
    /// How long a fault counts.
    #[serde(rename = "window_seconds", serialize_with = "seconds")]
    pub window: Duration,
    /// Wait after the first opening; every further one doubles it …
    #[serde(rename = "back_off_seconds", serialize_with = "seconds")]
    pub back_off: Duration,
    /// … up to this.
    #[serde(rename = "longest_back_off_seconds", serialize_with = "seconds")]
    pub longest_back_off: Duration,
    /// Part of a wait by which it is made longer or shorter at random, 0 to 1, so that many processes do not come
    /// back at the same instant.
    pub jitter: f64,
    /// The opening, counted since the last healthy time, that quarantines instead; from 1.
    pub openings: u32,
    /// How long a breaker must be closed without a fault until its openings are forgotten.
    #[serde(rename = "healthy_seconds", serialize_with = "seconds")]
    pub healthy: Duration,
    /// How long a probe is believed to be running; after that another may try.
    #[serde(rename = "probe_seconds", serialize_with = "seconds")]
    pub probe: Duration,
}

impl Default for BreakerRules {
    fn default() -> Self {
        Self {
            faults: 5,
            window: Duration::from_secs(600),
            back_off: Duration::from_secs(60),
            longest_back_off: Duration::from_secs(1_800),
            jitter: 0.1,
            openings: 5,
            healthy: Duration::from_secs(86_400),
            probe: Duration::from_secs(600),
        }
    }
}

impl BreakerRules {
    /// The wait after this many openings (from 1) before a probe, without jitter.
    pub fn wait(&self, openings: u32) -> Duration {
        let doublings = openings.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.back_off.saturating_mul(factor).min(self.longest_back_off)
    }

    /// The same in ms with jitter. `noise` is 0 to 1: 0 is the shortest wait, 1 the longest, anything else the middle.
    pub(super) fn jittered(&self, openings: u32, noise: f64) -> i64 {
        let noise = if (0.0..=1.0).contains(&noise) { noise } else { 0.5 };
        stretch(self.wait(openings), self.spread() * (2.0 * noise - 1.0))
    }

    /// The longest wait that these rules can give, in ms.
    pub(super) fn longest_wait(&self) -> i64 {
        stretch(self.longest_back_off, self.spread())
    }

    /// Faults that open a breaker: as many count.
    pub(super) fn most_faults(&self) -> usize {
        usize::try_from(self.faults.max(1)).unwrap_or(usize::MAX)
    }

    fn spread(&self) -> f64 {
        if (0.0..=1.0).contains(&self.jitter) { self.jitter } else { 0.0 }
    }
}

/// A wait in ms, longer or shorter by a part of itself; at least 1 ms.
fn stretch(wait: Duration, by: f64) -> i64 {
    let stretched = (millis(wait) as f64 * (1.0 + by)).round();
    // a conversion from a float stops at the bounds of the integer
    (stretched as i64).max(1)
}

/// In ms.
pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(duration.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let rules = BreakerRules::default();
        let waits: Vec<u64> = (1..=8).map(|opening| rules.wait(opening).as_secs()).collect();
        assert_eq!(waits, [60, 120, 240, 480, 960, 1800, 1800, 1800]);
        assert_eq!(rules.wait(0), rules.wait(1));
        assert_eq!(rules.wait(u32::MAX), rules.longest_back_off);
    }

    #[test]
    fn noise_makes_a_wait_a_tenth_shorter_or_longer() {
        let rules = BreakerRules::default();
        assert_eq!([0.0, 0.5, 1.0].map(|noise| rules.jittered(2, noise)), [108_000, 120_000, 132_000]);
        assert_eq!([f64::NAN, -1.0, 2.0].map(|noise| rules.jittered(2, noise)), [120_000; 3]);
        assert_eq!(rules.longest_wait(), 1_980_000);
    }

    #[test]
    fn senseless_rules_still_give_a_wait() {
        let none = BreakerRules { back_off: Duration::ZERO, jitter: f64::NAN, ..BreakerRules::default() };
        assert_eq!(none.jittered(3, 0.3), 1);
        let endless = BreakerRules { back_off: Duration::MAX, longest_back_off: Duration::MAX, ..none };
        assert_eq!(endless.jittered(3, 1.0), i64::MAX);
    }
}

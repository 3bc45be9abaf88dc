//! Time zones in which instants are shown. Inside there is nothing but UTC.

use chrono::TimeZone;
use chrono_tz::Tz;

use crate::import::Zone;
use crate::instant::Instant;

impl Default for Zone {
    fn default() -> Self {
        Self(Tz::UTC)
    }
}

impl Zone {
    /// An instant by this zone's clock, with what the zone is called then: `2026-06-30 16:00:00 EDT`. In UTC as RFC 3339
    /// has it.
    #[must_use]
    pub fn show(self, instant: Instant) -> String {
        let local = Some(self.0)
            .filter(|zone| *zone != Tz::UTC)
            .and_then(|zone| zone.timestamp_millis_opt(instant.millis()).single());
        match local {
            Some(local) if local.timestamp_subsec_millis() == 0 => {
                local.format("%Y-%m-%d %H:%M:%S %Z").to_string()
            }
            Some(local) => local.format("%Y-%m-%d %H:%M:%S%.3f %Z").to_string(),
            None => instant.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(zone: &str, instant: &str) -> String {
        zone.parse::<Zone>().unwrap().show(instant.parse().unwrap())
    }

    #[test]
    fn an_instant_is_shown_by_the_clock_of_the_zone_with_its_name() {
        assert_eq!(shown("America/New_York", "2025-06-30T20:00:00Z"), "2025-06-30 16:00:00 EDT");
        assert_eq!(shown("America/New_York", "2025-12-30T21:00:00.250Z"), "2025-12-30 16:00:00.250 EST");
        assert_eq!(shown("Asia/Kolkata", "2025-06-30T20:00:00Z"), "2025-07-01 01:30:00 IST");
        assert_eq!(shown("UTC", "2025-06-30T20:00:00Z"), "2025-06-30T20:00:00Z");
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_by_the_name() {
        assert_eq!(shown("America/New_York", "2025-11-02T05:30:00Z"), "2025-11-02 01:30:00 EDT");
        assert_eq!(shown("America/New_York", "2025-11-02T06:30:00Z"), "2025-11-02 01:30:00 EST");
    }

    #[test]
    fn what_is_no_zone_is_refused() {
        for text in ["", "New York", "+02:00", "Mars/Olympus"] {
            assert!(text.parse::<Zone>().is_err(), "{text}");
        }
    }
}

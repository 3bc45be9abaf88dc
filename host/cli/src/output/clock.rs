//! Instants as they are printed: for people by the clock of the zone that they chose, for programs in UTC.

use crate::args::Format;
use sluice_market::{Instant, Zone};

/// How instants are written.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    zone: Zone,
}

impl Clock {
    /// In this zone where a person reads.
    pub fn new(format: Format, zone: Zone) -> Self {
        Self { zone: if format == Format::Table { zone } else { Zone::default() } }
    }

    /// A stored instant.
    pub fn show(self, millis: i64) -> String {
        self.zone.show(Instant::from_millis(millis))
    }
}

//! What positions have taken of each sector. An instrument counts once, whichever of its alerts is followed: with the
//! largest position.

use std::collections::BTreeMap;

/// Values of positions by sector and instrument. Instruments of unknown sector are in none together.
#[derive(Debug, Default)]
pub(super) struct Exposure {
    sectors: BTreeMap<String, BTreeMap<usize, f64>>,
}

impl Exposure {
    /// What the other instruments of a sector have taken.
    pub(super) fn of_others(&self, sector: Option<&str>, instrument: usize) -> f64 {
        let positions = sector.and_then(|sector| self.sectors.get(sector));
        let others = positions.into_iter().flatten().filter(|(other, _)| **other != instrument);
        others.map(|(_, value)| value).sum()
    }

    /// Adds a position.
    pub(super) fn add(&mut self, sector: Option<&str>, instrument: usize, value: f64) {
        let Some(sector) = sector else { return };
        let positions = self.sectors.entry(sector.to_owned()).or_default();
        let position = positions.entry(instrument).or_default();
        *position = position.max(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instrument_counts_once_with_its_largest_position_and_never_against_itself() {
        let mut exposure = Exposure::default();
        exposure.add(Some("Energy"), 1, 500.0);
        exposure.add(Some("Energy"), 1, 300.0);
        exposure.add(Some("Energy"), 2, 200.0);
        exposure.add(None, 3, 900.0);
        assert_eq!(exposure.of_others(Some("Energy"), 4), 700.0);
        assert_eq!(exposure.of_others(Some("Energy"), 1), 200.0);
        assert_eq!(exposure.of_others(Some("Utilities"), 4), 0.0);
        assert_eq!(exposure.of_others(None, 4), 0.0);
    }
}

//! A growing set of days.

/// 1900-01-01: imports refuse older bars.
const FIRST_DAY: i32 = -25_567;

/// Days as bits, from 1900 on: adding one that is there already, the normal case, costs next to nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct DaySet(Vec<u64>);

impl DaySet {
    /// Adds a day; one before 1900 is left out.
    pub(super) fn insert(&mut self, day: i32) {
        let Ok(index) = usize::try_from(i64::from(day) - i64::from(FIRST_DAY)) else { return };
        let (word, bit) = (index / 64, index % 64);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << bit;
        }
    }

    /// The days in ascending order.
    pub(super) fn days(&self) -> Vec<i32> {
        let days = self.0.iter().zip(0_i32..).flat_map(|(word, index)| {
            (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| FIRST_DAY + index * 64 + bit)
        });
        days.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_out_once_and_in_order() {
        let mut days = DaySet::default();
        for day in [17_569, 0, -25_567, 17_568, 17_569, -25_568, 63, 64] {
            days.insert(day);
        }
        assert_eq!(days.days(), [-25_567, 0, 63, 64, 17_568, 17_569]);
    }
}

//! The number of a stage: 0, 1, 1.5. Kept in hundredths, so that 1.5 is 1.5 everywhere.

use serde::{Serialize, Serializer};
use std::fmt;

/// Hundredths per whole.
const SCALE: u32 = 100;

/// A stage's number with at most two decimals, 0 to 1000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct StageNumber(u32);

impl StageNumber {
    /// From a number as written; none when it is negative, above 1000 or has more than two decimals.
    pub fn new(number: f64) -> Option<Self> {
        let hundredths = number * f64::from(SCALE);
        let whole = hundredths.round();
        let fits = (0.0..=100_000.0).contains(&whole) && (hundredths - whole).abs() < 1e-6;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be within 0..=100000"
        )]
        fits.then_some(Self(whole as u32))
    }

    /// As a number.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / f64::from(SCALE)
    }

    /// The next whole number above.
    pub fn next_whole(self) -> Self {
        Self((self.0 / SCALE + 1) * SCALE)
    }
}

impl fmt::Display for StageNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_f64())
    }
}

impl Serialize for StageNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // whole numbers as integers: 2, not 2.0
        if self.0.is_multiple_of(SCALE) {
            serializer.serialize_u32(self.0 / SCALE)
        } else {
            serializer.serialize_f64(self.as_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_they_were_written() {
        for (number, text) in [(0.0, "0"), (1.5, "1.5"), (2.0, "2"), (2.25, "2.25")] {
            assert_eq!(StageNumber::new(number).unwrap().to_string(), text);
        }
    }

    #[test]
    fn negative_long_and_senseless_numbers_are_refused() {
        for number in [-1.0, 1.234, 1e6, f64::NAN, f64::INFINITY] {
            assert_eq!(StageNumber::new(number), None, "{number}");
        }
    }

    #[test]
    fn the_next_whole_number_lies_above() {
        assert_eq!(StageNumber::new(1.5).unwrap().next_whole(), StageNumber::new(2.0).unwrap());
        assert_eq!(StageNumber::new(2.0).unwrap().next_whole(), StageNumber::new(3.0).unwrap());
    }
}

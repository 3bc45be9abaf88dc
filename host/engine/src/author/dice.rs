//! Numbers from a seed, the same on every machine (SplitMix64 of Steele, Lea and Flood, 2014).

/// A source of numbers.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// Equal seeds give equal numbers.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed of a text and a number (FNV-1a).
    pub(super) fn of(text: &str, seed: u64) -> Self {
        let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(hash)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of so many, from 0 on; 0 of none.
    pub(super) fn below(&mut self, count: u64) -> u64 {
        self.next().checked_rem(count).unwrap_or(0)
    }

    /// Within 0 to 1.
    pub(super) fn unit(&mut self) -> f64 {
        self.below(1 << 32) as f64 / (1_u64 << 32) as f64
    }

    /// Within −1 to 1.
    pub(super) fn signed(&mut self) -> f64 {
        2.0 * self.unit() - 1.0
    }

    /// The same things in another order (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            let other = self.below(last as u64 + 1);
            things.swap(last, usize::try_from(other).unwrap_or(last));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_everything_and_changes_the_order() {
        let mut things: Vec<u32> = (0..100).collect();
        Dice::new(1).shuffle(&mut things);
        assert!(!things.is_sorted());
        things.sort_unstable();
        assert_eq!(things, (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn equal_seeds_give_equal_numbers_within_their_bounds() {
        let draw = |seed| (0..50).map(|_| 0).scan(Dice::of("AAPL", seed), |dice, _: i32| Some(dice.signed()));
        let (one, again, other): (Vec<f64>, Vec<f64>, Vec<f64>) =
            (draw(1).collect(), draw(1).collect(), draw(2).collect());
        assert_eq!(one, again);
        assert_ne!(one, other);
        assert!(one.iter().all(|number| (-1.0..1.0).contains(number)));
        assert_eq!(Dice::new(3).below(0), 0);
    }
}

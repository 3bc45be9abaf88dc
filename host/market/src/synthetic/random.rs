//! Seeded draws that are the same on every platform.
//!
//! Only integer arithmetic and the exactly rounded operations of IEEE 754 (+ − × ÷, square root): `exp`, `ln` and
//! the like differ between C libraries in the last bit.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Squarings of [`exp`].
const EXP_SQUARINGS: u32 = 20;

/// One stream of draws.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// Streams of one seed are independent of each other.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// Uniform in [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// True with that probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Uniform in 0..count; 0 for an empty range.
    pub(super) fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// One of some values.
    pub(super) fn pick<'a, T>(&mut self, values: &'a [T]) -> Option<&'a T> {
        values.get(self.below(values.len()))
    }

    /// Nearly normal, mean 0, variance 1: the sum of four uniforms, within ±3.46.
    pub(super) fn normal(&mut self) -> f64 {
        let bits = self.0.next_u64();
        let sum: u64 = (0..4).map(|part| (bits >> (16 * part)) & 0xffff).sum();
        // Each uniform has mean 1/2 and variance 1/12, so that the sum has standard deviation sqrt(1/3).
        (sum as f64 / 65_535.0 - 2.0) * 1.732_050_807_568_877_2
    }

    /// Heavy-tailed, mean 0, variance about 1: a mixture of normals (7 % twice, 1 % four times as wide).
    pub(super) fn heavy(&mut self) -> f64 {
        let normal = self.normal() * 0.87;
        let width = self.unit();
        if width < 0.01 {
            4.0 * normal
        } else if width < 0.08 {
            2.0 * normal
        } else {
            normal
        }
    }
}

/// The exponential function, to about nine digits for |x| below 20: (1 + x/2ⁿ)^(2ⁿ), second order.
pub(super) fn exp(x: f64) -> f64 {
    let small = x / f64::from(1_u32 << EXP_SQUARINGS);
    let mut value = 1.0 + small + small * small / 2.0;
    for _ in 0..EXP_SQUARINGS {
        value *= value;
    }
    value
}

/// Ten to the power of x.
pub(super) fn power_of_ten(x: f64) -> f64 {
    exp(x * std::f64::consts::LN_10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_the_same_forever() {
        let mut draws = Draws::new(42, 7);
        assert_eq!(draws.unit().to_bits(), Draws::new(42, 7).unit().to_bits());
        assert_ne!(Draws::new(42, 7).unit().to_bits(), Draws::new(42, 8).unit().to_bits());
        let first: Vec<u64> = (0..3).map(|_| (draws.unit() * 1e9) as u64).collect();
        assert_eq!(first, [326_330_706, 615_444_509, 493_831_238]);
    }

    #[test]
    fn exp_is_close_to_the_real_one() {
        for x in [-10.0, -1.0, 0.0, 0.5, 1.0, 7.3] {
            assert!((exp(x) / f64::exp(x) - 1.0).abs() < 1e-8, "{x}");
        }
    }

    #[test]
    fn normal_draws_have_mean_zero_and_variance_one() {
        let mut draws = Draws::new(1, 1);
        let values: Vec<f64> = (0..100_000).map(|_| draws.normal()).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let variance = values.iter().map(|value| value * value).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}

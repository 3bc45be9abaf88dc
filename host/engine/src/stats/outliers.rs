//! Which scores lie far from the others.

use super::{OUTLIER_SIGMAS, quantile, robust_sigma};

/// Most outliers of a layer run that are named: an operator looks at the farthest first.
const NAMED: usize = 20;

/// The scores further from the median than [`OUTLIER_SIGMAS`] robust standard deviations: positions with the distance in
/// those, farthest first, ties in their order. None when all scores are the same: then nothing says what is far.
pub(crate) fn outliers(scores: &[f64]) -> Vec<(usize, f64)> {
    let mut sorted: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let median = quantile(&sorted, 0.5);
    let mut deviations: Vec<f64> = sorted.iter().map(|score| (score - median).abs()).collect();
    deviations.sort_by(f64::total_cmp);
    let Some(sigma) = robust_sigma(&deviations) else { return Vec::new() };
    let z = scores.iter().map(|score| (score - median) / sigma).enumerate();
    let mut far: Vec<(usize, f64)> = z.filter(|(_, z)| z.abs() > OUTLIER_SIGMAS).collect();
    far.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    far.truncate(NAMED);
    far
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Stats;

    #[test]
    fn the_farthest_comes_first_with_its_distance_in_robust_deviations() {
        // median 3, MAD 1, so a deviation is 1.4826
        let scores = [1.0, 2.0, f64::NAN, 3.0, 4.0, 100.0, 90.0, 2.0, 4.0, 3.0];
        let found = outliers(&scores);
        assert_eq!(found.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [5, 6]);
        assert!((found[0].1 - 97.0 / 1.4826).abs() < 1e-9);
        assert_eq!(Stats::of(&scores).outliers, found.len());
    }

    #[test]
    fn where_most_scores_are_the_same_the_mean_deviation_says_what_is_far() {
        // median 0, MAD 0; mean absolute deviation (100 + 60) / 40 = 4
        let mut scores = vec![0.0; 40];
        (scores[7], scores[30]) = (60.0, 100.0);
        let found = outliers(&scores);
        assert_eq!(found.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [30, 7]);
        assert!((found[0].1 - 100.0 / (1.253_314 * 4.0)).abs() < 1e-9, "{found:?}");
        assert_eq!(Stats::of(&scores).outliers, 2);
        // mean absolute deviation 20: 100 is 3.99 deviations away, and 60 with as many others is not far
        assert_eq!(outliers(&[0.0, 0.0, 0.0, 0.0, 100.0]).len(), 1);
        assert_eq!(outliers(&[0.0, 0.0, 0.0, 60.0, 60.0]), []);
    }

    #[test]
    fn where_all_scores_are_the_same_none_is_far() {
        assert_eq!(outliers(&[50.0; 9]), []);
        assert_eq!(outliers(&[f64::NAN]), []);
        assert_eq!(outliers(&[]), []);
    }

    #[test]
    fn no_more_than_twenty_are_named() {
        let scores: Vec<f64> = (0..200).map(|at| if at < 30 { 100.0 } else { f64::from(at % 10) }).collect();
        assert_eq!(outliers(&scores).len(), 20);
        assert_eq!(Stats::of(&scores).outliers, 30);
    }
}

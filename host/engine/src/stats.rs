//! Statistics of one layer run: what an operator looks at to see whether a layer still makes sense.

mod drift;
mod outliers;

pub use drift::Drift;
pub(crate) use drift::{RUNS, RunFigures, compare};
pub(crate) use outliers::outliers;
use serde::{Deserialize, Serialize};

/// MAD of a normal distribution × this = its standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;
/// Mean absolute deviation of a normal distribution × this, √(π/2), = its standard deviation.
const MEAN_TO_SIGMA: f64 = 1.253_314;
/// A score so many robust standard deviations from the median is an outlier (Iglewicz and Hoaglin 1993).
const OUTLIER_SIGMAS: f64 = 3.5;

/// Figures over the scores of the instruments of which a layer has an opinion. None where there is no score.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Stats {
    /// How many scores.
    pub count: usize,
    /// Mean.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// 5th percentile; all percentiles interpolate linearly between ranks.
    pub p5: Option<f64>,
    /// 25th percentile.
    pub p25: Option<f64>,
    /// 75th percentile.
    pub p75: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
    /// Standard deviation of the population.
    pub stddev: Option<f64>,
    /// Median absolute deviation from the median.
    pub mad: Option<f64>,
    /// Scores further than 3.5 robust standard deviations from the median. Such a deviation is 1.4826 · MAD; where the MAD
    /// is 0, 1.253314 · the mean absolute deviation from the median; where that is 0 too, there are none.
    pub outliers: usize,
}

impl Stats {
    /// Of these scores; NaN is left out.
    pub fn of(scores: &[f64]) -> Self {
        let mut sorted: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
        if sorted.is_empty() {
            return Self::default();
        }
        sorted.sort_by(f64::total_cmp);
        let count = sorted.len() as f64;
        let mean = sorted.iter().sum::<f64>() / count;
        let variance = sorted.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count;
        let median = quantile(&sorted, 0.5);
        let mut deviations: Vec<f64> = sorted.iter().map(|score| (score - median).abs()).collect();
        deviations.sort_by(f64::total_cmp);
        let mad = quantile(&deviations, 0.5);
        let far = robust_sigma(&deviations).map_or(f64::INFINITY, |sigma| OUTLIER_SIGMAS * sigma);
        let outliers = deviations.iter().filter(|deviation| **deviation > far).count();
        Self {
            count: sorted.len(),
            mean: Some(mean),
            median: Some(median),
            p5: Some(quantile(&sorted, 0.05)),
            p25: Some(quantile(&sorted, 0.25)),
            p75: Some(quantile(&sorted, 0.75)),
            p95: Some(quantile(&sorted, 0.95)),
            stddev: Some(variance.sqrt()),
            mad: Some(mad),
            outliers,
        }
    }
}

/// The robust standard deviation by the absolute deviations from the median, ascending: 1.4826 · MAD. More than half of a
/// layer's scores are often the same, such as 0, and the MAD is 0 then; so that the others are seen, it is
/// 1.253314 · the mean absolute deviation in that case, as Iglewicz and Hoaglin propose for their modified z-score ("How to
/// Detect and Handle Outliers", 1993). None when that is 0 too: all are the same, or there is nothing.
fn robust_sigma(deviations: &[f64]) -> Option<f64> {
    let by_median = MAD_TO_SIGMA * quantile(deviations, 0.5);
    let by_mean = || MEAN_TO_SIGMA * deviations.iter().sum::<f64>() / deviations.len() as f64;
    let sigma = if by_median == 0.0 { by_mean() } else { by_median };
    (sigma > 0.0).then_some(sigma)
}

/// Linear interpolation between closest ranks, as numpy and Excel's PERCENTILE.INC do. NaN of nothing.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = share * last as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ at ≤ last")]
    let below = at.floor() as usize;
    let low = sorted.get(below).copied().unwrap_or(f64::NAN);
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    low + (high - low) * (at - below as f64)
}

/// The percentile rank of every score among all of them: the share that lies below, ties counted half, × 100.
/// NaN stays NaN.
pub(crate) fn percentile_ranks(scores: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = scores.iter().copied().filter(|score| !score.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let rank = |score: &f64| {
        if score.is_nan() {
            return f64::NAN;
        }
        let below = sorted.partition_point(|other| other < score);
        let through = sorted.partition_point(|other| other <= score);
        (below + through) as f64 / 2.0 / sorted.len() as f64 * 100.0
    };
    scores.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn figures_of_one_to_five_are_the_textbook_ones() {
        let stats = Stats::of(&[5.0, 3.0, f64::NAN, 1.0, 2.0, 4.0]);
        assert_eq!(stats.count, 5);
        assert_eq!(stats.mean, Some(3.0));
        assert_eq!(stats.median, Some(3.0));
        assert_eq!(stats.p25, Some(2.0));
        assert_eq!(stats.p75, Some(4.0));
        assert!((stats.p5.unwrap() - 1.2).abs() < 1e-12);
        assert!((stats.p95.unwrap() - 4.8).abs() < 1e-12);
        assert_eq!(stats.stddev, Some(2.0_f64.sqrt()));
        assert_eq!(stats.mad, Some(1.0));
        assert_eq!(stats.outliers, 0);
    }

    #[test]
    fn one_score_far_away_is_an_outlier() {
        assert_eq!(Stats::of(&[1.0, 2.0, 3.0, 4.0, 100.0]).outliers, 1);
        assert_eq!(Stats::of(&[7.0; 5]).outliers, 0);
    }

    #[test]
    fn nothing_has_no_figures() {
        assert_eq!(Stats::of(&[f64::NAN]), Stats::default());
        assert_eq!(serde_json::to_value(Stats::of(&[])).unwrap()["mean"], serde_json::Value::Null);
    }

    #[test]
    fn ranks_count_ties_half() {
        let ranks = percentile_ranks(&[10.0, 20.0, 20.0, f64::NAN, 30.0]);
        assert_eq!(&ranks[..3], [12.5, 50.0, 50.0]);
        assert!(ranks[3].is_nan());
        assert_eq!(ranks[4], 87.5);
    }

    proptest! {
        #[test]
        fn percentiles_lie_in_order_within_the_scores(scores in prop::collection::vec(0.0..=100.0f64, 1..50)) {
            let stats = Stats::of(&scores);
            let line = [stats.p5, stats.p25, stats.median, stats.p75, stats.p95].map(Option::unwrap);
            prop_assert!(line.windows(2).all(|pair| pair[0] <= pair[1]));
            prop_assert!(scores.iter().any(|score| *score <= line[0] + 1e-9));
        }
    }
}

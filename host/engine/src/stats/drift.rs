//! A layer's run against its last ones: does it still say what it used to say?
//!
//! Compared are runs of the same layer in the same stage and pipeline, about earlier instants, newest first, one for each
//! instant; and only those that judged about as many instruments, so that a scan of a few symbols neither warns nor
//! counts. A figure has jumped when it is further from the median of those runs than [`JUMP_SIGMAS`] robust standard
//! deviations and a least distance below which nobody would look; scores have collapsed when all of them are the same
//! and used to differ.

use super::{MAD_TO_SIGMA, Stats, quantile};
use serde::Serialize;

/// Earlier runs that are compared at most: about a month of daily scans.
pub(crate) const RUNS: u32 = 20;
/// Fewer say nothing of what is usual.
const FEWEST_RUNS: usize = 5;
/// Fewer instruments say nothing of a distribution.
const FEWEST_JUDGED: usize = 30;
/// A run is comparable when it judged between 1/2 and 2 times as many.
const SIMILAR: f64 = 2.0;
/// Robust standard deviations of a jump.
const JUMP_SIGMAS: f64 = 4.0;
/// Least jump of the mean score, in points.
const LEAST_POINTS: f64 = 5.0;
/// Least jump of the share of instruments with an opinion, in percentage points.
const LEAST_SHARE: f64 = 20.0;
/// A standard deviation of scores below this is none.
const NO_SPREAD: f64 = 1e-9;
const PERCENT: f64 = 100.0;

/// A run's figures as they are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RunFigures {
    /// Instruments with an opinion.
    pub(crate) count: usize,
    /// Instruments without one.
    pub(crate) abstained: usize,
    /// Mean score; NaN without any.
    pub(crate) mean: f64,
    /// Standard deviation of the scores; NaN without any.
    pub(crate) stddev: f64,
}

impl RunFigures {
    pub(crate) fn of(stats: &Stats, abstained: usize) -> Self {
        let known = |figure: Option<f64>| figure.unwrap_or(f64::NAN);
        Self { count: stats.count, abstained, mean: known(stats.mean), stddev: known(stats.stddev) }
    }

    fn judged(self) -> usize {
        self.count + self.abstained
    }

    /// Percent of the instruments with an opinion.
    fn share(self) -> f64 {
        self.count as f64 / self.judged() as f64 * PERCENT
    }
}

/// A run against the last ones.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    /// Comparable earlier runs.
    pub runs: usize,
    /// Median of their mean scores.
    pub mean_before: Option<f64>,
    /// Distance of this run's mean score from it in robust standard deviations; none when they were all the same.
    pub mean_z: Option<f64>,
    /// Median of their shares of instruments with an opinion, in percent.
    pub opinions_before: f64,
    /// Distance of this run's share from it in robust standard deviations; none when they were all the same.
    pub opinions_z: Option<f64>,
    /// All scores are the same, and used to differ.
    pub collapsed: bool,
    /// What an operator should look at, in words.
    pub remarks: Vec<String>,
}

/// Compares a run with earlier ones, newest first; none when too few are comparable.
pub(crate) fn compare(now: RunFigures, earlier: &[RunFigures]) -> Option<Drift> {
    let similar = |run: &&RunFigures| {
        let ratio = run.judged() as f64 / now.judged() as f64;
        (SIMILAR.recip()..=SIMILAR).contains(&ratio)
    };
    let runs: Vec<&RunFigures> = earlier.iter().filter(similar).take(RUNS as usize).collect();
    if now.judged() < FEWEST_JUDGED || runs.len() < FEWEST_RUNS {
        return None;
    }
    let means = Usual::of(runs.iter().map(|run| run.mean));
    let shares = Usual::of(runs.iter().map(|run| run.share()));
    let spreads = Usual::of(runs.iter().map(|run| run.stddev));
    let collapsed = now.count >= FEWEST_JUDGED && now.stddev < NO_SPREAD && spreads.median > NO_SPREAD;
    let mut remarks = Vec::new();
    if collapsed {
        remarks.push(format!(
            "all {} scores are {:.1}, in {} runs before they differed",
            now.count,
            now.mean,
            runs.len()
        ));
    }
    if means.is_jump(now.mean, LEAST_POINTS) {
        let (before, runs) = (means.median, runs.len());
        remarks.push(format!(
            "its mean score is {:.1}, in {runs} runs before it was about {before:.1}",
            now.mean
        ));
    }
    if shares.is_jump(now.share(), LEAST_SHARE) {
        let (before, runs) = (shares.median, runs.len());
        remarks.push(format!(
            "it has an opinion on {:.0} % of the instruments, in {runs} runs before on about {before:.0} %",
            now.share()
        ));
    }
    Some(Drift {
        runs: runs.len(),
        mean_before: (!means.median.is_nan()).then_some(means.median),
        mean_z: means.z(now.mean),
        opinions_before: shares.median,
        opinions_z: shares.z(now.share()),
        collapsed,
        remarks,
    })
}

/// What a figure usually is.
struct Usual {
    /// NaN when it never was.
    median: f64,
    /// Robust standard deviation.
    sigma: f64,
}

impl Usual {
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = figures.filter(|figure| !figure.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let median = quantile(&sorted, 0.5);
        let mut deviations: Vec<f64> = sorted.iter().map(|figure| (figure - median).abs()).collect();
        deviations.sort_by(f64::total_cmp);
        Self { median, sigma: MAD_TO_SIGMA * quantile(&deviations, 0.5) }
    }

    fn z(&self, figure: f64) -> Option<f64> {
        let z = (figure - self.median) / self.sigma;
        z.is_finite().then_some(z)
    }

    fn is_jump(&self, figure: f64, least: f64) -> bool {
        (figure - self.median).abs() > least.max(JUMP_SIGMAS * self.sigma)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(count: usize, mean: f64, stddev: f64) -> RunFigures {
        RunFigures { count, abstained: 100 - count, mean, stddev }
    }

    fn earlier() -> Vec<RunFigures> {
        [50.0, 51.0, 49.0, 50.5, 49.5, 50.0].map(|mean| run(90, mean, 10.0)).to_vec()
    }

    fn remarks(now: RunFigures) -> Vec<String> {
        compare(now, &earlier()).unwrap().remarks
    }

    #[test]
    fn a_run_like_the_ones_before_is_compared_and_nothing_is_remarked() {
        let drift = compare(run(90, 50.4, 9.0), &earlier()).unwrap();
        assert_eq!((drift.runs, drift.mean_before, drift.opinions_before), (6, Some(50.0), 90.0));
        assert_eq!((drift.collapsed, drift.opinions_z), (false, None));
        assert!((drift.mean_z.unwrap() - 0.4 / (1.4826 * 0.5)).abs() < 1e-9);
        assert_eq!(drift.remarks, Vec::<String>::new());
    }

    #[test]
    fn a_mean_that_jumps_is_remarked_beyond_five_points_only() {
        assert_eq!(remarks(run(90, 55.0, 10.0)), Vec::<String>::new());
        assert_eq!(
            remarks(run(90, 55.1, 10.0)),
            ["its mean score is 55.1, in 6 runs before it was about 50.0"]
        );
    }

    #[test]
    fn a_share_of_opinions_that_jumps_is_remarked() {
        assert_eq!(
            remarks(run(60, 50.0, 10.0)),
            ["it has an opinion on 60 % of the instruments, in 6 runs before on about 90 %"]
        );
        // nothing to say any more: no mean, but a jump all the same
        assert_eq!(remarks(run(0, f64::NAN, f64::NAN)).len(), 1);
    }

    #[test]
    fn scores_that_used_to_differ_and_are_all_the_same_have_collapsed() {
        let drift = compare(run(90, 50.0, 0.0), &earlier()).unwrap();
        assert!(drift.collapsed);
        assert_eq!(drift.remarks, ["all 90 scores are 50.0, in 6 runs before they differed"]);
        let always = vec![run(90, 100.0, 0.0); 6];
        assert!(!compare(run(90, 100.0, 0.0), &always).unwrap().collapsed);
    }

    #[test]
    fn what_is_not_comparable_is_not_compared() {
        assert_eq!(compare(run(90, 50.0, 10.0), &earlier()[..4]), None);
        let few = RunFigures { count: 20, abstained: 9, mean: 1.0, stddev: 0.0 };
        assert_eq!(compare(few, &vec![few; 9]), None);
        let large = RunFigures { count: 900, abstained: 100, ..run(90, 90.0, 1.0) };
        assert_eq!(compare(large, &earlier()), None);
    }
}

//! Many layers' verdicts on an instrument → one outcome and one score of the stage; then the stage's survivors.
//!
//! The rules: a layer that abstains has no say. `pass` decides how many of the others must keep; `score` turns
//! their scores into one; without any opinion `unknown` decides; then `threshold`, then `max-symbols` by score,
//! ties by symbol.

use serde::{Deserialize, Serialize};
use sluice_runtime::Outcome;

/// How many of the layers with an opinion must keep an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassRule {
    /// Every one of them.
    All,
    /// So many; with fewer opinions, all of those.
    AtLeast(u32),
}

/// How the scores of the layers with an opinion become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreRule {
    /// Weighted mean.
    #[default]
    Mean,
    /// The greatest.
    Max,
    /// 100·(1 − Π(1 − sᵢ/100)): one strong signal stands, several add up, never above 100.
    NoisyOr,
    /// That with which an instrument came from the stages before, the greatest of several: the layers here only choose.
    Before,
}

/// What happens to an instrument of which no layer has an opinion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unknown {
    /// It goes no further.
    #[default]
    Drop,
    /// It goes on without a score.
    Keep,
}

/// One layer's opinion of one instrument.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opinion {
    pub(crate) outcome: Outcome,
    /// 0–100; not looked at when the outcome is `abstain`.
    pub(crate) score: f64,
    pub(crate) weight: f64,
}

/// A stage's verdict on one instrument.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Combined {
    pub(crate) outcome: Outcome,
    /// 0–100, NaN with `abstain`.
    pub(crate) score: f64,
}

/// Applies `pass` and `score`. Without any opinion the outcome is `abstain`. `before` is the score with which the
/// instrument came, NaN where it had none.
pub(crate) fn combine(
    opinions: impl Iterator<Item = Opinion> + Clone,
    pass: PassRule,
    score: ScoreRule,
    before: f64,
) -> Combined {
    let heard = opinions.filter(|opinion| opinion.outcome != Outcome::Abstain);
    let count = heard.clone().count();
    if count == 0 {
        return Combined { outcome: Outcome::Abstain, score: f64::NAN };
    }
    let kept = heard.clone().filter(|opinion| opinion.outcome == Outcome::Keep).count();
    let needed = match pass {
        PassRule::All => count,
        PassRule::AtLeast(least) => (least as usize).min(count),
    };
    let outcome = if kept >= needed { Outcome::Keep } else { Outcome::Drop };
    Combined { outcome, score: one_score(heard, score, before) }
}

fn one_score(heard: impl Iterator<Item = Opinion>, rule: ScoreRule, before: f64) -> f64 {
    match rule {
        ScoreRule::Mean => {
            let (sum, weights) = heard.fold((0.0, 0.0), |(sum, weights), opinion| {
                (sum + opinion.weight * opinion.score, weights + opinion.weight)
            });
            (sum / weights).clamp(0.0, 100.0)
        }
        ScoreRule::Max => heard.map(|opinion| opinion.score).fold(0.0, f64::max),
        ScoreRule::NoisyOr => {
            let missed: f64 = heard.map(|opinion| 1.0 - opinion.score / 100.0).product();
            (100.0 * (1.0 - missed)).clamp(0.0, 100.0)
        }
        ScoreRule::Before => before,
    }
}

/// What a stage lets through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gate {
    pub(crate) unknown: Unknown,
    pub(crate) threshold: Option<f64>,
    pub(crate) max_symbols: Option<u32>,
}

/// Why an instrument does not get through that is not among the survivors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// Too few layers kept it.
    Verdict,
    /// No layer had an opinion.
    NoOpinion,
    /// Its score is too low.
    Threshold,
    /// Others have better ones.
    MaxSymbols,
}

/// What kept an instrument with this verdict from getting through a stage that it did not get through.
pub(crate) fn stopped_by(verdict: &Combined, gate: Gate) -> Stopped {
    match verdict.outcome {
        Outcome::Drop => Stopped::Verdict,
        Outcome::Abstain if gate.unknown == Unknown::Drop => Stopped::NoOpinion,
        Outcome::Keep if gate.threshold.is_some_and(|least| verdict.score < least) => Stopped::Threshold,
        Outcome::Keep | Outcome::Abstain => Stopped::MaxSymbols,
    }
}

/// The positions that get through, best first: by score, ties in the order of `symbols`. Those without an opinion
/// come last, by the score that they came with (`before`, NaN: none).
pub(crate) fn survivors<S: Ord>(
    verdicts: &[Combined],
    before: &[f64],
    symbols: &[S],
    gate: Gate,
) -> Vec<usize> {
    let passes = |verdict: &Combined| match verdict.outcome {
        Outcome::Keep => gate.threshold.is_none_or(|least| verdict.score >= least),
        Outcome::Drop => false,
        Outcome::Abstain => gate.unknown == Unknown::Keep,
    };
    let mut through: Vec<(usize, &Combined, &S)> = verdicts
        .iter()
        .zip(symbols)
        .enumerate()
        .filter(|(_, (verdict, _))| passes(verdict))
        .map(|(at, (verdict, symbol))| (at, verdict, symbol))
        .collect();
    let rank = |score: f64| if score.is_nan() { f64::NEG_INFINITY } else { score };
    let came_with = |at: usize, verdict: &Combined| match verdict.outcome {
        Outcome::Abstain => rank(before.get(at).copied().unwrap_or(f64::NAN)),
        Outcome::Keep | Outcome::Drop => f64::NEG_INFINITY,
    };
    through.sort_by(|(a_at, a, a_symbol), (b_at, b, b_symbol)| {
        let by_score = rank(b.score).total_cmp(&rank(a.score));
        let by_earlier = || came_with(*b_at, b).total_cmp(&came_with(*a_at, a));
        by_score.then_with(by_earlier).then_with(|| a_symbol.cmp(b_symbol))
    });
    through.truncate(gate.max_symbols.map_or(usize::MAX, |most| most as usize));
    through.into_iter().map(|(at, _, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn opinion(outcome: Outcome, score: f64) -> Opinion {
        Opinion { outcome, score, weight: 1.0 }
    }

    fn combined(opinions: &[Opinion], pass: PassRule, score: ScoreRule) -> Combined {
        combine(opinions.iter().copied(), pass, score, f64::NAN)
    }

    use Outcome::{Abstain, Drop, Keep};

    #[test]
    fn all_means_every_layer_that_did_not_abstain() {
        let opinions = [opinion(Keep, 80.0), opinion(Abstain, f64::NAN)];
        assert_eq!(
            combined(&opinions, PassRule::All, ScoreRule::Mean),
            Combined { outcome: Keep, score: 80.0 }
        );
        let opinions = [opinion(Keep, 80.0), opinion(Drop, 40.0)];
        assert_eq!(
            combined(&opinions, PassRule::All, ScoreRule::Mean),
            Combined { outcome: Drop, score: 60.0 }
        );
    }

    #[test]
    fn at_least_two_of_three_is_enough_and_fewer_opinions_must_all_keep() {
        let rule = PassRule::AtLeast(2);
        let three = [opinion(Keep, 1.0), opinion(Keep, 1.0), opinion(Drop, 0.0)];
        assert_eq!(combined(&three, rule, ScoreRule::Max).outcome, Keep);
        let one = [opinion(Keep, 1.0), opinion(Abstain, f64::NAN), opinion(Abstain, f64::NAN)];
        assert_eq!(combined(&one, rule, ScoreRule::Max).outcome, Keep);
        let split = [opinion(Keep, 1.0), opinion(Drop, 0.0), opinion(Abstain, f64::NAN)];
        assert_eq!(combined(&split, rule, ScoreRule::Max).outcome, Drop);
    }

    #[test]
    fn noisy_or_lets_one_strong_signal_stand_and_several_add_up() {
        let strong = [opinion(Keep, 60.0), opinion(Drop, 0.0)];
        assert!((combined(&strong, PassRule::AtLeast(1), ScoreRule::NoisyOr).score - 60.0).abs() < 1e-12);
        let two = [opinion(Keep, 50.0), opinion(Keep, 50.0)];
        assert!((combined(&two, PassRule::AtLeast(1), ScoreRule::NoisyOr).score - 75.0).abs() < 1e-12);
    }

    #[test]
    fn a_signal_without_a_score_adds_nothing_and_a_weak_one_little() {
        let score = |opinions: &[Opinion]| combined(opinions, PassRule::AtLeast(1), ScoreRule::NoisyOr).score;
        let one = [opinion(Keep, 50.0)];
        assert_eq!(score(&[one[0], opinion(Keep, 0.0), opinion(Keep, 0.0)]), score(&one));
        assert!(score(&[one[0], opinion(Keep, 10.0)]) > score(&one));
    }

    #[test]
    fn a_mean_is_weighted() {
        let opinions = [
            Opinion { outcome: Keep, score: 100.0, weight: 3.0 },
            Opinion { outcome: Keep, score: 0.0, weight: 1.0 },
        ];
        assert_eq!(combined(&opinions, PassRule::All, ScoreRule::Mean).score, 75.0);
    }

    #[test]
    fn no_opinion_at_all_is_abstain_whatever_the_rules() {
        let nothing = [opinion(Abstain, f64::NAN)];
        let verdict = combined(&nothing, PassRule::AtLeast(1), ScoreRule::NoisyOr);
        assert_eq!(verdict.outcome, Abstain);
        assert!(verdict.score.is_nan());
    }

    #[test]
    fn a_stage_that_only_chooses_leaves_the_score_as_it_came() {
        let before =
            |outcome| combine([opinion(outcome, 100.0)].into_iter(), PassRule::All, ScoreRule::Before, 71.5);
        assert_eq!(before(Keep), Combined { outcome: Keep, score: 71.5 });
        assert_eq!(before(Drop), Combined { outcome: Drop, score: 71.5 });
        assert!(before(Abstain).score.is_nan());
    }

    #[test]
    fn survivors_are_ranked_by_score_then_symbol_and_cut() {
        let verdict = |outcome, score| Combined { outcome, score };
        let verdicts = [
            verdict(Keep, 70.0),
            verdict(Keep, 90.0),
            verdict(Keep, 70.0),
            verdict(Keep, 59.9),
            verdict(Drop, 99.0),
        ];
        let symbols = ["C", "B", "A", "D", "E"];
        let gate = Gate { unknown: Unknown::Drop, threshold: Some(60.0), max_symbols: Some(2) };
        assert_eq!(survivors(&verdicts, &[], &symbols, gate), [1, 2]);
        let gate = Gate { unknown: Unknown::Drop, threshold: None, max_symbols: None };
        assert_eq!(survivors(&verdicts, &[], &symbols, gate), [1, 2, 0, 3]);
    }

    #[test]
    fn the_unknown_go_on_only_when_told_and_come_last_by_the_score_that_they_came_with() {
        let unknown = Combined { outcome: Abstain, score: f64::NAN };
        let verdicts = [unknown, Combined { outcome: Keep, score: 0.0 }, unknown, unknown];
        let (symbols, before) = (["A", "B", "C", "D"], [f64::NAN, 10.0, 70.0, 90.0]);
        let gate = |unknown| Gate { unknown, threshold: None, max_symbols: None };
        assert_eq!(survivors(&verdicts, &before, &symbols, gate(Unknown::Drop)), [1]);
        assert_eq!(survivors(&verdicts, &before, &symbols, gate(Unknown::Keep)), [1, 3, 2, 0]);
    }

    proptest! {
        #[test]
        fn a_combined_score_stays_between_0_and_100(scores in prop::collection::vec(0.0..=100.0f64, 1..8)) {
            for rule in [ScoreRule::Mean, ScoreRule::Max, ScoreRule::NoisyOr] {
                let opinions: Vec<_> = scores.iter().map(|score| opinion(Keep, *score)).collect();
                let score = combined(&opinions, PassRule::All, rule).score;
                prop_assert!((0.0..=100.0).contains(&score), "{rule:?} {score}");
            }
        }

        #[test]
        fn noisy_or_never_falls_below_the_strongest_signal(scores in prop::collection::vec(0.0..=100.0f64, 1..8)) {
            let opinions: Vec<_> = scores.iter().map(|score| opinion(Keep, *score)).collect();
            let noisy = combined(&opinions, PassRule::All, ScoreRule::NoisyOr).score;
            let strongest = combined(&opinions, PassRule::All, ScoreRule::Max).score;
            prop_assert!(noisy >= strongest - 1e-9);
        }
    }
}

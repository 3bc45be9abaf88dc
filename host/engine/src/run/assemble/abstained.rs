//! Why a layer had no opinion: its own reasons, counted.

use crate::result::{Abstention, Verdicts};
use std::collections::BTreeMap;

/// Most reasons that are told: one or two cover nearly all instruments, a long tail helps nobody.
const TOLD: usize = 5;

/// The reasons of the instruments without an opinion, the most frequent first, ties by their text: whatever the shards,
/// and wherever the answers came from.
pub(super) fn reasons(verdicts: &Verdicts) -> Vec<Abstention> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for at in verdicts.scores.iter().enumerate().filter(|(_, score)| score.is_nan()).map(|(at, _)| at) {
        *counts.entry(verdicts.reason(at).unwrap_or_default()).or_default() += 1;
    }
    let mut all: Vec<(&str, usize)> = counts.into_iter().collect();
    // the sort is stable, so that equal counts stay in the order of the texts
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let told = all.into_iter().take(TOLD);
    told.map(|(reason, count)| Abstention { reason: reason.to_owned(), count }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Verdicts with a score for each, and the reasons in the order of the shards.
    fn verdicts(said: &[(f64, &str)]) -> Verdicts {
        Verdicts {
            scores: said.iter().map(|(score, _)| *score).collect(),
            reasons: said.iter().map(|(_, reason)| (*reason).to_owned()).collect(),
            reason: (0..).take(said.len()).collect(),
            ..Verdicts::default()
        }
    }

    fn told(said: &[(f64, &str)]) -> Vec<(String, usize)> {
        reasons(&verdicts(said)).into_iter().map(|of| (of.reason, of.count)).collect()
    }

    #[test]
    fn reasons_of_abstentions_are_counted_by_text_the_most_frequent_first() {
        const NO: f64 = f64::NAN;
        let said = [(NO, "b"), (50.0, "a"), (NO, "c"), (NO, "a"), (0.0, "c"), (NO, "c"), (NO, "")];
        let expected = [("c", 2), ("", 1), ("a", 1), ("b", 1)];
        assert_eq!(told(&said), expected.map(|(reason, count)| (reason.to_owned(), count)));
        let mut turned = said;
        turned.reverse();
        assert_eq!(told(&turned), told(&said));
        assert_eq!(told(&[(50.0, "a")]), []);
    }

    #[test]
    fn no_more_than_five_reasons_are_told() {
        let names: Vec<String> = (0..9).map(|number| format!("reason {number}")).collect();
        let said: Vec<(f64, &str)> = names.iter().map(|name| (f64::NAN, name.as_str())).collect();
        let told = told(&said);
        assert_eq!((told.len(), told[4].0.as_str()), (5, "reason 4"));
    }
}

//! A screen that is run on the fly: an expression that the last stage of a scan judges by, without a line in
//! `sluice.toml`. The bundled layer `sluice/screen` does the work; the language is that of `sluice-screen`.

use crate::combine::{PassRule, ScoreRule, Unknown};
use crate::config::{LayerRef, StageConfig, StageNumber};
use sluice_runtime::Value;
pub use sluice_screen::{Described, ScreenError, Wants, functions, names};
pub(crate) use sluice_screen::{Screen, Upstream};
use std::collections::BTreeMap;
use thiserror::Error;

/// The layer that judges by an expression.
pub(crate) const SCREEN_LAYER: &str = "sluice/screen";
/// What the stage is called, unless the pipeline has one of that name.
const STAGE: &str = "screen";

/// A condition, and how good what it holds for is; both checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Screening {
    condition: Screen,
    score: Option<Screen>,
}

/// What is wrong with one of the two, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("--{name}, {}", self.unnamed())]
pub struct ScreeningError {
    /// `where` or `score`.
    pub name: &'static str,
    /// The expression.
    pub text: String,
    /// What is wrong with it.
    pub error: ScreenError,
}

impl ScreeningError {
    /// The same where only one expression was given, so that it needs no name.
    pub fn unnamed(&self) -> String {
        let pointed = self.error.pointed(&self.text);
        let pointed: Vec<String> = pointed.lines().map(|line| format!("  {line}")).collect();
        format!("{}\n{}", self.error, pointed.join("\n"))
    }
}

impl Screening {
    /// Reads both expressions.
    ///
    /// # Errors
    /// What is wrong with which of them, at which column of its text.
    pub fn new(condition: &str, score: Option<&str>) -> Result<Self, ScreeningError> {
        let wrong = |name, text: &str, error| ScreeningError { name, text: text.to_owned(), error };
        let score = score
            .map(|text| Screen::number(text).map_err(|error| wrong("score", text, error)))
            .transpose()?;
        let condition = Screen::condition(condition).map_err(|error| wrong("where", condition, error))?;
        Ok(Self { condition, score })
    }

    /// The condition as it was written.
    pub fn condition(&self) -> &str {
        self.condition.text()
    }

    /// The score as it was written.
    pub fn score(&self) -> Option<&str> {
        self.score.as_ref().map(Screen::text)
    }

    /// What both need to see.
    pub fn wants(&self) -> Wants {
        let own = self.condition.wants().clone();
        self.score.as_ref().map_or(own.clone(), |score| own.with(score.wants().clone()))
    }

    /// The settings of the layer.
    pub(crate) fn settings(&self) -> BTreeMap<String, Value> {
        let text = |text: &str| Value::Text(text.to_owned());
        let entries = [("where", text(self.condition())), ("score", text(self.score().unwrap_or_default()))];
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The stage behind those that a scan runs anyway. Without a score of its own an instrument keeps the one that it
    /// came with, so that the order stays; where nothing came before, what is kept has 100.
    pub(crate) fn stage(&self, stages: &[StageConfig]) -> StageConfig {
        let last = stages.last();
        let taken = |name: &String| stages.iter().any(|stage| stage.name == *name);
        let names = std::iter::once(STAGE.to_owned()).chain((2..).map(|number| format!("{STAGE}-{number}")));
        let name = names.take(stages.len() + 1).find(|name| !taken(name)).unwrap_or_default();
        let keeps_score = self.score.is_none() && last.is_some();
        StageConfig {
            number: last.map_or_else(StageNumber::default, |last| last.number.next_whole()),
            name,
            layers: vec![LayerRef {
                id: SCREEN_LAYER.to_owned(),
                version: semver::VersionReq::STAR,
                weight: 1.0,
            }],
            after: last.map(|last| last.name.clone()).into_iter().collect(),
            pass: PassRule::All,
            score: if keeps_score { ScoreRule::Before } else { ScoreRule::Mean },
            unknown: Unknown::Drop,
            threshold: None,
            max_symbols: None,
            max_age: None,
            scan_interval: None,
            expect: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_at_the_place_in_the_expression() {
        let wrong = |condition, score| Screening::new(condition, score).unwrap_err().to_string();
        assert_eq!(
            wrong("rvol > 2 and clos > 5", None),
            "--where, column 14: clos is unknown: did you mean close?\n  rvol > 2 and clos > 5\n               ^"
        );
        assert_eq!(
            wrong("rvol > 2", Some("rvol > 1")),
            "--score, column 1: this is a condition, a number is wanted here: count(condition, n) makes a number of it\
             \n  rvol > 1\n  ^"
        );
    }

    #[test]
    fn an_expression_that_stands_alone_needs_no_name() {
        let error = Screening::new("rvol >", None).unwrap_err();
        assert!(error.unnamed().starts_with("column 7: "), "{}", error.unnamed());
        assert!(error.to_string().starts_with("--where, column 7: "), "{error}");
    }

    #[test]
    fn the_stage_comes_behind_the_last_one_under_a_name_that_is_free() {
        let screening = Screening::new("close > 1", None).unwrap();
        let first = screening.stage(&[]);
        assert_eq!(
            (first.name.as_str(), first.number.as_f64(), first.score),
            ("screen", 0.0, ScoreRule::Mean)
        );
        let second = screening.stage(std::slice::from_ref(&first));
        assert_eq!((second.name.as_str(), second.number.as_f64()), ("screen-2", 1.0));
        assert_eq!((second.after, second.score), (vec!["screen".to_owned()], ScoreRule::Before));
        let scored = Screening::new("close > 1", Some("rsi")).unwrap().stage(std::slice::from_ref(&first));
        assert_eq!(scored.score, ScoreRule::Mean);
    }

    #[test]
    fn it_needs_what_condition_and_score_need() {
        let wants = Screening::new("close > sma(50)", Some("fact(\"pe\")")).unwrap().wants();
        assert_eq!((wants.lookback, wants.facts.len(), wants.columns.len()), (50, 1, 1));
    }
}

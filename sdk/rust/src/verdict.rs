//! What a layer says of one instrument.

use std::borrow::Cow;

use crate::Alert;

/// What becomes of an instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Goes on to the next stage.
    Keep,
    /// Judged and found wanting.
    Drop,
    /// No opinion: data missing or too old.
    Abstain,
}

/// What a layer says of one instrument: an outcome, a score from 0 to 100, a reason, measures and alerts.
///
/// A reason that many instruments share ("mean dollar volume below 5,000,000") travels once and can be counted;
/// figures of a single instrument belong into measures.
#[derive(Debug, Clone)]
pub struct Verdict {
    pub(crate) outcome: Outcome,
    pub(crate) score: f64,
    pub(crate) reason: Cow<'static, str>,
    pub(crate) measures: Vec<(&'static str, f64)>,
    pub(crate) alerts: Vec<Alert>,
}

impl Verdict {
    /// Goes on to the next stage. The score travels as it is; the host refuses one outside 0..100 and NaN.
    pub fn keep(score: f64, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Outcome::Keep, score, reason.into())
    }

    /// Judged and found wanting.
    pub fn drop(score: f64, reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Outcome::Drop, score, reason.into())
    }

    /// No opinion: data missing or too old. Say which.
    pub fn abstain(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Outcome::Abstain, f64::NAN, reason.into())
    }

    /// Reports a number; its name must be one that the layer's `about()` declares. NaN: none.
    pub fn measure(mut self, name: &'static str, number: f64) -> Self {
        self.measures.push((name, number));
        self
    }

    /// Reports several numbers.
    pub fn measures<const N: usize>(mut self, measures: [(&'static str, f64); N]) -> Self {
        self.measures.extend_from_slice(&measures);
        self
    }

    /// Raises an alert on this instrument.
    pub fn alert(mut self, alert: Alert) -> Self {
        self.alerts.push(alert);
        self
    }

    fn new(outcome: Outcome, score: f64, reason: Cow<'static, str>) -> Self {
        Self { outcome, score, reason, measures: Vec::new(), alerts: Vec::new() }
    }
}

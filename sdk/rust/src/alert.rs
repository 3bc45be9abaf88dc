//! Alerts: what a trader should see. Built step by step; whether the prices make sense is for the host to judge.

use std::borrow::Cow;

use crate::Instant;
use crate::bindings::types as raw;

/// The direction of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Gains when the price rises.
    Long,
    /// Gains when the price falls.
    Short,
}

/// How soon somebody should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Severity {
    /// Some time.
    #[default]
    Info,
    /// Today.
    Notice,
    /// Now.
    Urgent,
}

/// An alert in the making. Its kind is one that the layer's `about()` declares: of [`crate::kind`], or `author/NAME`.
#[derive(Debug, Clone)]
pub struct Alert {
    pub(crate) kind: Cow<'static, str>,
    severity: Severity,
    confidence: f64,
    message: String,
    side: Option<Side>,
    entry: Option<f64>,
    stop: Option<f64>,
    target: Option<f64>,
    expires_at: Option<Instant>,
    dedupe_key: String,
    evidence: Vec<String>,
    numbers: Vec<(String, f64)>,
}

impl Alert {
    /// An alert of this kind: severity info, confidence 1, no message, no prices.
    pub fn new(kind: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: kind.into(),
            severity: Severity::default(),
            confidence: 1.0,
            message: String::new(),
            side: None,
            entry: None,
            stop: None,
            target: None,
            expires_at: None,
            dedupe_key: String::new(),
            evidence: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// How soon somebody should look.
    pub fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// 0..1.
    pub fn confidence(self, confidence: f64) -> Self {
        Self { confidence, ..self }
    }

    /// One line for a human.
    pub fn message(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// The direction of the trade.
    pub fn side(self, side: Side) -> Self {
        Self { side: Some(side), ..self }
    }

    /// Price to enter at, in the instrument's currency.
    pub fn entry(self, price: f64) -> Self {
        Self { entry: Some(price), ..self }
    }

    /// Price to give up at; below the entry of a long, above that of a short.
    pub fn stop(self, price: f64) -> Self {
        Self { stop: Some(price), ..self }
    }

    /// Price to take the gain at.
    pub fn target(self, price: f64) -> Self {
        Self { target: Some(price), ..self }
    }

    /// When it is stale.
    pub fn expires_at(self, instant: Instant) -> Self {
        Self { expires_at: Some(instant), ..self }
    }

    /// Alerts with the same key within the cool-down are one. Unless told, the key is the kind and the instrument's
    /// identity.
    pub fn dedupe_key(self, key: impl Into<String>) -> Self {
        Self { dedupe_key: key.into(), ..self }
    }

    /// The id of an event that it rests on.
    pub fn evidence(mut self, event: impl Into<String>) -> Self {
        self.evidence.push(event.into());
        self
    }

    /// A figure to show with it.
    pub fn number(mut self, name: impl Into<String>, number: f64) -> Self {
        self.numbers.push((name.into(), number));
        self
    }

    /// For the instrument with this index and id; none: the market as a whole.
    pub(crate) fn into_raw(self, of: Option<(u32, &str)>) -> raw::Alert {
        let dedupe_key = match of {
            _ if !self.dedupe_key.is_empty() => self.dedupe_key,
            Some((_, id)) => format!("{} {id}", self.kind),
            None => self.kind.clone().into_owned(),
        };
        raw::Alert {
            instrument: of.map(|(index, _)| index),
            kind: self.kind.into_owned(),
            severity: match self.severity {
                Severity::Info => raw::Severity::Info,
                Severity::Notice => raw::Severity::Notice,
                Severity::Urgent => raw::Severity::Urgent,
            },
            confidence: self.confidence,
            message: self.message,
            side: self.side.map(|side| match side {
                Side::Long => raw::Side::Long,
                Side::Short => raw::Side::Short,
            }),
            entry: self.entry,
            stop: self.stop,
            target: self.target,
            expires_at: self.expires_at,
            dedupe_key,
            evidence: self.evidence,
            numbers: self.numbers,
        }
    }
}

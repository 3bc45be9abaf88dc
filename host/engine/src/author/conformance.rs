//! How a layer did against the rules.

use super::rules::Rule;
use serde::Serialize;

/// How a layer did.
#[derive(Debug, Serialize)]
pub struct Conformance {
    /// author/name@version.
    pub layer: String,
    /// SHA-256 of the component.
    pub digest: String,
    /// Whether every rule that applies is kept.
    pub passed: bool,
    /// Instruments of the market.
    pub instruments: usize,
    /// The instants at which it was asked, RFC 3339.
    pub instants: Vec<String>,
    /// Opinions (keep or drop) and abstentions over all instants.
    pub opinions: usize,
    /// See there.
    pub abstentions: usize,
    /// Calls that were made.
    pub calls: usize,
    /// Rule by rule.
    pub rules: Vec<RuleResult>,
}

/// How it did by one rule.
#[derive(Debug, Serialize)]
pub struct RuleResult {
    /// The rule.
    pub rule: Rule,
    /// The verdict on it.
    pub verdict: RuleVerdict,
    /// Where it is broken: instrument, value, both answers; or why the rule does not apply. At most some.
    pub findings: Vec<String>,
    /// Findings beyond those.
    pub more: usize,
}

/// Whether a rule is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleVerdict {
    /// It is.
    Passed,
    /// It is not.
    Failed,
    /// It does not apply to such a layer, or could not be tried.
    NotTried,
}

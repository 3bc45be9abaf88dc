//! What a layer answers.

/// What a layer says of one instrument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Goes on.
    Keep,
    /// Found wanting.
    Drop,
    /// No opinion.
    Abstain,
}

/// Direction of a trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Buy first.
    Long,
    /// Sell first.
    Short,
}

/// How loud an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For the record.
    Info,
    /// Worth a look.
    Notice,
    /// Now.
    Urgent,
}

/// An alert as a layer raised it.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Index into the shard; none: the market.
    pub instrument: Option<u32>,
    /// Kind.
    pub kind: String,
    /// How loud.
    pub severity: Severity,
    /// 0..1.
    pub confidence: f64,
    /// Text.
    pub message: String,
    /// Direction.
    pub side: Option<Side>,
    /// Entry price.
    pub entry: Option<f64>,
    /// Stop price.
    pub stop: Option<f64>,
    /// Target price.
    pub target: Option<f64>,
    /// Valid until, ms.
    pub expires_at: Option<i64>,
    /// Key of the cool-down.
    pub dedupe_key: String,
    /// Events behind it.
    pub evidence: Vec<String>,
    /// Figures behind it.
    pub numbers: Vec<(String, f64)>,
}

/// A layer's answer, not yet believed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// One per instrument.
    pub outcomes: Vec<Outcome>,
    /// One per instrument.
    pub scores: Vec<f64>,
    /// Distinct reasons.
    pub reasons: Vec<String>,
    /// Per instrument an index into `reasons`.
    pub reason: Vec<u32>,
    /// Name and one number per instrument.
    pub measures: Vec<(String, Vec<f64>)>,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// Figures of the market.
    pub market: Vec<(String, f64)>,
}

//! An alert, as its layer raised it and as it is printed.

use crate::risk::Risk;
use serde::{Serialize, Serializer};
use sluice_runtime::{Alert, Severity, Side};

/// An alert.
#[derive(Debug, Serialize)]
pub struct AlertResult {
    /// The ticker; none: the market.
    pub symbol: Option<String>,
    /// Its kind.
    pub kind: String,
    /// info, notice, urgent.
    #[serde(serialize_with = "severity")]
    pub severity: Severity,
    /// 0–1.
    pub confidence: f64,
    /// What happened.
    pub message: String,
    /// The layer that raised it.
    pub layer: String,
    /// long or short.
    #[serde(serialize_with = "side")]
    pub side: Option<Side>,
    /// Entry price.
    pub entry: Option<f64>,
    /// Stop price.
    pub stop: Option<f64>,
    /// Target price.
    pub target: Option<f64>,
    /// The host's figures; none without a side.
    pub risk: Option<Risk>,
    /// Position among all alerts of the scan.
    #[serde(skip)]
    pub(crate) position: usize,
    /// Position in the snapshot; none: the market.
    #[serde(skip)]
    pub(crate) instrument: Option<usize>,
}

impl AlertResult {
    /// info, notice or urgent.
    pub fn severity_word(&self) -> &'static str {
        severity_word(self.severity)
    }

    /// long or short.
    pub fn side_word(&self) -> Option<&'static str> {
        self.side.map(side_word)
    }

    /// What is won at the target for what is lost at the stop; none unless all prices are known.
    pub fn reward_to_risk(&self) -> Option<f64> {
        self.risk.as_ref()?.reward_risk
    }

    /// The entry that the figures rest on: the layer's, else the newest close.
    pub fn effective_entry(&self) -> Option<f64> {
        self.risk.as_ref().map_or(self.entry, |risk| risk.entry)
    }

    /// The stop that the figures rest on: the layer's, else one by the average true range.
    pub fn effective_stop(&self) -> Option<f64> {
        self.risk.as_ref().map_or(self.stop, |risk| risk.stop)
    }
}

/// An alert with the layer and the instrument that it belongs to.
#[derive(Debug)]
pub(crate) struct RaisedAlert {
    /// Position in the plan.
    pub(crate) layer: usize,
    /// Position in the snapshot; none: the market.
    pub(crate) instrument: Option<usize>,
    /// Whether it is part of the printed result.
    pub(crate) surfaced: bool,
    pub(crate) alert: Alert,
    /// None of one that is not shown.
    pub(crate) risk: Option<Risk>,
}

/// An alert as it is printed; `instruments` are those of the snapshot.
pub(crate) fn alert_result(
    raised: &RaisedAlert,
    layer: &str,
    instruments: &[sluice_market::Instrument],
) -> AlertResult {
    let known = raised.instrument.and_then(|at| instruments.get(at));
    AlertResult {
        symbol: known.map(|known| known.symbol.to_string()),
        kind: raised.alert.kind.clone(),
        severity: raised.alert.severity,
        confidence: raised.alert.confidence,
        message: raised.alert.message.clone(),
        layer: layer.to_owned(),
        side: raised.alert.side,
        entry: raised.alert.entry,
        stop: raised.alert.stop,
        target: raised.alert.target,
        risk: None,
        position: usize::MAX,
        instrument: raised.instrument,
    }
}

fn severity<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity_word(*severity))
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Notice => "notice",
        Severity::Urgent => "urgent",
    }
}

fn side<S: Serializer>(side: &Option<Side>, serializer: S) -> Result<S::Ok, S::Error> {
    side.map(side_word).serialize(serializer)
}

pub(crate) fn side_word(side: Side) -> &'static str {
    match side {
        Side::Long => "long",
        Side::Short => "short",
    }
}

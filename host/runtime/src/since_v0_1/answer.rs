//! Version 0.1's answers → the host's types. Shape only; sense is checked where the answer is used.

use super::wit;
use crate::model;

pub(super) fn descriptor(descriptor: wit::Descriptor) -> model::Descriptor {
    model::Descriptor {
        id: descriptor.id,
        version: descriptor.version,
        summary: descriptor.summary,
        scope: match descriptor.scope {
            wit::Scope::PerInstrument => model::Scope::PerInstrument,
            wit::Scope::CrossSection => model::Scope::CrossSection,
            wit::Scope::Market => model::Scope::Market,
        },
        parameters: descriptor.parameters.into_iter().map(parameter).collect(),
        alerts: descriptor.alerts,
        measures: descriptor
            .measures
            .into_iter()
            .map(|measure| model::Measure { name: measure.name, doc: measure.doc, unit: measure.unit })
            .collect(),
    }
}

fn parameter(parameter: wit::Parameter) -> model::Parameter {
    model::Parameter {
        name: parameter.name,
        doc: parameter.doc,
        unit: parameter.unit,
        default: match parameter.default {
            wit::ValueResult::Number(number) => model::Value::Number(number),
            wit::ValueResult::Integer(integer) => model::Value::Integer(integer),
            wit::ValueResult::Boolean(boolean) => model::Value::Boolean(boolean),
            wit::ValueResult::Text(text) => model::Value::Text(text),
            wit::ValueResult::Texts(texts) => model::Value::Texts(texts),
            wit::ValueResult::Table(table) => model::Value::Table(table),
        },
        minimum: parameter.minimum,
        maximum: parameter.maximum,
        choices: parameter.choices,
        max_length: parameter.max_length,
    }
}

pub(super) fn needs(needs: wit::Needs) -> model::Needs {
    let bars = |need: wit::BarsNeed| model::BarsNeed {
        timeframe: need.timeframe,
        columns: need.columns,
        time: need.time,
        lookback: need.lookback,
        adjustment: need.adjustment,
    };
    let event = |need: wit::EventNeed| model::EventNeed {
        kind: need.kind,
        known_within: need.known_within,
        effective_within: need.effective_within,
    };
    model::Needs {
        bars: needs.bars.into_iter().map(bars).collect(),
        events: needs.events.into_iter().map(event).collect(),
        facts: needs.facts,
        quotes: needs.quotes,
        upstream: needs.upstream,
        references: needs.references,
        sessions: needs.sessions,
        profile: needs.profile,
        clock: needs.clock,
        packed: needs.packed,
    }
}

pub(super) fn setting_faults(faults: Vec<wit::SettingFault>) -> Vec<model::SettingFault> {
    faults.into_iter().map(|fault| model::SettingFault { name: fault.name, message: fault.message }).collect()
}

pub(super) fn report(report: wit::Report) -> model::Report {
    let outcome = |outcome| match outcome {
        wit::Outcome::Keep => model::Outcome::Keep,
        wit::Outcome::Drop => model::Outcome::Drop,
        wit::Outcome::Abstain => model::Outcome::Abstain,
    };
    model::Report {
        outcomes: report.outcomes.into_iter().map(outcome).collect(),
        scores: report.scores,
        reasons: report.reasons,
        reason: report.reason,
        measures: report.measures.into_iter().map(|column| (column.name, numbers(column.values))).collect(),
        alerts: report.alerts.into_iter().map(alert).collect(),
        market: report.market,
    }
}

/// Bytes that do not make whole numbers lose their tail; the length check of the report then names the column.
fn numbers(values: wit::ValuesResult) -> Vec<f64> {
    match values {
        wit::ValuesResult::Numbers(numbers) => numbers,
        wit::ValuesResult::Packed(bytes) => {
            bytes.as_chunks::<8>().0.iter().map(|chunk| f64::from_le_bytes(*chunk)).collect()
        }
    }
}

fn alert(alert: wit::Alert) -> model::Alert {
    model::Alert {
        instrument: alert.instrument,
        kind: alert.kind,
        severity: match alert.severity {
            wit::Severity::Info => model::Severity::Info,
            wit::Severity::Notice => model::Severity::Notice,
            wit::Severity::Urgent => model::Severity::Urgent,
        },
        confidence: alert.confidence,
        message: alert.message,
        side: alert.side.map(|side| match side {
            wit::Side::Long => model::Side::Long,
            wit::Side::Short => model::Side::Short,
        }),
        entry: alert.entry,
        stop: alert.stop,
        target: alert.target,
        expires_at: alert.expires_at,
        dedupe_key: alert.dedupe_key,
        evidence: alert.evidence,
        numbers: alert.numbers,
    }
}

//! A result → the plain records that the store keeps.

use crate::catalog::Component;
use crate::config::Config;
use crate::lists::Lists;
use crate::plan::{Plan, PlannedLayer, Selection};
use crate::result::{Details, LayerResult, LayerStatus, Reached, ScanResult, ScanStatus, Verdicts};
use crate::run::Expense;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use sluice_market::{Calendars, Instant, Instrument, Snapshot};
use sluice_runtime::{Layer, Limits, Outcome, Severity, Side, Value};
use sluice_store as store;

/// The interfaces that a layer may import; whoever has others is refused at load.
const IMPORTS: &str = "sluice:layer/log";

/// Everything that decides what a scan computes: the configuration, what was chosen of it, the layers with their
/// digests, settings and limits, the days that the user changed in the calendars; with what of it the store's settings have set (`overrides`: target, name, value,
/// revision), so that the source of every value can be told.
pub(crate) fn effective(
    config: &Config,
    plan: &Plan,
    selection: &Selection,
    symbols: &[String],
    lists: &Lists,
    calendars: &Calendars,
) -> Json {
    let layer = |planned: &PlannedLayer| {
        let settings: serde_json::Map<String, Json> = planned
            .settings
            .iter()
            .map(|setting| (setting.name.clone(), json_value(&setting.value)))
            .collect();
        json!({
            "id": planned.component.id(),
            "version": planned.component.version(),
            "digest": planned.component.digest(),
            "origin": planned.origin,
            "settings": settings,
            "limits": json_limits(&planned.limits),
        })
    };
    let overrides = config.overrides().record(
        &plan.pipeline,
        plan.stages.iter().map(|stage| stage.config.name.as_str()),
        plan.layers.iter().map(|planned| planned.component.id()),
    );
    json!({
        "pipeline": plan.pipeline,
        "settings_revision": plan.settings_revision,
        "overrides": overrides,
        "stages": plan.stages.iter().map(|stage| &stage.config).collect::<Vec<_>>(),
        "layers": plan.layers.iter().map(layer).collect::<Vec<_>>(),
        "disabled": plan.stages.iter().flat_map(|stage| &stage.disabled).collect::<Vec<_>>(),
        "selection": {
            "stage": selection.stage, "with": selection.with, "symbols": symbols,
            "where": selection.screen.as_ref().map(crate::Screening::condition),
            "score": selection.screen.as_ref().and_then(crate::Screening::score),
        },
        "lists": lists.named.iter().map(|(name, entries)| (name.clone(), json_entries(entries))).collect::<serde_json::Map<_, _>>(),
        "excluded": json_entries(&lists.excluded),
        "venue": config.venue,
        "account": config.account,
        "alerts": config.alerts,
        "calendar": calendars.changes(),
        "wasmtime": sluice_runtime::WASMTIME_VERSION,
    })
}

/// The instruments of a list, by what does not change.
fn json_entries(entries: &[store::ListEntry]) -> Json {
    entries.iter().map(|entry| json!(entry.ident.as_ref().unwrap_or(&entry.symbol))).collect()
}

/// SHA-256 of a text or of bytes, lower-case hex.
pub(crate) fn digest(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Limits as plain JSON, with units in the names.
pub(crate) fn json_limits(limits: &Limits) -> Json {
    json!({
        "fuel": limits.fuel,
        "wall_ms": limits.wall.as_millis(),
        "memory_bytes": limits.memory_bytes,
        "report_bytes": limits.report_bytes,
        "log_lines": limits.log_lines,
        "log_bytes": limits.log_bytes,
        "log_line_bytes": limits.log_line_bytes,
        "stack_bytes": limits.stack_bytes,
        "strict": limits.strict,
    })
}

/// A setting's value as plain JSON.
pub(crate) fn json_value(value: &Value) -> Json {
    match value {
        Value::Number(number) => json!(number),
        Value::Integer(integer) => json!(integer),
        Value::Boolean(boolean) => json!(boolean),
        Value::Text(text) => json!(text),
        Value::Texts(texts) => json!(texts),
        Value::Table(rows) => rows.iter().map(|(name, number)| (name.clone(), json!(number))).collect(),
    }
}

/// What a layer says of itself, as JSON: summary, scope, parameters, alerts, measures.
pub fn layer_schema(layer: &Layer) -> Json {
    let descriptor = layer.descriptor();
    let parameter = |parameter: &sluice_runtime::Parameter| {
        json!({
            "name": parameter.name, "doc": parameter.doc, "unit": parameter.unit,
            "default": json_value(&parameter.default),
            "minimum": parameter.minimum, "maximum": parameter.maximum, "choices": parameter.choices,
        })
    };
    let measure = |measure: &sluice_runtime::Measure| json!({"name": measure.name, "doc": measure.doc, "unit": measure.unit});
    let scope = match descriptor.scope {
        sluice_runtime::Scope::PerInstrument => "per-instrument",
        sluice_runtime::Scope::CrossSection => "cross-section",
        sluice_runtime::Scope::Market => "market",
    };
    json!({
        "summary": descriptor.summary,
        "scope": scope,
        "parameters": descriptor.parameters.iter().map(parameter).collect::<Vec<_>>(),
        "alerts": descriptor.alerts,
        "measures": descriptor.measures.iter().map(measure).collect::<Vec<_>>(),
    })
}

/// What the store keeps of a layer beside its bytes.
pub(crate) fn layer(layer: &Layer) -> store::BundledLayer {
    store::BundledLayer {
        layer: layer.id().to_owned(),
        version: layer.version().to_owned(),
        digest: layer.digest().to_owned(),
        api_version: layer.api_version().to_string(),
        size: layer.size() as u64,
        imports: vec![IMPORTS.to_owned()],
        descriptor_json: layer_schema(layer).to_string(),
    }
}

/// The same of a component that a scan names; none when the store must have it already.
pub(crate) fn component(component: &Component) -> Option<store::BundledLayer> {
    match component {
        Component::Loaded(loaded) => Some(layer(loaded)),
        Component::Unloadable(it) if it.version.is_some() => None,
        Component::Unloadable(it) => Some(store::BundledLayer {
            layer: it.id.clone(),
            version: component.version().to_owned(),
            digest: component.recorded_digest(),
            api_version: String::new(),
            size: it.size as u64,
            imports: Vec::new(),
            descriptor_json: "{}".to_owned(),
        }),
    }
}

/// An instrument as the store keeps it.
pub(crate) fn instrument(instrument: &Instrument) -> store::InstrumentRecord {
    store::InstrumentRecord {
        ident: instrument.id.to_string(),
        symbol: instrument.symbol.to_string(),
        name: instrument.name.clone(),
        mic: instrument.mic.clone(),
        kind: instrument.kind.as_str().to_owned(),
        status: instrument.status.as_str().to_owned(),
        currency: instrument.currency.clone(),
        sector: instrument.sector.clone(),
        industry: instrument.industry.clone(),
    }
}

/// The whole scan; `is_whole`: all stages ran on all instruments. `result` keeps what it prints; its details move into the record. `cool_down`: milliseconds in which an
/// alert is not told again; none: this scan holds nothing back.
pub(crate) fn scan(
    result: &mut ScanResult,
    plan: &Plan,
    snapshot: &Snapshot,
    finished: Instant,
    cool_down: Option<i64>,
    is_whole: bool,
) -> Result<store::ScanRecord, serde_json::Error> {
    let details = std::mem::take(&mut result.details);
    let Details { verdicts, alerts, expenses, conducts: _, reached } = details;
    let runs = result.stages.iter().zip(&plan.stages).flat_map(|(stage, planned)| {
        stage.layers.iter().map(move |layer| (planned.config.number.to_string(), stage.name.clone(), layer))
    });
    let layer_runs = runs
        .zip(&plan.layers)
        .zip(verdicts.into_iter().zip(expenses))
        .map(|(((number, name, layer), planned), (verdicts, expenses))| {
            layer_run(number, name, layer, planned, verdicts, &expenses)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(store::ScanRecord {
        status: match result.status {
            ScanStatus::Complete => store::FinalStatus::Complete,
            ScanStatus::Partial => store::FinalStatus::Partial,
            ScanStatus::Failed => store::FinalStatus::Failed,
        },
        finished_at: finished.millis(),
        stages_json: serde_json::to_string(&result.stages)?,
        warnings: result.warnings.clone(),
        // under today's tickers: a scan of the past renames nothing
        instruments: snapshot.today_instruments().map(instrument).collect(),
        layer_runs,
        results: result.results.iter().map(result_record).collect(),
        alerts: alerts
            .into_iter()
            .map(|raised| alert_record(raised, plan, snapshot))
            .collect::<Result<Vec<_>, _>>()?,
        cool_down,
        shadows: Vec::new(),
        reach: (result.status != ScanStatus::Failed).then(|| reach(plan, is_whole, &reached)),
    })
}

fn reach(plan: &Plan, whole: bool, reached: &[Reached]) -> store::ReachRecord {
    let one = |reached: &Reached| reached.under(position(reached.instrument));
    let stages = plan.stages.iter().map(|stage| (stage.config.number.to_string(), stage.config.name.clone()));
    store::ReachRecord { stages: stages.collect(), whole, instruments: reached.iter().map(one).collect() }
}

fn layer_run(
    stage: String,
    stage_name: String,
    layer: &LayerResult,
    planned: &PlannedLayer,
    mut verdicts: Verdicts,
    expenses: &[Expense],
) -> Result<store::LayerRunRecord, serde_json::Error> {
    let measures = planned.measures();
    // a layer that said nothing has empty columns, not none
    verdicts.measures.resize_with(measures.len(), Vec::new);
    Ok(store::LayerRunRecord {
        stage,
        stage_name,
        layer: layer.id.clone(),
        version: layer.version.clone(),
        digest: planned.component.recorded_digest(),
        status: match layer.status {
            LayerStatus::Ok => store::LayerRunStatus::Ok,
            LayerStatus::Faulted => store::LayerRunStatus::Faulted,
            LayerStatus::Skipped => store::LayerRunStatus::Skipped,
            LayerStatus::LastGood => store::LayerRunStatus::LastGood,
        },
        fault: layer.fault.clone(),
        calls: layer.calls,
        cache_hits: layer.cache_hits as u64,
        cache_misses: layer.cache_misses as u64,
        fuel: layer.fuel,
        wall_us: microseconds(layer.wall_ms),
        peak_memory_bytes: layer.peak_memory_bytes as u64,
        abstained: layer.abstained as u64,
        stats_json: serde_json::to_string(&layer.stats)?,
        calls_json: calls(expenses).to_string(),
        measures,
        verdicts: store::VerdictColumns {
            instruments: verdicts.instruments.iter().map(|at| position(*at)).collect(),
            outcomes: outcomes(&verdicts),
            scores: verdicts.scores,
            percentiles: verdicts.percentiles,
            reasons: verdicts.reasons,
            reason: verdicts.reason,
            measures: verdicts.measures,
        },
    })
}

/// One object per call.
fn calls(expenses: &[Expense]) -> Json {
    let call = |expense: &Expense| {
        json!({
            "instruments": expense.instruments,
            "fuel": expense.usage.fuel,
            "wall_us": u64::try_from(expense.usage.wall.as_micros()).unwrap_or(u64::MAX),
            "peak_memory_bytes": expense.usage.peak_memory_bytes,
            "faulted": expense.faulted,
        })
    };
    expenses.iter().map(call).collect()
}

fn outcomes(verdicts: &Verdicts) -> Vec<u8> {
    let mut outcomes: Vec<u8> = verdicts.outcomes.iter().map(|outcome| outcome_of(*outcome).into()).collect();
    for at in &verdicts.errors {
        if let Some(outcome) = outcomes.get_mut(*at) {
            *outcome = store::Outcome::Error.into();
        }
    }
    outcomes
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a duration: positive, below centuries"
)]
fn microseconds(milliseconds: f64) -> u64 {
    (milliseconds * 1e3).round().max(0.0) as u64
}

/// A market has fewer than 2³² instruments: their table is indexed by u32.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn outcome_of(outcome: Outcome) -> store::Outcome {
    match outcome {
        Outcome::Keep => store::Outcome::Keep,
        Outcome::Drop => store::Outcome::Drop,
        Outcome::Abstain => store::Outcome::Abstain,
    }
}

fn result_record(result: &crate::result::InstrumentResult) -> store::ResultRecord {
    store::ResultRecord {
        rank: position(result.rank),
        instrument: position(result.instrument),
        outcome: outcome_of(result.outcome),
        score: result.score.unwrap_or(f64::NAN),
        percentile: result.percentile.unwrap_or(f64::NAN),
        reason: result.reason.clone(),
    }
}

fn alert_record(
    raised: crate::result::RaisedAlert,
    plan: &Plan,
    snapshot: &Snapshot,
) -> Result<store::AlertRecord, serde_json::Error> {
    let layer = plan.layers.get(raised.layer).map_or("", |planned| planned.component.id());
    let known = raised.instrument.and_then(|at| snapshot.instruments().get(at));
    let keys = Keys::of(&raised.alert, layer, known.map_or("", |known| known.id.as_str()));
    let alert = raised.alert;
    Ok(store::AlertRecord {
        layer_run: position(raised.layer),
        instrument: raised.instrument.map(position),
        kind: alert.kind,
        severity: match alert.severity {
            Severity::Info => store::Severity::Info,
            Severity::Notice => store::Severity::Notice,
            Severity::Urgent => store::Severity::Urgent,
        },
        confidence: alert.confidence,
        message: alert.message,
        side: alert.side.map(|side| match side {
            Side::Long => store::Side::Long,
            Side::Short => store::Side::Short,
        }),
        entry: alert.entry,
        stop: alert.stop,
        target: alert.target,
        expires_at: alert.expires_at,
        dedupe_key: alert.dedupe_key,
        evidence: alert.evidence,
        numbers: alert.numbers,
        surfaced: raised.surfaced,
        cool_key: keys.own,
        event_keys: keys.events,
        risk_json: raised.risk.as_ref().map(serde_json::to_string).transpose()?,
    })
}

/// By what an alert is known again: within a pipeline, alerts with the same key are one.
struct Keys {
    own: String,
    events: Vec<String>,
}

impl Keys {
    /// Layer, kind and side, then the layer's own key; without one the instrument's identity. An event belongs to the
    /// instrument: one article on three companies is told of each.
    fn of(alert: &sluice_runtime::Alert, layer: &str, ident: &str) -> Self {
        let side = alert.side.map_or("-", crate::result::side_word);
        let start = format!("{layer} {} {side}", alert.kind);
        let own = if alert.dedupe_key.is_empty() { ident } else { alert.dedupe_key.as_str() };
        let event = |event: &String| format!("{start} {ident} event {event}");
        Self { own: format!("{start} {own}"), events: alert.evidence.iter().map(event).collect() }
    }
}

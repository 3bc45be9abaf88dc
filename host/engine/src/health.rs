//! How the stages of a pipeline did over its last scans: success, durations, breakers, errors, and when they run next.

mod past;

use crate::breaker::{self, BreakerRules};
use crate::config::{Config, StageNumber};
use crate::error::EngineError;
use crate::plan::{PlanError, find_stage};
use past::{Flow, by_scan, cache_hit_rate, durations, errors, flow, ms, share, worked};
use serde::Serialize;
use sluice_market::Instant;
use sluice_runtime::text;
use sluice_store::{BreakerRow, BreakerState, LayerRunStatus, PastRun, ScanStatus};
use std::collections::{BTreeMap, BTreeSet};

/// Scans that are looked at.
pub const HEALTH_SCANS: u32 = 50;
/// Longest typed name that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;
/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// How well something works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It never ran.
    Unknown,
    /// Nothing is wrong.
    Ok,
    /// It works, but something of it did not the last time, or is kept from being called.
    Degraded,
    /// The last time nothing usable came out.
    Failing,
}

impl Health {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
        }
    }
}

/// Durations in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Durations {
    /// Arithmetic mean.
    pub mean_ms: f64,
    /// So many percent took at most this, by nearest rank.
    pub p95_ms: f64,
    /// The same.
    pub p99_ms: f64,
}

/// The pipeline as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PipelineHealth {
    /// Its name.
    pub pipeline: String,
    /// The worst of its stages and of its last scan.
    pub health: Health,
    /// Scans that were looked at.
    pub scans: usize,
    /// Share of them that were complete, 0 to 1.
    pub success_rate: Option<f64>,
    /// From the start of a scan to its end.
    pub duration: Option<Durations>,
    /// Share of the answers of these stages that came from the verdict cache, 0 to 1; null: nothing was looked for in it.
    pub cache_hit_rate: Option<f64>,
    /// Stages, in their order.
    pub stages: Vec<StageHealth>,
    /// What went wrong, newest first.
    pub errors: Vec<PastError>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageHealth {
    /// Its number.
    pub number: StageNumber,
    /// Its name.
    pub name: String,
    /// How well it works.
    pub health: Health,
    /// Scans in which it ran.
    pub runs: usize,
    /// Share of them in which every layer answered, 0 to 1.
    pub success_rate: Option<f64>,
    /// Calls of all its layers in a scan, summed: layers run side by side, so it may take less.
    pub duration: Option<Durations>,
    /// Share of the answers that came from the verdict cache, 0 to 1; null: nothing was looked for in it.
    pub cache_hit_rate: Option<f64>,
    /// Instruments that came in when it ran last.
    #[serde(rename = "in")]
    pub entered: Option<usize>,
    /// Instruments that it let through then.
    pub out: Option<usize>,
    /// When it ran last.
    pub last_run_at: Option<Instant>,
    /// When it is due again by its scan interval; null: when somebody scans.
    pub next_run_at: Option<Instant>,
    /// Its layers.
    pub layers: Vec<LayerHealth>,
}

/// A layer of a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerHealth {
    /// author/name.
    pub id: String,
    /// Scans in which it was wanted.
    pub runs: usize,
    /// Share of them in which its answers were used, 0 to 1.
    pub success_rate: Option<f64>,
    /// Its calls in a scan, summed.
    pub duration: Option<Durations>,
    /// Share of its answers that came from the verdict cache, 0 to 1; null: nothing was looked for in it.
    pub cache_hit_rate: Option<f64>,
    /// closed, open, half-open, quarantined: the worst of its components.
    pub breaker: &'static str,
}

/// Something that went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastError {
    /// When the scan ended.
    pub at: Instant,
    /// Name of the stage; empty: the scan as a whole.
    pub stage: String,
    /// author/name; none: the scan as a whole.
    pub layer: Option<String>,
    /// What the layer or the scan said.
    pub message: String,
}

/// What is stored of the last scans of a pipeline.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// How the layers did, newest scan first.
    pub runs: &'a [PastRun],
    /// What the scans in [`last_scans`] say of their stages, as JSON.
    pub stages: &'a BTreeMap<i64, String>,
    /// The breakers of all layers.
    pub breakers: &'a [BreakerRow],
}

/// The scans in which any stage ran the last time.
pub fn last_scans(runs: &[PastRun]) -> BTreeSet<i64> {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.layer.is_some()) {
        last.entry(&run.stage_name).or_insert(run.scan);
    }
    last.into_values().collect()
}

/// Looks at the last scans of a pipeline (none: the default one), of one stage or of all.
///
/// # Errors
/// When there is no such pipeline or stage.
pub fn health(
    config: &Config,
    pipeline: Option<&str>,
    stage: Option<&str>,
    past: Past<'_>,
    now: i64,
) -> Result<PipelineHealth, EngineError> {
    let Past { runs, stages: told, breakers } = past;
    let name = pipeline.unwrap_or(&config.default_pipeline);
    let only = match stage {
        None => None,
        Some(stage) => Some(find_stage(config, pipeline, stage)?.1.name.clone()),
    };
    let Some(configured) = config.pipelines.get(name) else {
        let have = config.pipelines.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(PlanError::Pipeline { name: text::clean(name, SHOWN_BYTES), have }.into());
    };
    let stages: Vec<StageHealth> = configured
        .stages
        .iter()
        .filter(|stage| only.as_ref().is_none_or(|only| *only == stage.name))
        .map(|stage| {
            let own: Vec<&PastRun> = runs.iter().filter(|run| run.stage_name == stage.name).collect();
            let layers: Vec<LayerHealth> = stage
                .layers
                .iter()
                .map(|layer| layer_health(&layer.id, &own, breakers, &config.breakers, now))
                .collect();
            let last_run_at = own.first().map(|run| run.started_at);
            let last = own.first().and_then(|run| flow(told.get(&run.scan)?, &stage.name));
            let interval = stage.scan_interval.map(|minutes| i64::from(minutes) * MINUTE_MS);
            let by_scan = by_scan(&own);
            StageHealth {
                number: stage.number,
                name: stage.name.clone(),
                health: stage_health(&by_scan, &layers),
                runs: by_scan.len(),
                success_rate: share(
                    by_scan.iter().filter(|runs| runs.iter().all(|run| worked(run))).count(),
                    by_scan.len(),
                ),
                duration: durations(
                    by_scan.iter().map(|runs| runs.iter().map(|run| ms(run)).sum()).collect(),
                ),
                cache_hit_rate: cache_hit_rate(own.iter().copied()),
                entered: last.map(|Flow { entered, .. }| entered),
                out: last.map(|Flow { out, .. }| out),
                last_run_at: last_run_at.map(Instant::from_millis),
                next_run_at: interval
                    .zip(last_run_at)
                    .map(|(interval, last)| Instant::from_millis(last.saturating_add(interval))),
                layers,
            }
        })
        .collect();
    let scans = by_scan(&runs.iter().collect::<Vec<_>>());
    let ended: Vec<&PastRun> = scans.iter().filter_map(|runs| runs.first().copied()).collect();
    let whole = match ended.first().map(|run| run.scan_status) {
        None => Health::Unknown,
        Some(ScanStatus::Complete) => Health::Ok,
        Some(ScanStatus::Failed) => Health::Failing,
        Some(_) => Health::Degraded,
    };
    let worst = stages.iter().map(|stage| stage.health).max().unwrap_or(Health::Unknown);
    let complete = ended.iter().filter(|run| run.scan_status == ScanStatus::Complete).count();
    let took = ended.iter().filter_map(|run| Some((run.finished_at? - run.started_at) as f64));
    Ok(PipelineHealth {
        pipeline: name.to_owned(),
        health: if only.is_some() { worst } else { worst.max(whole) },
        scans: ended.len(),
        success_rate: share(complete, ended.len()),
        duration: durations(took.collect()),
        cache_hit_rate: cache_hit_rate(
            runs.iter().filter(|run| only.as_ref().is_none_or(|only| *only == run.stage_name)),
        ),
        errors: errors(runs, only.as_deref()),
        stages,
    })
}

fn stage_health(by_scan: &[Vec<&PastRun>], layers: &[LayerHealth]) -> Health {
    let Some(last) = by_scan.first() else { return Health::Unknown };
    let silent =
        |run: &&PastRun| matches!(run.status, Some(LayerRunStatus::Faulted | LayerRunStatus::Skipped));
    if last.iter().all(silent) {
        Health::Failing
    } else if !last.iter().all(|run| worked(run)) || layers.iter().any(|layer| layer.breaker != "closed") {
        Health::Degraded
    } else {
        Health::Ok
    }
}

fn layer_health(
    id: &str,
    stage: &[&PastRun],
    breakers: &[BreakerRow],
    rules: &BreakerRules,
    now: i64,
) -> LayerHealth {
    let own: Vec<&&PastRun> = stage.iter().filter(|run| run.layer.as_deref() == Some(id)).collect();
    // of the component that ran last: an older version's breaker says nothing of it
    let digest = own.first().and_then(|run| run.digest.as_deref());
    let row = breakers.iter().find(|row| row.layer == id && Some(row.digest.as_str()) == digest);
    let state = row.map(|row| breaker::settle(rules, row.clone(), now).state);
    LayerHealth {
        id: id.to_owned(),
        runs: own.len(),
        success_rate: share(own.iter().filter(|run| worked(run)).count(), own.len()),
        duration: durations(own.iter().map(|run| ms(run)).collect()),
        cache_hit_rate: cache_hit_rate(own.iter().map(|run| **run)),
        breaker: state.unwrap_or(BreakerState::Closed).as_str(),
    }
}

#[cfg(test)]
mod tests;

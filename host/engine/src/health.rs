//! How the stages of a pipeline did over its last scans: success, durations, breakers, errors, and when they run next.

use crate::breaker::{self, BreakerRules};
use crate::config::{Config, StageNumber};
use crate::error::EngineError;
use crate::plan::{PlanError, find_stage};
use serde::Serialize;
use sluice_market::Instant;
use sluice_runtime::text;
use sluice_store::{BreakerRow, BreakerState, LayerRunStatus, PastRun, ScanStatus};
use std::collections::BTreeMap;

/// Scans that are looked at.
pub const HEALTH_SCANS: u32 = 50;
/// Longest typed name that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;
/// Errors that are told.
const ERRORS: usize = 10;
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
    /// Share of the answers that came from the verdict cache, 0 to 1; null: nothing is known of it.
    pub cache_hit_rate: Option<f64>,
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

/// Looks at the last scans of a pipeline (none: the default one), of one stage or of all.
///
/// # Errors
/// When there is no such pipeline or stage.
pub fn health(
    config: &Config,
    pipeline: Option<&str>,
    stage: Option<&str>,
    runs: &[PastRun],
    breakers: &[BreakerRow],
    now: i64,
) -> Result<PipelineHealth, EngineError> {
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
                cache_hit_rate: None,
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
        errors: errors(runs, only.as_deref()),
        stages,
    })
}

/// The runs of one scan together, newest scan first.
fn by_scan<'a>(runs: &[&'a PastRun]) -> Vec<Vec<&'a PastRun>> {
    runs.chunk_by(|a, b| a.scan == b.scan).map(<[_]>::to_vec).collect()
}

fn worked(run: &PastRun) -> bool {
    run.status == Some(LayerRunStatus::Ok)
}

fn ms(run: &PastRun) -> f64 {
    run.wall_us as f64 / 1e3
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
        breaker: state.unwrap_or(BreakerState::Closed).as_str(),
    }
}

/// What went wrong, newest first; a message that comes again and again is told once, with its newest time.
fn errors(runs: &[PastRun], stage: Option<&str>) -> Vec<PastError> {
    let mut seen: BTreeMap<(&str, Option<&str>, &str), ()> = BTreeMap::new();
    let mut errors = Vec::new();
    for run in runs {
        let message = run.fault.as_deref().or(run.interruption.as_deref().filter(|_| run.layer.is_none()));
        let Some(message) = message.filter(|_| stage.is_none_or(|stage| run.stage_name == stage)) else {
            continue;
        };
        if seen.insert((&run.stage_name, run.layer.as_deref(), message), ()).is_none() {
            errors.push(PastError {
                at: Instant::from_millis(run.finished_at.unwrap_or(run.started_at)),
                stage: run.stage_name.clone(),
                layer: run.layer.clone(),
                message: message.to_owned(),
            });
        }
        if errors.len() == ERRORS {
            break;
        }
    }
    errors
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn durations(mut values: Vec<f64>) -> Option<Durations> {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    // nearest rank: the smallest that so many percent do not exceed
    let rank = |percent: usize| values.get((percent * count).div_ceil(100).saturating_sub(1)).copied();
    Some(Durations {
        mean_ms: if count == 0 { return None } else { values.iter().sum::<f64>() / count as f64 },
        p95_ms: rank(95)?,
        p99_ms: rank(99)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULT_CONFIG;

    fn run(scan: i64, layer: &str, stage: &str, status: LayerRunStatus, wall_us: u64) -> PastRun {
        PastRun {
            scan,
            scan_status: if status == LayerRunStatus::Ok {
                ScanStatus::Complete
            } else {
                ScanStatus::Partial
            },
            started_at: scan * 1_000,
            finished_at: Some(scan * 1_000 + 100 * scan),
            interruption: None,
            stage: "1".to_owned(),
            stage_name: stage.to_owned(),
            layer: Some(layer.to_owned()),
            digest: Some("d".to_owned()),
            status: Some(status),
            fault: (status != LayerRunStatus::Ok).then(|| "it trapped".to_owned()),
            wall_us,
        }
    }

    fn of(runs: &[PastRun], stage: Option<&str>, breakers: &[BreakerRow]) -> PipelineHealth {
        let mut config = Config::parse("default", DEFAULT_CONFIG).unwrap();
        config.pipelines.get_mut("daily").unwrap().stages[1].scan_interval = Some(15);
        health(&config, None, stage, runs, breakers, 10_000).unwrap()
    }

    const LIQUIDITY: &str = "sluice/liquidity";

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let hundred = durations((1..=100).map(f64::from).collect()).unwrap();
        assert_eq!((hundred.mean_ms, hundred.p95_ms, hundred.p99_ms), (50.5, 95.0, 99.0));
        let two = durations(vec![3.0, 1.0]).unwrap();
        assert_eq!((two.mean_ms, two.p95_ms, two.p99_ms), (2.0, 3.0, 3.0));
        assert_eq!(durations(Vec::new()), None);
    }

    #[test]
    fn a_stage_has_its_rates_durations_and_next_run() {
        let runs = [
            run(3, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 3_000),
            run(2, LIQUIDITY, "liquidity", LayerRunStatus::Faulted, 1_000),
        ];
        let health = of(&runs, Some("1"), &[]);
        let [stage] = health.stages.as_slice() else { panic!("{health:?}") };
        assert_eq!((stage.runs, stage.success_rate), (2, Some(0.5)));
        assert_eq!(stage.duration.unwrap().mean_ms, 2.0);
        let at = |millis| Some(Instant::from_millis(millis));
        assert_eq!((stage.last_run_at, stage.next_run_at), (at(3_000), at(903_000)));
        assert_eq!((stage.health, health.health), (Health::Ok, Health::Ok));
        assert_eq!(health.duration.unwrap().p99_ms, 300.0);
        let [error] = health.errors.as_slice() else { panic!("{health:?}") };
        assert_eq!((error.at.millis(), error.message.as_str()), (2_200, "it trapped"));
    }

    #[test]
    fn the_last_scan_and_the_breakers_decide_how_well_a_stage_works() {
        let at = |runs: &[PastRun], breakers: &[BreakerRow]| of(runs, Some("liquidity"), breakers).health;
        assert_eq!(at(&[], &[]), Health::Unknown);
        let faulted = run(9, LIQUIDITY, "liquidity", LayerRunStatus::Faulted, 1);
        assert_eq!(at(std::slice::from_ref(&faulted), &[]), Health::Failing);
        let good = run(9, LIQUIDITY, "liquidity", LayerRunStatus::Ok, 1);
        assert_eq!(at(&[good.clone(), faulted], &[]), Health::Degraded, "one answer is better than none");
        let open = BreakerRow {
            state: BreakerState::Open,
            retry_at: Some(99_000),
            opened_at: Some(1),
            ..BreakerRow::closed(LIQUIDITY, "d")
        };
        assert_eq!(at(std::slice::from_ref(&good), std::slice::from_ref(&open)), Health::Degraded);
        let other = BreakerRow { digest: "older".to_owned(), ..open };
        assert_eq!(at(&[good], &[other]), Health::Ok);
    }
}

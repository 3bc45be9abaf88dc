//! Figures over past runs.

use serde::Deserialize;
use sluice_market::Instant;
use sluice_store::{LayerRunStatus, PastRun};
use std::collections::BTreeMap;

use super::{Durations, PastError};

/// Errors that are told.
const ERRORS: usize = 10;

/// The runs of one scan together, newest scan first.
pub(super) fn by_scan<'a>(runs: &[&'a PastRun]) -> Vec<Vec<&'a PastRun>> {
    runs.chunk_by(|a, b| a.scan == b.scan).map(<[_]>::to_vec).collect()
}

/// Whether the layer's answers were used.
pub(super) fn worked(run: &PastRun) -> bool {
    run.status == Some(LayerRunStatus::Ok)
}

/// How many instruments a stage of a scan had to judge and let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Flow {
    #[serde(rename = "in")]
    pub(super) entered: usize,
    pub(super) out: usize,
}

/// What a scan says of the stage of this name; none when it says nothing of it.
pub(super) fn flow(stages_json: &str, name: &str) -> Option<Flow> {
    #[derive(Deserialize)]
    struct Told {
        name: String,
        #[serde(flatten)]
        flow: Flow,
    }
    let stages: Vec<Told> = serde_json::from_str(stages_json).ok()?;
    stages.into_iter().find(|stage| stage.name == name).map(|stage| stage.flow)
}

/// Wall time in milliseconds.
pub(super) fn ms(run: &PastRun) -> f64 {
    run.wall_us as f64 / 1e3
}

/// What went wrong, newest first; a message that comes again and again is told once, with its newest time.
pub(super) fn errors(runs: &[PastRun], stage: Option<&str>) -> Vec<PastError> {
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

/// A part of a whole; none of nothing.
pub(super) fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Mean and percentiles of times in milliseconds.
pub(super) fn durations(mut values: Vec<f64>) -> Option<Durations> {
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

/// Share of the answers that came from the verdict cache, 0 to 1; none where nothing was looked for in it.
pub(super) fn cache_hit_rate<'a>(runs: impl Iterator<Item = &'a PastRun>) -> Option<f64> {
    let (hits, asked) = runs.fold((0_u64, 0_u64), |(hits, asked), run| {
        (
            hits.saturating_add(run.cache_hits),
            asked.saturating_add(run.cache_hits).saturating_add(run.cache_misses),
        )
    });
    (asked > 0).then(|| hits as f64 / asked as f64)
}

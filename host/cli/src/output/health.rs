//! How stages and layers did, in tables.

use super::Output;
use super::clock::Clock;
use super::table::{self, NONE, Numbers};
use sluice_engine::{Durations, LayerHealth, PipelineHealth, StageHealth};

const STAGES: [&str; 11] = [
    "stage",
    "name",
    "health",
    "runs",
    "success %",
    "mean ms",
    "p95 ms",
    "p99 ms",
    "cache hits %",
    "last run",
    "next run",
];
const LAYERS: [&str; 8] = ["stage", "layer", "runs", "success %", "mean ms", "p95 ms", "p99 ms", "breaker"];
const ERRORS: [&str; 4] = ["when", "stage", "layer", "what went wrong"];

/// Prints the stages; with every layer and what went wrong when asked to.
///
/// # Errors
/// When stdout cannot be written to.
pub fn tables(out: &mut Output, health: &PipelineHealth, detailed: bool) -> anyhow::Result<()> {
    let clock = out.clock();
    out.line(table::plain(&STAGES, health.stages.iter().map(|stage| stage_row(stage, clock))))?;
    if !detailed {
        return Ok(());
    }
    let layers = health.stages.iter().flat_map(|stage| stage.layers.iter().map(move |layer| (stage, layer)));
    out.line(table::plain(&LAYERS, layers.map(|(stage, layer)| layer_row(stage, layer))))?;
    if health.errors.is_empty() {
        return out.line("nothing went wrong in these scans");
    }
    let errors = health.errors.iter().map(|error| {
        vec![
            clock.show(error.at.millis()),
            error.stage.clone(),
            error.layer.clone().unwrap_or_else(|| NONE.to_owned()),
            error.message.clone(),
        ]
    });
    out.line(table::plain(&ERRORS, errors))
}

/// A row per stage for programs.
///
/// # Errors
/// When stdout cannot be written to.
pub fn csv(out: &mut Output, health: Option<&PipelineHealth>) -> anyhow::Result<()> {
    out.csv(&STAGES, health.iter().flat_map(|it| &it.stages).map(|stage| stage_row(stage, Clock::default())))
}

fn stage_row(stage: &StageHealth, clock: Clock) -> Vec<String> {
    let at = |instant: Option<sluice_market::Instant>, none: &str| {
        instant.map_or_else(|| none.to_owned(), |at| clock.show(at.millis()))
    };
    let mut row = vec![
        stage.number.to_string(),
        stage.name.clone(),
        stage.health.as_str().to_owned(),
        stage.runs.to_string(),
        percent(stage.success_rate),
    ];
    row.extend(times(stage.duration));
    row.push(percent(stage.cache_hit_rate));
    row.extend([at(stage.last_run_at, NONE), at(stage.next_run_at, "when asked")]);
    row
}

fn layer_row(stage: &StageHealth, layer: &LayerHealth) -> Vec<String> {
    let mut row =
        vec![stage.number.to_string(), layer.id.clone(), layer.runs.to_string(), percent(layer.success_rate)];
    row.extend(times(layer.duration));
    row.push(layer.breaker.to_owned());
    row
}

fn times(durations: Option<Durations>) -> [String; 3] {
    let shown = |of: fn(Durations) -> f64| Numbers::Rounded.number(durations.map(of), 1);
    [shown(|it| it.mean_ms), shown(|it| it.p95_ms), shown(|it| it.p99_ms)]
}

fn percent(share: Option<f64>) -> String {
    Numbers::Rounded.number(share.map(|share| 100.0 * share), 1)
}

//! How stages and layers did, in tables.

use super::Output;
use super::clock::Clock;
use super::table::{self, NONE, Numbers};
use sluice_engine::{Durations, LayerHealth, PipelineHealth, StageHealth};
use sluice_market::Instant;

const STAGES: [&str; 13] = [
    "stage",
    "name",
    "health",
    "runs",
    "success %",
    "mean ms",
    "p95 ms",
    "p99 ms",
    "cache hits %",
    "last in",
    "last out",
    "last run",
    "next run",
];
const LAYERS: [&str; 9] =
    ["stage", "layer", "runs", "success %", "mean ms", "p95 ms", "p99 ms", "cache hits %", "breaker"];
const ERRORS: [&str; 4] = ["when", "stage", "layer", "what went wrong"];
/// Columns for programs: a row for every figure.
const FIGURES: [&str; 4] = ["stage", "layer", "what", "value"];
/// Names of durations there.
const DURATIONS: [&str; 3] = ["mean ms", "p95 ms", "p99 ms"];

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

/// One table for programs: a row for every figure. `summary` has what is told of the whole, in pairs of name and value;
/// figures of the pipeline stand behind it, without stage and layer.
///
/// # Errors
/// When stdout cannot be written to.
pub fn csv(
    out: &mut Output,
    summary: Vec<Vec<String>>,
    health: Option<&PipelineHealth>,
    detailed: bool,
) -> anyhow::Result<()> {
    let of_whole = |row: Vec<String>| [String::new(), String::new()].into_iter().chain(row).collect();
    let mut rows: Vec<Vec<String>> = summary.into_iter().map(of_whole).collect();
    rows.extend(health.into_iter().flat_map(|health| figures(health, detailed)));
    out.csv(&FIGURES, rows.into_iter())
}

/// Stage, layer, name and value of all there is.
fn figures(health: &PipelineHealth, detailed: bool) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut add = |stage: &str, layer: &str, what: &str, value: String| {
        rows.push([stage, layer, what].into_iter().map(str::to_owned).chain([value]).collect());
    };
    let at = |instant: Option<Instant>| instant.map(|at| at.to_string()).unwrap_or_default();
    add("", "", "pipeline", health.pipeline.clone());
    add("", "", "pipeline health", health.health.as_str().to_owned());
    add("", "", "pipeline scans", health.scans.to_string());
    add("", "", "pipeline success rate", share(health.success_rate));
    for (name, value) in DURATIONS.into_iter().zip(exact(health.duration)) {
        add("", "", &format!("pipeline {name}"), value);
    }
    add("", "", "pipeline cache hit rate", share(health.cache_hit_rate));
    for stage in &health.stages {
        let number = stage.number.to_string();
        let count = |count: Option<usize>| count.map(|count| count.to_string()).unwrap_or_default();
        add(&number, "", "name", stage.name.clone());
        add(&number, "", "health", stage.health.as_str().to_owned());
        add(&number, "", "runs", stage.runs.to_string());
        add(&number, "", "success rate", share(stage.success_rate));
        for (name, value) in DURATIONS.into_iter().zip(exact(stage.duration)) {
            add(&number, "", name, value);
        }
        add(&number, "", "cache hit rate", share(stage.cache_hit_rate));
        add(&number, "", "last in", count(stage.entered));
        add(&number, "", "last out", count(stage.out));
        add(&number, "", "last run", at(stage.last_run_at));
        add(&number, "", "next run", at(stage.next_run_at));
        for layer in stage.layers.iter().filter(|_| detailed) {
            add(&number, &layer.id, "runs", layer.runs.to_string());
            add(&number, &layer.id, "success rate", share(layer.success_rate));
            for (name, value) in DURATIONS.into_iter().zip(exact(layer.duration)) {
                add(&number, &layer.id, name, value);
            }
            add(&number, &layer.id, "cache hit rate", share(layer.cache_hit_rate));
            add(&number, &layer.id, "breaker", layer.breaker.to_owned());
        }
    }
    for error in health.errors.iter().filter(|_| detailed) {
        let number = health.stages.iter().find(|stage| stage.name == error.stage);
        let number = number.map(|stage| stage.number.to_string()).unwrap_or_default();
        let layer = error.layer.as_deref().unwrap_or_default();
        add(&number, layer, "error", format!("{} {}", error.at, error.message));
    }
    rows
}

/// A share as JSON has it.
fn share(share: Option<f64>) -> String {
    Numbers::Exact.number(share, 0)
}

fn exact(durations: Option<Durations>) -> [String; 3] {
    let shown = |of: fn(Durations) -> f64| Numbers::Exact.number(durations.map(of), 0);
    [shown(|it| it.mean_ms), shown(|it| it.p95_ms), shown(|it| it.p99_ms)]
}

fn stage_row(stage: &StageHealth, clock: Clock) -> Vec<String> {
    let at = |instant: Option<Instant>, none: &str| {
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
    let count = |count: Option<usize>| {
        count.map_or_else(|| NONE.to_owned(), |count| Numbers::Rounded.count(count as u64))
    };
    row.extend([count(stage.entered), count(stage.out)]);
    row.extend([at(stage.last_run_at, NONE), at(stage.next_run_at, "when asked")]);
    row
}

fn layer_row(stage: &StageHealth, layer: &LayerHealth) -> Vec<String> {
    let mut row =
        vec![stage.number.to_string(), layer.id.clone(), layer.runs.to_string(), percent(layer.success_rate)];
    row.extend(times(layer.duration));
    row.extend([percent(layer.cache_hit_rate), layer.breaker.to_owned()]);
    row
}

fn times(durations: Option<Durations>) -> [String; 3] {
    let shown = |of: fn(Durations) -> f64| Numbers::Rounded.number(durations.map(of), 1);
    [shown(|it| it.mean_ms), shown(|it| it.p95_ms), shown(|it| it.p99_ms)]
}

fn percent(share: Option<f64>) -> String {
    Numbers::Rounded.number(share.map(|share| 100.0 * share), 1)
}

//! `sluice cache stats|clear`

use crate::args::{Cache, CacheCommand, Clear, Format};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::table::{self, Numbers};
use crate::signals::until_signal;
use anyhow::Context;
use serde::Serialize;
use serde_json::json;
use sluice_engine::{CacheStats, Config, VerdictCache, WhichEntries, layers_of_stage};
use sluice_store::{AuditAction, AuditEntry, CacheUse};
use std::collections::BTreeMap;
use std::time::Duration;

/// Newest scans over which it is counted how often answers were found.
const SCANS: u32 = 100;

/// Runs the command.
pub fn run(home: &Home, options: &Cache, out: &mut Output) -> anyhow::Result<Exit> {
    match &options.command {
        None | Some(CacheCommand::Stats) => stats(home, out),
        Some(CacheCommand::Clear(which)) => clear(home, which, out),
    }
}

/// The cache as it is printed.
#[derive(Debug, Serialize)]
struct Cached {
    entries: u64,
    bytes: u64,
    cap_bytes: u64,
    /// When what was used longest ago was used.
    oldest: Option<String>,
    /// Newest scans that `hits` and `misses` are of.
    scans: u32,
    hits: u64,
    misses: u64,
    hit_rate: Option<f64>,
    layers: Vec<Row>,
}

/// One layer of it; or the digests of bars, which belong to none.
#[derive(Debug, Serialize)]
struct Row {
    layer: Option<String>,
    version: Option<String>,
    /// Stages of the default pipeline that have the layer.
    stages: Vec<String>,
    /// Null: digests of bars are no answers.
    entries: Option<u64>,
    bytes: u64,
    oldest: Option<String>,
    hits: u64,
    misses: u64,
    hit_rate: Option<f64>,
}

fn stats(home: &Home, out: &mut Output) -> anyhow::Result<Exit> {
    let config = home.config()?;
    let kept = match home.has_verdicts() {
        true => home.verdicts(&config).map(|cache| cache.stats()),
        false => None,
    };
    let used = match home.has_store() {
        false => Vec::new(),
        true => {
            let used = async { anyhow::Ok(home.store().await?.cache_use(SCANS).await?) };
            super::tokio()?.block_on(until_signal("counting what scans found in the cache", used))?
        }
    };
    let cached = cached(&config, kept.as_ref(), used);
    match out.format() {
        Format::Json => out.json(&cached)?,
        Format::Ndjson => out.json_line(&cached)?,
        Format::Csv => out.csv(&HEADER, rows(&cached, Numbers::Exact).into_iter())?,
        Format::Table => {
            if !cached.layers.is_empty() {
                out.line(table::plain(&HEADER, rows(&cached, Numbers::Rounded).into_iter()))?;
            }
            out.line(sentence(&cached))?;
        }
    }
    Ok(Exit::Done)
}

fn cached(config: &Config, kept: Option<&CacheStats>, used: Vec<CacheUse>) -> Cached {
    let mut used: BTreeMap<String, CacheUse> = used.into_iter().map(|of| (of.layer.clone(), of)).collect();
    let (hits, misses) =
        used.values().fold((0, 0), |(hits, misses), of| (hits + of.hits, misses + of.misses));
    let mut layers: Vec<Row> = Vec::new();
    for of in kept.map(|kept| kept.layers.as_slice()).unwrap_or_default() {
        // a layer of which several versions are kept is counted with the first
        let used = of.kind.layer().and_then(|layer| used.remove(layer));
        let (hits, misses) = used.map_or((0, 0), |of| (of.hits, of.misses));
        layers.push(Row {
            layer: of.kind.layer().map(str::to_owned),
            version: of.kind.version().map(str::to_owned),
            stages: of.kind.layer().map(|layer| stages(config, layer)).unwrap_or_default(),
            entries: of.kind.layer().map(|_| of.entries),
            bytes: of.bytes,
            oldest: Some(of.oldest.to_string()),
            hits,
            misses,
            hit_rate: rate(hits, misses),
        });
    }
    // asked of late, but nothing is kept
    layers.extend(used.into_values().filter(|of| of.hits + of.misses > 0).map(|of| Row {
        stages: stages(config, &of.layer),
        layer: Some(of.layer),
        version: None,
        entries: Some(0),
        bytes: 0,
        oldest: None,
        hits: of.hits,
        misses: of.misses,
        hit_rate: rate(of.hits, of.misses),
    }));
    // bars last
    layers.sort_by(|a, b| {
        (a.layer.is_none(), &a.stages, &a.layer).cmp(&(b.layer.is_none(), &b.stages, &b.layer))
    });
    Cached {
        entries: kept.map_or(0, |kept| kept.entries),
        bytes: kept.map_or(0, |kept| kept.bytes),
        cap_bytes: config.cache_bytes,
        oldest: kept.and_then(|kept| kept.oldest).map(|oldest| oldest.to_string()),
        scans: SCANS,
        hits,
        misses,
        hit_rate: rate(hits, misses),
        layers,
    }
}

fn rate(hits: u64, misses: u64) -> Option<f64> {
    let asked = hits + misses;
    (asked > 0).then(|| hits as f64 / asked as f64)
}

/// Stages of the default pipeline that have a layer: "2 catalyst".
fn stages(config: &Config, layer: &str) -> Vec<String> {
    let pipeline = config.pipelines.get(&config.default_pipeline);
    let stages = pipeline.into_iter().flat_map(|pipeline| &pipeline.stages);
    stages
        .filter(|stage| stage.layers.iter().any(|of| of.id == layer))
        .map(|stage| format!("{} {}", stage.number, stage.name))
        .collect()
}

const HEADER: [&str; 7] = ["stage", "layer", "version", "entries", "size", "found", "oldest"];

fn rows(cached: &Cached, numbers: Numbers) -> Vec<Vec<String>> {
    let row = |row: &Row| {
        let found = match numbers {
            Numbers::Rounded => percent(row.hit_rate),
            Numbers::Exact => numbers.number(row.hit_rate, 3),
        };
        vec![
            row.stages.join(", "),
            row.layer.clone().unwrap_or_else(|| "digests of bars".to_owned()),
            row.version.clone().unwrap_or_default(),
            row.entries.map_or_else(|| table::NONE.to_owned(), |entries| numbers.count(entries)),
            numbers.bytes(row.bytes),
            found,
            row.oldest.clone().unwrap_or_default(),
        ]
    };
    cached.layers.iter().map(row).collect()
}

fn percent(rate: Option<f64>) -> String {
    rate.map_or_else(|| table::NONE.to_owned(), |rate| format!("{:.1}%", rate * 100.0))
}

fn sentence(cached: &Cached) -> String {
    let numbers = Numbers::Rounded;
    let found = match cached.hit_rate {
        None => "no scan has looked for any".to_owned(),
        rate => format!("the newest {} scans found {} of what they looked for", cached.scans, percent(rate)),
    };
    let kept = match cached.entries {
        0 if cached.bytes == 0 => {
            return match cached.cap_bytes {
                0 => "nothing is kept: max-mib of [cache] is 0".to_owned(),
                cap => format!(
                    "nothing is kept yet, of at most {}: scans keep what layers say; {found}",
                    table::bytes(cap)
                ),
            };
        }
        1 => "1 answer".to_owned(),
        entries => format!("{} answers", numbers.count(entries)),
    };
    let (size, cap) = (table::bytes(cached.bytes), table::bytes(cached.cap_bytes));
    format!("{kept} kept in {size} of at most {cap}; {found}")
}

fn clear(home: &Home, which: &Clear, out: &mut Output) -> anyhow::Result<Exit> {
    let config = home.config()?;
    let (entries, subject) = chosen(&config, which)?;
    let folder = home.verdict_folder();
    let cleared = match home.has_verdicts() {
        false => Default::default(),
        true => VerdictCache::open(&folder, config.cache_bytes)
            .map_err(anyhow::Error::msg)
            .context("the verdict cache cannot be cleared")?
            .clear(&entries),
    };
    if home.has_store() {
        let row = AuditEntry {
            action: AuditAction::CacheCleared,
            subject: subject.clone(),
            before_json: None,
            after_json: Some(json!({ "entries": cleared.entries, "bytes": cleared.bytes }).to_string()),
        };
        let told = async { anyhow::Ok(home.store().await?.record(&row).await?) };
        super::tokio()?
            .block_on(until_signal("telling the audit log", told))
            .context("the cache is cleared, but the audit log does not say so")?;
    }
    let numbers = Numbers::Rounded;
    let sentence =
        format!("removed {} answers, {}", numbers.count(cleared.entries), table::bytes(cleared.bytes));
    match out.format() {
        Format::Json => out.json(&cleared)?,
        Format::Ndjson => out.json_line(&cleared)?,
        Format::Table => out.line(sentence)?,
        Format::Csv => {
            let row = vec![cleared.entries.to_string(), cleared.bytes.to_string()];
            out.csv(&["entries", "bytes"], std::iter::once(row))?;
        }
    }
    Ok(Exit::Done)
}

/// What goes, and how the audit log calls it.
fn chosen(config: &Config, which: &Clear) -> anyhow::Result<(WhichEntries, String)> {
    if let Some(stage) = &which.stage {
        let (stage, layers) =
            layers_of_stage(config, None, stage).map_err(|error| Usage(format!("--stage: {error}")))?;
        return Ok((WhichEntries::Layers(layers), format!("answers of stage {stage}")));
    }
    if let Some(layer) = &which.layer {
        return Ok((WhichEntries::Layers(vec![layer.clone()]), format!("answers of {layer}")));
    }
    if let Some(hours) = which.older_than {
        let age = Duration::from_secs(u64::from(hours) * 3_600);
        return Ok((WhichEntries::UnusedFor(age), format!("answers not used for {hours} h")));
    }
    Ok((WhichEntries::All, "all answers".to_owned()))
}

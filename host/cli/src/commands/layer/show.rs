//! `sluice layer show`

use super::signer::ShownSigner;
use crate::args::{Format, LayerId};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::Item;
use crate::output::table::{self, NONE, Numbers};
use serde::Serialize;
use serde_json::Value as Json;
use sluice_engine::{CatalogError, Config, Version, Versions, breaker};
use sluice_market::Instant;
use sluice_runtime::text;
use sluice_store::{ActivationRow, BreakerRow, PastRun, ShadowRunRow, Store, VersionKey};

/// Most of a description that a table has room for, in bytes.
const CELL_BYTES: usize = 120;

/// A layer as it is printed.
#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    versions: Vec<ShownVersion>,
    pipelines: Vec<ShownUse>,
    runs: Vec<ShownRun>,
    /// Scans in which a version was tried beside the active one, newest first.
    shadows: Vec<ShownShadow>,
}

/// A scan in which a version was tried beside the active one.
#[derive(Debug, Serialize)]
struct ShownShadow {
    scan: String,
    pipeline: String,
    started_at: String,
    /// What differed, as the scan told it.
    comparison: Json,
}

/// One of its versions.
#[derive(Debug, Serialize)]
struct ShownVersion {
    version: String,
    origin: &'static str,
    digest: String,
    api: String,
    size: u64,
    installed_at: Option<String>,
    /// Where it was installed from.
    source: Option<String>,
    signer: Option<ShownSigner>,
    /// Pipelines that call it.
    active_in: Vec<String>,
    /// State of its breaker.
    breaker: &'static str,
    #[serde(flatten)]
    schema: Json,
}

/// What a pipeline makes of it.
#[derive(Debug, Serialize)]
struct ShownUse {
    pipeline: String,
    /// The version that it calls; null: it cannot call any.
    active: Option<String>,
    /// As sluice.toml has it.
    requires: String,
    enabled: bool,
    /// Null: nobody chose a version.
    since: Option<String>,
    trial_until: Option<String>,
    previous: Option<String>,
    candidate: Option<String>,
    scans: Option<u32>,
    scans_left: Option<u32>,
}

/// One of its runs.
#[derive(Debug, Serialize)]
struct ShownRun {
    pipeline: String,
    started_at: String,
    stage: String,
    /// Null: it is not here any more.
    version: Option<String>,
    digest: String,
    status: &'static str,
    wall_ms: f64,
    fault: Option<String>,
}

/// Prints everything about a layer; `scans` bounds how far back its runs go.
pub fn run(home: &Home, id: &LayerId, scans: u32, out: &mut Output) -> anyhow::Result<Exit> {
    let clock = out.clock();
    let shown = super::super::tokio()?.block_on(async {
        let store = match home.has_store() {
            true => Some(home.store().await?),
            false => None,
        };
        gather(home, id.as_str(), scans, store.as_ref(), clock).await
    })?;
    match out.format() {
        Format::Json => out.json(&shown)?,
        Format::Ndjson => out.json_line(&shown)?,
        Format::Csv => out.list(&shown.versions, "")?,
        Format::Table => print(out, &shown)?,
    }
    Ok(Exit::Done)
}

async fn gather(
    home: &Home,
    id: &str,
    scans: u32,
    store: Option<&Store>,
    clock: Clock,
) -> anyhow::Result<Shown> {
    let (runtime, config) = (home.runtime()?, home.config()?);
    let versions = Versions::read(&runtime, crate::BUNDLED, store, Some(id)).await?;
    if versions.all().is_empty() {
        let all = Versions::read(&runtime, crate::BUNDLED, store, None).await?;
        let known = all.all().iter().map(|known| known.id.as_str());
        return Err(Usage(CatalogError::unknown(id, known).to_string()).into());
    }
    let (mut breakers, mut runs, mut tried) = (Vec::new(), Vec::new(), Vec::new());
    if let Some(store) = store {
        breakers = store.breakers().await?;
        tried = store.shadow_runs(id, scans).await?;
        for pipeline in config.pipelines.keys() {
            let past = store.past_runs(pipeline, scans).await?;
            let own = past.into_iter().filter(|run| run.layer.as_deref() == Some(id));
            runs.extend(own.map(|run| (pipeline.clone(), run)));
        }
        runs.sort_by_key(|(_, run)| std::cmp::Reverse(run.scan));
        runs.truncate(scans as usize);
    }
    Ok(Shown {
        id: id.to_owned(),
        versions: versions
            .all()
            .iter()
            .map(|version| shown_version(version, &versions, &config, &breakers, clock))
            .collect(),
        pipelines: shown_uses(&versions, &config, id, clock),
        shadows: tried.into_iter().map(|run| shown_shadow(run, clock)).collect(),
        runs: runs.into_iter().map(|(pipeline, run)| shown_run(&versions, pipeline, run, clock)).collect(),
    })
}

fn shown_version(
    version: &Version,
    versions: &Versions,
    config: &Config,
    breakers: &[BreakerRow],
    clock: Clock,
) -> ShownVersion {
    let uses = versions.active_uses(config, version);
    let row = breakers.iter().find(|row| row.layer == version.id && row.digest == version.digest);
    let state = row.map(|row| breaker::settle(&config.breakers, row.clone(), Instant::now().millis()).state);
    ShownVersion {
        version: version.version.clone(),
        origin: version.origin.as_str(),
        digest: version.digest.clone(),
        api: version.api.clone(),
        size: version.size,
        installed_at: version.installed_at.map(|at| clock.show(at)),
        source: version.provenance.source.clone(),
        signer: ShownSigner::of(&version.provenance),
        active_in: uses.iter().map(|use_| use_.pipeline.to_owned()).collect(),
        breaker: state.unwrap_or(sluice_store::BreakerState::Closed).as_str(),
        schema: version.schema.clone(),
    }
}

/// The pipelines that name it, and those in which somebody decided on it.
fn shown_uses(versions: &Versions, config: &Config, id: &str, clock: Clock) -> Vec<ShownUse> {
    let uses = versions.uses(config, id);
    let named: Vec<&str> = uses.iter().map(|use_| use_.pipeline).collect();
    let beside = versions.rows(id).filter(|row| !named.contains(&row.pipeline.as_str()));
    let beside = beside.map(|row| {
        let active = row.active.as_ref().and_then(|key| versions.by_key(id, key));
        shown_use(versions, &row.pipeline, "not named".to_owned(), active, Some(row), clock)
    });
    uses.iter()
        .map(|use_| {
            let requires = use_.wanted.version.to_string();
            shown_use(versions, use_.pipeline, requires, use_.active, use_.row, clock)
        })
        .chain(beside)
        .collect()
}

fn shown_use(
    versions: &Versions,
    pipeline: &str,
    requires: String,
    active: Option<&Version>,
    row: Option<&ActivationRow>,
    clock: Clock,
) -> ShownUse {
    let name = |key: &VersionKey| match row.and_then(|row| versions.by_key(&row.layer, key)) {
        Some(version) => version.version.clone(),
        None => format!("{key} (removed)"),
    };
    let decided = row.filter(|row| row.active.is_some());
    let shadow = row.and_then(|row| row.shadow.as_ref());
    ShownUse {
        pipeline: pipeline.to_owned(),
        active: active.map(|version| version.version.clone()),
        requires,
        enabled: row.is_none_or(|row| row.enabled),
        since: decided.map(|row| clock.show(row.since)),
        trial_until: decided.and_then(|row| row.trial_until).map(|at| clock.show(at)),
        previous: row.and_then(|row| row.previous.as_ref()).map(name),
        candidate: shadow.map(|shadow| name(&shadow.candidate)),
        scans: shadow.map(|shadow| shadow.scans),
        scans_left: shadow.map(|shadow| shadow.scans_left),
    }
}

fn shown_run(versions: &Versions, pipeline: String, run: PastRun, clock: Clock) -> ShownRun {
    let digest = run.digest.unwrap_or_default();
    let version = versions.all().iter().find(|version| version.digest == digest);
    ShownRun {
        pipeline,
        started_at: clock.show(run.started_at),
        stage: run.stage_name,
        version: version.map(|version| version.version.clone()),
        digest,
        status: run.status.map_or(NONE, sluice_store::LayerRunStatus::as_str),
        wall_ms: run.wall_us as f64 / 1e3,
        fault: run.fault,
    }
}

fn shown_shadow(run: ShadowRunRow, clock: Clock) -> ShownShadow {
    ShownShadow {
        scan: run.scan.to_string(),
        pipeline: run.pipeline,
        started_at: clock.show(run.started_at),
        comparison: serde_json::from_str(&run.comparison_json).unwrap_or_default(),
    }
}

fn print(out: &mut Output, shown: &Shown) -> anyhow::Result<()> {
    let newest = shown.versions.iter().find(|version| !version.active_in.is_empty());
    let told = newest.or(shown.versions.last());
    if let Some(told) = told {
        out.line(format_args!("{}: {}", shown.id, told.schema["summary"].as_str().unwrap_or_default()))?;
    }
    out.list(&shown.versions, "")?;
    out.line("")?;
    out.list(&shown.pipelines, "no pipeline names it: scans call it with --with")?;
    if let Some(told) = told {
        let parameters = described(&told.schema["parameters"], &["name", "default", "unit", "doc"]);
        section(out, &["parameter", "default", "unit", "what it does"], parameters)?;
        section(
            out,
            &["measure", "unit", "what it is"],
            described(&told.schema["measures"], &["name", "unit", "doc"]),
        )?;
    }
    if !shown.runs.is_empty() {
        out.line("")?;
        out.list(&shown.runs, "")?;
    }
    if !shown.shadows.is_empty() {
        out.line("")?;
        out.list(&shown.shadows, "")?;
    }
    Ok(())
}

fn section(out: &mut Output, header: &[&str], rows: Vec<Vec<String>>) -> anyhow::Result<()> {
    match rows.is_empty() {
        true => Ok(()),
        false => out.line(format_args!("\n{}", table::plain(header, rows.into_iter()))),
    }
}

/// A text of a table; JSON has all of it.
fn in_a_cell(text: &str) -> String {
    match text::cut(text, CELL_BYTES) {
        whole if whole.len() == text.len() => whole.to_owned(),
        part => format!("{part}…"),
    }
}

/// Fields of every object in a JSON array, as texts.
fn described(list: &Json, fields: &[&str]) -> Vec<Vec<String>> {
    let text = |value: &Json| match value {
        Json::Null => NONE.to_owned(),
        Json::String(text) => in_a_cell(text),
        other => in_a_cell(&other.to_string()),
    };
    let row = |object: &Json| fields.iter().map(|field| text(&object[*field])).collect();
    list.as_array().into_iter().flatten().map(row).collect()
}

impl Item for ShownVersion {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["version", "origin", "active in", "breaker", "api", "size", "installed", "signed by", "digest"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        vec![vec![
            self.version.clone(),
            self.origin.to_owned(),
            self.active_in.join(" "),
            self.breaker.to_owned(),
            self.api.clone(),
            numbers.bytes(self.size),
            self.installed_at.clone().unwrap_or_default(),
            self.signer.as_ref().map_or_else(String::new, ToString::to_string),
            match numbers {
                Numbers::Rounded => table::digest(&self.digest),
                Numbers::Exact => self.digest.clone(),
            },
        ]]
    }
}

impl Item for ShownUse {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["pipeline", "active", "requires", "since", "on trial until", "before it", "tried beside it"]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| NONE.to_owned());
        let active = or_dash(&self.active);
        let tried = match (&self.candidate, self.scans_left, self.scans) {
            (Some(candidate), Some(left), Some(scans)) => {
                format!("{candidate}, {left} of {scans} scans left")
            }
            _ => NONE.to_owned(),
        };
        vec![vec![
            self.pipeline.clone(),
            if self.enabled { active } else { format!("{active}, disabled") },
            self.requires.clone(),
            or_dash(&self.since),
            or_dash(&self.trial_until),
            or_dash(&self.previous),
            tried,
        ]]
    }
}

impl Item for ShownShadow {
    fn header(_: Numbers) -> &'static [&'static str] {
        &[
            "began",
            "pipeline",
            "tried",
            "beside",
            "instruments",
            "outcomes",
            "scores",
            "more",
            "fewer",
            "fault",
        ]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        let text = |name: &str| match &self.comparison[name] {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let told = ["candidate", "active", "instruments", "outcomes_differ", "scores_differ", "alerts_more"];
        let told = told.into_iter().chain(["alerts_fewer", "fault"]).map(text);
        vec![[self.started_at.clone(), self.pipeline.clone()].into_iter().chain(told).collect()]
    }
}

impl Item for ShownRun {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["began", "pipeline", "stage", "version", "status", "wall ms", "fault"]
    }

    fn rows(&self, numbers: Numbers) -> Vec<Vec<String>> {
        vec![vec![
            self.started_at.clone(),
            self.pipeline.clone(),
            self.stage.clone(),
            self.version.clone().unwrap_or_else(|| NONE.to_owned()),
            self.status.to_owned(),
            numbers.number(Some(self.wall_ms), 1),
            self.fault.clone().unwrap_or_default(),
        ]]
    }
}

//! One scan, whole: layers, plan, snapshot, breakers, run, store. The only place that knows the order of it all.

mod breakers;
mod history;
mod shadows;

use crate::cache::{Learnt, VerdictCache};
use crate::catalog::{Bundled, Catalog, Component, LayerSource, Origin, Sources};
use crate::config::Config;
use crate::error::EngineError;
use crate::lists::{Lists, Universe, Wanted, excluding, find_any_case};
use crate::look::look;
use crate::plan::{Plan, PlannedStage, Selection};
use crate::record;
use crate::result::{LayerConduct, ScanResult};
use crate::run::{Conditions, Observer, run_learning};
use crate::screening::SCREEN_LAYER;
use crate::settings::explain;
use crate::venues;
use crate::view::View;
use breakers::Breakers;
use history::History;
use sluice_market::{AsOf, Instant, MAX_STALE_SESSIONS, Market, Snapshot, Symbol};
use sluice_runtime::{Cancel, Layer, Runtime};
use sluice_store::{NewLayer, NewScan, Provenance, ScanId, Settings, Store};
use std::sync::Arc;

/// What a scan works with and what it should do.
pub struct Request {
    /// What is deployed.
    pub config: Config,
    /// Which part of it.
    pub selection: Selection,
    /// Just these instruments; empty: all.
    pub symbols: Vec<Wanted>,
    /// The instant that the scan is about.
    pub as_of: AsOf,
    /// The layers inside the program.
    pub bundled: &'static [Bundled],
    /// The bars.
    pub market: Market,
    /// The sandbox.
    pub runtime: Runtime,
    /// Where installed layers come from and results go to.
    pub store: Store,
    /// What of the result is shown; all of it is stored.
    pub view: View,
    /// Answers that are kept from scan to scan; none: every layer is asked.
    pub cache: Option<VerdictCache>,
    /// An instrument whose way is to be explained; it must be among those that are scanned.
    pub explain: Option<Symbol>,
    /// A day on which no venue has a session is an error.
    pub require_open: bool,
    /// Nothing is stored.
    pub dry_run: bool,
    /// Threads that make calls.
    pub workers: usize,
    /// Version of the program, for the record.
    pub program_version: String,
}

impl Request {
    /// Whether all stages of the pipeline run on all instruments.
    fn is_whole(&self) -> bool {
        let Selection { pipeline: _, stage, with, screen } = &self.selection;
        stage.is_none() && with.is_empty() && screen.is_none() && self.symbols.is_empty()
    }
}

/// Runs the scan with the store's settings over the file's, and stores it in one transaction; a dry run reads the
/// settings too. A scan that ends by an error or by `cancel` is stored as
/// `interrupted`, with the reason.
///
/// # Errors
/// When there is nothing to scan, no venue has a session though one is required, the configuration or the choice is wrong, the data cannot be read, the database
/// fails, or the scan was cancelled.
pub async fn conduct(
    request: Request,
    cancel: &Cancel,
    observer: Arc<dyn Observer + Send + Sync>,
) -> Result<ScanResult, EngineError> {
    let snapshot = look(&request.market, &request.as_of)?;
    let lists = Lists::read(&request.store, &request.symbols).await?;
    let universe = lists.universe(&request.symbols, &snapshot)?;
    let explain = explained(&request, &snapshot, &universe.instruments).await?;
    if request.require_open {
        venues::require_open(&snapshot, &universe.instruments, request.as_of, Instant::now())?;
    }
    let sources = sources(&request).await?;
    let settings = request.store.settings().await?;
    let breakers = Breakers::read(&request.store, &request.config.breakers).await?;
    let planned = blocking(move || {
        let (request, plan, ignored) = plan(request, &sources, &settings, &breakers)?;
        request.view.check(&plan)?;
        Ok((request, plan, ignored, breakers))
    });
    let (request, mut plan, ignored, breakers) = planned.await?;
    breakers.probe(&request, &mut plan).await?;
    let ready = breakers.stand_in(&request, &mut plan, &snapshot).await;
    plan.keep_shadows(request.is_whole() && !request.dry_run);
    let (request, plan) = (Arc::new(request), Arc::new(plan));
    let begun = match ready {
        Ok(()) if request.dry_run => Ok(None),
        Ok(()) => begin(&request, &plan, &snapshot, &lists).await.map(Some),
        Err(error) => Err(error),
    };
    let scan = match begun {
        Ok(scan) => scan,
        Err(error) => {
            breakers.give_back(&request, &plan).await;
            return Err(error);
        }
    };
    let ended = match history::read(&request.store, &plan, snapshot.as_of()).await {
        Ok(past) => {
            let before = Before { ignored, past };
            run_and_record(&request, plan.clone(), before, (snapshot, universe, explain), cancel, observer)
                .await
        }
        Err(error) => Err(error.into()),
    };
    let (ended, learnt) = match ended {
        Ok(((mut result, mut record), learnt, conducts)) => {
            let taken_back = breakers.report(&request, &plan, &conducts).await;
            record.warnings.extend(taken_back.iter().cloned());
            result.warnings.extend(taken_back);
            (Ok((result, record)), learnt)
        }
        Err(error) => {
            breakers.give_back(&request, &plan).await;
            (Err(error), Learnt::default())
        }
    };
    // while the database writes
    let keeping = request.cache.clone().map(|cache| tokio::task::spawn_blocking(move || cache.keep(learnt)));
    let stored = store(&request, scan, ended).await;
    if let Some(keeping) = keeping
        && let Err(error) = keeping.await
    {
        tracing::warn!("answers could not be kept: {error}");
    }
    stored
}

/// Stores what was found, unless it is a dry run, which has no scan.
async fn store(
    request: &Request,
    scan: Option<ScanId>,
    ended: Result<(ScanResult, sluice_store::ScanRecord), EngineError>,
) -> Result<ScanResult, EngineError> {
    let Some(scan) = scan else { return ended.map(|(result, _)| result) };
    let stored = match ended {
        Ok((result, record)) => finish(&request.store, &scan, result, &record).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(result) => Ok(ScanResult { scan_id: Some(scan.to_string()), ..result }),
        Err(error) => {
            mark(&request.store, &scan, &error).await;
            Err(error)
        }
    }
}

/// Stores the scan; its result is without the alerts that were told before.
async fn finish(
    store: &Store,
    scan: &ScanId,
    mut result: ScanResult,
    record: &sluice_store::ScanRecord,
) -> Result<ScanResult, EngineError> {
    store.finish_scan(scan, record).await?;
    shadows::settle(store, &mut result).await;
    if record.cool_down.is_some() && !result.alerts.is_empty() {
        match store.held_back(scan).await {
            Ok(held_back) => {
                result.alerts.retain(|alert| held_back.binary_search(&alert.position).is_err());
                result.alerts_held_back = held_back.len();
            }
            // the scan is stored: a repetition that is shown is better than a scan that seems to have failed
            Err(error) => tracing::warn!("alerts that were told before are shown again: {error}"),
        }
    }
    Ok(result)
}

/// The plan by the file and the store's settings over it, which stay in the request; with a warning for each of
/// those settings that does not fit any more.
fn plan(
    mut request: Request,
    sources: &Sources,
    settings: &Settings,
    breakers: &Breakers,
) -> Result<(Request, Plan, Vec<String>), EngineError> {
    let is_refused = |id: &str, digest: &str| breakers.refusal(id, digest).is_some();
    let catalog = Catalog::load_within(&request.runtime, sources, &request.config, &is_refused);
    let ignored = request.config.overlay(&catalog, settings);
    let refusal = |component: &Component| breakers.refusal(component.id(), component.digest());
    let plan = Plan::new_without(&request.config, &catalog, &request.selection, &refusal)
        .map_err(|error| explain(error, &request.config))?;
    Ok((request, plan, ignored))
}

/// Leaves the reason with the scan before the error goes on.
async fn mark(store: &Store, scan: &ScanId, error: &EngineError) {
    let reason = match error {
        EngineError::Interrupted => "stopped by the user".to_owned(),
        other => other.to_string(),
    };
    if let Err(marking) = store.interrupt_scan(scan, &reason).await {
        tracing::error!("cannot mark scan {scan} as interrupted: {marking}");
    }
}

/// The position of the instrument that is to be explained, or why the scan does not look at it.
async fn explained(
    request: &Request,
    snapshot: &Snapshot,
    universe: &[usize],
) -> Result<Option<usize>, EngineError> {
    let Some(symbol) = &request.explain else { return Ok(None) };
    let symbols = symbol.to_string();
    let Some(position) = find_any_case(symbol, |symbol| snapshot.find(symbol)) else {
        return Err(EngineError::UnknownSymbols { symbols, count: 1 });
    };
    if universe.binary_search(&position).is_ok() {
        return Ok(Some(position));
    }
    if snapshot.listed().binary_search(&position).is_err() {
        return Err(EngineError::NotListed { symbols, count: 1, as_of: snapshot.as_of().to_string() });
    }
    let lists = excluding(&request.store, snapshot, position).await?;
    Err(match lists.as_slice() {
        [] => EngineError::NotAmong { symbol: symbols },
        [list] => EngineError::Excluded { symbol: symbols, lists: format!("list {list}") },
        lists => EngineError::Excluded { symbol: symbols, lists: format!("lists {}", lists.join(", ")) },
    })
}

/// The layers that the scan's configuration or selection names, bundled and installed ones: what nobody asks for is not
/// loaded. A bundled layer's file has the name behind the author's; those with a name like it are for hints at mistakes.
async fn sources(request: &Request) -> Result<Sources, EngineError> {
    let pipelines = request.config.pipelines.values().flat_map(|pipeline| &pipeline.stages);
    let named = pipelines.flat_map(|stage| &stage.layers).map(|layer| layer.id.as_str());
    let mut extra: Vec<&str> = request.selection.with.iter().map(String::as_str).collect();
    extra.extend(request.selection.screen.is_some().then_some(SCREEN_LAYER));
    let all: Vec<&str> = named.chain(extra.iter().copied()).collect();
    let like = |file: &str| all.iter().any(|id| file.contains(id.rsplit('/').next().unwrap_or(id)));
    let bundled: Vec<Bundled> = request.bundled.iter().copied().filter(|(file, _)| like(file)).collect();
    Ok(Sources::read(Some(&request.store), &bundled, &request.config, &extra).await?)
}

async fn begin(
    request: &Request,
    plan: &Plan,
    snapshot: &Snapshot,
    lists: &Lists,
) -> Result<ScanId, EngineError> {
    let bundled = plan.layers.iter().filter(|planned| planned.origin == Origin::Bundled);
    for layer in bundled.filter_map(|planned| record::component(&planned.component)) {
        request.store.register_layer(&layer).await?;
    }
    let source = request.config.source();
    request.store.notice_file(&source.path, &source.digest).await?;
    let calendars = request.market.calendars();
    if let Some(source) = calendars.source() {
        request.store.notice_file(&source.path, &source.digest).await?;
    }
    let symbols: Vec<String> = request.symbols.iter().map(ToString::to_string).collect();
    let config =
        record::effective(&request.config, plan, &request.selection, &symbols, lists, calendars).to_string();
    let new = NewScan {
        pipeline: plan.pipeline.clone(),
        as_of: snapshot.as_of().millis(),
        data_until: snapshot.data_until().map(Instant::millis),
        started_at: Instant::now().millis(),
        config_digest: record::digest(&config),
        config_json: config,
        market_digest: request.market.digest().to_owned(),
        program_version: request.program_version.clone(),
    };
    Ok(request.store.begin_scan(&new).await?)
}

/// What a scan knows before it runs.
struct Before {
    /// Warnings on settings that do not fit any more.
    ignored: Vec<String>,
    /// What the layers said in the scans before.
    past: History,
}

/// What a run brought: the result and its record, what the cache is to keep, and how the layers did.
type Done = ((ScanResult, sluice_store::ScanRecord), Learnt, Vec<LayerConduct>);

async fn run_and_record(
    request: &Arc<Request>,
    plan: Arc<Plan>,
    before: Before,
    (snapshot, universe, explain): (Snapshot, Universe, Option<usize>),
    cancel: &Cancel,
    observer: Arc<dyn Observer + Send + Sync>,
) -> Result<Done, EngineError> {
    let request = request.clone();
    let cancel = cancel.clone();
    blocking(move || {
        let Universe { instruments, excluded, warnings } = universe;
        let states = venues::states(&snapshot, &instruments, request.as_of);
        let conditions = Conditions {
            workers: request.workers,
            cancel: &cancel,
            observer: observer.as_ref(),
            cache: request.cache.as_ref(),
            explain,
        };
        let (mut result, learnt) = run_learning(&plan, &snapshot, instruments, conditions)?;
        let of_the_day = freshness(&request, &snapshot)?.into_iter().chain(venues::remarks(&states));
        let of_the_day = of_the_day.chain(left_out(&plan));
        result.warnings.splice(0..0, of_the_day.chain(before.ignored).chain(warnings));
        before.past.compare(&mut result);
        result.excluded = excluded;
        result.venues = states;
        let conducts = std::mem::take(&mut result.details.conducts);
        // who asks for a day of the past wants to see what was to be said then, whatever was said since
        let is_replay = matches!(request.as_of, AsOf::Date(_) | AsOf::At(_));
        let cool_down = (!is_replay).then(|| request.config.alerts.cool_down_ms());
        let mut record =
            record::scan(&mut result, &plan, &snapshot, Instant::now(), cool_down, request.is_whole())?;
        record.shadows = shadows::records(&result, &request.config)?;
        request.view.apply(&mut result, &snapshot)?;
        Ok(((result, record), learnt, conducts))
    })
    .await
}

/// A note on each layer that an operator disabled.
fn left_out(plan: &Plan) -> Vec<String> {
    let note = |stage: &PlannedStage, id: &String| {
        let through = match stage.layers.is_empty() {
            true => format!("; stage {} has no other layer and lets everything through", stage.config.name),
            false => String::new(),
        };
        let (pipeline, name) = (&plan.pipeline, id);
        format!(
            "{name} is disabled in pipeline {pipeline}: the scan left it out{through}; `sluice layer enable {name}` \
             brings it back"
        )
    };
    let stages = plan.stages.iter();
    stages.flat_map(|stage| stage.disabled.iter().map(move |id| note(stage, id))).collect()
}

/// A warning when newer sessions are completed than the data knows of: up to now for `latest`, else up to the
/// instant asked for.
fn freshness(request: &Request, snapshot: &Snapshot) -> Result<Option<String>, EngineError> {
    let behind = match request.as_of {
        AsOf::Latest => request.market.snapshot(&AsOf::Now)?.stale_sessions(),
        _ => snapshot.stale_sessions(),
    };
    let until = snapshot.data_until().map(|until| until.to_string()).unwrap_or_default();
    let ago = match behind {
        1 => "1 completed session ago".to_owned(),
        MAX_STALE_SESSIONS.. => format!("{MAX_STALE_SESSIONS} or more completed sessions ago"),
        more => format!("{more} completed sessions ago"),
    };
    Ok((behind > 0).then(|| format!("the data ends at {until}, {ago}")))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(EngineError::Worker(error.to_string())),
    }
}

/// What the store keeps of a layer that an operator installs beside those of the program.
pub fn record_layer(
    layer: &Layer,
    component: Vec<u8>,
    provenance: Provenance,
    bundled: &[Bundled],
) -> NewLayer {
    let facts = record::layer(layer);
    NewLayer {
        layer: facts.layer,
        version: facts.version,
        digest: facts.digest,
        api_version: facts.api_version,
        size: facts.size,
        imports: facts.imports,
        descriptor_json: facts.descriptor_json,
        component,
        origin: Origin::Installed.as_str().to_owned(),
        behind_bundled: bundled.iter().any(|(name, _)| LayerSource::id_of(name) == layer.id()),
        provenance,
    }
}

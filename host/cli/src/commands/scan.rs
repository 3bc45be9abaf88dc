//! `sluice scan`

mod every;
mod notice;

use super::diff::results_before;
use crate::args::{Scan, ViewArgs};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::signals::{self, Stopping};
use anyhow::bail;
use sluice_engine::{CatalogError, EngineError, PlanError, Request, ScanResult, Selection, View, conduct};
use sluice_market::Market;
use sluice_runtime::{Cancel, Runtime};
use sluice_store::Store;
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Tickers that a remark names.
const NAMED: usize = 10;

/// Runs the scan, or one after the other, and says by the exit code how complete the result is.
pub fn run(home: &Home, options: &Scan, out: &mut Output) -> anyhow::Result<Exit> {
    if options.every.is_some() {
        every::check(options, out.format())?;
    }
    super::tokio()?.block_on(async {
        let mut desk = Desk::open(home, options).await?;
        match options.every {
            None => desk.scan(out).await,
            Some(every) => every::run(&mut desk, every, options.times, out).await,
        }
    })
}

/// What stays open from scan to scan.
struct Desk<'a> {
    home: &'a Home,
    options: &'a Scan,
    selection: Selection,
    /// The bars for the first scan, which are opened beside the rest; later scans look at what was imported since.
    market: Option<JoinHandle<anyhow::Result<Market>>>,
    runtime: Runtime,
    store: Store,
    cancel: Cancel,
    /// Tells that a signal came.
    stopped: Stopping,
}

impl<'a> Desk<'a> {
    async fn open(home: &'a Home, options: &'a Scan) -> anyhow::Result<Self> {
        let selection = selection(options)?;
        if !home.has_market() {
            // before a database and a cache are made for nothing
            return Err(EngineError::NoData.into());
        }
        let cancel = Cancel::new();
        let stopped = signals::cancel_on_signal(&cancel);
        // the three slow starts wait for different things, so they wait together
        let market = Some(open_market(home));
        let runtime = home.clone();
        let runtime = tokio::task::spawn_blocking(move || runtime.runtime());
        let store = home.store().await?;
        Ok(Self { home, options, selection, market, runtime: runtime.await??, store, cancel, stopped })
    }

    /// One scan, printed.
    async fn scan(&mut self, out: &mut Output) -> anyhow::Result<Exit> {
        let progress = Arc::new(Progress::new());
        let result = self.conduct(progress.clone()).await;
        progress.finish();
        let mut result = result?;
        if let Some(explanation) = &result.explanation {
            output::explain::print(out, &result, explanation)?;
            return Ok(result.status.into());
        }
        let remark = if self.options.new { Some(only_new(&self.store, &mut result).await?) } else { None };
        output::scan::print(out, &result, self.options.view.show_alerts)?;
        if let Some(remark) = remark {
            out.flush()?;
            output::note(&remark);
        }
        Ok(result.status.into())
    }

    /// One scan of what is there now: bars, configuration, layers and settings.
    async fn conduct(&mut self, progress: Arc<Progress>) -> anyhow::Result<ScanResult> {
        let options = self.options;
        let market = self.market.take().unwrap_or_else(|| open_market(self.home));
        let config = self.home.config()?;
        let cache = if options.no_cache { None } else { self.home.verdicts(&config) };
        let unused = if cache.is_none() { self.home.unused_verdicts(&config) } else { None };
        let request = Request {
            config,
            selection: self.selection.clone(),
            symbols: options.symbols.clone(),
            as_of: options.as_of,
            bundled: crate::BUNDLED,
            market: market.await??,
            runtime: self.runtime.clone(),
            store: self.store.clone(),
            view: view(&options.view),
            cache,
            explain: options.explain.clone(),
            require_open: options.require_open,
            dry_run: options.dry_run,
            workers: std::thread::available_parallelism().map_or(1, |cores| cores.get()),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let result = conduct(request, &self.cancel, progress).await;
        if let Some(unused) = unused {
            tokio::task::spawn_blocking(move || unused.shrink()).await?;
        }
        result.map_err(|error| blame(error, &self.selection))
    }
}

fn open_market(home: &Home) -> JoinHandle<anyhow::Result<Market>> {
    let home = home.clone();
    tokio::task::spawn_blocking(move || home.market())
}

/// Leaves only what the last whole scan of the pipeline did not have; says how much that is and what is gone.
async fn only_new(store: &Store, result: &mut ScanResult) -> anyhow::Result<String> {
    let scan = result.scan_id.as_deref().map(str::parse).transpose()?;
    let before = results_before(store, &result.pipeline, result.as_of.millis(), scan.as_ref()).await?;
    let Some(before) = before else {
        return Ok("there is no earlier whole scan of the pipeline: every result is new".to_owned());
    };
    let all = result.results.len();
    let gone: Vec<&str> = before
        .iter()
        .map(String::as_str)
        .filter(|known| result.results.iter().all(|now| now.symbol != *known))
        .collect();
    let dots = if gone.len() > NAMED { ", …" } else { "" };
    let named = gone.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let gone = match gone.len() {
        0 => "none is gone".to_owned(),
        count => format!("{count} gone: {named}{dots}"),
    };
    result.results.retain(|now| !before.contains(&now.symbol));
    let kept: BTreeSet<&str> = result.results.iter().map(|now| now.symbol.as_str()).collect();
    result.alerts.retain(|alert| alert.symbol.as_deref().is_none_or(|symbol| kept.contains(symbol)));
    Ok(format!("{} of {all} results are new, {gone}; `sluice diff` tells why", result.results.len()))
}

/// A layer that nobody has is wrong usage when the command line names it, and a failure when `sluice.toml` does.
fn blame(error: EngineError, selection: &Selection) -> anyhow::Error {
    match &error {
        EngineError::Plan(PlanError::Layer(CatalogError::Unknown { id, .. }))
            if selection.with.contains(id) =>
        {
            Usage(error.to_string()).into()
        }
        _ => error.into(),
    }
}

fn view(options: &ViewArgs) -> View {
    View {
        catalysts: options.catalyst.clone(),
        min_score: options.min_score,
        sort: options.sort.clone(),
        top: options.top.map(|top| top as usize),
        columns: options.columns.as_ref().map(|columns| columns.0.clone()).unwrap_or_default(),
    }
}

fn selection(options: &Scan) -> anyhow::Result<Selection> {
    let mut selection = Selection {
        pipeline: options.pipeline.clone(),
        stage: options.stage.clone(),
        with: options.with.iter().filter(|id| !id.is_empty()).cloned().collect(),
        screen: match &options.condition {
            None => None,
            Some(condition) => Some(super::screen::screening(condition, options.score.as_deref())?),
        },
    };
    match (&options.layer, &options.stage) {
        (Some(layer), Some(stage)) if layer.parse::<f64>().is_ok() => {
            bail!(Usage(format!(
                "--layer {layer} means a stage, but --stage {stage} names one too: give one of them"
            )))
        }
        (Some(stage), None) if stage.parse::<f64>().is_ok() => selection.stage = Some(stage.clone()),
        (Some(layer), _) => selection.with = vec![layer.clone()],
        (None, _) => {}
    }
    Ok(selection)
}

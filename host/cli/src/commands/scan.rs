//! `sluice scan`

use super::diff::results_before;
use crate::args::{Scan, ViewArgs};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::signals;
use anyhow::bail;
use sluice_engine::{CatalogError, EngineError, PlanError, Request, ScanResult, Selection, View, conduct};
use sluice_runtime::Cancel;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Tickers that a remark names.
const NAMED: usize = 10;

/// Runs the scan, prints it, and says by the exit code how complete it is.
pub fn run(home: &Home, options: &Scan, out: &mut Output) -> anyhow::Result<Exit> {
    let progress = Arc::new(Progress::new());
    let result = super::tokio()?.block_on(scan(home, options, progress.clone()));
    progress.finish();
    let mut result = result?;
    if let Some(explanation) = &result.explanation {
        output::explain::print(out, &result, explanation)?;
        return Ok(result.status.into());
    }
    let remark = if options.new { Some(only_new(home, &mut result)?) } else { None };
    output::scan::print(out, &result, options.view.show_alerts)?;
    if let Some(remark) = remark {
        out.flush()?;
        output::note(&remark);
    }
    Ok(result.status.into())
}

async fn scan(
    home: &Home,
    options: &Scan,
    progress: Arc<Progress>,
) -> anyhow::Result<sluice_engine::ScanResult> {
    let selection = selection(options)?;
    if !home.has_market() {
        // before a database and a cache are made for nothing
        return Err(EngineError::NoData.into());
    }
    let cancel = Cancel::new();
    signals::cancel_on_signal(&cancel);
    // the three slow starts wait for different things, so they wait together
    let (market, runtime) = (home.clone(), home.clone());
    let market = tokio::task::spawn_blocking(move || market.market());
    let runtime = tokio::task::spawn_blocking(move || runtime.runtime());
    let store = home.store().await?;
    let config = home.config()?;
    let cache = if options.no_cache { None } else { home.verdicts(&config) };
    let request = Request {
        config,
        selection: selection.clone(),
        symbols: options.symbols.clone(),
        as_of: options.as_of,
        bundled: crate::BUNDLED,
        market: market.await??,
        runtime: runtime.await??,
        store,
        view: view(&options.view),
        cache,
        explain: options.explain.clone(),
        require_open: options.require_open,
        dry_run: options.dry_run,
        workers: std::thread::available_parallelism().map_or(1, |cores| cores.get()),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    conduct(request, &cancel, progress).await.map_err(|error| blame(error, &selection))
}

/// Leaves only what the last whole scan of the pipeline did not have; says how much that is and what is gone.
fn only_new(home: &Home, result: &mut ScanResult) -> anyhow::Result<String> {
    let scan = result.scan_id.as_deref().map(str::parse).transpose()?;
    let before = super::tokio()?.block_on(async {
        let store = home.store().await?;
        results_before(&store, &result.pipeline, result.as_of.millis(), scan.as_ref()).await
    })?;
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

//! `sluice scan`

use crate::args::Scan;
use crate::exit::Exit;
use crate::home::Home;
use crate::output::{self, Output};
use crate::progress::Progress;
use crate::signals;
use sluice_engine::{Request, Selection, conduct};
use sluice_runtime::Cancel;
use std::sync::Arc;

/// Runs the scan, prints it, and says by the exit code how complete it is.
pub fn run(home: &Home, options: &Scan, out: &mut Output) -> anyhow::Result<Exit> {
    let progress = Arc::new(Progress::new());
    let result = super::tokio()?.block_on(scan(home, options, progress.clone()));
    progress.finish();
    let result = result?;
    output::scan::print(out, &result, options.show_alerts)?;
    Ok(result.status.into())
}

async fn scan(
    home: &Home,
    options: &Scan,
    progress: Arc<Progress>,
) -> anyhow::Result<sluice_engine::ScanResult> {
    let cancel = Cancel::new();
    signals::cancel_on_signal(&cancel);
    // the three slow starts wait for different things, so they wait together
    let (market, runtime) = (home.clone(), home.clone());
    let market = tokio::task::spawn_blocking(move || market.market());
    let runtime = tokio::task::spawn_blocking(move || runtime.runtime());
    let store = home.store().await?;
    let request = Request {
        config: home.config()?,
        selection: selection(options),
        symbols: options.symbols.clone(),
        as_of: options.as_of,
        bundled: crate::BUNDLED,
        market: market.await??,
        runtime: runtime.await??,
        store,
        dry_run: options.dry_run,
        workers: std::thread::available_parallelism().map_or(1, |cores| cores.get()),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    Ok(conduct(request, &cancel, progress).await?)
}

fn selection(options: &Scan) -> Selection {
    let mut selection = Selection {
        pipeline: options.pipeline.clone(),
        stage: options.stage.clone(),
        with: options.with.clone(),
    };
    match &options.layer {
        Some(stage) if stage.parse::<f64>().is_ok() => selection.stage = Some(stage.clone()),
        Some(layer) => selection.with = vec![layer.clone()],
        None => {}
    }
    selection
}

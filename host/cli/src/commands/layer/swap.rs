//! `sluice layer activate|rollback|enable|disable`

use super::component::temporary;
use crate::args::{InPipeline, LayerVersion};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::clock::Clock;
use crate::output::list::Item;
use crate::output::table::{NONE, Numbers};
use crate::signals;
use serde::Serialize;
use sluice_engine::{Becomes, Desk, SwapError, Switched, Target};
use sluice_runtime::Cancel;
use tempfile::TempDir;

/// Makes a version the active one, or has it tried.
pub fn activate(
    home: &Home,
    layer: &LayerVersion,
    pipeline: Option<&str>,
    shadow: Option<u32>,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    let target = target(layer.id.as_str(), pipeline);
    change(home, "is active already", out, async |desk: &Desk, cancel: &Cancel| {
        sluice_engine::activate(desk, &target, &layer.version, shadow, cancel).await
    })
}

/// Makes the version before the active one again.
pub fn rollback(home: &Home, which: &InPipeline, out: &mut Output) -> anyhow::Result<Exit> {
    let target = target(which.layer.as_str(), which.pipeline.as_deref());
    change(home, "is active already", out, async |desk: &Desk, cancel: &Cancel| {
        sluice_engine::roll_back(desk, &target, cancel).await
    })
}

/// Lets scans call a layer, or leave it out.
pub fn set_enabled(home: &Home, which: &InPipeline, enabled: bool, out: &mut Output) -> anyhow::Result<Exit> {
    let target = target(which.layer.as_str(), which.pipeline.as_deref());
    let already = if enabled { "is called already" } else { "is left out already" };
    change(home, already, out, async |desk: &Desk, _: &Cancel| {
        sluice_engine::set_enabled(desk, &target, enabled).await
    })
}

fn target(id: &str, pipeline: Option<&str>) -> Target {
    Target { id: id.to_owned(), pipeline: pipeline.map(str::to_owned) }
}

/// Makes a change and tells what it came to; where nothing is to be done the layer `already` is what it should be.
fn change(
    home: &Home,
    already: &str,
    out: &mut Output,
    make: impl AsyncFnOnce(&Desk, &Cancel) -> Result<Vec<Switched>, SwapError>,
) -> anyhow::Result<Exit> {
    let folder = temporary()?;
    let done = super::super::tokio()?.block_on(async {
        let cancel = Cancel::new();
        signals::cancel_on_signal(&cancel);
        let desk = desk(home, &folder).await?;
        anyhow::Ok(make(&desk, &cancel).await?)
    })?;
    if let Some(first) = done.first() {
        first.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
    }
    let clock = out.clock();
    let views: Vec<View> = done.into_iter().map(|done| View::new(done, already, clock)).collect();
    match out.format() {
        crate::args::Format::Table => views.iter().try_for_each(|view| out.line(&view.told))?,
        _ => out.list(&views, "")?,
    }
    Ok(Exit::Done)
}

/// What the engine needs for it.
async fn desk(home: &Home, folder: &TempDir) -> anyhow::Result<Desk> {
    Ok(Desk {
        runtime: home.runtime()?,
        config: home.config()?,
        bundled: crate::BUNDLED,
        market: if home.has_market() { Some(home.market()?) } else { None },
        folder: folder.path().to_owned(),
        store: home.store().await?,
    })
}

/// A change as it is printed.
#[derive(Debug, Serialize)]
struct View {
    layer: String,
    pipeline: String,
    result: Becomes,
    /// The version that is active now.
    active: Option<String>,
    digest: Option<String>,
    /// The version that was active before.
    before: Option<String>,
    /// The version that is tried beside it.
    candidate: Option<String>,
    /// In how many more scans.
    scans_left: Option<u32>,
    trial_until: Option<String>,
    enabled: bool,
    warnings: Vec<String>,
    tried_on: Option<String>,
    #[serde(skip)]
    told: String,
}

impl View {
    fn new(done: Switched, already: &str, clock: Clock) -> Self {
        let told = told(&done, already);
        let (candidate, scans_left) = done.candidate.unzip();
        Self {
            layer: done.layer,
            pipeline: done.pipeline,
            result: done.result,
            active: done.active,
            digest: done.digest,
            before: done.before,
            candidate,
            scans_left,
            trial_until: done.trial_until.map(|at| clock.show(at)),
            enabled: done.enabled,
            warnings: done.warnings,
            tried_on: done.tried_on,
            told,
        }
    }
}

/// One line for people.
fn told(done: &Switched, already: &str) -> String {
    let Switched { layer, pipeline, active, before, candidate, .. } = done;
    let or_none = |version: &Option<String>| version.clone().unwrap_or_else(|| NONE.to_owned());
    let (active, before) = (or_none(active), or_none(before));
    let disabled = match done.enabled {
        true => String::new(),
        false => format!("; it is disabled, `sluice layer enable {layer}` lets scans call it"),
    };
    let tried = done.tried_on.as_ref().map(|on| format!(", tried on {on}")).unwrap_or_default();
    let (version, scans) = candidate.clone().unwrap_or_default();
    let plural = if scans == 1 { "" } else { "s" };
    match done.result {
        Becomes::Switched => format!(
            "{layer}@{active} is active in pipeline {pipeline} instead of {before}{tried}; the next scan calls it{disabled}"
        ),
        Becomes::Shadowed => format!(
            "{layer}@{version} is tried in the next {scans} whole scan{plural} of pipeline {pipeline}{tried}; {active} stays active{disabled}"
        ),
        Becomes::Withdrawn => {
            format!(
                "{layer}@{active} stays active in pipeline {pipeline}; no other version is tried{disabled}"
            )
        }
        Becomes::Enabled => format!("{layer}@{active} is called again in pipeline {pipeline}"),
        Becomes::Disabled => format!("{layer} is left out by scans of pipeline {pipeline} from now on"),
        Becomes::Unchanged if candidate.is_some() && done.tried_on.is_some() => format!(
            "{layer}@{version} is tried in pipeline {pipeline} already, {scans} scan{plural} to go; nothing changed"
        ),
        Becomes::Unchanged => {
            format!("nothing changed in pipeline {pipeline}: {layer}@{active} {already}{disabled}")
        }
    }
}

impl Item for View {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["layer", "pipeline", "result", "active", "before", "candidate", "scans_left", "trial_until"]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
        let result = serde_json::to_value(self.result).unwrap_or_default();
        vec![vec![
            self.layer.clone(),
            self.pipeline.clone(),
            result.as_str().unwrap_or_default().to_owned(),
            or_empty(&self.active),
            or_empty(&self.before),
            or_empty(&self.candidate),
            self.scans_left.map(|scans| scans.to_string()).unwrap_or_default(),
            or_empty(&self.trial_until),
        ]]
    }
}

//! Every setting, what it may be and where it comes from.

use super::{Deployed, Place, cell};
use crate::exit::Exit;
use crate::home::Home;
use crate::output::Output;
use crate::output::list::Item;
use crate::output::table::Numbers;
use serde::Serialize;
use serde_json::Value;
use sluice_engine::{EffectiveSetting, SettingSource, effective};

/// A setting as it is printed.
#[derive(Debug, Serialize)]
struct Setting {
    pipeline: String,
    stage: String,
    name: String,
    value: Value,
    unit: String,
    bounds: String,
    source: String,
    /// The revision that set it, when the store has it.
    revision: Option<i64>,
}

/// Prints what the next scan would use.
pub fn run(home: &Home, place: &Place, out: &mut Output) -> anyhow::Result<Exit> {
    let deployed = crate::commands::tokio()?.block_on(async {
        let store = super::store(home).await?;
        Deployed::read(home, store.as_ref()).await
    })?;
    let Deployed { config, catalog, settings } = &deployed;
    let pipeline = place.pipeline.as_ref().unwrap_or(&config.default_pipeline);
    let mut all = Vec::new();
    for stage in place.stages(config)? {
        let holds = effective(config, catalog, Some(pipeline), &stage, settings)?;
        all.extend(holds.into_iter().map(|setting| Setting::new(pipeline, &stage, setting)));
    }
    out.list(&all, "the pipeline has no stages")?;
    Ok(Exit::Done)
}

impl Setting {
    fn new(pipeline: &str, stage: &str, setting: EffectiveSetting) -> Self {
        let (source, revision) = match setting.source {
            SettingSource::Store { revision } => (format!("store, revision {revision}"), Some(revision)),
            SettingSource::File => ("sluice.toml".to_owned(), None),
            SettingSource::LayerDefault => ("the layer's default".to_owned(), None),
            SettingSource::Default => ("default".to_owned(), None),
        };
        Self {
            pipeline: pipeline.to_owned(),
            stage: stage.to_owned(),
            name: setting.name,
            value: setting.value,
            unit: setting.unit,
            bounds: setting.bounds,
            source,
            revision,
        }
    }
}

impl Item for Setting {
    fn header(_: Numbers) -> &'static [&'static str] {
        &["stage", "setting", "value", "unit", "source", "takes"]
    }

    fn rows(&self, _: Numbers) -> Vec<Vec<String>> {
        vec![vec![
            self.stage.clone(),
            self.name.clone(),
            cell(&self.value),
            self.unit.clone(),
            self.source.clone(),
            self.bounds.clone(),
        ]]
    }
}

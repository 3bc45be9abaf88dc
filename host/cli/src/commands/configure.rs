//! `sluice configure`: changes, shows and rolls back what operators set at run time.

mod change;
mod history;
mod show;

use crate::args::Configure;
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use anyhow::bail;
use serde::Serialize;
use serde_json::Value;
use sluice_engine::{Catalog, Config, PlanError, SettingsError, Sources, targets};
use sluice_store::{ChangeRow, Settings, Store};

/// Runs the command.
pub fn run(home: &Home, options: &Configure, out: &mut Output) -> anyhow::Result<Exit> {
    let place = Place { pipeline: options.pipeline.clone(), stage: stage(options)? };
    let changes = options.threshold.is_some()
        || options.max_symbols.is_some()
        || options.scan_interval.is_some()
        || !options.set.is_empty()
        || !options.unset.is_empty();
    match (options.show, options.history, options.rollback, changes) {
        (true, ..) => show::run(home, &place, out),
        (_, true, ..) => history::run(home, &place, options, out),
        (_, _, Some(revision), _) => change::roll_back(home, &place, revision, options.base, out),
        (_, _, None, true) => change::change(home, &place, options, out),
        (_, _, None, false) => bail!(Usage(
            "nothing to change: give --threshold, --max-symbols, --scan-interval, --set or --unset; --show, --history and --rollback do something else"
                .to_owned()
        )),
    }
}

/// The stage asked for; `--layer` with a bare number means it too, as in `scan`.
fn stage(options: &Configure) -> anyhow::Result<Option<String>> {
    match &options.layer {
        None => Ok(options.stage.clone()),
        Some(number) if number.parse::<f64>().is_ok() => Ok(Some(number.clone())),
        Some(layer) => bail!(Usage(format!(
            "--layer {layer} is no number of a stage: settings of a layer are changed with --stage N --set {layer}.PARAM=VALUE"
        ))),
    }
}

/// Which part of the configuration a command is about.
#[derive(Debug)]
struct Place {
    /// None: the default one.
    pipeline: Option<String>,
    /// None: all of them.
    stage: Option<String>,
}

impl Place {
    /// Names of the stages that are meant.
    fn stages(&self, config: &Config) -> anyhow::Result<Vec<String>> {
        if let Some(stage) = &self.stage {
            return Ok(vec![stage.clone()]);
        }
        let name = self.pipeline.as_ref().unwrap_or(&config.default_pipeline);
        match config.pipelines.get(name) {
            Some(pipeline) => Ok(pipeline.stages.iter().map(|stage| stage.name.clone()).collect()),
            None => {
                let have: Vec<&str> = config.pipelines.keys().map(String::as_str).collect();
                bail!(SettingsError::from(PlanError::Pipeline { name: name.clone(), have: have.join(", ") }))
            }
        }
    }

    /// What the store calls the stages and their layers; none: everything.
    fn targets(&self, config: &Config) -> anyhow::Result<Vec<String>> {
        if self.stage.is_none() && self.pipeline.is_none() {
            return Ok(Vec::new());
        }
        let mut all = Vec::new();
        for stage in self.stages(config)? {
            all.extend(targets(config, self.pipeline.as_deref(), &stage)?);
        }
        Ok(all)
    }
}

/// What a change is checked against.
struct Deployed {
    config: Config,
    catalog: Catalog,
    settings: Settings,
}

impl Deployed {
    /// With the installed layers and the settings of the store, as far as there is one.
    async fn read(home: &Home, store: Option<&Store>) -> anyhow::Result<Self> {
        let config = home.config()?;
        let sources = Sources::read(store, crate::BUNDLED, &config, &[]).await?;
        let settings = match store {
            Some(store) => store.settings().await?,
            None => Settings::default(),
        };
        // whoever changes a layer's settings wants it to be called again: breakers do not count
        let catalog = Catalog::load_within(&home.runtime()?, &sources, &config, &|_, _| false);
        super::warn_of_unloadable(&catalog);
        Ok(Self { config, catalog, settings })
    }
}

/// The database when it is there.
async fn store(home: &Home) -> anyhow::Result<Option<Store>> {
    match home.has_store() {
        true => Ok(Some(home.store().await?)),
        false => Ok(None),
    }
}

/// One setting in a change, as it is printed.
#[derive(Debug, Serialize)]
struct Change {
    /// As the store calls it: `stage:PIPELINE/NAME` or `layer:AUTHOR/NAME`.
    target: String,
    /// As it is typed: `threshold`, or `author/name.param`.
    setting: String,
    /// Null: it was not set.
    old: Value,
    /// Null: it is no longer set.
    new: Value,
}

impl From<ChangeRow> for Change {
    fn from(row: ChangeRow) -> Self {
        let setting = match row.key.target.strip_prefix("layer:") {
            Some(layer) => format!("{layer}.{}", row.key.name),
            None => row.key.name,
        };
        let value = |json: Option<String>| match json {
            None => Value::Null,
            // what is no JSON is shown as it is
            Some(json) => serde_json::from_str(&json).unwrap_or(Value::String(json)),
        };
        Self { target: row.key.target, setting, old: value(row.old_json), new: value(row.new_json) }
    }
}

impl Change {
    /// Of what it is: `daily/catalyst`, `sluice/volume`.
    fn of(&self) -> &str {
        self.target.split_once(':').map_or(self.target.as_str(), |(_, name)| name)
    }
}

/// A value in a cell; a dash for none.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => crate::output::table::NONE.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sluice_store::SettingKey;

    #[test]
    fn a_setting_is_printed_as_it_is_typed() {
        let change = |target: &str, name: &str, new: &str| {
            let key = SettingKey { target: target.to_owned(), name: name.to_owned() };
            Change::from(ChangeRow { key, old_json: None, new_json: Some(new.to_owned()) })
        };
        let stage = change("stage:daily/catalyst", "threshold", "70.5");
        assert_eq!(
            (stage.setting.as_str(), stage.of(), cell(&stage.new)),
            ("threshold", "daily/catalyst", "70.5".into())
        );
        let layer = change("layer:sluice/volume", "min-ratio", "\"x\"");
        assert_eq!((layer.setting.as_str(), layer.of()), ("sluice/volume.min-ratio", "sluice/volume"));
        assert_eq!((cell(&layer.new), cell(&layer.old)), ("x".into(), "–".into()));
    }
}

//! Changes and roll-backs of settings.

use super::{Change, Deployed, Place, cell};
use crate::args::{Configure, Format};
use crate::exit::{Exit, Usage};
use crate::home::Home;
use crate::output::Output;
use crate::output::table;
use anyhow::bail;
use serde::Serialize;
use sluice_engine::{ChangeRequest, changes, rollback};
use sluice_store::{Base, Changed, SettingKey, Settings, SettingsChange, Store};
use std::collections::BTreeMap;

/// What came of a change.
#[derive(Debug, Serialize)]
struct Outcome {
    /// The new one; the newest when nothing was changed.
    revision: i64,
    changes: Vec<Change>,
}

/// Changes what was asked for, all of it or nothing.
pub fn change(home: &Home, place: &Place, options: &Configure, out: &mut Output) -> anyhow::Result<Exit> {
    let Some(stage) = &place.stage else {
        bail!(Usage("which stage? give --stage N or --stage NAME; --show lists them".to_owned()));
    };
    let request = ChangeRequest {
        threshold: options.threshold.clone(),
        max_symbols: options.max_symbols.clone(),
        scan_interval: options.scan_interval.clone(),
        set: options.set.clone(),
        unset: options.unset.clone(),
    };
    let outcome = crate::commands::tokio()?.block_on(async {
        let store = super::store(home).await?;
        let deployed = Deployed::read(home, store.as_ref()).await?;
        let Deployed { config, catalog, settings } = &deployed;
        let set = changes(config, catalog, place.pipeline.as_deref(), stage, &request, settings)?;
        // only now: a change that is refused must not make a database
        let store = match store {
            Some(store) => store,
            None => home.store().await?,
        };
        let change = SettingsChange { base: base(options.base, settings)?, set, rolled_back_to: None };
        apply(&store, settings, &change).await
    })?;
    print(out, &outcome)?;
    Ok(Exit::Done)
}

/// Sets everything as it was after a revision.
pub fn roll_back(
    home: &Home,
    place: &Place,
    revision: i64,
    given: Option<i64>,
    out: &mut Output,
) -> anyhow::Result<Exit> {
    home.require_store()?;
    let outcome = crate::commands::tokio()?.block_on(async {
        let store = home.store().await?;
        let then = store.settings_at(revision).await?;
        let deployed = Deployed::read(home, Some(&store)).await?;
        let set = difference(&deployed, place, &then)?;
        let base = base(given, &deployed.settings)?;
        let change = SettingsChange { base, set, rolled_back_to: Some(revision) };
        apply(&store, &deployed.settings, &change).await
    })?;
    print(out, &outcome)?;
    Ok(Exit::Done)
}

fn base(given: Option<i64>, settings: &Settings) -> anyhow::Result<Base> {
    match given {
        None => Ok(Base::Seen(settings.revision)),
        Some(revision) if revision <= settings.revision => Ok(Base::Exactly(revision)),
        Some(revision) => {
            bail!(Usage(format!("--base {revision} is no revision yet: the newest is {}", settings.revision)))
        }
    }
}

/// What has to be set so that it is as it was then. Whatever is at hand today is checked; settings of what is not
/// there any more come back as they were.
fn difference(
    deployed: &Deployed,
    place: &Place,
    then: &Settings,
) -> anyhow::Result<Vec<(SettingKey, Option<String>)>> {
    let Deployed { config, catalog, settings } = deployed;
    let whole = place.stage.is_none() && place.pipeline.is_none();
    let mut rows: BTreeMap<SettingKey, Option<String>> = BTreeMap::new();
    if whole {
        let values = |settings: &Settings| -> BTreeMap<SettingKey, String> {
            settings.rows.iter().map(|row| (row.key.clone(), row.value_json.clone())).collect()
        };
        let (now, then) = (values(settings), values(then));
        rows.extend(now.keys().filter(|key| !then.contains_key(key)).map(|key| (key.clone(), None)));
        rows.extend(
            then.into_iter()
                .filter(|(key, value)| now.get(key) != Some(value))
                .map(|(key, value)| (key, Some(value))),
        );
    }
    let pipelines: Vec<&String> = match whole {
        true => config.pipelines.keys().collect(),
        false => vec![place.pipeline.as_ref().unwrap_or(&config.default_pipeline)],
    };
    for pipeline in pipelines {
        let part = Place { pipeline: Some(pipeline.clone()), stage: place.stage.clone() };
        for stage in part.stages(config)? {
            rows.extend(rollback(config, catalog, Some(pipeline), &stage, settings, then)?);
        }
    }
    Ok(rows.into_iter().collect())
}

async fn apply(store: &Store, settings: &Settings, change: &SettingsChange) -> anyhow::Result<Outcome> {
    let revision = match store.change_settings(change).await? {
        Changed::Nothing => return Ok(Outcome { revision: settings.revision, changes: Vec::new() }),
        Changed::Revision(revision) => revision,
    };
    let written = store.settings_history(&[], revision.checked_add(1), 1).await?;
    let changes = written.into_iter().filter(|row| row.revision == revision).flat_map(|row| row.changes);
    Ok(Outcome { revision, changes: changes.map(Change::from).collect() })
}

fn print(out: &mut Output, outcome: &Outcome) -> anyhow::Result<()> {
    let row = |change: &Change| {
        vec![change.of().to_owned(), change.setting.clone(), cell(&change.old), cell(&change.new)]
    };
    match out.format() {
        Format::Json => out.json(outcome),
        Format::Ndjson => out.json_line(outcome),
        Format::Csv => out.csv(
            &["revision", "of", "setting", "old", "new"],
            outcome.changes.iter().map(|change| {
                let mut fields = row(change);
                fields.insert(0, outcome.revision.to_string());
                fields
            }),
        ),
        Format::Table if outcome.changes.is_empty() => out.line("nothing changed"),
        Format::Table => {
            out.line(format_args!("revision {}", outcome.revision))?;
            out.line(table::plain(&["of", "setting", "old", "new"], outcome.changes.iter().map(row)))
        }
    }
}

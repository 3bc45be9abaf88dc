//! Which stages of which pipeline run, with which layers.

use super::PlanError;
use crate::combine::{PassRule, ScoreRule, Unknown};
use crate::config::{Config, LayerRef, Pipeline, StageConfig, StageNumber};
use crate::screening::Screening;
use sluice_runtime::{Value, text};
use std::collections::BTreeMap;

/// Longest typed name that a message repeats, in bytes.
const SHOWN_BYTES: usize = 80;

/// What the user chose.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// A pipeline by name; none: the default one.
    pub pipeline: Option<String>,
    /// A stage by number or name: it and what it needs run, nothing else.
    pub stage: Option<String>,
    /// Just these layers (author/name); stages without any of them fall away. A layer that the pipeline does not
    /// name gets a stage of its own at the end. Empty: all.
    pub with: Vec<String>,
    /// A screen on what these stages let through, in a stage of its own behind them.
    pub screen: Option<Screening>,
}

/// A chosen stage with positions instead of names.
pub(super) struct Chosen {
    pub(super) config: StageConfig,
    pub(super) after: Vec<usize>,
    /// Settings of its layers over those that are configured.
    pub(super) settings: BTreeMap<String, Value>,
}

pub(super) fn stages(config: &Config, selection: &Selection) -> Result<(String, Vec<Chosen>), PlanError> {
    let (name, pipeline) = find_pipeline(config, selection.pipeline.as_deref())?;
    let mut stages = pipeline.stages.clone();
    if let Some(wanted) = &selection.stage {
        let target = find_stage(config, selection.pipeline.as_deref(), wanted)?.1.name.clone();
        let needed = ancestors(&stages, &target);
        let beyond = |stage: &&StageConfig| !needed.contains(&stage.name);
        let left_out = stages.iter().filter(beyond).flat_map(|stage| &stage.layers);
        if let Some(layer) = left_out.map(|layer| &layer.id).find(|id| selection.with.contains(id)) {
            return Err(PlanError::BeyondStage { layer: layer.clone(), stage: wanted.clone() });
        }
        stages.retain(|stage| needed.contains(&stage.name));
    }
    if !selection.with.is_empty() {
        stages = only_with(stages, &selection.with);
    }
    if let Some(screen) = &selection.screen {
        stages.push(screen.stage(&stages));
    }
    let mut chosen = positions(stages);
    if let (Some(screen), Some(last)) = (&selection.screen, chosen.last_mut()) {
        last.settings = screen.settings();
    }
    Ok((name.to_owned(), chosen))
}

/// A pipeline by name, or the default one.
fn find_pipeline<'a>(config: &'a Config, name: Option<&str>) -> Result<(&'a str, &'a Pipeline), PlanError> {
    let name = name.unwrap_or(&config.default_pipeline);
    match config.pipelines.get_key_value(name) {
        Some((name, pipeline)) => Ok((name, pipeline)),
        None => Err(PlanError::Pipeline {
            name: text::clean(name, SHOWN_BYTES),
            have: config.pipelines.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// A stage by number or name, with the name of its pipeline.
pub(crate) fn find_stage<'a>(
    config: &'a Config,
    pipeline: Option<&str>,
    stage: &str,
) -> Result<(&'a str, &'a StageConfig), PlanError> {
    let (name, pipeline) = find_pipeline(config, pipeline)?;
    let found = pipeline.stages.iter().find(|known| is_called(known, stage));
    found.map(|found| (name, found)).ok_or_else(|| no_stage(name, stage, &pipeline.stages))
}

/// A stage by number or name ("2 catalyst"), and the layers (author/name) that it has.
///
/// # Errors
/// When there is no such pipeline or stage.
pub fn layers_of_stage(
    config: &Config,
    pipeline: Option<&str>,
    stage: &str,
) -> Result<(String, Vec<String>), PlanError> {
    let (_, found) = find_stage(config, pipeline, stage)?;
    let layers = found.layers.iter().map(|layer| layer.id.clone()).collect();
    Ok((format!("{} {}", found.number, found.name), layers))
}

/// By name, whatever its case, or by number, however it is written.
fn is_called(stage: &StageConfig, text: &str) -> bool {
    let number = text.parse::<f64>().ok().and_then(StageNumber::new);
    stage.name.eq_ignore_ascii_case(text) || number == Some(stage.number)
}

fn no_stage(pipeline: &str, stage: &str, stages: &[StageConfig]) -> PlanError {
    let have: Vec<String> = stages.iter().map(|stage| format!("{} {}", stage.number, stage.name)).collect();
    PlanError::Stage {
        pipeline: pipeline.to_owned(),
        stage: text::clean(stage, SHOWN_BYTES),
        have: have.join(", "),
    }
}

/// The stage and everything that it needs. Stages name only stages above them, so one pass from below is enough.
fn ancestors(stages: &[StageConfig], target: &str) -> Vec<String> {
    let mut needed = vec![target.to_owned()];
    for stage in stages.iter().rev() {
        if needed.contains(&stage.name) {
            needed.extend(stage.after.iter().cloned());
        }
    }
    needed
}

/// Keeps only the layers asked for. What came after a stage that fell away comes after that one's own sources.
fn only_with(stages: Vec<StageConfig>, with: &[String]) -> Vec<StageConfig> {
    let mut kept: Vec<StageConfig> = Vec::new();
    let mut gone: Vec<(String, Vec<String>)> = Vec::new();
    let mut named: Vec<String> = Vec::new();
    for mut stage in stages {
        stage.layers.retain(|layer| with.contains(&layer.id));
        named.extend(stage.layers.iter().map(|layer| layer.id.clone()));
        stage.after = stage
            .after
            .into_iter()
            .flat_map(|name| match gone.iter().find(|(stage, _)| *stage == name) {
                Some((_, sources)) => sources.clone(),
                None => vec![name],
            })
            .collect();
        if stage.layers.is_empty() {
            gone.push((stage.name, stage.after));
            continue;
        }
        if let PassRule::AtLeast(least) = stage.pass {
            let most = u32::try_from(stage.layers.len()).unwrap_or(u32::MAX);
            stage.pass = PassRule::AtLeast(least.min(most));
        }
        kept.push(stage);
    }
    let extra: Vec<&String> = with.iter().filter(|id| !named.contains(id)).collect();
    if !extra.is_empty() {
        kept.push(extra_stage(&kept, &extra));
    }
    kept
}

/// A stage for layers that the pipeline does not name.
fn extra_stage(stages: &[StageConfig], ids: &[&String]) -> StageConfig {
    let layer = |id: &&String| LayerRef::any(id);
    StageConfig {
        number: stages.last().map_or_else(StageNumber::default, |last| last.number.next_whole()),
        name: "with".to_owned(),
        layers: ids.iter().map(layer).collect(),
        after: stages.last().map(|last| last.name.clone()).into_iter().collect(),
        pass: PassRule::All,
        score: ScoreRule::Mean,
        unknown: Unknown::Drop,
        threshold: None,
        max_symbols: None,
        max_age: None,
        scan_interval: None,
        expect: None,
    }
}

fn positions(stages: Vec<StageConfig>) -> Vec<Chosen> {
    let names: Vec<String> = stages.iter().map(|stage| stage.name.clone()).collect();
    let position = |name: &String| names.iter().position(|known| known == name);
    stages
        .into_iter()
        .map(|config| Chosen {
            after: config.after.iter().filter_map(position).collect(),
            config,
            settings: BTreeMap::new(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULT_CONFIG;

    fn names(selection: &Selection) -> Vec<(String, Vec<usize>, usize)> {
        let config = Config::parse("default", DEFAULT_CONFIG).unwrap();
        let (_, chosen) = stages(&config, selection).unwrap();
        chosen.into_iter().map(|stage| (stage.config.name, stage.after, stage.config.layers.len())).collect()
    }

    fn with(ids: &[&str]) -> Selection {
        Selection { with: ids.iter().map(|id| (*id).to_owned()).collect(), ..Selection::default() }
    }

    #[test]
    fn a_stage_is_found_by_number_or_name_and_brings_what_it_needs() {
        for stage in ["1", "1.0", "liquidity", "Liquidity"] {
            let selection = Selection { stage: Some(stage.to_owned()), ..Selection::default() };
            assert_eq!(names(&selection), [("universe".into(), vec![], 1), ("liquidity".into(), vec![0], 1)]);
        }
    }

    #[test]
    fn an_unknown_stage_or_pipeline_is_refused_with_those_there_are() {
        let config = Config::parse("default", DEFAULT_CONFIG).unwrap();
        let message = |selection| stages(&config, &selection).err().unwrap().to_string();
        assert_eq!(
            message(Selection { stage: Some("9".into()), ..Selection::default() }),
            "pipeline daily has no stage 9: it has 0 universe, 1 liquidity, 1.5 affinity, 2 catalyst, 3 session"
        );
        assert_eq!(
            message(Selection { pipeline: Some("x".into()), ..Selection::default() }),
            "there is no pipeline x: sluice.toml has daily"
        );
    }

    #[test]
    fn a_layer_beyond_the_stage_asked_for_is_refused() {
        let config = Config::parse("default", DEFAULT_CONFIG).unwrap();
        let selection = Selection { stage: Some("1".into()), ..with(&["sluice/technical"]) };
        assert_eq!(
            stages(&config, &selection).err().unwrap().to_string(),
            "layer sluice/technical belongs to no stage that --stage 1 runs: leave out one of them"
        );
    }

    #[test]
    fn with_keeps_just_these_layers_and_closes_the_gap() {
        assert_eq!(
            names(&with(&["sluice/universe", "sluice/technical"])),
            [("universe".into(), vec![], 1), ("catalyst".into(), vec![0], 1)]
        );
    }

    #[test]
    fn a_screen_comes_behind_everything_else_that_runs() {
        let screen = |stage: Option<&str>| Selection {
            stage: stage.map(str::to_owned),
            screen: Some(Screening::new("rvol > 2", None).unwrap()),
            ..Selection::default()
        };
        assert_eq!(names(&screen(None)).last(), Some(&("screen".into(), vec![4], 1)));
        assert_eq!(
            names(&screen(Some("universe"))),
            [("universe".into(), vec![], 1), ("screen".into(), vec![0], 1)]
        );
        let config = Config::parse("default", DEFAULT_CONFIG).unwrap();
        let (_, chosen) = stages(&config, &screen(None)).unwrap();
        assert_eq!(chosen.last().unwrap().settings["where"], Value::Text("rvol > 2".into()));
        assert!(chosen[..5].iter().all(|stage| stage.settings.is_empty()));
    }

    #[test]
    fn a_layer_outside_the_pipeline_gets_a_stage_at_the_end() {
        assert_eq!(names(&with(&["acme/gap"])), [("with".into(), vec![], 1)]);
        assert_eq!(
            names(&with(&["sluice/liquidity", "acme/gap"])),
            [("liquidity".into(), vec![], 1), ("with".into(), vec![0], 1)]
        );
    }
}

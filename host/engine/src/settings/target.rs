//! What a setting belongs to: a stage of a pipeline, or a layer.

use super::error::SettingsError;
use super::names;
use crate::catalog::Catalog;
use crate::config::{Config, LayerRef, StageConfig};
use crate::plan::{PlanError, find_stage};
use sluice_runtime::Layer;

/// Before the name of a pipeline and a stage.
const STAGE: &str = "stage:";
/// Before the id of a layer.
const LAYER: &str = "layer:";

pub(super) fn of_stage(pipeline: &str, stage: &str) -> String {
    format!("{STAGE}{pipeline}/{stage}")
}

pub(super) fn of_layer(id: &str) -> String {
    format!("{LAYER}{id}")
}

/// A target as the store has it, taken apart.
pub(super) enum Target<'a> {
    Stage { pipeline: &'a str, stage: &'a str },
    Layer(&'a str),
}

impl<'a> Target<'a> {
    /// None: it is neither. A pipeline's name has no slash, so the first one ends it.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        if let Some(id) = text.strip_prefix(LAYER) {
            return Some(Self::Layer(id));
        }
        let (pipeline, stage) = text.strip_prefix(STAGE)?.split_once('/')?;
        Some(Self::Stage { pipeline, stage })
    }
}

/// The targets of a stage: itself and each of its layers.
///
/// # Errors
/// When there is no such pipeline or stage.
pub fn targets(config: &Config, pipeline: Option<&str>, stage: &str) -> Result<Vec<String>, SettingsError> {
    let (pipeline, stage) = find_stage(config, pipeline, stage)?;
    let layers = ids(stage).into_iter().map(of_layer);
    Ok(std::iter::once(of_stage(pipeline, &stage.name)).chain(layers).collect())
}

/// The layer of a target; none when it is a stage.
pub(super) fn id(target: &str) -> Option<&str> {
    match Target::parse(target) {
        Some(Target::Layer(id)) => Some(id),
        _ => None,
    }
}

/// Whether a target is a stage of the file.
pub(super) fn is_stage(config: &Config, target: &str) -> bool {
    let Some(Target::Stage { pipeline, stage }) = Target::parse(target) else { return false };
    let stages = config.pipelines.get(pipeline).map(|pipeline| &pipeline.stages);
    stages.is_some_and(|stages| stages.iter().any(|known| known.name == stage))
}

/// The ids of a stage's layers, each once.
pub(super) fn ids(stage: &StageConfig) -> Vec<&str> {
    let mut ids: Vec<&str> = Vec::with_capacity(stage.layers.len());
    for layer in &stage.layers {
        if !ids.contains(&layer.id.as_str()) {
            ids.push(&layer.id);
        }
    }
    ids
}

/// Which pipelines name a layer, and with which versions. Empty: none.
pub(crate) fn references<'a>(
    config: &'a Config,
    id: &'a str,
) -> impl Iterator<Item = (&'a str, &'a LayerRef)> {
    config.pipelines.iter().flat_map(move |(name, pipeline)| {
        let layers = pipeline.stages.iter().flat_map(|stage| &stage.layers);
        layers.filter(move |layer| layer.id == id).map(|layer| (name.as_str(), layer))
    })
}

/// The layers at hand that settings of this id reach: every version that a pipeline calls; when none names the id,
/// the one that a scan of the default pipeline would call that is told to.
pub(super) fn layers(config: &Config, catalog: &Catalog, id: &str) -> Vec<Layer> {
    let any = LayerRef::any(id);
    let mut wanted: Vec<(&str, &LayerRef)> = references(config, id).collect();
    if wanted.is_empty() {
        wanted.push((&config.default_pipeline, &any));
    }
    let mut found: Vec<Layer> = Vec::with_capacity(wanted.len());
    for layer in wanted.into_iter().filter_map(|(pipeline, wanted)| catalog.find(pipeline, wanted).ok()) {
        if !found.iter().any(|known| known.digest() == layer.digest()) {
            found.push(layer);
        }
    }
    found
}

/// The layer of a stage that is meant by author/name, or by the name alone where only one has it.
pub(super) fn layer_of<'a>(
    config: &Config,
    stage: &'a StageConfig,
    typed: &str,
) -> Result<&'a str, SettingsError> {
    let ids = ids(stage);
    let name = |id: &str| id.split_once('/').is_some_and(|(_, name)| name == typed);
    let mut meant = ids.iter().filter(|id| **id == typed || name(id));
    match (meant.next(), meant.count()) {
        (Some(id), 0) => Ok(id),
        (Some(_), _) => Err(SettingsError::Ambiguous {
            stage: stage.name.clone(),
            layer: names::shown(typed),
            have: names::listed(typed, ids.iter().copied().filter(|id| name(id))),
        }),
        (None, _) => Err(SettingsError::Layer {
            stage: stage.name.clone(),
            layer: names::shown(typed),
            have: names::listed(typed, ids),
            elsewhere: elsewhere(config, typed),
        }),
    }
}

/// A hint at the stages that have the layer.
fn elsewhere(config: &Config, typed: &str) -> String {
    let stages = config
        .pipelines
        .iter()
        .flat_map(|(name, pipeline)| pipeline.stages.iter().map(move |stage| (name, stage)));
    let has = |stage: &StageConfig| {
        stage
            .layers
            .iter()
            .any(|layer| layer.id == typed || layer.id.split_once('/').is_some_and(|(_, name)| name == typed))
    };
    let found = stages.into_iter().find(|(_, stage)| has(stage));
    found.map_or_else(String::new, |(pipeline, stage)| {
        format!("; it belongs to stage {} of pipeline {pipeline}", stage.name)
    })
}

/// Whether a refusal means that there is no such pipeline or stage.
pub(super) fn is_unknown(error: &PlanError) -> bool {
    matches!(error, PlanError::Pipeline { .. } | PlanError::Stage { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(layers: &str) -> Config {
        let text = format!(
            "default-pipeline = \"p\"\n[[pipelines.p.stages]]\nnumber = 1\nname = \"one\"\nlayers = {layers}"
        );
        Config::parse("x", &text).unwrap()
    }

    fn found(layers: &str, typed: &str) -> Result<String, String> {
        let config = config(layers);
        let stage = &config.pipelines["p"].stages[0];
        layer_of(&config, stage, typed).map(str::to_owned).map_err(|error| error.to_string())
    }

    #[test]
    fn a_layer_is_found_by_its_id_or_by_its_name_alone() {
        let layers = r#"["acme/gap", "sluice/volume"]"#;
        for typed in ["acme/gap", "gap"] {
            assert_eq!(found(layers, typed), Ok("acme/gap".to_owned()));
        }
        assert_eq!(found(r#"["acme/gap@^1", "acme/gap@^2"]"#, "gap"), Ok("acme/gap".to_owned()));
    }

    #[test]
    fn a_name_that_several_layers_have_is_refused_with_them() {
        assert_eq!(
            found(r#"["acme/gap", "other/gap"]"#, "gap").unwrap_err(),
            "stage one has several layers \"gap\": acme/gap, other/gap; name one with its author"
        );
        assert_eq!(found(r#"["acme/gap", "other/gap"]"#, "other/gap"), Ok("other/gap".to_owned()));
    }

    #[test]
    fn the_first_slash_ends_a_pipelines_name() {
        let target = of_stage("daily", "a/b");
        assert!(matches!(Target::parse(&target), Some(Target::Stage { pipeline: "daily", stage: "a/b" })));
        assert!(matches!(Target::parse("layer:a/b"), Some(Target::Layer("a/b"))));
        assert!(Target::parse("stage:daily").is_none());
    }
}

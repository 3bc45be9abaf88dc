//! Why a change of settings is refused: whose setting, which, the value as typed, what is allowed.

use crate::plan::PlanError;
use thiserror::Error;

/// Why settings cannot be changed or told. One line each; typed texts are in quotes and cleaned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// No such pipeline or stage, a layer that is not at hand, or a file whose own settings are wrong.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A request without any setting.
    #[error("nothing to change at stage {stage}: name a setting to set or unset; it has {have}")]
    Empty {
        /// The stage.
        stage: String,
        /// What could be set.
        have: String,
    },
    /// A `--set` that is no assignment.
    #[error("--set {typed} is not LAYER.PARAM=VALUE: write it as in --set {example}")]
    Assignment {
        /// As typed.
        typed: String,
        /// One that would do.
        example: String,
    },
    /// A name that is none of a stage's own settings and no LAYER.PARAM.
    #[error("stage {stage} has no setting {name}: it has {have}")]
    Name {
        /// The stage.
        stage: String,
        /// As typed.
        name: String,
        /// Those there are, close ones first.
        have: String,
    },
    /// A layer that the stage does not have.
    #[error("stage {stage} has no layer {layer}: it has {have}{elsewhere}")]
    Layer {
        /// The stage.
        stage: String,
        /// As typed.
        layer: String,
        /// Those there are, close ones first.
        have: String,
        /// Where it is instead.
        elsewhere: String,
    },
    /// A layer's name without author that several layers have.
    #[error("stage {stage} has several layers {layer}: {have}; name one with its author")]
    Ambiguous {
        /// The stage.
        stage: String,
        /// As typed.
        layer: String,
        /// Those that are meant.
        have: String,
    },
    /// A parameter that the layer does not have.
    #[error("layer {layer} has no setting {name}: it has {have}")]
    Parameter {
        /// author/name.
        layer: String,
        /// As typed.
        name: String,
        /// Those there are, close ones first.
        have: String,
    },
    /// A value of another kind, or out of bounds.
    #[error("{whose}, setting {name}, value {value}: {fault}; it takes {bounds}")]
    Value {
        /// The stage or layer.
        whose: String,
        /// The setting.
        name: String,
        /// As typed.
        value: String,
        /// What is wrong with it.
        fault: String,
        /// What would do.
        bounds: String,
    },
    /// A setting that is named twice.
    #[error("{whose}, setting {name}: named twice in one change; name it once")]
    Twice {
        /// The stage or layer.
        whose: String,
        /// The setting.
        name: String,
    },
    /// A setting that is set and unset at once.
    #[error("{whose}, setting {name}: set and unset in one change; leave out one of them")]
    SetAndUnset {
        /// The stage or layer.
        whose: String,
        /// The setting.
        name: String,
    },
    /// Settings that the layer itself refuses together.
    #[error("layer {layer}, setting {name}: {detail}; the change asks for {asked}: nothing was changed")]
    Together {
        /// author/name.
        layer: String,
        /// The setting that it names.
        name: String,
        /// In its words.
        detail: String,
        /// The part of the change that concerns it.
        asked: String,
    },
    /// A layer that could not run with the settings.
    #[error("layer {layer} cannot run so: {detail}; the change asks for {asked}: nothing was changed")]
    Faulted {
        /// author/name.
        layer: String,
        /// Why.
        detail: String,
        /// The part of the change that concerns it.
        asked: String,
    },
    /// An earlier setting that cannot be brought back, or one that another version of the layer refuses.
    #[error("{whose}, setting {name}, value {value}: {fault}: nothing was changed")]
    Unfit {
        /// The stage or layer.
        whose: String,
        /// The setting.
        name: String,
        /// As stored.
        value: String,
        /// Why.
        fault: String,
    },
}

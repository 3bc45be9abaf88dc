//! A scan from plan to stored result.
//!
//! The files stand in the order in which a scan goes through them: the configuration ([`Config`]), the layers at
//! hand ([`Catalog`]), the [settings](changes) that operators change at run time, the [`Plan`] of one scan, its division into [shards](shard), the [batch] that a layer sees,
//! the calls on all cores, the [validation](validate) of every answer, its [statistics](stats), the combination
//! of a stage's layers, the [result](ScanResult), the [risk](Risk) of its alerts, and its record in the store. Beside that
//! way stands what the author of a layer asks before it is shipped: [`check`], [`conform`], [`measure`], [`seen`].
//!
//! The room knows markets, the sandbox and the store; it knows nothing of arguments, terminals or formats.

mod author;
mod batch;
pub mod breaker;
mod cache;
mod catalog;
mod combine;
mod conduct;
mod config;
mod error;
mod explain;
mod health;
mod kinds;
mod lists;
mod look;
mod plan;
mod record;
mod result;
mod risk;
mod run;
pub mod screening;
mod settings;
mod shard;
mod stats;
mod swap;
mod trust;
mod universe;
mod validate;
mod venues;
mod view;

pub use author::{
    AuthorError, Checked, Conformance, Cost, Judged, JudgedAlert, Judgement, Question, Rule, RuleResult,
    RuleVerdict, Seen, SeenBars, SeenEvent, Share, Subject, Trial, check, conform, judge, measure, seen,
    trial,
};
pub use cache::{
    CacheStats, Cleared, Kind as CacheKind, LayerStats as LayerCacheStats, VerdictCache,
    Which as WhichEntries,
};
pub use catalog::{
    Activations, AtHand, Bundled, Catalog, CatalogError, Component, LayerSource, Origin, Picked, Place,
    Sources, Unloadable, pick,
};
pub use combine::{PassRule, ScoreRule, Unknown};
pub use conduct::{Request, conduct, record_layer};
pub use config::{
    AlertRules, Config, ConfigError, DEFAULT_CONFIG, Expected, LayerConfig, LayerRef, Pipeline, Source,
    StageConfig, StageNumber, UniverseRules, WhenOpen,
};
pub use error::EngineError;
pub use explain::{ExplainedLayer, ExplainedStage, Explanation, Saw, SawBars, SawEvent, SawQuote};
pub use health::{
    Durations, HEALTH_SCANS, Health, LayerHealth, Past, PastError, PipelineHealth, StageHealth, health,
    last_scans,
};
pub use kinds::{ALERT_KINDS, alert_kind, unknown_kinds};
pub use lists::{ListName, ListNameError, Wanted, WantedError, find_any_case, list_entries};
pub use look::look;
pub use plan::{Plan, PlanError, PlannedLayer, PlannedStage, Selection, layers_of_stage};
pub use record::layer_schema;
pub use result::{
    Abstention, AlertDifference, AlertResult, InstrumentError, InstrumentResult, LayerOpinion, LayerResult,
    LayerStatus, Opinion, Outlier, Said, ScanResult, ScanStatus, ShadowResult, StageResult, Then,
    VerdictDifference,
};
pub use risk::{Account, PriceBy, Risk, RiskFlag};
pub use run::{Observer, Silent, run, run_cached};
pub use screening::{Screening, ScreeningError};
pub use settings::{
    ChangeRequest, EffectiveSetting, SettingSource, SettingsError, changes, effective, rollback, targets,
};
pub use stats::{Drift, Stats};
pub use swap::{
    Becomes, Desk, Step, SwapError, Switched, Target, Use, Version, Versions, activate, roll_back,
    set_enabled,
};
pub use trust::trust;
pub use universe::{UniverseFinding, UniverseStats, universe_health, universe_stats};
pub use validate::check_report;
pub use venues::{SessionTimes, VenueState};
pub use view::{COLUMN_NAMES, Cell, Column, ColumnError, Sort, View, ViewError};

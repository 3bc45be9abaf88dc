//! What a scan will do, decided before anything is read: stages, layers, settings, needs.

mod screens;
mod select;
mod settings;

use crate::catalog::{Catalog, CatalogError, Component, Origin, Tried};
use crate::config::{Config, LayerConfig, StageConfig};
use crate::risk::Account;
pub(crate) use select::find_stage;
pub use select::{Selection, layers_of_stage};
pub(crate) use settings::{effective as effective_settings, fit};
use sluice_market::{Adjustment, BarColumn, Timeframe};
use sluice_runtime::{Layer, Limits, Needs, Setting};
use sluice_store::{LastGood, VersionKey};
use thiserror::Error;

/// Most bars back that a layer may ask for: 21 sessions of minutes from 4:00 to 20:00, 80 years of days. Calls are sized by
/// bytes, so many bars make calls on few instruments; but one of them is always whole.
const MOST_LOOKBACK: u32 = 20_160;
/// Most past sessions that a layer may ask for.
const MOST_SESSIONS: u32 = 10_000;

/// The stages of one scan and their layers.
#[derive(Debug)]
pub struct Plan {
    /// The pipeline's name.
    pub pipeline: String,
    /// Stages; `after` points to earlier ones.
    pub stages: Vec<PlannedStage>,
    /// All layers, stage by stage.
    pub layers: Vec<PlannedLayer>,
    /// Versions that are tried beside layers of the plan; nothing of the result rests on them.
    pub shadows: Vec<PlannedShadow>,
    /// Revision of the run-time settings that it was made with; 0: none.
    pub settings_revision: i64,
    /// Whose money the risk figures are about.
    pub account: Account,
}

/// A stage of the plan.
#[derive(Debug)]
pub struct PlannedStage {
    /// Its rules.
    pub config: StageConfig,
    /// Positions in [`Plan::layers`].
    pub layers: std::ops::Range<usize>,
    /// Layers that it has (author/name), but which an operator disabled. Without any other one it lets through what
    /// comes to it.
    pub disabled: Vec<String>,
    /// Positions of the stages whose survivors it sees; empty: the universe.
    pub after: Vec<usize>,
}

/// A version that is tried beside the active one.
#[derive(Debug)]
pub struct PlannedShadow {
    /// Position of the stage in [`Plan::stages`].
    pub stage: usize,
    /// Position of the active version in [`Plan::layers`].
    pub beside: usize,
    /// Scans that it is still to be tried in, this one included.
    pub scans_left: u32,
    /// What the store calls the version.
    pub key: VersionKey,
    /// The version.
    pub candidate: PlannedLayer,
}

/// A layer of the plan.
#[derive(Debug)]
pub struct PlannedLayer {
    /// The component that this scan stays with.
    pub component: Component,
    /// Where it came from.
    pub origin: Origin,
    /// Weight in a mean.
    pub weight: f64,
    /// Every parameter, checked; none of a layer that cannot be loaded.
    pub settings: Vec<Setting>,
    /// What a call may cost.
    pub limits: Limits,
    /// What it sees, or why it is not called.
    pub sight: Result<Sight, Absence>,
    /// Whether answers from the verdict cache will do; not while it is being tried whether it works again.
    pub may_be_cached: bool,
}

/// Why a layer is not called, and what is used instead.
#[derive(Debug, Default)]
pub struct Absence {
    /// Why, and what to do; one line.
    pub why: String,
    /// It faulted before its first call: it cannot be loaded, or did not say what it needs. Otherwise it was not asked:
    /// its breaker is not closed, it is not trusted, or the version that is active cannot be had.
    pub faulted: bool,
    /// What it said in an earlier scan, to be used instead.
    pub last_good: Option<LastGood>,
    /// What of an earlier scan is used instead, or that there is nothing; one line. None: nothing was looked for.
    pub instead: Option<String>,
}

impl Absence {
    fn refused(why: String) -> Self {
        Self { why, ..Self::default() }
    }

    fn faulted(why: String) -> Self {
        Self { why, faulted: true, ..Self::default() }
    }

    /// All that is to be told of it.
    pub(crate) fn told(&self) -> String {
        match &self.instead {
            Some(instead) => format!("{instead}; {}", self.why),
            None => self.why.clone(),
        }
    }
}

impl PlannedLayer {
    /// The layer and what it sees, when it is called.
    pub(crate) fn called(&self) -> Option<(&Layer, &Sight)> {
        Some((self.component.layer()?, self.sight.as_ref().ok()?))
    }

    /// Whether its breaker lets it be called, so that what it does counts.
    pub(crate) fn is_admitted(&self) -> bool {
        self.sight.as_ref().err().is_none_or(|absence| absence.faulted)
    }

    /// Takes it out of this scan, for its breaker is not closed.
    pub(crate) fn refuse(&mut self, why: String) {
        self.sight = Err(Absence::refused(why));
    }

    /// Names of its measures, in the order of its report or of the earlier one that is used instead.
    pub(crate) fn measures(&self) -> Vec<String> {
        let said = |good: &LastGood| good.measures.clone();
        let earlier = self.sight.as_ref().err().and_then(|absence| absence.last_good.as_ref());
        match self.component.descriptor() {
            Some(descriptor) => descriptor.measures.iter().map(|measure| measure.name.clone()).collect(),
            None => earlier.map(said).unwrap_or_default(),
        }
    }
}

/// What a layer sees, in the host's terms.
#[derive(Debug)]
pub struct Sight {
    /// As the layer put it.
    pub needs: Needs,
    /// Its bars.
    pub bars: Vec<BarsPlan>,
}

/// One need for bars.
#[derive(Debug)]
pub struct BarsPlan {
    /// Timeframe.
    pub timeframe: Timeframe,
    /// Columns in the order asked for.
    pub columns: Vec<BarColumn>,
    /// Bar opens too.
    pub time: bool,
    /// Bars back.
    pub lookback: u32,
    /// What they are adjusted for.
    pub adjustment: Adjustment,
}

/// Why a scan cannot be planned.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// No such pipeline.
    #[error("there is no pipeline {name}: sluice.toml has {have}")]
    Pipeline {
        /// The name asked for.
        name: String,
        /// The names there are.
        have: String,
    },
    /// No such stage.
    #[error("pipeline {pipeline} has no stage {stage}: it has {have}")]
    Stage {
        /// The pipeline.
        pipeline: String,
        /// The stage asked for.
        stage: String,
        /// Those there are.
        have: String,
    },
    /// A layer and a stage that exclude each other.
    #[error("layer {layer} belongs to no stage that --stage {stage} runs: leave out one of them")]
    BeyondStage {
        /// The layer asked for.
        layer: String,
        /// The stage asked for.
        stage: String,
    },
    /// A layer cannot be had.
    #[error(transparent)]
    Layer(#[from] CatalogError),
    /// A screen from the command line reads what there is not.
    #[error(transparent)]
    Screening(#[from] crate::ScreeningError),
    /// A setting is wrong.
    #[error("layer {layer}, setting {name}: {detail}")]
    Setting {
        /// The layer.
        layer: String,
        /// The setting.
        name: String,
        /// What is wrong and what is allowed.
        detail: String,
    },
}

impl Plan {
    /// Chooses stages and layers, checks the settings and asks every layer what it needs.
    ///
    /// A layer that refuses its settings is the user's mistake and an error; one that cannot be loaded, or fails while it
    /// is asked, is at fault itself and only makes the scan partial.
    ///
    /// # Errors
    /// Unknown names and wrong settings.
    pub fn new(config: &Config, catalog: &Catalog, selection: &Selection) -> Result<Self, PlanError> {
        Self::new_without(config, catalog, selection, &|_| None)
    }

    /// Tries no version beside a layer that is not called, and none at all unless `are_tried`.
    pub(crate) fn keep_shadows(&mut self, are_tried: bool) {
        let Self { layers, shadows, .. } = self;
        let is_called =
            |shadow: &PlannedShadow| layers.get(shadow.beside).is_some_and(|layer| layer.called().is_some());
        shadows.retain(|shadow| are_tried && is_called(shadow));
    }

    /// The same without asking those layers anything for which `refusal` has a reason.
    ///
    /// # Errors
    /// Unknown names and wrong settings.
    pub fn new_without(
        config: &Config,
        catalog: &Catalog,
        selection: &Selection,
        refusal: &dyn Fn(&Component) -> Option<String>,
    ) -> Result<Self, PlanError> {
        let (pipeline, chosen) = select::stages(config, selection)?;
        let (mut layers, mut shadows) = (Vec::new(), Vec::new());
        let mut stages = Vec::with_capacity(chosen.len());
        for (at, stage) in chosen.into_iter().enumerate() {
            let (first, mut disabled) = (layers.len(), Vec::new());
            for wanted in &stage.config.layers {
                if catalog.activations().row(&pipeline, &wanted.id).is_some_and(|row| !row.enabled) {
                    disabled.push(wanted.id.clone());
                    continue;
                }
                let (component, origin) = catalog.choose(&pipeline, wanted)?;
                let mut set = config.layer(component.id());
                set.settings.extend(stage.settings.clone());
                if let Some(shadow) = catalog.shadow(&pipeline, &wanted.id) {
                    let candidate = plan_candidate(&set, &shadow, wanted.weight, refusal);
                    let (beside, scans_left) = (layers.len(), shadow.scans_left);
                    shadows.push(PlannedShadow { stage: at, beside, scans_left, key: shadow.key, candidate });
                }
                let refusal = refusal(&component);
                layers.push(plan_layer(&set, component, origin, wanted.weight, refusal)?);
            }
            stages.push(PlannedStage {
                layers: first..layers.len(),
                disabled,
                after: stage.after,
                config: stage.config,
            });
        }
        let plan = Self {
            pipeline,
            stages,
            layers,
            shadows,
            settings_revision: config.settings_revision(),
            account: config.account.clone(),
        };
        screens::check(&plan, selection.screen.is_some())?;
        Ok(plan)
    }
}

/// A version that is tried: whatever keeps it from being called is its own fault, the scan goes on without it.
fn plan_candidate(
    set: &LayerConfig,
    shadow: &Tried,
    weight: f64,
    refusal: &dyn Fn(&Component) -> Option<String>,
) -> PlannedLayer {
    let Tried { component, origin, .. } = shadow;
    let why = refusal(component);
    let planned = match plan_layer(set, component.clone(), *origin, weight, why) {
        Ok(planned) => planned,
        Err(error) => PlannedLayer {
            component: component.clone(),
            origin: *origin,
            weight,
            settings: Vec::new(),
            limits: set.limits,
            sight: Err(Absence::faulted(error.to_string())),
            may_be_cached: false,
        },
    };
    // what it costs is compared, too
    PlannedLayer { may_be_cached: false, ..planned }
}

fn plan_layer(
    set: &LayerConfig,
    component: Component,
    origin: Origin,
    weight: f64,
    refusal: Option<String>,
) -> Result<PlannedLayer, PlanError> {
    let (settings, sight) = match (&component, refusal) {
        (Component::Loaded(layer), None) => {
            let (settings, sight) = prepare(set, layer)?;
            (settings, sight.map_err(Absence::faulted))
        }
        (Component::Loaded(layer), Some(why)) => {
            (settings::effective(layer, &set.settings)?, Err(Absence::refused(why)))
        }
        (Component::Unloadable(_), Some(why)) => (Vec::new(), Err(Absence::refused(why))),
        (Component::Unloadable(it), None) if it.is_refused => {
            (Vec::new(), Err(Absence::refused(it.why.clone())))
        }
        (Component::Unloadable(it), None) => (Vec::new(), Err(Absence::faulted(it.why.clone()))),
    };
    Ok(PlannedLayer { component, origin, weight, settings, limits: set.limits, sight, may_be_cached: true })
}

/// The settings that hold, and what the layer needs with them.
pub(crate) fn prepare(
    set: &LayerConfig,
    layer: &Layer,
) -> Result<(Vec<Setting>, Result<Sight, String>), PlanError> {
    let settings = settings::effective(layer, &set.settings)?;
    let sight = match layer.prepare(&settings, set.limits) {
        Err(error) => Err(error.failure.to_string()),
        Ok(answer) => match answer.value {
            Ok(needs) => sight(needs),
            Err(faults) => return Err(settings::refused(layer, faults)),
        },
    };
    Ok((settings, sight))
}

/// Whether a layer would run with a configuration; the inner error is what would make it fault.
pub(crate) fn trial(config: &Config, layer: &Layer) -> Result<Result<(), String>, PlanError> {
    prepare(&config.layer(layer.id()), layer).map(|(_, sight)| sight.map(drop))
}

/// Whether the needs can be met.
fn sight(needs: Needs) -> Result<Sight, String> {
    if needs.sessions > MOST_SESSIONS {
        return Err(format!("asks for {} sessions, over the limit of {MOST_SESSIONS}", needs.sessions));
    }
    let bars = needs.bars.iter().map(bars_plan).collect::<Result<Vec<_>, _>>()?;
    Ok(Sight { needs, bars })
}

fn bars_plan(need: &sluice_runtime::BarsNeed) -> Result<BarsPlan, String> {
    let timeframe = Timeframe::parse(&need.timeframe).map_err(|error| format!("asks for bars: {error}"))?;
    if !(1..=MOST_LOOKBACK).contains(&need.lookback) {
        return Err(format!(
            "asks for {} bars back, which is not within 1 to {MOST_LOOKBACK}",
            need.lookback
        ));
    }
    let adjustment =
        Adjustment::parse(&need.adjustment).map_err(|error| format!("asks for bars: {error}"))?;
    let columns = need
        .columns
        .iter()
        .map(|name| BarColumn::parse(name).map_err(|error| format!("asks for bars: {error}")))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(BarsPlan { timeframe, columns, time: need.time, lookback: need.lookback, adjustment })
}

//! The layers of a scan against what they said in the scans before.

use crate::plan::Plan;
use crate::result::{LayerStatus, ScanResult};
use crate::stats::{RUNS, RunFigures, Stats, compare};
use sluice_market::Instant;
use sluice_store::{LayerHistory, Store, StoreError};
use std::collections::BTreeMap;

/// Figures of earlier runs by stage and layer, newest first.
pub(super) struct History(BTreeMap<(String, String), Vec<RunFigures>>);

/// Of the newest scans of the plan's pipeline that are about instants before this one: a scan of the past is compared
/// with what was before it.
pub(super) async fn read(store: &Store, plan: &Plan, as_of: Instant) -> Result<History, StoreError> {
    let rows = store.layer_history(&plan.pipeline, as_of.millis(), RUNS).await?;
    let mut runs: BTreeMap<(String, String), Vec<RunFigures>> = BTreeMap::new();
    for LayerHistory { stage_name, layer, abstained, stats_json, .. } in rows {
        // figures of another version of the program may lack some: then the run is no measure
        let Ok(stats) = serde_json::from_str::<Stats>(&stats_json) else { continue };
        let figures = RunFigures::of(&stats, usize::try_from(abstained).unwrap_or(usize::MAX));
        runs.entry((stage_name, layer)).or_default().push(figures);
    }
    Ok(History(runs))
}

impl History {
    /// Adds to every layer how it stands against its last runs, and a warning where it does not stand well.
    pub(super) fn compare(&self, result: &mut ScanResult) {
        for stage in &mut result.stages {
            for layer in stage.layers.iter_mut().filter(|layer| layer.status == LayerStatus::Ok) {
                let key = (stage.name.clone(), layer.id.clone());
                let now = RunFigures::of(&layer.stats, layer.abstained);
                layer.drift = self.0.get(&key).and_then(|earlier| compare(now, earlier));
                let remarks = layer.drift.iter().flat_map(|drift| &drift.remarks);
                result.warnings.extend(remarks.map(|remark| format!("{}: {remark}", layer.id)));
            }
        }
    }
}

//! Versions that are tried beside active ones: what the store keeps of them, and what it made of them.

use crate::catalog::Activations;
use crate::config::Config;
use crate::result::{ScanResult, ShadowResult, Then};
use sluice_market::Instant;
use sluice_store::{ActivationRow, ShadowRecord, Store};

/// What the store keeps of them; it decides by that what becomes of them.
pub(super) fn records(result: &ScanResult, config: &Config) -> Result<Vec<ShadowRecord>, serde_json::Error> {
    let now = Instant::now().millis();
    let trial = i64::try_from(config.trial.as_millis()).unwrap_or(i64::MAX);
    let record = |shadow: &ShadowResult| {
        let (active, candidate) = shadow.keys.clone();
        Ok(ShadowRecord {
            stage_name: shadow.stage.clone(),
            layer: shadow.layer.clone(),
            active,
            active_version: shadow.active.clone(),
            active_digest: shadow.active_digest.clone(),
            candidate,
            candidate_version: shadow.candidate.clone(),
            candidate_digest: shadow.candidate_digest.clone(),
            fault: shadow.refusal(),
            comparison_json: serde_json::to_string(shadow)?,
            at: now,
            trial_until: now.saturating_add(trial),
        })
    };
    result.shadows.iter().map(record).collect()
}

/// Reads what became of them when the scan was stored.
pub(super) async fn settle(store: &Store, result: &mut ScanResult) {
    if result.shadows.is_empty() {
        return;
    }
    match Activations::read(store).await {
        Ok(activations) => {
            for shadow in &mut result.shadows {
                if let Some(row) = activations.row(&result.pipeline, &shadow.layer) {
                    shadow.then = then(row, shadow);
                }
            }
        }
        // the scan is stored, and with it what became of them
        Err(error) => tracing::warn!("what becomes of the versions that were tried is not known: {error}"),
    }
}

fn then(row: &ActivationRow, tried: &ShadowResult) -> Then {
    match &row.shadow {
        Some(shadow) => Then::Tried { scans_left: shadow.scans_left },
        None if row.active.as_ref() == Some(&tried.keys.1) => Then::Switched,
        None => Then::Withdrawn,
    }
}

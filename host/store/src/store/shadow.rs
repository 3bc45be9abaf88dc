//! Versions that are tried beside active ones: what a scan found of them, and what becomes of them by that. It is part
//! of the transaction that stores the scan.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Store;
use super::activations::{self, activation_row, activations};
use crate::error::StoreError;
use crate::ids::{AuditAction, FinalStatus, ScanId};
use crate::records::{AuditEntry, ScanRecord, ShadowRecord};
use crate::rows::{ActivationRow, Shadow, ShadowRunRow};
use crate::sql::{Lock, Row, Stop, Transaction, query, read_all};

impl Store {
    /// What scans found of versions of a layer that were tried, newest scan first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn shadow_runs(&self, layer: &str, limit: u32) -> Result<Vec<ShadowRunRow>, StoreError> {
        const SELECT: &str = "SELECT s.id, s.pipeline, s.started_at, r.stage_name, r.layer, r.active, r.candidate, \
             r.comparison_json FROM shadow_runs r JOIN scans s ON s.number = r.scan WHERE r.layer = $1 \
             ORDER BY r.scan DESC LIMIT $2";
        self.patiently("read how versions were tried", || async {
            let found = query(SELECT).bind(layer).bind(i64::from(limit));
            Ok(read_all(&found.all(&self.pool).await?, shadow_run)?)
        })
        .await
    }
}

/// Writes what a scan found, and what becomes of the versions: the next one is tried in fewer scans, becomes active, or
/// is withdrawn. Gives what the audit log is to tell.
pub(super) async fn write(
    transaction: &mut Transaction,
    scan: i64,
    record: &ScanRecord,
    operation: &str,
) -> Result<Vec<AuditEntry>, Stop> {
    const PIPELINE: &str = "SELECT pipeline FROM scans WHERE number = $1";
    const INSERT: &str = "INSERT INTO shadow_runs (scan, stage_name, layer, active, candidate, comparison_json) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    if record.shadows.is_empty() {
        return Ok(Vec::new());
    }
    transaction.lock(Lock::Layers).await?;
    let pipeline: String = query(PIPELINE).bind(scan).value(&mut *transaction).await?;
    let mut layers: BTreeMap<&str, Vec<&ShadowRecord>> = BTreeMap::new();
    for shadow in &record.shadows {
        layers.entry(&shadow.layer).or_default().push(shadow);
        let insert = query(INSERT).bind(scan).bind(&shadow.stage_name).bind(&shadow.layer);
        let insert = insert.bind(&shadow.active_digest).bind(&shadow.candidate_digest);
        insert.bind(&shadow.comparison_json).execute(&mut *transaction).await?;
    }
    let mut told = Vec::new();
    for (layer, shadows) in layers {
        let Some(first) = shadows.first() else { continue };
        let find = query(activations!("WHERE pipeline = $1 AND layer = $2")).bind(&pipeline).bind(layer);
        let Some(row) = find.optional(&mut *transaction).await? else { continue };
        let row = activation_row(&row)?;
        // somebody may have decided otherwise since the scan began
        let Some(shadow) = row.shadow.clone().filter(|shadow| shadow.candidate == first.candidate) else {
            continue;
        };
        let mut why = shadows.iter().find_map(|shadow| shadow.fault.clone());
        if !activations::is_installed(transaction, layer, &shadow.candidate).await? {
            why = Some("it was removed".to_owned());
        }
        let (after, entry) = match why {
            Some(why) => withdrawn(row, first, &why),
            // a scan without a result says nothing of either
            None if record.status == FinalStatus::Failed => continue,
            None => tried(row, shadow, first),
        };
        activations::put(transaction, &after, operation).await?;
        told.extend(entry);
    }
    Ok(told)
}

fn withdrawn(row: ActivationRow, tried: &ShadowRecord, why: &str) -> (ActivationRow, Option<AuditEntry>) {
    let candidate = json!({ "candidate": tried.candidate_version, "active": tried.active_version });
    let after = json!({ "active": tried.active_version, "why": why });
    let entry = entry(AuditAction::LayerWithdrawn, &row, candidate, after);
    (ActivationRow { shadow: None, ..row }, Some(entry))
}

fn tried(row: ActivationRow, shadow: Shadow, tried: &ShadowRecord) -> (ActivationRow, Option<AuditEntry>) {
    let left = shadow.scans_left.saturating_sub(1);
    if left > 0 {
        let shadow = Some(Shadow { scans_left: left, ..shadow });
        return (ActivationRow { shadow, ..row }, None);
    }
    let before = json!({ "active": tried.active_version, "digest": tried.active_digest });
    let after = json!({
        "active": tried.candidate_version, "digest": tried.candidate_digest, "tried_in_scans": shadow.scans,
    });
    let entry = entry(AuditAction::LayerActivated, &row, before, after);
    let previous = Some(tried.active.clone());
    let switched = row.switched(shadow.candidate, previous, tried.at, Some(tried.trial_until));
    (switched, Some(entry))
}

/// The same shape as where an operator decides: what changed, by pipeline.
fn entry(action: AuditAction, row: &ActivationRow, before: Json, after: Json) -> AuditEntry {
    let by_pipeline = |value: Json| Some(json!({ &row.pipeline: value }).to_string());
    AuditEntry {
        action,
        subject: row.layer.clone(),
        before_json: by_pipeline(before),
        after_json: by_pipeline(after),
    }
}

fn shadow_run(row: &Row) -> Result<ShadowRunRow, sqlx::Error> {
    Ok(ShadowRunRow {
        scan: row.word::<ScanId>("id")?,
        pipeline: row.get("pipeline")?,
        started_at: row.get("started_at")?,
        stage_name: row.get("stage_name")?,
        layer: row.get("layer")?,
        active: row.get("active")?,
        candidate: row.get("candidate")?,
        comparison_json: row.get("comparison_json")?,
    })
}

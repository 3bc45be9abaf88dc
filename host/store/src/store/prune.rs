//! Removing what is old: whole scans, and rows of the audit log down to a checkpoint that the log itself tells.

use super::Store;
use super::audit::operation_id;
use super::chain::Checkpoint;
use super::newest::Known;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::PruneSummary;
use crate::sql::{Lock, Stop, Transaction, query};

/// Scans that are removed in one transaction: few enough that other writers hardly wait.
const SCANS: i64 = 8;

/// What is counted of the scans that go.
const COUNT: &str = "SELECT \
     (SELECT count(*) FROM scans s WHERE s.started_at < $1 AND s.status <> 'running') AS scans, \
     (SELECT count(*) FROM scans s JOIN layer_runs r ON r.scan = s.number JOIN verdicts v ON v.layer_run = r.id \
      WHERE s.started_at < $1 AND s.status <> 'running') AS verdicts, \
     (SELECT count(*) FROM scans s JOIN alerts a ON a.scan = s.number \
      WHERE s.started_at < $1 AND s.status <> 'running') AS alerts, \
     (SELECT count(*) FROM breakers WHERE state = 'closed' AND changed_at < $1 \
      AND coalesce(last_fault_at, changed_at) < $1) AS breakers";

/// Closed breakers of components that nothing happened to since: having none is the same.
const REMOVE_BREAKERS: &str = "DELETE FROM breakers WHERE state = 'closed' AND changed_at < $1 \
     AND coalesce(last_fault_at, changed_at) < $1";

/// What was told before: nothing new rests on it.
const REMOVE_KEYS: &str = "DELETE FROM alert_keys WHERE as_of < $1";

impl Store {
    /// Removes the scans that began before an instant (UTC milliseconds) with all that belongs to them, the closed breakers that
    /// nothing happened to since, and unless
    /// `keep_audit` the rows of the audit log from before it. Scans that run stay, settings and their history stay, and
    /// the log always keeps the row that tells of the pruning. In a dry run nothing is removed and the summary tells
    /// what would be.
    ///
    /// # Errors
    /// When the database fails, or the audit log takes no row: then nothing was removed. What was removed when the
    /// removal of scans stops stays removed, a few whole scans at a time; the next pruning goes on.
    pub async fn prune(
        &self,
        before: i64,
        keep_audit: bool,
        dry_run: bool,
    ) -> Result<PruneSummary, StoreError> {
        let doing = "remove what is old";
        let mut summary = self.patiently(doing, || self.count_old(before, keep_audit)).await?;
        if dry_run {
            return Ok(summary);
        }
        if (summary.scans, summary.audit_rows, summary.breakers) == (0, 0, 0) {
            return Ok(summary);
        }
        // first, so that nothing goes that the log does not tell of: it may refuse, and the removal may be stopped
        summary.checkpoint = self.prune_audit(before, keep_audit, summary).await?;
        while self.patiently(doing, || self.remove_scans(before)).await? > 0 {}
        self.patiently(doing, || async {
            query(REMOVE_KEYS).bind(before).execute(&self.pool).await?;
            Ok(query(REMOVE_BREAKERS).bind(before).execute(&self.pool).await?)
        })
        .await?;
        Ok(summary)
    }

    async fn count_old(&self, before: i64, keep_audit: bool) -> Result<PruneSummary, Stop> {
        let mut transaction = self.pool.begin_reading().await?;
        let row = query(COUNT).bind(before).one(&mut transaction).await?;
        let checkpoint = match keep_audit {
            true => None,
            false => checkpoint(&mut transaction, before).await?,
        };
        let audit_rows = match &checkpoint {
            None => 0,
            Some(checkpoint) => {
                let count = "SELECT count(*) FROM audit WHERE number <= $1";
                query(count).bind(checkpoint.through).value::<i64>(&mut transaction).await?
            }
        };
        Ok(PruneSummary {
            scans: row.count("scans")?,
            verdicts: row.count("verdicts")?,
            alerts: row.count("alerts")?,
            breakers: row.count("breakers")?,
            audit_rows: audit_rows.unsigned_abs(),
            checkpoint: checkpoint.map(|checkpoint| checkpoint.through),
        })
    }

    /// Removes a few scans; tells how many.
    async fn remove_scans(&self, before: i64) -> Result<usize, Stop> {
        const OLD: &str =
            "SELECT number FROM scans WHERE started_at < $1 AND status <> 'running' ORDER BY number LIMIT $2";
        const REMOVE: [&str; 8] = [
            "DELETE FROM shadow_runs WHERE scan = $1",
            "DELETE FROM movements WHERE scan = $1",
            "DELETE FROM reaches WHERE scan = $1",
            "DELETE FROM alerts WHERE scan = $1",
            "DELETE FROM results WHERE scan = $1",
            "DELETE FROM verdicts WHERE layer_run IN (SELECT id FROM layer_runs WHERE scan = $1)",
            "DELETE FROM layer_runs WHERE scan = $1",
            "DELETE FROM scans WHERE number = $1",
        ];
        let mut transaction = self.pool.begin().await?;
        let old: Vec<i64> = query(OLD).bind(before).bind(SCANS).values(&mut transaction).await?;
        for number in &old {
            for statement in REMOVE {
                query(statement).bind(*number).execute(&mut transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(old.len())
    }

    /// Removes old rows of the audit log and tells of the whole pruning in a new one.
    async fn prune_audit(
        &self,
        before: i64,
        keep_audit: bool,
        summary: PruneSummary,
    ) -> Result<Option<i64>, StoreError> {
        let id = operation_id();
        let id = id.as_str();
        self.patiently("prune the audit log", || async move {
            let mut transaction = self.pool.begin().await?;
            // before looking: the commit of an attempt whose answer was lost may still be under way
            transaction.lock(Lock::Audit).await?;
            if let Some(row) = self.row_of(&mut transaction, id, Known::Kept).await? {
                self.keep(&row);
                return Ok(summary.checkpoint);
            }
            let checkpoint = match keep_audit {
                true => None,
                false => checkpoint(&mut transaction, before).await?,
            };
            let after = serde_json::json!({
                "before": before, "scans": summary.scans, "verdicts": summary.verdicts, "alerts": summary.alerts,
                "breakers": summary.breakers,
                "checkpoint": checkpoint.as_ref().map(Checkpoint::json),
            });
            let entry = AuditEntry {
                action: AuditAction::DatabasePruned,
                subject: self.url.to_string(),
                before_json: None,
                after_json: Some(after.to_string()),
            };
            let written = self.append(&mut transaction, id, &entry).await?;
            if let Some(checkpoint) = &checkpoint {
                let gone = query("DELETE FROM audit WHERE number <= $1").bind(checkpoint.through);
                gone.execute(&mut transaction).await?;
            }
            transaction.commit().await?;
            self.keep(&written);
            Ok(checkpoint.map(|checkpoint| checkpoint.through))
        })
        .await
    }
}

/// The newest row of the audit log before which everything may go: older than the instant, as is every row before it.
async fn checkpoint(transaction: &mut Transaction, before: i64) -> Result<Option<Checkpoint>, sqlx::Error> {
    const NEWEST: &str = "SELECT number, mac FROM audit WHERE number < \
         coalesce((SELECT min(number) FROM audit WHERE at >= $1), 9223372036854775807) ORDER BY number DESC LIMIT 1";
    let row = query(NEWEST).bind(before).optional(transaction).await?;
    row.map(|row| Ok(Checkpoint { through: row.get("number")?, mac: row.get("mac")? })).transpose()
}

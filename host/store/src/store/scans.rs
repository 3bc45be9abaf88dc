//! The life of a scan but for its results: it begins, is interrupted, or is found abandoned.

use super::audit::operation_id;
use super::{Store, now};
use crate::check::Check;
use crate::error::StoreError;
use crate::ids::{AuditAction, ScanId};
use crate::process::{Life, ProcessMark};
use crate::records::{AuditEntry, NewScan};
use crate::sql::{On, Stop, Transaction, query};

/// A scan of a process that cannot be seen from here (another machine or container) is given up after this long,
/// in milliseconds: a scan takes seconds.
const UNSEEN_LIMIT_MS: i64 = 24 * 60 * 60 * 1000;

/// Why a scan was marked by somebody else.
const ABANDONED: &str = "its process ended before the scan did";

impl Store {
    /// Stores that a scan has begun, so that a killed process leaves a trace.
    ///
    /// # Errors
    /// When a text cannot be stored as it is, or the database fails.
    pub async fn begin_scan(&self, scan: &NewScan) -> Result<ScanId, StoreError> {
        const INSERT: &str = "INSERT INTO scans (id, pipeline, status, as_of, data_until, started_at, config_digest, \
             market_digest, program_version, host, pid, process, warnings, config_json) \
             VALUES ($1, $2, 'running', $3, $4, $5, $6, $7, $8, $9, $10, $11, '[]', $12) ON CONFLICT (id) DO NOTHING";
        let doing = "begin a scan";
        Check::new(doing).new_scan(scan)?;
        let id = ScanId::generate();
        let process = ProcessMark::current();
        self.patiently(doing, || async {
            // a repetition after a lost answer finds its own row
            query(INSERT)
                .bind(id.to_string())
                .bind(&scan.pipeline)
                .bind(scan.as_of)
                .bind(scan.data_until)
                .bind(scan.started_at)
                .bind(&scan.config_digest)
                .bind(&scan.market_digest)
                .bind(&scan.program_version)
                .bind(&process.host)
                .bind(process.pid)
                .bind(&process.process)
                .bind(&scan.config_json)
                .execute(&self.pool)
                .await?;
            Ok(())
        })
        .await?;
        Ok(id)
    }

    /// Marks a running scan as interrupted.
    ///
    /// # Errors
    /// When there is no such scan, it is not running, or the database fails.
    pub async fn interrupt_scan(&self, scan: &ScanId, reason: &str) -> Result<(), StoreError> {
        let doing = format!("mark scan {scan} as interrupted");
        Check::new(&doing).text(|| "reason".to_owned(), reason)?;
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(()) };
            let number = self.running(&mut transaction, scan).await?;
            interrupt(&mut transaction, number, reason).await?;
            self.commit(transaction, &operation.id, &told(&scan.to_string(), reason)).await
        })
        .await
    }

    /// Marks as interrupted the running scans whose process is gone; returns how many. [`Store::open`] does so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn mark_abandoned(&self) -> Result<u64, StoreError> {
        let doing = "mark abandoned scans";
        self.patiently(doing, || async {
            let mut marked = 0;
            for (number, id) in running_scans(&self.pool).await?.1 {
                let mut transaction = self.pool.begin().await?;
                // another process may have been faster
                if interrupt(&mut transaction, number, ABANDONED).await? > 0 {
                    self.commit(transaction, &operation_id(), &told(&id, ABANDONED)).await?;
                    marked += 1;
                }
            }
            Ok(marked)
        })
        .await
    }

    /// The number of a scan that is running.
    pub(super) async fn running(&self, transaction: &mut Transaction, scan: &ScanId) -> Result<i64, Stop> {
        const FIND: &str = "SELECT number, status FROM scans WHERE id = $1";
        let row = query(FIND).bind(scan.to_string()).optional(transaction).await?;
        let row = row.ok_or_else(|| self.unknown_scan(scan))?;
        let status: String = row.get("status")?;
        if status != "running" {
            return Err(StoreError::NotRunning { scan: scan.to_string(), status }.into());
        }
        Ok(row.get("number")?)
    }

    pub(super) fn unknown_scan(&self, scan: &ScanId) -> StoreError {
        StoreError::UnknownScan { scan: scan.to_string(), database: self.url.to_string() }
    }
}

/// Marks a scan, unless it has ended meanwhile; returns how many that are.
async fn interrupt(transaction: &mut Transaction, number: i64, reason: &str) -> Result<u64, sqlx::Error> {
    const MARK: &str = "UPDATE scans SET status = 'interrupted', finished_at = $2, interruption = $3 \
         WHERE number = $1 AND status = 'running'";
    query(MARK).bind(number).bind(now()).bind(reason).execute(transaction).await
}

fn told(scan: &str, reason: &str) -> AuditEntry {
    AuditEntry {
        action: AuditAction::ScanInterrupted,
        subject: scan.to_owned(),
        before_json: None,
        after_json: Some(serde_json::json!({ "reason": reason }).to_string()),
    }
}

/// How many scans are running, as far as anybody can tell; and numbers and identities of those whose process is gone.
pub(super) async fn running_scans<'c>(
    on: impl Into<On<'c>>,
) -> Result<(u64, Vec<(i64, String)>), sqlx::Error> {
    const RUNNING: &str =
        "SELECT number, id, started_at, host, pid, process FROM scans WHERE status = 'running'";
    let (mut running, mut gone) = (0, Vec::new());
    for row in query(RUNNING).all(on).await? {
        let process =
            ProcessMark { host: row.get("host")?, pid: row.get("pid")?, process: row.get("process")? };
        let age = now().saturating_sub(row.get("started_at")?);
        let abandoned = match process.life() {
            Life::Alive => false,
            Life::Gone => true,
            Life::Unknown => age > UNSEEN_LIMIT_MS,
        };
        if abandoned {
            gone.push((row.get("number")?, row.get("id")?));
        } else {
            running += 1;
        }
    }
    Ok((running, gone))
}

//! Checking the audit log of a database: from its oldest row to its newest one, as it was at one instant.

use super::audit::{COLUMNS, audit_row, identity};
use super::chain::{Chain, Checkpoint};
use super::progress::Progress;
use super::sign::Signer;
use super::{LONGEST_PAGE, Store};
use crate::error::StoreError;
use crate::ids::{AuditAction, AuditFaultKind};
use crate::rows::AuditVerdict;
use crate::sql::{Stop, Transaction, query, query_of, read_all};

impl Store {
    /// Checks the whole audit log against the key; `progress` is told how many rows were checked so far. A log that is
    /// not intact is no error: the verdict names the first row that is not as it was written.
    ///
    /// # Errors
    /// When the key cannot be used or the database cannot be read.
    pub async fn verify_audit(&self, progress: impl FnMut(u64)) -> Result<AuditVerdict, StoreError> {
        let progress = Progress::new(progress);
        self.patiently("check the audit log", || self.verify(&progress)).await
    }

    /// One attempt.
    pub(super) async fn verify(&self, progress: &Progress<impl FnMut(u64)>) -> Result<AuditVerdict, Stop> {
        let mut walk = self.start().await?;
        while !walk.chain.is_spoilt() && walk.step().await? {
            progress.tell(walk.chain.rows());
        }
        Ok(walk.chain.verdict())
    }

    async fn start(&self) -> Result<Walk, Stop> {
        // before the log: a row that is written meanwhile must not look like one that is missing
        let heads = self.known_heads();
        let mut transaction = self.pool.begin_reading().await?;
        let id = identity(&mut transaction).await?;
        let known = self.newest_known(&mut transaction, &heads, &id).await?.map(|known| known.head);
        let replaced = if known.is_none() { heads.at(&self.place) } else { None };
        let first: Option<i64> =
            query("SELECT min(number) FROM audit").value::<Option<i64>>(&mut transaction).await?;
        let mut chain = Chain::new(Signer::new(self.key()?), known);
        if let Some(replaced) = replaced {
            let detail = format!(
                "the database is another one: the log of the one that was here before had {} rows",
                replaced.number
            );
            chain.spoil(1, AuditFaultKind::Removed, detail);
        }
        if let Some(first) = first {
            chain.begin(first, checkpoints(&mut transaction).await?);
        }
        Ok(Walk { transaction, chain })
    }
}

/// What the log tells of prunings, newest first.
async fn checkpoints(transaction: &mut Transaction) -> Result<Vec<Checkpoint>, sqlx::Error> {
    const PRUNED: &str = "SELECT after_json FROM audit WHERE action = $1 ORDER BY number DESC";
    let action = AuditAction::DatabasePruned.as_str();
    let told: Vec<Option<String>> = query(PRUNED).bind(action).values(transaction).await?;
    Ok(told.iter().flatten().filter_map(|json| Checkpoint::read(json)).collect())
}

/// A check under way.
struct Walk {
    /// Sees the log as it was when the check began.
    transaction: Transaction,
    chain: Chain,
}

impl Walk {
    /// Checks the next page of rows; false when none is left.
    async fn step(&mut self) -> Result<bool, Stop> {
        let sql = format!("SELECT {COLUMNS} FROM audit WHERE number > $1 ORDER BY number LIMIT $2");
        // one more than is checked, since what is wrong with a row shows in the next
        let limit = i64::from(LONGEST_PAGE) + 1;
        let page = query_of(sql).bind(self.chain.last()).bind(limit).all(&mut self.transaction).await?;
        let page = read_all(&page, audit_row)?;
        for (index, row) in page.iter().take(LONGEST_PAGE as usize).enumerate() {
            self.chain.take(row, page.get(index + 1));
        }
        if page.is_empty() {
            self.chain.end();
        }
        Ok(!page.is_empty())
    }
}

//! Breakers of components, shared by every process that scans: a change reads, decides and writes in one transaction.

use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::audit::operation_id;
use super::{Operation, Store, activations};
use crate::check::Check;
use crate::columns;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::{ActivationRow, BreakerChange, BreakerNote, BreakerRow, VersionKey};
use crate::sql::{Lock, Row, Stop, Transaction, query, read_all};

/// The columns of a [`BreakerRow`], and the operation that wrote it.
macro_rules! breakers {
    ($rest:literal) => {
        concat!(
            "SELECT layer, digest, state, faults, openings, opened_at, retry_at, probe, probe_until, last_fault, \
             last_fault_at, reason, changed_at, operation FROM breakers ",
            $rest
        )
    };
}

impl Store {
    /// The breaker of every component that has a row, by layer and digest in the order of bytes.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn breakers(&self) -> Result<Vec<BreakerRow>, StoreError> {
        self.patiently("list breakers", || async {
            let mut rows = read_all(&query(breakers!("")).all(&self.pool).await?, breaker_row)?;
            // in the order of bytes, whatever the database's collation
            rows.sort_by(|a, b| (&a.layer, &a.digest).cmp(&(&b.layer, &b.digest)));
            Ok(rows)
        })
        .await
    }

    /// Reads the breaker of a component (a closed one when it has no row), lets `change` decide what becomes of it, and
    /// writes that with its audit row in one transaction. Changes of several processes come one after the other, so
    /// that none is lost. `change` may be called again when an attempt is repeated: it must be pure.
    ///
    /// # Errors
    /// When the changed row is of another component or cannot be stored as it is, the audit log takes no row, or the
    /// database fails.
    pub async fn change_breaker<T>(
        &self,
        layer: &str,
        digest: &str,
        change: impl Fn(BreakerRow) -> BreakerChange<T>,
    ) -> Result<T, StoreError> {
        Ok(self.change_breaker_of(layer, digest, None, change).await?.0)
    }

    /// The same for a version of a layer that is taken back when its breaker opens: in the same transaction the version
    /// before it becomes the active one again, in every pipeline where it is within its trial period at `at` (UTC
    /// milliseconds), with an audit row for each. Gives these pipelines.
    ///
    /// # Errors
    /// As there.
    pub async fn change_breaker_on_trial<T>(
        &self,
        layer: &str,
        digest: &str,
        (version, at): (&VersionKey, i64),
        change: impl Fn(BreakerRow) -> BreakerChange<T>,
    ) -> Result<(T, Vec<ActivationRow>), StoreError> {
        self.change_breaker_of(layer, digest, Some((version, at)), change).await
    }

    async fn change_breaker_of<T>(
        &self,
        layer: &str,
        digest: &str,
        on_trial: Option<(&VersionKey, i64)>,
        change: impl Fn(BreakerRow) -> BreakerChange<T>,
    ) -> Result<(T, Vec<ActivationRow>), StoreError> {
        let doing = format!("change the breaker of {layer}");
        let check = Check::new(&doing);
        check.name(|| "layer".to_owned(), layer)?;
        check.name(|| "digest".to_owned(), digest)?;
        // of the attempt before, whose change may have been made although its answer was lost
        let answered = Mutex::new(None);
        let (change, answered) = (&change, &answered);
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else {
                return taken(answered).ok_or_else(|| sqlx::Error::RowNotFound.into());
            };
            if on_trial.is_some() {
                transaction.lock(Lock::Layers).await?;
            }
            // there may be no row yet that could be locked
            transaction.lock(Lock::Breakers).await?;
            let (row, written_by) = find(&mut transaction, layer, digest).await?;
            if operation.again
                && written_by.as_deref() == Some(&operation.id)
                && let Some(answer) = taken(answered)
            {
                return Ok(answer);
            }
            let before = row.clone();
            let BreakerChange { row, note, answer } = change(row);
            check.breaker(&before, &row, note.as_ref())?;
            if row == before && note.is_none() {
                return Ok((answer, Vec::new()));
            }
            write(&mut transaction, &row, &operation).await?;
            let mut back = Vec::new();
            if let Some((version, at)) = on_trial.filter(|_| note.as_ref().is_some_and(is_opening)) {
                back = activations::take_back(&mut transaction, layer, version, at, &operation.id).await?;
            }
            for row in &back {
                self.append(&mut transaction, &operation_id(), &taken_back(row)).await?;
            }
            *answered.lock().unwrap_or_else(PoisonError::into_inner) = Some((answer, back));
            match note {
                Some(note) => self.commit(transaction, &operation.id, &told(&row, note)).await?,
                None => transaction.commit().await?,
            }
            taken(answered).ok_or_else(|| sqlx::Error::RowNotFound.into())
        })
        .await
    }
}

fn taken<T>(answered: &Mutex<Option<T>>) -> Option<T> {
    answered.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// The breaker, and which operation wrote it.
async fn find(
    transaction: &mut Transaction,
    layer: &str,
    digest: &str,
) -> Result<(BreakerRow, Option<String>), Stop> {
    let found = query(breakers!("WHERE layer = $1 AND digest = $2")).bind(layer).bind(digest);
    Ok(match found.optional(transaction).await? {
        Some(row) => (breaker_row(&row)?, Some(row.get("operation")?)),
        None => (BreakerRow::closed(layer, digest), None),
    })
}

async fn write(
    transaction: &mut Transaction,
    row: &BreakerRow,
    operation: &Operation,
) -> Result<(), sqlx::Error> {
    const PUT: &str = "INSERT INTO breakers (layer, digest, state, faults, openings, opened_at, retry_at, probe, \
         probe_until, last_fault, last_fault_at, reason, changed_at, operation) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
         ON CONFLICT (layer, digest) DO UPDATE SET state = excluded.state, faults = excluded.faults, \
         openings = excluded.openings, opened_at = excluded.opened_at, retry_at = excluded.retry_at, \
         probe = excluded.probe, probe_until = excluded.probe_until, last_fault = excluded.last_fault, \
         last_fault_at = excluded.last_fault_at, reason = excluded.reason, changed_at = excluded.changed_at, \
         operation = excluded.operation";
    query(PUT)
        .bind(&row.layer)
        .bind(&row.digest)
        .bind(row.state.as_str())
        .bind(columns::instants(&row.faults).map_err(sqlx::Error::Encode)?)
        .bind(i64::from(row.openings))
        .bind(row.opened_at)
        .bind(row.retry_at)
        .bind(&row.probe)
        .bind(row.probe_until)
        .bind(&row.last_fault)
        .bind(row.last_fault_at)
        .bind(&row.reason)
        .bind(row.changed_at)
        .bind(&operation.id)
        .execute(transaction)
        .await
        .map(drop)
}

fn is_opening(note: &BreakerNote) -> bool {
    matches!(note.action, AuditAction::BreakerOpened | AuditAction::BreakerQuarantined)
}

fn taken_back(row: &ActivationRow) -> AuditEntry {
    let digest = |key: &Option<VersionKey>| {
        let key = key.as_ref().map(VersionKey::as_str);
        Some(json!({ &row.pipeline: { "digest": key } }).to_string())
    };
    AuditEntry {
        action: AuditAction::LayerRolledBack,
        subject: row.layer.clone(),
        before_json: digest(&row.previous),
        after_json: digest(&row.active),
    }
}

fn told(row: &BreakerRow, note: BreakerNote) -> AuditEntry {
    AuditEntry {
        action: note.action,
        subject: format!("{} {}", row.layer, row.digest),
        before_json: Some(note.before_json),
        after_json: Some(note.after_json),
    }
}

fn breaker_row(row: &Row) -> Result<BreakerRow, sqlx::Error> {
    Ok(BreakerRow {
        layer: row.get("layer")?,
        digest: row.get("digest")?,
        state: row.word("state")?,
        faults: row.instants("faults")?,
        openings: row.small("openings")?,
        opened_at: row.get("opened_at")?,
        retry_at: row.get("retry_at")?,
        probe: row.get("probe")?,
        probe_until: row.get("probe_until")?,
        last_fault: row.get("last_fault")?,
        last_fault_at: row.get("last_fault_at")?,
        reason: row.get("reason")?,
        changed_at: row.get("changed_at")?,
    })
}

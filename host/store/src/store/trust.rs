//! Keys whose signatures count. Every change has its row in the audit log.

use serde_json::json;

use super::{Store, now};
use crate::check::Check;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::TrustedKeyRow;
use crate::sql::{Lock, Row, Stop, Transaction, query, read_all};

/// What adding a key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustOutcome {
    /// It is trusted from now on.
    Added,
    /// It was before, under this name.
    AlreadyTrusted,
}

impl Store {
    /// Trusts a key, under a name.
    ///
    /// # Errors
    /// When the name, the id or the key is taken already by another trusted one, a text cannot be stored as it is, or the
    /// database fails.
    pub async fn trust_key(
        &self,
        public_key: &str,
        key_id: &str,
        name: &str,
    ) -> Result<TrustOutcome, StoreError> {
        const PUT: &str = "INSERT INTO trusted_keys (public_key, key_id, name, added_at, added_by) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (public_key) DO UPDATE SET key_id = excluded.key_id, \
             name = excluded.name, added_at = excluded.added_at, added_by = excluded.added_by, removed_at = NULL";
        let doing = format!("trust key {key_id}");
        let check = Check::new(&doing);
        for (field, text) in [("public key", public_key), ("key id", key_id), ("name", name)] {
            check.name(|| field.to_owned(), text)?;
        }
        self.once(&doing, |operation| async move {
            let Some(mut transaction) = self.begin(&operation).await? else { return Ok(TrustOutcome::Added) };
            transaction.lock(Lock::Trust).await?;
            for known in read(&mut transaction).await?.into_iter().filter(|key| key.removed_at.is_none()) {
                if known.public_key == public_key && known.name == name {
                    return Ok(TrustOutcome::AlreadyTrusted);
                }
                if known.public_key == public_key || known.key_id == key_id || known.name == name {
                    return Err(StoreError::TrustConflict {
                        name: name.to_owned(),
                        key_id: key_id.to_owned(),
                        known_name: known.name,
                        known_id: known.key_id,
                    }
                    .into());
                }
            }
            query(PUT)
                .bind(public_key)
                .bind(key_id)
                .bind(name)
                .bind(now())
                .bind(&self.access.actor.name)
                .execute(&mut transaction)
                .await?;
            let after = json!({ "name": name, "public_key": public_key });
            let entry = AuditEntry {
                action: AuditAction::TrustAdded,
                subject: key_id.to_owned(),
                before_json: None,
                after_json: Some(after.to_string()),
            };
            self.commit(transaction, &operation.id, &entry).await?;
            Ok(TrustOutcome::Added)
        })
        .await
    }

    /// All keys by name, those included that are not trusted any more.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn trusted_keys(&self) -> Result<Vec<TrustedKeyRow>, StoreError> {
        self.patiently("read the trusted keys", || async {
            let mut transaction = self.pool.begin().await?;
            let keys = read(&mut transaction).await?;
            transaction.commit().await?;
            Ok(keys)
        })
        .await
    }

    /// Trusts a key no more, by its name or id; none when no trusted one is called so.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn distrust_key(&self, which: &str) -> Result<Option<TrustedKeyRow>, StoreError> {
        let doing = format!("take key {which} out of trust");
        Check::new(&doing).text(|| "key".to_owned(), which)?;
        self.once(&doing, |operation| async move {
            let called = |key: &TrustedKeyRow| key.name == which || key.key_id == which;
            let Some(mut transaction) = self.begin(&operation).await? else {
                // done by an attempt whose answer was lost
                let mut transaction = self.pool.begin().await?;
                let mut keys = read(&mut transaction).await?;
                transaction.commit().await?;
                keys.sort_by_key(|key| std::cmp::Reverse(key.removed_at));
                return Ok(keys.into_iter().find(called));
            };
            transaction.lock(Lock::Trust).await?;
            let keys = read(&mut transaction).await?;
            let Some(key) = keys.into_iter().find(|key| key.removed_at.is_none() && called(key)) else {
                return Ok(None);
            };
            query("UPDATE trusted_keys SET removed_at = $2 WHERE public_key = $1")
                .bind(&key.public_key)
                .bind(now())
                .execute(&mut transaction)
                .await?;
            let before = json!({ "name": key.name, "public_key": key.public_key });
            let entry = AuditEntry {
                action: AuditAction::TrustRemoved,
                subject: key.key_id.clone(),
                before_json: Some(before.to_string()),
                after_json: None,
            };
            self.commit(transaction, &operation.id, &entry).await?;
            Ok(Some(key))
        })
        .await
    }
}

async fn read(transaction: &mut Transaction) -> Result<Vec<TrustedKeyRow>, Stop> {
    const ALL: &str = "SELECT public_key, key_id, name, added_at, added_by, removed_at FROM trusted_keys";
    let mut keys = read_all(&query(ALL).all(transaction).await?, key_row)?;
    // in the order of bytes, whatever the database's collation
    keys.sort_by(|a, b| (&a.name, &a.public_key).cmp(&(&b.name, &b.public_key)));
    Ok(keys)
}

fn key_row(row: &Row) -> Result<TrustedKeyRow, sqlx::Error> {
    Ok(TrustedKeyRow {
        public_key: row.get("public_key")?,
        key_id: row.get("key_id")?,
        name: row.get("name")?,
        added_at: row.get("added_at")?,
        added_by: row.get("added_by")?,
        removed_at: row.get("removed_at")?,
    })
}

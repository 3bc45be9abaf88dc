//! Files outside the database whose changes the audit log tells of.

use super::{Store, now};
use crate::access::host_name;
use crate::check::Check;
use crate::error::StoreError;
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::sql::{Lock, query};

impl Store {
    /// Compares a file with what was last seen under its path on this machine. A difference, the first sight included,
    /// is stored together with its audit row; tells whether there was one.
    ///
    /// # Errors
    /// When a text cannot be stored as it is, or the database fails.
    pub async fn notice_file(&self, path: &str, digest: &str) -> Result<bool, StoreError> {
        const FIND: &str = "SELECT digest FROM noticed_files WHERE host = $1 AND path = $2";
        const PUT: &str = "INSERT INTO noticed_files (host, path, digest, noticed_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (host, path) DO UPDATE SET digest = excluded.digest, noticed_at = excluded.noticed_at";
        let doing = format!("notice {path}");
        let check = Check::new(&doing);
        check.name(|| "path".to_owned(), path)?;
        check.name(|| "digest".to_owned(), digest)?;
        let host = host_name();
        let known = || query(FIND).bind(&host).bind(path);
        let seen: Option<String> =
            self.patiently(&doing, || async { Ok(known().optional_value(&self.pool).await?) }).await?;
        if seen.as_deref() == Some(digest) {
            return Ok(false);
        }
        self.once(&doing, |operation| {
            let known = known();
            let host = &host;
            async move {
                let Some(mut transaction) = self.begin(&operation).await? else { return Ok(true) };
                transaction.lock(Lock::Files).await?;
                let before: Option<String> = known.optional_value(&mut transaction).await?;
                if before.as_deref() == Some(digest) {
                    return Ok(false);
                }
                let put = query(PUT).bind(host).bind(path).bind(digest).bind(now());
                put.execute(&mut transaction).await?;
                let told = |digest: &str| serde_json::json!({ "digest": digest }).to_string();
                let entry = AuditEntry {
                    action: AuditAction::FileChanged,
                    subject: path.to_owned(),
                    before_json: before.as_deref().map(told),
                    after_json: Some(told(digest)),
                };
                self.commit(transaction, &operation.id, &entry).await?;
                Ok(true)
            }
        })
        .await
    }
}

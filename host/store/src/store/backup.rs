//! Backups: one SQLite file that holds everything, whatever kind the database is, so that a backup of one kind can be
//! put back into the other. Secrets stay sealed in it and the audit log stays signed.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::Store;
use super::connect;
use super::copy::Copy;
use super::progress::Progress;
use crate::error::{StoreError, one_line};
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::BackupSummary;
use crate::sql::{Stop, explain_file};

impl Store {
    /// Copies everything, as it is at one instant, into a new file that only its owner can read; others may write
    /// meanwhile. `progress` is told how many rows were copied, where rows are copied one by one. The audit log then
    /// tells of it; the backup itself has no such row.
    ///
    /// # Errors
    /// When the file exists or cannot be written, or the database fails. [`StoreError::Untold`] when the backup is there
    /// but the audit log takes no row.
    pub async fn backup(&self, file: &Path, progress: impl FnMut(u64)) -> Result<BackupSummary, StoreError> {
        let shown = one_line(&file.display().to_string());
        if file.exists() {
            let why = std::io::Error::from(ErrorKind::AlreadyExists);
            return Err(explain_file("make the backup", file, &why));
        }
        let progress = Progress::new(progress);
        let doing = format!("back up into {shown}");
        let rows = self.patiently(&doing, || self.copy_into(file, &progress)).await?;
        let size_bytes = fs::metadata(file).map_or(0, |file| file.len());
        let schema = connect::newest();
        let told = serde_json::json!({ "rows": rows, "size_bytes": size_bytes, "schema": schema });
        self.told(
            AuditEntry {
                action: AuditAction::DatabaseBackedUp,
                subject: shown.clone(),
                before_json: None,
                after_json: Some(told.to_string()),
            },
            || format!("the backup {shown} is made"),
        )
        .await?;
        Ok(BackupSummary { file: file.to_owned(), size_bytes, rows, schema })
    }

    async fn copy_into(&self, file: &Path, progress: &Progress<impl FnMut(u64)>) -> Result<u64, Stop> {
        let (copy, rows) = Copy::of_store(self, file, None, progress).await?;
        let kept = copy.finish().await.keep();
        kept.map_err(|error| explain_file("make the backup", file, &error))?;
        Ok(rows)
    }

    /// Tells the audit log of something that cannot be undone.
    pub(super) async fn told(
        &self,
        entry: AuditEntry,
        done: impl FnOnce() -> String,
    ) -> Result<(), StoreError> {
        match self.record(&entry).await {
            Ok(_) => Ok(()),
            Err(why) => Err(StoreError::Untold { done: done(), why: Box::new(why) }),
        }
    }
}

//! Putting a backup back, in one transaction: under its locks what is there is kept in a file, then every row is
//! replaced. Nobody can write between the two, so that a change is in the file or was never accepted.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::audit::operation_id;
use super::connect::{self, Upgrade};
use super::copy::Copy;
use super::newest::{Known, Written};
use super::progress::Progress;
use super::retry::Patience;
use super::tables::{self, Columns};
use super::{Store, scans, stamp};
use crate::access::Access;
use crate::error::{StoreError, one_line};
use crate::ids::AuditAction;
use crate::part::Part;
use crate::records::AuditEntry;
use crate::rows::RestoreSummary;
use crate::sql::{self, Lock, Stop, Transaction, explain_file, query};
use crate::url::{DatabaseUrl, beside};

const DOING: &str = "restore the backup";

/// Rows of a database that was just made: its identity and one of the audit log.
const ROWS_OF_NOTHING: u64 = 2;

impl Store {
    /// Replaces everything in a database by what a backup holds, in one transaction. What was there is kept in a file
    /// before; a damaged file is set aside as it is.
    ///
    /// # Errors
    /// When the backup is none, is damaged, has a newer schema, was made with another key, or its audit log is not as it
    /// was written; when scans run; when the database fails. It is then as it was before.
    /// [`StoreError::RestoreUnknown`] when a server was lost at the commit and did not come back to tell.
    pub async fn restore(
        url: &DatabaseUrl,
        access: &Access,
        file: &Path,
        progress: impl FnMut(u64),
    ) -> Result<RestoreSummary, StoreError> {
        Self::restore_with(url, access, file, Patience::default(), progress).await
    }

    /// The same with another patience.
    pub(crate) async fn restore_with(
        url: &DatabaseUrl,
        access: &Access,
        file: &Path,
        patience: Patience,
        progress: impl FnMut(u64),
    ) -> Result<RestoreSummary, StoreError> {
        let copy = Copy::of_backup(file, url, access).await?;
        let done = restore_from(&copy, url, access, file, patience, Progress::new(progress)).await;
        copy.remove().await;
        done
    }
}

async fn restore_from(
    copy: &Copy,
    url: &DatabaseUrl,
    access: &Access,
    file: &Path,
    patience: Patience,
    progress: Progress<impl FnMut(u64)>,
) -> Result<RestoreSummary, StoreError> {
    let (store, aside) = open_or_set_aside(url, access, patience).await?;
    let done = async {
        let columns = copy.store.patiently(DOING, || async { Ok(copy.columns().await?) }).await?;
        let operation = operation_id();
        let undecided = Mutex::new(None);
        Restoring { copy, store: &store, file, aside, columns, operation, progress, undecided }.run().await
    }
    .await;
    store.close().await;
    done
}

/// The database that is restored; a file that is damaged is set aside and made anew, and told where it is now.
async fn open_or_set_aside(
    url: &DatabaseUrl,
    access: &Access,
    patience: Patience,
) -> Result<(Store, Option<PathBuf>), StoreError> {
    let store = Store::unprepared(url, access, patience)?;
    let damaged = store.tried(patience.first_limit, DOING, |_| is_damaged(&store)).await;
    match damaged {
        Ok(false) => return Ok((store, None)),
        Ok(true) => store.close().await,
        Err(error) => {
            store.close().await;
            return Err(error);
        }
    }
    let aside = connect::set_aside(url)?;
    Ok((Store::open(url, access).await?, aside))
}

async fn is_damaged(store: &Store) -> Result<bool, Stop> {
    match connect::prepare(store, Upgrade::Files).await {
        Ok(_) => Ok(store.integrity().await?.is_err()),
        Err(Stop::Sql(error)) if sql::is_damage(&error) => Ok(true),
        Err(stop) => Err(stop),
    }
}

/// A restore under way.
struct Restoring<'a, F> {
    copy: &'a Copy,
    store: &'a Store,
    /// The backup.
    file: &'a Path,
    /// Where a damaged file was set aside.
    aside: Option<PathBuf>,
    columns: Columns,
    /// Tells the next attempt whether this one was done.
    operation: String,
    progress: Progress<F>,
    undecided: Mutex<Option<Undecided>>,
}

/// An attempt whose commit was sent and not answered.
struct Undecided {
    written: Written,
    summary: RestoreSummary,
}

impl<F: FnMut(u64)> Restoring<'_, F> {
    async fn run(self) -> Result<RestoreSummary, StoreError> {
        let error = match self.store.patiently(DOING, || self.attempt()).await {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        if self.undecided().is_none() {
            return Err(error);
        }
        // patience ended with an attempt whose commit nobody answered: one more look tells, if anything does
        match self.store.watched(self.look()).await {
            Ok(Some(done)) => Ok(done),
            Ok(None) => Err(error),
            Err(_) => Err(self.unknown(error)),
        }
    }

    fn unknown(&self, error: StoreError) -> StoreError {
        let kept = self.take_undecided().and_then(|undecided| undecided.summary.kept);
        StoreError::RestoreUnknown {
            database: self.store.shown(),
            why: match error {
                StoreError::Unreachable { why, .. } => why,
                error => error.to_string(),
            },
            kept: kept.map(|kept| one_line(&kept.display().to_string())).unwrap_or_default(),
        }
    }

    async fn attempt(&self) -> Result<RestoreSummary, Stop> {
        let mut from = self.copy.store.pool.begin_reading().await?;
        let mut to = self.store.pool.begin().await?;
        for lock in Lock::ALL {
            to.lock(lock).await?;
        }
        if let Some(done) = self.done_before(&mut to).await? {
            return Ok(done);
        }
        tables::lock(&mut to).await?;
        self.refuse_running_scans(&mut to).await?;
        let safety = if self.aside.is_none() { self.keep_present(&mut to).await? } else { None };
        let kept = safety.as_ref().map(|(path, _)| path.clone()).or_else(|| self.aside.clone());
        let (rows, written) = self.replace(&mut from, &mut to, kept.as_deref()).await?;
        let summary = RestoreSummary { rows, schema: connect::newest(), kept };
        if let Some((path, part)) = safety {
            part.keep().map_err(|error| explain_file("keep what is there", &path, &error))?;
        }
        self.store.intend(&written);
        *self.undecided() = Some(Undecided { written, summary: summary.clone() });
        match to.commit().await {
            Ok(()) => Ok(self.decided().unwrap_or(summary)),
            Err(error) => {
                if !sql::is_transient(&error) {
                    self.undone();
                }
                Err(error.into())
            }
        }
    }

    async fn look(&self) -> Result<Option<RestoreSummary>, Stop> {
        let mut looking = self.store.pool.begin().await?;
        looking.lock(Lock::Audit).await?;
        self.done_before(&mut looking).await
    }

    /// What an earlier attempt did, if it did. Under the lock of the audit log: a server may still be at the commit whose
    /// answer was lost, and holds it until that is done.
    async fn done_before(&self, to: &mut Transaction) -> Result<Option<RestoreSummary>, Stop> {
        if self.undecided().is_none() {
            return Ok(None);
        }
        if self.store.row_of(to, &self.operation, Known::Ignored).await?.is_some() {
            return Ok(self.decided());
        }
        self.undone();
        Ok(None)
    }

    /// The attempt was done: its row is the newest one now, whatever was known before.
    fn decided(&self) -> Option<RestoreSummary> {
        let Undecided { written, summary } = self.take_undecided()?;
        self.store.keep(&written);
        Some(summary)
    }

    /// The attempt was not done: what it kept is still in the database.
    fn undone(&self) {
        let Some(Undecided { written, summary }) = self.take_undecided() else { return };
        self.store.forget(&written.head);
        if let Some(kept) = summary.kept.filter(|_| self.aside.is_none()) {
            let _ = std::fs::remove_file(kept);
        }
    }

    fn undecided(&self) -> std::sync::MutexGuard<'_, Option<Undecided>> {
        self.undecided.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_undecided(&self) -> Option<Undecided> {
        self.undecided().take()
    }

    /// Those of dead processes are in nobody's way, and are marked when what is kept of them is opened.
    async fn refuse_running_scans(&self, to: &mut Transaction) -> Result<(), Stop> {
        match scans::running_scans(to).await? {
            (0, _) => Ok(()),
            (running, _) => {
                let database = self.store.shown();
                Err(StoreError::ScansRunning { doing: DOING.to_owned(), database, running }.into())
            }
        }
    }

    /// Copies what is in the database, unless nothing is; the file gets its name when the rows are replaced.
    async fn keep_present(&self, to: &mut Transaction) -> Result<Option<(PathBuf, Part)>, Stop> {
        if tables::count_rows(to).await? <= ROWS_OF_NOTHING {
            return Ok(None);
        }
        let place = self.store.url.path().unwrap_or(self.store.access.key.heads());
        let path = beside(place, &format!(".before-restore.{}.backup", stamp()));
        let (copy, _) = Copy::of_store(self.store, &path, Some(to), &Progress::new(|_| ())).await?;
        Ok(Some((path, copy.finish().await)))
    }

    /// Replaces every row; tells how many came, and the row of the audit log that says so.
    async fn replace(
        &self,
        from: &mut Transaction,
        to: &mut Transaction,
        kept: Option<&Path>,
    ) -> Result<(u64, Written), Stop> {
        let before = serde_json::json!({
            "audit_rows": query("SELECT coalesce(max(number), 0) FROM audit").value::<i64>(&mut *to).await?,
            "scans": query("SELECT count(*) FROM scans").value::<i64>(&mut *to).await?,
        });
        tables::clear(to).await?;
        let rows = tables::copy_rows(from, to, &self.columns, &self.progress).await?;
        tables::go_on_numbering(to).await?;
        let kept = kept.map(|kept| one_line(&kept.display().to_string()));
        let after = serde_json::json!({ "rows": rows, "schema": connect::newest(), "kept": kept });
        let entry = AuditEntry {
            action: AuditAction::DatabaseRestored,
            subject: one_line(&self.file.display().to_string()),
            before_json: Some(before.to_string()),
            after_json: Some(after.to_string()),
        };
        Ok((rows, self.store.append_to(to, &self.operation, &entry, Known::Ignored).await?))
    }
}

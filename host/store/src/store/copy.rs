//! Copies of a database that nobody else uses: SQLite files under a part name, on their way into a backup or out of one.

use std::path::Path;

use super::Store;
use super::connect::{self, Upgrade};
use super::newest::Known;
use super::progress::Progress;
use super::retry::Patience;
use super::tables::{self, Columns, copy_rows};
use crate::access::Access;
use crate::error::{StoreError, one_line};
use crate::part::Part;
use crate::rows::AuditFault;
use crate::sql::{self, Pool, Stop, Transaction, explain_file, query};
use crate::url::DatabaseUrl;

/// What is done with the copy of a backup until it can be believed.
pub(super) const READING: &str = "read the backup";

/// A copy.
pub(super) struct Copy {
    pub(super) store: Store,
    part: Part,
}

impl Copy {
    /// A copy of everything in a database, under a part name of `file`: as it is at one instant, or as `within` sees
    /// it, who then keeps others from writing. Tells how many rows it has.
    pub(super) async fn of_store(
        from: &Store,
        file: &Path,
        within: Option<&mut Transaction>,
        progress: &Progress<impl FnMut(u64)>,
    ) -> Result<(Self, u64), Stop> {
        let part = Part::of(file).map_err(|error| explain_file("make the backup", file, &error))?;
        if let Pool::Sqlite(_) = &from.pool {
            // over another connection than `within`: it sees what was committed before that took the write lock
            connect::copy_file(from, &part).await?;
        }
        let copy = Self::open(part, &from.access, file)?;
        let rows = match &from.pool {
            Pool::Sqlite(_) => tables::count_rows(&mut copy.store.pool.begin_reading().await?).await?,
            Pool::Postgres(_) => copy.take_rows(from, within, progress).await?,
        };
        Ok((copy, rows))
    }

    /// A copy of a backup beside the database that it goes into, checked and with the schema that we know.
    pub(super) async fn of_backup(
        file: &Path,
        url: &DatabaseUrl,
        access: &Access,
    ) -> Result<Self, StoreError> {
        if let Err(error) = std::fs::File::open(file) {
            return Err(explain_file(READING, file, &error));
        }
        let folder = url.path().or(Some(access.key.heads())).and_then(Path::parent).unwrap_or(Path::new("."));
        let beside = |error| explain_file("copy the backup beside the database", folder, &error);
        let part = Part::of(&folder.join("restoring")).map_err(beside)?;
        let given = private(&DatabaseUrl::sqlite_file(file.to_owned()), access, file)?;
        let copied = given
            .patiently(READING, || async {
                match connect::copy_file(&given, &part).await {
                    Err(Stop::Sql(error)) if sql::is_damage(&error) => {
                        let why = format!("it is damaged or no SQLite database ({})", sql::detail(&error));
                        Err(unusable(&given, why).into())
                    }
                    copied => copied,
                }
            })
            .await;
        given.close().await;
        copied?;
        // in messages it is what it is a copy of
        let copy = Self::open(part, access, file)?;
        match copy.store.patiently(READING, || copy.check()).await {
            Ok(()) => Ok(copy),
            Err(error) => {
                copy.remove().await;
                Err(error)
            }
        }
    }

    fn open(part: Part, access: &Access, shown: &Path) -> Result<Self, StoreError> {
        let store = private(&DatabaseUrl::sqlite_file(part.path().to_owned()), access, shown)?;
        Ok(Self { store, part })
    }

    /// Refuses what is no backup, is damaged, is of another key, or whose audit log is not as it was written.
    async fn check(&self) -> Result<(), Stop> {
        let refused = |why: String| Err(unusable(&self.store, why).into());
        if connect::found(&self.store).await? == 0 {
            return refused("it is no backup: nothing is in it".to_owned());
        }
        if let Err(why) = self.store.integrity().await? {
            return refused(format!("it is damaged: {why}"));
        }
        connect::prepare(&self.store, Upgrade::Copy).await?;
        let newest = query("SELECT key_name FROM audit ORDER BY number DESC LIMIT 1");
        let theirs: Option<String> = newest.optional_value(&self.store.pool).await?;
        let ours = self.store.key()?.name();
        if let Some(theirs) = theirs.filter(|theirs| *theirs != ours) {
            return Err(self.store.other_key("the audit log", theirs, &ours).into());
        }
        match self.store.verify(&Progress::new(|_| ())).await?.fault {
            None => Ok(()),
            Some(AuditFault { number, kind, detail }) => {
                refused(format!("its audit log is not intact: row {number} ({kind}): {detail}"))
            }
        }
    }

    /// Copies the rows of a server.
    async fn take_rows(
        &self,
        from: &Store,
        within: Option<&mut Transaction>,
        progress: &Progress<impl FnMut(u64)>,
    ) -> Result<u64, Stop> {
        connect::make_empty(&self.store).await?;
        let columns = self.columns().await?;
        let mut to = self.store.pool.begin().await?;
        let rows = match within {
            Some(from) => copy_rows(from, &mut to, &columns, progress).await?,
            None => copy_rows(&mut from.pool.begin_reading().await?, &mut to, &columns, progress).await?,
        };
        to.commit().await?;
        // one file, without a log beside it
        query("PRAGMA journal_mode = DELETE").all(&self.store.pool).await?;
        Ok(rows)
    }

    pub(super) async fn columns(&self) -> Result<Columns, sqlx::Error> {
        Columns::of(&self.store.pool).await
    }

    /// Closes the file and leaves it under its part name.
    pub(super) async fn finish(self) -> Part {
        self.store.close().await;
        self.part
    }

    pub(super) async fn remove(self) {
        drop(self.finish().await);
    }
}

/// A store on a file that nobody else uses; nothing is remembered of its audit log.
fn private(url: &DatabaseUrl, access: &Access, shown: &Path) -> Result<Store, StoreError> {
    let mut store = Store::unprepared(url, access, Patience::default())?;
    store.tail = Known::Ignored;
    store.alias = Some(one_line(&shown.display().to_string()));
    Ok(store)
}

/// The sentence for a backup that is not put back.
fn unusable(backup: &Store, why: String) -> StoreError {
    StoreError::Failed {
        doing: READING.to_owned(),
        database: backup.shown(),
        why,
        advice: "nothing was changed; use another backup",
    }
}

//! Backups: one SQLite file that holds everything, whatever kind the database is, so that a backup of one kind can be
//! put back into the other. Secrets stay sealed in it and the audit log stays signed.

use std::fs;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt;
use sqlx::error::BoxDynError;
use uuid::Uuid;

use super::audit::Known;
use super::connect::{self, Upgrade};
use super::retry::Patience;
use super::{Store, stamp};
use crate::access::Access;
use crate::error::{StoreError, one_line};
use crate::ids::AuditAction;
use crate::records::AuditEntry;
use crate::rows::{BackupSummary, RestoreSummary};
use crate::sql::{self, Insert, Lock, Pool, Row, Stop, Transaction, Value, explain_file, query, query_of};
use crate::url::{DatabaseUrl, beside};

/// Rows that are copied at once: few enough to hold, enough that a statement's cost does not count.
const ROWS: usize = 512;

/// The same of components, which have some hundred kilobytes or megabytes each.
const COMPONENTS: usize = 4;

/// A table, and its column that the database numbers by itself.
pub(super) struct Table {
    pub(super) name: &'static str,
    numbered: Option<&'static str>,
    /// Rows that are copied at once.
    rows: usize,
}

const fn table(name: &'static str) -> Table {
    Table { name, numbered: None, rows: ROWS }
}

const fn numbered(name: &'static str, column: &'static str) -> Table {
    Table { name, numbered: Some(column), rows: ROWS }
}

/// Every table, those that others refer to first.
pub(super) const TABLES: [Table; 16] = [
    table("identity"),
    numbered("instruments", "id"),
    numbered("layers", "id"),
    Table { name: "layer_components", numbered: None, rows: COMPONENTS },
    numbered("scans", "number"),
    numbered("layer_runs", "id"),
    table("verdicts"),
    table("results"),
    numbered("alerts", "id"),
    table("breakers"),
    table("settings_revisions"),
    table("settings_changes"),
    table("settings"),
    table("audit"),
    table("noticed_files"),
    table("secrets"),
];

impl Store {
    /// Copies everything, as it is at one instant, into a new file that only its owner can read; others may write
    /// meanwhile. `progress` is told how many rows were copied, where rows are copied one by one.
    ///
    /// # Errors
    /// When the file exists or cannot be written, or the database fails.
    pub async fn backup(
        &self,
        file: &Path,
        mut progress: impl FnMut(u64),
    ) -> Result<BackupSummary, StoreError> {
        let doing = format!("back up into {}", one_line(&file.display().to_string()));
        let stopped = |stop| self.stopped(&doing, stop);
        if file.exists() {
            let why = std::io::Error::from(std::io::ErrorKind::AlreadyExists);
            return Err(explain_file("make the backup", file, &why));
        }
        match &self.pool {
            Pool::Sqlite(_) => connect::copy_file(self, file).await.map_err(stopped)?,
            Pool::Postgres(_) => {
                self.watched(self.copy_server(file, &mut progress)).await.map_err(stopped)?;
            }
        }
        let copy = Copy::open(file, &self.access)?;
        let rows = copy.rows().await;
        copy.0.close().await;
        let size_bytes = fs::metadata(file).map_or(0, |file| file.len());
        Ok(BackupSummary { file: file.to_owned(), size_bytes, rows: rows?, schema: connect::newest() })
    }

    /// Replaces everything in a database by what a backup holds, in one transaction. What was there is kept in a file
    /// before; a damaged file is set aside as it is.
    ///
    /// # Errors
    /// When the backup is none, is damaged, has a newer schema or was made with another key; when scans run; when the
    /// database fails. It is then as it was before.
    pub async fn restore(
        url: &DatabaseUrl,
        access: &Access,
        file: &Path,
        mut progress: impl FnMut(u64),
    ) -> Result<RestoreSummary, StoreError> {
        let copy = Copy::of_backup(file, url, access).await?;
        let done = restore_from(&copy, url, access, file, &mut progress).await;
        copy.remove().await;
        done
    }

    fn stopped(&self, doing: &str, stop: Stop) -> StoreError {
        match stop {
            Stop::Sql(error) => self.explain(doing, &error),
            Stop::Refused(error) => error,
        }
    }

    /// Copies a server's content into a new file: whole under that name, or not at all.
    async fn copy_server(&self, file: &Path, progress: &mut impl FnMut(u64)) -> Result<(), Stop> {
        let part = beside(file, &format!(".{}.part", std::process::id()));
        // of a process that had our number and was killed
        let _ = fs::remove_file(&part);
        connect::create_new(&part)
            .map_err(|error| Stop::Refused(explain_file("make the backup", file, &error)))?;
        let copy = Copy::open(&part, &self.access)?;
        let copied = async {
            copy.make_schema().await?;
            let mut from = self.pool.begin_reading().await?;
            let mut to = copy.0.pool.begin().await?;
            copy_rows(&mut from, &mut to, &copy.columns().await?, progress).await?;
            to.commit().await?;
            // one file, without a log beside it
            query("PRAGMA journal_mode = DELETE").all(&copy.0.pool).await?;
            Ok(())
        }
        .await;
        copy.0.close().await;
        let kept = match &copied {
            Ok(()) => fs::hard_link(&part, file).and_then(|()| crate::key::sync_folder(file)),
            Err(_) => Ok(()),
        };
        let _ = fs::remove_file(&part);
        copied
            .and_then(|()| kept.map_err(|error| Stop::Refused(explain_file("make the backup", file, &error))))
    }
}

/// A database file of our own that nobody else uses: a backup on its way in or out.
struct Copy(Store);

impl Copy {
    fn open(path: &Path, access: &Access) -> Result<Self, StoreError> {
        let url = DatabaseUrl::sqlite_file(path.to_owned());
        let mut store = Store::unprepared(&url, access, Patience::default())?;
        store.tail = Known::Ignored;
        Ok(Self(store))
    }

    /// A copy of a backup beside the database that it goes into, checked and with the schema that we know.
    async fn of_backup(file: &Path, url: &DatabaseUrl, access: &Access) -> Result<Self, StoreError> {
        let doing = "read the backup";
        if let Err(error) = fs::File::open(file) {
            return Err(explain_file(doing, file, &error));
        }
        let folder = url.path().or(Some(access.key.heads())).and_then(Path::parent).unwrap_or(Path::new("."));
        let path = folder.join(format!("restoring.{}.part", stamp()));
        let given = Self::open(file, access)?;
        let copied = match connect::copy_file(&given.0, &path).await {
            Ok(()) => Ok(()),
            Err(Stop::Sql(error)) if sql::is_damage(&error) => Err(StoreError::Failed {
                doing: doing.to_owned(),
                database: one_line(&file.display().to_string()),
                why: format!("it is damaged or no SQLite database ({})", sql::detail(&error)),
                advice: "nothing was changed; use another backup",
            }),
            Err(stop) => Err(given.0.stopped(doing, stop)),
        };
        given.0.close().await;
        copied?;
        let mut copy = Self::open(&path, access)?;
        // in messages it is what it is a copy of
        copy.0.alias = Some(one_line(&file.display().to_string()));
        let checked = copy.check().await.map_err(|stop| copy.0.stopped(doing, stop));
        match checked {
            Ok(()) => Ok(copy),
            Err(error) => {
                copy.remove().await;
                Err(error)
            }
        }
    }

    async fn check(&self) -> Result<(), Stop> {
        let refused = |why: String| StoreError::Failed {
            doing: "read the backup".to_owned(),
            database: self.0.shown(),
            why,
            advice: "nothing was changed; use another backup",
        };
        if connect::found(&self.0).await? == 0 {
            return Err(refused("it is no backup: nothing is in it".to_owned()).into());
        }
        if let Err(why) = self.0.integrity().await? {
            return Err(refused(format!("it is damaged: {why}")).into());
        }
        connect::prepare(&self.0, Upgrade::Copy).await?;
        let newest = query("SELECT key_name FROM audit ORDER BY number DESC LIMIT 1");
        let theirs: Option<String> = newest.optional_value(&self.0.pool).await?;
        let ours = self.0.key()?.name();
        match theirs {
            Some(theirs) if theirs != ours => Err(self.0.other_key("the audit log", theirs, &ours).into()),
            _ => Ok(()),
        }
    }

    async fn make_schema(&self) -> Result<(), Stop> {
        connect::make_empty(&self.0).await
    }

    /// Names of every table's columns. The schemas of both databases agree.
    async fn columns(&self) -> Result<Vec<Vec<(String, Kind)>>, sqlx::Error> {
        let mut columns = Vec::with_capacity(TABLES.len());
        for table in &TABLES {
            let found = query("SELECT name, type FROM pragma_table_info($1)").bind(table.name);
            let kinds = found.all(&self.0.pool).await?;
            let column = |row: &Row| Ok::<_, sqlx::Error>((row.at(0)?, Kind::of(&row.at::<String>(1)?)));
            columns.push(kinds.iter().map(column).collect::<Result<_, _>>()?);
        }
        Ok(columns)
    }

    async fn rows(&self) -> Result<u64, StoreError> {
        let doing = "count the rows of the backup";
        let mut rows = 0_u64;
        for table in &TABLES {
            let count =
                query_of(format!("SELECT count(*) FROM {}", table.name)).value::<i64>(&self.0.pool).await;
            rows += count.map_err(|error| self.0.explain(doing, &error))?.unsigned_abs();
        }
        Ok(rows)
    }

    async fn remove(self) {
        let path = self.0.url.path().map(Path::to_owned);
        self.0.close().await;
        for path in path.iter().flat_map(|path| ["", "-wal", "-shm"].map(|suffix| beside(path, suffix))) {
            let _ = fs::remove_file(path);
        }
    }
}

async fn restore_from(
    copy: &Copy,
    url: &DatabaseUrl,
    access: &Access,
    file: &Path,
    progress: &mut impl FnMut(u64),
) -> Result<RestoreSummary, StoreError> {
    let doing = "restore the backup";
    let (store, aside) = open_or_set_aside(url, access).await?;
    let kept = match aside {
        Some(aside) => Ok(Some(aside)),
        None => keep_present(&store).await,
    };
    let done = match kept {
        Ok(kept) => match store.watched(replace(copy, &store, file, progress)).await {
            Ok(rows) => Ok(RestoreSummary { rows, schema: connect::newest(), kept }),
            Err(stop) => Err(store.stopped(doing, stop)),
        },
        Err(error) => Err(error),
    };
    store.close().await;
    done
}

/// The database that is restored; a file that is damaged is set aside and made anew, and told where it is now.
async fn open_or_set_aside(
    url: &DatabaseUrl,
    access: &Access,
) -> Result<(Store, Option<PathBuf>), StoreError> {
    let doing = "restore the backup";
    let patience = Patience::default();
    let store = Store::unprepared(url, access, patience)?;
    let damaged = match store.watched(connect::prepare(&store, Upgrade::Files)).await {
        Ok(_) => match store.watched(async { Ok(store.integrity().await?) }).await {
            Ok(integrity) => integrity.is_err(),
            Err(stop) => return Err(store.stopped(doing, stop)),
        },
        Err(Stop::Sql(error)) if sql::is_damage(&error) => true,
        Err(stop) => return Err(store.stopped(doing, stop)),
    };
    if !damaged {
        return Ok((store, None));
    }
    store.close().await;
    let aside = connect::set_aside(url)?;
    let store = Store::open(url, access).await?;
    Ok((store, aside))
}

/// Keeps what is in the database in a file, unless nothing is.
async fn keep_present(store: &Store) -> Result<Option<PathBuf>, StoreError> {
    store.mark_abandoned().await?;
    let status = store.database_status().await?;
    let running = status.running_scans;
    if running > 0 {
        let doing = "restore the backup".to_owned();
        return Err(StoreError::ScansRunning { doing, database: status.url, running });
    }
    // a new database has its identity and one row of the audit log
    let content: u64 = status.tables.iter().map(|(_, rows)| rows).sum();
    if content <= 2 {
        return Ok(None);
    }
    let place = store.url.path().unwrap_or(store.access.key.heads());
    let file = beside(place, &format!(".before-restore.{}.backup", stamp()));
    store.backup(&file, |_| ()).await?;
    Ok(Some(file))
}

/// Replaces every row, in one transaction.
async fn replace(
    copy: &Copy,
    store: &Store,
    file: &Path,
    progress: &mut impl FnMut(u64),
) -> Result<u64, Stop> {
    let columns = copy.columns().await?;
    let mut from = copy.0.pool.begin_reading().await?;
    let mut to = store.patiently("restore the backup", || async { Ok(store.pool.begin().await?) }).await?;
    for lock in Lock::ALL {
        to.lock(lock).await?;
    }
    let before = serde_json::json!({
        "audit_rows": query("SELECT coalesce(max(number), 0) FROM audit").value::<i64>(&mut to).await?,
        "scans": query("SELECT count(*) FROM scans").value::<i64>(&mut to).await?,
    });
    for table in TABLES.iter().rev() {
        query_of(format!("DELETE FROM {}", table.name)).execute(&mut to).await?;
    }
    let rows = copy_rows(&mut from, &mut to, &columns, progress).await?;
    go_on_numbering(&mut to).await?;
    let entry = AuditEntry {
        action: AuditAction::DatabaseRestored,
        subject: one_line(&file.display().to_string()),
        before_json: Some(before.to_string()),
        after_json: Some(serde_json::json!({ "rows": rows, "schema": connect::newest() }).to_string()),
    };
    let head = store.append_to(&mut to, &Uuid::now_v7().to_string(), &entry, Known::Ignored).await?;
    to.commit().await?;
    store.keep(&head, true);
    Ok(rows)
}

/// Copies the rows of every table.
async fn copy_rows(
    from: &mut Transaction,
    to: &mut Transaction,
    columns: &[Vec<(String, Kind)>],
    progress: &mut impl FnMut(u64),
) -> Result<u64, Stop> {
    let mut copied = 0;
    for (table, columns) in TABLES.iter().zip(columns) {
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        let what = Insert { table: table.name, columns: &names, tail: "" };
        let mut rows = query_of(format!("SELECT {} FROM {}", names.join(", "), table.name)).stream(from)?;
        loop {
            let mut chunk = Vec::with_capacity(table.rows);
            while let Some(row) = rows.try_next().await? {
                chunk.push(row);
                if chunk.len() == table.rows {
                    break;
                }
            }
            if chunk.is_empty() {
                break;
            }
            sql::insert(to, &what, chunk.len(), |index, cells| {
                let Some(row) = chunk.get(index) else { return Ok(()) };
                columns.iter().enumerate().try_for_each(|(at, (_, kind))| cells.add(kind.read(row, at)?))
            })
            .await?;
            copied += chunk.len() as u64;
            progress(copied);
        }
    }
    Ok(copied)
}

/// Lets a server number the next rows after those that came with their numbers.
pub(super) async fn go_on_numbering(transaction: &mut Transaction) -> Result<(), sqlx::Error> {
    if let Transaction::Sqlite(_) = transaction {
        return Ok(());
    }
    for table in &TABLES {
        let Table { name, numbered: Some(column), .. } = table else { continue };
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', '{column}'), \
             (SELECT coalesce(max({column}), 0) + 1 FROM {name}), false)"
        );
        query_of(sql).all(&mut *transaction).await?;
    }
    Ok(())
}

/// Kind of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Number,
    Text,
    Bytes,
}

impl Kind {
    /// By its name in a SQLite schema.
    fn of(name: &str) -> Self {
        match name {
            "INTEGER" => Self::Integer,
            "REAL" => Self::Number,
            "BLOB" => Self::Bytes,
            _ => Self::Text,
        }
    }

    fn read(self, row: &Row, at: usize) -> Result<Value<'static>, BoxDynError> {
        Ok(match self {
            Self::Integer => row.at::<Option<i64>>(at)?.into(),
            Self::Number => row.at::<Option<f64>>(at)?.into(),
            Self::Text => row.at::<Option<String>>(at)?.into(),
            Self::Bytes => row.at::<Option<Vec<u8>>>(at)?.into(),
        })
    }
}
